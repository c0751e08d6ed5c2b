"""Writing: previews, mentions, keys, drafts, replies, edits, and sends whose answer is lost."""

from __future__ import annotations

import pytest
from playwright.sync_api import Route, expect

from tests.browser.agents import Bus
from tests.browser.conftest import OpenPage, composer

pytestmark = pytest.mark.flows


def test_a_preview_shows_what_will_be_posted_and_keeps_the_text(bus: Bus, open_page: OpenPage) -> None:
    thread = bus.agent("Previewer").creates("Previews")
    page = open_page(f"{bus.url}/#thread/{thread}")
    composer(page).fill("some **strong** words")
    page.get_by_role("button", name="Preview", exact=True).click()
    expect(page.get_by_label("Preview").locator("strong")).to_have_text("strong")
    page.get_by_role("button", name="Write", exact=True).click()
    expect(composer(page)).to_have_value("some **strong** words")
    page.get_by_role("button", name="Preview", exact=True).click()
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator("#m1 strong")).to_have_text("strong")
    expect(composer(page)).to_have_value("")


def test_a_mention_lands_where_one_writes(bus: Bus, open_page: OpenPage) -> None:
    """H93."""
    agent, other = bus.agent("Zebra One"), bus.agent("Zebra Two")
    thread = agent.creates("Mentions in the middle")
    other.says(thread, "here too")
    page = open_page(f"{bus.url}/#thread/{thread}")
    box = composer(page)
    box.fill("Ask  about it")
    box.evaluate("field => field.setSelectionRange(4, 4)")
    box.press_sequentially("@zeb")
    expect(page.get_by_role("option", name="Zebra One")).to_have_attribute("aria-selected", "true")
    box.press("ArrowDown")
    expect(page.get_by_role("option", name="Zebra Two")).to_have_attribute("aria-selected", "true")
    box.press("Tab")
    expect(box).to_have_value("Ask @Zebra Two  about it")
    box.press_sequentially("kindly")
    expect(box).to_have_value("Ask @Zebra Two kindly about it")
    box.press("Control+Enter")
    expect(page.locator("#m2 .mention")).to_have_text("@Zebra Two")
    metadata = bus.messages(thread)[1]["metadata"]
    assert metadata["mentions"] == [other.id]
    assert metadata["mention_labels"] == {other.id: "Zebra Two"}


def test_a_completion_can_be_left_and_a_click_on_an_agent_mentions_nobody(bus: Bus, open_page: OpenPage) -> None:
    """H93."""
    agent = bus.agent("Yak")
    thread = agent.creates("No mention")
    page = open_page(f"{bus.url}/#thread/{thread}")
    box = composer(page)
    box.press_sequentially("mail to @yak")
    expect(page.get_by_role("option", name="Yak")).to_be_visible()
    box.press("Escape")
    expect(page.get_by_role("listbox", name="Agents")).to_have_count(0)
    page.locator(".agent-name", has_text="Yak").click()
    expect(page.get_by_role("dialog", name="Yak")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(box).to_have_value("mail to @yak")


def test_enter_sends_or_breaks_the_line_as_one_chose(bus: Bus, open_page: OpenPage) -> None:
    thread = bus.agent("Enterer").creates("Enter")
    page = open_page(f"{bus.url}/#thread/{thread}")
    composer(page).press_sequentially("one")
    composer(page).press("Enter")
    composer(page).press_sequentially("two")
    expect(composer(page)).to_have_value("one\ntwo")
    composer(page).press("Control+Enter")
    expect(page.locator("#m1")).to_contain_text("two")
    expect(composer(page)).to_have_value("")
    page.goto(f"{bus.url}/#settings")
    page.get_by_label("Enter sends").check()
    page.goto(f"{bus.url}/#thread/{thread}")
    composer(page).press_sequentially("three")
    composer(page).press("Shift+Enter")
    composer(page).press_sequentially("four")
    composer(page).press("Enter")
    expect(page.locator("#m2")).to_contain_text("four")
    expect(composer(page)).to_have_value("")
    assert [message["content"] for message in bus.messages(thread)] == ["one\ntwo", "three\nfour"]
    page.reload()
    composer(page).press_sequentially("five")
    composer(page).press("Enter")
    expect(page.locator("#m3")).to_contain_text("five")


def test_each_thread_keeps_a_draft_of_its_own_until_it_is_sent(bus: Bus, open_page: OpenPage) -> None:
    agent = bus.agent("Draftsman")
    first, second = agent.creates("Draft of the first"), agent.creates("Draft of the second")
    page = open_page(f"{bus.url}/#thread/{first}")
    composer(page).fill("for the first")
    page.locator(".thread", has_text="Draft of the second").click()
    expect(page.locator(".thread-head h1")).to_have_text("Draft of the second")
    expect(composer(page)).to_have_value("")
    composer(page).fill("for the second")
    page.locator(".thread", has_text="Draft of the first").click()
    expect(composer(page)).to_have_value("for the first")
    composer(page).press("Control+Enter")
    expect(page.locator("#m1")).to_contain_text("for the first")
    expect(composer(page)).to_have_value("")
    page.reload()
    expect(composer(page)).to_have_value("")
    page.goto(f"{bus.url}/#thread/{second}")
    expect(composer(page)).to_have_value("for the second")


def test_a_reply_quotes_what_it_answers_and_leads_there(bus: Bus, open_page: OpenPage) -> None:
    """H88."""
    agent = bus.agent("Asked First")
    thread = agent.creates("Replies")
    asked = agent.says(thread, "Which **colour** should it be?")
    for number in range(60):
        agent.says(thread, f"line {number}")
    page = open_page(f"{bus.url}/#thread/{thread}/1")
    page.locator("#m1").hover()
    page.locator("#m1").get_by_role("button", name="Reply").click()
    expect(page.locator(".replying")).to_contain_text("Asked First")
    expect(page.locator(".replying")).to_contain_text("Which colour should it be?")
    expect(composer(page)).to_be_focused()
    composer(page).fill("Green.")
    composer(page).press("Control+Enter")
    quote = page.locator("#m62 .quote")
    expect(quote).to_be_visible()
    expect(page.locator(".replying")).to_have_count(0)
    assert bus.messages(thread)[-1]["reply_to_msg_id"] == asked["id"]
    expect(quote).to_have_text("Asked First Which colour should it be?")
    quote.click()
    expect(page).to_have_url(f"{bus.url}/#thread/{thread}/1")
    expect(page.locator("#m1.marked")).to_be_visible()
    page.goto(f"{bus.url}/#thread/{thread}")
    page.reload()
    expect(page.locator("#m62")).to_be_visible()
    expect(page.locator("#m1")).to_have_count(0)
    expect(quote).to_have_text("Asked First Which colour should it be?")


def test_a_reply_can_be_given_up(bus: Bus, open_page: OpenPage) -> None:
    agent = bus.agent("Unanswered")
    thread = agent.creates("No reply")
    agent.says(thread, "a question")
    page = open_page(f"{bus.url}/#thread/{thread}")
    page.locator("#m1").hover()
    page.locator("#m1").get_by_role("button", name="Reply").click()
    composer(page).press("Escape")
    expect(page.locator(".replying")).to_have_count(0)
    composer(page).fill("by the way")
    composer(page).press("Control+Enter")
    expect(page.locator("#m2")).to_contain_text("by the way")
    assert bus.messages(thread)[1]["reply_to_msg_id"] is None


def test_an_edit_can_be_given_up_and_only_own_messages_offer_one(bus: Bus, open_page: OpenPage) -> None:
    """H81."""
    agent = bus.agent("Not Mine")
    thread = agent.creates("Edits given up")
    agent.says(thread, "of an agent")
    bus.say(thread, "of a person")
    page = open_page(f"{bus.url}/#thread/{thread}")
    expect(page.locator("#m1").get_by_role("button", name="Edit", exact=True)).to_have_count(0)
    page.locator("#m2").hover()
    page.locator("#m2").get_by_role("button", name="Edit", exact=True).click()
    page.get_by_label("Text of the message").fill("something else")
    page.keyboard.press("Escape")
    expect(page.locator("#m2 .prose")).to_have_text("of a person")
    expect(page.locator("#m2 .edited")).to_have_count(0)
    assert bus.messages(thread)[1]["content"] == "of a person"


def test_a_refused_edit_keeps_what_was_written(bus: Bus, open_page: OpenPage) -> None:
    thread = bus.agent("Edit Refuser").creates("Edits refused")
    posted = bus.say(thread, "before")
    page = open_page(f"{bus.url}/#thread/{thread}", allow="400 (Bad Request)")
    page.locator("#m1").hover()
    page.locator("#m1").get_by_role("button", name="Edit", exact=True).click()
    field = page.get_by_label("Text of the message")
    field.fill("after")
    refusal = '{"detail": "Content blocked by filter: aws"}'
    page.route(
        f"**/api/messages/{posted['id']}",
        lambda route: route.fulfill(status=400, body=refusal, content_type="application/json"),
    )
    field.press("Control+Enter")
    expect(page.get_by_role("alert")).to_have_text("Content blocked by filter: aws")
    expect(field).to_have_value("after")


def test_an_answer_that_is_lost_makes_no_second_message(bus: Bus, open_page: OpenPage) -> None:
    """H80."""
    thread = bus.agent("Lossy").creates("Lost answers")
    page = open_page(f"{bus.url}/#thread/{thread}", allow="net::ERR_FAILED")
    posts = f"**/api/threads/{thread}/messages"

    def lose(route: Route) -> None:
        route.fetch()
        route.abort()

    page.route(posts, lose)
    composer(page).fill("said once")
    composer(page).press("Control+Enter")
    expect(page.get_by_role("alert")).to_contain_text("Not sent.")
    expect(composer(page)).to_have_value("said once")
    page.unroute(posts)
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_role("alert")).to_have_count(0)
    expect(composer(page)).to_have_value("")
    expect(page.locator(".message")).to_have_count(1)
    assert [message["content"] for message in bus.messages(thread)] == ["said once"]


def test_what_one_sends_is_there_once(bus: Bus, open_page: OpenPage) -> None:
    """H86: the answer and the event are the same message."""
    agent = bus.agent("Echo")
    thread = agent.creates("Once")
    page = open_page(f"{bus.url}/#thread/{thread}")
    for number in range(1, 6):
        composer(page).fill(f"mine {number}")
        composer(page).press("Control+Enter")
        expect(page.locator(f"#m{number}")).to_contain_text(f"mine {number}")
        expect(composer(page)).to_have_value("")
    agent.says(thread, "the last")
    expect(page.locator("#m6")).to_contain_text("the last")
    expect(page.locator(".message .prose")).to_have_text([*(f"mine {number}" for number in range(1, 6)), "the last"])


def test_nobody_writes_into_a_closed_thread(bus: Bus, open_page: OpenPage) -> None:
    agent = bus.agent("Closer")
    thread = agent.creates("Closes while one writes")
    agent.reacts(bus.say(thread, "before it closes"), "👍")
    page = open_page(f"{bus.url}/#thread/{thread}")
    composer(page).fill("half a thou")
    own = page.locator("#m1").get_by_role("group", name="Actions for message 1").get_by_role("button")
    expect(own).to_have_count(5)
    bus.ask("POST", f"/api/threads/{thread}/close", json={})
    expect(page.locator(".composer")).to_contain_text("This thread is closed.")
    expect(own).to_have_count(2)
    expect(page.locator("#m1 .reaction")).to_be_disabled()
    expect(composer(page)).to_have_count(0)
    bus.ask("POST", f"/api/threads/{thread}/state", json={"state": "discuss"})
    expect(composer(page)).to_have_value("half a thou")
