"""Threads and their settings."""

# ruff: noqa: S101 -- assertions are what a suite is made of

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest

from agentchatbus.errors import Conflict
from agentchatbus.model import Administrator, Thread, ThreadSettings, ThreadStatus, freeze
from agentchatbus.ports.queries import ThreadQuery
from agentchatbus.ports.storage import Storage, Transaction
from agentchatbus.testing.contracts.storage.base import (
    START,
    StorageCase,
    adding_threads,
    appending,
    at,
    make_message,
    make_thread,
)

ADMINISTRATOR = Administrator(agent_id="a", name="Ada «the first»", assigned_at=at(3))


async def read_page(storage: Storage, query: ThreadQuery) -> list[Thread]:
    return await storage.read(lambda tx: tx.threads.page(query))


async def count(storage: Storage, query: ThreadQuery) -> int:
    return await storage.read(lambda tx: tx.threads.count(query))


def place_of(thread: Thread, query: ThreadQuery) -> tuple[datetime, str]:
    return (thread.active_at if query.by_activity else thread.created_at), thread.id


async def list_all(storage: Storage, query: ThreadQuery, limit: int) -> list[Thread]:
    """Follow the pages to the end."""
    found: list[Thread] = []
    while True:
        before = place_of(found[-1], query) if found else None
        page = await read_page(storage, replace(query, before=before, limit=limit))
        if not page:
            return found
        assert len(page) <= limit
        found += page


def _by_activity(thread: Thread) -> tuple[datetime, str]:
    return thread.active_at, thread.id


class ThreadContract(StorageCase):
    async def test_a_thread_comes_back_as_it_was_stored(self, storage: Storage) -> None:
        full = make_thread(
            "full",
            status=ThreadStatus.REVIEW,
            last_seq=7,
            message_count=5,
            updated_at=at(1),
            closed_at=at(2),
            archived_from=ThreadStatus.IMPLEMENT,
            summary="what came of it",
            metadata=freeze({"labels": ["a", {"b": None}], "n": 1.5}),
            system_prompt="be kind",
            template_id="review",
            settings=ThreadSettings(
                auto_administrator_enabled=False,
                timeout_seconds=5,
                switch_timeout_seconds=6,
                creator_admin=ADMINISTRATOR,
                auto_assigned_admin=replace(ADMINISTRATOR, agent_id="b"),
                updated_at=at(4),
            ),
        )
        await storage.write(adding_threads(make_thread("bare"), full))
        assert await storage.read(lambda tx: tx.threads.get("full")) == full
        assert await storage.read(lambda tx: tx.threads.get("bare")) == make_thread("bare")
        assert await storage.read(lambda tx: tx.threads.get("none")) is None

    @pytest.mark.parametrize(
        "topic", ["plain", "", "Straße ☃ 你好 \U0001f41d", "nul\0nul", "x" * 100_000, "'; --", "ä"]
    )
    async def test_a_thread_is_found_by_exactly_its_topic(self, storage: Storage, topic: str) -> None:
        await storage.write(adding_threads(make_thread(topic=topic)))
        found = await storage.read(lambda tx: tx.threads.by_topic(topic))
        assert found is not None
        assert found.topic == topic
        assert await storage.read(lambda tx: tx.threads.by_topic(f"{topic} ")) is None
        assert await storage.read(lambda tx: tx.threads.by_topic(f"{topic}\0")) is None

    async def test_topics_differ_by_case(self, storage: Storage) -> None:
        await storage.write(adding_threads(make_thread("t", topic="Plan"), make_thread("u", topic="plan")))
        found = await storage.read(lambda tx: tx.threads.by_topic("plan"))
        assert found is not None
        assert found.id == "u"

    async def test_a_topic_and_an_id_are_taken_once(self, storage: Storage) -> None:  # H14
        await storage.write(adding_threads())
        for taken in (make_thread("other", topic="topic of t"), make_thread("t", topic="other")):
            with pytest.raises(Conflict):
                await storage.write(adding_threads(taken))
        assert await count(storage, ThreadQuery()) == 1

    async def test_an_update_replaces_all_but_what_messages_count_and_the_settings(self, storage: Storage) -> None:
        settings = ThreadSettings(timeout_seconds=9, creator_admin=ADMINISTRATOR)

        def fill(tx: Transaction) -> None:
            tx.threads.add(make_thread(summary="old", closed_at=at(1), metadata=freeze({"a": 1}), settings=settings))
            tx.messages.append(make_message(1))

        changed = make_thread(
            topic="new",
            status=ThreadStatus.ARCHIVED,
            archived_from=ThreadStatus.DONE,
            updated_at=at(9),
            system_prompt="p",
            last_seq=99,
            message_count=98,
        )
        await storage.write(fill)
        await storage.write(lambda tx: tx.threads.update(changed))
        kept = replace(changed, last_seq=1, message_count=1, settings=settings)
        assert await storage.read(lambda tx: tx.threads.get("t")) == kept
        assert await storage.read(lambda tx: tx.threads.by_topic("topic of t")) is None
        found = await storage.read(lambda tx: tx.threads.by_topic("new"))
        assert found is not None

    async def test_settings_are_replaced_by_themselves(self, storage: Storage) -> None:
        settings = ThreadSettings(switch_timeout_seconds=1, auto_assigned_admin=ADMINISTRATOR, updated_at=at(1))
        await storage.write(adding_threads(make_thread("t"), make_thread("u")))
        await storage.write(lambda tx: tx.threads.put_settings("t", settings))
        assert await storage.read(lambda tx: tx.threads.get("t")) == make_thread("t", settings=settings)
        assert await storage.read(lambda tx: tx.threads.get("u")) == make_thread("u")
        await storage.write(lambda tx: tx.threads.put_settings("t", ThreadSettings()))
        assert await storage.read(lambda tx: tx.threads.get("t")) == make_thread("t")

    async def test_pages_are_newest_first_and_skip_nothing_when_times_are_equal(self, storage: Storage) -> None:
        threads = [make_thread(f"t{number:02}", created_at=at(number // 5)) for number in range(20)]
        await storage.write(adding_threads(*threads))
        expected = [thread.id for thread in reversed(threads)]
        for limit in (1, 3, 5, 20, 100):
            assert [thread.id for thread in await list_all(storage, ThreadQuery(), limit)] == expected
        everything = await read_page(storage, ThreadQuery())
        assert [thread.id for thread in everything] == expected

    @pytest.mark.parametrize("order", [ThreadQuery(), ThreadQuery(by_activity=True)])
    async def test_pages_can_be_oldest_first(self, storage: Storage, order: ThreadQuery) -> None:
        times = enumerate((3, 1, 2, 1))
        threads = [make_thread(f"t{number}", created_at=at(time), updated_at=at(time)) for number, time in times]
        await storage.write(adding_threads(*threads))
        query = replace(order, oldest_first=True)
        expected = ["t1", "t3", "t2", "t0"]
        assert [thread.id for thread in await read_page(storage, query)] == expected
        for limit in (1, 2, 3):
            assert [thread.id for thread in await list_all(storage, query, limit)] == expected

    async def test_pages_by_activity_start_with_what_was_last_spoken_in(self, storage: Storage) -> None:
        await storage.write(adding_threads(*(make_thread(name, created_at=at(n)) for n, name in enumerate("abcd"))))
        await storage.write(appending(make_message(1, "b", created_at=at(9)), make_message(1, "a", created_at=at(7))))
        query = ThreadQuery(by_activity=True)
        for limit in (1, 2, 3, 4, 9):
            assert [thread.id for thread in await list_all(storage, query, limit)] == ["b", "a", "d", "c"]

    @pytest.mark.parametrize(
        "query",
        [
            ThreadQuery(),
            ThreadQuery(include_archived=True),
            ThreadQuery(status=ThreadStatus.DISCUSS),
            ThreadQuery(status=ThreadStatus.ARCHIVED),
        ],
        ids=["default", "all", "discuss", "archived"],
    )
    async def test_pages_by_activity_skip_nothing_when_times_are_equal(
        self, storage: Storage, query: ThreadQuery
    ) -> None:
        labels = list(ThreadStatus)
        threads = [
            make_thread(
                f"t{number:02}",
                status=labels[number * 7 % 6],
                created_at=at(number // 9),
                updated_at=at(number % 4) if number % 3 else None,
            )
            for number in range(48)
        ]
        await storage.write(adding_threads(*threads))
        query = replace(query, by_activity=True)
        shown = {query.status} if query.status else set(labels)
        if not query.include_archived and query.status is None:
            shown.discard(ThreadStatus.ARCHIVED)
        expected = sorted((thread for thread in threads if thread.status in shown), key=_by_activity, reverse=True)
        for limit in (1, 5, 100):
            assert await list_all(storage, query, limit) == expected
        assert await read_page(storage, query) == expected
        assert await count(storage, query) == len(expected)

    async def test_archived_threads_are_listed_on_demand_only(self, storage: Storage) -> None:
        statuses = list(ThreadStatus) * 2
        threads = [make_thread(f"t{number:02}", status=status) for number, status in enumerate(statuses)]
        await storage.write(adding_threads(*threads))
        shown = {
            ThreadQuery(): {status for status in ThreadStatus if status is not ThreadStatus.ARCHIVED},
            ThreadQuery(include_archived=True): set(ThreadStatus),
            ThreadQuery(status=ThreadStatus.ARCHIVED): {ThreadStatus.ARCHIVED},
            ThreadQuery(status=ThreadStatus.DONE, include_archived=True): {ThreadStatus.DONE},
        }
        for query, expected in shown.items():
            found = await list_all(storage, query, 2)
            assert {thread.status for thread in found} == expected
            assert len(found) == 2 * len(expected)
            assert await count(storage, query) == len(found)

    async def test_a_count_takes_no_notice_of_paging(self, storage: Storage) -> None:
        await storage.write(adding_threads(*(make_thread(f"t{number}") for number in range(5))))
        query = ThreadQuery(limit=2, before=(START, "t1"))
        assert await count(storage, query) == 5
