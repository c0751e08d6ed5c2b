"""Qualities that hold everywhere: people of all kinds can use it, and it is quiet when nothing happens."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.browser.conftest import OpenPage
from tests.browser.scenery import Scene

if TYPE_CHECKING:
    from playwright.sync_api import Page

QUIET_SECONDS = 5
VIEWS = ("schema", "login", "inbox", "overview", "search/lock")
AXE = """async () => {
  const { violations } = await axe.run(document, {
    iframes: false,
    runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"],
  });
  return violations
    .filter(({ impact }) => ["serious", "critical"].includes(impact))
    .map(({ id, nodes }) => [id, ...nodes.map(({ target, any }) => `${target} ${any[0]?.message}`)].join(" | "));
}"""


def address(scene: Scene, view: str) -> str:
    return f"{scene.bus.url}/#" + (f"thread/{scene.threads[view]}" if view in scene.threads else view)


def problems(page: Page, vendor: Path) -> list[str]:
    page.evaluate((vendor / "axe.min.js").read_text() + "; undefined")
    return list(page.evaluate(AXE))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_serious_problem(scene: Scene, open_page: OpenPage, vendor: Path, scheme: str) -> None:
    page = open_page(address(scene, "schema"), color_scheme=scheme)
    page.evaluate((vendor / "axe.min.js").read_text() + "; undefined")  # past the page's policy, which lets none in
    for view in VIEWS:
        page.goto(address(scene, view))
        page.wait_for_timeout(250)
        assert page.evaluate(AXE) == [], view


def test_axe_finds_no_serious_problem_on_a_phone_and_in_dialogs(
    scene: Scene, open_page: OpenPage, vendor: Path
) -> None:
    page = open_page(address(scene, "login"), width=390, height=844)
    page.wait_for_selector(".message")
    assert problems(page, vendor) == []
    page.get_by_label("Details of the thread").click()
    page.locator("dialog .members").wait_for()
    assert problems(page, vendor) == []


def test_a_page_asks_little_to_open_and_nothing_while_nothing_happens(scene: Scene, open_page: OpenPage) -> None:
    """H40, H44."""
    page = open_page(address(scene, "docs"))
    page.wait_for_selector(".message")
    page.wait_for_load_state("networkidle")
    page.evaluate("agentchatbus.session.flushRead()")
    page.wait_for_timeout(300)
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.wait_for_timeout(QUIET_SECONDS * 1000)
    assert asked == []
    page.goto(address(scene, "cache"))
    page.get_by_text("keep the old metric").first.wait_for()
    page.wait_for_timeout(300)
    assert len(asked) <= 2
