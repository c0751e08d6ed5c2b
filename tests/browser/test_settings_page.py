"""Settings of the bus and of its plugins, edited in a form that is made from their schema."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator

import pytest
from playwright.sync_api import Locator, Page, Route, expect

from tests.browser.conftest import OpenPage
from tests.end_to_end.processes import ServerProcess, running_server

pytestmark = pytest.mark.flows


@pytest.fixture(scope="module")
def own(browser: object, tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerProcess]:
    """A bus whose settings nobody else needs."""
    with running_server(tmp_path_factory.mktemp("settings"), "-p", "no:secrets") as server:
        yield server


def settings_page(own: ServerProcess, open_page: OpenPage, allow: str = "") -> Page:
    page = open_page(f"{own.url}/#settings", allow=allow)
    expect(page.locator(".plugin").first).to_be_visible()
    return page


def plugin(page: Page, name: str) -> Locator:
    """Return what the page shows of a plugin, with its settings unfolded."""
    entry = page.locator(".plugin").filter(has=page.locator(".plugin-head b", has_text=name)).first
    entry.locator("summary").click()
    return entry


def field(place: Locator, label: str) -> Locator:
    return place.locator(".setting").filter(has=place.page.get_by_text(label, exact=True))


def test_a_setting_of_a_plugin_is_saved_and_in_force_after_the_next_start(
    own: ServerProcess, open_page: OpenPage
) -> None:
    page = settings_page(own, open_page, allow="net::ERR_")
    largest = field(plugin(page, "attachments"), "Max image bytes")
    expect(largest).to_contain_text("The largest picture.")
    largest.get_by_role("spinbutton").fill("2048")
    largest.get_by_role("spinbutton").blur()
    bar = page.get_by_role("group", name="Changes")
    expect(bar).to_contain_text("1 setting changed")
    bar.get_by_role("button", name="Save").click()
    expect(largest.locator(".pending")).to_have_text("In force now: 5242880. After the next start: 2048.")
    expect(bar).to_have_count(0)
    (file,) = own.folder.rglob("settings.toml")
    assert tomllib.loads(file.read_text())["plugins"]["attachments"] == {"max_image_bytes": 2048}
    own.kill()
    own.start()
    page.reload()
    again = field(plugin(page, "attachments"), "Max image bytes")
    expect(again.get_by_role("spinbutton")).to_have_value("2048")
    expect(again.locator(".pending")).to_have_count(0)
    again.get_by_role("button", name="Give the saved value up").click()
    bar.get_by_role("button", name="Save").click()
    expect(again.locator(".pending")).to_have_count(0)
    expect(bar).to_have_count(0)
    assert "attachments" not in file.read_text()


def test_what_cannot_be_saved_is_said_next_to_the_field(own: ServerProcess, open_page: OpenPage) -> None:
    page = settings_page(own, open_page, allow="422 (Unprocessable")
    section = page.locator(".setting-section", has_text="Agents and messages").first
    section.locator("summary").click()
    tolerance, rate = field(section, "Seq tolerance"), field(plugin(page, "limits"), "Messages")
    tolerance.get_by_role("spinbutton").fill("-3")
    rate.get_by_role("textbox").fill("many")
    rate.get_by_role("textbox").blur()
    page.get_by_role("group", name="Changes").get_by_role("button", name="Save").click()
    expect(tolerance.get_by_role("alert")).to_contain_text("greater than or equal to 0")
    expect(rate.get_by_role("alert")).to_be_visible()
    expect(page.locator(".setting .problem")).to_have_count(2)
    expect(rate.get_by_role("textbox")).to_have_value("many")
    rate.get_by_role("textbox").fill("10/minute")
    rate.get_by_role("textbox").blur()
    expect(rate.get_by_role("alert")).to_have_count(0)
    page.get_by_role("button", name="Discard").click()
    expect(page.get_by_role("group", name="Changes")).to_have_count(0)
    expect(rate.get_by_role("textbox")).to_have_value("30/minute")


def test_plugins_show_their_state_and_the_reason(own: ServerProcess, open_page: OpenPage) -> None:
    page = settings_page(own, open_page)
    off = page.locator(".plugin").filter(has=page.locator(".plugin-head b", has_text="secrets"))
    expect(off.locator(".plugin-state")).to_have_text("disabled")
    expect(off.locator(".plugin-reason")).to_have_text("disabled by the configuration")
    on = page.locator(".plugin").filter(has=page.locator(".plugin-head b", has_text="limits"))
    expect(on.locator(".plugin-state")).to_have_text("active")
    expect(on.locator(".plugin-hooks")).to_contain_text("check_action")


def test_secrets_are_neither_shown_nor_edited(own: ServerProcess, open_page: OpenPage) -> None:
    token = field(plugin(settings_page(own, open_page), "ide"), "Owner boot token")
    expect(token.locator("output")).to_have_text("••••••")
    expect(token).to_contain_text("A secret; set it in the configuration file")
    expect(token.locator("input")).to_have_count(0)


def test_whoever_may_not_save_sees_why_and_cannot_edit(own: ServerProcess, open_page: OpenPage) -> None:
    page = settings_page(own, open_page)

    def as_seen_from_the_network(route: Route) -> None:
        answer = route.fetch()
        route.fulfill(response=answer, json={**answer.json(), "is_open": False})

    page.route("**/api/me", as_seen_from_the_network)
    page.reload()
    expect(page.locator(".only-operator")).to_contain_text("Only the operator may save")
    section = page.locator(".setting-section", has_text="Agents and messages").first
    section.locator("summary").click()
    expect(field(section, "Seq tolerance").get_by_role("spinbutton")).to_be_disabled()
    expect(section.locator("input:enabled, select:enabled")).to_have_count(0)


def test_what_another_one_saves_is_shown_at_once(own: ServerProcess, open_page: OpenPage) -> None:
    page = settings_page(own, open_page)
    section = page.locator(".setting-section", has_text="Sizes").first
    section.locator("summary").click()
    topic = field(section, "Max topic length")
    page.request.put(f"{own.url}/api/settings", data={"limits.max_topic_length": 200})
    expect(topic.get_by_role("spinbutton")).to_have_value("200")
    page.request.put(f"{own.url}/api/settings", data={"limits.max_topic_length": None})
    expect(topic.get_by_role("spinbutton")).to_have_value("512")
