"""Access tokens: how a person, a script or a machine proves which scope it has."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class Scope(StrEnum):
    """What an access token lets its holder do.

    ``agent`` may register agents and act through them, ``human`` may do what people of this machine may, ``operator``
    may also change how the bus runs.
    """

    AGENT = "agent"
    HUMAN = "human"
    OPERATOR = "operator"


ACCESS_PREFIX = "acb_"
"""Begins every access token, so that people and secret scanners recognise one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessToken:
    """An access token; the token itself is nowhere stored.

    Attributes:
        id: Names it where it is listed and revoked.
        name: Whom it was given to, in words.
        expires_at: When it ends by itself; None for never.
    """

    id: str
    name: str
    scope: Scope
    created_at: datetime
    expires_at: datetime | None = None

    def is_valid(self, now: datetime) -> bool:
        """Return whether it can still be used."""
        return self.expires_at is None or now < self.expires_at
