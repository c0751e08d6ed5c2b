"""Sending: what is urgent, and a page that is loaded anew before the answer came."""

from __future__ import annotations

import pytest
from playwright.sync_api import Route, expect

from tests.browser.agents import Bus
from tests.browser.conftest import OpenPage, composer

pytestmark = pytest.mark.flows


def test_an_urgent_message_says_so_and_the_next_one_does_not(bus: Bus, open_page: OpenPage) -> None:
    thread = bus.agent("Hurried").creates("Urgent messages")
    page = open_page(f"{bus.url}/#thread/{thread}")
    urgent = page.get_by_role("button", name="Urgent")
    composer(page).fill("stop the deployment")
    urgent.click()
    expect(urgent).to_have_attribute("aria-pressed", "true")
    composer(page).press("Control+Enter")
    expect(page.locator("#m1 .mark.urgent")).to_have_text("urgent")
    expect(urgent).to_have_attribute("aria-pressed", "false")
    composer(page).fill("thank you")
    composer(page).press("Control+Enter")
    expect(page.locator("#m2")).to_contain_text("thank you")
    assert [message["priority"] for message in bus.messages(thread)] == ["urgent", "normal"]


def test_what_was_sent_is_no_draft_when_the_page_is_loaded_before_the_answer(bus: Bus, open_page: OpenPage) -> None:
    thread = bus.agent("Reloading").creates("Loaded before the answer")
    page = open_page(f"{bus.url}/#thread/{thread}")
    posts = f"**/api/threads/{thread}/messages"
    page.route(posts, lambda route: route.fetch())  # the bus has it, the page never hears of it
    composer(page).fill("said and stored")
    composer(page).press("Control+Enter")
    expect(page.locator("#m1")).to_contain_text("said and stored")
    expect(composer(page)).to_have_value("said and stored")
    page.unroute(posts)
    page.reload()
    expect(page.locator("#m1")).to_contain_text("said and stored")
    expect(composer(page)).to_have_value("")
    composer(page).fill("said and stored")
    composer(page).press("Control+Enter")
    expect(page.locator("#m2")).to_contain_text("said and stored")
    expect(composer(page)).to_have_value("")


def test_a_second_try_on_a_page_that_was_loaded_anew_is_the_same_message(bus: Bus, open_page: OpenPage) -> None:
    agent = bus.agent("Trying Again")
    thread = agent.creates("Tried again after a load")
    agent.says(thread, "a question")
    page = open_page(f"{bus.url}/#thread/{thread}", allow="net::ERR_FAILED")
    posts, keys = f"**/api/threads/{thread}/messages", []

    def lose(route: Route) -> None:
        keys.append(route.request.headers["idempotency-key"])
        route.abort()

    page.route(posts, lose)
    page.locator("#m1").hover()
    page.locator("#m1").get_by_role("button", name="Reply").click()
    composer(page).fill("an answer")
    composer(page).press("Control+Enter")
    expect(page.get_by_role("alert")).to_contain_text("Not sent.")
    page.unroute(posts)
    page.reload()
    expect(composer(page)).to_have_value("an answer")
    with page.expect_request(lambda request: request.method == "POST" and request.url.endswith("/messages")) as again:
        composer(page).press("Control+Enter")
    expect(page.locator("#m2 .quote")).to_contain_text("a question")
    expect(composer(page)).to_have_value("")
    assert keys == [again.value.headers["idempotency-key"]]
