"""A bus that tools are called on, in this process or behind HTTP, and that can be closed and opened again."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import AsyncExitStack, ExitStack
from pathlib import Path
from typing import Any, Protocol

from agentchatbus.plugin_api import CallerKind, Credentials, Event, Session, StorageContext, StorageOffer, Transaction
from agentchatbus.testing import BusHarness, ManualClock, make_bus
from agentchatbus_mcp.tools import Toolbox
from agentchatbus_sql import SqlitePlugin, SqliteSettings
from tests.contract.drivers import ModernHttp
from tests.contract.site import serving

Answer = dict[str, Any]


class Bus(Protocol):
    """What the machine needs of a bus; an answer with the key ``error`` is a refusal."""

    def call(self, tool: str, *, is_person: bool = False, **arguments: Any) -> Answer: ...

    def kick(self, agent_id: str) -> None: ...

    def hear(self, waiting: Mapping[str, Any], saying: Mapping[str, Any]) -> tuple[Answer, Answer]:
        """Begin a wait that blocks, have a person say something, and return both answers."""
        ...

    def events(self) -> list[Event] | None:
        """Return the events since the last look, or None where they cannot be seen."""
        ...

    def restart(self) -> None: ...

    def close(self) -> None: ...


class InProcess:
    """The kernel on SQLite, without a network."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._runner = asyncio.Runner()
        self._clock = ManualClock()
        self._last_event = 0
        self._open()

    def _open(self) -> None:
        self._stack = AsyncExitStack()
        [offer] = SqlitePlugin(SqliteSettings()).register_storage()
        context = StorageContext(owner="the tests", data_dir=self._folder)
        storage = StorageOffer(name="sqlite", open=lambda _: offer.open(context))
        opening = self._stack.enter_async_context(make_bus(storage=storage, clock=self._clock))
        self._bus: BusHarness = self._runner.run(opening)
        self._tools = Toolbox(self._bus.app.bus, self._bus.app.operations)

    def call(self, tool: str, *, is_person: bool = False, **arguments: Any) -> Answer:
        return self._runner.run(self._call(tool, arguments, is_person=is_person))

    async def _call(self, tool: str, arguments: Mapping[str, Any], *, is_person: bool = False) -> Answer:
        grants = CallerKind.HUMAN if is_person else CallerKind.GUEST
        name = "human" if is_person else ""
        session = Session(credentials=Credentials(grants=grants, name=name, transport="test"), fills_sync=is_person)
        result = await self._tools.call(tool, arguments, session)
        answer: Answer = result["structuredContent"]
        return answer

    def kick(self, agent_id: str) -> None:
        self._runner.run(self._bus.call("agent_kick", agent=agent_id))

    def hear(self, waiting: Mapping[str, Any], saying: Mapping[str, Any]) -> tuple[Answer, Answer]:
        async def both() -> tuple[Answer, Answer]:
            blocked = asyncio.create_task(self._call("msg_wait", waiting))
            await self._bus.until_blocked()
            said = await self._call("msg_post", saying, is_person=True)
            async with asyncio.timeout(10):
                return await blocked, said

        return self._runner.run(both())

    def events(self) -> list[Event] | None:
        async def read() -> list[Event]:
            await self._bus.app.bus.announcer.finish()

            def work(tx: Transaction) -> list[Event]:
                return list(tx.events.after(self._last_event, 1000))

            return await self._bus.app.bus.storage.read(work)

        found = self._runner.run(read())
        self._last_event = found[-1].id if found else self._last_event
        return found

    def restart(self) -> None:
        self._runner.run(self._stack.aclose())
        self._open()

    def close(self) -> None:
        self._runner.run(self._stack.aclose())
        self._runner.close()


class OverHttp:
    """A server in a process of its own."""

    def __init__(self, folder: Path) -> None:
        self._stack = ExitStack()
        self._site = self._stack.enter_context(serving(folder))
        self._client = ModernHttp(self._site, self._stack)

    def call(self, tool: str, *, is_person: bool = False, **arguments: Any) -> Answer:
        if is_person and tool == "msg_post":
            return self._say(arguments)
        headers = {"X-Admin-Token": self._site.operator} if is_person else None
        answer: Answer = self._client.call(tool, arguments, headers).structured
        return answer

    def _say(self, arguments: Mapping[str, Any]) -> Answer:
        """Post over REST, where people need no reply token."""
        path = f"/api/threads/{arguments['thread_id']}/messages"
        answer = self._site.person.post(path, json={"content": arguments["content"]})
        body: Answer = answer.json()
        return {"msg_id": body["id"], "seq": body["seq"]} if answer.is_success else {"error": body["detail"]}

    def kick(self, agent_id: str) -> None:
        self._site.ask("POST", f"/api/agents/{agent_id}/kick")

    def hear(self, waiting: Mapping[str, Any], saying: Mapping[str, Any]) -> tuple[Answer, Answer]:
        said = self._say(saying)  # a wait that comes too late returns the same as one that was woken
        return self.call("msg_wait", **waiting), said

    def events(self) -> list[Event] | None:
        return None

    def restart(self) -> None:
        assert self._site.server.stop() == 0
        self._site.server.start()

    def close(self) -> None:
        self._stack.close()
