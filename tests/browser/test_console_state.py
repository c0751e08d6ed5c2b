"""The state that events make is the state that a fresh load shows, also when the bus fell over in between."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from difflib import unified_diff
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.agents import Bus
from tests.browser.conftest import OPTIONS, OpenPage
from tests.browser.crowd import Crowd
from tests.end_to_end.processes import ServerProcess, running_server

OPERATIONS = 500
SETTLES_WITHIN = 120.0
"""Also for what ends by itself: nobody types for longer than some seconds."""
STATE = """() => {
  const { threads, agents, waits, typing, logs, asks, me } = agentchatbus.session.state;
  const sorted = (map, row) => Object.fromEntries(Object.keys(map).sort().map((key) => [key, row(map[key])]));
  const same = (row) => JSON.parse(JSON.stringify(row));
  const texts = (selector) => [...document.querySelectorAll(selector)].map((element) => element.innerText.trim());
  // Quotes and headers depend on what was loaded and read when the page was opened.
  const parts = (element) => [...element.querySelectorAll(".prose, .card, .reactions, .edited")];
  const shown = [...document.querySelectorAll(".message")].slice(-30)
    .map((element) => [element.id, ...parts(element).map((part) => part.innerText.trim())]);
  const kept = ({ id, name, display_name, emoji, description, capabilities, is_offline, last_activity }) =>
    ({ id, name, display_name, emoji, description, capabilities, is_offline, last_activity });
  return {
    threads: sorted(threads, (thread) => ({ ...same(thread), participants: sorted(thread.participants, same) })),
    agents: sorted(agents, kept),
    waits: sorted(waits, same),
    typing: sorted(typing, same),
    logs: sorted(logs, ({ messages }) => messages.slice(-30).map(same)),
    asks: Object.values(asks)
      .filter(({ message: { seq, thread_id: id } }) => seq > (threads[id]?.participants[me.name]?.read_seq ?? 0))
      .map(({ message }) => message.id).sort(),
    me: me.name,
    shown: {
      topics: texts(".thread .topic"),
      lines: texts(".thread .thread-line"),
      marks: texts(".thread .thread-bottom"),
      agents: texts(".agent .agent-top"),
      messages: shown,
      waits: texts(".live").map((text) => text.replace(/ · \\d+ \\w+/g, "")),
    },
  };
}"""

ALL_DRAWN = """() => {
  const { state } = agentchatbus.session;
  const [log] = Object.values(state.logs);
  return state.phase === "ready" && log && document.querySelectorAll(".message").length === log.messages.length;
}"""
"""A page draws the rows first that can be seen."""


def difference(by_events: dict[str, Any], by_load: dict[str, Any]) -> str:
    """Return line by line what two states do not share, an empty text when they are the same."""
    before, after = (json.dumps(state, indent=1, sort_keys=True, ensure_ascii=False) for state in (by_events, by_load))
    return "\n".join(unified_diff(before.splitlines(), after.splitlines(), "by events", "by load", lineterm="", n=2))


def loaded(page: Page) -> dict[str, Any]:
    """Load a page anew and return its state."""
    page.reload()
    page.wait_for_function("() => globalThis.agentchatbus?.session.state.connection === 'open'")
    page.wait_for_function(ALL_DRAWN)
    return dict(page.evaluate(STATE))


def assert_same(page: Page, fresh: Page) -> None:
    """Compare a page that has followed events with one that is loaded, until nothing is on its way any more."""
    deadline = time.monotonic() + SETTLES_WITHIN
    while True:
        page.evaluate("agentchatbus.session.flushRead()")
        by_load = loaded(fresh)
        different = difference(page.evaluate(STATE), by_load)
        if not different or time.monotonic() > deadline:
            break
    if different:
        pytest.fail(different)


@pytest.fixture
def own_server(browser: Browser, tmp_path: Path) -> Iterator[ServerProcess]:
    """A server that a test may kill."""
    with running_server(tmp_path, *OPTIONS) as server:
        yield server


@pytest.fixture
def own_bus(own_server: ServerProcess) -> Iterator[Bus]:
    bus = Bus(own_server.url)
    yield bus
    bus.close()


def test_the_state_after_events_is_that_of_a_fresh_load_also_across_a_restart(
    own_server: ServerProcess, own_bus: Bus, open_page: OpenPage
) -> None:
    """H84, H86."""
    crowd = Crowd(own_bus, seed=11)
    address = f"{own_server.url}/#thread/{crowd.open}"
    page = open_page(address, allow="net::ERR_")
    expect(page.locator(".message").first).to_be_visible()
    loaded_at = page.evaluate("agentchatbus.session.state.loadedAt")

    crowd.act(OPERATIONS // 2)
    own_server.kill()
    expect(page.locator(".connection")).to_have_text("Connection lost, trying again …")
    own_server.start()
    crowd.came_back()
    crowd.act(OPERATIONS - OPERATIONS // 2)
    expect(page.locator(".connection")).to_have_text("Live")

    assert len(set(crowd.done)) > 25
    assert_same(page, open_page(address))
    assert page.evaluate("agentchatbus.session.state.loadedAt") == loaded_at, "the page began anew instead of resuming"


def test_the_state_after_events_is_that_of_a_fresh_load(bus: Bus, open_page: OpenPage) -> None:
    crowd = Crowd(bus, seed=3)
    address = f"{bus.url}/#thread/{crowd.open}"
    page = open_page(address)
    expect(page.locator(".message").first).to_be_visible()
    crowd.act(80)
    assert_same(page, open_page(address))


def test_who_begins_to_watch_late_learns_what_is_known_already(bus: Bus, open_page: OpenPage) -> None:
    """A page that is drawn after the first answers came would else stay as it was."""
    page = open_page(bus.url)
    page.wait_for_function("() => agentchatbus.session.state.phase === 'ready'")
    watch = "() => { let seen; agentchatbus.session.store.watch((state) => { seen = state.phase; })(); return seen; }"
    assert page.evaluate(watch) == "ready"


def test_a_page_that_opens_while_much_happens_misses_nothing(bus: Bus, open_page: OpenPage) -> None:
    """What comes by the stream while the rows are on their way is applied on top of them."""
    crowd = Crowd(bus, seed=5)
    address = f"{bus.url}/#thread/{crowd.open}"
    page = open_page(address)
    for _ in range(4):
        page.reload(wait_until="commit")
        crowd.act(10)
    expect(page.locator(".message").first).to_be_visible()
    assert_same(page, open_page(address))
