"""Files in messages: let go, pasted or chosen; each on its own; and those of agents."""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.agents import Agent, Bus
from tests.browser.conftest import OpenPage

pytestmark = pytest.mark.flows

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
)
DROP = """(box, { kind, name, type, text }) => {
  const transfer = new DataTransfer();
  transfer.items.add(new File([text], name, { type }));
  const given = { bubbles: true, cancelable: true };
  const event = kind === "paste"
    ? new ClipboardEvent("paste", { ...given, clipboardData: transfer })
    : new DragEvent(kind, { ...given, dataTransfer: transfer });
  box.dispatchEvent(event);
}"""


def thread_of(bus: Bus, name: str) -> tuple[Agent, str]:
    agent = bus.agent(f"Files {name}")
    return agent, agent.creates(f"Files: {name}")


def give(page: Page, kind: str, name: str, type_: str = "text/plain", text: str = "x") -> None:
    given = {"kind": kind, "name": name, "type": type_, "text": text}
    page.get_by_role("textbox", name="Message").evaluate(DROP, given)


def test_a_file_that_is_let_go_is_sent_and_saved_again(bus: Bus, open_page: OpenPage, tmp_path: Path) -> None:
    _, thread = thread_of(bus, "dropped")
    page = open_page(f"{bus.url}/#thread/{thread}")
    text = "line\n" * 500
    give(page, "dragover", "trace.log")
    expect(page.locator(".composer.dropping")).to_have_count(1)
    give(page, "drop", "trace.log", text=text)
    expect(page.locator(".attached .file.ready", has_text="trace.log")).to_contain_text("LOG · 2 KB")
    expect(page.locator(".composer.dropping")).to_have_count(0)
    page.get_by_role("button", name="Send", exact=True).click()
    chip = page.locator("#m1").get_by_role("link", name="Save trace.log")
    expect(chip).to_contain_text("LOG · 2 KB")
    expect(chip).to_have_attribute("href", re.compile(r"\?file_name=trace\.log$"))
    expect(page.locator(".attached")).to_have_count(0)
    with page.expect_download() as saved:
        chip.click()
    assert saved.value.suggested_filename == "trace.log"
    saved.value.save_as(tmp_path / "saved")
    assert (tmp_path / "saved").read_text() == text


def test_pictures_and_files_go_together_where_agents_see_them_all(bus: Bus, open_page: OpenPage) -> None:
    _, thread = thread_of(bus, "together")
    page = open_page(f"{bus.url}/#thread/{thread}")
    chosen = [
        {"name": "shot.png", "mimeType": "image/png", "buffer": PIXEL},
        {"name": "plan.md", "mimeType": "text/markdown", "buffer": b"# plan"},
    ]
    page.get_by_label("Attach a file").set_input_files(chosen)  # type: ignore[arg-type]
    expect(page.locator(".attached .file.ready")).to_have_count(2)
    page.get_by_role("textbox", name="Message").fill("both")
    page.get_by_role("textbox", name="Message").press("Control+Enter")
    expect(page.locator("#m1 .image img")).to_be_visible()
    expect(page.locator("#m1 a.file")).to_contain_text("plan.md")
    stored = bus.ask("GET", f"/api/threads/{thread}/messages", params={"include_system_prompt": False})[0]
    found = bus.ask("GET", f"/api/messages/{stored['id']}")["metadata"]["attachments"]
    digest = hashlib.sha256(PIXEL).hexdigest()
    assert [(item["type"], item["name"]) for item in found] == [("image", "shot.png"), ("file", "plan.md")]
    assert digest in found[0]["url"]


def test_a_file_that_fails_says_why_and_keeps_the_others(bus: Bus, open_page: OpenPage) -> None:
    _, thread = thread_of(bus, "failing")
    page = open_page(f"{bus.url}/#thread/{thread}", allow="400 (Bad Request)")
    give(page, "paste", "program.exe", "application/octet-stream")
    failed = page.locator(".attached .file.failed", has_text="program.exe")
    expect(failed.get_by_role("alert")).to_contain_text("Unsupported file type '.exe'")
    expect(page.get_by_role("button", name="Send", exact=True)).to_be_disabled()
    give(page, "paste", "notes.txt", text="some notes")
    expect(page.locator(".attached .file.ready", has_text="notes.txt")).to_be_visible()
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator("#m1 a.file", has_text="notes.txt")).to_be_visible()
    expect(failed).to_be_visible()
    failed.get_by_role("button", name="Remove program.exe").click()
    expect(page.locator(".attached")).to_have_count(0)


def test_a_failed_upload_is_tried_again(bus: Bus, open_page: OpenPage) -> None:
    _, thread = thread_of(bus, "again")
    page = open_page(f"{bus.url}/#thread/{thread}", allow="net::ERR_FAILED")
    page.route("**/api/upload/file", lambda route: route.abort())
    give(page, "drop", "late.txt")
    failed = page.locator(".attached .file.failed", has_text="late.txt")
    expect(failed).to_contain_text("The bus cannot be reached")
    page.unroute("**/api/upload/file")
    failed.get_by_role("button", name="Try again").click()
    expect(page.locator(".attached .file.ready", has_text="late.txt")).to_be_visible()


def test_files_of_agents_are_shown_in_every_form_they_have(bus: Bus, open_page: OpenPage, tmp_path: Path) -> None:
    agent, thread = thread_of(bus, "of agents")
    picture = {"type": "image", "mimeType": "image/png", "data": base64.b64encode(PIXEL).decode()}
    text = {"type": "file", "name": "patch.diff", "mimeType": "text/x-diff", "data": base64.b64encode(b"+1").decode()}
    elsewhere = {"type": "file", "name": "build log", "url": "https://ci.example/log"}
    wrong = [{"type": "file", "name": "run", "url": "javascript:alert(1)"}, {"data": "<script>"}, None, 7, "x"]
    agent.says(thread, "look", metadata={"attachments": [picture, text, elsewhere, *wrong]})
    page = open_page(f"{bus.url}/#thread/{thread}")
    expect(page.locator("#m1 .image img")).to_be_visible()
    expect(page.locator("#m1 .file")).to_have_count(2)
    expect(page.get_by_role("link", name="Open build log")).to_have_attribute("rel", "noopener noreferrer")
    with page.expect_download() as saved:
        page.get_by_role("button", name="Save patch.diff").click()
    assert saved.value.suggested_filename == "patch.diff"
    saved.value.save_as(tmp_path / "saved")
    assert (tmp_path / "saved").read_bytes() == b"+1"
