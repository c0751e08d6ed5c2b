"""The bridge between standard input and output and the server."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import pytest

from agentchatbus.plugin_api import Bus, Call, Operation, Params, Plugin, PluginSettings, StorageOffer, hookimpl
from agentchatbus.testing import MakeBus, MemoryStorage
from agentchatbus_mcp.stdio.envelopes import VERSION_KEY, header_value
from tests.end_to_end.processes import free_port
from tests.plugins.mcp_site import Site, serving, until
from tests.plugins.mcp_wire import MODERN, bridged


async def test_both_protocol_eras_pass_through(make_bus: MakeBus, tmp_path: Path) -> None:
    async with serving(make_bus) as site, bridged(site.url, tmp_path) as wire:
        greeting = await wire.initialize()
        assert greeting["result"]["serverInfo"]["name"] == "AgentChatBus"
        assert (await wire.call("thread_list"))["total"] == 1
        discovered = await wire.answer(wire.ask("server/discover", MODERN))
        assert "2026-07-28" in discovered["result"]["supportedVersions"]
        assert (await wire.call("thread_list", modern=True))["total"] == 1


async def test_one_process_is_one_agent(make_bus: MakeBus, tmp_path: Path) -> None:
    async with serving(make_bus) as site, bridged(site.url, tmp_path) as wire:
        joined = await wire.call("bus_connect", modern=True, thread_name="Talk", ide="A", model="1")
        assert await wire.call("agent_heartbeat", modern=True) == {"ok": True}
        other = await wire.call("bus_connect", modern=True, thread_name="Talk", ide="A", model="1")
        assert other["agent"]["agent_id"] != joined["agent"]["agent_id"]
        assert await wire.call("agent_unregister", modern=True) == {"ok": True}
        assert await wire.call("agent_heartbeat", modern=True) == {"ok": False}


async def test_requests_do_not_wait_for_each_other(make_bus: MakeBus, tmp_path: Path) -> None:
    async with serving(make_bus) as site, bridged(site.url, tmp_path) as wire:
        await wire.initialize()
        joined = await wire.call("bus_connect", thread_name="Talk", ide="A", model="1")
        params = {"thread_id": joined["thread"]["thread_id"], "after_seq": 0}
        waiting = wire.ask("tools/call", {"name": "msg_wait", "arguments": params})
        await site.harness.until_blocked()
        assert (await wire.call("thread_list"))["total"] == 2
        await site.harness.post("News", thread_id=params["thread_id"])
        answer = await wire.answer(waiting)
    assert answer["result"]["structuredContent"]["messages"][0]["content"] == "News"


@pytest.mark.parametrize("modern", [False, True])
async def test_a_cancelled_request_ends_on_the_server_and_is_not_answered(
    make_bus: MakeBus, tmp_path: Path, modern: bool
) -> None:
    async with serving(make_bus) as site, bridged(site.url, tmp_path) as wire:
        await wire.initialize()
        agent = await site.harness.agent("Alice")
        arguments = {"thread_id": site.harness.thread, "after_seq": 0, "agent_id": agent.agent_id, "token": agent.token}
        params = {"name": "msg_wait", "arguments": arguments} | (MODERN if modern else {})
        waiting = wire.ask("tools/call", params)
        await site.harness.until_blocked()
        wire.send("notifications/cancelled", {"requestId": waiting})
        await until(lambda: not site.harness.waits())
        assert (await wire.call("thread_list"))["total"] == 1
    assert wire.answers(waiting) == []


async def test_the_end_of_the_input_ends_waits(make_bus: MakeBus, tmp_path: Path) -> None:
    async with serving(make_bus) as site:
        async with bridged(site.url, tmp_path) as wire:
            await wire.initialize()
            agent = await site.harness.agent("Alice")
            arguments = {"thread_id": site.harness.thread, "after_seq": 0, "agent_id": agent.agent_id}
            wire.ask("tools/call", {"name": "msg_wait", "arguments": arguments | {"token": agent.token}})
            await site.harness.until_blocked()
        await until(lambda: not site.harness.waits())


async def test_what_was_asked_just_before_the_end_is_answered(make_bus: MakeBus, tmp_path: Path) -> None:
    async with serving(make_bus) as site:
        async with bridged(site.url, tmp_path) as wire:
            await wire.call("thread_list", modern=True)  # the first request waits until the server has loaded
            identifier = wire.ask("tools/call", {"name": "thread_list", "arguments": {}} | MODERN)
            wire.hang_up()
        assert wire.answers(identifier)


async def test_nonsense_is_answered_with_errors(make_bus: MakeBus, tmp_path: Path) -> None:
    async with serving(make_bus) as site, bridged(site.url, tmp_path) as wire:
        wire.write(b"not json\n\n")
        wire.put("a string")
        await until(lambda: len(wire.received) == 2)
        unknown = await wire.answer(wire.ask("no/such/method", MODERN))
    assert [message["error"]["code"] for message in wire.received[:2]] == [-32700, -32600]
    assert unknown["error"]["code"] == -32601


@pytest.mark.parametrize(
    ("message", "identifier"),
    [
        *(({"jsonrpc": "2.0", "id": wrong, "method": "ping"}, None) for wrong in (None, 1.5, True)),
        *(({"jsonrpc": "2.0", "id": 7}, None), ([], None)),
        *(({"jsonrpc": "2.0", "id": 7, "method": wrong, "params": MODERN}, 7) for wrong in (5, "a\r\nb", "é")),
        ({"jsonrpc": "2.0", "id": 7, "method": "ping", "params": {"_meta": {VERSION_KEY: "1\n2"}}}, 7),
    ],
)
async def test_what_is_no_message_is_answered_at_once(tmp_path: Path, message: Any, identifier: int | None) -> None:
    async with bridged(f"http://127.0.0.1:{free_port()}", tmp_path) as wire:
        wire.put(message)
        await until(lambda: bool(wire.received))
    [answer] = wire.received
    assert (answer["id"], answer["error"]["code"]) == (identifier, -32600)


@pytest.mark.parametrize("modern", [False, True])
async def test_a_request_that_is_too_large_is_refused_at_once(make_bus: MakeBus, tmp_path: Path, modern: bool) -> None:
    async with serving(make_bus) as site, bridged(site.url, tmp_path) as wire:
        await wire.initialize()
        arguments = {"thread_id": site.harness.thread, "author": "a", "content": "x" * 5 * 2**20}
        request = {"name": "msg_post", "arguments": arguments} | (MODERN if modern else {})
        answer = await wire.answer(await asyncio.to_thread(wire.ask, "tools/call", request))
        assert "larger than" in answer["error"]["message"]
        assert (await wire.call("thread_list", modern=modern))["total"] == 1


async def test_a_request_that_a_running_server_never_answers_is_given_up(tmp_path: Path) -> None:
    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = await reader.readuntil(b"\r\n\r\n")
        if head.startswith(b"GET /health"):
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
        writer.close()

    server = await asyncio.start_server(hang_up, "127.0.0.1", 0)
    async with server, bridged(f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}", tmp_path) as wire:
        answer = await wire.answer(wire.ask("tools/list", MODERN))
    assert "The server runs, but this request got no answer 3 times." in answer["error"]["message"]


async def test_what_the_server_says_unasked_is_passed_on(make_bus: MakeBus, tmp_path: Path) -> None:
    async with serving(make_bus) as site, bridged(site.url, tmp_path) as wire:
        await wire.initialize()
        uri = f"chat://threads/{site.harness.thread}/transcript"
        await wire.answer(wire.ask("resources/subscribe", {"uri": uri}))

        async def told() -> None:
            while not any(message.get("method") == "notifications/resources/updated" for message in wire.received):
                await site.harness.post("News")  # the stream may have been opened after the post before
                await asyncio.sleep(0.01)

        await asyncio.wait_for(told(), 60)


async def test_a_client_does_not_notice_that_the_server_was_restarted(make_bus: MakeBus, tmp_path: Path) -> None:
    storage = kept_storage()
    async with serving(make_bus, storage=storage) as first, bridged(first.url, tmp_path) as wire:
        await wire.initialize()
        await wire.call("bus_connect", thread_name="Talk", ide="A", model="1")
        await first.stop()
        interrupted = wire.ask("tools/call", {"name": "thread_list", "arguments": {}})
        async with serving(make_bus, storage=storage, port=port_of(first)):
            answer = await wire.answer(interrupted)
            assert answer["result"]["structuredContent"]["total"] == 2
            assert await wire.call("agent_heartbeat") == {"ok": True}
            wire.hang_up()


async def test_a_wait_survives_a_restart(make_bus: MakeBus, tmp_path: Path) -> None:
    storage = kept_storage()
    async with serving(make_bus, storage=storage) as first, bridged(first.url, tmp_path) as wire:
        await wire.initialize()
        arguments = {"thread_id": first.harness.thread, "after_seq": 0}
        waiting = wire.ask("tools/call", {"name": "msg_wait", "arguments": arguments})
        await first.harness.until_blocked()
        await first.cut()
        async with serving(make_bus, storage=storage, port=port_of(first)) as second:
            await second.harness.until_blocked()
            await second.harness.post("News")
            answer = await wire.answer(waiting)
            wire.hang_up()
    assert answer["result"]["structuredContent"]["messages"][0]["content"] == "News"


def kept_storage() -> StorageOffer:
    """Return a storage that outlives the buses that use it."""
    storage = MemoryStorage()
    return StorageOffer(name="memory", open=lambda _: nullcontext(storage))


class Recorder(Plugin[PluginSettings]):
    """Adds an operation that takes a key, and one that hangs and may not be repeated."""

    def __init__(self) -> None:
        super().__init__(PluginSettings())
        self.is_struck = asyncio.Event()

    @hookimpl
    def register_operations(self, bus: Bus) -> Sequence[Operation[Any]]:
        async def note(params: Params, call: Call) -> dict[str, Any]:
            return {"key": call.idempotency_key}

        async def strike(params: Params, call: Call) -> None:
            self.is_struck.set()
            await asyncio.Event().wait()

        return [
            Operation(name="note", summary="N.", params=Params, result=dict[str, Any], handler=note, takes_key=True),
            Operation(name="strike", summary="S.", params=Params, result=None, handler=strike, destructive=True),
        ]


async def test_calls_that_take_a_key_are_given_one(make_bus: MakeBus, tmp_path: Path) -> None:
    async with serving(make_bus, more=[Recorder()]) as site, bridged(site.url, tmp_path) as wire:
        keys = [(await wire.call("note", modern=True))["key"] for _ in range(2)]
        assert (await wire.call("note", modern=True, idempotency_key="mine"))["key"] == "mine"
    assert all(keys)
    assert keys[0] != keys[1]


async def test_what_may_not_be_repeated_is_not(make_bus: MakeBus, tmp_path: Path) -> None:
    recorder = Recorder()
    async with serving(make_bus, more=[recorder]) as site, bridged(site.url, tmp_path) as wire:
        await wire.initialize()
        striking = wire.ask("tools/call", {"name": "strike", "arguments": {}})
        await recorder.is_struck.wait()
        await site.cut()
        answer = await wire.answer(striking)
    assert "not known whether this was done" in answer["error"]["message"]


def port_of(site: Site) -> int:
    return int(site.url.rpartition(":")[2])


async def test_without_a_server_every_request_gets_an_error(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agentchatbus_mcp.stdio.bridge.RESTART_SECONDS", 0.0)
    async with bridged(f"http://127.0.0.1:{free_port()}", tmp_path) as wire:
        answer = await wire.answer(wire.ask("tools/list", MODERN))
    assert "No AgentChatBus answers" in answer["error"]["message"]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("thread_list", "thread_list"),
        ("", ""),
        ("é", "=?base64?w6k=?="),
        (" a", "=?base64?IGE=?="),
        ("=?base64?x?=", None),
    ],
)
def test_header_values_survive(text: str, value: str | None) -> None:
    encoded = header_value(text)
    assert encoded.isascii()
    assert encoded == value if value is not None else encoded.startswith("=?base64?")
