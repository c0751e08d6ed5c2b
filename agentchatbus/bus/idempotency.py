"""A repeat of a write gets the first answer."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from hashlib import sha256
from typing import Any, TypeVar

import orjson

from agentchatbus.errors import Conflict
from agentchatbus.model import Caller
from agentchatbus.ports.queries import StoredAnswer
from agentchatbus.ports.storage import Transaction

T = TypeVar("T")


def fingerprint(operation: str, caller: Caller, *parts: Any) -> str:
    """Return a hash by which the same request of the same caller is recognised; its parts are drafts and ids."""
    values = [
        part if isinstance(part, str) else {item.name: getattr(part, item.name) for item in fields(part)}
        for part in parts
    ]
    text = orjson.dumps([operation, caller.key, values], default=dict, option=orjson.OPT_SORT_KEYS)
    return sha256(text).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeatable:
    """One write that its caller may repeat.

    Attributes:
        scope: Whose key it is.
        key: Hash of the client's key, None when there is none.
        fingerprint: Hash of the request.
        at: Now.
    """

    scope: str
    key: str | None
    fingerprint: str
    at: datetime

    @classmethod
    def of(cls, caller: Caller, key: str | None, print_: str, at: datetime) -> Repeatable:
        hashed = sha256(key.encode()).hexdigest() if key else None
        return cls(scope=caller.key, key=hashed, fingerprint=print_, at=at)

    def recall(self, tx: Transaction) -> Mapping[str, Any] | None:
        """Return the first answer, or None when this is the first call.

        Raises:
            Conflict: The key was used for another request.
        """
        if self.key is None or (stored := tx.answers.get(self.scope, self.key)) is None:
            return None
        if stored.fingerprint != self.fingerprint:
            raise Conflict("This idempotency key was already used for another request; use a new one.")
        return stored.answer

    def remember(self, tx: Transaction, answer: Mapping[str, Any]) -> None:
        """Keep the first answer."""
        if self.key is not None:
            stored = StoredAnswer(fingerprint=self.fingerprint, answer=answer, created_at=self.at)
            tx.answers.put(self.scope, self.key, stored)

    def once(
        self,
        tx: Transaction,
        first: Callable[[], T],
        again: Callable[[Mapping[str, Any]], T],
        answer: Callable[[T], Mapping[str, Any]],
    ) -> T:
        """Do it, or give the first answer again.

        Args:
            tx: The unit of work.
            first: Does it.
            again: Builds the result from the stored answer.
            answer: What to store of a result.
        """
        if (stored := self.recall(tx)) is not None:
            return again(stored)
        result = first()
        self.remember(tx, answer(result))
        return result
