"""Whatever an agent writes, wherever it may write, is text: nothing runs and nothing breaks."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.agents import Agent, Bus
from tests.browser.conftest import OPTIONS, OpenPage
from tests.browser.png import plain
from tests.end_to_end.processes import running_server

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


FORGED = "main script, main style, main [onerror], main [onload], dialog script, dialog style, dialog [onerror]"


@dataclass(frozen=True)
class Stronghold:
    """A bus with the corpus in every field that an agent can set."""

    bus: Bus
    thread: str
    closed: str


@pytest.fixture(scope="module")
def hostile(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stronghold]:
    with running_server(tmp_path_factory.mktemp("hostile"), *OPTIONS) as server:
        bus = Bus(server.url)
        yield build(bus)
        bus.close()


def build(bus: Bus) -> Stronghold:
    """Put the corpus on a bus."""
    agents = []
    for number, text in enumerate(SHORT):
        more = {"description": text, "capabilities": [text[:90]], "skills": [{"id": text[:60], "name": text}]}
        agents.append(bus.agent(f"{text[:80]} {number}", ide=text[:60], model=text[:60], **more))
        agents[-1].creates(f"{text} {number}", system_prompt=text)
        template = {"id": f"t{number}", "name": text[:90], "description": text, "system_prompt": text}
        bus.ask("POST", "/api/templates", json=template)
    thread = agents[0].creates("Hostile <b>topic</b>", system_prompt=CORPUS[0])
    first = agents[0].says(thread, "hostile first")
    for number, text in enumerate(CORPUS):
        say(bus, thread, agents[number % len(agents)], text, first["id"])
    for number, agent in enumerate(agents[:6]):
        agent.types(thread)
        agent.waits(thread, [agents[number + 1]])
    closed = agents[1].creates("Hostile end")
    agents[1].says(closed, f"@human hostile mention {CORPUS[1]}")
    bus.ask("POST", f"/api/threads/{closed}/close", agents[1].token, json={"summary": "\n\n".join(CORPUS[:12])})
    for text in CORPUS[:4]:
        open_one = agents[2].creates(f"Hostile ask {text}")
        agents[2].says(open_one, f"@human {text}")
    return Stronghold(bus, thread, closed)


def say(bus: Bus, thread: str, author: Agent, text: str, first: str) -> None:
    """Have an agent write a text wherever it may in a message."""
    stored = bus.upload(text[:100] + ".png", plain())
    metadata = {
        "handoff_target": text[:200], "stop_reason": "complete", "ui_buttons": [{"label": text[:200]}],
        "mention_labels": {text[:50]: text[:50]}, "mentions": [text[:50]],
        "images": [{"url": "javascript:" + RUN, "name": text[:100]}, {"url": stored["url"], "name": text[:100]}],
        "attachments": [{"type": "file", "url": "javascript:" + RUN, "name": text[:100], "mimeType": text[:50]}],
    }  # fmt: skip
    posted = author.says(thread, f"hostile {text}", metadata=metadata, reply_to_msg_id=first)
    author.says(thread, text, metadata={"ui_type": text[:100], "cycle": text[:100], "visibility": text[:50]})
    if text in SHORT:
        author.reacts(posted, text[:30])
        author.edits(posted, f"hostile {text} edited")


def check(page: Page, stronghold: Stronghold) -> None:
    """Nothing ran, nothing that could run is there, and the page stands as it stood."""
    expect(page.locator(".shell")).to_have_count(1)
    expect(page.locator(".top .brand")).to_be_visible()
    expect(page.locator(FORGED)).to_have_count(0)
    expect(
        page.locator('a[href^="javascript" i], a[href^="data" i], form[action], base, meta[http-equiv]')
    ).to_have_count(0)
    page.wait_for_function("() => document.documentElement.scrollWidth <= innerWidth")
    assert page.url.startswith(stronghold.bus.url)
    assert page.evaluate("globalThis.hacked") is None


@pytest.mark.parametrize("width", [1440, 390])
def test_nothing_runs_in_the_conversation(hostile: Stronghold, open_page: OpenPage, width: int) -> None:
    """H22."""
    page = open_page(f"{hostile.bus.url}/#thread/{hostile.thread}/25", width=width)
    expect(page.locator("#m25.marked")).to_be_visible()
    check(page, hostile)
    page.get_by_role("button", name="Latest", exact=True).click()
    last = page.locator(f"#m{2 * len(CORPUS) + 1}")
    expect(last).to_be_visible()
    expect(last).to_contain_text("constructor")
    check(page, hostile)
    page.locator(".messages").evaluate("box => { box.scrollTop = 0; }")
    expect(page.locator("#m1")).to_be_attached()
    check(page, hostile)


def test_nothing_runs_in_dialogs(hostile: Stronghold, open_page: OpenPage) -> None:
    """H22."""
    page = open_page(f"{hostile.bus.url}/#thread/{hostile.thread}/2")
    page.locator("#m2 .edited").click()
    expect(page.locator("dialog .version")).to_have_count(2)
    check(page, hostile)
    page.keyboard.press("Escape")
    page.locator("#m2 .image").click()
    expect(page.locator("dialog img")).to_be_visible()
    check(page, hostile)
    page.keyboard.press("Escape")
    page.get_by_label("Details of the thread").click()
    expect(page.locator("dialog .members li").first).to_be_visible()
    expect(page.locator("dialog .prompt")).to_be_visible()
    check(page, hostile)
    page.keyboard.press("Escape")
    page.locator(".agent-name").first.click()
    expect(page.locator("dialog .agent-card")).to_be_visible()
    check(page, hostile)
    page.keyboard.press("Escape")
    page.keyboard.press("Control+k")
    page.keyboard.type("<")
    expect(page.get_by_role("option").first).to_be_visible()
    check(page, hostile)


def test_nothing_runs_in_a_summary(hostile: Stronghold, open_page: OpenPage) -> None:
    page = open_page(f"{hostile.bus.url}/#thread/{hostile.closed}")
    page.get_by_label("Details of the thread").click()
    expect(page.get_by_role("heading", name="What came out of it")).to_be_visible()
    check(page, hostile)


def test_nothing_runs_in_completions_and_previews(hostile: Stronghold, open_page: OpenPage) -> None:
    page = open_page(f"{hostile.bus.url}/#thread/{hostile.thread}")
    box = page.get_by_role("textbox", name="Message", exact=True)
    box.press_sequentially("@")
    expect(page.get_by_role("listbox", name="Agents").get_by_role("option").first).to_be_visible()
    check(page, hostile)
    box.press("Escape")
    for text in CORPUS:
        box.fill(text)
        page.get_by_role("button", name="Preview", exact=True).click()
        expect(page.get_by_label("Preview", exact=True)).to_be_visible()
        check(page, hostile)
        page.get_by_role("button", name="Write", exact=True).click()
    box.fill("")


@pytest.mark.parametrize(
    ("view", "shown"),
    [
        ("inbox", ".need"),
        ("overview", ".overview .rows li"),
        ("settings", ".settings h1"),
        ("search/hostile", ".hit mark"),
        ("search/%3Cscript%3E", ".search h1"),
        ("thread/%3Cimg%20src=x%20onerror=1%3E", ".page h1"),
    ],
)
def test_nothing_runs_in_a_view(hostile: Stronghold, open_page: OpenPage, view: str, shown: str) -> None:
    """H22."""
    page = open_page(f"{hostile.bus.url}/#{view}", allow="404 (Not Found)")
    expect(page.locator(shown).first).to_be_visible()
    check(page, hostile)


def test_nothing_runs_in_the_timeline(hostile: Stronghold, open_page: OpenPage) -> None:
    page = open_page(f"{hostile.bus.url}/#thread/{hostile.thread}")
    page.get_by_label("Timeline", exact=True).click()
    expect(page.locator(".lane-name").first).to_be_visible()
    check(page, hostile)


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
    expect(page.locator(".message").last).to_be_visible()
    check(page, Stronghold(bus, thread, thread))
