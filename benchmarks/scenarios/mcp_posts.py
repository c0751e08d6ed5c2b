"""Posts over MCP, in both wire forms, beside a tool that stores nothing."""

from __future__ import annotations

from typing import Any

from benchmarks.load import Step, compare, ratio_measures
from benchmarks.mcp_client import LEGACY, MODERN, Caller, connect
from benchmarks.measure import Measure, Settings
from benchmarks.scenarios.rest_posts import GOAL, NOOP_PLUGIN
from benchmarks.server import Server, running

CONTENT = "I have looked at the parser; the second branch never closes its file. " * 2


async def run(settings: Settings) -> list[Measure]:
    """Post at rising numbers of agents, each in a thread of its own, with chained reply tokens."""
    measures = []
    async with running(plugins=(NOOP_PLUGIN,)) as server:
        for version in (MODERN, LEGACY):
            for agents in settings.choose((1, 8, 32, 64), (1, 4)):
                measures += await _measure(server, version, agents, settings)
    return measures


async def _measure(server: Server, version: str, agents: int, settings: Settings) -> list[Measure]:
    callers = [await connect(server.address, version) for _ in range(agents)]
    joined = [await join(caller, f"{version} {agents} {n}") for n, caller in enumerate(callers)]
    real = [_poster(caller, post) for caller, post in zip(callers, joined, strict=True)]
    noop = [_nooper(caller, post) for caller, post in zip(callers, joined, strict=True)]
    loads = await compare(server, real, noop, rounds=settings.choose(3, 1), seconds=settings.choose(1.5, 0.2))
    for caller in callers:
        caller.connection.close()
    return ratio_measures(f"mcp_posts {version}, {agents} agents", *loads, GOAL)


async def join(caller: Caller, topic: str) -> dict[str, Any]:
    """Register an agent, join the thread, and return the arguments of the agent's first post."""
    connected = await caller.call("bus_connect", {"thread_name": topic, "ide": "bench", "model": "mcp"})
    return {
        "thread_id": connected["thread"]["thread_id"],
        "author": connected["agent"]["agent_id"],
        "content": CONTENT,
        "expected_last_seq": connected["current_seq"],
        "reply_token": connected["reply_token"],
    }


async def post_next(caller: Caller, post: dict[str, Any]) -> dict[str, Any]:
    """Post, and return the arguments of the agent's next post."""
    posted = await caller.call("msg_post", post)
    return {**post, "expected_last_seq": posted["current_seq"], "reply_token": posted["reply_token"]}


def _poster(caller: Caller, first: dict[str, Any]) -> Step:
    post = first

    async def step() -> None:
        nonlocal post
        post = await post_next(caller, post)

    return step


def _nooper(caller: Caller, post: dict[str, Any]) -> Step:
    async def step() -> None:
        await caller.call("bench_noop", post)

    return step
