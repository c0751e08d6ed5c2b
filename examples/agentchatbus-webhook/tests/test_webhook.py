"""What is sent, in which order, how it is signed, and what happens when nobody takes it."""

from __future__ import annotations

import asyncio
import logging
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from agentchatbus.plugin_api import StorageContext, StorageOffer
from agentchatbus.testing import BusHarness, MakeBus, ManualClock, MemoryStorage, make_bus
from pydantic import SecretStr, ValidationError

from agentchatbus_webhook import WebhookPlugin, WebhookSettings
from agentchatbus_webhook.signing import sign, verify
from webhook_receiver import Delivery, Receiver

SECRET = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
LONGEST = 8.0


def plugin(*urls: str, **settings: Any) -> WebhookPlugin:
    return WebhookPlugin(WebhookSettings(urls=urls, secret=SecretStr(SECRET), max_delay_seconds=LONGEST, **settings))


async def pass_time(bus: BusHarness) -> None:
    """Let the time to the next try pass, however long chance has made it."""
    assert isinstance(bus.clock, ManualClock)
    await bus.clock.until_waiting(1, within=LONGEST)
    bus.clock.advance(LONGEST)


def contents(deliveries: list[Delivery]) -> list[str]:
    return [
        delivery.document["payload"]["content"] for delivery in deliveries if delivery.document["type"] == "msg.new"
    ]


async def test_every_event_is_sent_once_and_in_order(make_bus: MakeBus, receiver: Receiver) -> None:
    bus = await make_bus(plugins=[plugin(receiver.url, events=("msg.new",))])
    for number in range(20):
        await bus.post(f"message {number}")
    assert contents(await receiver.until(20)) == [f"message {number}" for number in range(20)]


async def test_a_request_is_signed_so_that_its_receiver_can_tell(make_bus: MakeBus, receiver: Receiver) -> None:
    bus = await make_bus(plugins=[plugin(receiver.url, events=("msg.new",))])
    await bus.post("hello")
    [delivery] = await receiver.until(1)
    now = bus.clock.now().timestamp()
    assert verify(SECRET, headers=delivery.headers, body=delivery.body, now=now)
    assert not verify("another", headers=delivery.headers, body=delivery.body, now=now)
    assert not verify(SECRET, headers=delivery.headers, body=delivery.body + b" ", now=now)
    assert not verify(SECRET, headers=delivery.headers, body=delivery.body, now=now + 3600)
    assert delivery.headers["webhook-id"] == f"evt_{delivery.document['id']}"


def test_the_signature_is_that_of_standard_webhooks() -> None:
    # The example of the specification's libraries.
    body = b'{"test": 2432232314}'
    secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
    signature = sign(secret, identifier="msg_p5jXN8AQM9LWM0D4loKWxJek", timestamp=1614265330, body=body)
    assert signature == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


@pytest.mark.parametrize(
    ("patterns", "types"),
    [
        (("msg.*",), {"msg.new", "msg.reply"}),
        (("agent.online",), {"agent.online"}),
        (("agent.offline", "stranger.something"), set()),
    ],
)
async def test_only_the_chosen_types_are_sent(
    make_bus: MakeBus, receiver: Receiver, patterns: tuple[str, ...], types: set[str]
) -> None:
    bus = await make_bus(plugins=[plugin(receiver.url, events=(*patterns, "msg.stop"))])
    await bus.agent("Ada")
    first = await bus.post("one")
    await bus.post("two", reply_to_msg_id=first.message.id)
    await bus.post("last", metadata={"stop_reason": "complete"})
    while "msg.stop" not in (sent := [delivery.document["type"] for delivery in receiver.deliveries]):
        await receiver.until(len(sent) + 1)
    assert set(sent) - {"msg.stop"} == types


@pytest.mark.parametrize("status", [500, 503, 429, 408])
async def test_what_was_not_taken_is_sent_again_and_nothing_overtakes_it(
    make_bus: MakeBus, receiver: Receiver, status: int
) -> None:
    receiver.answers = [(status, {}), (status, {})]
    bus = await make_bus(plugins=[plugin(receiver.url, events=("msg.new",))])
    await bus.post("one")
    await bus.post("two")
    await pass_time(bus)
    await pass_time(bus)
    assert contents(await receiver.until(4)) == ["one", "one", "one", "two"]
    assert len({delivery.headers["webhook-id"] for delivery in receiver.deliveries}) == 2


async def test_a_receiver_that_is_not_there_is_tried_until_it_is(
    make_bus: MakeBus, receiver: Receiver, clock: ManualClock
) -> None:
    probe = await asyncio.start_server(receiver.handle, "127.0.0.1", 0)
    port = probe.sockets[0].getsockname()[1]
    probe.close()
    await probe.wait_closed()
    bus = await make_bus(plugins=[plugin(f"http://127.0.0.1:{port}/", events=("msg.new",))], clock=clock)
    await bus.post("patience")
    await clock.until_waiting(1, within=LONGEST)
    server = await asyncio.start_server(receiver.handle, "127.0.0.1", port)
    await pass_time(bus)
    assert contents(await receiver.until(1)) == ["patience"]
    server.close()


async def test_the_time_between_tries_grows_and_is_bounded(
    make_bus: MakeBus, receiver: Receiver, clock: ManualClock
) -> None:
    receiver.answers = [(500, {})] * 6
    bus = await make_bus(plugins=[plugin(receiver.url, events=("msg.new",))], clock=clock)
    await bus.post("one")
    for tries, (shortest, longest) in enumerate([(0.5, 1), (1, 2), (2, 4), (4, 8), (8, 8), (8, 8)], start=1):
        await receiver.until(tries)
        await clock.until_waiting(1, within=longest)
        clock.advance(shortest * 0.99)
        assert len(receiver.deliveries) == tries
        clock.advance(longest - shortest * 0.99)
    assert len(await receiver.until(7)) == 7


async def test_retry_after_is_heeded_within_the_bound(
    make_bus: MakeBus, receiver: Receiver, clock: ManualClock
) -> None:
    receiver.answers = [(429, {"retry-after": "5"}), (429, {"retry-after": "100000"})]
    bus = await make_bus(plugins=[plugin(receiver.url, events=("msg.new",))], clock=clock)
    await bus.post("one")
    for tries, seconds in ((1, 5.0), (2, LONGEST)):
        await receiver.until(tries)
        await clock.until_waiting(1, within=seconds)
        clock.advance(seconds)
    await receiver.until(3)


async def test_what_is_refused_is_left_out_and_the_next_follows(make_bus: MakeBus, receiver: Receiver) -> None:
    receiver.answers = [(400, {})]
    bus = await make_bus(plugins=[plugin(receiver.url, events=("msg.new",))])
    await bus.post("one")
    await bus.post("two")
    assert contents(await receiver.until(2)) == ["one", "two"]


async def test_one_receiver_does_not_wait_for_another(make_bus: MakeBus, receiver: Receiver) -> None:
    bus = await make_bus(plugins=[plugin("http://127.0.0.1:9/", receiver.url, events=("msg.new",))])
    await bus.post("one")
    assert contents(await receiver.until(1)) == ["one"]


async def test_a_restart_goes_on_where_the_last_run_stopped(receiver: Receiver) -> None:
    storage = shared_storage()
    receiver.answers = [(204, {}), (500, {})]
    webhook = plugin(receiver.url, events=("msg.new",))
    async with make_bus(plugins=[webhook], storage=storage) as bus:
        await bus.post("one")
        await bus.post("two")
        await receiver.until(2)
    async with make_bus(storage=storage) as without:
        await without.post("three")
    async with make_bus(plugins=[webhook], storage=storage):
        assert contents(await receiver.until(4)) == ["one", "two", "two", "three"]


async def test_a_receiver_that_is_new_begins_with_now(receiver: Receiver) -> None:
    storage = shared_storage()
    async with make_bus(storage=storage) as before:
        await before.post("long ago")
    async with make_bus(plugins=[plugin(receiver.url, events=("msg.new",))], storage=storage) as bus:
        await bus.post("now")
        assert contents(await receiver.until(1)) == ["now"]


async def test_a_receiver_that_was_away_too_long_is_told_what_it_missed(receiver: Receiver) -> None:
    storage = shared_storage()
    webhook = plugin(receiver.url, events=("msg.new",))
    async with make_bus(plugins=[webhook], storage=storage) as bus:
        place = bus.app.bus.feed.newest
    async with make_bus(storage=storage) as without:
        await without.post("while it was away")
        later = without.clock.now().replace(year=2031)
        prune = without.app.bus.storage.prune
        while await prune(events_before=later, tokens_before=later, answers_before=later):
            pass
    async with make_bus(plugins=[webhook], storage=storage) as bus:
        [delivery, *_] = await receiver.until(1)
    assert delivery.document["type"] == "resync"
    assert delivery.document["payload"]["missed_from"] == place + 1


async def test_no_log_holds_a_secret(make_bus: MakeBus, receiver: Receiver, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG, logger="agentchatbus_webhook")
    receiver.answers = [(500, {}), (400, {})]
    webhook = plugin(receiver.url, events=("msg.new",))
    bus = await make_bus(plugins=[webhook])
    await bus.post("confidential")
    await pass_time(bus)
    await bus.post("second")
    await receiver.until(3)
    own = [record.getMessage() for record in caplog.records if record.name.startswith("agentchatbus")]
    text = "\n".join([*own, repr(webhook.settings), str(webhook.settings)])
    assert "did not take" in text
    assert "refused" in text
    for secret in (SECRET, "in-the-query", "confidential"):
        assert secret not in text


async def test_without_urls_nothing_is_sent(make_bus: MakeBus) -> None:
    bus = await make_bus(plugins=[WebhookPlugin(WebhookSettings())])
    await bus.post("one")
    assert len(await bus.messages()) == 1


@pytest.mark.parametrize(
    "settings",
    [
        {"urls": ("https://a.example/",)},
        {"urls": ("ftp://a.example/",), "secret": SECRET},
        {"urls": ("no url",), "secret": SECRET},
        {"secret": "whsec_!!"},
        {"secret": ""},
        {"secret": "fifteen letters"},
        {"secret": "whsec_c2hvcnQ="},
        {"url": ("https://a.example/",)},
    ],
)
def test_settings_that_cannot_work_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        WebhookSettings(**settings)


@pytest.mark.parametrize(
    ("event", "meant"),
    [
        ("msg.nwe", "did you mean 'msg.new'?"),
        ("msgs", "did you mean 'msg.*'?"),
        ("thread.close", "did you mean 'thread.closed'?"),
        ("MSG.NEW", "did you mean 'msg.new'?"),
        ("", "there are agent.*, bus.*, msg.*"),
        ("msg.x*", "No event fits 'msg.x*'"),
    ],
)
def test_events_that_cannot_be_are_refused_with_what_is_near(event: str, meant: str) -> None:
    with pytest.raises(ValidationError, match=re.escape(meant)):
        WebhookSettings(events=("msg.new", event))


async def test_events_that_no_plugin_has_are_named_in_the_log(
    make_bus: MakeBus, receiver: Receiver, caplog: pytest.LogCaptureFixture
) -> None:
    await make_bus(plugins=[plugin(receiver.url, events=("*", "msg.*", "thread.new", "mgs.new", "Mgs.*"))])
    said = [record.getMessage() for record in caplog.records if record.name == "agentchatbus_webhook.plugin"]
    assert said[0] == "No plugin has events that fit 'mgs.new'; did you mean 'msg.new'?"
    assert len(said) == 2


def test_a_secret_that_is_refused_is_not_in_the_error() -> None:
    with pytest.raises(ValidationError, match="at least 16 bytes") as refused:
        WebhookSettings(secret=SecretStr("hunter2"))
    assert "hunter2" not in str(refused.value)


def shared_storage() -> StorageOffer:
    """Return a storage that survives a restart of the bus."""
    storage = MemoryStorage()

    @asynccontextmanager
    async def opened(_context: StorageContext) -> AsyncIterator[MemoryStorage]:
        yield storage

    return StorageOffer(name="shared", open=opened)
