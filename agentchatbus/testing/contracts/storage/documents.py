"""Documents of plugins and first answers."""

# ruff: noqa: S101 -- assertions are what a suite is made of

from __future__ import annotations

from typing import Any

import pytest

from agentchatbus.model import freeze
from agentchatbus.ports.queries import StoredAnswer
from agentchatbus.ports.storage import Storage, Transaction
from agentchatbus.testing.contracts.storage.base import START, StorageCase, at, is_refused


async def get(storage: Storage, key: str, namespace: str = "space") -> Any:
    return await storage.read(lambda tx: tx.documents.get(namespace, key))


class DocumentContract(StorageCase):
    async def test_a_document_is_replaced_and_deleted_as_a_whole(self, storage: Storage) -> None:
        assert await get(storage, "key") is None
        await storage.write(lambda tx: tx.documents.put("space", "key", {"a": 1, "b": [1, {"c": None}]}))
        assert await get(storage, "key") == freeze({"a": 1, "b": [1, {"c": None}]})
        await storage.write(lambda tx: tx.documents.put("space", "key", {}))
        assert await get(storage, "key") == {}
        await storage.write(lambda tx: tx.documents.delete("space", "key"))
        await storage.write(lambda tx: tx.documents.delete("space", "key"))
        assert await get(storage, "key") is None

    async def test_namespaces_are_separate_and_listed_by_key(self, storage: Storage) -> None:
        keys = ["b", "", "ä", "Z", "a\0b", "☃", "\U0001f41d"]

        def work(tx: Transaction) -> None:
            for key in keys:
                tx.documents.put("space", key, {"key": key})
            tx.documents.put("other", "b", {})

        await storage.write(work)
        found = await storage.read(lambda tx: tx.documents.all("space"))
        assert list(found) == sorted(keys)
        assert all(document["key"] == key for key, document in found.items())
        assert await storage.read(lambda tx: tx.documents.all("other")) == {"b": {}}
        assert await storage.read(lambda tx: tx.documents.all("none")) == {}

    async def test_a_document_is_kept_apart_from_the_value_it_came_from(self, storage: Storage) -> None:
        source: dict[str, Any] = {"list": [1]}
        await storage.write(lambda tx: tx.documents.put("space", "key", source))
        source["list"].append(2)
        document = await get(storage, "key")
        assert document == {"list": (1,)}
        with pytest.raises(TypeError):
            document["new"] = 1

    async def test_a_document_that_is_not_json_is_refused(self, storage: Storage) -> None:
        assert await is_refused(storage, lambda tx: tx.documents.put("space", "key", {"at": START}))
        assert await get(storage, "key") is None

    async def test_an_answer_is_found_by_scope_and_key(self, storage: Storage) -> None:
        answer = StoredAnswer(fingerprint="f", answer=freeze({"message_id": "t-1", "n": [1]}), created_at=at(1))
        other = StoredAnswer(fingerprint="g", answer=freeze({}), created_at=at(2))
        await storage.write(lambda tx: tx.answers.put("agent:a", "key", answer))
        await storage.write(lambda tx: tx.answers.put("agent:b", "key", other))
        assert await storage.read(lambda tx: tx.answers.get("agent:a", "key")) == answer
        assert await storage.read(lambda tx: tx.answers.get("agent:b", "key")) == other
        assert await storage.read(lambda tx: tx.answers.get("agent:a", "none")) is None
        await storage.write(lambda tx: tx.answers.put("agent:a", "key", other))
        assert await storage.read(lambda tx: tx.answers.get("agent:a", "key")) == other
