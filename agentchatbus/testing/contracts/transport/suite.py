"""The contract itself."""

# ruff: noqa: S101 -- assertions are what a suite is made of

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import pytest

from agentchatbus.model import CallerKind
from agentchatbus.plugin import Plugin, PluginSettings
from agentchatbus.ports.settings import BusSettings
from agentchatbus.ports.transport import AsgiApp, HttpTransport
from agentchatbus.testing.contracts.transport.asgi import HttpAnswer, HttpRequest, send
from agentchatbus.testing.contracts.transport.probe import FORBIDDEN_WORD, INSIDE, REFUSAL, ContractProbePlugin
from agentchatbus.testing.harness import AgentHandle, BusHarness, make_bus

LONG = 60_000
"""Milliseconds that a wait blocks; the test's clock stands still."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Site:
    """A bus with the transport under test."""

    bus: BusHarness
    transport: HttpTransport
    probe: ContractProbePlugin


@pytest.mark.asyncio
class TransportContract:
    """Every way in; a subclass defines `make_plugin` and `request`.

    It defines `is_refusal` where the status does not tell, and `exchange` where an answer comes by another way than its
    request.
    """

    def make_plugin(self) -> Plugin[Any]:
        """Return the plugin, which offers one transport."""
        raise NotImplementedError

    def request(self, operation: str, arguments: Mapping[str, Any], agent: AgentHandle | None) -> HttpRequest:
        """Write down a call of an operation, proven by an agent's token if there is one."""
        raise NotImplementedError

    def is_refusal(self, answer: HttpAnswer) -> bool:
        """Return whether a client reads this as a refusal."""
        return answer.status >= 400

    async def exchange(self, app: AsgiApp, request: HttpRequest, hang_up: asyncio.Event | None = None) -> HttpAnswer:
        """Send a request and return its answer.

        Args:
            app: The application of the transport.
            request: What `request` wrote down.
            hang_up: The client goes away when this is set.
        """
        return await send(app, request, hang_up)

    async def test_its_prefixes_are_paths_of_its_own(self) -> None:
        async with self._site() as site:
            prefixes = site.transport.prefixes
            assert prefixes
            assert all(prefix.startswith("/") for prefix in prefixes)
            assert len(set(prefixes)) == len(prefixes)

    async def test_what_was_answered_is_stored(self) -> None:
        async with self._site() as site:
            answer = await self._post(site, "hello over this way", await site.bus.agent("Ada"))
            assert not self.is_refusal(answer), answer.text
            assert [message.content for message in await site.bus.messages()] == ["hello over this way"]

    async def test_what_others_said_is_read(self) -> None:
        async with self._site() as site:
            await site.bus.post("a word from elsewhere")
            answer = await self._ask(site, "msg_list", {"thread_id": site.bus.thread})
            assert not self.is_refusal(answer), answer.text
            assert "a word from elsewhere" in answer.text

    async def test_every_gate_is_asked_in_the_name_of_the_way_in(self) -> None:
        async with self._site() as site:
            await self._post(site, "hello")
            assert site.probe.of("msg_post").caller.transport == site.transport.name

    async def test_a_refusal_is_told_in_the_plugins_words_and_nothing_is_stored(self) -> None:
        async with self._site() as site:
            answer = await self._post(site, f"a {FORBIDDEN_WORD}, please")
            assert self.is_refusal(answer)
            assert REFUSAL in answer.text
            assert await site.bus.messages() == []

    async def test_what_is_not_there_is_refused(self) -> None:
        async with self._site() as site:
            assert self.is_refusal(await self._ask(site, "msg_list", {"thread_id": "nowhere"}))

    async def test_a_body_that_makes_no_sense_is_refused(self) -> None:
        async with self._site() as site:
            arguments = {"thread_id": site.bus.thread, "content": "x", "author": "human"}
            request = replace(self.request("msg_post", arguments, None), body=b"{not json")
            assert self.is_refusal(await self.exchange(site.transport.app, request))
            assert await site.bus.messages() == []

    async def test_an_agent_is_who_its_token_says(self) -> None:
        async with self._site() as site:
            agent = await site.bus.agent("Ada")
            site.probe.actions.clear()
            answer = await self._post(site, "it is me", agent)
            assert not self.is_refusal(answer), answer.text
            assert site.probe.of("msg_post").caller.agent_id == agent.agent_id
            assert [message.author_id for message in await site.bus.messages()] == [agent.agent_id]

    async def test_a_token_that_is_nobodys_is_refused(self) -> None:
        async with self._site() as site:
            agent = await site.bus.agent("Ada")
            answer = await self._post(site, "it is me", replace(agent, token="nobody's"))
            assert self.is_refusal(answer)
            assert await site.bus.messages() == []

    async def test_who_proves_nothing_is_a_guest_where_the_network_can_reach_the_bus(self) -> None:
        async with self._site(BusSettings(is_open=False, operator_token="of the operator")) as site:
            await self._ask(site, "msg_list", {"thread_id": site.bus.thread})
            kinds = {action.caller.kind for action in site.probe.actions if action.operation == "msg_list"}
            assert kinds <= {CallerKind.GUEST}

    async def test_a_defect_shows_nothing_of_the_inside(self) -> None:
        async with self._site() as site:
            answer = await self._ask(site, "contract_defect", {})
            assert self.is_refusal(answer)
            assert INSIDE not in answer.text
            assert "Traceback" not in answer.text

    async def test_a_wait_is_answered_when_somebody_speaks(self) -> None:
        async with self._site() as site:
            waiting = asyncio.create_task(self._wait(site))
            await site.bus.until_blocked()
            await site.bus.post("good morning")
            answer = await waiting
            assert not self.is_refusal(answer), answer.text
            assert "good morning" in answer.text

    async def test_a_client_that_hangs_up_ends_its_wait(self) -> None:
        async with self._site() as site:
            hang_up = asyncio.Event()
            waiting = asyncio.create_task(self._wait(site, hang_up))
            await site.bus.until_blocked()
            hang_up.set()
            await asyncio.wait({waiting})
            assert not site.bus.waits()

    async def test_the_end_of_the_bus_ends_its_waits(self) -> None:
        async with self._site() as site:
            waiting = asyncio.create_task(self._wait(site))
            await site.bus.until_blocked()
            site.bus.stop_feed()
            site.transport.stop()
            assert (await waiting).status

    @asynccontextmanager
    async def _site(self, settings: BusSettings | None = None) -> AsyncIterator[_Site]:
        probe = ContractProbePlugin(PluginSettings())
        async with make_bus(plugins=[self.make_plugin(), probe], settings=settings) as bus:
            [transport] = bus.app.transports
            async with transport.lifespan():
                yield _Site(bus=bus, transport=transport, probe=probe)

    async def _ask(
        self,
        site: _Site,
        operation: str,
        arguments: Mapping[str, Any],
        agent: AgentHandle | None = None,
        hang_up: asyncio.Event | None = None,
    ) -> HttpAnswer:
        return await self.exchange(site.transport.app, self.request(operation, arguments, agent), hang_up)

    async def _post(self, site: _Site, content: str, agent: AgentHandle | None = None) -> HttpAnswer:
        arguments = {
            "thread_id": site.bus.thread,
            "content": content,
            "author": agent.agent_id if agent else "human",
            "expected_last_seq": agent.sync.current_seq if agent else None,
            "reply_token": agent.sync.reply_token if agent else None,
        }
        return await self._ask(site, "msg_post", arguments, agent)

    async def _wait(self, site: _Site, hang_up: asyncio.Event | None = None) -> HttpAnswer:
        arguments = {"thread_id": site.bus.thread, "after_seq": 0, "timeout_ms": LONG}
        return await self._ask(site, "msg_wait", arguments, None, hang_up)
