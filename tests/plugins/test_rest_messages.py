"""Messages over REST."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from agentchatbus.plugin_api import BusSettings, MessageDraft, Metadata, Plugin, PluginSettings, Rejected, hookimpl
from agentchatbus.testing import MakeBus
from tests.plugins.rest_kit import Rest, open_rest

POSTED = {
    "id",
    "seq",
    "author",
    "author_id",
    "author_name",
    "author_display_name",
    "author_emoji",
    "role",
    "content",
    "created_at",
    "priority",
    "reply_to_msg_id",
    "metadata",
}
LISTED = POSTED | {"edited_at", "edit_version", "reactions"}
AGAIN = {"action": "CALL_SYNC_CONTEXT_THEN_RETRY"}


class NoKeysPlugin(Plugin[PluginSettings]):
    """Refuses a word."""

    @hookimpl
    async def check_message(self, draft: MessageDraft) -> None:
        if "AKIA" in draft.content:
            raise Rejected("Content blocked by filter", pattern="AWS Access Key ID")


async def test_a_plain_content_is_enough_for_a_post(make_bus: MakeBus) -> None:
    rest = await open_rest(make_bus)
    answer = await rest.http.post(rest.messages, json={"content": "Hello team"})
    message = answer.json()
    assert answer.status_code == 201
    assert message.pop("id")
    assert message == {
        "seq": 1,
        "author": "human",
        "author_id": None,
        "author_name": "human",
        "author_display_name": "human",
        "author_emoji": "👤",
        "role": "user",
        "content": "Hello team",
        "created_at": "2030-01-01T12:00:00.000000+00:00",
        "priority": "normal",
        "reply_to_msg_id": None,
        "metadata": None,
    }


async def test_an_agent_posts_with_its_token_with_and_without_its_id(make_bus: MakeBus) -> None:
    """H88: the alias stands beside the generated name."""
    rest = await open_rest(make_bus)
    agent = await rest.register("Nova")
    for author in ({"author": agent["agent_id"]}, {}):
        message = (await rest.post(token=agent["token"], **author)).json()
        assert (message["author_id"], message["author_name"]) == (agent["agent_id"], "Cursor (GPT-5)")
        assert (message["author_display_name"], message["author_emoji"]) == ("Nova", agent["emoji"])


async def test_a_bearer_token_is_an_agent_token(make_bus: MakeBus) -> None:
    rest = await open_rest(make_bus)
    agent = await rest.register()
    headers = {"authorization": f"Bearer {agent['token']}"}
    answer = await rest.http.post(rest.messages, json={"content": "x"}, headers=headers)
    assert answer.json()["author_id"] == agent["agent_id"]


async def test_nobody_posts_as_an_agent_without_its_token(make_bus: MakeBus) -> None:
    """H21: neither by id nor by name, and not with the token of another one."""
    rest = await open_rest(make_bus)
    nova, bob = await rest.register("Nova"), await rest.register("Bob")
    for author in (nova["agent_id"], nova["name"]):
        answer = await rest.post(author=author)
        assert (answer.status_code, answer.json()) == (
            401,
            {"detail": "X-Agent-Token header required to post as a registered agent"},
        )
        assert (await rest.post(author=author, token=bob["token"])).status_code == 403
    answer = await rest.post(author=nova["agent_id"], token="0" * 64)
    assert (answer.status_code, answer.json()) == (401, {"detail": "Invalid agent token"})
    assert await rest.bus.messages() == []


@pytest.mark.parametrize(
    ("body", "status", "detail"),
    [
        ({"role": "system"}, 400, "role 'system' is not allowed for human messages"),
        ({"author": "system"}, 403, "'system' cannot be claimed; post with your agent token."),
        ({"reply_to_msg_id": "x"}, 400, "reply_to_msg_id 'x' does not exist."),
        ({"content": " "}, 400, "content must not be empty"),
        (
            {"metadata": {"stop_reason": "bored"}},
            400,
            "Invalid stop_reason 'bored'. Must be one of: complete, convergence, error, impasse, timeout",
        ),
        ({"content": "AKIA..."}, 400, {"error": "Content blocked by filter", "pattern": "AWS Access Key ID"}),
        ({"reply_token": "unknown"}, 400, {"error": "TOKEN_INVALID"} | AGAIN),
    ],
)
async def test_what_is_refused_is_not_stored(make_bus: MakeBus, body: Metadata, status: int, detail: object) -> None:
    """H06, H21, H65, H66."""
    rest = await open_rest(make_bus, plugins=[NoKeysPlugin(PluginSettings())])
    answer = await rest.post(**({"content": "x"} | dict(body)))
    assert (answer.status_code, answer.json()) == (status, {"detail": detail})
    assert await rest.bus.messages() == []


async def test_a_used_reply_token_says_when_it_was_used(make_bus: MakeBus) -> None:
    rest = await open_rest(make_bus)
    sync = (await rest.http.post(f"/api/threads/{rest.bus.thread}/sync-context")).json()
    await rest.post("first", reply_token=sync["reply_token"])
    answer = await rest.post("second", reply_token=sync["reply_token"])
    detail = {"error": "TOKEN_REPLAY", "consumed_at": "2030-01-01T12:00:00.000000+00:00"} | AGAIN
    assert (answer.status_code, answer.json()) == (400, {"detail": detail})


async def test_a_post_out_of_sync_is_told_in_both_forms_at_once(make_bus: MakeBus) -> None:
    rest = await open_rest(make_bus)
    await rest.post("one", metadata={"ticket": 7})
    await rest.post("two")
    answer = await rest.post("late", expected_last_seq=0)
    document = answer.json()
    detail = document.pop("detail")
    missed = detail["new_messages"]
    assert answer.status_code == 409
    assert [(message["seq"], message["content"]) for message in missed] == [(1, "one"), (2, "two")]
    assert {"msg_id", "seq", "author", "role", "content", "created_at"} <= set(missed[0])
    assert missed[0]["metadata"] == '{"ticket":7}'
    seqs = {"error": "SEQ_MISMATCH", "expected_last_seq": 0, "current_seq": 2}
    assert detail == seqs | {"new_messages": missed, "action": "RE_READ_AND_RETRY"}
    assert document == seqs | {"new_messages_1st_read": missed, "action": "READ_MESSAGES_THEN_CALL_MSG_WAIT"}


async def test_a_baseline_in_the_future_is_out_of_sync(make_bus: MakeBus) -> None:
    """H67."""
    rest = await open_rest(make_bus)
    answer = await rest.post(expected_last_seq=999999)
    assert (answer.status_code, answer.json()["detail"]["new_messages"]) == (409, [])


async def test_mentions_and_images_are_kept_in_the_metadata(make_bus: MakeBus) -> None:
    rest = await open_rest(make_bus)
    images = [{"url": "/static/uploads/a.png", "name": "a.png"}]
    message = (await rest.post(mentions=["x"], images=images, metadata={"ticket": 7})).json()
    assert json.loads(message["metadata"]) == {"mentions": ["x"], "images": images, "ticket": 7}
    assert (await rest.post("", images=images)).status_code == 201
    answer = await rest.post(images=["a.png"])
    assert (answer.status_code, answer.json()["detail"][0]["loc"]) == (422, ["body", "images"])
    answer = await rest.post(images=images, metadata="text")
    assert (answer.status_code, answer.json()["detail"][0]["loc"]) == (422, ["body", "metadata"])


async def test_metadata_is_a_string_in_lists_and_an_object_on_its_own(make_bus: MakeBus) -> None:
    """H60, H62."""
    rest = await open_rest(make_bus)
    posted = (await rest.post(metadata={"größe": [1, {"a": None}]})).json()
    (listed,) = (await rest.http.get(rest.messages)).json()
    single = (await rest.http.get(f"/api/messages/{posted['id']}")).json()
    assert (set(posted), set(listed), set(single)) == (POSTED, LISTED, LISTED | {"thread_id"})
    assert json.loads(listed["metadata"]) == {"größe": [1, {"a": None}]}
    assert (single["metadata"], single["thread_id"]) == ({"größe": [1, {"a": None}]}, rest.bus.thread)
    assert (listed["edited_at"], listed["edit_version"], listed["reactions"]) == (None, 0, [])
    missing = await rest.http.get("/api/messages/x")
    assert (missing.status_code, missing.json()) == (404, {"detail": "Message 'x' not found"})


async def test_a_list_of_messages_is_bounded_and_has_no_prompt_unless_asked(make_bus: MakeBus) -> None:
    """H61."""
    rest = await open_rest(make_bus)
    for number in range(201):
        await rest.bus.post(str(number + 1))

    async def seqs(**query: object) -> list[int]:
        answer = await rest.http.get(rest.messages, params={name: str(value) for name, value in query.items()})
        return [message["seq"] for message in answer.json()]

    assert await seqs() == list(range(1, 201))
    assert await seqs(after_seq=200) == [201]
    assert await seqs(limit=0) == []
    assert await seqs(limit=-1) == list(range(1, 202))
    assert await seqs(limit=2, include_system_prompt=1) == [0, 1, 2]
    assert await seqs(limit=2, include_system_prompt="yes", after_seq=5) == [6, 7]


async def test_the_prompt_of_a_thread_is_a_row_of_its_own(make_bus: MakeBus) -> None:
    rest = await open_rest(make_bus)
    (row,) = (await rest.http.get(rest.messages, params={"include_system_prompt": "true"})).json()
    assert (row["id"], row["seq"], row["author_name"]) == (f"sys-{rest.bus.thread}", 0, "System")
    assert (row["author"], row["author_id"], row["role"], row["author_emoji"]) == ("system", "system", "system", "⚙️")


async def test_a_list_can_be_filtered_by_priority(make_bus: MakeBus) -> None:
    rest = await open_rest(make_bus)
    await rest.post("a")
    await rest.post("b", priority="urgent")
    listed = (await rest.http.get(rest.messages, params={"priority": "urgent"})).json()
    assert [message["content"] for message in listed] == ["b"]
    answer = await rest.http.get(rest.messages, params={"priority": "x"})
    assert (answer.status_code, answer.json()) == (400, {"detail": "Invalid priority filter 'x'"})


async def test_what_is_for_people_is_hidden_from_agents(make_bus: MakeBus) -> None:
    """H29."""
    rest = await open_rest(make_bus)
    agent = await rest.register()
    await rest.post("secret", metadata={"visibility": "human_only"})
    (for_people,) = (await rest.http.get(rest.messages)).json()
    (for_agents,) = (await rest.http.get(rest.messages, headers={"x-agent-token": agent["token"]})).json()
    assert (for_people["content"], for_agents["content"]) == ("secret", "[human-only content hidden]")


async def test_a_repeated_post_with_its_key_gets_the_first_answer(make_bus: MakeBus) -> None:
    """H05: whoever is unsure whether a post was stored can send it again."""
    rest = await open_rest(make_bus)
    headers = {"idempotency-key": "0e0b7d52-6f51-4a1e-8b0a-7e2c2b1c4a55"}
    first, second = [await rest.http.post(rest.messages, json={"content": "x"}, headers=headers) for _ in range(2)]
    assert (first.status_code, second.status_code, first.json()) == (201, 201, second.json())
    other = await rest.http.post(rest.messages, json={"content": "y"}, headers=headers)
    assert other.status_code == 409
    assert len(await rest.bus.messages()) == 1


async def test_a_closed_door_and_an_open_one_do_not_share_a_key(make_bus: MakeBus) -> None:
    rest = await open_rest(make_bus)
    agent = await rest.register()
    key = {"idempotency-key": "0e0b7d52-6f51-4a1e-8b0a-7e2c2b1c4a55"}
    for headers in (key, key | {"x-agent-token": agent["token"]}):
        assert (await rest.http.post(rest.messages, json={"content": "x"}, headers=headers)).status_code == 201
    assert len(await rest.bus.messages()) == 2


async def test_many_writers_of_one_thread_all_succeed(make_bus: MakeBus) -> None:
    """H02."""
    rest = await open_rest(make_bus)
    answers = await asyncio.gather(*(rest.post(str(number), author=f"client {number % 8}") for number in range(200)))
    assert {answer.status_code for answer in answers} == {201}
    assert sorted(answer.json()["seq"] for answer in answers) == list(range(1, 201))


async def test_a_message_has_a_largest_size(make_bus: MakeBus) -> None:
    """H08."""
    rest = await open_rest(make_bus, settings=BusSettings(max_content_bytes=1000))
    answer = await rest.post("x" * 1001)
    assert (answer.status_code, "1000" in answer.json()["detail"]) == (413, True)


async def test_a_wait_ends_with_the_next_message_and_a_sync_context(make_bus: MakeBus) -> None:
    rest = await open_rest(make_bus)
    agent = await rest.register("Nova")
    task = asyncio.create_task(_wait(rest, agent["token"]))
    await rest.bus.until_blocked()
    (thread,) = (await rest.http.get("/api/threads")).json()["threads"]
    seen = {"id": agent["agent_id"], "display_name": "Nova", "emoji": agent["emoji"]}
    since = "2030-01-01T12:00:00.000000+00:00"
    assert thread["waiting_agents"] == [seen | {"since": since, "waiting_for": []}]
    await rest.post("news")
    outcome = await task
    assert set(outcome) == {"messages", "reason", "current_seq", "reply_token", "reply_window"}
    assert ([message["content"] for message in outcome["messages"]], outcome["reason"]) == (["news"], "messages")
    posted = await rest.post("answer", token=agent["token"], expected_last_seq=1, reply_token=outcome["reply_token"])
    assert posted.status_code == 201


async def _wait(rest: Rest, token: str) -> dict[str, Any]:
    path, body = f"/api/threads/{rest.bus.thread}/wait", {"after_seq": 0, "timeout_ms": 60_000}
    answer = await rest.http.post(path, json=body, headers={"x-agent-token": token})
    assert answer.status_code == 200, answer.text
    document: dict[str, Any] = answer.json()
    return document
