"""The bus's state as MCP resources."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from mcp.shared.exceptions import MCPError
from mcp_types import INVALID_PARAMS, INVALID_REQUEST
from mcp_types.version import MODERN_PROTOCOL_VERSIONS

from agentchatbus.plugin_api import (
    Agent,
    AgentState,
    Bus,
    BusError,
    Message,
    NotFound,
    Offers,
    Operations,
    ResourceEntry,
    Session,
    Thread,
    ThreadPage,
    isoformat,
    thaw,
)
from agentchatbus_mcp.clients import INTERRUPTIONS, McpClient
from agentchatbus_mcp.contents import resource_contents
from agentchatbus_mcp.presenters.joining import bus_config
from agentchatbus_mcp.presenters.threads import listed_thread

JSON = "application/json"
TEXT = "text/plain"
CONFIG = "chat://bus/config"
AGENTS = "chat://agents/active"
THREADS = "chat://threads/active"
THREAD_PREFIX = "chat://threads/"
PARTS: Mapping[str, tuple[str, str]] = {
    "transcript": (TEXT, "What was said, one message a line; the newest {newest} of a long thread."),
    "summary": (TEXT, "The summary that was written when the thread was closed."),
    "state": (JSON, "Topic, status and the newest seq."),
}
NEWEST = 10_000
"""Messages of a transcript."""

PAGE = 1000
"""Messages that are read at once."""

NO_SUMMARY = "(No summary was written.)"
RESOURCE_NOT_FOUND = -32002
"""What legacy revisions call a resource that does not exist; newer ones call it an invalid parameter."""


@dataclass(frozen=True, slots=True)
class Fixed:
    """A resource that is always there."""

    uri: str
    name: str
    description: str


FIXED = (
    Fixed(CONFIG, "Bus Configuration", "Version, address and preferred language of the bus."),
    Fixed(AGENTS, "Active Agents", "All registered agents and who of them is online."),
    Fixed(THREADS, "Active Threads", "All threads that are not archived, newest first."),
)


def thread_uri(thread_id: str, part: str) -> str:
    """Return the URI of one part of a thread."""
    return f"{THREAD_PREFIX}{thread_id}/{part}"


class Resources:
    """Lists and reads the resources of one bus, with the rights of the client that asks."""

    def __init__(self, bus: Bus, operations: Operations, offers: Offers, *, lists_threads: bool) -> None:
        self._bus = bus
        self._operations = operations
        self._offers = offers
        self._lists_threads = lists_threads
        self._readers: Mapping[str, Callable[[Session], Awaitable[Any]]] = {
            CONFIG: self._config,
            AGENTS: self._agents,
            THREADS: self._threads,
        }

    async def listing(self, session: Session) -> list[dict[str, Any]]:
        """Return the resources, those of threads only where the configuration says so."""
        fixed = [
            {"uri": item.uri, "name": item.name, "description": item.description, "mimeType": JSON} for item in FIXED
        ]
        if self._lists_threads:
            page: ThreadPage = await self._operations.call("thread_list", {}, session)
            fixed += [entry for thread in page.threads for entry in _entries(thread)]
        offered: Sequence[ResourceEntry] = await self._operations.call("resource_list", {}, session)
        return fixed + [_offered(entry) for entry in offered]

    def templates(self) -> list[dict[str, Any]]:
        """Return the forms of the URIs of threads, and those that plugins offer."""
        own = [
            {
                "uriTemplate": thread_uri("{thread_id}", part),
                "name": f"Thread {part}",
                "description": text.format(newest=NEWEST),
                "mimeType": mime,
            }
            for part, (mime, text) in PARTS.items()
        ]
        families = [offer for offer in self._offers.resources if offer.is_family]
        return own + [
            {
                "uriTemplate": offer.uri,
                "name": offer.name,
                "description": offer.description,
                "mimeType": offer.mime_type,
            }
            for offer in families
        ]

    async def read(self, uri: str, session: Session, client: McpClient, protocol_version: str) -> dict[str, Any]:
        """Return the contents of a resource.

        Raises:
            MCPError: There is no such resource, or this client may not read it.
        """
        try:
            contents = await self._contents(uri, session, client)
        except NotFound:
            code = INVALID_PARAMS if protocol_version in MODERN_PROTOCOL_VERSIONS else RESOURCE_NOT_FOUND
            raise MCPError(code, f"Resource not found: {uri}", {"uri": uri}) from None
        except INTERRUPTIONS:
            raise
        except BusError as error:
            raise MCPError(INVALID_REQUEST, error.message, {"uri": uri, "code": error.code}) from None
        return {"contents": [contents]}

    async def _contents(self, uri: str, session: Session, client: McpClient) -> dict[str, Any]:
        if reader := self._readers.get(uri):
            return {"uri": uri, "mimeType": JSON, "text": _indented(await reader(session))}
        thread_id, _, part = uri.removeprefix(THREAD_PREFIX).partition("/")
        if not uri.startswith(THREAD_PREFIX) or part not in PARTS:
            read = await self._operations.call("resource_read", {"uri": uri}, session, client=client)
            return resource_contents(read)
        thread: Thread = await self._operations.call("thread_get", {"thread_id": thread_id}, session)
        return {"uri": uri, "mimeType": PARTS[part][0], "text": await self._part(thread, part, session)}

    async def _part(self, thread: Thread, part: str, session: Session) -> str:
        if part == "state":
            created_at = isoformat(thread.created_at)
            state = {"topic": thread.topic, "status": thread.status, "latest_seq": thread.last_seq}
            return _indented({"thread_id": thread.id, **state, "created_at": created_at})
        if part == "summary":
            return thread.summary or NO_SUMMARY
        return await self._transcript(thread, session)

    async def _transcript(self, thread: Thread, session: Session) -> str:
        after_seq = max(0, thread.last_seq - NEWEST)
        messages = await self._newest(thread, after_seq, session)
        head = f"# Thread: {thread.topic}  [status: {thread.status}]\n"
        if after_seq:
            head += f"\n(Messages 1 to {after_seq} are left out; read them with msg_list.)"
        lines = [_line(message) for message in (self._bus.messages.system_prompt(thread), *messages)]
        return "\n".join([head, *lines])

    async def _newest(self, thread: Thread, after_seq: int, session: Session) -> Sequence[Message]:
        messages: list[Message] = []
        arguments = {"thread_id": thread.id, "limit": PAGE, "include_system_prompt": False}
        while after_seq < thread.last_seq:
            page = await self._operations.call("msg_list", {**arguments, "after_seq": after_seq}, session)
            messages += page
            after_seq = page[-1].seq if page else thread.last_seq
        return messages

    async def _config(self, session: Session) -> Any:
        return bus_config(await self._operations.call("bus_get_config", {}, session))

    async def _agents(self, session: Session) -> Any:
        agents: Sequence[Agent] = await self._operations.call("agent_list", {}, session)
        now, settings = self._bus.clock.now(), self._bus.settings
        windows = (settings.heartbeat_window, settings.working_window)
        return [
            {
                "agent_id": agent.id,
                "name": agent.name,
                "description": agent.description,
                "capabilities": list(agent.capabilities),
                "skills": thaw(agent.skills),
                "is_online": agent.state(now, *windows) is not AgentState.OFFLINE,
            }
            for agent in agents
        ]

    async def _threads(self, session: Session) -> Any:
        page: ThreadPage = await self._operations.call("thread_list", {}, session)
        return [listed_thread(thread) for thread in page.threads]


def _offered(entry: ResourceEntry) -> dict[str, Any]:
    described = {"description": entry.description, "mimeType": entry.mime_type, "size": entry.size}
    return {"uri": entry.uri, "name": entry.name} | {key: value for key, value in described.items() if value}


def _entries(thread: Thread) -> list[dict[str, Any]]:
    parts = [part for part in PARTS if part != "summary" or thread.summary]
    return [
        {
            "uri": thread_uri(thread.id, part),
            "name": f"{part.capitalize()}: {thread.topic[:40]}",
            "mimeType": PARTS[part][0],
        }
        for part in parts
    ]


def _line(message: Message) -> str:
    return f"[seq={message.seq}] {message.author_name} ({message.role}): {message.content}"


def _indented(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)
