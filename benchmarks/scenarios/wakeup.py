"""From a post to the wake-up of who waits for it: one of many waiters, and all of them at once."""

from __future__ import annotations

import asyncio
import time
from typing import Any

from benchmarks.client import Address, Connection
from benchmarks.mcp_client import MODERN, Caller, connect
from benchmarks.measure import Measure, Settings, percentile
from benchmarks.server import Server, running

TOPIC = "wakeup"
TIMEOUT_MS = 60_000
WARM_UP = 2
SETTLE_SECONDS = 0.6


async def run(settings: Settings) -> list[Measure]:
    """Measure both cases, each with as many waiters."""
    waiters = settings.choose(100, 10)
    async with running() as server:
        return [
            *await _one_of(server, waiters, posts=settings.choose(400, 20)),
            *await _all_at_once(server, waiters, settings),
        ]


async def _one_of(server: Server, waiters: int, posts: int) -> list[Measure]:
    """Let each waiter wait in a thread of its own, and post into one thread after the other."""
    agents = [await Waiter.join(server.address, f"{TOPIC} {number}") for number in range(waiters)]
    for agent in agents:
        agent.wait()
    await asyncio.sleep(SETTLE_SECONDS)
    poster, latencies = await Connection.open(server.address), []
    for number in range(-WARM_UP, posts):
        agent = agents[number % waiters]
        sent = time.perf_counter()
        _, arrival = await asyncio.gather(poster.post_json(agent.path, {"content": "wake up"}), agent.woken())
        agent.wait()
        if number >= 0:
            latencies.append(arrival - sent)
    for agent in agents:
        agent.leave()
    poster.close()
    name = f"wakeup, 1 of {waiters} waiters"
    return [
        Measure(scenario=name, name="post to wake-up p50", value=percentile(latencies, 0.50) * 1e3, unit="ms"),
        Measure(
            scenario=name, name="post to wake-up p99", value=percentile(latencies, 0.99) * 1e3, unit="ms", below=15
        ),
    ]


async def _all_at_once(server: Server, waiters: int, settings: Settings) -> list[Measure]:
    """Block waiters on one thread, post once, and take the time until each has its answer; a few times."""
    agents = [await Waiter.join(server.address, TOPIC) for _ in range(waiters)]
    poster, latencies, cpu = await Connection.open(server.address), [], 0.0
    for number in range(-WARM_UP, settings.choose(20, 3)):
        for agent in agents:
            agent.wait()
        await asyncio.sleep(SETTLE_SECONDS)
        before, sent = server.cpu_seconds(), time.perf_counter()
        arrivals = asyncio.gather(*(agent.woken() for agent in agents))
        await poster.post_json(agents[0].path, {"content": "wake up"})
        took = sorted(arrival - sent for arrival in await arrivals)
        if number >= 0:
            latencies.append(took)
            cpu += server.cpu_seconds() - before
    for agent in agents:
        agent.leave()
    poster.close()
    return _measures(waiters, latencies, cpu)


def _measures(waiters: int, latencies: list[list[float]], cpu: float) -> list[Measure]:
    name, every = f"wakeup, all of {waiters} waiters", [latency for took in latencies for latency in took]
    first = [took[0] for took in latencies]
    return [
        Measure(scenario=name, name="post to first wake-up p50", value=percentile(first, 0.5) * 1e3, unit="ms"),
        Measure(scenario=name, name="post to wake-up p50", value=percentile(every, 0.50) * 1e3, unit="ms"),
        Measure(scenario=name, name="post to wake-up p99", value=percentile(every, 0.99) * 1e3, unit="ms"),
        Measure(scenario=name, name="server CPU per wake-up", value=cpu / len(every) * 1e6, unit="µs"),
    ]


class Waiter:
    """An agent that waits on a connection of its own."""

    def __init__(self, caller: Caller, arguments: dict[str, Any], seq: int) -> None:
        self._caller = caller
        self._arguments = arguments
        self._seq = seq

    @classmethod
    async def join(cls, address: Address, topic: str) -> Waiter:
        """Register an agent in the thread."""
        caller = await connect(address, MODERN)
        connected = await caller.call("bus_connect", {"thread_name": topic, "ide": "bench", "model": "waiter"})
        agent = connected["agent"]
        arguments = {
            "thread_id": connected["thread"]["thread_id"],
            "agent_id": agent["agent_id"],
            "token": agent["token"],
            "timeout_ms": TIMEOUT_MS,
            "return_format": "json",
        }
        return cls(caller, arguments, connected["current_seq"])

    @property
    def path(self) -> str:
        """Where posts for this waiter go over REST."""
        return f"/api/threads/{self._arguments['thread_id']}/messages"

    def wait(self) -> None:
        """Begin to wait for what was not seen yet."""
        self._caller.send("msg_wait", {**self._arguments, "after_seq": self._seq})

    async def woken(self) -> float:
        """Return when the wait ended with a message."""
        outcome = await self._caller.receive()
        arrival = time.perf_counter()
        if not outcome["messages"]:
            raise RuntimeError("A wait ended without a message.")
        self._seq = outcome["current_seq"]
        return arrival

    def leave(self) -> None:
        """Hang up."""
        self._caller.connection.close()
