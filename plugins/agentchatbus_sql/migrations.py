"""Versions of the schema, counted in ``PRAGMA user_version``.

A new database is made at once in its newest form from the classes in `tables`. An older one takes the steps it lacks,
one transaction each; a step is plain SQL that never changes once released. Both ways must end in the same schema.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

from agentchatbus.plugin_api import ConfigError
from agentchatbus_sql.steps import to_version_2

logger = logging.getLogger(__name__)

Step = Callable[[sqlite3.Connection], None]

STEPS: Sequence[Step] = (to_version_2,)
"""``STEPS[0]`` turns version 1 into version 2, and so on."""

NEWEST_VERSION = 1 + len(STEPS)

APPLICATION_ID = 0x41434255
"""Tells our files from other programs': "ACBU"."""


def migrate(connection: sqlite3.Connection, steps: Sequence[Step] = STEPS) -> None:
    """Bring the schema to its newest version.

    Raises:
        ConfigError: The file belongs to another program, or to a newer version of this one.
    """
    version = _version(connection, newest=1 + len(steps))
    if version == 0:
        with _transaction(connection):
            _create(connection)
        version = _number(connection, "PRAGMA user_version")
    for number, step in enumerate(steps[version - 1 :], start=version + 1):
        logger.info("Migrating the database to schema version %d", number)
        with _transaction(connection):
            step(connection)
            connection.execute(f"PRAGMA user_version = {number}")


def _version(connection: sqlite3.Connection, newest: int) -> int:
    version = known_version(connection)
    if version > newest:
        raise ConfigError(
            f"a newer AgentChatBus made it (schema version {version}, this one knows up to {newest}); "
            "install that version again"
        )
    return version


def known_version(connection: sqlite3.Connection) -> int:
    """Return the version of the schema, 0 when there is none yet.

    Raises:
        ConfigError: The file belongs to another program.
    """
    if _number(connection, "SELECT count(*) FROM sqlite_master") == 0:
        return 0
    if _number(connection, "PRAGMA application_id") != APPLICATION_ID:
        raise ConfigError("another program made it")
    return _number(connection, "PRAGMA user_version")


def _create(connection: sqlite3.Connection) -> None:
    from agentchatbus_sql import tables

    for statement in tables.statements():
        connection.execute(statement)
    connection.execute(f"PRAGMA application_id = {APPLICATION_ID}")
    connection.execute(f"PRAGMA user_version = {NEWEST_VERSION}")


def _number(connection: sqlite3.Connection, statement: str) -> int:
    value: int = connection.execute(statement).fetchone()[0]
    return value


@contextmanager
def _transaction(connection: sqlite3.Connection) -> Iterator[None]:
    connection.execute("BEGIN IMMEDIATE")
    try:
        yield
        connection.execute("COMMIT")
    finally:
        if connection.in_transaction:
            connection.execute("ROLLBACK")
