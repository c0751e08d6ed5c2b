"""A thread as lanes: who said what when, who waited for whom, and how long."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.agents import Agent, Bus
from tests.browser.conftest import OpenPage

pytestmark = pytest.mark.flows


def build(bus: Bus, name: str) -> tuple[str, Agent, Agent]:
    """Have one agent wait for the other, until it hears from it."""
    first, second = bus.agent(f"{name} One"), bus.agent(f"{name} Two")
    thread = first.creates(f"Timeline: {name}")
    first.says(thread, "what is it called?", metadata={"handoff_target": second.id})
    first.waits(thread, [second])
    second.says(thread, "it is called this")
    return thread, first, second


def timeline(bus: Bus, open_page: OpenPage, thread: str, **more: int) -> Page:
    page = open_page(f"{bus.url}/#thread/{thread}", **more)
    page.get_by_role("button", name="Timeline").click()
    expect(page.locator(".lane-name").first).to_be_visible()
    return page


def test_waits_that_are_over_are_shown_with_whom_they_were_for(bus: Bus, open_page: OpenPage) -> None:
    thread, first, _ = build(bus, "Past")
    page = timeline(bus, open_page, thread)
    past = page.locator(".lane-wait.for:not(.now)")
    expect(past).to_have_count(1)
    expect(past).to_contain_text("→ Past Two")
    expect(past).to_have_attribute("title", re.compile("Past One waited for Past Two for "))
    expect(page.locator(".lane-handoff")).to_have_count(1)
    sums = page.locator(".wait-sums li")
    expect(sums).to_have_count(1)
    expect(sums).to_contain_text("Past One for Past Two")
    expect(page.get_by_role("link", name=re.compile("Past Two: #2 "))).to_be_visible()
    assert first.id in str(bus.ask("GET", f"/api/threads/{thread}/waits/history"))


def test_a_wait_becomes_past_while_one_watches_and_stays_after_a_reload(bus: Bus, open_page: OpenPage) -> None:
    thread, first, second = build(bus, "Live")
    page = timeline(bus, open_page, thread)
    expect(page.locator(".lane-wait.for:not(.now)")).to_have_count(1)
    second.waits(thread, [first])
    going = page.locator(".lane-wait.for.now")
    expect(going).to_contain_text("→ Live One")
    expect(page.locator(".wait-sums li.now")).to_contain_text("goes on")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/waits" in request.url else None)
    first.says(thread, "here it is")
    expect(going).to_have_count(0)
    expect(page.locator(".lane-wait.for")).to_have_count(2)
    assert asked == []
    page.reload()
    page.get_by_role("button", name="Timeline").click()
    expect(page.locator(".lane-wait.for:not(.now)")).to_have_count(2)


def test_a_post_leads_to_its_message(bus: Bus, open_page: OpenPage) -> None:
    thread, *_ = build(bus, "Lead")
    page = timeline(bus, open_page, thread)
    expect(page.get_by_role("link", name=re.compile("Lead One: #1 "))).to_have_attribute("href", f"#thread/{thread}/1")


def test_the_timeline_fits_a_phone(bus: Bus, open_page: OpenPage) -> None:
    thread, *_ = build(bus, "Phone")
    page = timeline(bus, open_page, thread, width=390)
    expect(page.locator(".lane-wait.for")).to_have_count(1)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
