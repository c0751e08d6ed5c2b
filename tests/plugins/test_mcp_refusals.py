"""What each tool answers when it refuses, against the shapes of the contract. M51: every one is marked as an error."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import jsonschema
import pytest
import pytest_asyncio
from mcp.client.client import Client

from agentchatbus.plugin_api import (
    Action,
    BusError,
    BusSettings,
    Caller,
    Forbidden,
    Internal,
    MessageDraft,
    NotFound,
    Plugin,
    PluginSettings,
    RateLimited,
    Rejected,
    ThreadDraft,
    Unavailable,
    hookimpl,
)
from agentchatbus.testing import AgentHandle, BusHarness, MakeBus
from tests.plugins.mcp_site import call, client_of, held, refused


class Objector(Plugin[PluginSettings]):
    """Refuses what it is told to refuse."""

    def __init__(self) -> None:
        super().__init__(PluginSettings())
        self.action_error: BusError | None = None
        self.message_error: BusError | None = None
        self.thread_error: BusError | None = None

    @hookimpl
    async def check_action(self, action: Action) -> None:
        if self.action_error:
            raise self.action_error

    @hookimpl
    async def check_message(self, draft: MessageDraft, caller: Caller) -> None:
        if self.message_error:
            raise self.message_error

    @hookimpl
    async def transform_thread(self, draft: ThreadDraft, caller: Caller) -> None:
        if self.thread_error:
            raise self.thread_error


@pytest.fixture
def objector() -> Objector:
    return Objector()


@pytest_asyncio.fixture
async def harness(make_bus: MakeBus, objector: Objector) -> BusHarness:
    return await make_bus(plugins=[objector])


@pytest_asyncio.fixture
async def client(harness: BusHarness) -> AsyncIterator[Client]:
    async with held(client_of(harness)) as connected:
        yield connected


@pytest_asyncio.fixture
async def agent(harness: BusHarness) -> AgentHandle:
    return await harness.agent("Alice")


def post(agent: AgentHandle, **changes: Any) -> dict[str, Any]:
    """Return the arguments of a post that is in order, but for the changes."""
    return {
        "thread_id": agent.thread_id,
        "author": agent.agent_id,
        "content": "Hi",
        "expected_last_seq": agent.sync.current_seq,
        "reply_token": agent.sync.reply_token,
    } | changes


@pytest.mark.parametrize("missing", ["expected_last_seq", "reply_token"])
@pytest.mark.parametrize("is_given", [True, False])
async def test_a_post_without_sync_fields(client: Client, agent: AgentHandle, missing: str, *, is_given: bool) -> None:
    arguments = post(agent, token=agent.token, **{missing: None if missing == "expected_last_seq" else ""})
    if not is_given:
        del arguments[missing]
    answer = await refused(client, "msg_post", **arguments)
    assert set(answer) == {"error", "detail", "REMINDER", "action"}
    assert answer["error"] == "MissingSyncFieldsError"
    assert answer["detail"] == f"Missing required sync fields: {missing}"
    assert answer["action"] == "CALL_MSG_WAIT"
    async with asyncio.timeout(30):  # the clock stands still, so a wait that blocks has no other end
        identity = {"agent_id": agent.agent_id, "token": agent.token}
        waited = await call(client, "msg_wait", thread_id=agent.thread_id, after_seq=0, **identity)
    assert waited["messages"] == []
    listed = {tool.name: tool.input_schema for tool in (await client.list_tools()).tools}
    assert missing in listed["msg_post"]["required"]


async def test_a_post_with_an_unknown_token(client: Client, agent: AgentHandle) -> None:
    answer = await refused(client, "msg_post", **post(agent, reply_token="nonsense", token=agent.token))
    assert (answer["error"], answer["detail"]) == ("ReplyTokenInvalidError", "TOKEN_INVALID")
    assert answer["action"] == "CALL_MSG_WAIT"


async def test_a_post_with_a_used_token(client: Client, agent: AgentHandle) -> None:
    await call(client, "msg_post", **post(agent))
    answer = await refused(client, "msg_post", **post(agent, content="Another", expected_last_seq=1))
    assert (answer["error"], answer["detail"]) == ("ReplyTokenReplayError", "TOKEN_REPLAY")
    assert set(answer) == {"error", "detail", "REMINDER", "action", "consumed_at"}


async def test_a_post_that_missed_messages_brings_them(harness: BusHarness, client: Client, agent: AgentHandle) -> None:
    await harness.post("You missed this")
    await harness.post("And this")
    answer = await refused(client, "msg_post", **post(agent))
    assert answer["error"] == "SeqMismatchError"
    assert answer["detail"] == "SEQ_MISMATCH: expected_last_seq=0, current_seq=2"
    assert (answer["expected_last_seq"], answer["current_seq"]) == (0, 2)
    assert answer["action"] == "READ_MESSAGES_THEN_CALL_MSG_WAIT"
    assert "CRITICAL_REMINDER" in answer
    first, second = answer["new_messages_1st_read"]
    assert set(first) == {"msg_id", "seq", "author", "role", "content", "created_at"}
    assert (first["content"], second["content"]) == ("You missed this", "And this")


async def test_a_post_on_top_of_messages_that_do_not_exist_is_told_so(client: Client, agent: AgentHandle) -> None:
    answer = await refused(client, "msg_post", **post(agent, expected_last_seq=9))
    assert (answer["error"], answer["new_messages_1st_read"]) == ("SeqMismatchError", [])
    assert "do not exist" in answer["CRITICAL_REMINDER"]


async def test_a_post_that_missed_messages_for_people_does_not_bring_their_content(
    harness: BusHarness, client: Client, agent: AgentHandle
) -> None:
    await harness.post("For people", metadata={"visibility": "human_only"})
    answer = await refused(client, "msg_post", **post(agent))
    assert answer["new_messages_1st_read"][0]["content"] == "[human-only content hidden]"


MESSAGE_REFUSALS: list[tuple[BusError, dict[str, Any]]] = [
    (
        Rejected("Content blocked by filter", pattern="AWS Access Key ID", where="content"),
        {"error": "Content blocked by filter", "pattern": "AWS Access Key ID", "where": "content"},
    ),
    (Rejected("Be kind."), {"error": "REJECTED", "detail": "Be kind."}),
    (
        RateLimited("Slower.", retry_after=12, limit=30, window=60),
        {"error": "Rate limit exceeded", "limit": 30, "window": 60, "retry_after": 12},
    ),
    (Forbidden("Not you."), {"error": "FORBIDDEN", "detail": "Not you."}),
    (Unavailable("Disk full."), {"error": "UNAVAILABLE", "detail": "Disk full."}),
    (Internal("Sorry."), {"error": "INTERNAL_ERROR", "detail": "Sorry."}),
]


@pytest.mark.parametrize(("error", "shape"), MESSAGE_REFUSALS, ids=lambda value: getattr(value, "code", ""))
async def test_a_post_that_a_plugin_refuses(
    client: Client, agent: AgentHandle, objector: Objector, error: BusError, shape: dict[str, Any]
) -> None:
    objector.message_error = error
    assert await refused(client, "msg_post", **post(agent)) == shape


async def test_an_error_of_a_third_party_is_named_by_its_code(client: Client, objector: Objector) -> None:
    class QuotaSpent(BusError):
        code = "quota_spent"

    objector.action_error = QuotaSpent("No more today.")
    answer = await refused(client, "thread_list")
    assert answer == {"error": "QUOTA_SPENT", "detail": "No more today."}


INVALID_POSTS: list[tuple[dict[str, Any], str]] = [
    ({"content": "  "}, "content must not be empty"),
    ({"metadata": {"stop_reason": "bored"}}, "Invalid stop_reason 'bored'. Must be one of: "),
    ({"reply_to_msg_id": "nope"}, "reply_to_msg_id 'nope' does not exist."),
]


@pytest.mark.parametrize(("changes", "detail"), INVALID_POSTS)
async def test_a_post_with_a_wrong_value(
    client: Client, agent: AgentHandle, changes: dict[str, Any], detail: str
) -> None:
    answer = await refused(client, "msg_post", **post(agent, **changes))
    assert answer["error"] == "INVALID_ARGUMENT"
    assert answer["detail"].startswith(detail)


MALFORMED: list[tuple[str, dict[str, Any], str]] = [
    ("thread_create", {}, "topic: Field required"),
    ("msg_wait", {"thread_id": "t", "after_seq": "soon"}, "after_seq: "),
    ("msg_list", {"thread_id": "t", "return_format": "xml"}, "return_format: "),
    ("msg_post", {"thread_id": "t", "author": "a", "content": 1}, "content: "),
    ("agent_register", {"ide": "A", "model": "1", "idempotency_key": 7}, "idempotency_key: "),
]


@pytest.mark.parametrize(("tool", "arguments", "problem"), MALFORMED)
async def test_malformed_arguments_are_named(
    client: Client, tool: str, arguments: dict[str, Any], problem: str
) -> None:
    answer = await refused(client, tool, **arguments)
    assert answer["error"] == "INVALID_ARGUMENT"
    assert answer["detail"].startswith(f"Input validation error in {tool}: ")
    assert problem in answer["detail"]


async def test_an_unknown_tool_is_named(client: Client) -> None:
    assert await refused(client, "thread_explode") == {"error": "Unknown tool: thread_explode"}


WRONG = {"agent_id": "somebody", "token": "wrong"}
LITERALS: list[tuple[str, dict[str, Any], dict[str, Any]]] = [
    ("thread_get", {"thread_id": "nope"}, {"error": "Thread not found"}),
    ("msg_list", {"thread_id": "nope"}, {"error": "Thread not found"}),
    ("msg_wait", {"thread_id": "nope", "after_seq": 0}, {"error": "Thread not found"}),
    ("msg_get", {"message_id": "nope"}, {"found": False, "message": None}),
    ("agent_heartbeat", WRONG, {"ok": False}),
    ("agent_unregister", WRONG, {"ok": False}),
    ("agent_resume", WRONG, {"ok": False, "error": "Invalid agent_id/token"}),
    ("bus_connect", {"thread_name": "T", **WRONG}, {"error": "Failed to resume agent: Invalid agent_id/token"}),
    ("bus_connect", {"thread_name": " ", "ide": "A"}, {"error": "thread_name is required"}),
    ("bus_connect", {"thread_id": "nope", "ide": "A"}, {"error": "Thread 'nope' not found"}),
]


@pytest.mark.parametrize(("tool", "arguments", "shape"), LITERALS)
async def test_literal_refusals(client: Client, tool: str, arguments: dict[str, Any], shape: dict[str, Any]) -> None:
    assert await refused(client, tool, **arguments) == shape


@pytest.mark.parametrize("half", [{"agent_id": "a"}, {"token": "t"}, {"agent_id": "a", "token": ""}])
async def test_half_credentials_for_a_wait(harness: BusHarness, client: Client, half: dict[str, str]) -> None:
    answer = await refused(client, "msg_wait", thread_id=harness.thread, after_seq=0, **half)
    assert answer["error"] == "InvalidCredentials"
    assert "both" in answer["detail"]


async def test_wrong_credentials_for_a_wait(harness: BusHarness, client: Client) -> None:
    answer = await refused(client, "msg_wait", thread_id=harness.thread, after_seq=0, **WRONG)
    assert answer["error"] == "InvalidCredentials"
    assert "both" not in answer["detail"]


@pytest.mark.parametrize("proof", [{}, {"agent_id": "", "token": ""}, {"agent_id": "a"}])
async def test_a_thread_without_a_creator_is_explained(client: Client, proof: dict[str, str]) -> None:
    answer = await refused(client, "thread_create", topic="T", **proof)
    assert answer["error"] == "thread_create requires explicit agent_id and token in input"
    assert set(answer) == {"error", "explanation", "credential_source", "how_to_fix", "alternative"}
    assert {step["tool"] for step in answer["how_to_fix"]} == {"agent_register", "thread_create"}


async def test_a_thread_of_a_wrong_creator(client: Client, agent: AgentHandle) -> None:
    unknown = await refused(client, "thread_create", topic="T", **WRONG)
    assert unknown["error"] == "creator_agent_id must be a registered agent"
    answer = await refused(client, "thread_create", topic="T", agent_id=agent.agent_id, token="wrong")
    assert answer["error"] == "Invalid agent token"
    assert "hint" in answer


async def test_a_thread_of_an_unknown_template(client: Client, agent: AgentHandle, objector: Objector) -> None:
    objector.thread_error = NotFound("There is none.", kind="template", id="nope")
    proof = {"agent_id": agent.agent_id, "token": agent.token}
    answer = await refused(client, "thread_create", topic="T", template="nope", **proof)
    assert answer == {"error": "Thread template 'nope' not found."}


async def test_refusals_fit_the_output_schemas(client: Client) -> None:
    # Some clients check refused results against the schema as well.
    schemas = {tool.name: tool.output_schema for tool in (await client.list_tools()).tools}
    for tool, arguments, _ in LITERALS:
        jsonschema.validate(await refused(client, tool, **arguments), schemas[tool] or {})


async def test_a_bus_on_the_network_asks_everybody_for_a_token(make_bus: MakeBus) -> None:
    harness = await make_bus(settings=BusSettings(is_open=False, operator_token="a long operator token"))
    async with client_of(harness) as client:
        answer = await refused(client, "thread_list")
    assert answer["error"] == "AUTHENTICATION_REQUIRED"
