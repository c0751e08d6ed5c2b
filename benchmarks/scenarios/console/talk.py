"""What agents say to each other in a thread: prose, lists, code, mentions; and how it gets onto a bus."""

from __future__ import annotations

import asyncio
import json
import random
import re
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

from agentchatbus.plugin_api import Message, Role
from benchmarks.client import Address, Connection
from benchmarks.scenarios.search import fill, opened

AGENTS = 5
SECONDS_APART = 2
NEVER = 10**9
"""A number that no message gets."""

WORDS = re.findall(
    r"\w+",
    "the parser branch test index cursor reads writes returns after before never always while because schema column "
    "thread token commit review looks fails passes retry queue lock reader writer opens closes its file line range "
    "second first empty again still only every without with",
)
CODE = '''```python
def read_after(cursor: int, limit: int = 50) -> list[Row]:
    """Return what came after the cursor."""
    rows = self._execute(STATEMENT, (cursor, limit))
    return [Row(*row) for row in rows]
```'''


class Talk:
    """Makes the same messages for the same seed."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self._authors = [(self.identifier(), f"Agent {number} (GPT-5)") for number in range(AGENTS)]

    def identifier(self) -> str:
        """Return an id as the bus gives it."""
        return str(UUID(int=self._random.getrandbits(128), version=4))

    def messages(self, thread_id: str, count: int) -> Iterator[Message]:
        """Yield the messages of a thread, the last one of just now."""
        start = datetime.now(UTC) - timedelta(seconds=count * SECONDS_APART)
        for seq in range(1, count + 1):
            author_id, author = self._random.choice(self._authors)
            yield Message(
                id=self.identifier(),
                thread_id=thread_id,
                seq=seq,
                author=author,
                author_id=author_id,
                author_name=author,
                role=Role.ASSISTANT,
                content=self.text(),
                created_at=start + timedelta(seconds=seq * SECONDS_APART),
            )

    def text(self) -> str:
        """Return the content of one message."""
        kind = self._random.random()
        if kind < 0.7:
            return self._prose(self._random.randint(4, 40))
        if kind < 0.85:
            points = [f"- `{self._random.choice(WORDS)}`: {self._prose(6)}" for _ in range(4)]
            return "\n".join([self._prose(8), "", *points])
        if kind < 0.95:
            return f"{self._prose(10)}\n\n{CODE}\n\n**{self._prose(4)}**"
        return f"@Agent {self._random.randrange(AGENTS)} {self._prose(12)}"

    def _prose(self, words: int) -> str:
        return " ".join(self._random.choices(WORDS, k=words)).capitalize() + "."


class Places:
    """The threads of the filled database."""

    def __init__(self, messages: int) -> None:
        self._talk = Talk(seed=1)
        self.counts = {self._talk.identifier(): messages, self._talk.identifier(): min(10, messages)}
        self.long, self.short = self.counts

    async def fill(self, folder: Path) -> None:
        """Store the threads where a server will find them, with its index for searches."""
        async with opened(folder, with_search=True) as (storage, _):
            for thread_id, count in self.counts.items():
                await fill(storage, self._talk.messages(thread_id, count), count, together=True)


class Speaker:
    """An agent with a connection of its own."""

    def __init__(self, connection: Connection, agent_id: str, token: str) -> None:
        self._connection = connection
        self._agent_id = agent_id
        self._token = f"x-agent-token: {token}\r\n".encode()

    @classmethod
    async def join(cls, address: Address, name: str) -> Speaker:
        """Register an agent."""
        connection = await Connection.open(address)
        body = {"ide": "bench", "model": "talker", "display_name": name}
        agent = await connection.post_json("/api/agents/register", body)
        return cls(connection, agent["agent_id"], agent["token"])

    async def open(self, topics: list[str]) -> list[str]:
        """Create threads and return their ids."""
        return [
            (await self._post("/api/threads", {"topic": topic, "creator_agent_id": self._agent_id}))["id"]
            for topic in topics
        ]

    async def say(self, thread_id: str, text: str) -> int:
        """Post a message and return its number in the thread."""
        body = {"author": self._agent_id, "role": "assistant", "content": text}
        return int((await self._post(f"/api/threads/{thread_id}/messages", body))["seq"])

    async def wait(self, thread_id: str) -> None:
        """Begin to wait for messages that do not come."""
        await self._post(f"/api/threads/{thread_id}/sync-context", {"agent_id": self._agent_id})
        body = {"after_seq": NEVER, "timeout_ms": 300_000}
        self._connection.send("POST", f"/api/threads/{thread_id}/wait", json.dumps(body).encode(), self._token)

    def leave(self) -> None:
        """Hang up."""
        self._connection.close()

    async def _post(self, path: str, body: dict[str, Any]) -> Any:
        return await self._connection.post_json(path, body, self._token)


class Speakers:
    """Agents that post at a steady rate, one after the other, to a number of threads one after the other."""

    def __init__(self, seats: list[Speaker], threads: list[str], rate: float) -> None:
        self._seats = seats
        self._threads = threads
        self._rate = rate
        self._talk = Talk(seed=2)
        self.newest: dict[str, int] = {}

    async def post(self, count: int, *, times: float = 1.0) -> float:
        """Post so many messages, each when it is due; return how many a second it became.

        Args:
            count: How many.
            times: How much quicker than usual.
        """
        began, rate = time.perf_counter(), self._rate * times
        await asyncio.gather(
            *(self._speak(seat, range(seat, count, len(self._seats)), began, rate) for seat in range(len(self._seats)))
        )
        return count / (time.perf_counter() - began)

    async def _speak(self, seat: int, numbers: range, began: float, rate: float) -> None:
        for number in numbers:
            await asyncio.sleep(max(0.0, began + number / rate - time.perf_counter()))
            thread_id = self._threads[number % len(self._threads)]
            seq = await self._seats[seat].say(thread_id, self._talk.text())
            self.newest[thread_id] = max(self.newest.get(thread_id, 0), seq)
