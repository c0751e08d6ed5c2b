"""Panels and badges of plugins: what they show, when they change, and that nothing of a plugin runs in the page."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from playwright.sync_api import Page, expect

from tests.browser.agents import Bus
from tests.browser.conftest import OPTIONS, OpenPage
from tests.browser.test_console_hostile import CORPUS, RUN
from tests.browser.test_console_quality import problems
from tests.end_to_end.processes import ServerProcess, running_server

if TYPE_CHECKING:
    from playwright.sync_api import Browser

pytestmark = pytest.mark.flows

EXAMPLE = Path(__file__).parents[2] / "examples" / "console_panel.py"
HOSTILE = Path(__file__).with_name("hostile_plugin.py")
TITLE = "<img src=x onerror=x> & more"


@pytest.fixture(scope="module")
def server(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A bus with the example of the documentation and a plugin that sends what it should not."""
    folder = tmp_path_factory.mktemp("extensions")
    paths = json.dumps([str(EXAMPLE), str(HOSTILE)])
    own = f"answer = {json.dumps(str(folder / 'panel.json'))}\ntitle = {json.dumps(TITLE)}"
    (folder / "bus.toml").write_text(f"[plugins]\npaths = {paths}\n[plugins.hostile_plugin]\n{own}\n")
    (folder / "panel.json").write_text('{"blocks": []}')
    with running_server(folder, *OPTIONS, "--config", str(folder / "bus.toml")) as server:
        yield server


def answer(server: ServerProcess, *blocks: Any) -> None:
    """Say what the hostile plugin answers from now on."""
    (server.folder / "panel.json").write_text(json.dumps({"blocks": blocks}))


def rows(page: Page, text: str) -> Any:
    return page.locator(".panel tbody tr").filter(has_text=text)


def unharmed(page: Page) -> None:
    """Say that nothing ran, and that nothing but text came from a plugin."""
    expect(page.locator(".shell")).to_have_count(1)
    expect(page.locator("main :is(script, style, form, iframe, [onerror], [onload])")).to_have_count(0)
    expect(page.locator('a:is([href^="javascript" i], [href^="data" i])')).to_have_count(0)
    assert page.evaluate("globalThis.hacked") is None
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_panel_is_in_the_navigation_and_shows_what_its_plugin_says(bus: Bus, open_page: OpenPage) -> None:
    nova = bus.agent("Panel Nova")
    thread = nova.creates("Panels: navigation")
    nova.says(thread, "settled", metadata={"decision": "Navigate by the left side"})
    page = open_page(bus.url)
    page.get_by_role("link", name="Decisions").click()
    expect(page.get_by_role("heading", name="Decisions", exact=True)).to_be_focused()
    row = rows(page, "Navigate by the left side")
    expect(row).to_contain_text("Panel Nova")
    row.get_by_role("link", name="Panels: navigation #1").click()
    expect(page.locator("#m1.marked")).to_contain_text("settled")


def test_the_palette_knows_panels(bus: Bus, open_page: OpenPage) -> None:
    page = open_page(bus.url)
    page.keyboard.press("Control+k")
    page.get_by_role("combobox").fill("decisions")
    expect(page.get_by_role("option", selected=True)).to_contain_text("panel")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Decisions", exact=True)).to_be_visible()


def test_an_open_panel_follows_events(bus: Bus, open_page: OpenPage) -> None:
    nova = bus.agent("Follow Nova")
    thread = nova.creates("Panels: events")
    page = open_page(f"{bus.url}/#panel/decisions")
    expect(page.locator(".panel .facts")).to_be_visible()
    nova.says(thread, "settled", metadata={"decision": "Follow the events"})
    expect(rows(page, "Follow the events")).to_be_visible()
    bus.ask("DELETE", f"/api/threads/{thread}")
    expect(rows(page, "Follow the events")).to_have_count(0)


def test_a_button_asks_first_and_then_changes_the_panel_everywhere(bus: Bus, open_page: OpenPage) -> None:
    nova = bus.agent("Button Nova")
    nova.says(nova.creates("Panels: buttons"), "settled", metadata={"decision": "Withdraw me"})
    pages = [open_page(f"{bus.url}/#panel/decisions") for _ in range(2)]
    for page in pages:
        expect(rows(page, "Withdraw me")).to_be_visible()
    rows(pages[0], "Withdraw me").get_by_role("button", name="Withdraw").click()
    dialog = pages[0].get_by_role("dialog")
    expect(dialog).to_contain_text("Take “Withdraw me” off the list?")
    dialog.get_by_role("button", name="Withdraw").click()
    for page in pages:
        expect(rows(page, "Withdraw me")).to_have_count(0)


def test_a_message_with_the_key_is_decorated_as_it_comes(bus: Bus, open_page: OpenPage) -> None:
    nova = bus.agent("Badge Nova")
    thread = nova.creates("Panels: badges")
    nova.says(thread, "old", metadata={"decision": "Before the page"})
    page = open_page(f"{bus.url}/#thread/{thread}")
    expect(page.locator("#m1 .decoration")).to_have_text("Decided Before the page")
    for value in ("<b>bold</b>", 7, True, False, None, {"a": 1}):
        nova.says(thread, "new", metadata={"decision": value})
    nova.says(thread, "last", metadata={"another": "key"})
    expect(page.locator("#m8")).to_be_attached()
    for seq, text in {2: "Decided <b>bold</b>", 3: "Decided 7", 4: "Decided", 7: "Decided"}.items():
        expect(page.locator(f"#m{seq} .decoration.good")).to_have_text(text)
    for seq in (5, 6, 8):
        expect(page.locator(f"#m{seq} .decoration")).to_have_count(0)
    page.locator("#m1 .decoration").click()
    expect(rows(page, "Before the page")).to_be_visible()


def test_nothing_that_a_plugin_sends_runs(bus: Bus, server: ServerProcess, open_page: OpenPage) -> None:
    cells = [
        *CORPUS,
        {"kind": "link", "text": CORPUS[0], "thread_id": "javascript:" + RUN, "seq": CORPUS[1]},
        {"kind": "link", "text": "x", "thread_id": {"a": 1}},
        {"kind": "script", "text": RUN},
        [CORPUS[0]],
        1e308,
        None,
    ]
    answer(
        server,
        {"kind": "facts", "facts": {text: text for text in CORPUS} | {"__proto__": "x"}},
        {"kind": "table", "title": CORPUS[0], "columns": [CORPUS[1], "b"], "rows": [[cell, cell] for cell in cells]},
        {"kind": "chart", "title": CORPUS[2], "bars": {text: place for place, text in enumerate(CORPUS)}},
        *({"kind": "text", "text": text} for text in CORPUS[:20]),
        *({"kind": kind, "html": CORPUS[0]} for kind in ("html", "constructor", "__proto__", 7, None)),
        {"kind": "text", "text": "the end"},
    )
    nova = bus.agent("Hostile Nova")
    thread = nova.creates("Panels: hostile")
    for text in CORPUS:
        nova.says(thread, "hostile", metadata={"hostile": text})
    page = open_page(f"{bus.url}/#panel/hostile")
    expect(page.get_by_role("heading", level=1)).to_have_text(TITLE)
    expect(page.locator(".panel .prose").last).to_have_text("the end")
    expect(page.get_by_text("cannot show this part")).to_have_count(5)
    unharmed(page)
    page.goto(f"{bus.url}/#thread/{thread}")
    expect(page.locator(".decoration.bad")).to_have_count(len(CORPUS))
    unharmed(page)


@pytest.mark.parametrize(
    "document", ["[]", "7", "null", '"text"', "{}", '{"blocks": 7}', '{"blocks": [null, [], "a"]}']
)
def test_an_answer_of_any_shape_is_no_problem(
    bus: Bus, server: ServerProcess, open_page: OpenPage, document: str
) -> None:
    (server.folder / "panel.json").write_text(document)
    page = open_page(f"{bus.url}/#panel/hostile")
    expect(page.get_by_text("Loading …")).to_have_count(0)
    expect(page.get_by_role("heading", level=1)).to_have_text(TITLE)


def test_a_large_answer_is_cut_and_says_so(bus: Bus, server: ServerProcess, open_page: OpenPage) -> None:
    answer(server, {"kind": "table", "columns": ["n"], "rows": [[number] for number in range(3000)]})
    page = open_page(f"{bus.url}/#panel/hostile")
    expect(page.get_by_text("2500 more rows not shown.")).to_be_visible()
    expect(page.locator(".panel tbody tr")).to_have_count(500)


def test_a_button_asks_for_nothing_but_what_its_plugin_offers(
    bus: Bus, server: ServerProcess, open_page: OpenPage
) -> None:
    def button(label: str, operation: str, **arguments: str) -> dict[str, Any]:
        return {"kind": "action", "label": label, "operation": operation, "arguments": arguments}

    thread = bus.agent("Deputy").creates("Panels: deputies")
    answer(
        server,
        button("delete", "thread_delete", thread_id=thread, confirm="true"),
        button("constructor", "constructor"),
        button("others", "decision_withdraw", message_id="x"),
        button("climb", "hostile_note", name="..", note="climbed"),
        button("slash", "hostile_note", name="../../threads", note="escaped"),
    )
    page = open_page(f"{bus.url}/#panel/hostile")
    for label in ("delete", "constructor", "others"):
        expect(page.get_by_role("button", name=label, exact=True)).to_be_disabled()
    page.get_by_role("button", name="climb").click()
    expect(page.locator(".toast")).to_contain_text("does not say which name it means")
    page.get_by_role("button", name="slash").click()
    expect(page.locator(".toast")).to_contain_text("Done.")
    assert bus.ask("GET", "/api/hostile/notes") == ["../../threads: escaped"]


def test_what_a_plugin_adds_goes_with_it_and_comes_back(bus: Bus, open_page: OpenPage) -> None:
    nova = bus.agent("Quarantine Nova")
    thread = nova.creates("Panels: quarantine")
    nova.says(thread, "hostile", metadata={"hostile": "still here"})
    page = open_page(f"{bus.url}/#thread/{thread}")
    link = page.locator(".panel-links").get_by_text(TITLE)
    expect(link).to_be_visible()
    for _ in range(5):
        bus.http.post(f"/api/threads/{thread}/messages", json={"content": "fail"})
    expect(link).to_have_count(0)
    expect(page.locator("#m1 .decoration")).to_have_count(0)
    expect(page.get_by_role("link", name="Decisions")).to_be_visible()
    page.goto(f"{bus.url}/#panel/hostile")
    expect(page.get_by_role("heading", name="There is no such panel")).to_be_visible()
    bus.ask("POST", "/api/plugins/hostile_plugin/enable")
    expect(link).to_be_visible()
    expect(page.get_by_role("heading", level=1)).to_have_text(TITLE)


def test_a_disabled_plugin_adds_nothing(tmp_path: Path, open_page: OpenPage) -> None:
    options = ("-p", str(EXAMPLE), "-p", "no:console_panel")
    with running_server(tmp_path, *OPTIONS, *options) as server:
        bus = Bus(server.url)
        nova = bus.agent("Nova")
        thread = nova.creates("Nothing")
        nova.says(thread, "settled", metadata={"decision": "nobody shows it"})
        page = open_page(f"{bus.url}/#thread/{thread}")
        expect(page.locator("#m1")).to_contain_text("settled")
        expect(page.locator(".decoration, .panel-links")).to_have_count(0)
        page.context.close()
        bus.close()


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_panel_can_be_read_by_everybody(bus: Bus, open_page: OpenPage, vendor: Path, scheme: str) -> None:
    nova = bus.agent(f"Axe Nova {scheme}")
    thread = nova.creates(f"Panels: axe {scheme}")
    nova.says(thread, "settled", metadata={"decision": "Everybody can read it"})
    for width in (1440, 390):
        page = open_page(f"{bus.url}/#panel/decisions", width=width, color_scheme=scheme)
        expect(rows(page, f"Panels: axe {scheme}")).to_be_visible()
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
        assert problems(page, vendor) == []
    page.goto(f"{bus.url}/#thread/{thread}")
    expect(page.locator("#m1 .decoration")).to_be_visible()
    assert problems(page, vendor) == []
