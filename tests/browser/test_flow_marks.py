"""What stands beside a message: reactions, edits, handoffs, stop reasons, who may see it, pictures."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.browser.agents import Bus
from tests.browser.conftest import OpenPage
from tests.browser.png import plain

pytestmark = pytest.mark.flows


def test_a_reaction_is_added_joined_and_taken_back(bus: Bus, open_page: OpenPage) -> None:
    """H84, H92."""
    agent = bus.agent("Reacting")
    thread = agent.creates("Reactions")
    message = agent.says(thread, "is it done?")
    page = open_page(f"{bus.url}/#thread/{thread}")
    row = page.locator("#m1")
    row.hover()
    row.get_by_role("button", name="React", exact=True).click()
    row.get_by_role("group", name="React with").get_by_role("button", name="👍").click()
    pill = row.locator(".reaction")
    expect(pill).to_have_text("👍 1")
    expect(pill).to_have_attribute("aria-pressed", "true")
    expect(pill).to_have_attribute("title", "You")
    agent.reacts(message, "👍")
    expect(pill).to_have_text("👍 2")
    expect(pill).to_have_attribute("title", "You, Reacting")
    pill.click()
    expect(pill).to_have_text("👍 1")
    expect(pill).to_have_attribute("aria-pressed", "false")
    agent.takes_back(message, "👍")
    expect(pill).to_have_count(0)
    assert bus.messages(thread)[0]["reactions"] == []


def test_a_click_on_a_reaction_of_others_joins_it(bus: Bus, open_page: OpenPage) -> None:
    agent = bus.agent("Joined")
    thread = agent.creates("Joined reactions")
    agent.reacts(agent.says(thread, "ship it?"), "a/b")
    page = open_page(f"{bus.url}/#thread/{thread}")
    page.locator("#m1 .reaction", has_text="a/b").click()
    expect(page.locator("#m1 .reaction")).to_have_text("a/b 2")
    page.locator("#m1 .reaction", has_text="a/b").click()
    expect(page.locator("#m1 .reaction")).to_have_text("a/b 1")


def test_the_history_shows_each_change_and_closes_again(bus: Bus, open_page: OpenPage) -> None:
    """H85."""
    agent = bus.agent("Rewriter")
    thread = agent.creates("Histories")
    message = agent.says(thread, "the quick fox")
    agent.edits(message, "the quick brown fox")
    agent.edits(message, "the slow brown fox")
    page = open_page(f"{bus.url}/#thread/{thread}")
    edited = page.locator("#m1 .edited")
    expect(edited).to_have_text("edited 2 times")
    edited.click()
    dialog = page.get_by_role("dialog", name="History of the message")
    versions = dialog.locator(".version")
    expect(versions).to_have_count(3)
    expect(versions.nth(0).locator("del")).to_have_text("quick")
    expect(versions.nth(0).locator("ins")).to_have_text("slow")
    expect(versions.nth(1).locator("ins")).to_have_text(re.compile("brown"))
    expect(versions.nth(2)).to_contain_text("the quick fox")
    expect(versions.nth(0).get_by_role("heading")).to_contain_text("Rewriter")
    dialog.get_by_role("button", name="Close").click()
    expect(dialog).to_have_count(0)
    edited.click()
    expect(page.get_by_role("dialog")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_handoffs_and_stop_reasons_are_small_marks_with_names(bus: Bus, open_page: OpenPage) -> None:
    """H88."""
    agent, other = bus.agent("Handing"), bus.agent("Taking Over")
    thread = agent.creates("Handoffs")
    agent.says(thread, "yours", metadata={"handoff_target": other.id, "stop_reason": "complete"})
    agent.says(thread, "it failed", metadata={"stop_reason": "error"}, priority="urgent")
    page = open_page(f"{bus.url}/#thread/{thread}")
    expect(page.locator("#m1 .mark")).to_have_text(["→ Taking Over", "■ done"])
    expect(page.locator("#m2 .mark")).to_have_text(["urgent", "■ stopped by an error"])
    expect(page.locator("#m2 .mark.warn")).to_have_count(1)


def test_what_only_people_may_read_says_so_and_agents_do_not_read_it(bus: Bus, open_page: OpenPage) -> None:
    agent = bus.agent("Outsider")
    thread = agent.creates("Among people")
    bus.say(thread, "between you and me", metadata={"visibility": "human_only"})
    page = open_page(f"{bus.url}/#thread/{thread}")
    expect(page.locator("#m1")).to_contain_text("between you and me")
    expect(page.locator("#m1 .mark.only")).to_have_text("only people see this")
    seen = bus.ask("GET", f"/api/threads/{thread}/messages", agent.token)
    assert "between you and me" not in str(seen)


def test_a_message_to_the_person_stands_out(bus: Bus, open_page: OpenPage) -> None:
    agent = bus.agent("Pointing")
    thread = agent.creates("Standing out")
    agent.says(thread, "for anybody")
    agent.says(thread, "for you, @human")
    page = open_page(f"{bus.url}/#thread/{thread}")
    expect(page.locator("#m2.mentions-me .mention")).to_have_text("@human")
    expect(page.locator(".mentions-me")).to_have_count(1)


def test_names_are_those_that_agents_gave_themselves(bus: Bus, open_page: OpenPage) -> None:
    """H88."""
    agent = bus.agent("Nova (frontend)")
    thread = agent.creates("Names")
    first = agent.says(thread, "hello")
    agent.says(thread, "again", reply_to_msg_id=first["id"])
    page = open_page(f"{bus.url}/#thread/{thread}")
    expect(page.locator("#m1 .author")).to_have_text("Nova (frontend)")
    expect(page.locator("#m2 .quote b")).to_have_text("Nova (frontend)")
    body = {"token": agent.token, "display_name": "Nova (backend)"}
    bus.ask("PUT", f"/api/agents/{agent.id}", agent.token, json=body)
    expect(page.locator("#m1 .author")).to_have_text("Nova (backend)")
    expect(page.locator("#m2 .quote b")).to_have_text("Nova (backend)")
    expect(page.locator(".thread", has_text="Names")).to_contain_text("Nova (backend)")


def test_a_picture_opens_large_and_closes(bus: Bus, open_page: OpenPage) -> None:
    agent = bus.agent("Painter")
    thread = agent.creates("Pictures")
    stored = bus.upload("blue.png", plain())
    agent.says(thread, "look", images=[{"url": stored["url"], "name": "blue.png"}])
    page = open_page(f"{bus.url}/#thread/{thread}")
    small = page.locator("#m1 .image img")
    expect(small).to_have_js_property("naturalWidth", 8)
    page.locator("#m1 .image").click()
    dialog = page.get_by_role("dialog", name="blue.png")
    expect(dialog.locator("img")).to_be_visible()
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    page.locator("#m1 .image").click()
    dialog.get_by_role("button", name="Close").click()
    expect(dialog).to_have_count(0)
