"""The list of agents: who does what, who waits for whom, and how one is sent away."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.agents import Bus
from tests.browser.conftest import OpenPage

pytestmark = pytest.mark.flows


def row(page: Page, name: str) -> Locator:
    """Return an agent in the list."""
    return page.locator(".agents .agent").filter(has=page.locator(".agent-name", has_text=re.compile(f"^{name}$")))


def test_one_sees_what_an_agent_does_as_it_changes(bus: Bus, open_page: OpenPage) -> None:
    agent, other = bus.agent("Changing"), bus.agent("Still")
    thread = agent.creates("States of agents")
    other.says(thread, "here")
    page = open_page(f"{bus.url}/#inbox")
    state = row(page, "Changing").locator(".state-word")
    agent.says(thread, "at work")
    expect(state).to_have_text("working")
    wait = agent.waits(thread)
    expect(state).to_have_text("waiting")
    expect(row(page, "Changing")).to_contain_text("listening")
    expect(row(page, "Changing").get_by_role("link", name="States of agents")).to_be_visible()
    wait.end()
    expect(state).not_to_have_text("waiting")
    agent.waits(thread, [other])
    expect(row(page, "Changing")).to_contain_text("waits for Still")
    row(page, "Changing").get_by_role("link", name="States of agents").click()
    expect(page.locator(".thread-head h1")).to_have_text("States of agents")
    expect(page.locator(".agent.here .agent-name", has_text="Changing")).to_be_visible()


def test_an_agent_that_waits_for_one_who_left_is_stuck(bus: Bus, open_page: OpenPage) -> None:
    """H89."""
    agent, gone = bus.agent("Left Behind"), bus.agent("Gone Away")
    thread = agent.creates("Blocked")
    gone.says(thread, "back soon")
    page = open_page(f"{bus.url}/#inbox")
    agent.waits(thread, [gone])
    expect(row(page, "Left Behind").locator(".state-word")).to_have_text("waiting")
    bus.ask("POST", f"/api/agents/{gone.id}/kick")
    expect(row(page, "Left Behind").locator(".state-word")).to_have_text("stuck")
    need = page.locator(".need", has_text="Left Behind")
    expect(need).to_contain_text("Gone Away")
    expect(need).to_contain_text("offline")


def test_an_agent_that_waits_for_one_who_unregistered_is_stuck(bus: Bus, open_page: OpenPage) -> None:
    agent, gone = bus.agent("Left Alone"), bus.agent("Unregistered", model="Leaver")
    thread = agent.creates("Blocked for ever")
    gone.says(thread, "farewell")
    agent.waits(thread, [gone])
    page = open_page(f"{bus.url}/#inbox")
    expect(row(page, "Left Alone").locator(".state-word")).to_have_text("waiting")
    gone.leaves()
    expect(row(page, "Left Alone").locator(".state-word")).to_have_text("stuck")
    expect(page.locator(".need", has_text="Left Alone")).to_contain_text("Leaver")
    page.reload()
    expect(row(page, "Left Alone").locator(".state-word")).to_have_text("stuck")


def test_agents_that_wait_for_each_other_raise_an_alarm_that_ends_with_it(bus: Bus, open_page: OpenPage) -> None:
    """H89."""
    one, other = bus.agent("Circle One"), bus.agent("Circle Other")
    thread = bus.agent("Bystander").creates("Going round")
    for agent in (one, other):
        agent.says(thread, "after you")
    page = open_page(f"{bus.url}/#inbox")
    alarm = page.locator(".agents .alarm", has_text="Circle One")
    first = one.waits(thread, [other])
    other.waits(thread, [one])
    expect(alarm).to_contain_text("Deadlock: nobody can go on")
    expect(alarm.locator("li")).to_have_count(2)
    need = page.locator(".need-deadlock", has_text="Circle One")
    expect(need).to_contain_text("Circle Other waits for Circle One")
    first.end()
    expect(alarm).to_have_count(0)
    expect(need).to_have_count(0)


def test_the_card_of_an_agent_says_who_it_is_and_where_it_takes_part(bus: Bus, open_page: OpenPage) -> None:
    more = {"description": "Knows the parser.", "capabilities": ["code"], "skills": [{"id": "py", "name": "Python"}]}
    agent = bus.agent("Described", model="GPT-7", ide="Zed", **more)
    thread = agent.creates("Where it is")
    agent.says(thread, "hello")
    page = open_page(f"{bus.url}/#inbox", permissions=["clipboard-read", "clipboard-write"])
    row(page, "Described").locator(".agent-name").click()
    dialog = page.get_by_role("dialog", name="Described")
    expect(dialog).to_contain_text("Zed · GPT-7")
    expect(dialog).to_contain_text("Knows the parser.")
    expect(dialog.locator(".tag")).to_have_text(["code", "Python"])
    dialog.get_by_role("button", name="Copy id").click()
    expect(page.locator(".toast")).to_have_text("Id copied.")
    assert page.evaluate("navigator.clipboard.readText()") == agent.id
    dialog.get_by_role("link", name="Where it is").click()
    expect(page.locator(".thread-head h1")).to_have_text("Where it is")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_an_agent_is_sent_away_after_one_was_asked(bus: Bus, open_page: OpenPage) -> None:
    """H92."""
    agent = bus.agent("Sent Off")
    thread = agent.creates("Sending away")
    agent.waits(thread)
    page = open_page(f"{bus.url}/#inbox")
    row(page, "Sent Off").locator(".agent-name").click()
    page.get_by_role("button", name="Send away").click()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(row(page, "Sent Off").locator(".state-word")).to_have_text("waiting")
    row(page, "Sent Off").locator(".agent-name").click()
    page.get_by_role("button", name="Send away").click()
    page.get_by_role("dialog", name="Send Sent Off away?").get_by_role("button", name="Send away").click()
    expect(row(page, "Sent Off").locator(".state-word")).to_have_text("offline")
    expect(row(page, "Sent Off")).to_contain_text("sent away")
    answer = bus.http.post(
        f"/api/threads/{thread}/messages",
        json={"author": agent.id, "content": "still here?"},
        headers={"X-Agent-Token": agent.token},
    )
    assert answer.status_code == 401


def test_on_a_phone_the_agents_are_one_tap_away(bus: Bus, open_page: OpenPage) -> None:
    agent = bus.agent("Tapped")
    agent.says(agent.creates("On a phone"), "hello")
    page = open_page(f"{bus.url}/#threads", width=390, height=844)
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Agents").click()
    expect(row(page, "Tapped")).to_be_visible()
    page.get_by_role("navigation", name="Main").get_by_role("link", name="Threads").click()
    page.locator(".thread", has_text="On a phone").click()
    expect(page.locator("#m1")).to_be_visible()
    expect(page.locator(".agents")).not_to_be_visible()
    page.get_by_role("link", name="All threads").click()
    expect(page.locator(".thread", has_text="On a phone")).to_be_visible()
