"""What people do with the console, in a real browser against a real bus with scripted agents."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.agents import Bus
from tests.browser.conftest import OpenPage
from tests.browser.scenery import Scene

TOKEN_SHAPED = "deploy with AKIA" + "IOSFODNN7EXAMPLE"


def requests_of(page: Page) -> list[str]:
    """Collect what the page asks from now on."""
    asked: list[str] = []
    page.on("request", lambda request: asked.append(f"{request.method} {request.url}"))
    return asked


def test_a_thread_opens_at_its_newest_message(bus: Bus, open_page: OpenPage) -> None:
    """H82."""
    agent = bus.agent("Opener")
    thread = agent.creates("Opens at the end")
    for number in range(130):
        agent.says(thread, f"line {number}")
    page = open_page(f"{bus.url}/#thread/{thread}")
    page.locator("#m130", has_text="line 129").wait_for()
    expect(page.locator("#m1")).to_have_count(0)
    page.wait_for_function("() => document.querySelector('#m130').getBoundingClientRect().bottom < innerHeight")


def test_older_messages_come_while_scrolling_and_nothing_jumps(bus: Bus, open_page: OpenPage) -> None:
    """H82, H94."""
    agent = bus.agent("Scroller")
    thread = agent.creates("Scrolls")
    for number in range(130):
        agent.says(thread, f"line {number}")
    page = open_page(f"{bus.url}/#thread/{thread}")
    page.locator("#m130").wait_for()
    page.locator(".messages").evaluate("box => { box.scrollTop = 300; }")
    place = "document.querySelector('#m90').getBoundingClientRect().top"
    before = page.evaluate(place)
    page.locator("#m31").wait_for(state="attached")
    assert abs(page.evaluate(place) - before) < 2
    agent.says(thread, "one more while reading above")
    page.get_by_role("button", name="1 new").wait_for()
    assert abs(page.evaluate(place) - before) < 2


def test_what_happens_is_shown_at_once_and_costs_no_request(bus: Bus, open_page: OpenPage) -> None:
    """H40, H84."""
    agent, other = bus.agent("Liver"), bus.agent("Watcher")
    thread = agent.creates("Live")
    first = agent.says(thread, "first")
    page = open_page(f"{bus.url}/#thread/{thread}")
    page.locator("#m1").wait_for()
    page.evaluate("agentchatbus.session.flushRead()")
    asked = requests_of(page)
    agent.says(thread, "second")
    page.get_by_text("second", exact=True).first.wait_for()
    other.reacts(first, "seen")
    page.locator(".reaction", has_text="seen").wait_for()
    agent.edits(first, "first, said better")
    page.get_by_text("first, said better").first.wait_for()
    other.types(thread)
    page.locator(".typing", has_text="Watcher is writing").wait_for()
    other.waits(thread, [agent])
    page.locator(".live", has_text="Watcher waits for Liver").wait_for()
    other.creates("A new thread appears")
    page.locator(".thread", has_text="A new thread appears").wait_for()
    assert asked == []


def test_a_message_is_written_with_a_mention(bus: Bus, open_page: OpenPage) -> None:
    agent = bus.agent("Mentioned")
    thread = agent.creates("Writing")
    page = open_page(f"{bus.url}/#thread/{thread}")
    box = page.get_by_role("textbox", name="Message")
    box.press_sequentially("Hello @ment")
    page.get_by_role("option", name="Mentioned").wait_for()
    box.press("Enter")
    box.press_sequentially("look **here**")
    box.press("Control+Enter")
    page.locator("#m1 strong", has_text="here").wait_for()
    stored = bus.ask("GET", f"/api/threads/{thread}/messages", params={"include_system_prompt": False})
    assert stored[0]["content"] == "Hello @Mentioned look **here**"
    assert agent.id in stored[0]["metadata"]
    expect(box).to_have_value("")


def test_a_failed_send_keeps_the_text_and_says_why(bus: Bus, open_page: OpenPage) -> None:
    """H80."""
    thread = bus.agent("Refuser").creates("Refused")
    page = open_page(f"{bus.url}/#thread/{thread}", allow="400 (Bad Request)")
    box = page.get_by_role("textbox", name="Message")
    refuse = '{"detail": {"error": "Content blocked by filter", "pattern": "aws"}}'
    posts = f"**/api/threads/{thread}/messages"
    page.route(posts, lambda route: route.fulfill(status=400, body=refuse, content_type="application/json"))
    box.fill(TOKEN_SHAPED)
    box.press("Control+Enter")
    page.get_by_role("alert").get_by_text("Content blocked by filter (aws)").wait_for()
    expect(box).to_have_value(TOKEN_SHAPED)
    expect(page.locator(".message")).to_have_count(0)
    page.unroute(posts)
    page.get_by_role("button", name="Try again").click()
    page.locator("#m1").wait_for()
    expect(page.get_by_role("alert")).to_have_count(0)


def test_a_draft_survives_a_reload(bus: Bus, open_page: OpenPage) -> None:
    thread = bus.agent("Drafter").creates("Drafts")
    page = open_page(f"{bus.url}/#thread/{thread}")
    page.get_by_role("textbox", name="Message").fill("half a thought")
    page.reload()
    expect(page.get_by_role("textbox", name="Message")).to_have_value("half a thought")


def test_an_own_message_is_edited_from_its_raw_text_and_shows_its_history(bus: Bus, open_page: OpenPage) -> None:
    """H81, H85."""
    thread = bus.agent("Editor").creates("Edits")
    bus.say(thread, "Use **bold** and `code`")
    page = open_page(f"{bus.url}/#thread/{thread}")
    page.locator("#m1").hover()
    page.get_by_role("button", name="Edit", exact=True).click()
    field = page.get_by_label("Text of the message")
    expect(field).to_have_value("Use **bold** and `code`")
    field.fill("Use **bold** or `code`")
    field.press("Control+Enter")
    page.locator(".edited").click()
    page.locator("dialog del", has_text="and").wait_for()
    expect(page.locator("dialog ins")).to_have_text("or")


def test_a_link_leads_to_a_message_in_the_middle(bus: Bus, open_page: OpenPage) -> None:
    """H91."""
    agent = bus.agent("Linker")
    thread = agent.creates("Links")
    for number in range(120):
        agent.says(thread, f"line {number}")
    page = open_page(f"{bus.url}/#thread/{thread}/40")
    page.locator("#m40.marked").wait_for()
    expect(page.locator("#m40")).to_be_visible()
    page.get_by_role("button", name="Latest").click()
    page.locator("#m120").wait_for()
    expect(page.locator("#m40")).to_have_count(0)


def test_a_mention_of_the_human_needs_somebody_until_it_is_read(bus: Bus, open_page: OpenPage) -> None:
    agent = bus.agent("Asker")
    thread = agent.creates("Asks")
    page = open_page(f"{bus.url}/#inbox")
    asked = agent.says(thread, "@human which of the two?")
    need = page.locator(".need", has_text="which of the two?")
    need.wait_for()
    expect(page).to_have_title(re.compile(r"^\("))
    need.locator("a").first.click()
    page.locator(f"#m{asked['seq']}").wait_for()
    page.goto(f"{bus.url}/#inbox")
    need.wait_for(state="detached")


def test_one_sees_who_is_stuck_and_why(scene: Scene, open_page: OpenPage) -> None:
    """H89."""
    page = open_page(f"{scene.bus.url}/#inbox")
    deadlock = page.locator(".need-deadlock")
    deadlock.wait_for()
    expect(deadlock).to_contain_text("Kai waits for Iris")
    expect(deadlock).to_contain_text("Iris waits for Kai")
    stuck = page.locator(".agents .agent.stuck .agent-name")
    expect(stuck).to_have_count(2)
    assert sorted(stuck.all_inner_texts()) == ["Iris", "Kai"]


def test_search_finds_with_operators_and_leads_there(scene: Scene, open_page: OpenPage) -> None:
    page = open_page(f"{scene.bus.url}/#search/")
    page.get_by_role("searchbox", name="Search all messages").fill("lock from:Ben")
    expect(page.locator(".hit")).to_have_count(1)
    page.locator(".hit").click()
    page.locator("#m3.marked").wait_for()


def test_everything_is_reached_by_keys(scene: Scene, open_page: OpenPage) -> None:
    page = open_page(f"{scene.bus.url}/#inbox")
    page.keyboard.press("?")
    page.get_by_role("dialog", name="Keys").wait_for()
    page.keyboard.press("Escape")
    page.get_by_role("dialog").wait_for(state="detached")
    page.keyboard.press("Control+k")
    page.keyboard.type("cache ev")
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Cache eviction drops hot keys").wait_for()
    page.keyboard.press("j")
    expect(page.locator(".thread-head h1")).to_have_text("Docs: first steps in five minutes")
    page.keyboard.press("/")
    page.get_by_role("searchbox", name="Search all messages").wait_for()


def test_a_diagram_is_drawn_and_code_is_highlighted(scene: Scene, open_page: OpenPage) -> None:
    page = open_page(f"{scene.bus.url}/#thread/{scene.threads['login']}")
    page.frame_locator("iframe.diagram").locator("svg").wait_for()
    expect(page.locator(".hljs-keyword").first).to_be_visible()
    expect(page.locator(".code-bar button").first).to_have_text("Copy")


@pytest.mark.parametrize("width", [1440, 1024, 390])
def test_nothing_sticks_out_sideways(scene: Scene, open_page: OpenPage, width: int) -> None:
    page = open_page(f"{scene.bus.url}/#threads", width=width)
    for view in (f"thread/{scene.threads['login']}", "threads", "inbox", "agents", "search/lock", "settings"):
        page.evaluate("view => { location.hash = view; }", view)
        page.wait_for_function("() => document.documentElement.scrollWidth <= innerWidth")


def test_the_page_lives_through_a_restart(bus: Bus, server: object, open_page: OpenPage) -> None:
    agent = bus.agent("Restarter")
    thread = agent.creates("Restarts")
    agent.says(thread, "before")
    page = open_page(f"{bus.url}/#thread/{thread}", allow="net::ERR_")
    page.locator("#m1").wait_for()
    server.kill()  # type: ignore[attr-defined]
    page.get_by_text("Connection lost").wait_for()
    server.start()  # type: ignore[attr-defined]
    bus.http.close()
    again = Bus(bus.url)
    again.ask("POST", f"/api/threads/{thread}/messages", agent.token, json={"author": agent.id, "content": "after"})
    page.locator("#m2", has_text="after").wait_for()
    page.wait_for_function("() => agentchatbus.session.state.connection === 'open'")
    again.close()
