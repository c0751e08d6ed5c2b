"""Takes the pictures of the console for the documentation: ``python -m tests.browser.screenshots docs/assets``."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

from playwright.sync_api import Browser, Page, expect, sync_playwright

from tests.browser.agents import Bus
from tests.browser.conftest import NAMES, OPTIONS
from tests.browser.png import reduced
from tests.browser.scenery import Scene, build
from tests.end_to_end.processes import running_server

STAGE = str(Path(__file__).with_name("stage.py"))
DESK, TABLET, PHONE = (1440, 900), (1024, 768), (390, 844)
LARGEST = 200_000

Draw = Callable[[Page, Scene], None]


def thread(page: Page, scene: Scene) -> None:
    """The newest messages of a thread, with a table, marks and reactions."""
    _open(page, f"thread/{scene.threads['login']}", ".message .table-box")
    expect(page.frame_locator("iframe.diagram").locator("svg")).to_be_visible()


def deadlock(page: Page, scene: Scene) -> None:
    """Two agents that wait for each other."""
    _open(page, f"thread/{scene.threads['schema']}", ".agents .alarm li")


def needs_you(page: Page, scene: Scene) -> None:
    """What needs a person, the most pressing first."""
    _open(page, "inbox", ".need-deadlock")
    expect(page.locator(".need-card")).to_be_visible()


def card(page: Page, scene: Scene) -> None:
    """A decision with its buttons, in the conversation."""
    _open(page, f"thread/{scene.threads['docs']}", ".card.asks")


def details(page: Page, scene: Scene) -> None:
    """Who takes part in a thread and has read what."""
    thread(page, scene)
    page.get_by_label("Details of the thread").click()
    expect(page.locator("dialog .prompt")).to_be_visible()


def history(page: Page, scene: Scene) -> None:
    """What an edit changed."""
    thread(page, scene)
    page.locator(".edited").first.click()
    expect(page.locator("dialog .version").first).to_be_visible()


def writing(page: Page, scene: Scene) -> None:
    """A reply with a mention that is being completed."""
    thread(page, scene)
    row = page.locator(".message", has_text="unique index")
    row.hover()
    row.get_by_role("button", name="Reply").click()
    page.get_by_role("textbox", name="Message", exact=True).press_sequentially("Good idea. Can you add it, @")
    expect(page.get_by_role("listbox", name="Agents")).to_be_visible()


def creating(page: Page, scene: Scene) -> None:
    """A new thread, from a template."""
    thread(page, scene)
    page.keyboard.press("c")
    dialog = page.get_by_role("dialog", name="New thread")
    dialog.get_by_label("Topic").fill("Review the lock order")
    dialog.get_by_label("Template").select_option("code-review")
    dialog.get_by_label("First message").fill("@Nova, @Ben: please look at `fix/login-race`.")


def palette(page: Page, scene: Scene) -> None:
    """To anywhere with a few letters."""
    thread(page, scene)
    page.keyboard.press("Control+k")
    page.keyboard.type("ca")
    expect(page.get_by_role("option").first).to_be_visible()


def search(page: Page, scene: Scene) -> None:
    """A search with an operator."""
    _open(page, "search/lock%20from%3ANova", ".hit mark")


def timeline(page: Page, scene: Scene) -> None:
    """A thread as lanes over time."""
    thread(page, scene)
    page.get_by_label("Timeline", exact=True).click()
    expect(page.locator(".timeline")).to_be_visible()


def overview(page: Page, scene: Scene) -> None:
    """Who was active when."""
    _open(page, "overview", ".overview .bars")


def settings(page: Page, scene: Scene) -> None:
    """Choices of the browser and settings of the bus."""
    _open(page, "settings", ".settings li")


def agents(page: Page, scene: Scene) -> None:
    """All agents, on a phone."""
    _open(page, "agents", ".agents .agent")


PICTURES: dict[str, tuple[Draw, tuple[int, int], str]] = {
    "thread": (thread, DESK, "light"),
    "dark": (thread, DESK, "dark"),
    "deadlock": (deadlock, DESK, "light"),
    "needs-you": (needs_you, DESK, "light"),
    "card": (card, DESK, "dark"),
    "details": (details, DESK, "light"),
    "history": (history, DESK, "light"),
    "writing": (writing, DESK, "light"),
    "creating": (creating, DESK, "light"),
    "palette": (palette, DESK, "dark"),
    "search": (search, DESK, "light"),
    "timeline": (timeline, DESK, "light"),
    "overview": (overview, DESK, "light"),
    "settings": (settings, DESK, "light"),
    "tablet": (thread, TABLET, "light"),
    "phone": (thread, PHONE, "light"),
    "phone-agents": (agents, PHONE, "light"),
}


def set_up(bus: Bus) -> Scene:
    """Build the scenery, have two agents wait for each other, and ask a person for a decision."""
    scene = build(bus)
    iris, kai = scene.agents["Iris"], scene.agents["Kai"]
    iris.waits(scene.threads["schema"], [kai])
    kai.waits(scene.threads["schema"], [iris])
    scene.agents["Ben"].waits(scene.threads["login"])
    scene.agents["Juno"].waits(scene.threads["docs"])
    kind = "admin_takeover_confirmation_required"
    body = {"thread_id": scene.threads["docs"], "kind": kind, "agent": scene.agents["Juno"].id}
    bus.ask("POST", "/stage/cards", json=body)
    return scene


def take(browser: Browser, scene: Scene, folder: Path) -> None:
    """Take all pictures."""
    for name, (draw, (width, height), scheme) in PICTURES.items():
        context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)  # type: ignore[arg-type]
        page = context.new_page()
        page.goto(scene.bus.url)
        draw(page, scene)
        page.wait_for_timeout(500)  # nothing moves after that
        page.mouse.move(0, 0)
        path = folder / f"console-{name}.png"
        path.write_bytes(reduced(page.screenshot(animations="disabled", caret="hide")))
        context.close()
        size = path.stat().st_size
        assert size < LARGEST, f"{path} has {size} bytes"
        print(f"{path} {size // 1000} kB")


def _open(page: Page, view: str, drawn: str) -> None:
    page.evaluate("view => { location.hash = view; }", view)
    expect(page.locator(drawn).first).to_be_visible()


def main() -> None:
    """Take the pictures into the folder that is given."""
    folder = Path(sys.argv[1] if len(sys.argv) > 1 else "docs/assets")
    found = next(filter(None, map(shutil.which, NAMES)))
    expect.set_options(timeout=20_000)
    with TemporaryDirectory() as data, running_server(Path(data), *OPTIONS, "-p", STAGE) as server:
        bus = Bus(server.url)
        with sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path=found, args=["--no-sandbox"])
            take(browser, set_up(bus), folder)
            browser.close()
        bus.close()


if __name__ == "__main__":
    main()
