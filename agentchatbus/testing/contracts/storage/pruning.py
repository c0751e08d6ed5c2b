"""Removing what is old."""

# ruff: noqa: S101 -- assertions are what a suite is made of

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from agentchatbus.ports.queries import StoredAnswer
from agentchatbus.ports.storage import Storage, Transaction
from agentchatbus.testing.contracts.storage.base import (
    START,
    SomethingHappened,
    StorageCase,
    adding_threads,
    at,
    make_token,
)

MANY = 2500


async def prune(storage: Storage, **moments: datetime) -> int:
    kept = {"events_before": START, "tokens_before": START, "answers_before": START}
    return await storage.prune(**{**kept, **moments})


async def happen(storage: Storage, moments: Sequence[datetime]) -> None:
    def work(tx: Transaction) -> None:
        for moment in moments:
            tx.events.append(SomethingHappened(), moment)

    await storage.write(work)


class PruningContract(StorageCase):
    async def test_pruning_nothing_removes_nothing(self, storage: Storage) -> None:
        assert await prune(storage) == 0
        await happen(storage, [at(1)])
        assert await prune(storage, events_before=at(1)) == 0
        assert await storage.read(lambda tx: tx.events.bounds()) == (1, 1)

    async def test_old_events_go_and_their_ids_are_never_given_again(self, storage: Storage) -> None:
        await happen(storage, [at(1), at(2), at(3)])
        assert await prune(storage, events_before=at(3)) == 2
        assert await storage.read(lambda tx: tx.events.bounds()) == (3, 3)
        assert await prune(storage, events_before=at(9)) == 1
        assert await storage.read(lambda tx: tx.events.bounds()) == (4, 3)
        await happen(storage, [at(10)])
        assert await storage.read(lambda tx: tx.events.bounds()) == (4, 4)

    async def test_the_log_never_gets_a_gap_though_the_clock_went_back(self, storage: Storage) -> None:
        await happen(storage, [at(1), at(9), at(2), at(3)])
        assert await prune(storage, events_before=at(5)) == 1
        assert [event.id for event in await storage.read(lambda tx: tx.events.after(0, 9))] == [2, 3, 4]
        assert await storage.read(lambda tx: tx.events.bounds()) == (2, 4)

    async def test_used_tokens_go_and_open_ones_stay(self, storage: Storage) -> None:  # H13
        def work(tx: Transaction) -> None:
            tx.tokens.add(make_token("open"))
            tx.tokens.add(make_token("old", consumed_at=at(1)))
            tx.tokens.add(make_token("recent", consumed_at=at(5)))

        await storage.write(adding_threads())
        await storage.write(work)
        assert await prune(storage, tokens_before=at(5)) == 1
        assert await storage.read(lambda tx: tx.tokens.get("old")) is None
        assert await storage.read(lambda tx: tx.tokens.get("recent")) is not None
        assert [token.hash for token in await storage.read(lambda tx: tx.tokens.open_of("t", "a"))] == ["open"]

    async def test_open_tokens_that_belong_to_nobody_go_when_they_are_old(self, storage: Storage) -> None:  # H13, M44
        def work(tx: Transaction) -> None:
            tx.tokens.add(make_token("abandoned", agent_id=None, issued_at=at(1)))
            tx.tokens.add(make_token("fresh", agent_id=None, issued_at=at(5)))

        await storage.write(adding_threads())
        await storage.write(work)
        assert await prune(storage, tokens_before=at(5)) == 1
        assert await storage.read(lambda tx: tx.tokens.get("abandoned")) is None
        assert await storage.read(lambda tx: tx.tokens.get("fresh")) is not None

    async def test_old_answers_go(self, storage: Storage) -> None:
        def work(tx: Transaction) -> None:
            for key, moment in {"old": at(1), "recent": at(5)}.items():
                tx.answers.put("scope", key, StoredAnswer(fingerprint="f", answer={}, created_at=moment))

        await storage.write(work)
        assert await prune(storage, answers_before=at(5)) == 1
        assert await storage.read(lambda tx: tx.answers.get("scope", "old")) is None
        assert await storage.read(lambda tx: tx.answers.get("scope", "recent")) is not None

    async def test_pruning_is_done_in_bounded_steps_until_nothing_is_left(self, storage: Storage) -> None:
        await happen(storage, [at(1)] * MANY)
        steps = []
        while removed := await prune(storage, events_before=at(2)):
            steps.append(removed)
        assert sum(steps) == MANY
        assert max(steps) < MANY
        assert await storage.read(lambda tx: tx.events.bounds()) == (MANY + 1, MANY)
