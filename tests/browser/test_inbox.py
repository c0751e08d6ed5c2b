"""What needs the person who watches: loaded with one request, kept current by events alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.agents import Agent, Bus
from tests.browser.conftest import OPTIONS, OpenPage
from tests.browser.picky_plugin import WORD
from tests.end_to_end.processes import ServerProcess, running_server

PICKY = Path(__file__).with_name("picky_plugin.py")
KEYS = """(mark) => [...document.querySelectorAll(".need")]
  .filter((item) => item.textContent.includes(mark)).map((item) => item.className.split(" ").at(-1)).sort()"""


@pytest.fixture(scope="module")
def strict(browser: object, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A bus on which not everything may be said."""
    with running_server(tmp_path_factory.mktemp("strict"), *OPTIONS, "-p", str(PICKY)) as server:
        yield server


@pytest.fixture
def strict_bus(strict: ServerProcess) -> Iterator[Bus]:
    bus = Bus(strict.url)
    yield bus
    bus.close()


def refuse(bus: Bus, agent: Agent, thread: str) -> None:
    """Have an agent post what is not let through."""
    body = {"author": agent.id, "content": f"the {WORD}", "role": "assistant"}
    answer = bus.http.post(f"/api/threads/{thread}/messages", headers={"X-Agent-Token": agent.token}, json=body)
    assert answer.status_code == 400, answer.text


def asked_of(page: Page) -> list[str]:
    """Collect the paths of the API that the page asks for from now on."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url.split("?")[0]) if "/api/" in request.url else None)
    return asked


def build(bus: Bus, mark: str) -> tuple[dict[str, Agent], str]:
    """Have an agent ask, two wait for each other, and one be refused; all of it in a thread of this name."""
    agents = {name: bus.agent(f"{mark} {name}") for name in ("Asker", "One", "Two", "Talker")}
    thread = agents["Asker"].creates(mark)
    agents["Talker"].says(thread, "I take part")
    agents["Asker"].says(thread, "@human, which of the two?")
    refuse(bus, agents["Talker"], thread)
    agents["One"].waits(thread, [agents["Two"]])
    agents["Two"].waits(thread, [agents["One"]])
    return agents, thread


def test_the_inbox_is_loaded_with_one_request(strict_bus: Bus, open_page: OpenPage) -> None:
    build(strict_bus, "Loaded")
    page = open_page(f"{strict_bus.url}/#overview")
    page.wait_for_load_state("networkidle")
    asked = asked_of(page)
    page.reload()
    page.goto(f"{strict_bus.url}/#inbox")
    expect(page.locator(".need-mention", has_text="Loaded Asker")).to_be_visible()
    expect(page.locator(".need-deadlock", has_text="Loaded One waits for Loaded Two")).to_be_visible()
    expect(page.locator(".need-refused", has_text="Loaded Talker")).to_be_visible()
    page.wait_for_load_state("networkidle")
    asked = [url for url in asked if "/messages" in url or "/search" in url or url.endswith("/api/needs")]
    own = [url for url in asked if not url.startswith(f"{strict_bus.url}/api/threads/")]
    assert own == [f"{strict_bus.url}/api/needs"]


def test_a_refusal_shows_up_at_once_and_goes_when_the_agent_got_over_it(strict_bus: Bus, open_page: OpenPage) -> None:
    agent = strict_bus.agent("Refused at once")
    thread = agent.creates("Refusals")
    page = open_page(f"{strict_bus.url}/#inbox")
    need = page.locator(".need-refused", has_text="Refused at once")
    expect(need).to_have_count(0)
    asked = asked_of(page)
    refuse(strict_bus, agent, thread)
    expect(need).to_contain_text("its content was not let through (Names of fish)")
    expect(need).not_to_contain_text(WORD)
    agent.says(thread, "without the key, then")
    expect(need).to_have_count(0)
    assert asked == []


def test_what_events_make_of_the_inbox_is_what_a_fresh_load_shows(strict_bus: Bus, open_page: OpenPage) -> None:
    page = open_page(f"{strict_bus.url}/#inbox")
    _, thread = build(strict_bus, "Compared")
    expected = {".need-mention": 1, ".need-refused": 1, ".need-deadlock": 1}
    are_there(page, expected)
    by_events = page.evaluate(KEYS, "Compared")
    page.reload()
    are_there(page, expected)
    assert page.evaluate(KEYS, "Compared") == by_events
    assert counted(strict_bus.ask("GET", "/api/needs"), thread) == by_events


def are_there(page: Page, expected: dict[str, int]) -> None:
    for kind, count in expected.items():
        expect(page.locator(kind, has_text="Compared")).to_have_count(count)


def counted(needs: dict[str, Any], thread: str) -> list[str]:
    """Return what the bus says of a thread, in the words of the page."""
    kinds = [item["kind"] for item in needs["messages"] if item["message"]["thread_id"] == thread]
    kinds += ["deadlock" for circle in needs["deadlocks"] if circle[0]["thread_id"] == thread]
    kinds += ["refused" for item in needs["refused"] if item["thread_id"] == thread]
    return sorted(f"need-{kind}" for kind in kinds)


def test_refusals_end_with_the_server_and_the_page_knows(
    strict_bus: Bus, strict: ServerProcess, open_page: OpenPage
) -> None:
    agent = strict_bus.agent("Refused before")
    thread = agent.creates("Restarts with refusals")
    page = open_page(f"{strict_bus.url}/#inbox", allow="net::ERR_")
    refuse(strict_bus, agent, thread)
    need = page.locator(".need-refused", has_text="Refused before")
    expect(need).to_be_visible()
    strict.kill()
    expect(page.get_by_text("Connection lost")).to_be_visible()
    strict.start()
    expect(page.locator(".connection.open")).to_be_visible()
    expect(need).to_have_count(0)


def test_working_lasts_as_long_as_the_bus_says(bus: Bus, open_page: OpenPage) -> None:
    agent = bus.agent("Worker")
    thread = agent.creates("Works")
    agent.says(thread, "I am on it")
    page = open_page(f"{bus.url}/#thread/{thread}")
    entry = page.locator(".agents .agent", has=page.get_by_role("button", name="Worker", exact=True))
    expect(entry.locator(".state-word")).to_have_text("working")
    rules = bus.ask("GET", "/api/config")["presence"]
    assert page.evaluate("agentchatbus.session.state.presence") == rules
