"""Agents over REST."""

from __future__ import annotations

import pytest

from agentchatbus.testing import MakeBus, ManualClock
from tests.plugins.rest_kit import open_rest, streaming

WRONG = {"detail": "Invalid agent_id/token"}
NOW = "2030-01-01T12:00:00.000000+00:00"


async def test_a_registration_answers_with_the_only_sight_of_the_token(make_bus: MakeBus) -> None:
    """H25: in no list, no cookie."""
    rest = await open_rest(make_bus)
    body = {"ide": "Cursor", "model": "GPT-5", "capabilities": ["code"], "skills": [{"id": "py", "name": "Python"}]}
    answer = await rest.http.post("/api/agents/register", json=body | {"name": "ignored"})
    agent = answer.json()
    token, agent_id, emoji = agent.pop("token"), agent.pop("agent_id"), agent.pop("emoji")
    assert (answer.status_code, len(token), "set-cookie" in answer.headers) == (200, 64, False)
    assert agent == {
        "name": "Cursor (GPT-5)",
        "display_name": "Cursor (GPT-5)",
        "alias_source": "auto",
        "capabilities": ["code"],
        "skills": [{"id": "py", "name": "Python"}],
    }
    listed = await rest.http.get("/api/agents")
    assert token not in listed.text
    assert (listed.json()[0]["id"], listed.json()[0]["emoji"]) == (agent_id, emoji)


async def test_names_are_numbered(make_bus: MakeBus) -> None:
    rest = await open_rest(make_bus)
    assert [(await rest.register())["name"] for _ in range(2)] == ["Cursor (GPT-5)", "Cursor (GPT-5) 2"]
    assert (await rest.register(ide=" ", model=""))["name"] == "Unknown IDE (Unknown Model)"


async def test_lists_and_single_agents_have_the_fields_of_the_contract(make_bus: MakeBus) -> None:
    rest = await open_rest(make_bus)
    registered = await rest.register("Nova", description="frontend")
    (listed,) = (await rest.http.get("/api/agents")).json()
    single = (await rest.http.get(f"/api/agents/{registered['agent_id']}")).json()
    assert listed == {
        "id": registered["agent_id"],
        "name": "Cursor (GPT-5)",
        "display_name": "Nova",
        "alias_source": "user",
        "description": "frontend",
        "ide": "Cursor",
        "model": "GPT-5",
        "emoji": registered["emoji"],
        "capabilities": [],
        "skills": [],
        "is_online": True,
        "last_heartbeat": NOW,
        "last_activity": "registered",
        "last_activity_time": NOW,
        "state": "idle",
        "waiting_in": [],
        "registered_at": NOW,
        "is_sse_connected": False,
    }
    assert single == {key: value for key, value in listed.items() if key != "is_sse_connected"}
    missing = await rest.http.get("/api/agents/nope")
    assert (missing.status_code, missing.json()) == (404, {"detail": "Agent not found"})


async def test_an_agent_that_gives_no_sign_of_life_is_offline(make_bus: MakeBus) -> None:
    rest = await open_rest(make_bus)
    agent = await rest.register()
    clock = rest.bus.clock
    assert isinstance(clock, ManualClock)
    clock.advance(31)
    assert (await rest.http.get("/api/agents")).json()[0]["is_online"] is False
    proof = {"agent_id": agent["agent_id"], "token": agent["token"]}
    assert (await rest.http.post("/api/agents/heartbeat", json=proof)).json() == {"ok": True}
    assert (await rest.http.get("/api/agents")).json()[0]["is_online"] is True


async def test_an_agent_resumes_with_its_id_and_token(make_bus: MakeBus) -> None:
    rest = await open_rest(make_bus)
    agent = await rest.register("Nova")
    proof = {"agent_id": agent["agent_id"], "token": agent["token"]}
    answer = await rest.http.post("/api/agents/resume", json=proof)
    assert "set-cookie" not in answer.headers
    assert answer.json() == {
        "ok": True,
        "agent_id": agent["agent_id"],
        "name": "Cursor (GPT-5)",
        "display_name": "Nova",
        "alias_source": "user",
        "emoji": agent["emoji"],
        "is_online": True,
        "last_heartbeat": NOW,
    }


async def test_the_header_proves_an_agent_as_well_as_the_body(make_bus: MakeBus) -> None:
    rest = await open_rest(make_bus)
    agent = await rest.register()
    headers = {"x-agent-token": agent["token"]}
    for body in ({}, {"agent_id": agent["agent_id"]}):
        answer = await rest.http.post("/api/agents/heartbeat", json=body, headers=headers)
        assert (answer.status_code, answer.json()) == (200, {"ok": True})


@pytest.mark.parametrize("action", ["heartbeat", "resume", "unregister"])
async def test_a_wrong_proof_is_refused(make_bus: MakeBus, action: str) -> None:
    rest = await open_rest(make_bus)
    nova, bob = await rest.register("Nova"), await rest.register("Bob")
    bodies = [
        {"agent_id": nova["agent_id"], "token": "0" * 64},
        {"agent_id": nova["agent_id"], "token": bob["token"]},
        {"agent_id": "nobody", "token": nova["token"]},
        {"agent_id": nova["agent_id"]},
    ]
    for body in bodies:
        answer = await rest.http.post(f"/api/agents/{action}", json=body)
        assert (answer.status_code, answer.json()) == (401, WRONG)
    assert (await rest.http.post(f"/api/agents/{action}", json={})).status_code == 401
    assert len((await rest.http.get("/api/agents")).json()) == 2


async def test_an_agent_that_leaves_keeps_its_name_in_its_messages(make_bus: MakeBus) -> None:
    """H07."""
    rest = await open_rest(make_bus)
    agent = await rest.register("Nova")
    await rest.post(token=agent["token"])
    assert (await rest.http.get(rest.messages)).json()[0]["author_display_name"] == "Nova"
    proof = {"agent_id": agent["agent_id"], "token": agent["token"]}
    assert (await rest.http.post("/api/agents/unregister", json=proof)).json() == {"ok": True}
    assert (await rest.http.get("/api/agents")).json() == []
    (message,) = (await rest.http.get(rest.messages)).json()
    assert (message["author_id"], message["author_display_name"]) == (agent["agent_id"], "Cursor (GPT-5)")


async def test_a_repeated_registration_with_its_key_gives_the_same_agent(make_bus: MakeBus) -> None:
    """H05."""
    rest = await open_rest(make_bus)
    headers, body = {"idempotency-key": "3f0c" * 8}, {"ide": "a", "model": "b"}
    first, second = [await rest.http.post("/api/agents/register", json=body, headers=headers) for _ in range(2)]
    assert first.json() == second.json()
    assert len((await rest.http.get("/api/agents")).json()) == 1


async def test_a_name_with_a_slash_in_an_address_is_one_name(make_bus: MakeBus) -> None:
    """H66: what can be written can be addressed."""
    rest = await open_rest(make_bus)
    answer = await rest.http.get("/api/agents/a%2Fb")
    assert (answer.status_code, answer.json()) == (404, {"detail": "Agent not found"})
    assert (await rest.http.get("/api/agents/a/b")).json() == {"detail": "Not Found"}


async def test_an_agent_changes_what_is_said_of_it(make_bus: MakeBus) -> None:
    rest = await open_rest(make_bus)
    agent = await rest.register("Nova")
    path = f"/api/agents/{agent['agent_id']}"
    body = {"token": agent["token"], "description": "frontend", "capabilities": ["code"], "display_name": "Neo"}
    answer = await rest.http.put(path, json=body)
    assert answer.json() == {
        "ok": True,
        "agent_id": agent["agent_id"],
        "name": agent["name"],
        "display_name": "Neo",
        "alias_source": "user",
        "emoji": agent["emoji"],
        "description": "frontend",
        "capabilities": ["code"],
        "skills": [],
        "last_activity": "update",
    }
    back = await rest.http.put(
        path, json={"display_name": "", "emoji": "🦊"}, headers={"x-agent-token": agent["token"]}
    )
    assert (back.json()["display_name"], back.json()["alias_source"], back.json()["emoji"]) == (
        agent["name"],
        "auto",
        "🦊",
    )


async def test_an_update_is_refused_in_the_words_of_the_contract(make_bus: MakeBus) -> None:
    rest = await open_rest(make_bus)
    nova, bob = await rest.register("Nova"), await rest.register("Bob")
    path = f"/api/agents/{nova['agent_id']}"
    for token in ("0" * 64, bob["token"]):
        wrong = await rest.http.put(path, json={"token": token, "description": "x"})
        assert (wrong.status_code, wrong.json()) == (401, {"detail": "Invalid token for agent_update"})
    missing = await rest.http.put(path, json={"description": "x"})
    assert (missing.status_code, missing.json()["detail"][0]["loc"]) == (422, ["body", "token"])
    nobody = await rest.http.put("/api/agents/nope", json={"token": nova["token"]})
    assert (nobody.status_code, nobody.json()) == (404, {"detail": "Agent not found: nope"})


async def test_an_agent_that_is_kicked_is_offline_and_its_token_worth_nothing(make_bus: MakeBus) -> None:
    """H01, M10: and every list goes on."""
    rest = await open_rest(make_bus)
    agent = await rest.register("Nova")
    headers = {"x-agent-token": agent["token"]}
    refused = await rest.http.post(f"/api/agents/{agent['agent_id']}/kick", headers=headers)
    assert refused.status_code == 403
    answer = await rest.http.post(f"/api/agents/{agent['agent_id']}/kick")
    kicked = answer.json()
    assert "Nova" in kicked.pop("message")
    assert kicked == {
        "ok": True,
        "agent_id": agent["agent_id"],
        "agent_name": agent["name"],
        "threads_interrupted": [],
        "sessions_disconnected_count": 0,
    }
    (listed,) = (await rest.http.get("/api/agents")).json()
    assert (listed["state"], listed["is_online"]) == ("offline", False)
    assert (await rest.post(token=agent["token"])).status_code == 401
    missing = await rest.http.post("/api/agents/nope/kick")
    assert (missing.status_code, missing.json()) == (404, {"detail": "Agent not found"})


async def test_typing_is_told(make_bus: MakeBus) -> None:
    """H43."""
    rest = await open_rest(make_bus)
    agent = await rest.register("Nova")
    path = f"/api/threads/{rest.bus.thread}/typing"
    async with streaming(rest) as stream:
        answer = await rest.http.post(path, json={"is_typing": True}, headers={"x-agent-token": agent["token"]})
        assert answer.json() == {"ok": True}
        (frame,) = await stream.frames(1)
    assert (frame.data["type"], frame.data["payload"]["thread_id"]) == ("agent.typing", rest.bus.thread)
    assert (frame.data["payload"]["agent_id"], frame.data["payload"]["is_typing"]) == (agent["agent_id"], True)
