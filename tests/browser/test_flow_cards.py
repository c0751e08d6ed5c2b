"""Cards of the coordinator: what they ask, what their buttons do on the bus, and that they are decided once."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.browser.agents import Agent, Bus
from tests.browser.conftest import OPTIONS, OpenPage
from tests.end_to_end.processes import running_server

pytestmark = pytest.mark.flows

STAGE = str(Path(__file__).with_name("stage.py"))
SWITCH, TAKEOVER = "admin_switch_confirmation_required", "admin_takeover_confirmation_required"


@pytest.fixture(scope="module")
def staged(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a bus whose coordinator speaks when it is told to."""
    with running_server(tmp_path_factory.mktemp("cards"), *OPTIONS, "-p", STAGE) as server:
        yield server.url


@pytest.fixture
def staged_bus(staged: str) -> Iterator[Bus]:
    bus = Bus(staged)
    yield bus
    bus.close()


def card(bus: Bus, kind: str, thread: str, agent: Agent) -> None:
    """Have the coordinator ask something about an agent."""
    bus.ask("POST", "/stage/cards", json={"thread_id": thread, "kind": kind, "agent": agent.id})


def asked(page: Page, topic: str) -> Locator:
    """Return the entry in "needs you" of a thread."""
    return page.locator(".need", has_text=topic)


def test_a_switch_is_decided_in_the_conversation(staged_bus: Bus, open_page: OpenPage) -> None:
    """H89, H92."""
    first, second = staged_bus.agent("Switch First"), staged_bus.agent("Switch Second")
    thread = first.creates("Who leads: switch")
    second.says(thread, "I am here")
    page = open_page(f"{staged_bus.url}/#thread/{thread}")
    card(staged_bus, SWITCH, thread, second)
    shown = page.locator("#m2 .card.asks")
    expect(shown).to_contain_text("Who leads this thread?")
    expect(shown).to_contain_text("only people see this")
    expect(shown.get_by_role("button")).to_have_text(["Make Switch Second administrator", "Keep Switch First"])
    shown.get_by_role("button", name="Make Switch Second administrator").click()
    expect(page.locator("#m2 .decided")).to_have_text(re.compile("✓ Decided: Make Switch Second administrator"))
    expect(page.locator("#m2").get_by_role("button")).to_have_count(0)
    assert staged_bus.ask("GET", f"/api/threads/{thread}/admin")["admin_id"] == second.id
    page.reload()
    expect(page.locator("#m2 .decided")).to_be_visible()
    expect(page.locator("#m2").get_by_role("button")).to_have_count(0)


def test_an_administrator_is_kept_from_the_inbox(staged_bus: Bus, open_page: OpenPage) -> None:
    first, second = staged_bus.agent("Keep First"), staged_bus.agent("Keep Second")
    thread = first.creates("Who leads: keep")
    second.says(thread, "I am here")
    page = open_page(f"{staged_bus.url}/#inbox")
    card(staged_bus, SWITCH, thread, second)
    need = asked(page, "Who leads: keep")
    expect(page.locator(".thread", has_text="Who leads: keep")).to_contain_text("needs you")
    need.get_by_role("button", name="Keep Keep First").click()
    expect(need).to_have_count(0)
    expect(page.locator(".thread", has_text="Who leads: keep")).not_to_contain_text("needs you")
    assert staged_bus.ask("GET", f"/api/threads/{thread}/admin")["admin_id"] == first.id


def test_a_takeover_tells_the_administrator_to_go_on(staged_bus: Bus, open_page: OpenPage) -> None:
    agent = staged_bus.agent("Takes Over")
    thread = agent.creates("Should it go on: takeover")
    page = open_page(f"{staged_bus.url}/#inbox")
    card(staged_bus, TAKEOVER, thread, agent)
    asked(page, "Should it go on: takeover").get_by_role("button", name="Let Takes Over go on").click()
    expect(asked(page, "Should it go on: takeover")).to_have_count(0)
    instruction = staged_bus.messages(thread)[-1]
    assert instruction["metadata"]["handoff_target"] == agent.id
    seen = staged_bus.ask("GET", f"/api/threads/{thread}/messages", agent.token)
    assert instruction["content"] in [message["content"] for message in seen]


def test_a_takeover_is_cancelled(staged_bus: Bus, open_page: OpenPage) -> None:
    agent = staged_bus.agent("Not Over")
    thread = agent.creates("Should it go on: cancel")
    page = open_page(f"{staged_bus.url}/#thread/{thread}")
    card(staged_bus, TAKEOVER, thread, agent)
    page.locator("#m1").get_by_role("button", name="Cancel").click()
    expect(page.locator("#m1 .decided")).to_have_text(re.compile("✓ Decided: Cancel"))
    assert staged_bus.messages(thread)[0]["metadata"]["decision_action"] == "cancel"


def test_a_card_that_another_person_decided_is_decided_here_too(staged_bus: Bus, open_page: OpenPage) -> None:
    """H86."""
    first, second = staged_bus.agent("Both First"), staged_bus.agent("Both Second")
    thread = first.creates("Who leads: two people")
    second.says(thread, "I am here")
    one = open_page(f"{staged_bus.url}/#thread/{thread}")
    other = open_page(f"{staged_bus.url}/#thread/{thread}")
    card(staged_bus, SWITCH, thread, second)
    expect(other.locator("#m2").get_by_role("button")).to_have_count(2)
    one.locator("#m2").get_by_role("button", name="Keep Both First").click()
    for page in (one, other):
        expect(page.locator("#m2 .decided")).to_contain_text("Keep Both First")
        expect(page.locator("#m2").get_by_role("button")).to_have_count(0)
        expect(page.locator(".message.system")).to_have_count(2)


def test_a_refused_decision_is_explained_where_it_was_made(staged_bus: Bus, open_page: OpenPage) -> None:
    first, second = staged_bus.agent("Refused First"), staged_bus.agent("Refused Second")
    thread = first.creates("Who leads: refused")
    second.says(thread, "I am here")
    card(staged_bus, SWITCH, thread, second)
    page = open_page(f"{staged_bus.url}/#thread/{thread}", allow="Failed to load resource")
    button = page.locator("#m2").get_by_role("button", name="Make Refused Second administrator")
    expect(button).to_be_visible()
    staged_bus.ask("POST", f"/api/threads/{thread}/settings", json={"auto_administrator_enabled": False})
    button.click()
    expect(page.locator("#m2").get_by_role("alert")).to_be_visible()
    expect(button).to_be_enabled()


@pytest.mark.parametrize("kind", ["admin_coordination_timeout_notice", "agent_offline_risk_notice"])
def test_a_notice_is_shown_once_with_no_button(staged_bus: Bus, open_page: OpenPage, kind: str) -> None:
    """H86."""
    agent = staged_bus.agent(f"Noticed {kind}")
    thread = agent.creates(f"Notice: {kind}")
    page = open_page(f"{staged_bus.url}/#thread/{thread}")
    card(staged_bus, kind, thread, agent)
    expect(page.locator("#m1 .card")).to_contain_text("only people see this")
    agent.says(thread, "afterwards")
    expect(page.locator("#m2")).to_be_visible()
    expect(page.locator(".message")).to_have_count(2)
    expect(page.locator("#m1").get_by_role("button")).to_have_count(0)
    page.reload()
    expect(page.locator("#m2")).to_be_visible()
    expect(page.locator(".message")).to_have_count(2)
