"""A person creates a thread, and what goes wrong loses nothing."""

from __future__ import annotations

import pytest
from playwright.sync_api import Locator, Page, expect

from tests.browser.agents import Bus
from tests.browser.conftest import OpenPage

pytestmark = pytest.mark.flows


def dialog(page: Page) -> Locator:
    return page.get_by_role("dialog", name="New thread")


def heading(page: Page) -> Locator:
    return page.locator(".thread-head h1")


def test_a_thread_is_created_with_instructions_and_a_first_message(bus: Bus, open_page: OpenPage) -> None:
    agent = bus.agent("Parser Expert")
    page = open_page(f"{bus.url}/#inbox")
    page.get_by_role("button", name="New thread").click()
    create = dialog(page).get_by_role("button", name="Create")
    expect(create).to_be_disabled()
    dialog(page).get_by_label("Topic").fill("Created by a person")
    dialog(page).get_by_label("Instructions for agents").fill("Be **brief**.")
    dialog(page).get_by_label("First message").fill("Who takes the _parser_? @Parser Expert?")
    create.click()
    expect(heading(page)).to_have_text("Created by a person")
    expect(page.locator("#m1 em")).to_have_text("parser")
    expect(page.locator(".thread.open")).to_contain_text("Who takes the parser? @Parser Expert?")
    page.get_by_label("Details of the thread").click()
    expect(page.get_by_role("dialog").locator(".prompt strong")).to_have_text("brief")
    expect(page.get_by_role("dialog")).to_contain_text("Administrator: nobody")
    thread = page.url.rpartition("/")[2]
    assert bus.messages(thread)[0]["metadata"]["mentions"] == [agent.id]


def test_a_thread_is_created_by_a_key_and_from_the_palette(bus: Bus, open_page: OpenPage) -> None:
    page = open_page(f"{bus.url}/#overview")
    page.keyboard.press("c")
    expect(dialog(page).get_by_label("Topic")).to_be_focused()
    page.keyboard.type("Created by a key")
    page.keyboard.press("Enter")
    expect(heading(page)).to_have_text("Created by a key")
    expect(page.locator(".begin")).to_contain_text("Nothing has been said yet.")
    page.keyboard.press("Control+k")
    page.keyboard.type("new thr")
    page.keyboard.press("Enter")
    expect(dialog(page).get_by_label("Topic")).to_be_focused()
    page.keyboard.press("Escape")
    expect(dialog(page)).to_have_count(0)


def test_a_template_gives_what_was_left_open(bus: Bus, open_page: OpenPage) -> None:
    body = {
        "id": "created-here",
        "name": "Made for this",
        "description": "What it is for",
        "system_prompt": "Look twice.",
    }
    bus.ask("POST", "/api/templates", json=body)
    page = open_page(f"{bus.url}/#inbox")
    page.get_by_role("button", name="New thread").click()
    dialog(page).get_by_label("Topic").fill("Created from a template")
    dialog(page).get_by_label("Template").select_option("Made for this")
    expect(dialog(page)).to_contain_text("What it is for")
    dialog(page).get_by_role("button", name="Create").click()
    expect(heading(page)).to_have_text("Created from a template")
    page.get_by_label("Details of the thread").click()
    expect(page.get_by_role("dialog").locator(".prompt")).to_have_text("Look twice.")


def test_a_topic_that_exists_is_said_and_leads_there(bus: Bus, open_page: OpenPage) -> None:
    thread = bus.agent("Was Earlier").creates("There already")
    page = open_page(f"{bus.url}/#inbox")
    page.get_by_role("button", name="New thread").click()
    dialog(page).get_by_label("Topic").fill("There already")
    dialog(page).get_by_label("First message").fill("not to be said there")
    dialog(page).get_by_role("button", name="Create").click()
    expect(dialog(page).get_by_role("alert")).to_contain_text("There is a thread of this topic already.")
    expect(dialog(page).get_by_label("First message")).to_have_value("not to be said there")
    dialog(page).get_by_role("link", name="Open it").click()
    expect(heading(page)).to_have_text("There already")
    expect(dialog(page)).to_have_count(0)
    assert bus.messages(thread) == []


def test_a_first_message_that_is_refused_stays_where_one_writes(bus: Bus, open_page: OpenPage) -> None:
    page = open_page(f"{bus.url}/#inbox", allow="400 (Bad Request)")
    refusal = '{"detail": "Content blocked by filter: aws"}'
    page.route(
        "**/api/threads/*/messages",
        lambda route: route.fulfill(status=400, body=refusal, content_type="application/json"),
    )
    page.get_by_role("button", name="New thread").click()
    dialog(page).get_by_label("Topic").fill("Created, and then refused")
    dialog(page).get_by_label("First message").fill("a secret")
    dialog(page).get_by_role("button", name="Create").click()
    expect(heading(page)).to_have_text("Created, and then refused")
    expect(page.locator(".toast .bad")).to_have_text("Content blocked by filter: aws")
    expect(page.get_by_role("textbox", name="Message", exact=True)).to_have_value("a secret")
