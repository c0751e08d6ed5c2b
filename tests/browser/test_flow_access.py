"""A bus that the network can reach: nobody comes in without a token, and a token opens what it is for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.conftest import OPTIONS
from tests.end_to_end.processes import running_server

pytestmark = pytest.mark.flows

OPERATOR = "the operator's own token"
HOST = "127.1"
"""Loopback in a spelling that the bus takes for an address of the network, so that it asks for a login."""
CONFIGURATION = f"""
[server]
host = "{HOST}"
operator_token = "{OPERATOR}"
allowed_hosts = ["127.0.0.1"]
"""
REFUSED = "Failed to load resource"


@pytest.fixture(scope="module")
def url(browser: Browser, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a bus with an operator."""
    folder = tmp_path_factory.mktemp("access")
    file = folder / "agentchatbus.toml"
    file.write_text(CONFIGURATION)
    with running_server(folder, "--config", str(file), *OPTIONS) as server:
        yield server.url


@pytest.fixture
def operator(url: str) -> Iterator[httpx.Client]:
    """The operator at a shell."""
    with httpx.Client(base_url=url, headers={"X-Admin-Token": OPERATOR}, timeout=60) as client:
        yield client


@pytest.fixture
def page(browser: Browser, url: str) -> Iterator[Page]:
    """A page that nobody has logged in to; only refusals may be in its console."""
    said: list[str] = []
    context = browser.new_context()
    context.set_default_timeout(60_000)
    page = context.new_page()
    page.on("console", lambda message: REFUSED in message.text or said.append(message.text))
    page.on("pageerror", lambda error: said.append(str(error)))
    page.goto(url)
    expect(page.get_by_label("Access token")).to_be_visible()
    yield page
    context.close()
    assert said == []


def token(operator: httpx.Client, scope: str, name: str) -> dict[str, Any]:
    """Create an access token."""
    answer = operator.post("/api/tokens", json={"name": name, "scope": scope})
    assert answer.status_code == 201, answer.text
    return dict(answer.json())


def thread_of_an_agent(url: str, operator: httpx.Client, topic: str) -> str:
    """Have an agent create a thread and speak in it; return its id."""
    answer = operator.post("/api/agents/register", json={"ide": "Zed", "model": "GPT", "display_name": f"Of {topic}"})
    agent = answer.json()
    with httpx.Client(base_url=url, headers={"X-Agent-Token": agent["token"]}, timeout=60) as client:
        body = {"topic": topic, "creator_agent_id": agent["agent_id"]}
        thread = str(client.post("/api/threads", json=body).raise_for_status().json()["id"])
        post = {"content": "hello", "author": agent["agent_id"]}
        client.post(f"/api/threads/{thread}/messages", json=post).raise_for_status()
    return thread


def log_in(page: Page, secret: str) -> None:
    page.get_by_label("Access token").fill(secret)
    page.get_by_role("button", name="Log in").click()


def test_nothing_is_shown_without_a_token_and_a_wrong_one_is_refused(page: Page) -> None:
    expect(page.locator(".shell")).to_have_count(0)
    log_in(page, "a guess")
    expect(page.get_by_role("alert")).to_be_visible()
    expect(page.locator(".shell")).to_have_count(0)
    page.reload()
    expect(page.get_by_label("Access token")).to_be_visible()


def test_an_agent_is_no_person(page: Page, operator: httpx.Client) -> None:
    agent = operator.post(
        "/api/agents/register", json={"ide": "Zed", "model": "GPT", "display_name": "Intruder"}
    ).json()
    log_in(page, agent["token"])
    expect(page.get_by_role("alert")).to_contain_text("Log in with the access token of a person")
    expect(page.locator(".shell")).to_have_count(0)


def test_a_person_comes_in_stays_in_and_writes(page: Page, operator: httpx.Client, url: str) -> None:
    granted = token(operator, "human", "Ada")
    thread = thread_of_an_agent(url, operator, "Behind the door")
    log_in(page, granted["token"])
    page.locator(".thread", has_text="Behind the door").click()
    expect(page.locator(".composer .hint")).to_contain_text("as human")
    page.get_by_role("textbox", name="Message", exact=True).fill("it is me")
    page.get_by_role("button", name="Send", exact=True).click()
    expect(page.locator("#m2 .author")).to_have_text("human")
    page.reload()
    expect(page.locator("#m2 .author")).to_have_text("human")
    stored = operator.get(f"/api/threads/{thread}/messages").json()[-1]
    assert (stored["author"], stored["content"]) == ("human", "it is me")
    assert page.evaluate("document.cookie") == ""
    assert granted["token"] not in page.evaluate("JSON.stringify(localStorage)")


def test_a_person_reacts_and_takes_it_back(page: Page, operator: httpx.Client, url: str) -> None:
    granted = token(operator, "human", "Grace")
    thread_of_an_agent(url, operator, "Liked in there")
    log_in(page, granted["token"])
    page.locator(".thread", has_text="Liked in there").click()
    page.locator("#m1").hover()
    page.locator("#m1").get_by_role("button", name="React", exact=True).click()
    page.locator("#m1").get_by_role("group", name="React with").get_by_role("button", name="👍").click()
    pill = page.locator("#m1 .reaction")
    expect(pill).to_have_attribute("aria-pressed", "true")
    expect(pill).to_have_attribute("title", "You")
    pill.click()
    expect(pill).to_have_count(0)


def test_the_operator_comes_in(page: Page, operator: httpx.Client) -> None:
    log_in(page, OPERATOR)
    expect(page.get_by_role("navigation", name="Threads")).to_be_visible()
    assert page.evaluate("fetch('/api/me').then((answer) => answer.json())")["kind"] == "operator"


def test_a_token_that_was_taken_away_opens_nothing(page: Page, operator: httpx.Client) -> None:
    granted = token(operator, "human", "Leaving")
    log_in(page, granted["token"])
    expect(page.locator(".shell")).to_be_visible()
    assert operator.delete(f"/api/tokens/{granted['id']}").status_code == 204
    page.reload()
    expect(page.get_by_label("Access token")).to_be_visible()
    expect(page.locator(".shell")).to_have_count(0)
