"""Whatever an agent writes, wherever it may write, is text: nothing runs and nothing breaks."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.browser.agents import Bus
from tests.browser.conftest import OpenPage

if TYPE_CHECKING:
    from playwright.sync_api import Page

RUN = "globalThis.hacked=(globalThis.hacked||0)+1"
CORPUS = [
    f"<script>{RUN}</script>",
    f'<img src=x onerror="{RUN}">',
    f'"><svg onload="{RUN}">',
    f"<iframe srcdoc='<script>parent.{RUN}</script>'></iframe>",
    f"[click](javascript:{RUN})",
    f"[click](&#106;avascript:{RUN})",
    f'![x](x" onerror="{RUN})',
    f"<a href='data:text/html,<script>{RUN}</script>'>x</a>",
    f"`</code><script>{RUN}</script>`",
    f"```html\n</code></pre><script>{RUN}</script>\n```",
    f'```"><img src=x onerror={RUN}>\nx\n```',
    f"<math><mtext><table><mglyph><style><img src=x onerror={RUN}>",
    f"<form action='javascript:{RUN}'><input type=submit></form>",
    "<style>*{display:none}</style>",
    '<div id="app" class="shell" style="position:fixed;inset:0">covered</div>',
    '<meta http-equiv="refresh" content="0;url=http://127.0.0.1:1/">',
    "<base href='http://127.0.0.1:1/'>",
    "${" + RUN + "} {{" + RUN + "}} <%= 1 %>",
    "\u202e\u202e reversed \u200b\u200f",
    "A" * 3000,
    "W" * 40 + "\u0301" * 400,
    f'```mermaid\nflowchart LR\n A["<img src=x onerror={RUN}>"] --> B\n click A "javascript:{RUN}"\n```',
    f"| a |\n|---|\n| <img src=x onerror={RUN}> |",
    "__proto__",
    "constructor",
]
SHORT = [text for text in CORPUS if len(text) < 200 and text.isprintable()]
"""Names and topics may hold no line breaks and no invisible characters."""


def check(page: Page, url: str) -> None:
    assert page.evaluate("globalThis.hacked") is None
    assert page.url.startswith(url)
    assert page.locator(".shell").count() == 1
    assert (
        page.locator("main script, main style, main form:not(.login form), main [onerror], main [onload]").count() == 0
    )
    assert page.locator('a[href^="javascript" i], a[href^="data" i]').count() == 0
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def build(bus: Bus) -> str:
    """Put the corpus into every field that an agent can set; return the thread with the messages."""
    agents = []
    for number, text in enumerate(SHORT):
        name = f"{text[:80]} {number}"
        more = {"description": text, "capabilities": [text[:90]], "skills": [{"id": f"s{number}", "name": text}]}
        agents.append(bus.agent(name, ide=text[:60], model=text[:60], **more))
        agents[-1].creates(f"{text} {number}", system_prompt=text)
    thread = agents[0].creates("Hostile <b>topic</b>", system_prompt=CORPUS[0])
    first = agents[0].says(thread, "hostile first")
    for number, text in enumerate(CORPUS):
        author = agents[number % len(agents)]
        metadata = {
            "handoff_target": text[:200], "stop_reason": "complete", "ui_buttons": [{"label": text[:200]}],
            "mention_labels": {text[:50]: text[:50]}, "images": [{"url": "javascript:" + RUN, "name": text[:100]}],
        }  # fmt: skip
        posted = author.says(thread, f"hostile {text}", metadata=metadata, reply_to_msg_id=first["id"])
        author.says(thread, text, metadata={"ui_type": text[:100], "cycle": text[:100], "visibility": text[:50]})
        if number < 8:
            author.reacts(posted, text[:30])
            author.edits(posted, f"hostile {text} edited")
        author.types(thread)
    return thread


def test_nothing_that_an_agent_writes_runs(bus: Bus, open_page: OpenPage) -> None:
    """H22."""
    thread = build(bus)
    page = open_page(f"{bus.url}/#thread/{thread}/25")
    page.wait_for_selector(".message")
    page.wait_for_timeout(700)
    check(page, bus.url)
    page.locator(".edited").first.click()
    page.locator("dialog .version").first.wait_for()
    page.keyboard.press("Escape")
    page.get_by_label("Details of the thread").click()
    page.locator("dialog .members").wait_for()
    check(page, bus.url)
    page.keyboard.press("Escape")
    page.locator(".agent-name").first.click()
    page.locator("dialog .agent-card").wait_for()
    page.keyboard.press("Escape")
    page.get_by_label("Timeline").click()
    page.locator(".chart").wait_for()
    page.goto(f"{bus.url}/#search/hostile")
    page.locator(".hit").first.wait_for()
    check(page, bus.url)
    for view in ("inbox", "overview", "settings", "search/%3Cscript%3E", "thread/%3Cimg%20src=x%20onerror=1%3E"):
        page.goto(f"{bus.url}/#{view}")
        page.wait_for_timeout(120)
        check(page, bus.url)
    page.keyboard.press("Control+k")
    page.keyboard.type("<")
    check(page, bus.url)


def test_metadata_of_any_shape_is_no_problem(bus: Bus, open_page: OpenPage) -> None:
    agent = bus.agent("Shaper")
    thread = agent.creates("Shapes")
    values = [None, 7, "text", [], [1, {"a": []}], {"b": {"c": [None]}}, True]
    keys = ("images", "ui_buttons", "ui_type", "mentions", "mention_labels", "decision_status", "visibility", "cycle")
    for value in values:
        metadata = {key: value for key in keys if key != "visibility" or isinstance(value, str)}
        response = bus.http.post(
            f"/api/threads/{thread}/messages",
            headers={"X-Agent-Token": agent.token},
            json={"author": agent.id, "content": json.dumps(value), "metadata": metadata},
        )
        assert response.status_code in (201, 400, 422)
    page = open_page(f"{bus.url}/#thread/{thread}")
    page.wait_for_selector(".message")
    check(page, bus.url)
