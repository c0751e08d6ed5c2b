"""Reading a thread: where one is in it, who wrote what when, and how texts are drawn."""

from __future__ import annotations

import json
import re
from datetime import datetime, timedelta

import pytest
from playwright.sync_api import Page, Route, expect

from tests.browser.agents import Bus
from tests.browser.conftest import OpenPage

pytestmark = pytest.mark.flows

MARKDOWN = """# Findings

See <https://example.org/a?b=1&c=2> and [the notes](https://example.org/notes).

1. first
   - nested
     - deeper
2. second

- [x] reproduced
- [ ] fixed

| case | result |
|---|--:|
| one | 1 |

> quoted ~~struck~~ `inline`

```python
def answer() -> int:
    return 42
```
"""


def in_view(page: Page, selector: str) -> None:
    """Wait until an element is between the upper and the lower edge of the messages."""
    page.wait_for_function(
        """selector => {
          const [element, box] = [document.querySelector(selector), document.querySelector(".messages")];
          if (!element || !box) return false;
          const [at, around] = [element.getBoundingClientRect(), box.getBoundingClientRect()];
          return at.bottom > around.top && at.top < around.bottom;
        }""",
        arg=selector,
    )


def test_a_thread_with_unread_messages_opens_at_the_first_of_them(bus: Bus, open_page: OpenPage) -> None:
    agent = bus.agent("Unread")
    thread = agent.creates("Unread from the middle on")
    for number in range(1, 41):
        agent.says(thread, f"line {number}")
    bus.reads(thread, 10)
    page = open_page(f"{bus.url}/#thread/{thread}")
    divider = page.locator(".divider.new")
    expect(divider).to_have_count(1)
    expect(page.locator(".divider.new + .message")).to_have_id("m11")
    in_view(page, "#m11")
    expect(page.locator(".to-end")).to_be_visible()


def test_a_thread_that_was_read_to_its_end_has_no_divider(bus: Bus, open_page: OpenPage) -> None:
    agent = bus.agent("Read")
    thread = agent.creates("All read")
    for number in range(1, 6):
        agent.says(thread, f"line {number}")
    bus.reads(thread, 5)
    page = open_page(f"{bus.url}/#thread/{thread}")
    in_view(page, "#m5")
    agent.says(thread, "said while one looks on")
    in_view(page, "#m6")
    expect(page.locator(".divider.new")).to_have_count(0)


def test_latest_leads_back_to_the_end(bus: Bus, open_page: OpenPage) -> None:
    agent = bus.agent("Ender")
    thread = agent.creates("A way to the end")
    for number in range(1, 61):
        agent.says(thread, f"line {number}")
    bus.reads(thread, 60)
    page = open_page(f"{bus.url}/#thread/{thread}/30")
    page.locator("#m30.marked").wait_for()
    page.get_by_role("button", name="Latest").click()
    in_view(page, "#m60")
    expect(page.locator(".to-end")).to_have_count(0)
    page.locator(".messages").evaluate("box => { box.scrollTop = 0; }")
    expect(page.locator(".to-end")).to_be_visible()
    page.locator(".thread-head h1").focus()
    page.keyboard.press("End")
    in_view(page, "#m60")


def test_each_day_begins_with_its_name_and_times_tell_the_date(bus: Bus, open_page: OpenPage) -> None:
    """H95."""
    agent = bus.agent("Daily")
    thread = agent.creates("Over days")
    for number in range(1, 4):
        agent.says(thread, f"line {number}")
    page = open_page(f"{bus.url}/#inbox")

    def older(route: Route) -> None:
        answer = route.fetch()
        rows = answer.json()
        for row, days in zip(rows, (9, 1, 0), strict=True):
            row["created_at"] = (datetime.fromisoformat(row["created_at"]) - timedelta(days=days)).isoformat()
        route.fulfill(response=answer, body=json.dumps(rows))

    page.route(f"**/api/threads/{thread}/messages?**", older)
    page.goto(f"{bus.url}/#thread/{thread}")
    dividers = page.locator(".messages .divider span")
    expect(dividers).to_have_count(3)
    expect(dividers.nth(1)).to_have_text("Yesterday")
    expect(dividers.nth(2)).to_have_text("Today")
    expect(dividers.nth(0)).to_have_text(re.compile(r"\d"))
    expect(page.locator("#m1 .seq")).to_have_attribute("title", re.compile(r"\b20\d\d\b"))
    expect(page.locator("#m1 .seq")).to_have_text(re.compile(r"^#1 · \d\d:\d\d$"))


def test_messages_in_a_row_are_grouped_by_author(bus: Bus, open_page: OpenPage) -> None:
    one, other = bus.agent("Grouped One"), bus.agent("Grouped Other")
    thread = one.creates("Groups")
    for author, text in ((one, "a"), (one, "b"), (other, "c"), (one, "d")):
        author.says(thread, text)
    page = open_page(f"{bus.url}/#thread/{thread}")
    expect(page.locator(".message .author")).to_have_text(["Grouped One", "Grouped Other", "Grouped One"])
    expect(page.locator("#m2 .side-time")).to_have_text(re.compile(r"^\d\d:\d\d$"))


def test_markdown_is_drawn_with_links_lists_tables_and_labels(bus: Bus, open_page: OpenPage) -> None:
    """H90."""
    agent = bus.agent("Writer")
    thread = agent.creates("Markdown")
    agent.says(thread, MARKDOWN)
    page = open_page(f"{bus.url}/#thread/{thread}")
    prose = page.locator("#m1 .prose")
    expect(prose.get_by_role("heading", name="Findings")).to_be_visible()
    for name, href in (("the notes", "https://example.org/notes"), ("https://example.org/a?b=1&c=2",) * 2):
        link = prose.get_by_role("link", name=name)
        expect(link).to_have_attribute("href", href)
        expect(link).to_have_attribute("target", "_blank")
        expect(link).to_have_attribute("rel", "noopener noreferrer")
    expect(prose.locator("ol > li ul > li ul > li")).to_have_text("deeper")
    expect(prose.locator(".task")).to_have_text(["☑", "☐"])
    expect(prose.get_by_role("cell", name="1")).to_have_attribute("align", "right")
    expect(prose.locator("blockquote del")).to_have_text("struck")
    expect(prose.locator(".code-bar span")).to_have_text("python")
    expect(prose.locator(".hljs-keyword").first).to_have_text("def")
    expect(prose.locator("br + br")).to_have_count(0)


def test_code_is_copied_as_it_was_written(bus: Bus, open_page: OpenPage) -> None:
    agent = bus.agent("Copied")
    thread = agent.creates("Copies")
    agent.says(thread, MARKDOWN)
    page = open_page(f"{bus.url}/#thread/{thread}", permissions=["clipboard-read", "clipboard-write"])
    page.locator("#m1 .code-bar button").click()
    expect(page.locator("#m1 .code-bar button")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()").rstrip("\n") == "def answer() -> int:\n    return 42"


def test_text_and_link_of_a_message_are_copied(bus: Bus, open_page: OpenPage) -> None:
    agent = bus.agent("Linked")
    thread = agent.creates("Links to messages")
    agent.says(thread, "**raw** text")
    page = open_page(f"{bus.url}/#thread/{thread}", permissions=["clipboard-read", "clipboard-write"])
    page.locator("#m1").hover()
    page.get_by_role("button", name="Copy text").click()
    expect(page.locator(".toast")).to_have_text("Text copied.")
    assert page.evaluate("navigator.clipboard.readText()") == "**raw** text"
    page.get_by_role("button", name="Copy link").click()
    expect(page.locator(".toast")).to_have_text("Link copied.")
    assert page.evaluate("navigator.clipboard.readText()") == f"{bus.url}/#thread/{thread}/1"


def test_pictures_from_elsewhere_are_links_and_nobody_is_asked_for_them(bus: Bus, open_page: OpenPage) -> None:
    """H96."""
    agent = bus.agent("Picturer")
    thread = agent.creates("Pictures from elsewhere")
    asked: list[str] = []
    page = open_page(f"{bus.url}/#inbox")
    page.on("request", lambda request: asked.append(request.url))
    agent.says(thread, "![a cat](https://pictures.example/cat.png)")
    page.goto(f"{bus.url}/#thread/{thread}")
    link = page.locator("#m1").get_by_role("link", name="a cat")
    expect(link).to_have_attribute("href", "https://pictures.example/cat.png")
    expect(page.locator("#m1 img")).to_have_count(0)
    assert [url for url in asked if not url.startswith(bus.url)] == []


def test_the_address_keeps_the_thread_over_a_reload_and_the_way_back(bus: Bus, open_page: OpenPage) -> None:
    """H91."""
    agent = bus.agent("Addressed")
    first, second = agent.creates("Addressed first"), agent.creates("Addressed second")
    page = open_page(f"{bus.url}/")
    heading = page.locator(".thread-head h1")
    page.locator(".thread", has_text="Addressed first").click()
    expect(heading).to_have_text("Addressed first")
    expect(page).to_have_url(f"{bus.url}/#thread/{first}")
    page.locator(".thread", has_text="Addressed second").click()
    expect(heading).to_have_text("Addressed second")
    page.reload()
    expect(heading).to_have_text("Addressed second")
    page.go_back()
    expect(heading).to_have_text("Addressed first")
    page.go_forward()
    expect(page).to_have_url(f"{bus.url}/#thread/{second}")


def test_an_address_of_nothing_says_so(bus: Bus, open_page: OpenPage) -> None:
    page = open_page(f"{bus.url}/#thread/00000000-0000-4000-8000-000000000000", allow="404 (Not Found)")
    expect(page.get_by_role("heading", name="This thread is not here")).to_be_visible()
    page.get_by_role("link", name="All threads").click()
    expect(page.get_by_role("navigation", name="Threads")).to_be_visible()
