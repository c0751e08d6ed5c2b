"""Posts over REST beside a no-op route of the same application."""

from __future__ import annotations

from pathlib import Path

import orjson

from benchmarks.client import Address, Connection, RequestFailed
from benchmarks.load import Step, compare, ratio_measures
from benchmarks.measure import Measure, Settings
from benchmarks.server import Server, running

NOOP_PLUGIN = Path(__file__).parents[1] / "noop_plugin.py"
BODY = orjson.dumps({"content": "I have looked at the parser; the second branch never closes its file. " * 2})
GOAL = 0.6


async def run(settings: Settings) -> list[Measure]:
    """Post at rising numbers of connections, each into a thread of its own."""
    measures = []
    async with running(plugins=(NOOP_PLUGIN,)) as server:
        threads = await open_threads(server.address, max(settings.choose((64,), (8,))))
        for connections in settings.choose((1, 8, 32, 64), (1, 8)):
            measures += await _measure(server, threads[:connections], settings)
    return measures


async def open_threads(address: Address, count: int) -> list[str]:
    """Create threads over REST and return their ids."""
    connection = await Connection.open(address)
    agent = await connection.post_json("/api/agents/register", {"ide": "bench", "model": "rest"})
    token = f"x-agent-token: {agent['token']}\r\n".encode()
    creator = {"creator_agent_id": agent["agent_id"]}
    opened = [await connection.post_json("/api/threads", {"topic": f"t{n}", **creator}, token) for n in range(count)]
    connection.close()
    return [thread["id"] for thread in opened]


async def _measure(server: Server, threads: list[str], settings: Settings) -> list[Measure]:
    connections = [await Connection.open(server.address) for _ in threads]
    pairs = list(zip(connections, threads, strict=True))
    real = [_poster(connection, f"/api/threads/{thread}/messages") for connection, thread in pairs]
    noop = [_poster(connection, f"/api/bench/threads/{thread}/messages") for connection, thread in pairs]
    loads = await compare(server, real, noop, rounds=settings.choose(3, 1), seconds=settings.choose(1.5, 0.2))
    for connection in connections:
        connection.close()
    return ratio_measures(f"rest_posts, {len(threads)} connections", *loads, GOAL)


def _poster(connection: Connection, path: str) -> Step:
    async def post() -> None:
        answer = await connection.request("POST", path, BODY)
        if answer.status != 201:
            raise RequestFailed(f"{path}: {answer.status} {answer.body[:300]!r}")

    return post
