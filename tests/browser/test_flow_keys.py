"""Keys, the palette, themes and views: everything is reached without a mouse, and choices are kept."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from tests.browser.agents import Bus
from tests.browser.conftest import OpenPage
from tests.browser.scenery import Scene

pytestmark = pytest.mark.flows


def shown(page: Page, topics: list[str]) -> None:
    """Filter the list to these threads and leave the field."""
    field = page.get_by_role("searchbox", name="Filter threads by topic")
    field.fill(topics[0].split(":")[0] + ":")
    expect(page.locator(".thread .topic")).to_have_text(topics)
    field.blur()


def test_j_and_k_go_through_the_threads(bus: Bus, open_page: OpenPage) -> None:
    """H91."""
    agent = bus.agent("Stepper")
    for name in ("c", "b", "a"):
        agent.says(agent.creates(f"Steps: {name}"), name)
    page = open_page(f"{bus.url}/#overview")
    shown(page, ["Steps: a", "Steps: b", "Steps: c"])
    heading = page.locator(".thread-head h1")
    for key, topic in (("j", "a"), ("j", "b"), ("j", "c"), ("j", "c"), ("k", "b"), ("k", "a"), ("k", "a")):
        page.keyboard.press(key)
        expect(heading).to_have_text(f"Steps: {topic}")


def test_n_and_p_go_through_the_messages_and_r_writes(bus: Bus, open_page: OpenPage) -> None:
    agent = bus.agent("Walker")
    thread = agent.creates("Walks")
    for number in range(1, 4):
        agent.says(thread, f"line {number}")
    page = open_page(f"{bus.url}/#thread/{thread}")
    expect(page.locator("#m3")).to_be_visible()
    for key, seq in (("n", 3), ("p", 2), ("p", 1), ("p", 1), ("n", 2)):
        page.keyboard.press(key)
        expect(page.locator(f"#m{seq}")).to_be_focused()
    page.keyboard.press("r")
    expect(page.get_by_role("textbox", name="Message", exact=True)).to_be_focused()
    page.keyboard.type("jk?/")
    expect(page.get_by_role("textbox", name="Message", exact=True)).to_have_value("jk?/")


def test_i_o_and_slash_open_the_views(bus: Bus, open_page: OpenPage) -> None:
    page = open_page(f"{bus.url}/#settings")
    for key, name in (("i", "Needs you"), ("o", "Overview"), ("/", "Search")):
        page.keyboard.press(key)
        expect(page.get_by_role("heading", name=name, exact=True, level=1)).to_be_visible()
    expect(page.get_by_role("searchbox", name="Search all messages")).to_be_focused()


def test_a_question_mark_shows_the_keys_and_escape_gives_the_focus_back(bus: Bus, open_page: OpenPage) -> None:
    page = open_page(f"{bus.url}/#inbox")
    link = page.get_by_role("link", name="Settings")
    link.focus()
    page.keyboard.press("?")
    dialog = page.get_by_role("dialog", name="Keys")
    expect(dialog.locator("dt")).to_contain_text(["j / k", "n / p", "i", "o", "/", "Ctrl+K"])
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(link).to_be_focused()


def test_the_palette_goes_to_threads_agents_and_actions(bus: Bus, open_page: OpenPage) -> None:
    agent = bus.agent("Quokka")
    agent.creates("Palette of marsupials")
    page = open_page(f"{bus.url}/#inbox")
    page.keyboard.press("Control+k")
    page.keyboard.type("marsup")
    expect(page.get_by_role("option").first).to_contain_text("Palette of marsupials")
    page.keyboard.press("Enter")
    expect(page.locator(".thread-head h1")).to_have_text("Palette of marsupials")
    page.keyboard.press("Control+k")
    page.keyboard.type("quok")
    expect(page.get_by_role("option").first).to_contain_text("Quokka")
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog", name="Quokka")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.get_by_role("dialog")).to_have_count(0)
    page.keyboard.press("Control+k")
    page.keyboard.type("overv")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Overview", exact=True)).to_be_visible()
    page.keyboard.press("Control+k")
    page.keyboard.type("nothing is called like that")
    expect(page.get_by_text("Nothing is called so.")).to_be_visible()
    page.keyboard.press("Control+k")
    expect(page.get_by_role("dialog")).to_have_count(0)


def test_the_arrows_choose_in_the_palette(bus: Bus, open_page: OpenPage) -> None:
    page = open_page(f"{bus.url}/#inbox")
    page.keyboard.press("Control+k")
    page.keyboard.type("theme")
    options = page.get_by_role("option")
    expect(options).to_have_count(3)
    expect(options.first).to_have_attribute("aria-selected", "true")
    second = options.nth(1).locator("span")
    page.keyboard.press("ArrowDown")
    expect(options.nth(1)).to_have_attribute("aria-selected", "true")
    expect(second).to_have_text(re.compile("theme"))
    page.keyboard.press("ArrowUp")
    expect(options.first).to_have_attribute("aria-selected", "true")


def test_a_theme_follows_the_system_until_one_chooses_and_is_kept(bus: Bus, open_page: OpenPage) -> None:
    page = open_page(f"{bus.url}/#settings", color_scheme="dark")
    root, body = page.locator("html"), page.locator("body")
    dark = body.evaluate("element => getComputedStyle(element).backgroundColor")
    page.emulate_media(color_scheme="light")
    expect(body).not_to_have_css("background-color", dark)
    themes = page.get_by_role("group", name="Theme")
    themes.get_by_role("button", name="dark").click()
    expect(body).to_have_css("background-color", dark)
    page.reload()
    expect(root).to_have_attribute("data-theme", "dark")
    expect(themes.get_by_role("button", name="dark")).to_have_attribute("aria-pressed", "true")
    page.get_by_role("button", name="Dark or light").click()
    expect(body).not_to_have_css("background-color", dark)
    themes.get_by_role("button", name="system").click()
    page.emulate_media(color_scheme="dark")
    expect(body).to_have_css("background-color", dark)
    page.reload()
    expect(root).not_to_have_attribute("data-theme", re.compile("."))


def test_the_first_tab_leads_past_the_lists_to_the_content(bus: Bus, open_page: OpenPage) -> None:
    page = open_page(f"{bus.url}/#settings")
    page.locator("body").evaluate("() => document.activeElement.blur()")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.locator("main")).to_be_focused()


def test_the_overview_shows_who_was_active_where(scene: Scene, open_page: OpenPage) -> None:
    """H89."""
    page = open_page(f"{scene.bus.url}/#overview")
    rows = page.locator(".overview .rows li")
    expect(rows.filter(has_text="Fix the login race")).to_contain_text("9 messages")
    expect(page.get_by_role("img", name="Messages of Nova over time")).to_be_visible()
    expect(rows.filter(has_text="Iris")).to_contain_text("stuck")
    rows.filter(has_text="Fix the login race").get_by_role("link").click()
    expect(page.locator(".thread-head h1")).to_have_text("Fix the login race")
