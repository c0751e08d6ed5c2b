"""One participant of the end-to-end conversation: a process of its own that talks to the bus over one way in.

Usage: python participant.py KIND URL THREAD INDEX COUNT TURNS

Prints one JSON object a line: {"seen": [seq, id, content]} for each message read, {"acked": [turn, seq, id]} for each
post that the bus acknowledged, {"lost": reason} for each connection lost. Nobody helps it: it reconnects and retries.
"""

from __future__ import annotations

import asyncio
import json
import logging
import sys
import uuid
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx
from mcp.client.client import Client
from mcp.client.sse import sse_client
from mcp.client.stdio import StdioServerParameters

WAIT_MS = 20_000
RETRY_SECONDS = 0.1
MAX_RETRIES = 600
SYNC_ERRORS = ("SeqMismatchError", "ReplyTokenReplayError", "ReplyTokenInvalidError")


def report(**facts: Any) -> None:
    print(json.dumps(facts), flush=True)


def describe(error: BaseException) -> str:
    """Return what went wrong at the bottom of it."""
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    text = error.response.text if isinstance(error, httpx.HTTPStatusError) else str(error)
    return f"{type(error).__name__}: {text}"[:300]


class LostSync(Exception):
    """The bus refused a post because something was not read yet."""


class Seat(ABC):
    """A way to take part; every method may fail at any moment, and is then tried again on a new connection."""

    def __init__(self, url: str, thread: str, name: str) -> None:
        self.url = url
        self.thread = thread
        self.name = name
        self.key = f"{name}-{uuid.uuid4()}"
        self.cursor = 0

    @asynccontextmanager
    @abstractmethod
    async def connected(self) -> AsyncIterator[list[dict[str, Any]]]:
        """Hold a connection; yields the messages that were already there."""
        yield []

    @abstractmethod
    async def post(self, content: str, key: str) -> dict[str, Any]: ...

    @abstractmethod
    async def wait(self) -> list[dict[str, Any]]: ...


class McpSeat(Seat):
    """Over MCP, in the form that `kind` names."""

    def __init__(self, kind: str, url: str, thread: str, name: str) -> None:
        super().__init__(url, thread, name)
        self.kind = kind
        self.client: Client | None = None
        self.me: dict[str, Any] = {}
        self.thread_id = ""
        self.sync: dict[str, Any] = {}

    def _client(self) -> Client:
        if self.kind == "modern":
            return Client(f"{self.url}/mcp", mode="2026-07-28")
        if self.kind == "legacy":
            return Client(f"{self.url}/mcp", mode="legacy")
        if self.kind == "sse":
            return Client(sse_client(f"{self.url}/mcp/sse"), mode="legacy")
        command = ["-m", "agentchatbus", "stdio", "--no-start", "--url", self.url]
        return Client(StdioServerParameters(command=sys.executable, args=command), mode="legacy")

    async def call(self, tool: str, **arguments: Any) -> dict[str, Any]:
        assert self.client is not None
        result = await self.client.call_tool(tool, arguments)
        answer: dict[str, Any] = result.structured_content or {}
        if str(answer.get("error", "")).endswith(
            ("SeqMismatchError", "ReplyTokenReplayError", "ReplyTokenInvalidError")
        ):
            raise LostSync(answer["error"])
        if result.is_error:
            raise RuntimeError(f"{tool}: {answer}")
        return answer

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[list[dict[str, Any]]]:
        async with self._client() as self.client:
            known = {key: self.me[key] for key in ("agent_id", "token") if self.me}
            answer = await self.call(
                "bus_connect",
                thread_name=self.thread,
                ide=self.name,
                model="test",
                after_seq=self.cursor,
                idempotency_key=f"{self.key}-connect-{self.cursor}",
                **known,
            )
            self.me = answer["agent"]
            self.thread_id = answer["thread"]["thread_id"]
            self.sync = answer
            yield [message for message in answer["messages"] if message["seq"] > 0]

    async def post(self, content: str, key: str) -> dict[str, Any]:
        answer = await self.call(
            "msg_post",
            thread_id=self.thread_id,
            author=self.me["agent_id"],
            token=self.me["token"],
            agent_id=self.me["agent_id"],
            content=content,
            expected_last_seq=self.sync["current_seq"],
            reply_token=self.sync["reply_token"],
            idempotency_key=key,
        )
        self.sync = answer
        return answer

    async def wait(self) -> list[dict[str, Any]]:
        answer = await self.call(
            "msg_wait",
            thread_id=self.thread_id,
            after_seq=self.cursor,
            timeout_ms=WAIT_MS,
            return_format="json",
            agent_id=self.me["agent_id"],
            token=self.me["token"],
        )
        self.sync = answer
        return list(answer["messages"])


class RestSeat(Seat):
    """A script that reads over REST and is woken by the event stream."""

    def __init__(self, url: str, thread: str, name: str) -> None:
        super().__init__(url, thread, name)
        self.http: httpx.AsyncClient | None = None
        self.me: dict[str, Any] = {}
        self.path = ""
        self.last_event = ""
        self.events: AsyncIterator[str] | None = None

    async def _send(self, method: str, path: str, **more: Any) -> Any:
        assert self.http is not None
        response = await self.http.request(method, path, **more)
        if response.status_code == httpx.codes.CONFLICT:
            raise LostSync(response.text)
        response.raise_for_status()
        return response.json()

    @asynccontextmanager
    async def connected(self) -> AsyncIterator[list[dict[str, Any]]]:
        timeout = httpx.Timeout(10, read=60)
        async with httpx.AsyncClient(base_url=self.url, timeout=timeout) as self.http:
            await self._join()
            headers = {"Last-Event-ID": self.last_event} if self.last_event else {}
            async with self.http.stream("GET", "/events", headers=headers) as stream:
                stream.raise_for_status()
                self.events = stream.aiter_lines()
                yield await self._unread()

    async def _join(self) -> None:
        if not self.me:
            body = {"ide": self.name, "model": "test"}
            headers = {"Idempotency-Key": f"{self.key}-register"}
            self.me = await self._send("POST", "/api/agents/register", json=body, headers=headers)
        body = {"topic": self.thread, "creator_agent_id": self.me["agent_id"]}
        thread = await self._send("POST", "/api/threads", json=body, headers={"X-Agent-Token": self.me["token"]})
        self.path = f"/api/threads/{thread['id']}/messages"

    async def _unread(self) -> list[dict[str, Any]]:
        return list(await self._send("GET", self.path, params={"after_seq": self.cursor}))

    async def post(self, content: str, key: str) -> dict[str, Any]:
        body = {"author": self.me["agent_id"], "content": content, "expected_last_seq": self.cursor}
        headers = {"X-Agent-Token": self.me["token"], "Idempotency-Key": key}
        answer = await self._send("POST", self.path, json=body, headers=headers)
        return {"msg_id": answer["id"], "seq": answer["seq"]}

    async def wait(self) -> list[dict[str, Any]]:
        if found := await self._unread():
            return found
        assert self.events is not None
        async for line in self.events:
            if line.startswith("id:"):
                self.last_event = line[3:].strip()
            if line.startswith("data:") and json.loads(line[5:])["type"] in ("msg.new", "resync"):
                return await self._unread()
        raise ConnectionError("the event stream ended")


class Participant:
    """Posts each turn that is its own as soon as it has read the turn before."""

    def __init__(self, seat: Seat, index: int, count: int, turns: int) -> None:
        self.seat = seat
        self.index = index
        self.count = count
        self.turns = turns
        self.next_turn = 0

    async def run(self) -> None:
        for _ in range(MAX_RETRIES):
            try:
                async with self.seat.connected() as messages:
                    self.read(messages)
                    await self.converse()
            except Exception as error:  # whatever a lost connection looks like on this way in
                report(lost=describe(error))
            if self.next_turn >= self.turns:
                return
            await asyncio.sleep(RETRY_SECONDS)
        raise SystemExit(f"{self.seat.name} gave up")

    async def converse(self) -> None:
        while self.next_turn < self.turns:
            if self.next_turn % self.count == self.index:
                await self.speak()
            self.read(await self.seat.wait() if self.next_turn < self.turns else [])

    async def speak(self) -> None:
        turn = self.next_turn
        try:
            answer = await self.seat.post(f"turn {turn}", key=f"{self.seat.key}-turn-{turn}")
        except LostSync as error:
            report(refused=str(error)[:80])
            return
        report(acked=[turn, answer["seq"], answer["msg_id"]])
        if answer["seq"] == self.seat.cursor + 1:
            self.read([{"seq": answer["seq"], "msg_id": answer["msg_id"], "content": f"turn {turn}"}])

    def read(self, messages: list[dict[str, Any]]) -> None:
        for message in messages:
            report(seen=[message["seq"], message.get("msg_id") or message.get("id"), message["content"]])
            self.seat.cursor = message["seq"]
            self.next_turn = int(message["content"].split()[1]) + 1


def main() -> None:
    kind, url, thread, index, count, turns = sys.argv[1:7]
    logging.disable(logging.CRITICAL)
    name = f"Agent {kind}"
    seat = RestSeat(url, thread, name) if kind == "rest" else McpSeat(kind, url, thread, name)
    asyncio.run(Participant(seat, int(index), int(count), int(turns)).run())


if __name__ == "__main__":
    main()
