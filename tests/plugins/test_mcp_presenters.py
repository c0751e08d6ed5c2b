"""What each tool answers, against the shapes of the contract."""

from __future__ import annotations

import base64
import json
import re
from collections.abc import AsyncIterator
from typing import Any

import pytest_asyncio
from mcp.client.client import Client

from agentchatbus.plugin_api import Caller, CallerKind
from agentchatbus.testing import AgentHandle, BusHarness, MakeBus
from tests.plugins.mcp_site import call, client_of, held, refused

MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}\+00:00")
UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
SYNC = {"current_seq", "reply_token", "reply_window"}
WINDOW = {"expires_at": "9999-12-31T23:59:59+00:00", "max_new_messages": 0}
PNG = base64.b64encode(b"\x89PNG\r\n\x1a\n and so on").decode()


@pytest_asyncio.fixture
async def harness(make_bus: MakeBus) -> BusHarness:
    return await make_bus()


@pytest_asyncio.fixture
async def client(harness: BusHarness) -> AsyncIterator[Client]:
    async with held(client_of(harness)) as connected:
        yield connected


@pytest_asyncio.fixture
async def agent(harness: BusHarness) -> AgentHandle:
    return await harness.agent("Alice")


def proof(agent: AgentHandle) -> dict[str, str]:
    return {"agent_id": agent.agent_id, "token": agent.token}


async def test_a_new_agent_that_creates_a_thread_leads_it(client: Client) -> None:
    joined = await call(client, "bus_connect", thread_name="Room", ide=" Cursor ", model="Claude")
    agent, thread = joined["agent"], joined["thread"]
    assert agent["name"] == "Cursor (Claude)"
    assert agent["registered"] is True
    assert agent["is_administrator"] is True
    assert "administrator" in agent["role_assignment"]
    assert re.fullmatch(r"[0-9a-f]{64}", agent["token"])
    assert thread == {
        "thread_id": thread["thread_id"],
        "topic": "Room",
        "status": "discuss",
        "created": True,
        "administrator": {"agent_id": agent["agent_id"], "name": "Cursor (Claude)"},
    }
    assert joined["current_seq"] == 0
    assert joined["reply_window"] == WINDOW
    assert set(joined) == {"agent", "thread", "messages"} | SYNC


async def test_a_joining_agent_reads_the_instructions_first_and_learns_who_leads(
    harness: BusHarness, client: Client
) -> None:
    first = await call(client, "bus_connect", thread_name="Room", ide="A", model="1")
    await harness.post("Hello", thread_id=first["thread"]["thread_id"])
    second = await call(client, "bus_connect", thread_name="Room", ide="B", model="2")
    prompt, message = second["messages"]
    assert (prompt["seq"], prompt["role"], prompt["author"]) == (0, "system", "System")
    assert set(message) == {"seq", "msg_id", "author", "role", "content", "created_at"}
    assert (message["seq"], message["content"]) == (1, "Hello")
    assert second["agent"]["is_administrator"] is False
    assert f"@{first['agent']['agent_id']}" in second["agent"]["role_assignment"]
    assert second["thread"]["created"] is False


async def test_an_agent_that_comes_back_with_a_cursor_reads_only_what_is_new(client: Client) -> None:
    first = await call(client, "bus_connect", thread_name="Room", ide="A", model="1")
    again = {"agent_id": first["agent"]["agent_id"], "token": first["agent"]["token"]}
    posted = await call(
        client,
        "msg_post",
        thread_id=first["thread"]["thread_id"],
        author=again["agent_id"],
        content="One",
        expected_last_seq=0,
        reply_token=first["reply_token"],
    )
    resumed = await call(client, "bus_connect", thread_name="Room", after_seq=posted["seq"], **again)
    assert resumed["messages"] == []
    assert resumed["agent"]["agent_id"] == again["agent_id"]
    assert resumed["current_seq"] == 1


async def test_a_thread_created_with_instructions_shows_them(client: Client) -> None:
    joined = await call(client, "bus_connect", thread_name="Room", ide="A", model="1", system_prompt="Be kind.")
    assert joined["thread"]["system_prompt"] == "Be kind."
    assert "Be kind." in joined["messages"][0]["content"]


async def test_the_configuration_tells_how_to_begin(client: Client) -> None:
    config = await call(client, "bus_get_config")
    assert config["bus_name"] == "AgentChatBus"
    assert (config["preferred_language"], config["language_source"]) == ("English", "default")
    assert "English" in config["language_note"]
    assert config["auth_requirements"]["mcp_thread_create"]["body"] == ["topic", "agent_id", "token"]
    assert config["recommended_workflow"]["join_or_create_thread"]["tool"] == "bus_connect"


async def test_a_created_thread_comes_with_a_token_and_says_whether_it_is_new(
    client: Client, agent: AgentHandle
) -> None:
    first = await call(client, "thread_create", topic="T1", **proof(agent))
    again = await call(client, "thread_create", topic="T1", **proof(agent))
    assert set(first) == {"thread_id", "topic", "status", "created", "system_prompt", "template_id"} | SYNC
    assert (first["created"], again["created"]) == (True, False)
    assert first["thread_id"] == again["thread_id"]


async def test_threads_are_listed_newest_first_with_a_cursor(client: Client, agent: AgentHandle) -> None:
    for topic in ("T1", "T2"):
        await call(client, "thread_create", topic=topic, **proof(agent))
    page = await call(client, "thread_list", limit=1)
    rest = await call(client, "thread_list", limit=5, before=page["next_cursor"])
    assert set(page["threads"][0]) == {"thread_id", "topic", "status", "created_at"}
    assert MOMENT.fullmatch(page["threads"][0]["created_at"])
    assert (page["total"], page["has_more"]) == (3, True)
    assert (rest["has_more"], rest["next_cursor"]) == (False, None)  # H63, M46: a full last page is the last
    assert len(rest["threads"]) == 2


async def test_one_thread_shows_when_and_how_it_was_closed(harness: BusHarness, client: Client) -> None:
    thread = await call(client, "thread_get", thread_id=harness.thread)
    assert set(thread) == {"thread_id", "topic", "status", "created_at", "closed_at", "summary"}
    assert thread["closed_at"] is None


async def test_a_post_brings_the_token_for_the_next_one(client: Client, agent: AgentHandle) -> None:
    sync = {"expected_last_seq": agent.sync.current_seq, "reply_token": agent.sync.reply_token}
    posted = await call(client, "msg_post", thread_id=agent.thread_id, author=agent.agent_id, content="Hi", **sync)
    assert set(posted) == {"msg_id", "seq", "reply_to_msg_id"} | SYNC
    assert UUID.fullmatch(posted["msg_id"])
    assert (posted["seq"], posted["current_seq"], posted["reply_to_msg_id"]) == (1, 1, None)
    assert posted["reply_token"] != sync["reply_token"]


async def test_messages_as_blocks_are_for_reading(harness: BusHarness, client: Client) -> None:
    await harness.post("Hello", metadata={"images": [{"url": "/static/uploads/none.png"}]})
    await harness.post("", metadata={"attachments": [{"type": "image", "data": PNG, "mimeType": "image/png"}]})
    result = await client.call_tool(
        "msg_list", {"thread_id": harness.thread, "after_seq": 0, "include_system_prompt": False}
    )
    head, text, link, second, image = result.content
    assert re.fullmatch(r"\[1\] human \(user\) " + MOMENT.pattern, head.text)  # type: ignore[union-attr]
    assert text.text == "Hello"  # type: ignore[union-attr]
    assert link.text == "[image] /static/uploads/none.png"  # type: ignore[union-attr]
    assert second.text.startswith("[2] human")  # type: ignore[union-attr]
    assert (image.type, image.data, image.mime_type) == ("image", PNG, "image/png")  # type: ignore[union-attr]
    assert [item["seq"] for item in result.structured_content["messages"]] == [1, 2]  # type: ignore[index]


async def test_pictures_can_be_left_out(harness: BusHarness, client: Client) -> None:
    await harness.post("Look", metadata={"attachments": [{"type": "image", "data": PNG}]})
    arguments = {"thread_id": harness.thread, "include_system_prompt": False, "include_attachments": False}
    result = await client.call_tool("msg_list", arguments)
    assert [block.type for block in result.content] == ["text", "text"]


async def test_an_empty_list_has_no_blocks(harness: BusHarness, client: Client) -> None:
    result = await client.call_tool("msg_list", {"thread_id": harness.thread, "after_seq": 5})
    assert (result.content, result.structured_content) == ([], {"messages": []})


async def test_messages_as_json_are_a_bare_array(harness: BusHarness, client: Client) -> None:
    await harness.post("Hello", metadata={"foo": {"bar": [1]}})
    arguments = {"thread_id": harness.thread, "return_format": "json", "include_system_prompt": False}
    result = await client.call_tool("msg_list", arguments)
    [block] = result.content
    [message] = json.loads(block.text)  # type: ignore[union-attr]
    assert set(message) == {
        "msg_id",
        "author",
        "author_id",
        "author_name",
        "role",
        "content",
        "seq",
        "created_at",
        "metadata",
        "reply_to_msg_id",
        "reactions",
    }
    assert message["metadata"] == {"foo": {"bar": [1]}}  # M53: an object everywhere
    assert result.structured_content == {"messages": [message]}


async def test_one_message_shows_its_edits_and_nothing_hidden(harness: BusHarness, client: Client) -> None:
    posted = await harness.post("For people", metadata={"visibility": "human_only", "secret": 1})
    found = await call(client, "msg_get", message_id=posted.message.id)
    assert found["found"] is True
    assert "For people" not in json.dumps(found)
    assert (found["message"]["edit_version"], found["message"]["edited_at"]) == (0, None)
    assert found["message"]["metadata"]["content_hidden"] is True


async def test_a_wait_in_blocks_begins_with_the_sync_context(harness: BusHarness, client: Client) -> None:
    await harness.post("Hello")
    result = await client.call_tool("msg_wait", {"thread_id": harness.thread, "after_seq": 0})
    sync, _, text = result.content
    context = json.loads(sync.text)  # type: ignore[union-attr]
    assert set(context) == {"type", "reason"} | SYNC
    assert (context["type"], context["current_seq"], context["reason"]) == ("sync_context", 1, "messages")
    assert text.text == "Hello"  # type: ignore[union-attr]
    envelope: dict[str, Any] = result.structured_content or {}
    assert set(envelope) == {"messages", "reason"} | SYNC
    assert envelope["reply_token"] == context["reply_token"]


async def test_a_wait_without_news_is_empty(harness: BusHarness, client: Client) -> None:
    arguments = {"thread_id": harness.thread, "after_seq": 0, "timeout_ms": 0}
    result = await client.call_tool("msg_wait", arguments)
    assert len(result.content) == 1
    assert result.structured_content["messages"] == []  # type: ignore[index]
    assert result.structured_content["reason"] == "timeout"  # type: ignore[index]


async def test_a_registration_shows_the_token_once(client: Client) -> None:
    skills = [{"id": "review", "name": "Review", "tags": ["x"]}]
    agent = await call(client, "agent_register", ide="VS Code", model="GPT", display_name="Bob", skills=skills)
    assert (agent["name"], agent["display_name"], agent["alias_source"]) == ("VS Code (GPT)", "Bob", "user")
    assert agent["skills"] == skills
    assert agent["last_activity"] == "registered"
    assert agent["thread_create_example"]["tool"] == "thread_create"
    assert agent["deprecation_info"]["recommended_replacement"] == "bus_connect"
    [listed] = (await call(client, "agent_list"))["agents"]
    assert "token" not in listed
    assert (listed["is_online"], listed["description"], listed["ide"]) == (True, "", "VS Code")


async def test_the_list_of_agents_is_a_bare_array_in_text(client: Client, agent: AgentHandle) -> None:
    result = await client.call_tool("agent_list", {})
    [block] = result.content
    assert json.loads(block.text) == result.structured_content["agents"]  # type: ignore[union-attr, index]


async def test_signs_of_life_are_answered_with_ok(client: Client, agent: AgentHandle) -> None:
    assert await call(client, "agent_heartbeat", **proof(agent)) == {"ok": True}
    resumed = await call(client, "agent_resume", **proof(agent))
    assert (resumed["ok"], resumed["agent_id"], resumed["last_activity"]) == (True, agent.agent_id, "resume")
    assert resumed["is_online"] is True
    assert await call(client, "agent_unregister", **proof(agent)) == {"ok": True}


async def test_nobody_is_a_person_over_mcp_without_a_token(harness: BusHarness, client: Client) -> None:
    context = await harness.app.bus.tokens.context(harness.thread, Caller(kind=CallerKind.GUEST))
    answer = await refused(
        client,
        "msg_post",
        thread_id=harness.thread,
        author="human",
        content="I am a person",
        expected_last_seq=0,
        reply_token=context.reply_token,
    )
    assert answer["error"] == "FORBIDDEN"
