"""Threads in which much is said: the page keeps up, keeps its place, and loses nothing."""

from __future__ import annotations

import time

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.agents import Bus
from tests.browser.conftest import OpenPage

pytestmark = pytest.mark.flows

MANY = 320
FEW = 5
"""The browser may hold on to what was drawn, focused or pointed at last."""
FORGOTTEN_WITHIN = 60.0
ROWS_AT_MOST = 250
IN_VIEW = """(id) => {
  const [row, box] = [document.getElementById(id), document.querySelector(".messages")];
  if (!row || !box) return false;
  const [at, around] = [row.getBoundingClientRect(), box.getBoundingClientRect()];
  return at.bottom > around.top && at.top < around.bottom;
}"""
TOP = "document.querySelector('#m30').getBoundingClientRect().top"


LEFT_ROWS = """function () {
  const isPrototype = (element) => Object.hasOwn(element, "constructor");
  return this.filter((element) => !isPrototype(element) && element.matches(".message") && !element.isConnected).length;
}"""


def rows_that_left(page: Page) -> int:
    """Return how many rows are still in memory, after a garbage collection, that are no longer on the page."""
    wire = page.context.new_cdp_session(page)
    kind = wire.send("Runtime.evaluate", {"expression": "HTMLElement.prototype"})["result"]["objectId"]
    found = wire.send("Runtime.queryObjects", {"prototypeObjectId": kind})["objects"]["objectId"]
    asked = {"objectId": found, "functionDeclaration": LEFT_ROWS, "returnByValue": True}
    count = int(wire.send("Runtime.callFunctionOn", asked)["result"]["value"])
    wire.detach()
    return count


def shows(page: Page, seq: int) -> None:
    """Wait until a message can be seen."""
    page.wait_for_function(IN_VIEW, arg=f"m{seq}")


def is_bounded(page: Page) -> None:
    """Wait until the page has dropped the rows that are too many."""
    page.wait_for_function("(most) => document.querySelectorAll('.message').length <= most", arg=ROWS_AT_MOST)


def knows(page: Page, thread: str, seq: int) -> None:
    """Wait until the page has heard of a message, whether it shows it or not."""
    condition = "([id, seq]) => agentchatbus.session.state.threads[id]?.last_seq >= seq"
    page.wait_for_function(condition, arg=[thread, seq])


def test_who_reads_above_stays_there_however_much_is_said(bus: Bus, open_page: OpenPage) -> None:
    agent = bus.agent("Talker")
    thread = agent.creates("Talks on and on")
    for number in range(1, 61):
        agent.says(thread, f"line {number}")
    page = open_page(f"{bus.url}/#thread/{thread}/30")
    shows(page, 30)
    knows(page, thread, 60)
    before = page.evaluate(TOP)
    for number in range(61, MANY + 1):
        agent.says(thread, f"line {number}")
    knows(page, thread, MANY)
    expect(page.get_by_role("button", name=f"{MANY - 60} new")).to_be_visible()
    is_bounded(page)
    assert abs(page.evaluate(TOP) - before) < 2
    page.locator(".to-end").click()
    shows(page, MANY)
    expect(page.locator(".to-end")).to_have_count(0)
    agent.says(thread, "followed again")
    shows(page, MANY + 1)


def test_who_follows_the_end_keeps_a_bounded_number_of_rows(bus: Bus, open_page: OpenPage) -> None:
    agent = bus.agent("Flooder")
    thread = agent.creates("Floods")
    page = open_page(f"{bus.url}/#thread/{thread}")
    for number in range(1, MANY + 1):
        agent.says(thread, f"line {number}")
    shows(page, MANY)
    expect(page.locator("#m1")).to_have_count(0)
    is_bounded(page)
    first = int(page.locator(".message").first.get_attribute("data-seq") or 0)
    page.locator(".messages").evaluate("box => { box.scrollTop = 0; }")
    expect(page.locator(f"#m{first - 1}")).to_be_attached()
    numbers = page.locator(".message").evaluate_all("rows => rows.map((row) => Number(row.dataset.seq))")
    assert numbers == list(range(numbers[0], numbers[-1] + 1))


def test_rows_that_left_the_page_leave_its_memory(bus: Bus, open_page: OpenPage) -> None:
    agent = bus.agent("Forgotten")
    thread, other = agent.creates("Soon forgotten"), agent.creates("Looked at meanwhile")
    page = open_page(f"{bus.url}/#thread/{thread}")
    for number in range(1, MANY + 1):
        agent.says(thread, f"line {number}")
    shows(page, MANY)
    page.locator(f'a[href="#thread/{other}"]').click()
    expect(page.locator(".begin")).to_contain_text("Nothing has been said yet.")
    deadline = time.monotonic() + FORGOTTEN_WITHIN
    while (left := rows_that_left(page)) > FEW and time.monotonic() < deadline:
        page.evaluate("new Promise((done) => setTimeout(done, 200))")
    assert left <= FEW


def test_what_happens_while_messages_are_on_their_way_is_not_lost(bus: Bus, open_page: OpenPage) -> None:
    agent = bus.agent("Quick")
    thread = agent.creates("Said meanwhile")
    first = agent.says(thread, "first")
    page = open_page(f"{bus.url}/#inbox")
    expect(page.locator(f'a[href="#thread/{thread}"]')).to_be_visible()

    def late(route: Route) -> None:
        answer = route.fetch()
        agent.says(thread, "said meanwhile")
        agent.edits(first, "changed meanwhile")
        knows_of_edit = "(id) => agentchatbus.session.state.threads[id].last_seq === 2"
        page.wait_for_function(knows_of_edit, arg=thread)
        route.fulfill(response=answer)

    page.route(f"**/api/threads/{thread}/messages?**", late)
    page.locator(f'a[href="#thread/{thread}"]').click()
    expect(page.locator("#m1 .prose")).to_have_text("changed meanwhile")
    expect(page.locator("#m2 .prose")).to_have_text("said meanwhile")


def test_what_one_writes_is_shown_wherever_one_was(bus: Bus, open_page: OpenPage) -> None:
    agent = bus.agent("Reader")
    thread = agent.creates("Written from above")
    for number in range(1, 131):
        agent.says(thread, f"line {number}")
    page = open_page(f"{bus.url}/#thread/{thread}/20")
    shows(page, 20)
    page.get_by_role("textbox", name="Message").fill("an answer")
    page.get_by_role("button", name="Send").click()
    shows(page, 131)
    expect(page.locator("#m131 .prose")).to_have_text("an answer")


def test_short_messages_fill_a_tall_window(bus: Bus, open_page: OpenPage) -> None:
    agent = bus.agent("Brief")
    thread = agent.creates("Short lines")
    for _ in range(80):
        agent.says(thread, "ok")
    page = open_page(f"{bus.url}/#thread/{thread}", height=2400)
    expect(page.locator("#m1")).to_be_attached()


def test_a_thread_too_old_for_the_list_comes_up_when_somebody_speaks_in_it(bus: Bus, open_page: OpenPage) -> None:
    agent = bus.agent("Archivist")
    old = agent.creates("An old thread")
    agent.says(old, "said long ago")
    for number in range(101):
        agent.creates(f"A newer thread {number}")
    page = open_page(f"{bus.url}/#inbox")
    link = page.locator(f'.threads a[href="#thread/{old}"]')
    expect(page.locator(".threads .thread")).to_have_count(100)
    expect(link).to_have_count(0)
    bus.ask("POST", f"/api/threads/{old}/rename", json={"topic": "An old thread with a new name"})
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    for number in range(5):
        agent.says(old, f"once more {number}")
    expect(link).to_contain_text("An old thread with a new name")
    expect(link).to_contain_text("once more 4")
    expect(link.locator(".count")).to_have_text("6")
    assert len(asked) == 1
