"""Being told: the title, browser notifications and the sound, each only as one chose."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.agents import Bus
from tests.browser.conftest import OPTIONS, OpenPage
from tests.end_to_end.processes import running_server

pytestmark = pytest.mark.flows

WATCHED = """isGranted => {
  globalThis.told = [];
  globalThis.tones = 0;
  const Real = globalThis.Notification;
  globalThis.Notification = class extends Real {
    static permission = isGranted ? "granted" : "denied";
    static requestPermission = async () => this.permission;
    constructor(title, options) {
      super(title, options);
      told.push({ title, ...options });
    }
  };
  const start = OscillatorNode.prototype.start;
  OscillatorNode.prototype.start = function (...when) { tones += 1; return start.apply(this, when); };
  globalThis.isAway = false;
  Object.defineProperty(document, "hidden", { get: () => globalThis.isAway, configurable: true });
}"""
"""Notifications and tones are counted on their way to the browser.

A page without a window is never really hidden, and some browsers grant it no notifications, whatever they are told.
"""


@pytest.fixture
def quiet_bus(browser: Browser, tmp_path: Path) -> Iterator[Bus]:
    """A bus on which nothing needs anybody yet."""
    with running_server(tmp_path, *OPTIONS) as server:
        bus = Bus(server.url)
        yield bus
        bus.close()


@pytest.fixture
def watched(quiet_bus: Bus, open_page: OpenPage) -> Callable[..., Page]:
    def watched(*, permissions: Sequence[str] = (), **options: object) -> Page:
        page = open_page(f"{quiet_bus.url}/#settings", **options)
        page.evaluate(WATCHED, "notifications" in permissions)
        return page

    return watched


def told(page: Page, count: int) -> list[dict[str, str]]:
    """Wait until so many notifications were shown and return them."""
    page.wait_for_function("count => told.length >= count", arg=count)
    return list(page.evaluate("told"))


def test_the_title_counts_what_needs_one(quiet_bus: Bus, open_page: OpenPage) -> None:
    """H89."""
    agent = quiet_bus.agent("Counted")
    thread = agent.creates("Counting")
    page = open_page(f"{quiet_bus.url}/#overview")
    expect(page).to_have_title("AgentChatBus")
    agent.says(thread, "@human one")
    expect(page).to_have_title("(1) AgentChatBus")
    agent.says(thread, "@human two")
    expect(page).to_have_title("(2) AgentChatBus")
    expect(page.locator(".needs-link b")).to_have_text("2")
    quiet_bus.reads(thread, 1)
    expect(page).to_have_title("(1) AgentChatBus")
    quiet_bus.reads(thread, 2)
    expect(page).to_have_title("AgentChatBus")
    expect(page.locator(".needs-link b")).to_have_count(0)


def test_a_notification_is_shown_when_one_looks_elsewhere_and_wants_it(
    quiet_bus: Bus, watched: Callable[..., Page]
) -> None:
    """H89."""
    agent = quiet_bus.agent("Notifier")
    thread = agent.creates("Notifying")
    page = watched(permissions=["notifications"])
    page.get_by_label("Tell me when something needs me").check()
    agent.says(thread, "@human while you look")
    expect(page).to_have_title("(1) AgentChatBus")
    assert page.evaluate("told") == []
    page.evaluate("() => { isAway = true; }")
    agent.says(thread, "@human while you are **away**")
    [shown] = told(page, 1)
    assert shown["body"] == "@human while you are away"
    agent.says(thread, "nothing for you")
    agent.says(thread, "@human once more")
    assert [item["body"] for item in told(page, 2)] == ["@human while you are away", "@human once more"]
    assert page.evaluate("tones") == 0


def test_nothing_is_shown_to_those_who_did_not_ask_for_it(quiet_bus: Bus, watched: Callable[..., Page]) -> None:
    agent = quiet_bus.agent("Unasked")
    thread = agent.creates("Not notifying")
    page = watched(permissions=["notifications"])
    page.evaluate("() => { isAway = true; }")
    expect(page.get_by_label("Tell me when something needs me")).not_to_be_checked()
    expect(page.get_by_label("With a sound")).not_to_be_checked()
    agent.says(thread, "@human hello")
    expect(page).to_have_title("(1) AgentChatBus")
    assert page.evaluate("[told.length, tones]") == [0, 0]


def test_a_sound_is_made_only_when_one_asks_for_it(quiet_bus: Bus, watched: Callable[..., Page]) -> None:
    agent = quiet_bus.agent("Sounding")
    thread = agent.creates("Sounds")
    page = watched()
    page.get_by_label("With a sound").check()
    page.evaluate("() => { isAway = true; }")
    agent.says(thread, "@human ding")
    page.wait_for_function("() => tones === 1")
    assert page.evaluate("told") == []


def test_what_was_dismissed_stays_away_and_what_is_new_comes(quiet_bus: Bus, open_page: OpenPage) -> None:
    agent = quiet_bus.agent("Dismissed")
    thread = agent.creates("Dismissing")
    agent.says(thread, "@human the first")
    page = open_page(f"{quiet_bus.url}/#inbox")
    need = page.locator(".need")
    expect(need).to_have_count(1)
    need.get_by_role("button", name="Dismiss").click()
    expect(need).to_have_count(0)
    expect(page).to_have_title("AgentChatBus")
    page.reload()
    expect(page.get_by_role("heading", name="Nothing needs you")).to_be_visible()
    agent.says(thread, "@human the second")
    expect(need).to_have_count(1)
    expect(need).to_contain_text(re.compile("the second"))
