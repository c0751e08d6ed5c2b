"""Removing a thread leaves nothing of it."""

# ruff: noqa: S101 -- assertions are what a suite is made of

from __future__ import annotations

from dataclasses import replace
from typing import Any

from agentchatbus.ports.queries import MessageQuery, StoredAnswer, ThreadQuery
from agentchatbus.ports.storage import Storage, Transaction
from agentchatbus.testing.contracts.storage.base import (
    START,
    SomethingHappened,
    StorageCase,
    adding_threads,
    at,
    is_refused,
    make_edit,
    make_message,
    make_participant,
    make_reaction,
    make_thread,
    make_token,
    posting,
)

MANY = 3000


class Undone(Exception):
    """What a unit of work raises to undo itself."""


def fill(tx: Transaction, name: str, messages: int = 3) -> None:
    """Store a thread with one of everything that can belong to it."""
    tx.threads.add(make_thread(name, system_prompt="be kind", summary="so far"))
    for seq in range(1, messages + 1):
        tx.messages.append(make_message(seq, name))
        tx.events.append(SomethingHappened(thread_id=name, value=f"message {seq}"), at(seq))
    tx.messages.add_edit(make_edit(f"{name}-1", 1))
    tx.reactions.add(make_reaction(f"reaction in {name}", f"{name}-1"))
    tx.participants.put(make_participant("a", name))
    tx.tokens.add(make_token(f"open in {name}", thread_id=name))
    tx.tokens.add(make_token(f"used in {name}", thread_id=name, consumed_at=at(1), consumed_by=f"{name}-1"))
    tx.tokens.request_refresh(name, "a", START, "reason")


def fill_both(tx: Transaction, messages: int = 3) -> None:
    for name in ("t", "kept"):
        fill(tx, name, messages)


def all_of(tx: Transaction, name: str) -> list[Any]:
    """Return everything that can be found of a thread; what is not there is empty or None."""
    of_thread = [event for event in tx.events.after(0, 2 * MANY) if event.thread_id == name]
    return [
        [tx.threads.get(name), tx.threads.by_topic(f"topic of {name}")],
        [thread for thread in tx.threads.page(ThreadQuery(include_archived=True)) if thread.id == name],
        [thread for thread in tx.threads.page(ThreadQuery(by_activity=True)) if thread.id == name],
        tx.messages.page(MessageQuery(thread_id=name, limit=2 * MANY)),
        [tx.messages.get(f"{name}-1"), tx.messages.newest([name]), tx.messages.edits(f"{name}-1")],
        [tx.reactions.of([f"{name}-1"]), tx.reactions.get(f"{name}-1", "a", "+1")],
        tx.participants.of([name]),
        [tx.tokens.get(f"open in {name}"), tx.tokens.get(f"used in {name}"), tx.tokens.open_of(name, "a")],
        tx.tokens.refresh_requested(name, "a"),
        of_thread,
    ]


NOTHING = [[None, None], [], [], [], [None, {}, []], [{}, None], {}, [None, None, []], False, []]


async def found(storage: Storage, name: str) -> list[Any]:
    return await storage.read(lambda tx: all_of(tx, name))


class RemovalContract(StorageCase):
    async def test_a_removed_thread_leaves_nothing(self, storage: Storage) -> None:
        await storage.write(fill_both)
        kept = await found(storage, "kept")
        await storage.write(lambda tx: tx.threads.remove("t"))
        assert await found(storage, "t") == NOTHING
        assert await found(storage, "kept") == kept
        assert await storage.read(lambda tx: tx.threads.count(ThreadQuery(include_archived=True))) == 1

    async def test_a_large_thread_is_out_of_sight_at_once(self, storage: Storage) -> None:
        await storage.write(lambda tx: fill_both(tx, MANY))
        await storage.write(lambda tx: tx.threads.remove("t"))
        assert await found(storage, "t") == NOTHING
        assert (await storage.write(posting("goes on", "kept"))).seq == MANY + 1
        await storage.scrub()
        assert await found(storage, "t") == NOTHING
        thread = await storage.read(lambda tx: tx.threads.get("kept"))
        assert thread is not None
        assert thread.message_count == MANY + 1

    async def test_pruning_comes_to_an_end_after_a_large_removal(self, storage: Storage) -> None:
        await storage.write(lambda tx: fill(tx, "t", MANY))
        await storage.write(lambda tx: tx.threads.remove("t"))
        for _ in range(MANY):
            if not await storage.prune(events_before=START, tokens_before=START, answers_before=START):
                break
        else:
            raise AssertionError("Pruning does not end.")
        assert await found(storage, "t") == NOTHING

    async def test_a_removal_that_fails_removes_nothing(self, storage: Storage) -> None:
        def work(tx: Transaction) -> None:
            tx.threads.remove("t")
            raise Undone

        await storage.write(lambda tx: fill(tx, "t"))
        before = await found(storage, "t")
        assert await is_refused(storage, work)
        assert await found(storage, "t") == before
        assert (await storage.write(posting("next"))).seq == 4

    async def test_what_was_removed_is_free_again(self, storage: Storage) -> None:
        await storage.write(lambda tx: fill(tx, "t"))
        await storage.write(lambda tx: tx.threads.remove("t"))
        await storage.write(adding_threads(make_thread("new", topic="topic of t")))
        await storage.scrub()
        await storage.write(lambda tx: tx.threads.remove("new"))
        await storage.scrub()
        await storage.write(lambda tx: fill(tx, "t"))
        assert len((await found(storage, "t"))[3]) == 3

    async def test_nothing_is_added_to_a_removed_thread(self, storage: Storage) -> None:
        await storage.write(lambda tx: fill(tx, "t", MANY))
        await storage.write(lambda tx: tx.threads.remove("t"))
        assert await is_refused(storage, lambda tx: tx.messages.append(make_message(MANY + 1)))
        await storage.write(lambda tx: tx.threads.update(make_thread("t")))
        await storage.write(lambda tx: tx.threads.remove("t"))
        await storage.write(lambda tx: tx.threads.remove("none"))
        assert await found(storage, "t") == NOTHING

    async def test_later_events_of_a_removed_thread_stay(self, storage: Storage) -> None:
        def work(tx: Transaction) -> None:
            tx.threads.remove("t")
            tx.events.append(SomethingHappened(thread_id="t", value="gone"), at(9))

        await storage.write(lambda tx: fill(tx, "t"))
        await storage.write(work)
        await storage.scrub()
        after = await storage.read(lambda tx: tx.events.after(0, 100))
        assert [event.payload["value"] for event in after] == ["gone"]
        assert await storage.read(lambda tx: tx.events.bounds()) == (after[0].id, after[0].id)

    async def test_first_answers_stay_because_they_hold_ids_only(self, storage: Storage) -> None:
        answer = StoredAnswer(fingerprint="f", answer={"message_id": "t-1"}, created_at=START)
        await storage.write(lambda tx: fill(tx, "t"))
        await storage.write(lambda tx: tx.answers.put("scope", "key", answer))
        await storage.write(lambda tx: tx.threads.remove("t"))
        assert await storage.read(lambda tx: tx.answers.get("scope", "key")) == answer

    async def test_scrubbing_changes_nothing_that_can_be_read(self, storage: Storage) -> None:
        await storage.write(lambda tx: fill(tx, "t"))
        before = await found(storage, "t")
        await storage.scrub()
        assert await found(storage, "t") == before
        thread = await storage.read(lambda tx: tx.threads.get("t"))
        assert thread is not None
        await storage.write(lambda tx: tx.threads.update(replace(thread, summary="new")))
