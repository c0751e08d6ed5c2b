"""Thirty-two agents at once, each in a thread of its own and all in one."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest
from mcp.client.client import Client

from tests.end_to_end.processes import running_server

AGENTS = 32
CYCLES = 3
MAX_ATTEMPTS = 400


class Talker:
    """An agent that posts, and after a refusal reads what it missed and posts again."""

    def __init__(self, client: Client, thread: str, number: int) -> None:
        self.client = client
        self.thread = thread
        self.name = f"Talker {number}"
        self.acked: list[tuple[int, str, str]] = []
        self.seen: list[int] = []
        self.refusals = 0

    async def call(self, tool: str, **arguments: Any) -> dict[str, Any]:
        result = await self.client.call_tool(tool, arguments)
        answer: dict[str, Any] = result.structured_content or {}
        assert not result.is_error or answer.get("error") == "SeqMismatchError", answer
        return answer

    async def run(self) -> None:
        answer = await self.call("bus_connect", thread_name=self.thread, ide=self.name, model="test")
        self.agent, self.thread_id = answer["agent"], answer["thread"]["thread_id"]
        self.sync, self.cursor = answer, answer["current_seq"]
        for cycle in range(CYCLES):
            await self.post(f"{self.name} cycle {cycle}")
            await self.wait(timeout_ms=1)

    async def post(self, content: str) -> None:
        for _ in range(MAX_ATTEMPTS):
            answer = await self.call(
                "msg_post",
                thread_id=self.thread_id,
                author=self.agent["agent_id"],
                content=content,
                expected_last_seq=self.sync["current_seq"],
                reply_token=self.sync["reply_token"],
            )
            if "msg_id" in answer:
                self.acked.append((answer["seq"], answer["msg_id"], content))
                self.sync = answer
                return
            self.refusals += 1
            await self.wait(timeout_ms=10_000)
        raise AssertionError(f"{self.name} never got through")

    async def wait(self, timeout_ms: int) -> None:
        self.sync = await self.call(
            "msg_wait",
            thread_id=self.thread_id,
            after_seq=self.cursor,
            timeout_ms=timeout_ms,
            return_format="json",
            agent_id=self.agent["agent_id"],
            token=self.agent["token"],
        )
        self.seen += [message["seq"] for message in self.sync["messages"]]
        self.cursor = self.sync["current_seq"]


@pytest.mark.parametrize("threads", [AGENTS, 1])
async def test_32_agents_lose_double_and_invent_nothing(tmp_path: Path, threads: int) -> None:
    """M1: of 160 posts the reference acknowledged 47 and stored 74."""
    with running_server(tmp_path) as server:
        async with Client(f"{server.url}/mcp", mode="2026-07-28") as client:
            talkers = [Talker(client, f"Room {number % threads}", number) for number in range(AGENTS)]
            await asyncio.gather(*(talker.run() for talker in talkers))
        stored = _stored(server.url, {talker.thread_id for talker in talkers})
    acked = [entry for talker in talkers for entry in talker.acked]
    assert len(acked) == AGENTS * CYCLES
    assert sorted(acked) == sorted(entry for messages in stored.values() for entry in messages)
    for messages in stored.values():
        assert [seq for seq, _, _ in messages] == list(range(1, len(messages) + 1))
    for talker in talkers:
        assert talker.seen == sorted(set(talker.seen))


def _stored(url: str, thread_ids: set[str]) -> dict[str, list[tuple[int, str, str]]]:
    found = {}
    for thread_id in thread_ids:
        messages = httpx.get(f"{url}/api/threads/{thread_id}/messages", params={"limit": 1000}).json()
        found[thread_id] = [(message["seq"], message["id"], message["content"]) for message in messages]
    return found
