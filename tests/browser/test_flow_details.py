"""The details of a thread: who takes part and has read what, who leads, instructions, settings, export."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.agents import Agent, Bus
from tests.browser.conftest import OpenPage

pytestmark = pytest.mark.flows


def details(page: Page) -> Locator:
    """Open the details of the open thread."""
    page.get_by_label("Details of the thread").click()
    return page.get_by_role("dialog", name=re.compile("^Details of"))


def member(dialog: Locator, name: str) -> Locator:
    return dialog.locator(".members li", has_text=name)


def test_read_positions_of_all_who_take_part_follow_live(bus: Bus, open_page: OpenPage) -> None:
    """H87."""
    writer, reader = bus.agent("Position Writer"), bus.agent("Position Reader")
    thread = writer.creates("Read positions")
    writer.says(thread, "one")
    reader.says(thread, "two")
    writer.says(thread, "three")
    page = open_page(f"{bus.url}/#thread/{thread}")
    dialog = details(page)
    expect(member(dialog, "Position Writer")).to_contain_text("has read everything")
    expect(member(dialog, "Position Reader")).to_contain_text("read up to #2, 1 behind")
    wait = reader.waits(thread)
    expect(member(dialog, "Position Reader")).to_contain_text("2, 1 behind")
    writer.says(thread, "four")
    expect(member(dialog, "Position Reader")).to_contain_text("has read everything")
    wait.end()


def test_the_administrator_is_named_and_changes_when_a_person_decides(bus: Bus, open_page: OpenPage) -> None:
    agent, other = bus.agent("Leads First"), bus.agent("Leads Next")
    thread = agent.creates("Administrators")
    other.says(thread, "I could lead, too")
    page = open_page(f"{bus.url}/#thread/{thread}")
    dialog = details(page)
    expect(dialog).to_contain_text("Administrator: Leads First")
    body = {"action": "switch", "candidate_admin_id": other.id}
    bus.ask("POST", f"/api/threads/{thread}/admin/decision", json=body)
    expect(dialog).to_contain_text("Administrator: Leads Next")


def test_settings_of_a_thread_are_changed_and_refusals_explained(bus: Bus, open_page: OpenPage) -> None:
    thread = bus.agent("Setter").creates("Settings of a thread")
    page = open_page(f"{bus.url}/#thread/{thread}", allow="400 (Bad Request)")
    dialog = details(page)
    with page.expect_response("**/settings"):
        dialog.get_by_label("The coordinator may speak").uncheck()
    expect(page.locator(".toast")).to_have_text("Changed.")
    dialog.get_by_label("Asks after seconds").fill("120")
    with page.expect_response("**/settings"):
        dialog.get_by_label("Asks after seconds").press("Tab")
    page.keyboard.press("Escape")
    page.reload()
    dialog = details(page)
    expect(dialog.get_by_label("The coordinator may speak")).not_to_be_checked()
    expect(dialog.get_by_label("Asks after seconds")).to_have_value("120")
    dialog.get_by_label("Offers another after seconds").fill("5")
    dialog.get_by_label("Offers another after seconds").press("Tab")
    expect(page.locator(".toast .bad")).to_contain_text("at least 30")
    settings = bus.ask("GET", f"/api/threads/{thread}/settings")
    assert (settings["timeout_seconds"], settings["switch_timeout_seconds"]) == (120, 60)
    assert settings["auto_administrator_enabled"] is False


def test_what_one_types_into_a_setting_stays_while_others_talk(bus: Bus, open_page: OpenPage) -> None:
    agent = bus.agent("Talks Meanwhile")
    thread = agent.creates("Typed meanwhile")
    page = open_page(f"{bus.url}/#thread/{thread}")
    dialog = details(page)
    dialog.get_by_label("Asks after seconds").fill("125")
    agent.says(thread, "one message more")
    expect(page.locator("#m1")).to_contain_text("one message more")
    expect(dialog.locator(".members")).to_contain_text("Talks Meanwhile")
    expect(dialog.get_by_label("Asks after seconds")).to_have_value("125")


def test_instructions_for_agents_are_shown(bus: Bus, open_page: OpenPage) -> None:
    agent = bus.agent("Instructor")
    thread = agent.creates("Instructions", system_prompt="Be **brief**. Ask before you change `main`.")
    page = open_page(f"{bus.url}/#thread/{thread}")
    prompt = details(page).locator(".prompt")
    expect(prompt.locator("strong")).to_have_text("brief")
    expect(prompt.locator("code")).to_have_text("main")


def test_a_thread_is_exported(bus: Bus, open_page: OpenPage) -> None:
    agent = bus.agent("Exporter")
    thread = agent.creates("Export me")
    agent.says(thread, "worth keeping")
    page = open_page(f"{bus.url}/#thread/{thread}")
    dialog = details(page)
    with page.expect_download() as started:
        dialog.get_by_role("link", name="Export").click()
    assert started.value.suggested_filename.endswith(".md")
    text = Path(started.value.path()).read_text()
    assert "Export me" in text
    assert "worth keeping" in text
    assert "Exporter" in text


def test_a_prompt_that_invites_an_agent_is_copied(bus: Bus, open_page: OpenPage) -> None:
    """H92."""
    thread = bus.agent("Host").creates("Come and join")
    page = open_page(f"{bus.url}/#thread/{thread}", permissions=["clipboard-read", "clipboard-write"])
    details(page).get_by_role("button", name="Copy a prompt that invites an agent").click()
    expect(page.locator(".toast")).to_contain_text("Prompt copied.")
    prompt = page.evaluate("navigator.clipboard.readText()")
    assert '"Come and join"' in prompt
    assert "bus_connect" in prompt
    assert "msg_wait" in prompt


def test_a_search_in_a_thread_finds_what_is_in_it_only(bus: Bus, open_page: OpenPage) -> None:
    """H83."""
    agent: Agent = bus.agent("Searched")
    here, there = agent.creates("Searched: here"), agent.creates("Searched: there")
    for thread in (here, there):
        agent.says(thread, "the walrus sings")
    page = open_page(f"{bus.url}/#thread/{here}")
    page.get_by_label("Search in this thread").click()
    field = page.get_by_role("searchbox", name="Search all messages")
    expect(field).to_have_value('in:"Searched: here" ')
    field.press("End")
    field.press_sequentially("walrus")
    expect(page.locator(".hit")).to_have_count(1)
    expect(page.locator(".hit")).to_contain_text("Searched: here")
    expect(page.locator(".hit mark")).to_have_text("walrus")
    page.locator(".hit").click()
    expect(page.locator("#m1.marked")).to_be_visible()
