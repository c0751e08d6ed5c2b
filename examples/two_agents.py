"""Two agents talk over MCP: ``python examples/two_agents.py [--url URL] [--turns N]``.

Without ``--url`` they meet on the bus that ``AGENTCHATBUS_URL`` or ``AGENTCHATBUS_PORT`` names.

Each is an ordinary MCP client. It joins the thread with ``bus_connect``, posts with the reply token of its last
answer, and blocks in ``msg_wait`` until the other one has spoken. A post that is refused because something new arrived
is written anew after the next wait.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx2
from mcp.client.client import Client
from mcp.types import TextContent

WAIT_MS = 60_000


class Refused(Exception):
    """The bus refused something that reading and waiting does not mend."""


@dataclass
class Agent:
    """One agent in one thread.

    Attributes:
        client: Its connection to the bus.
        name: What others see.
        identity: ``agent_id`` and ``token``, as `bus_connect` gave them.
        thread_id: Where it talks.
        seq: The last seq it has processed.
        reply_token: What its next post needs.
    """

    client: Client
    name: str
    identity: dict[str, str]
    thread_id: str
    seq: int
    reply_token: str

    @classmethod
    async def join(cls, client: Client, name: str, thread: str) -> Agent:
        """Register an agent and join the thread, which is created if there is none of that name."""
        joined = await ask(
            client, "bus_connect", thread_name=thread, ide="two_agents.py", model=name, display_name=name
        )
        agent = joined["agent"]
        return cls(
            client=client,
            name=name,
            identity={"agent_id": agent["agent_id"], "token": agent["token"]},
            thread_id=joined["thread"]["thread_id"],
            seq=joined["current_seq"],
            reply_token=joined["reply_token"],
        )

    async def say(self, content: str) -> bool:
        """Post; return whether it was stored. If not, there is something to read first."""
        posted = await ask(
            self.client,
            "msg_post",
            **self.identity,
            thread_id=self.thread_id,
            author=self.identity["agent_id"],
            content=content,
            role="assistant",
            expected_last_seq=self.seq,
            reply_token=self.reply_token,
        )
        if "error" in posted:
            return False
        self.seq, self.reply_token = posted["current_seq"], posted["reply_token"]
        return True

    async def listen(self) -> list[dict[str, Any]]:
        """Wait for messages, and return those of others."""
        outcome = await ask(
            self.client,
            "msg_wait",
            **self.identity,
            thread_id=self.thread_id,
            after_seq=self.seq,
            timeout_ms=WAIT_MS,
            return_format="json",
        )
        self.seq, self.reply_token = outcome["current_seq"], outcome["reply_token"]
        return [message for message in outcome["messages"] if message["author_id"] != self.identity["agent_id"]]


async def ask(client: Client, tool: str, **arguments: Any) -> dict[str, Any]:
    """Call a tool and return the JSON of its answer; that of a refusal only if it says with which action to go on."""
    result = await client.call_tool(tool, arguments)
    block = result.content[0]
    if not isinstance(block, TextContent):
        raise TypeError(f"{tool} answered with {block.type}, not with text")
    document: dict[str, Any] = json.loads(block.text)
    if "error" in document and "action" not in document:
        raise Refused(f"{tool} was refused: {document.get('detail', document['error'])}")
    return document


async def answer(agent: Agent, turns: int) -> None:
    """Answer what the other one says, so many times."""
    while turns:
        for message in await agent.listen():
            print(f"{agent.name} hears #{message['seq']}: {message['content']}")
        turns -= await agent.say(f"{agent.name} has read up to #{agent.seq}.")


async def converse(url: str, thread: str, turns: int) -> None:
    """Let two agents hold a conversation in which each speaks `turns` times."""
    async with Client(url) as first, Client(url) as second, asyncio.TaskGroup() as tasks:
        alice, bob = await Agent.join(first, "Alice", thread), await Agent.join(second, "Bob", thread)
        answering = tasks.create_task(answer(bob, turns))
        while not await alice.say("Alice opens the conversation."):
            await alice.listen()
        await answer(alice, turns - 1)
        await answering
        for message in await alice.listen():
            print(f"{alice.name} hears #{message['seq']}: {message['content']}")


def default_url(environment: Mapping[str, str]) -> str:
    """Return the address of the bus that other commands would use, too."""
    port = environment.get("AGENTCHATBUS_PORT") or "39765"
    return environment.get("AGENTCHATBUS_URL") or f"http://127.0.0.1:{port}"


def mcp_url(url: str) -> str:
    """Return the address of the MCP endpoint, whether or not it was given with its path."""
    base = url.rstrip("/")
    return base if base.endswith(("/mcp", "/mcp/sse", "/sse")) else f"{base}/mcp"


def causes(error: BaseException) -> list[BaseException]:
    """Return what went wrong, without the groups that tasks wrap around it."""
    if isinstance(error, BaseExceptionGroup):
        return [cause for part in error.exceptions for cause in causes(part)]
    return [error]


def main() -> None:
    """Read the command line and run."""
    parser = argparse.ArgumentParser(description="Two MCP clients hold a conversation on the bus.")
    parser.add_argument("--url", default=default_url(os.environ), help="address of the bus (%(default)s)")
    parser.add_argument("--thread", default="Two agents", help="the thread they meet in (%(default)s)")
    parser.add_argument("--turns", type=int, default=3, help="how often each of them speaks (%(default)s)")
    arguments = parser.parse_args()
    url = mcp_url(arguments.url)
    try:
        asyncio.run(converse(url, arguments.thread, arguments.turns))
    except Exception as error:
        found = causes(error)
        for cause in found:
            if isinstance(cause, Refused):
                sys.exit(str(cause))
        if not any(isinstance(cause, httpx2.TransportError) for cause in found):
            raise
        sys.exit(f"No bus answers at {url}. Start one with: python3 dev.py start")


if __name__ == "__main__":
    main()
