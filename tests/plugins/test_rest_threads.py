"""Threads over REST."""

from __future__ import annotations

from agentchatbus.plugin_api import BusSettings
from agentchatbus.testing import MakeBus
from tests.plugins.rest_kit import Rest, open_rest

COMMON = {"id", "topic", "status", "created_at", "updated_at", "last_seq", "message_count", "waiting_agents"}
BRIEF = COMMON | {"last_message", "participants", "unread"}
LISTED = BRIEF | {"system_prompt"}
DETAIL = COMMON | {"system_prompt", "closed_at", "archived_from", "summary", "template_id", "metadata", "settings"}


async def create(rest: Rest, topic: str, agent: dict[str, str], **body: object) -> dict[str, object]:
    """Create a thread and return the answer."""
    answer = await rest.http.post(
        "/api/threads",
        json={"topic": topic, "creator_agent_id": agent["agent_id"]} | body,
        headers={"x-agent-token": agent["token"]},
    )
    document: dict[str, object] = answer.json()
    assert answer.status_code == (201 if document.get("created") else 200), answer.text
    return document


async def test_a_new_thread_comes_with_a_sync_context(make_bus: MakeBus) -> None:
    rest = await open_rest(make_bus)
    thread = await create(rest, "Fix login race", await rest.register(), system_prompt="Be brief.")
    token = thread.pop("reply_token")
    assert isinstance(token, str)
    assert len(token) == 32
    assert thread.pop("created_at") == "2030-01-01T12:00:00.000000+00:00"
    assert thread.pop("id") != rest.bus.thread
    assert thread == {
        "topic": "Fix login race",
        "status": "discuss",
        "system_prompt": "Be brief.",
        "template_id": None,
        "created": True,
        "current_seq": 0,
        "reply_window": {"expires_at": "9999-12-31T23:59:59+00:00", "max_new_messages": 0},
    }


async def test_an_existing_topic_is_told_apart_by_created_and_status(make_bus: MakeBus) -> None:
    """H64."""
    rest = await open_rest(make_bus)
    nova, bob = await rest.register("Nova"), await rest.register("Bob")
    first = await create(rest, "Topic", nova)
    second = await create(rest, "Topic", bob, system_prompt="other")
    assert (first["created"], second["created"]) == (True, False)
    assert (second["id"], second["system_prompt"]) == (first["id"], None)
    assert second["reply_token"] != first["reply_token"]


async def test_a_thread_is_refused_in_the_order_of_the_contract(make_bus: MakeBus) -> None:
    """H66."""
    rest = await open_rest(make_bus)
    agent = await rest.register()
    known, unknown = {"creator_agent_id": agent["agent_id"]}, {"creator_agent_id": "nobody"}
    good, bad = {"x-agent-token": agent["token"]}, {"x-agent-token": "0" * 64}
    cases = [
        ({"topic": "T"}, good, 422, None),
        ({"topic": "T"} | known, {}, 401, "X-Agent-Token header required to create thread as a registered agent"),
        ({"topic": "T", "creator_agent_id": " "}, good, 401, "creator_agent_id is required"),
        ({"topic": "T"} | unknown, good, 401, "creator_agent_id must be a registered agent"),
        ({"topic": "T"} | known, bad, 401, "Invalid agent token"),
        ({"topic": " "} | known, good, 400, "topic is required"),
    ]
    for body, headers, status, detail in cases:
        answer = await rest.http.post("/api/threads", json=body, headers=headers)
        assert (answer.status_code, answer.json()["detail"]) == (status, detail or answer.json()["detail"])
    assert (await rest.http.get("/api/threads")).json()["total"] == 1


async def test_a_person_creates_a_thread_without_a_token(make_bus: MakeBus) -> None:
    rest = await open_rest(make_bus)
    body = {"topic": "Of a person", "creator_agent_id": "human"}
    made, again = [await rest.http.post("/api/threads", json=body) for _ in range(2)]
    assert [(answer.status_code, answer.json()["created"]) for answer in (made, again)] == [(201, True), (200, False)]
    thread = (await rest.http.get(f"/api/threads/{made.json()['id']}")).json()
    assert (thread["topic"], thread["settings"]["creator_admin_id"]) == ("Of a person", None)


async def test_on_a_bus_of_the_network_only_a_proven_person_creates_a_thread(make_bus: MakeBus) -> None:
    rest = await open_rest(make_bus, settings=BusSettings(is_open=False, operator_token="of the operator"))
    body = {"topic": "Of the operator", "creator_agent_id": "human"}
    assert (await rest.http.post("/api/threads", json=body)).status_code == 401
    answer = await rest.http.post("/api/threads", json=body, headers={"x-admin-token": "of the operator"})
    assert answer.status_code == 201


async def test_missing_fields_are_listed_by_their_names_on_the_wire(make_bus: MakeBus) -> None:
    rest = await open_rest(make_bus)
    answer = await rest.http.post("/api/threads", json={})
    missing = [
        {"type": "missing", "loc": ["body", name], "msg": "Field required"} for name in ("topic", "creator_agent_id")
    ]
    assert (answer.status_code, answer.json()) == (422, {"detail": missing})
    agent = await rest.register()
    body = {"topic": "T", "creator_agent_id": 5}
    answer = await rest.http.post("/api/threads", json=body, headers={"x-agent-token": agent["token"]})
    assert [problem["loc"] for problem in answer.json()["detail"]] == [["body", "creator_agent_id"]]


async def test_a_topic_has_a_largest_length(make_bus: MakeBus) -> None:
    """H08."""
    rest = await open_rest(make_bus)
    agent = await rest.register()
    body = {"topic": "x" * 513, "creator_agent_id": agent["agent_id"]}
    answer = await rest.http.post("/api/threads", json=body, headers={"x-agent-token": agent["token"]})
    assert answer.status_code == 413
    assert "512" in answer.json()["detail"]


async def test_pages_of_threads_end_where_there_are_no_more(make_bus: MakeBus) -> None:
    """H63, H45."""
    rest = await open_rest(make_bus)
    agent = await rest.register()
    await create(rest, "Second", agent)
    seen = []
    query = {"limit": "1"}
    for is_last in (False, True):
        page = (await rest.http.get("/api/threads", params=query)).json()
        assert (page["total"], page["has_more"], len(page["threads"])) == (2, not is_last, 1)
        assert (page["next_cursor"] is None) is is_last
        seen += [thread["topic"] for thread in page["threads"]]
        query["before"] = page["next_cursor"]
    assert sorted(seen) == ["Second", "Under test"]


async def test_a_listed_thread_has_the_fields_of_the_contract(make_bus: MakeBus) -> None:
    """H63."""
    rest = await open_rest(make_bus)
    await rest.post()
    (thread,) = (await rest.http.get("/api/threads")).json()["threads"]
    assert set(thread) == LISTED
    assert (thread["id"], thread["last_seq"], thread["waiting_agents"]) == (rest.bus.thread, 1, [])
    assert thread["updated_at"] == "2030-01-01T12:00:00.000000+00:00"


async def test_an_iso_time_is_a_cursor_also_when_its_plus_became_a_space(make_bus: MakeBus) -> None:
    rest = await open_rest(make_bus)
    for before, count in (("2031-01-01T00:00:00+00:00", 1), ("2030-01-01T12:00:00.000000%2B00:00", 0)):
        answer = await rest.http.get(f"/api/threads?before={before}")
        assert len(answer.json()["threads"]) == count, answer.text
    answer = await rest.http.get("/api/threads?before=yesterday")
    assert answer.status_code == 400
    assert answer.json() == {"detail": "Invalid 'before' cursor: must be an ISO datetime string"}


async def test_one_thread_can_be_read_by_its_id(make_bus: MakeBus) -> None:
    """H60, H62."""
    rest = await open_rest(make_bus)
    created = await create(rest, "With metadata", await rest.register(), metadata={"ticket": 7})
    thread = (await rest.http.get(f"/api/threads/{created['id']}")).json()
    assert set(thread) == DETAIL
    assert thread["metadata"] == {"ticket": 7}


async def test_a_missing_thread_is_not_found_whoever_asks_for_what(make_bus: MakeBus) -> None:
    """H04, H25: a plain sentence, nothing of the machine."""
    rest = await open_rest(make_bus)
    answers = [
        await rest.http.get("/api/threads/nope"),
        await rest.http.get("/api/threads/nope/messages"),
        await rest.http.post("/api/threads/nope/messages", json={"content": "x"}),
        await rest.http.post("/api/threads/nope/sync-context", json={}),
    ]
    assert [(answer.status_code, answer.json()) for answer in answers] == [(404, {"detail": "Thread not found"})] * 4


async def test_a_sync_context_needs_no_body_and_no_proof_and_is_then_nobodys(make_bus: MakeBus) -> None:
    rest = await open_rest(make_bus)
    agent = await rest.register()
    path = f"/api/threads/{rest.bus.thread}/sync-context"
    await rest.post()
    for body in (None, {}, {"agent_id": None}, {"agent_id": agent["agent_id"]}):
        answer = await rest.http.post(path, json=body) if body is not None else await rest.http.post(path)
        assert set(answer.json()) == {"reply_token", "current_seq", "reply_window"}, answer.text
        assert answer.json()["current_seq"] == 1
    posted = await rest.post(expected_last_seq=1, reply_token=answer.json()["reply_token"])
    assert posted.status_code == 201, posted.text


async def test_a_sync_context_of_an_agent_is_bound_to_it(make_bus: MakeBus) -> None:
    rest = await open_rest(make_bus)
    nova, bob = await rest.register("Nova"), await rest.register("Bob")
    path, body = f"/api/threads/{rest.bus.thread}/sync-context", {"agent_id": nova["agent_id"]}
    sync = (await rest.http.post(path, json=body, headers={"x-agent-token": nova["token"]})).json()
    stolen = await rest.post(token=bob["token"], expected_last_seq=0, reply_token=sync["reply_token"])
    assert (stolen.status_code, stolen.json()["detail"]["error"]) == (400, "TOKEN_INVALID")
    wrong = await rest.http.post(path, json=body, headers={"x-agent-token": bob["token"]})
    assert (wrong.status_code, wrong.json()) == (401, {"detail": "Invalid agent token"})


async def test_the_window_of_a_sync_context_is_the_configured_tolerance(make_bus: MakeBus) -> None:
    rest = await open_rest(make_bus, settings=BusSettings(seq_tolerance=3))
    answer = await rest.http.post(f"/api/threads/{rest.bus.thread}/sync-context")
    assert answer.json()["reply_window"]["max_new_messages"] == 3
