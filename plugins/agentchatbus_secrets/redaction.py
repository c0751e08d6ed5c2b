"""Putting marks in the place of secrets."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agentchatbus.plugin_api import Metadata, freeze
from agentchatbus_secrets.labels import LABELS
from agentchatbus_secrets.scanner import Scanner, mark
from agentchatbus_secrets.texts import named

MARK = "redacted"
"""The key of the metadata that says what was taken out of a message."""


class Redaction:
    """One message on its way through; remembers what was taken out of it."""

    def __init__(self, scanner: Scanner) -> None:
        self._scanner = scanner
        self.labels: list[str] = []

    def text(self, text: str) -> str:
        """Return the text without secrets."""
        redacted, labels = self._scanner.redact(text)
        self.labels += labels
        return redacted

    def value(self, value: Any, name: str = "") -> Any:
        """Return a JSON value in which no text and no key holds a secret.

        Args:
            value: The value; it has no more levels than the bus allows.
            name: The key it is kept under.
        """
        if isinstance(value, str):
            return self._under(name, value)
        if isinstance(value, Mapping):
            return self._object(value)
        if isinstance(value, list | tuple):
            return [self.value(item, name) for item in value]
        return value

    def marked(self, metadata: Metadata) -> Metadata:
        """Return frozen metadata that says what was taken out of the message, now and before an edit."""
        before = metadata.get(MARK)
        earlier = [label for label in before if label in LABELS] if isinstance(before, list | tuple) else []
        frozen: Metadata = freeze({**metadata, MARK: list(dict.fromkeys([*earlier, *self.labels]))})
        return frozen

    def _object(self, item: Mapping[str, Any]) -> dict[str, Any]:
        """Return the object; keys that become alike are told apart by a number."""
        result: dict[str, Any] = {}
        for key, inner in item.items():
            value, redacted = self.value(inner, named(item, key)), self.text(key)
            free, number = redacted, 2
            while free in result:
                free, number = f"{redacted} {number}", number + 1
            result[free] = value
        return result

    def _under(self, name: str, value: str) -> str:
        redacted = self.text(value)
        if redacted == value and (label := self._scanner.under(name, value)):
            self.labels.append(label)
            return mark(label)
        return redacted
