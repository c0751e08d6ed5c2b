"""Somebody who joins a thread is on the page at once, and so is whoever writes that the page has never heard of."""

from __future__ import annotations

import pytest
from playwright.sync_api import Page, expect

from tests.browser.agents import Agent, Bus
from tests.browser.conftest import OpenPage

pytestmark = pytest.mark.flows

TAKES_PART = """([thread, agent]) => {
  const found = agentchatbus.session.state.threads[thread]?.participants[agent];
  return found && found.agent_id === agent;
}"""

FORGETS = """(id) => agentchatbus.session.store.dispatch({ type: "event",
  event: { type: "agent.offline", payload: { agent_id: id, reason: "unregistered" } } })"""


def opened(bus: Bus, open_page: OpenPage, topic: str) -> tuple[Page, str]:
    """Open a thread with one message in it."""
    founder = bus.agent(f"Founder of {topic}")
    thread = founder.creates(topic)
    founder.says(thread, "first")
    page = open_page(f"{bus.url}/#thread/{thread}")
    expect(page.locator(".message").first).to_be_visible()
    return page, thread


def looks_once(agent: Agent, thread: str) -> None:
    """Have an agent wait for no time, which is how it joins without a word."""
    body = {"after_seq": 0, "timeout_ms": 0}
    agent.bus.ask("POST", f"/api/threads/{thread}/wait", agent.token, json=body)


def test_an_agent_that_joins_without_a_word_takes_part_and_nothing_is_asked(bus: Bus, open_page: OpenPage) -> None:
    page, thread = opened(bus, open_page, "Joining: quietly")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(f"{request.method} {request.url}"))
    agent = bus.agent("Quiet one")
    looks_once(agent, thread)
    page.wait_for_function(TAKES_PART, arg=[thread, agent.id])
    assert [line for line in asked if line.startswith("GET") and "/api/" in line] == []


def test_a_message_of_an_agent_that_the_page_does_not_know_is_drawn_as_its_author_looks(
    bus: Bus, open_page: OpenPage
) -> None:
    page, thread = opened(bus, open_page, "Joining: a stranger")
    stranger = bus.agent("Stranger of this test", "🦊")
    page.wait_for_function("(id) => id in agentchatbus.session.state.agents", arg=stranger.id)
    page.evaluate(FORGETS, stranger.id)
    stranger.says(thread, "hello from afar")
    message = page.locator(".message", has_text="hello from afar")
    expect(message).to_contain_text("Stranger of this test")
