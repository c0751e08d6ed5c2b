"""Operations that show how the server is."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import Field

from agentchatbus.plugin_api import (
    Agent,
    Bus,
    BusError,
    Call,
    Offers,
    Operations,
    Params,
    Route,
    ThreadQuery,
    Transaction,
    isoformat,
    operation,
)
from agentchatbus_ide.logs import LogLine, LogRing
from agentchatbus_ide.near import require_person

PAGE = 500
SHOWN_LINES = 50
STREAMS = "event streams"


@dataclass(slots=True)
class Surroundings:
    """What the bus offers; known once it is composed."""

    operations: Operations | None = None
    offers: Offers | None = None

    @property
    def tools(self) -> int:
        return sum(operation.tool for operation in self.operations or ())


class LogParams(Params):
    """Which lines to return."""

    after: int = Field(0, ge=0, description="Id of the last line that is known.")
    limit: int = Field(200, ge=1, le=1000, description="How many lines at most.")


@dataclass(frozen=True, slots=True, kw_only=True)
class LogPage:
    """Lines of the log; `next_cursor` is what to ask for next as `after`."""

    entries: Sequence[LogLine]
    next_cursor: int


class WatchingOperations:
    """Operations for people who look after the server."""

    def __init__(self, bus: Bus, ring: LogRing, surroundings: Surroundings) -> None:
        self._bus = bus
        self._ring = ring
        self._surroundings = surroundings
        self._begun = bus.clock.monotonic()

    @operation(route=Route(method="GET", path="/api/logs"), read_only=True, idempotent=True, tool=False)
    async def log_list(self, params: LogParams, call: Call) -> LogPage:
        """Return lines of the server's log, without secrets and without where things lie."""
        require_person(call.caller)
        entries = self._ring.after(params.after, params.limit)
        return LogPage(entries=entries, next_cursor=entries[-1].id if entries else params.after)

    @operation(route=Route(method="GET", path="/api/system/diagnostics"), read_only=True, idempotent=True, tool=False)
    async def system_diagnostics(self, _params: Params, call: Call) -> dict[str, Any]:
        """Say how the server is; what does not work is in the answer and no error."""
        require_person(call.caller)
        begun = self._bus.clock.monotonic()
        stored = await self._stored()
        seconds = self._bus.clock.monotonic() - begun
        return {
            **stored,
            **self._offered(),
            "db_latency_ms": round(seconds * 1000, 3),
            "active_sse_connections": self._bus.depths().get(STREAMS, 0),
            "sse_simulated_ok": not self._bus.feed.closed,
            "server_time_utc": isoformat(self._bus.clock.now()),
            "total_latency_ms": round((self._bus.clock.monotonic() - begun) * 1000, 3),
            "uptime_seconds": round(self._bus.clock.monotonic() - self._begun, 3),
            "pid": os.getpid(),
            "app_dir": "",
            "db_path": "",
            "logs": self._ring.lines[-SHOWN_LINES:],
        }

    def _offered(self) -> dict[str, Any]:
        offers, tools = self._surroundings.offers, self._surroundings.tools
        return {
            "mcp_ok": tools > 0,
            "mcp_tools_count": tools,
            "mcp_prompts_count": len(offers.prompts) if offers else 0,
            "mcp_resources_count": len(offers.resources) if offers else 0,
        }

    async def _stored(self) -> dict[str, Any]:
        try:
            threads, messages = await self._bus.storage.read(_totals)
            agents: Sequence[Agent] = await self._bus.agents.all()
            is_ok = True
        except BusError:
            threads = messages = 0
            agents, is_ok = (), False
        now, window = self._bus.clock.now(), self._bus.settings.heartbeat_window
        return {
            "db_ok": is_ok,
            "total_threads": threads,
            "total_messages": messages,
            "online_agents_total": sum(agent.is_online(now, window) for agent in agents),
            "sse_agents_count": sum(agent.is_waiting for agent in agents),
            "stdio_agents_count": 0,
        }


def _totals(tx: Transaction) -> tuple[int, int]:
    """Return how many threads and messages there are."""
    threads, messages = 0, 0
    query: ThreadQuery | None = ThreadQuery(include_archived=True, limit=PAGE)
    while query is not None:
        page = tx.threads.page(query)
        threads += len(page)
        messages += sum(thread.message_count for thread in page)
        last = page[-1] if len(page) == PAGE else None
        before = (last.created_at, last.id) if last else None
        query = ThreadQuery(include_archived=True, limit=PAGE, before=before) if before else None
    return threads, messages
