"""The stores of the storage port, as plain statements on one connection."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from agentchatbus.plugin_api import Event, Transaction
from agentchatbus_sql.stores.access import SqlAccessTokens
from agentchatbus_sql.stores.agents import SqlAgents
from agentchatbus_sql.stores.answers import SqlAnswers
from agentchatbus_sql.stores.documents import SqlDocuments
from agentchatbus_sql.stores.events import SqlEvents
from agentchatbus_sql.stores.messages import SqlMessages
from agentchatbus_sql.stores.participants import SqlParticipants
from agentchatbus_sql.stores.reactions import SqlReactions
from agentchatbus_sql.stores.threads import SqlThreads
from agentchatbus_sql.stores.tokens import SqlTokens


@dataclass(frozen=True, slots=True)
class Session:
    """A connection and the stores on it, used by one thread at a time."""

    connection: sqlite3.Connection
    transaction: Transaction


def bind(connection: sqlite3.Connection, appended: list[Event]) -> Session:
    """Build the stores on a connection; the events that they append are put into `appended` as well."""
    transaction = Transaction(
        threads=SqlThreads(connection),
        messages=SqlMessages(connection),
        reactions=SqlReactions(connection),
        participants=SqlParticipants(connection),
        agents=SqlAgents(connection),
        access=SqlAccessTokens(connection),
        tokens=SqlTokens(connection),
        events=SqlEvents(connection, appended),
        answers=SqlAnswers(connection),
        documents=SqlDocuments(connection),
    )
    return Session(connection, transaction)
