"""What different callers see of the stream of events, and for how long."""

from __future__ import annotations

import pytest

from agentchatbus.plugin_api import HIDDEN, BusSettings, Caller, CallerKind, Event
from agentchatbus.testing import MakeBus, ManualClock
from agentchatbus_rest.frames import Frames
from tests.plugins.rest_kit import Rest, open_rest, streaming

CLOSED_BUS = BusSettings(is_open=False, operator_token="let me in; please")
OPERATOR = {"x-admin-token": "let me in; please"}
PERSON = Caller(kind=CallerKind.HUMAN)
AGENT = Caller(kind=CallerKind.AGENT, agent_id="a")


def event(number: int, rest: Rest, type_: str = "msg.new", **payload: object) -> Event:
    """Make an event."""
    now = rest.bus.clock.now()
    return Event(id=number, type=type_, thread_id=None, payload=payload, created_at=now)


async def test_an_agent_sees_no_text_that_is_for_people(make_bus: MakeBus) -> None:
    """H29."""
    rest = await open_rest(make_bus)
    agent = await rest.register()
    async with streaming(rest) as people, streaming(rest, x_agent_token=agent["token"]) as agents:
        sent = (await rest.post("for people", metadata={"visibility": "human_only"})).json()
        await rest.http.put(f"/api/messages/{sent['id']}", json={"content": "still for people"})
        await rest.post("for all")
        seen, hidden = await people.frames(3), await agents.frames(3)
    assert [frame.data["type"] for frame in seen] == ["msg.new", "msg.edit", "msg.new"]
    assert [frame.id for frame in seen] == [frame.id for frame in hidden]
    texts = [[frame.data["payload"]["message"]["content"] for frame in frames] for frames in (seen, hidden)]
    assert texts[0] == ["for people", "still for people", "for all"]
    assert texts[1] == [HIDDEN, HIDDEN, "for all"]
    assert b"for people" not in agents.body
    assert seen[-1] == hidden[-1]


async def test_an_agent_is_not_told_who_is_let_in(make_bus: MakeBus) -> None:
    rest = await open_rest(make_bus)
    agent = await rest.register()
    async with streaming(rest) as people, streaming(rest, x_agent_token=agent["token"]) as agents:
        created = (await rest.http.post("/api/tokens", json={"name": "Ada", "scope": "human"})).json()
        await rest.post("after")
        told, *_ = await people.frames(2)
        next_one, *_ = await agents.frames(1)
    assert (told.data["type"], told.data["payload"]["token_id"]) == ("token.created", created["id"])
    assert next_one.data["type"] == "msg.new"
    assert created["token"].encode() not in people.body


async def test_an_event_is_encoded_once_for_all_who_see_it_alike(make_bus: MakeBus) -> None:
    rest = await open_rest(make_bus)
    frames = Frames()
    message = {"content": "x", "metadata": {"visibility": "human_only"}}
    plain, hidden, secret = event(1, rest), event(2, rest, message=message), event(3, rest, "token.created")
    assert frames.of(plain, PERSON) is frames.of(plain, AGENT) is frames.of(plain, PERSON)
    assert frames.of(hidden, PERSON) is frames.of(hidden, PERSON)
    assert frames.of(hidden, AGENT) is frames.of(hidden, AGENT)
    assert frames.of(hidden, AGENT) != frames.of(hidden, PERSON)
    assert frames.of(secret, AGENT) == b""
    assert frames.of(secret, PERSON)


async def test_frames_are_kept_up_to_a_size(make_bus: MakeBus) -> None:
    rest = await open_rest(make_bus)
    frames = Frames(max_bytes=500)
    events = [event(number, rest, text="x" * 200) for number in range(4)]
    first = frames.of(events[0], PERSON)
    assert frames.of(events[0], PERSON) is first
    for item in events:
        frames.of(item, PERSON)
    assert frames.of(events[0], PERSON) is not first
    assert frames.of(events[0], PERSON) == first


async def test_many_large_events_come_in_several_pieces(make_bus: MakeBus) -> None:
    rest = await open_rest(make_bus)
    for number in range(5):
        await rest.post(f"{number}" * 200_000)
    async with streaming(rest, query="after=0") as stream:
        pieces = []
        while sum(piece.count("msg.new") for piece in pieces) < 5:
            pieces.append(await stream.chunk() or "")
    assert len(pieces) > 2
    assert max(map(len, pieces)) < 900_000


async def test_a_deleted_thread_is_told_to_streams_of_other_threads_too(make_bus: MakeBus) -> None:
    rest = await open_rest(make_bus)
    async with streaming(rest, query="thread_id=another") as stream:
        await rest.post("not for this stream")
        await rest.http.delete(f"/api/threads/{rest.bus.thread}")
        (frame,) = await stream.frames(1)
    assert (frame.data["type"], frame.data["payload"]["thread_id"]) == ("thread.deleted", rest.bus.thread)


async def test_a_stream_ends_when_its_token_is_revoked(make_bus: MakeBus) -> None:
    rest = await open_rest(make_bus, settings=CLOSED_BUS)
    body = {"name": "Ada", "scope": "human"}
    ada = (await rest.http.post("/api/tokens", json=body, headers=OPERATOR)).json()
    async with streaming(rest, authorization=f"Bearer {ada['token']}") as stream:
        await rest.http.delete(f"/api/tokens/{ada['id']}", headers=OPERATOR)
        await rest.post("too late", token=None)
        while (piece := await stream.chunk()) is not None:
            assert "too late" not in piece
    assert rest.app.streams.count == 0


async def test_a_stream_ends_when_its_agent_is_kicked(make_bus: MakeBus) -> None:
    rest = await open_rest(make_bus)
    agent = await rest.register()
    async with streaming(rest, x_agent_token=agent["token"]) as stream:
        await rest.http.post(f"/api/agents/{agent['agent_id']}/kick")
        while await stream.chunk() is not None:
            pass
    assert rest.app.streams.count == 0


async def test_a_stream_ends_when_its_token_expires(make_bus: MakeBus) -> None:
    rest = await open_rest(make_bus, settings=CLOSED_BUS)
    body = {"name": "Ada", "scope": "human", "valid_days": 0.001}
    ada = (await rest.http.post("/api/tokens", json=body, headers=OPERATOR)).json()
    clock = rest.bus.clock
    assert isinstance(clock, ManualClock)
    async with streaming(rest, authorization=f"Bearer {ada['token']}") as stream:
        await rest.bus.until_blocked()
        clock.advance(100)
        while await stream.chunk() is not None:
            pass
    assert rest.app.streams.count == 0


@pytest.mark.parametrize("header", [{}, {"authorization": "Bearer acb_unknown"}, {"x_agent_token": "0" * 64}])
async def test_nobody_listens_on_a_closed_bus_without_a_proof(make_bus: MakeBus, header: dict[str, str]) -> None:
    rest = await open_rest(make_bus, settings=CLOSED_BUS)
    async with streaming(rest, **header) as stream:
        assert stream.status == 401
