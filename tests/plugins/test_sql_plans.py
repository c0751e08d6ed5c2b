"""Cost follows what is new, not what is there: every statement of the stores goes through an index."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from datetime import datetime
from itertools import product
from pathlib import Path
from typing import Any

import pytest

from agentchatbus.plugin_api import (
    MessageQuery,
    Priority,
    StoredAnswer,
    ThreadQuery,
    ThreadSettings,
    ThreadStatus,
    TokenSource,
    Transaction,
)
from agentchatbus.testing.contracts.storage.base import (
    START,
    make_agent,
    make_message,
    make_thread,
    make_token,
    posting,
)
from agentchatbus_sql import database, pruning
from agentchatbus_sql.stores import Session, bind

NEW_TOKEN = make_token("new")
ANSWER = StoredAnswer(fingerprint="f", answer={}, created_at=START)

BY_INDEX: dict[str, Callable[[Transaction], Any]] = {
    "threads.get": lambda tx: tx.threads.get("t"),
    "threads.by_topic": lambda tx: tx.threads.by_topic("topic"),
    "threads.update": lambda tx: tx.threads.update(make_thread()),
    "threads.put_settings": lambda tx: tx.threads.put_settings("t", ThreadSettings()),
    "threads.page": lambda tx: tx.threads.page(ThreadQuery(limit=5)),
    "threads.page after": lambda tx: tx.threads.page(ThreadQuery(limit=5, before=(START, "t"))),
    "threads.page with archived": lambda tx: tx.threads.page(ThreadQuery(limit=5, include_archived=True)),
    "threads.page of status": lambda tx: tx.threads.page(ThreadQuery(limit=5, status=ThreadStatus.DONE)),
    "messages.get": lambda tx: tx.messages.get("m"),
    "messages.newest": lambda tx: tx.messages.newest(["t", "u"]),
    "messages.update": lambda tx: tx.messages.update(make_message(1)),
    "messages.edits": lambda tx: tx.messages.edits("m"),
    "reactions.get": lambda tx: tx.reactions.get("m", "a", "+1"),
    "reactions.remove": lambda tx: tx.reactions.remove("m", "a", "+1"),
    "access.by_hash": lambda tx: tx.access.by_hash("hash"),
    "access.remove": lambda tx: tx.access.remove("token"),
    "post": posting("text"),
    "agents.get": lambda tx: tx.agents.get("a"),
    "agents.by_token": lambda tx: tx.agents.by_token("hash"),
    "agents.update": lambda tx: tx.agents.update(make_agent()),
    "agents.touch": lambda tx: tx.agents.touch("a", "heartbeat", START, heartbeat=True),
    "agents.set_token": lambda tx: tx.agents.set_token("a", "hash of a"),
    "tokens.get": lambda tx: tx.tokens.get("one"),
    "tokens.add": lambda tx: tx.tokens.add(NEW_TOKEN),
    "tokens.consume": lambda tx: tx.tokens.consume("one", START, message_id="m", fingerprint="f"),
    "tokens.close_open": lambda tx: tx.tokens.close_open("t", "a", START, source=TokenSource.MSG_WAIT, keep="one"),
    "tokens.close_all": lambda tx: tx.tokens.close_all("a", START),
    "tokens.request_refresh": lambda tx: tx.tokens.request_refresh("t", "a", START, "reason"),
    "tokens.refresh_requested": lambda tx: tx.tokens.refresh_requested("t", "a"),
    "tokens.clear_refresh": lambda tx: tx.tokens.clear_refresh("t", "a"),
    "events.after": lambda tx: tx.events.after(0, 10),
    "answers.get": lambda tx: tx.answers.get("scope", "key"),
    "answers.put": lambda tx: tx.answers.put("scope", "key", ANSWER),
    "documents.get": lambda tx: tx.documents.get("space", "key"),
    "documents.all": lambda tx: tx.documents.all("space"),
    "documents.put": lambda tx: tx.documents.put("space", "key", {}),
    "documents.delete": lambda tx: tx.documents.delete("space", "key"),
}

SORTS_A_FEW: dict[str, Callable[[Transaction], Any]] = {
    "agents.by_name": lambda tx: tx.agents.by_name("Ada"),
    "agents.remove": lambda tx: tx.agents.remove("a"),
    "reactions.of": lambda tx: tx.reactions.of(["t-1", "t-2"]),
    "participants.of": lambda tx: tx.participants.of(["t", "u"]),
    "tokens.open_of": lambda tx: tx.tokens.open_of("t", "a"),
}


@pytest.fixture
def session(tmp_path: Path) -> Iterator[Session]:
    with closing(database.connect_writer(tmp_path / "bus.db", 1)) as connection:
        session = bind(connection, [])
        session.transaction.threads.add(make_thread())
        session.transaction.agents.add(make_agent(), "hash of a")
        session.transaction.tokens.add(make_token("one"))
        yield session


def plans(connection: sqlite3.Connection, run: Callable[[], Any]) -> list[str]:
    """Return how SQLite finds the rows of each statement that `run` executes."""
    statements: list[str] = []
    connection.set_trace_callback(statements.append)
    run()
    connection.set_trace_callback(None)
    assert statements
    return [row[3] for text in statements for row in connection.execute(f"EXPLAIN QUERY PLAN {text}")]


def scans(plan: str) -> bool:
    return plan.startswith("SCAN ") and not plan.startswith("SCAN json_each")  # the ids that were asked for


def sorts(plan: str) -> bool:
    return "TEMP B-TREE" in plan


@pytest.mark.parametrize("name", BY_INDEX)
def test_a_primitive_searches_an_index_and_sorts_nothing(session: Session, name: str) -> None:
    found = plans(session.connection, lambda: BY_INDEX[name](session.transaction))
    assert not [plan for plan in found if scans(plan) or sorts(plan)], found


@pytest.mark.parametrize("name", SORTS_A_FEW)
def test_a_primitive_searches_an_index_and_sorts_what_it_found(session: Session, name: str) -> None:
    found = plans(session.connection, lambda: SORTS_A_FEW[name](session.transaction))
    assert not [plan for plan in found if scans(plan)], found


@pytest.mark.parametrize(
    ("priority", "handoff_target", "newest", "before_seq"),
    list(product([None, Priority.NORMAL, Priority.URGENT], [None, "a"], [False, True], [None, 9])),
)
def test_every_page_of_messages_is_a_range_of_an_index(
    session: Session, priority: Priority | None, handoff_target: str | None, newest: bool, before_seq: int | None
) -> None:
    query = MessageQuery(
        thread_id="t", priority=priority, handoff_target=handoff_target, newest=newest, before_seq=before_seq
    )
    [search, removed] = plans(session.connection, lambda: session.transaction.messages.page(query))
    assert search.startswith("SEARCH messages USING INDEX ")
    assert "thread_id=?" in search
    assert "seq>? AND seq<?" in search
    assert removed == "USING INDEX sqlite_autoindex_removals_1 FOR IN-OPERATOR"


@pytest.mark.parametrize(
    ("by_activity", "query"),
    list(
        product(
            [False, True],
            [ThreadQuery(), ThreadQuery(include_archived=True), ThreadQuery(status=ThreadStatus.DONE)],
        )
    ),
)
@pytest.mark.parametrize("before", [None, (START, "t")])
@pytest.mark.parametrize("oldest_first", [False, True])
def test_every_page_of_threads_merges_ranges_of_one_index(
    session: Session, by_activity: bool, query: ThreadQuery, before: tuple[datetime, str] | None, oldest_first: bool
) -> None:
    query = replace(query, by_activity=by_activity, oldest_first=oldest_first, before=before, limit=5)
    found = plans(session.connection, lambda: session.transaction.threads.page(query))
    index, place = ("threads_by_activity", "<expr>") if by_activity else ("threads_by_status", "created_at")
    search = f"SEARCH threads USING INDEX {index} (status=? AND {place}{'>' if oldest_first else '<'}?)"
    assert set(found) <= {search, "MERGE (UNION ALL)", "LEFT", "RIGHT"}
    assert search in found


@pytest.mark.parametrize(
    "query", [ThreadQuery(), ThreadQuery(include_archived=True), ThreadQuery(status=ThreadStatus.DONE)]
)
def test_threads_are_counted_in_an_index(session: Session, query: ThreadQuery) -> None:
    [plan] = plans(session.connection, lambda: session.transaction.threads.count(query))
    assert "USING COVERING INDEX" in plan


def test_bounds_look_at_the_ends_of_the_log_only(session: Session) -> None:
    found = plans(session.connection, session.transaction.events.bounds)
    assert "SEARCH events" in found
    assert "SCAN events" not in found


def test_pruning_finds_what_is_old_by_an_index(session: Session) -> None:
    session.transaction.messages.append(make_message(1))
    found = plans(session.connection, lambda: pruning.prune(session.connection, START, START, START))
    scanned = [plan for plan in found if plan.startswith("SCAN")]
    assert scanned in ([], ["SCAN events"])  # the oldest thousand, by a limit
