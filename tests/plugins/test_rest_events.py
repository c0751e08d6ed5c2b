"""The stream of events, as one client sees it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, fields
from typing import ClassVar

import pytest

from agentchatbus.plugin_api import EventBody, MessageRefused
from agentchatbus.testing import MakeBus, ManualClock
from agentchatbus_rest import RestSettings
from tests.plugins.rest_kit import Frame, Rest, open_rest, streaming

REFUSED = [item.name for item in fields(MessageRefused)]
TOO_MANY = 10_050
"""More events than a stream may be behind."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Noted(EventBody):
    """An event of a plugin."""

    type: ClassVar[str] = "test.noted"
    thread_id: str | None
    text: str


async def note(rest: Rest, *texts: str, thread_id: str | None = None) -> int:
    """Publish events in one commit; return the id of the last one."""
    bus = rest.bus.app.bus
    bodies, now = [Noted(thread_id=thread_id, text=text) for text in texts], bus.clock.now()
    events = await bus.storage.write(lambda tx: [tx.events.append(body, now) for body in bodies])
    return events[-1].id


def texts(frames: Sequence[Frame]) -> list[str]:
    """Return what the events say."""
    return [frame.data["payload"]["text"] for frame in frames]


async def test_a_stream_starts_at_now_and_tells_what_happens_then(make_bus: MakeBus) -> None:
    """H40, H41, H43."""
    rest = await open_rest(make_bus)
    await rest.post("before")
    async with streaming(rest) as stream:
        message = (await rest.post("after", metadata={"handoff_target": "x"})).json()
        posted, handed_off = await stream.frames(2)
    row = posted.data["payload"].pop("message")
    assert posted.data == {
        "type": "msg.new",
        "payload": {
            "msg_id": message["id"],
            "thread_id": rest.bus.thread,
            "author": "human",
            "author_id": None,
            "role": "user",
            "seq": 2,
            "content": "after",
        },
    }
    assert (row["id"], row["content"], row["metadata"]) == (message["id"], "after", {"handoff_target": "x"})
    assert (handed_off.data["type"], handed_off.data["payload"]["thread_id"]) == ("msg.handoff", rest.bus.thread)
    assert posted.id is not None
    assert handed_off.id == posted.id + 1


async def test_a_stream_is_written_as_browsers_and_proxies_want_it(make_bus: MakeBus) -> None:
    """H42."""
    rest = await open_rest(make_bus)
    newest = await note(rest, "before")
    async with streaming(rest) as stream:
        assert stream.status == 200
        assert stream.headers == {
            "content-type": "text/event-stream; charset=utf-8",
            "cache-control": "no-store",
            "x-accel-buffering": "no",
        }
        await note(rest, "line\nbreak")
        await stream.frames(1)
    assert stream.body.decode() == (
        f": connected\nretry: 1000\nid: {newest}\n\n"
        f"id: {newest + 1}\nevent: message\n"
        'data: {"type":"test.noted","payload":{"thread_id":null,"text":"line\\nbreak"}}\n\n'
    )


@pytest.mark.parametrize("way", ["last-event-id", "after", "last_event_id"])
async def test_a_stream_resumes_after_the_last_event_seen(make_bus: MakeBus, way: str) -> None:
    """H40."""
    rest = await open_rest(make_bus)
    seen = await note(rest, "one")
    await note(rest, "two", "three")
    query, headers = ("", {way: str(seen)}) if "-" in way else (f"{way}={seen}", {})
    async with streaming(rest, query, **headers) as stream:
        assert texts(await stream.frames(2)) == ["two", "three"]


async def test_the_cursor_in_the_header_is_newer_than_the_one_in_the_address(make_bus: MakeBus) -> None:
    rest = await open_rest(make_bus)
    first = await note(rest, "one")
    await note(rest, "two", "three")
    async with streaming(rest, f"after={first}", last_event_id=str(first + 1)) as stream:
        assert texts(await stream.frames(1)) == ["three"]


async def test_the_cursor_of_an_empty_log_is_a_cursor(make_bus: MakeBus) -> None:
    rest = await open_rest(make_bus)
    async with streaming(rest, last_event_id="0") as stream:
        first, *_ = await stream.frames(1)
        assert (first.id, first.data["type"]) == (1, "bus.started")


@pytest.mark.parametrize("cursor", ["999999", "nonsense", "9" * 5000, "-1"])
async def test_a_cursor_that_means_nothing_here_is_a_resync_at_now(make_bus: MakeBus, cursor: str) -> None:
    rest = await open_rest(make_bus)
    newest = await note(rest, "one")
    async with streaming(rest, last_event_id=cursor) as stream:
        (resync,) = await stream.frames(1)
        assert resync == Frame(id=newest, data={"type": "resync", "payload": {"newest": newest}})
        await note(rest, "two")
        assert texts(await stream.frames(1)) == ["two"]


async def test_a_cursor_that_is_too_far_behind_is_a_resync_and_then_goes_on(make_bus: MakeBus) -> None:
    rest = await open_rest(make_bus)
    newest = await note(rest, *("x" for _ in range(TOO_MANY)))
    async with streaming(rest, "after=1") as stream:
        (resync,) = await stream.frames(1)
        assert resync == Frame(id=newest, data={"type": "resync", "payload": {"newest": newest}})
        await note(rest, "next")
        assert texts(await stream.frames(1)) == ["next"]


async def test_a_stream_that_is_behind_catches_up_from_the_log(make_bus: MakeBus) -> None:
    rest = await open_rest(make_bus)
    newest = await note(rest, *(str(number) for number in range(5000)))
    async with streaming(rest, f"after={newest - 4900}") as stream:
        assert texts(await stream.frames(4900)) == [str(number) for number in range(100, 5000)]


@pytest.mark.parametrize("query", ["after=x", "last_event_id=", "after=1.5"])
async def test_a_cursor_in_the_address_has_to_be_a_number(make_bus: MakeBus, query: str) -> None:
    rest = await open_rest(make_bus)
    answer = await rest.http.get(f"/events?{query}")
    assert (answer.status_code, answer.json()["detail"][0]["loc"][0]) == (422, "query")


async def test_a_stream_can_be_filtered_by_threads(make_bus: MakeBus) -> None:
    """H42."""
    rest = await open_rest(make_bus)
    async with streaming(rest, "thread_id=a&thread_id=b") as stream:
        for thread_id in ("a", "c", None, "b"):
            newest = await note(rest, f"in {thread_id}", thread_id=thread_id)
        first, second = await stream.frames(2)
    assert (texts([first, second]), second.id) == (["in a", "in b"], newest)


async def test_a_silent_stream_sends_comments(make_bus: MakeBus) -> None:
    """H42."""
    rest = await open_rest(make_bus, rest_settings=RestSettings(heartbeat_seconds=15))
    async with streaming(rest) as stream:
        for _ in range(2):
            newest = rest.bus.app.bus.feed.newest
            await _pass(rest, 15)
            assert await stream.chunk() == f": keep-alive\nid: {newest}\n\n"


async def test_a_stream_whose_filter_skips_everything_is_kept_alive_and_moves_on(make_bus: MakeBus) -> None:
    rest = await open_rest(make_bus)
    async with streaming(rest, "thread_id=mine") as stream:
        await _pass(rest, 10)
        newest = await note(rest, "x", thread_id="other")
        await _pass(rest, 5)
        assert await stream.chunk() == f": keep-alive\nid: {newest}\n\n"


async def test_an_event_is_encoded_once_for_all_streams(make_bus: MakeBus) -> None:
    rest = await open_rest(make_bus)
    async with streaming(rest) as first, streaming(rest) as second:
        await note(rest, "x")
        assert await first.frames(1) == await second.frames(1)
        assert rest.app.streams.count == 2


async def test_a_client_that_hangs_up_ends_its_stream(make_bus: MakeBus) -> None:
    rest = await open_rest(make_bus)
    async with streaming(rest):
        assert rest.app.streams.count == 1
    assert rest.app.streams.count == 0


async def test_one_stream_too_many_is_refused_until_another_one_ends(make_bus: MakeBus) -> None:
    rest = await open_rest(make_bus, rest_settings=RestSettings(max_streams=1))
    async with streaming(rest):
        answer = await rest.http.get("/events")
        assert (answer.status_code, answer.headers["retry-after"]) == (503, "1")
    async with streaming(rest) as stream:
        assert stream.status == 200


async def test_streams_end_when_the_bus_stops(make_bus: MakeBus) -> None:
    rest = await open_rest(make_bus)
    async with streaming(rest) as stream:
        rest.bus.stop_feed()
        assert await stream.chunk() == ""
        assert await stream.chunk() is None


async def test_streams_end_when_the_server_says_so(make_bus: MakeBus) -> None:
    rest = await open_rest(make_bus)
    (transport,) = rest.bus.app.transports
    async with streaming(rest) as stream:
        transport.stop()
        assert await stream.chunk() == ""
        assert await stream.chunk() is None


async def test_no_event_carries_a_token(make_bus: MakeBus) -> None:
    """M11."""
    rest = await open_rest(make_bus)
    async with streaming(rest) as stream:
        agent = await rest.register("Nova")
        proof = {"agent_id": agent["agent_id"], "token": agent["token"]}
        await rest.http.post("/api/agents/resume", json=proof)
        await rest.post(token=agent["token"])
        await rest.http.post("/api/agents/unregister", json=proof)
        frames = await stream.frames(5)
    told = [frame.data["type"] for frame in frames]
    assert told == ["agent.online", "agent.online", "msg.new", "thread.joined", "agent.offline"]
    assert agent["token"] not in stream.body.decode()


async def _pass(rest: Rest, seconds: float) -> None:
    """Let time pass once the stream waits for events or for its next comment."""
    clock = rest.bus.clock
    assert isinstance(clock, ManualClock)
    async with asyncio.timeout(10):
        await clock.until_waiting(within=15)
    clock.advance(seconds)


async def test_what_is_told_live_only_moves_no_cursor_and_is_for_people(make_bus: MakeBus) -> None:
    rest = await open_rest(make_bus)
    agent = await rest.register("Nova")
    bus = rest.bus.app.bus
    async with streaming(rest) as person, streaming(rest, x_agent_token=agent["token"]) as watching:
        bus.feed.tell(Noted(thread_id=None, text="for all"))
        bus.feed.tell(MessageRefused(**dict.fromkeys(REFUSED, "x")))
        passing, refused = await person.frames(2)
        assert [frame.data["payload"]["text"] for frame in await watching.frames(1)] == ["for all"]
        await note(rest, "stored")
        assert texts([*await person.frames(1), *await watching.frames(1)]) == ["stored", "stored"]
    assert [passing.id, refused.id] == [None, None]
    assert refused.data["type"] == "msg.refused"


async def test_a_new_stream_does_not_hear_what_was_told_before_it(make_bus: MakeBus) -> None:
    rest = await open_rest(make_bus)
    rest.bus.app.bus.feed.tell(Noted(thread_id=None, text="missed"))
    async with streaming(rest) as stream:
        await note(rest, "heard")
        assert texts(await stream.frames(1)) == ["heard"]
