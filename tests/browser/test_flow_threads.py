"""The list of threads, and what becomes of a thread: renamed, moved on, closed, archived, deleted."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.agents import Bus
from tests.browser.conftest import OpenPage

pytestmark = pytest.mark.flows


def row(page: Page, topic: str) -> Locator:
    """Return a thread in the list."""
    return page.locator(".thread").filter(has=page.locator(".topic", has_text=re.compile(f"^{re.escape(topic)}$")))


def details(page: Page) -> Locator:
    """Open the details of the open thread."""
    page.get_by_label("Details of the thread").click()
    return page.get_by_role("dialog", name=re.compile("^Details of"))


def test_the_list_says_what_is_new_where(bus: Bus, open_page: OpenPage) -> None:
    """H89: unread counts, the order of activity, the last line, and a mark where a person is asked."""
    agent = bus.agent("Lister")
    quiet, busy = agent.creates("Listed: quiet"), agent.creates("Listed: busy")
    agent.says(quiet, "read already")
    bus.reads(quiet, 1)
    page = open_page(f"{bus.url}/#inbox")
    topics = page.locator(".thread .topic").filter(has_text="Listed: ")
    expect(topics.first).to_have_text("Listed: quiet")
    agent.says(busy, "> the **first** `user_id` -> _last_")
    expect(row(page, "Listed: busy").locator(".thread-line")).to_have_text("Lister: the first user_id -> last")
    agent.says(busy, "@human, which one?")
    expect(topics).to_have_text(["Listed: busy", "Listed: quiet"])
    expect(row(page, "Listed: busy").locator(".count")).to_have_attribute("aria-label", "2 unread")
    expect(row(page, "Listed: busy").locator(".thread-line")).to_have_text("Lister: @human, which one?")
    expect(row(page, "Listed: busy").locator(".wanted")).to_have_text("needs you")
    expect(row(page, "Listed: quiet").locator(".count")).to_have_count(0)
    agent.says(quiet, "up again")
    expect(topics).to_have_text(["Listed: quiet", "Listed: busy"])
    row(page, "Listed: busy").click()
    expect(row(page, "Listed: busy").locator(".count")).to_have_count(0)
    expect(row(page, "Listed: busy").locator(".wanted")).to_have_count(0)


def test_an_agent_waits_only_where_it_waits(bus: Bus, open_page: OpenPage) -> None:
    """H98, H87."""
    agent, other = bus.agent("Waits Here"), bus.agent("Talks There")
    here, there = agent.creates("Waiting: here"), other.creates("Waiting: there")
    for thread in (here, there):
        agent.says(thread, "I was here")
        other.says(thread, "so was I")
    page = open_page(f"{bus.url}/#thread/{there}")
    expect(page.locator(".thread-title p")).to_contain_text("2 agents")
    wait = agent.waits(here, [other])
    expect(row(page, "Waiting: here").locator(".waiters")).to_contain_text("1 waiting")
    expect(row(page, "Waiting: there").locator(".waiters")).to_have_count(0)
    expect(page.locator(".live .waiting")).to_have_count(0)
    row(page, "Waiting: here").click()
    expect(page.locator(".live")).to_contain_text("Waits Here waits for Talks There")
    wait.end()
    expect(row(page, "Waiting: here").locator(".waiters")).to_have_count(0)
    expect(page.locator(".live .waiting")).to_have_count(0)


def test_typing_is_shown_in_the_list_and_ends(bus: Bus, open_page: OpenPage) -> None:
    agent = bus.agent("Typist")
    thread = agent.creates("Typing in the list")
    page = open_page(f"{bus.url}/#thread/{thread}")
    agent.types(thread)
    expect(row(page, "Typing in the list")).to_contain_text("Typist is writing …")
    expect(page.locator(".live .typing")).to_contain_text("Typist is writing")
    agent.types(thread, is_typing=False)
    expect(row(page, "Typing in the list")).not_to_contain_text("is writing")
    expect(page.locator(".live .typing")).to_have_count(0)


def test_the_list_is_filtered_by_topic_and_by_state(bus: Bus, open_page: OpenPage) -> None:
    """H92."""
    agent = bus.agent("Filterer")
    agent.creates("Filtered: apples")
    pears = agent.creates("Filtered: pears")
    bus.ask("POST", f"/api/threads/{pears}/state", json={"state": "review"})
    page = open_page(f"{bus.url}/#threads")
    field = page.get_by_role("searchbox", name="Filter threads by topic")
    field.fill("filtered: A")
    expect(page.locator(".thread .topic")).to_have_text(["Filtered: apples"])
    field.fill("no thread is called so")
    expect(page.locator(".threads .empty")).to_have_text("No thread matches the filter.")
    field.fill("filtered:")
    expect(page.locator(".thread .topic")).to_have_count(2)
    page.get_by_role("button", name=re.compile("^(Filter|[0-9]+ hidden)$")).click()
    states = page.get_by_role("group", name="Show threads in state")
    states.get_by_role("button", name="review").click()
    expect(page.locator(".thread .topic")).to_have_text(["Filtered: apples"])
    bus.ask("POST", f"/api/threads/{pears}/state", json={"state": "implement"})
    expect(page.locator(".thread .topic")).to_have_count(2)
    states.get_by_role("button", name="implement").click()
    page.reload()
    field.fill("filtered:")
    expect(page.locator(".thread .topic")).to_have_text(["Filtered: apples"])


def test_a_thread_is_renamed(bus: Bus, open_page: OpenPage) -> None:
    """H92."""
    thread = bus.agent("Renamer").creates("The old name")
    page = open_page(f"{bus.url}/#thread/{thread}")
    details(page).get_by_role("button", name="Rename").click()
    field = page.get_by_role("textbox", name="Topic")
    expect(field).to_have_value("The old name")
    field.fill("The new name")
    page.get_by_role("dialog").get_by_role("button", name="Rename").click()
    expect(page.locator(".thread-head h1")).to_have_text("The new name")
    expect(row(page, "The new name")).to_be_visible()
    assert bus.thread(thread)["topic"] == "The new name"


def test_a_refused_name_is_explained_and_changes_nothing(bus: Bus, open_page: OpenPage) -> None:
    agent = bus.agent("Renamer Twice")
    agent.creates("Taken already")
    thread = agent.creates("Not taken")
    page = open_page(f"{bus.url}/#thread/{thread}", allow="409 (Conflict)")
    details(page).get_by_role("button", name="Rename").click()
    page.get_by_role("textbox", name="Topic").fill("Taken already")
    page.get_by_role("dialog").get_by_role("button", name="Rename").click()
    expect(page.locator(".toast .bad")).to_be_visible()
    expect(page.locator(".thread-head h1")).to_have_text("Not taken")


def test_a_thread_moves_from_state_to_state(bus: Bus, open_page: OpenPage) -> None:
    """H92."""
    thread = bus.agent("Mover").creates("Moves on")
    page = open_page(f"{bus.url}/#thread/{thread}")
    states = details(page).get_by_role("group", name="State")
    for state in ("implement", "review", "done", "discuss"):
        states.get_by_role("button", name=state).click()
        expect(states.get_by_role("button", name=state)).to_have_attribute("aria-pressed", "true")
        expect(row(page, "Moves on").locator(".status")).to_have_text(state)
    assert bus.thread(thread)["status"] == "discuss"


def test_what_is_cancelled_is_not_done(bus: Bus, open_page: OpenPage) -> None:
    """H97."""
    thread = bus.agent("Canceller").creates("Stays as it is")
    page = open_page(f"{bus.url}/#thread/{thread}")
    posted: list[str] = []
    page.on("request", lambda request: request.method != "GET" and posted.append(f"{request.method} {request.url}"))
    for action in ("Close the thread", "Rename", "Delete"):
        details(page).locator(".wrap").get_by_role("button", name=action, exact=True).click()
        page.get_by_role("dialog").get_by_role("button", name="Cancel").click()
        expect(page.get_by_role("dialog")).to_have_count(0)
        details(page).locator(".wrap").get_by_role("button", name=action, exact=True).click()
        expect(page.get_by_role("dialog").get_by_role("button", name="Cancel")).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.get_by_role("dialog")).to_have_count(0)
    assert [item for item in posted if not item.endswith("/read")] == []
    assert bus.thread(thread)["status"] == "discuss"


def test_a_thread_is_closed_with_what_came_out_of_it_and_opened_again(bus: Bus, open_page: OpenPage) -> None:
    thread = bus.agent("Concluder").creates("Comes to an end")
    page = open_page(f"{bus.url}/#thread/{thread}")
    details(page).get_by_role("button", name="Close the thread").click()
    page.get_by_role("textbox", name="What came out of it").fill("We chose **green**.")
    page.get_by_role("dialog", name="Close this thread?").get_by_role("button", name="Close the thread").click()
    expect(page.locator(".composer")).to_contain_text("This thread is closed.")
    expect(row(page, "Comes to an end").locator(".status")).to_have_text("closed")
    page.locator(".composer").get_by_role("button", name="Details").click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_role("heading", name="What came out of it")).to_be_visible()
    expect(dialog.locator(".prose strong").first).to_have_text("green")
    expect(dialog.get_by_role("button", name="Close the thread")).to_have_count(0)
    dialog.get_by_role("group", name="State").get_by_role("button", name="discuss").click()
    page.keyboard.press("Escape")
    expect(page.get_by_role("textbox", name="Message", exact=True)).to_be_visible()
    assert bus.thread(thread)["status"] == "discuss"


def test_an_archived_thread_leaves_the_list_and_comes_back_as_it_was(bus: Bus, open_page: OpenPage) -> None:
    thread = bus.agent("Archivist").creates("Put away")
    bus.ask("POST", f"/api/threads/{thread}/state", json={"state": "review"})
    page = open_page(f"{bus.url}/#thread/{thread}")
    dialog = details(page)
    dialog.get_by_role("button", name="Archive", exact=True).click()
    expect(row(page, "Put away")).to_have_count(0)
    expect(page.locator(".composer")).to_contain_text("This thread is archived.")
    dialog.get_by_role("button", name="Unarchive").click()
    expect(row(page, "Put away").locator(".status")).to_have_text("review")
    assert bus.thread(thread)["status"] == "review"


def test_a_thread_is_deleted_only_after_one_was_asked(bus: Bus, open_page: OpenPage) -> None:
    agent = bus.agent("Deleter")
    thread = agent.creates("Gone for ever")
    agent.says(thread, "one")
    agent.says(thread, "two")
    page = open_page(f"{bus.url}/#thread/{thread}")
    details(page).get_by_role("button", name="Delete").click()
    dialog = page.get_by_role("dialog", name="Delete this thread?")
    expect(dialog).to_contain_text("All 2 messages of “Gone for ever” are lost.")
    dialog.get_by_role("button", name="Delete for ever").click()
    expect(page.get_by_role("heading", name="This thread is not here")).to_be_visible()
    expect(row(page, "Gone for ever")).to_have_count(0)
    assert bus.http.get(f"/api/threads/{thread}").status_code == 404
