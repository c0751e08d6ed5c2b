"""On small screens everything is reachable, and a name is a name however little the page knows of who bears it."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.agents import Bus
from tests.browser.conftest import OpenPage
from tests.browser.scenery import Scene

pytestmark = pytest.mark.flows

FITS = "document.documentElement.scrollWidth <= innerWidth"


def test_a_phone_reaches_everything_by_touch(scene: Scene, open_page: OpenPage) -> None:
    page = open_page(f"{scene.bus.url}/#threads", width=390, height=844, has_touch=True)
    main = page.get_by_role("navigation", name="Main")
    main.get_by_role("link", name="Agents").tap()
    expect(page.get_by_role("complementary", name="Agents").locator(".agent.stuck").first).to_be_visible()
    page.locator(".agents .agent-name").first.tap()
    expect(page.get_by_role("dialog")).to_be_visible()
    page.get_by_role("dialog").get_by_role("button", name="Close").tap()
    main.get_by_role("link", name="Needs you").tap()
    expect(page.locator(".need-deadlock")).to_be_visible()
    main.get_by_role("link", name="Search").tap()
    expect(page.get_by_role("searchbox", name="Search all messages")).to_be_visible()
    page.get_by_role("link", name="Overview").tap()
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()
    page.get_by_role("link", name="Settings").tap()
    expect(page.locator(".plugin").first).to_be_visible()
    assert page.evaluate(FITS)
    main.get_by_role("link", name="Threads").tap()
    page.get_by_role("link", name="Fix the login race").tap()
    expect(page.get_by_role("textbox", name="Message")).to_be_visible()
    page.get_by_role("link", name="All threads").tap()
    expect(page.get_by_role("link", name="Fix the login race")).to_be_visible()


@pytest.mark.parametrize("width", [1024, 800])
def test_agents_are_in_a_sheet_on_a_tablet(scene: Scene, open_page: OpenPage, width: int) -> None:
    page = open_page(f"{scene.bus.url}/#thread/{scene.threads['schema']}", width=width)
    expect(page.locator(".agents:visible")).to_have_count(0)
    page.get_by_role("button", name="Agents").click()
    sheet = page.locator(".side-sheet")
    expect(sheet.locator(".agent.stuck")).to_have_count(2)
    page.keyboard.press("Escape")
    expect(sheet).to_have_count(0)
    page.get_by_role("link", name="Overview").click()
    expect(page.get_by_role("heading", name="Overview")).to_be_visible()


def test_an_author_that_the_page_does_not_know_has_a_name_and_a_face(bus: Bus, open_page: OpenPage) -> None:
    host = bus.agent("Host")
    thread = host.creates("Short visits")
    host.says(thread, "welcome")
    page = open_page(f"{bus.url}/#thread/{thread}")
    expect(page.locator("#m1")).to_be_visible()
    page.evaluate(
        """(thread) => {
          const { store } = agentchatbus.session;
          const message = {
            id: "visit", thread_id: thread, seq: 2, author: "Cursor (GPT-5)", author_id: "nobody-knows",
            author_name: "Cursor (GPT-5)", author_display_name: "Visitor", author_emoji: "🦩", role: "assistant",
            content: "just passing", created_at: new Date().toISOString(), metadata: {},
          };
          store.dispatch({ type: "event", event: { type: "msg.new", payload: { thread_id: thread, message } } });
        }""",
        thread,
    )
    expect(page.locator("#m2 .author")).to_have_text("Visitor")
    expect(page.locator("#m2 .avatar")).to_contain_text("🦩")
    expect(page.locator(".thread.open .thread-line")).to_contain_text("Visitor: just passing")
