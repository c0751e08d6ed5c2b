"""Small JSON documents of plugins."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from typing import Any

from agentchatbus.plugin_api import DocumentStore
from agentchatbus_sql.jsontext import decode, encode

_GET = "SELECT document FROM documents WHERE namespace = ? AND key = ?"
_ALL = "SELECT key, document FROM documents WHERE namespace = ? ORDER BY key"
_PUT = "INSERT OR REPLACE INTO documents (namespace, key, document) VALUES (?, ?, ?)"
_DELETE = "DELETE FROM documents WHERE namespace = ? AND key = ?"


class SqlDocuments(DocumentStore):
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._execute = connection.execute

    def get(self, namespace: str, key: str) -> Mapping[str, Any] | None:
        row = self._execute(_GET, (namespace, key)).fetchone()
        return decode(row[0]) if row else None

    def all(self, namespace: str) -> dict[str, Mapping[str, Any]]:
        return {key: decode(document) for key, document in self._execute(_ALL, (namespace,))}

    def put(self, namespace: str, key: str, document: Mapping[str, Any]) -> None:
        self._execute(_PUT, (namespace, key, encode(document)))

    def delete(self, namespace: str, key: str) -> None:
        self._execute(_DELETE, (namespace, key))
