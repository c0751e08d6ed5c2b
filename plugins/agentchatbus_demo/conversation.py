"""The conversation: two ordinary MCP clients that know nothing of each other but the thread."""

from __future__ import annotations

import asyncio
import json
import time
from dataclasses import dataclass
from itertools import cycle, islice
from typing import Any

import click
from mcp.client.client import Client
from mcp.types import TextContent

from agentchatbus_demo.script import CAST, LINES, TOPIC, Line

WAIT_MS = 60_000
COLOURS = dict(zip(CAST, ("cyan", "magenta"), strict=True))


@dataclass
class Agent:
    """One agent: its connection, its identity, and how far it has read."""

    name: str
    client: Client
    identity: dict[str, str]
    thread_id: str
    seq: int
    reply_token: str

    @classmethod
    async def join(cls, client: Client, name: str) -> Agent:
        """Register an agent in the thread of the demo."""
        joined = await _ask(client, "bus_connect", thread_name=TOPIC, ide="Demo", model=name, display_name=name)
        agent = joined["agent"]
        return cls(
            name=name,
            client=client,
            identity={"agent_id": agent["agent_id"], "token": agent["token"]},
            thread_id=joined["thread"]["thread_id"],
            seq=joined["current_seq"],
            reply_token=joined["reply_token"],
        )

    async def say(self, content: str) -> bool:
        """Post; return whether the bus took it. If not, there is something to read first."""
        answer = await _ask(
            self.client,
            "msg_post",
            **self.identity,
            thread_id=self.thread_id,
            author=self.identity["agent_id"],
            role="assistant",
            content=content,
            expected_last_seq=self.seq,
            reply_token=self.reply_token,
        )
        if "error" in answer:
            return False
        self.seq, self.reply_token = answer["current_seq"], answer["reply_token"]
        return True

    async def speak(self, content: str) -> None:
        """Post, however often somebody else is faster; any client may join the thread while the demo runs."""
        while not await self.say(content):
            await self.listen()

    async def listen(self) -> float:
        """Block until there is something to read; return the moment at which it was there."""
        while True:
            before = self.seq
            outcome = await _ask(
                self.client,
                "msg_wait",
                **self.identity,
                thread_id=self.thread_id,
                after_seq=before,
                timeout_ms=WAIT_MS,
                return_format="json",
            )
            self.seq, self.reply_token = outcome["current_seq"], outcome["reply_token"]
            if self.seq > before:
                return time.perf_counter()


async def converse(url: str, turns: int | None, pace: float) -> None:
    """Play the script and print what happens on the bus."""
    click.echo(f"It listens on {url}; any MCP client can join at {url}/mcp while this runs.")
    if turns is None:
        click.echo("It ends with the script; `agentchatbus demo --turns 1000` goes on until you press Ctrl-C.")
    click.echo()
    async with Client(f"{url}/mcp") as first, Client(f"{url}/mcp") as second:
        agents = {name: await Agent.join(client, name) for name, client in zip(CAST, (first, second), strict=True)}
        click.echo(f'{" and ".join(map(_name, CAST))} joined the thread "{TOPIC}".\n')
        for line in islice(cycle(LINES), turns or len(LINES)):
            listener = agents[_other(line.speaker)]
            await (_collide if line.rival else _exchange)(line, agents[line.speaker], listener, pace)


async def _exchange(line: Line, speaker: Agent, listener: Agent, pace: float) -> None:
    """Let one agent post while the other one is blocked in a wait."""
    listening = asyncio.create_task(listener.listen())
    try:
        await asyncio.sleep(pace)
        begun = time.perf_counter()
        await speaker.speak(line.text)
        _print_message(speaker, line.text)
        passed = await listening - begun
    finally:
        listening.cancel()
        await asyncio.gather(listening, return_exceptions=True)
    _print_note(f"{listener.name} waited, and has read it {max(passed, 0) * 1000:.0f} ms after the post began.")


async def _collide(line: Line, speaker: Agent, listener: Agent, pace: float) -> None:
    """Let both post on top of the same message: one is first, and the other has to read before it may speak."""
    await asyncio.sleep(pace)
    await speaker.speak(line.text)
    _print_message(speaker, line.text)
    if line.rival and not await listener.say(line.rival):
        _print_note(f'{listener.name} wanted to post "{line.rival}" at the same moment.')
        _print_note(f"The bus refused that, because {listener.name} had not read this message. So it reads first.")
    await listener.listen()


async def _ask(client: Client, tool: str, **arguments: Any) -> dict[str, Any]:
    """Call a tool and return the JSON of its answer."""
    result = await client.call_tool(tool, arguments)
    block = result.content[0]
    if not isinstance(block, TextContent):
        raise TypeError(f"{tool} answered with {block.type}, not with text")
    answer: dict[str, Any] = json.loads(block.text)
    return answer


def _other(name: str) -> str:
    return next(other for other in CAST if other != name)


def _name(name: str) -> str:
    return click.style(name, fg=COLOURS[name], bold=True)


def _print_message(speaker: Agent, text: str) -> None:
    click.echo(f"#{speaker.seq:<3} {_name(speaker.name)}: {text}")


def _print_note(text: str) -> None:
    click.echo(click.style(f"     {text}", dim=True))
