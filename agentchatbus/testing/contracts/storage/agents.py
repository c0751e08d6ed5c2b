"""Registered agents."""

# ruff: noqa: S101 -- assertions are what a suite is made of

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from agentchatbus.errors import Conflict
from agentchatbus.model import KICKED, Agent, freeze
from agentchatbus.ports.storage import Storage, Transaction
from agentchatbus.testing.contracts.storage.base import (
    START,
    StorageCase,
    adding_threads,
    appending,
    at,
    is_refused,
    make_agent,
    make_message,
    make_thread,
    make_token,
)


def adding(*agents: Agent) -> Callable[[Transaction], None]:
    def work(tx: Transaction) -> None:
        for agent in agents:
            tx.agents.add(agent, f"hash of {agent.id}")

    return work


async def get(storage: Storage, agent_id: str) -> Agent | None:
    return await storage.read(lambda tx: tx.agents.get(agent_id))


async def id_by_name(storage: Storage, name: str) -> str | None:
    agent = await storage.read(lambda tx: tx.agents.by_name(name))
    return agent.id if agent else None


class AgentContract(StorageCase):
    async def test_an_agent_comes_back_as_it_was_stored(self, storage: Storage) -> None:
        full = make_agent(
            "full",
            last_heartbeat=at(1),
            last_activity_time=at(2),
            last_activity="msg_wait",
            description="reviews ☃",
            capabilities=("review", "code"),
            skills=freeze([{"id": "s", "tags": ["x"]}]),
            display_name="Ada",
            alias_source="user",
            emoji="\U0001f41d",
        )
        await storage.write(adding(full, make_agent("bare")))
        assert await get(storage, "full") == full
        assert await get(storage, "bare") == make_agent("bare")
        assert await get(storage, "none") is None

    async def test_waiting_is_not_stored(self, storage: Storage) -> None:
        await storage.write(adding(make_agent(is_waiting=True)))
        assert await get(storage, "a") == make_agent(is_waiting=False)

    async def test_an_agent_is_found_by_the_hash_of_its_token(self, storage: Storage) -> None:
        await storage.write(adding(make_agent("a"), make_agent("b")))
        assert await storage.read(lambda tx: tx.agents.by_token("hash of b")) == make_agent("b")
        await storage.write(lambda tx: tx.agents.set_token("b", "new hash"))
        assert await storage.read(lambda tx: tx.agents.by_token("new hash")) == make_agent("b")
        unknown = ["hash of b", "", "b"]
        assert await storage.read(lambda tx: [tx.agents.by_token(value) for value in unknown]) == [None] * 3

    async def test_a_name_goes_before_a_display_name(self, storage: Storage) -> None:
        first = make_agent("first", name="Cursor", display_name="Reviewer")
        second = make_agent("second", name="Reviewer", display_name="Cursor")
        await storage.write(adding(first, second))
        assert await id_by_name(storage, "Cursor") == "first"
        assert await id_by_name(storage, "Reviewer") == "second"

    async def test_a_shared_display_name_means_who_had_it_first(self, storage: Storage) -> None:
        late = make_agent("late", display_name="Ada", registered_at=at(2))
        early = make_agent("early", display_name="Ada", registered_at=at(1))
        await storage.write(adding(late, early))
        assert await id_by_name(storage, "Ada") == "early"

    async def test_no_name_means_nobody(self, storage: Storage) -> None:
        await storage.write(adding(make_agent("a"), make_agent("b")))
        assert await id_by_name(storage, "") is None
        assert await id_by_name(storage, "none") is None

    async def test_a_name_an_id_and_a_token_are_taken_once(self, storage: Storage) -> None:
        await storage.write(adding(make_agent("a")))
        with pytest.raises(Conflict):
            await storage.write(adding(make_agent("b", name="agent a")))
        assert await is_refused(storage, adding(make_agent("a", name="other")))
        assert await is_refused(storage, lambda tx: tx.agents.add(make_agent("b"), "hash of a"))
        assert await storage.read(lambda tx: tx.agents.all()) == [make_agent("a")]

    async def test_agents_are_listed_by_registration(self, storage: Storage) -> None:
        times = {"z": 2, "y": 1, "x": 2, "w": 0}
        await storage.write(adding(*(make_agent(name, registered_at=at(time)) for name, time in times.items())))
        assert [agent.id for agent in await storage.read(lambda tx: tx.agents.all())] == ["w", "y", "z", "x"]

    async def test_an_update_changes_only_what_an_agent_says_of_itself(self, storage: Storage) -> None:
        said: dict[str, Any] = {
            "description": "new",
            "display_name": "Bee",
            "alias_source": "user",
            "capabilities": ("fly",),
            "skills": freeze([{"id": "hum"}]),
            "emoji": "☃",
        }
        kept = make_agent()
        await storage.write(adding(kept, make_agent("b")))
        changed = replace(kept, **said, last_activity="x", last_heartbeat=at(9), registered_at=at(9))
        await storage.write(lambda tx: tx.agents.update(changed))
        assert await get(storage, "a") == replace(kept, **said)
        assert await get(storage, "b") == make_agent("b")
        await storage.write(lambda tx: tx.agents.update(kept))
        assert await get(storage, "a") == kept

    async def test_a_sign_of_life_is_a_heartbeat_only_when_it_says_so(self, storage: Storage) -> None:
        await storage.write(adding(make_agent()))
        assert await storage.write(lambda tx: tx.agents.touch("a", "msg_post", at(1), heartbeat=False))
        active = make_agent(last_activity="msg_post", last_activity_time=at(1))
        assert await get(storage, "a") == active
        await storage.write(lambda tx: tx.agents.touch("a", "heartbeat", at(2), heartbeat=True))
        alive = replace(active, last_activity="heartbeat", last_activity_time=at(2), last_heartbeat=at(2))
        assert await get(storage, "a") == alive

    async def test_one_that_was_sent_away_gives_no_sign_of_life_any_more(self, storage: Storage) -> None:
        await storage.write(adding(make_agent()))
        assert await storage.write(lambda tx: tx.agents.touch("a", KICKED, at(1), heartbeat=True))
        away = await get(storage, "a")
        assert not await storage.write(lambda tx: tx.agents.touch("a", "msg_post", at(2), heartbeat=False))
        assert not await storage.write(lambda tx: tx.agents.touch("a", "heartbeat", at(2), heartbeat=True))
        assert await get(storage, "a") == away

    async def test_a_removed_agent_leaves_its_messages_only(self, storage: Storage) -> None:  # H07
        def work(tx: Transaction) -> None:
            tx.tokens.add(make_token("open"))
            tx.tokens.add(make_token("other", agent_id="b"))
            for agent_id in "ab":
                tx.tokens.request_refresh("t", agent_id, START, "reason")

        await storage.write(adding_threads(make_thread()))
        await storage.write(adding(make_agent("a"), make_agent("b")))
        await storage.write(appending(make_message(1)))
        await storage.write(work)
        await storage.write(lambda tx: tx.agents.remove("a"))
        assert await storage.read(lambda tx: tx.agents.all()) == [make_agent("b")]
        assert await storage.read(lambda tx: tx.agents.by_token("hash of a")) is None
        assert await storage.read(lambda tx: tx.tokens.get("open")) is None
        assert await storage.read(lambda tx: tx.tokens.get("other")) == make_token("other", agent_id="b")
        assert await storage.read(lambda tx: [tx.tokens.refresh_requested("t", name) for name in "ab"]) == [False, True]
        assert await storage.read(lambda tx: tx.messages.get("t-1")) == make_message(1)
        await storage.write(adding(make_agent("a")))

    async def test_changing_an_agent_that_has_left_does_nothing(self, storage: Storage) -> None:
        def work(tx: Transaction) -> None:
            tx.agents.update(make_agent("gone"))
            assert not tx.agents.touch("gone", "heartbeat", START, heartbeat=True)
            tx.agents.set_token("gone", "hash")
            tx.agents.remove("gone")

        await storage.write(work)
        assert await storage.read(lambda tx: (tx.agents.all(), tx.agents.by_token("hash"))) == ([], None)
