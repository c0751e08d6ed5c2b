"""What becomes of threads, over REST."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from agentchatbus.plugin_api import BusSettings
from agentchatbus.testing import MakeBus, ManualClock
from tests.plugins.rest_kit import Rest, open_rest

NOW = "2030-01-01T12:00:00.000000+00:00"
NOT_FOUND = {"detail": "Thread not found"}
ACTIONS: list[tuple[str, dict[str, Any] | None]] = [
    ("state", {"state": "implement"}),
    ("close", {"summary": "done"}),
    ("archive", None),
    ("unarchive", None),
    ("rename", {"topic": "Other"}),
    ("close-meeting", {}),
    ("settings", {"timeout_seconds": 90}),
    ("read", {"seq": 0}),
    ("typing", {"is_typing": True}),
]


def path(rest: Rest, rest_of_it: str = "") -> str:
    """Return the address of the thread under test."""
    return f"/api/threads/{rest.bus.thread}{rest_of_it}"


async def create(rest: Rest, topic: str, agent: dict[str, Any], **body: Any) -> dict[str, Any]:
    """Create a thread."""
    answer = await rest.http.post(
        "/api/threads",
        json={"topic": topic, "creator_agent_id": agent["agent_id"]} | body,
        headers={"x-agent-token": agent["token"]},
    )
    document: dict[str, Any] = answer.json()
    return document


async def change(rest: Rest, action: str, body: dict[str, Any] | None = None) -> dict[str, Any]:
    """Change the thread under test and return the answer."""
    answer = await rest.http.post(path(rest, f"/{action}"), **({} if body is None else {"json": body}))
    assert answer.status_code == 200, answer.text
    document: dict[str, Any] = answer.json()
    return document


async def test_each_change_answers_with_ok_and_the_new_row(make_bus: MakeBus) -> None:
    rest = await open_rest(make_bus)
    changed = await change(rest, "state", {"state": "implement"})
    assert (changed["ok"], changed["thread"]["status"]) == (True, "implement")
    assert changed["thread"] == (await rest.http.get(path(rest))).json()
    closed = await change(rest, "close", {"summary": "All done"})
    shown = closed["thread"]
    assert (closed["was_closed"], shown["status"], shown["summary"], shown["closed_at"]) == (
        False,
        "closed",
        "All done",
        NOW,
    )
    assert (await change(rest, "close", {}))["was_closed"] is True


async def test_an_archived_thread_returns_to_where_it_was(make_bus: MakeBus) -> None:
    rest = await open_rest(make_bus)
    await change(rest, "state", {"state": "review"})
    archived = (await change(rest, "archive"))["thread"]
    assert (archived["status"], archived["archived_from"]) == ("archived", "review")
    assert (await rest.http.get("/api/threads")).json()["threads"] == []
    shown = (await rest.http.get("/api/threads?include_archived=1")).json()["threads"]
    assert [thread["id"] for thread in shown] == [rest.bus.thread]
    assert (await change(rest, "unarchive"))["thread"]["status"] == "review"


@pytest.mark.parametrize("action", ["close", "archive"])
async def test_a_thread_that_is_over_takes_no_messages(make_bus: MakeBus, action: str) -> None:
    """H65."""
    rest = await open_rest(make_bus)
    await change(rest, action, {})
    answer = await rest.post()
    assert (answer.status_code, answer.json()["detail"]["error"]) == (400, "THREAD_CLOSED")
    assert answer.json()["detail"]["thread_id"] == rest.bus.thread


async def test_an_unknown_state_is_refused(make_bus: MakeBus) -> None:
    rest = await open_rest(make_bus)
    answer = await rest.http.post(path(rest, "/state"), json={"state": "bogus"})
    known = "discuss, implement, review, done, closed, archived"
    assert answer.status_code == 400
    assert answer.json() == {"detail": f"Invalid state 'bogus'. Must be one of {known}"}
    missing = await rest.http.post(path(rest, "/state"), json={})
    assert (missing.status_code, missing.json()["detail"][0]["loc"]) == (422, ["body", "state"])


@pytest.mark.parametrize(("action", "body"), ACTIONS, ids=[action for action, _ in ACTIONS])
async def test_a_missing_thread_cannot_be_changed(make_bus: MakeBus, action: str, body: dict[str, Any] | None) -> None:
    rest = await open_rest(make_bus)
    answer = await rest.http.post(f"/api/threads/nope/{action}", json=body or {})
    assert (answer.status_code, answer.json()) == (404, NOT_FOUND)


@pytest.mark.parametrize("action", ["", "/overview", "/agents", "/settings", "/waits", "/messages"])
async def test_a_missing_thread_cannot_be_read(make_bus: MakeBus, action: str) -> None:
    """H04, H25."""
    rest = await open_rest(make_bus)
    answer = await rest.http.get(f"/api/threads/nope{action}")
    assert (answer.status_code, answer.json()) == (404, NOT_FOUND)


@pytest.mark.parametrize(("action", "body"), ACTIONS, ids=[action for action, _ in ACTIONS])
async def test_who_has_proven_nothing_changes_nothing(
    make_bus: MakeBus, action: str, body: dict[str, Any] | None
) -> None:
    """H20."""
    rest = await open_rest(make_bus, settings=BusSettings(is_open=False, operator_token="a long operator token"))
    assert (await rest.http.post(path(rest, f"/{action}"), json=body or {})).status_code == 401
    assert (await rest.http.delete(path(rest))).status_code == 401


async def test_a_person_deletes_without_further_ado_and_an_agent_does_not(make_bus: MakeBus) -> None:
    rest = await open_rest(make_bus)
    await rest.post()
    agent = await rest.register()
    refused = await rest.http.delete(path(rest), headers={"x-agent-token": agent["token"]})
    assert (refused.status_code, "person" in refused.json()["detail"]) == (403, True)
    answer = await rest.http.delete(path(rest))
    deleted = {"thread_id": rest.bus.thread, "topic": "Under test", "message_count": 1}
    assert (answer.status_code, answer.json()) == (200, {"ok": True, "deleted": deleted})
    assert (await rest.http.delete(path(rest))).json() == NOT_FOUND


async def test_a_thread_is_renamed_to_a_free_topic(make_bus: MakeBus) -> None:
    rest = await open_rest(make_bus)
    await create(rest, "Taken", await rest.register())
    assert (await change(rest, "rename", {"topic": "Better"}))["thread"]["topic"] == "Better"
    taken = await rest.http.post(path(rest, "/rename"), json={"topic": "Taken"})
    assert (taken.status_code, "already" in taken.json()["detail"]) == (409, True)
    empty = await rest.http.post(path(rest, "/rename"), json={"topic": " "})
    assert (empty.status_code, empty.json()) == (400, {"detail": "topic is required"})


async def test_settings_have_the_shape_of_the_contract(make_bus: MakeBus) -> None:
    rest = await open_rest(make_bus)
    agent = await rest.register("Nova", emoji="🦊")
    thread = await create(rest, "Led", agent)
    answer = (await rest.http.get(f"/api/threads/{thread['id']}/settings")).json()
    assert answer == {
        "thread_id": thread["id"],
        "auto_administrator_enabled": True,
        "auto_coordinator_enabled": True,
        "timeout_seconds": 60,
        "switch_timeout_seconds": 60,
        "last_activity_time": NOW,
        "auto_assigned_admin_id": None,
        "auto_assigned_admin_name": None,
        "auto_assigned_admin_emoji": None,
        "admin_assignment_time": None,
        "creator_admin_id": agent["agent_id"],
        "creator_admin_name": "Nova",
        "creator_admin_emoji": "🦊",
        "creator_assignment_time": NOW,
        "created_at": NOW,
        "updated_at": NOW,
    }


async def test_settings_change_under_old_and_new_names(make_bus: MakeBus) -> None:
    rest = await open_rest(make_bus)
    changed = await change(rest, "settings", {"auto_coordinator_enabled": False, "unknown": 1})
    assert (changed["auto_administrator_enabled"], changed["auto_coordinator_enabled"]) == (False, False)
    both = await change(rest, "settings", {"auto_coordinator_enabled": False, "auto_administrator_enabled": True})
    assert both["auto_administrator_enabled"] is True
    assert (await change(rest, "settings", {"timeout_seconds": 300}))["timeout_seconds"] == 300
    for name in ("timeout_seconds", "switch_timeout_seconds"):
        answer = await rest.http.post(path(rest, "/settings"), json={name: 29})
        assert (answer.status_code, answer.json()) == (400, {"detail": f"{name} must be at least 30"})


async def test_a_listed_thread_says_where_to_look(make_bus: MakeBus) -> None:
    """H63."""
    rest = await open_rest(make_bus)
    agent = await rest.register("Nova", emoji="🦊")
    await rest.post("x" * 500, token=agent["token"])
    await rest.post("two")
    (thread,) = (await rest.http.get("/api/threads")).json()["threads"]
    newest, participants = thread["last_message"], {item["display_name"]: item for item in thread["participants"]}
    assert (thread["message_count"], newest["seq"], newest["content"]) == (2, 2, "two")
    assert (participants["Nova"]["agent_id"], participants["Nova"]["emoji"]) == (agent["agent_id"], "🦊")
    assert (participants["human"]["agent_id"], participants["human"]["emoji"]) == (None, "👤")
    await rest.post("y" * 500, token=agent["token"])
    overview = (await rest.http.get(path(rest, "/overview"))).json()
    assert (overview["unread"], overview["last_message"]["content"]) == (1, "y" * 200)
    assert (await rest.http.post(path(rest, "/read"), json={"seq": 3})).status_code == 204
    assert (await rest.http.get(path(rest, "/overview"))).json()["unread"] == 0


async def test_people_only_text_is_in_no_preview_of_an_agent(make_bus: MakeBus) -> None:
    """H29."""
    rest = await open_rest(make_bus)
    agent = await rest.register()
    await rest.post("for people", metadata={"visibility": "human_only"})
    headers = {"x-agent-token": agent["token"]}
    for address in ("/api/threads", path(rest, "/overview"), rest.messages):
        assert "for people" not in (await rest.http.get(address, headers=headers)).text
        assert "for people" in (await rest.http.get(address)).text


async def test_threads_come_by_activity_page_by_page_without_their_prompts(make_bus: MakeBus) -> None:
    """H45, H63."""
    rest = await open_rest(make_bus)
    agent, clock = await rest.register(), rest.bus.clock
    assert isinstance(clock, ManualClock)
    for topic in ("a", "b", "c"):
        await create(rest, topic, agent, system_prompt="long " * 100)
    clock.advance(5)
    await rest.post("now the oldest is the newest")
    seen: list[str] = []
    query: dict[str, Any] = {"order": "activity", "limit": "2"}
    while query.get("before", "") is not None:
        page = (await rest.http.get("/api/threads", params=query)).json()
        assert all("system_prompt" not in thread for thread in page["threads"])
        seen += [thread["topic"] for thread in page["threads"]]
        query["before"] = page["next_cursor"]
    assert (seen[0], sorted(seen)) == ("Under test", ["Under test", "a", "b", "c"])


@pytest.mark.parametrize(
    ("query", "has_prompts"),
    [
        ("", True),
        ("?include_system_prompt=0", False),
        ("?order=activity", False),
        ("?order=activity&include_system_prompt=true", True),
    ],
)
async def test_prompts_are_listed_for_those_who_expect_or_ask_for_them(
    make_bus: MakeBus, query: str, has_prompts: bool
) -> None:
    """H45."""
    rest = await open_rest(make_bus)
    (thread,) = (await rest.http.get(f"/api/threads{query}")).json()["threads"]
    assert ("system_prompt" in thread) is has_prompts


async def test_the_agents_of_a_thread_are_those_who_spoke_or_lead(make_bus: MakeBus) -> None:
    rest = await open_rest(make_bus)
    nova, _other = await rest.register("Nova"), await rest.register("Other")
    await rest.post(token=nova["token"])
    members = (await rest.http.get(path(rest, "/agents"))).json()
    assert [agent["id"] for agent in members] == [nova["agent_id"]]
    assert "is_sse_connected" in members[0]


async def test_who_waits_is_shown_everywhere(make_bus: MakeBus) -> None:
    """H98."""
    rest = await open_rest(make_bus)
    nova, bob = await rest.register("Nova"), await rest.register("Bob")
    body = {"after_seq": 0, "timeout_ms": 60_000, "waiting_for": [bob["agent_id"]]}
    task = asyncio.create_task(rest.http.post(path(rest, "/wait"), json=body, headers={"x-agent-token": nova["token"]}))
    await rest.bus.until_blocked()
    place = {"thread_id": rest.bus.thread, "since": NOW, "waiting_for": [bob["agent_id"]]}
    first, second = (await rest.http.get("/api/agents")).json()
    assert (first["state"], first["waiting_in"], first["is_sse_connected"]) == ("waiting", [place], True)
    assert (second["state"], second["waiting_in"], second["is_sse_connected"]) == ("idle", [], False)
    (wait,) = (await rest.http.get(path(rest, "/waits"))).json()
    assert (wait["agent_id"], wait["display_name"], wait["timeout_ms"]) == (nova["agent_id"], "Nova", 60_000)
    await rest.post()
    await task
    assert (await rest.http.get(path(rest, "/waits"))).json() == []


async def test_an_agent_that_thinks_is_working_and_not_dead(make_bus: MakeBus) -> None:
    rest = await open_rest(make_bus)
    agent, clock = await rest.register(), rest.bus.clock
    assert isinstance(clock, ManualClock)
    await rest.post(token=agent["token"])
    clock.advance(300)
    shown = (await rest.http.get(f"/api/agents/{agent['agent_id']}")).json()
    assert (shown["state"], shown["is_online"]) == ("working", True)
    clock.advance(3000)
    shown = (await rest.http.get(f"/api/agents/{agent['agent_id']}")).json()
    assert (shown["state"], shown["is_online"]) == ("offline", False)
