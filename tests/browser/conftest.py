"""A browser, a bus, and pages that fail their test when anything goes wrong in them."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.browser.agents import Bus
from tests.browser.scenery import Scene, build
from tests.end_to_end.processes import ServerProcess, running_server

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Dialog, Locator, Page

NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")
"""The first one found is used; the one without a window opens a page in half the time."""

HERE = Path(__file__).parent
OPTIONS = ("-p", "no:limits", "-p", "no:secrets")
EXPECTED_WITHIN_MS = 60_000
"""A machine may be slow; it costs time only where something is wrong."""
MISSING = "The browser tests were SKIPPED: {}. They need Playwright for Python and a Chromium in the PATH."


@pytest.fixture(scope="package")
def browser() -> Iterator[Browser]:
    """Chromium as the system has it; nothing is downloaded."""
    api = pytest.importorskip("playwright.sync_api", reason=MISSING.format("playwright is not installed"))
    found = next(filter(None, map(shutil.which, NAMES)), None)
    if found is None:
        pytest.skip(MISSING.format("there is no Chromium"))
    api.expect.set_options(timeout=EXPECTED_WITHIN_MS)
    with api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=found, args=["--no-sandbox"], timeout=2 * EXPECTED_WITHIN_MS
        )
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def server(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """One bus for all tests of a process; each test makes threads and agents of its own."""
    with running_server(tmp_path_factory.mktemp("console"), *OPTIONS) as server:
        yield server


@pytest.fixture
def bus(server: ServerProcess) -> Iterator[Bus]:
    bus = Bus(server.url)
    yield bus
    bus.close()


@pytest.fixture(scope="module")
def scene(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Scene]:
    """A bus of its own with the scenery on it, two agents of which wait for each other."""
    with running_server(tmp_path_factory.mktemp("scene"), *OPTIONS) as server:
        bus = Bus(server.url)
        scene = build(bus)
        iris, kai = scene.agents["Iris"], scene.agents["Kai"]
        iris.waits(scene.threads["schema"], [kai])
        kai.waits(scene.threads["schema"], [iris])
        yield scene
        bus.close()


OpenPage = Callable[..., "Page"]


def composer(page: Page) -> Locator:
    """Return the field in which one writes a message."""
    return page.get_by_role("textbox", name="Message", exact=True)


@pytest.fixture
def open_page(browser: Browser) -> Iterator[OpenPage]:
    """Open a page; whatever it says on its console at the end of the test is a failure, and so is a dialog."""
    said: list[str] = []
    contexts = []

    def open_page(url: str, *, width: int = 1440, height: int = 900, allow: str = "", **options: Any) -> Page:
        context = browser.new_context(viewport={"width": width, "height": height}, **options)
        contexts.append(context)
        context.set_default_timeout(EXPECTED_WITHIN_MS)
        page = context.new_page()

        def heard(kind: str, text: str) -> None:
            if kind not in ("log", "info", "debug") and not (allow and allow in text):
                said.append(f"{kind}: {text}")

        def asked(dialog: Dialog) -> None:
            heard("dialog", dialog.message)
            dialog.dismiss()

        page.on("console", lambda message: heard(message.type, message.text))
        page.on("pageerror", lambda error: heard("exception", str(error)))
        page.on("dialog", asked)
        page.goto(url)
        page.wait_for_selector(".shell")
        page.wait_for_function("() => globalThis.agentchatbus?.session.state.connection === 'open'")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert said == []


@pytest.fixture
def vendor() -> Path:
    """Scripts of others that only tests use."""
    return Path(__file__).with_name("vendor")
