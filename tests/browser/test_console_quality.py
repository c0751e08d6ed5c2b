"""Qualities that hold everywhere: people of all kinds can use it, and it is quiet when nothing happens."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage
from tests.browser.scenery import Scene

QUIET_SECONDS = 5
VIEWS = {
    "schema": ".message",
    "login": ".message .reaction",
    "inbox": ".need",
    "overview": ".overview .rows li .bars",
    "search/lock": ".hit",
    "settings": ".settings li",
}
"""Each view with something that is there once it is drawn."""
AXE = """async () => {
  const { violations } = await axe.run(document, {
    iframes: false,
    runOnly: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"],
  });
  return violations
    .filter(({ impact }) => ["serious", "critical"].includes(impact))
    .map(({ id, nodes }) => [id, ...nodes.map(({ target, any }) => `${target} ${any[0]?.message}`)].join(" | "));
}"""

ASKED = """performance.getEntriesByType("resource")
  .filter(({ initiatorType }) => initiatorType === "fetch").map(({ name }) => new URL(name).pathname)"""


def address(scene: Scene, view: str) -> str:
    return f"{scene.bus.url}/#" + (f"thread/{scene.threads[view]}" if view in scene.threads else view)


def problems(page: Page, vendor: Path) -> list[str]:
    page.evaluate((vendor / "axe.min.js").read_text() + "; undefined")
    return list(page.evaluate(AXE))


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_no_serious_problem(scene: Scene, open_page: OpenPage, vendor: Path, scheme: str) -> None:
    page = open_page(address(scene, "schema"), color_scheme=scheme)
    page.evaluate((vendor / "axe.min.js").read_text() + "; undefined")  # past the page's policy, which lets none in
    for view, drawn in VIEWS.items():
        page.goto(address(scene, view))
        expect(page.locator(drawn).first).to_be_visible()
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
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.keyboard.press("c")
    expect(page.get_by_role("dialog").get_by_label("Template")).to_be_visible()
    assert problems(page, vendor) == []


def test_what_is_asked_before_the_scripts_are_there_is_not_asked_again(scene: Scene, open_page: OpenPage) -> None:
    page = open_page(address(scene, "login"))
    expect(page.locator(".message").first).to_be_visible()
    asked = page.evaluate(ASKED)
    assert sorted(asked) == sorted(set(asked))
    ahead = {"/api/me", "/api/threads", "/api/agents", "/api/needs", f"/api/threads/{scene.threads['login']}/messages"}
    assert ahead <= set(asked)


def test_a_page_asks_little_to_open_and_nothing_while_nothing_happens(scene: Scene, open_page: OpenPage) -> None:
    """H40, H44."""
    page = open_page(address(scene, "docs"))
    expect(page.locator(".message").first).to_be_visible()
    page.evaluate("agentchatbus.session.flushRead()")
    page.wait_for_timeout(1000)  # for answers to what was asked until now
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.wait_for_timeout(QUIET_SECONDS * 1000)
    assert asked == []
    page.goto(address(scene, "cache"))
    expect(page.locator(".message", has_text="keep the old metric")).to_be_visible()
    page.wait_for_timeout(500)
    assert len(asked) <= 2
