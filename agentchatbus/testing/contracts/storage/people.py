"""Participants and access tokens."""

# ruff: noqa: S101 -- assertions are what a suite is made of

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from agentchatbus.errors import Conflict
from agentchatbus.model import AccessToken, Participant, Scope
from agentchatbus.ports.storage import Storage, Transaction
from agentchatbus.testing.contracts.storage.base import (
    START,
    StorageCase,
    adding_threads,
    at,
    is_refused,
    make_participant,
    make_thread,
)


def make_access(name: str, /, **fields: Any) -> AccessToken:
    values = {"id": name, "name": f"for {name}", "scope": Scope.HUMAN, "created_at": START}
    return AccessToken(**{**values, **fields})


def adding_access(token: AccessToken, token_hash: str) -> Callable[[Transaction], None]:
    return lambda tx: tx.access.add(token, token_hash)


async def put(storage: Storage, *participants: Participant) -> None:
    def work(tx: Transaction) -> None:
        for participant in participants:
            tx.participants.put(participant)

    await storage.write(work)


def putting(participant: Participant) -> Callable[[Transaction], bool]:
    return lambda tx: tx.participants.put(participant)


async def participants_of(storage: Storage, *thread_ids: str) -> dict[str, list[Participant]]:
    return await storage.read(lambda tx: tx.participants.of(thread_ids))


class ParticipantContract(StorageCase):
    async def test_participants_come_back_by_time_of_joining(self, storage: Storage) -> None:
        late, early = make_participant("late", joined_at=at(2), read_seq=5), make_participant("early", agent_id=None)
        elsewhere = make_participant("early", "u")
        await storage.write(adding_threads(make_thread("t"), make_thread("u"), make_thread("empty")))
        await put(storage, late, early, elsewhere)
        assert await participants_of(storage, "t", "u", "empty", "none") == {"t": [early, late], "u": [elsewhere]}
        assert await participants_of(storage) == {}

    async def test_what_was_read_rises_and_never_falls(self, storage: Storage) -> None:
        first = make_participant("a", read_seq=3)
        await storage.write(adding_threads())
        await put(storage, first)
        for read_seq, expected in [(5, 5), (4, 5), (5, 5), (0, 5), (6, 6)]:
            await put(storage, replace(first, read_seq=read_seq))
            assert await participants_of(storage, "t") == {"t": [replace(first, read_seq=expected)]}

    async def test_the_name_and_the_time_of_joining_stay(self, storage: Storage) -> None:
        first = make_participant("a")
        await storage.write(adding_threads())
        await put(storage, first)
        await put(storage, replace(first, name="Bee", agent_id="b", joined_at=at(9), read_seq=1))
        assert await participants_of(storage, "t") == {"t": [replace(first, read_seq=1)]}

    async def test_only_the_first_put_of_a_participant_adds_one(self, storage: Storage) -> None:
        first = make_participant("a")
        await storage.write(adding_threads(make_thread("t"), make_thread("u")))
        again = [first, first, replace(first, read_seq=7), replace(first, read_seq=3), replace(first, thread_id="u")]
        assert [await storage.write(putting(item)) for item in again] == [True, False, False, False, True]

    async def test_a_participant_needs_its_thread(self, storage: Storage) -> None:
        assert await is_refused(storage, lambda tx: tx.participants.put(make_participant("a", "none")))
        assert await participants_of(storage, "none") == {}


class AccessContract(StorageCase):
    async def test_an_access_token_is_found_by_its_hash(self, storage: Storage) -> None:
        full = make_access("full", scope=Scope.OPERATOR, expires_at=at(60))
        await storage.write(lambda tx: tx.access.add(full, "hash of full"))
        assert await storage.read(lambda tx: tx.access.by_hash("hash of full")) == full
        assert await storage.read(lambda tx: tx.access.by_hash("full")) is None

    async def test_access_tokens_are_listed_by_time_of_creation(self, storage: Storage) -> None:
        def work(tx: Transaction) -> None:
            for name, seconds in {"z": 2, "y": 1, "x": 2, "w": 0}.items():
                tx.access.add(make_access(name, created_at=at(seconds)), f"hash of {name}")

        await storage.write(work)
        assert [token.id for token in await storage.read(lambda tx: tx.access.all())] == ["w", "y", "z", "x"]

    async def test_a_removed_access_token_is_gone(self, storage: Storage) -> None:
        await storage.write(lambda tx: tx.access.add(make_access("a"), "hash"))
        assert await storage.write(lambda tx: tx.access.remove("a"))
        assert not await storage.write(lambda tx: tx.access.remove("a"))
        assert await storage.read(lambda tx: (tx.access.by_hash("hash"), tx.access.all())) == (None, [])
        await storage.write(lambda tx: tx.access.add(make_access("a"), "hash"))

    async def test_an_id_and_a_hash_are_taken_once(self, storage: Storage) -> None:
        await storage.write(lambda tx: tx.access.add(make_access("a"), "hash"))
        for token, token_hash in [(make_access("a"), "other"), (make_access("b"), "hash")]:
            with pytest.raises(Conflict):
                await storage.write(adding_access(token, token_hash))
        assert await storage.read(lambda tx: tx.access.all()) == [make_access("a")]
