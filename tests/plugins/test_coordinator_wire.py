"""The coordinator over REST and MCP."""

from __future__ import annotations

from agentchatbus.testing import AgentHandle, MakeBus
from agentchatbus_coordinator import CoordinatorPlugin, CoordinatorSettings
from tests.plugins.rest_kit import Rest, open_rest

NOBODY = dict.fromkeys(["admin_id", "admin_name", "admin_emoji", "admin_type", "assigned_at"])


async def rest_bus(make_bus: MakeBus) -> tuple[Rest, AgentHandle, str]:
    """Return a bus, the administrator of a thread, and the path of what is to know about it."""
    rest = await open_rest(make_bus, plugins=[CoordinatorPlugin(CoordinatorSettings())])
    agent = await rest.bus.agent("Nova", thread_id=None, thread_name="Room")
    return rest, agent, f"/api/threads/{agent.thread_id}/admin"


async def test_rest_says_who_leads_a_thread(make_bus: MakeBus) -> None:
    rest, agent, path = await rest_bus(make_bus)
    answer = await rest.http.get(path)
    assert answer.status_code == 200
    assert answer.json() == {
        "admin_id": agent.agent_id,
        "admin_name": "Nova",
        "admin_emoji": answer.json()["admin_emoji"],
        "admin_type": "creator",
        "assigned_at": "2030-01-01T12:00:00.000000+00:00",
    }
    assert (await rest.http.get(f"/api/threads/{rest.bus.thread}/admin")).json() == NOBODY
    missing = await rest.http.get("/api/threads/nope/admin")  # H04
    assert (missing.status_code, missing.json()) == (404, {"detail": "Thread not found"})


async def test_rest_takes_decisions(make_bus: MakeBus) -> None:
    rest, agent, path = await rest_bus(make_bus)
    other = await rest.bus.agent("Orion", thread_id=agent.thread_id)
    body = {"action": "switch", "candidate_admin_id": other.agent_id, "source_message_id": None}
    answer = await rest.http.post(f"{path}/decision", json=body)
    assert (answer.status_code, answer.json()) == (
        200,
        {
            "ok": True,
            "action": "switch",
            "thread_id": agent.thread_id,
            "new_admin_id": other.agent_id,
            "new_admin_name": "Orion",
            "already_decided": False,
        },
    )
    assert (await rest.http.get(path)).json()["admin_type"] == "auto_assigned"


async def test_rest_refuses_with_the_statuses_of_the_contract(make_bus: MakeBus) -> None:
    rest, agent, path = await rest_bus(make_bus)
    cases = [
        ({"action": "dance"}, 422),
        ({"action": "switch"}, 400),
        ({"action": "switch", "candidate_admin_id": "nobody"}, 404),
        ({"action": "keep", "source_message_id": "nope"}, 404),
    ]
    for body, status in cases:
        answer = await rest.http.post(f"{path}/decision", json=body)
        assert answer.status_code == status, answer.text
    headers = {"x-agent-token": agent.token}
    refused = await rest.http.post(f"{path}/decision", json={"action": "cancel"}, headers=headers)  # M16
    assert refused.status_code == 403
    missing = await rest.http.post("/api/threads/nope/admin/decision", json={"action": "cancel"})
    assert (missing.status_code, missing.json()) == (404, {"detail": "Thread not found"})


async def test_agents_are_offered_no_decisions(make_bus: MakeBus) -> None:
    rest, _, _ = await rest_bus(make_bus)
    offered = [item for item in rest.bus.app.operations if item.name.startswith("thread_admin_")]
    assert [item.name for item in offered if item.tool] == []
    assert len(offered) == 2
