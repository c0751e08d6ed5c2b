"""Rows of an older bus as values of this one."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, TypeVar
from uuid import NAMESPACE_URL, uuid5

import orjson

from agentchatbus.plugin_api import (
    SYSTEM,
    Administrator,
    Agent,
    Message,
    MessageEdit,
    Metadata,
    Priority,
    Reaction,
    Role,
    Thread,
    ThreadSettings,
    ThreadStatus,
    freeze,
)
from agentchatbus_import.report import Report
from agentchatbus_import.source import Row

MIN_TIMEOUT = 30
DEFAULT_TIMEOUT = 60
AWAY = timedelta(hours=1)
"""For how long agents are silent at least when they are imported: nobody has heard of them here."""

MOST = 2**50
"""The largest number that is believed; clients of some languages lose digits of larger ones."""

SECOND_OFFSET = re.compile(r"([+-]\d\d:\d\d)[+-]\d\d:\d\d$")
EnumT = TypeVar("EnumT", bound=StrEnum)


class Reader:
    """Turns rows into values, and reports what was odd about them."""

    def __init__(self, report: Report, now: datetime) -> None:
        self._report = report
        self._now = now

    def thread(self, row: Row, settings: Row) -> Thread:
        """Return a thread as it was; one that is archived returns to discussion."""
        status = self._choice(ThreadStatus, row["status"], ThreadStatus.DISCUSS, row["id"])
        return Thread(
            id=str(row["id"]),
            topic=str(row["topic"] or ""),
            created_at=self.time(row["created_at"], row["id"]),
            status=status,
            updated_at=self._optional_time(row["updated_at"], row["id"]),
            closed_at=self._optional_time(row["closed_at"], row["id"]),
            archived_from=ThreadStatus.DISCUSS if status is ThreadStatus.ARCHIVED else None,
            summary=row["summary"],
            metadata=self.json_object(row["metadata"], row["id"]),
            system_prompt=row["system_prompt"],
            template_id=row["template_id"],
            settings=self._settings(settings),
        )

    def message(self, row: Row, seq: int, replies_to: set[str]) -> Message:
        """Return a message as it was; an answer to one that is gone answers nothing."""
        target = row["reply_to_msg_id"]
        if target and target not in replies_to:
            self._report.note("messages: answer one that is not there, kept as no answer", row["id"])
            target = None
        author = str(row["author"] or row["author_name"] or "unknown")
        return Message(
            id=str(row["id"]),
            thread_id=str(row["thread_id"]),
            seq=seq,
            author=author,
            author_id=row["author_id"] or (SYSTEM if row["role"] == Role.SYSTEM else None),
            author_name=str(row["author_name"] or author),
            role=self._choice(Role, row["role"], Role.USER, row["id"]),
            content=str(row["content"] or ""),
            created_at=self.time(row["created_at"], row["id"]),
            priority=self._choice(Priority, row["priority"] or "normal", Priority.NORMAL, row["id"]),
            metadata=self.json_object(row["metadata"], row["id"]),
            reply_to_msg_id=target,
            edited_at=self._optional_time(row["edited_at"], row["id"]),
            edit_version=self.number(row["edit_version"], row["id"]),
        )

    def agent(self, row: Row) -> Agent:
        """Return an agent as it was, offline until it gives a sign of life."""
        away = self._now - AWAY
        seen = min(away, self.time(row["last_heartbeat"] or row["registered_at"], row["id"]))
        name = str(row["name"] or row["id"])
        return Agent(
            id=str(row["id"]),
            name=name,
            ide=str(row["ide"] or "Unknown IDE"),
            model=str(row["model"] or "Unknown Model"),
            registered_at=self.time(row["registered_at"] or row["last_heartbeat"], row["id"]),
            last_heartbeat=seen,
            last_activity_time=min(away, self._optional_time(row["last_activity_time"], row["id"]) or seen),
            last_activity="imported",
            description=str(row["description"] or ""),
            capabilities=tuple(str(item) for item in self._json_list(row["capabilities"], row["id"])),
            skills=freeze(tuple(self._json_list(row["skills"], row["id"]))),
            display_name=str(row["display_name"] or "") or name,
            alias_source="user" if row["alias_source"] == "user" else "auto",
            emoji=row["emoji"] or None,
        )

    def edit(self, row: Row) -> MessageEdit:
        """Return an edit as it was."""
        return MessageEdit(
            message_id=str(row["message_id"]),
            version=self.number(row["version"], row["message_id"]),
            old_content=str(row["old_content"] or ""),
            edited_by=str(row["edited_by"] or "unknown"),
            created_at=self.time(row["created_at"], row["message_id"]),
        )

    def reaction(self, row: Row) -> Reaction:
        """Return a reaction as it was."""
        who = str(row["agent_id"] or "unknown")
        label = str(row["reaction"] or "")
        return Reaction(
            id=str(row["id"] or uuid5(NAMESPACE_URL, f"{row['message_id']}/{who}/{label}")),
            message_id=str(row["message_id"]),
            agent_id=who,
            agent_name=row["agent_name"],
            reaction=label,
            created_at=self.time(row["created_at"], row["message_id"]),
        )

    def time(self, text: Any, which: object) -> datetime:
        """Read a time in any form that old buses wrote; the offset may stand there twice."""
        try:
            return _moment(text)
        except (ValueError, OverflowError, OSError):
            self._report.note("times that cannot be read, taken as now", which)
            return self._now

    def number(self, value: Any, which: object, otherwise: int = 0) -> int:
        """Read a number that counts something."""
        if value is None or value == "":
            return otherwise
        try:
            number = int(value)
        except (ValueError, OverflowError):
            number = -1
        if 0 <= number <= MOST:
            return number
        self._report.note(f"numbers that cannot be, taken as {otherwise}", which)
        return otherwise

    def json_object(self, text: Any, which: object) -> Metadata:
        """Read a JSON object; what is none is kept aside as text."""
        value = self._json(text, which)
        if value is None:
            return freeze({})  # type: ignore[no-any-return]
        return freeze(value if isinstance(value, dict) else {"imported_text": str(text)})  # type: ignore[no-any-return]

    def _json_list(self, text: Any, which: object) -> list[Any]:
        value = self._json(text, which)
        return value if isinstance(value, list) else []

    def _json(self, text: Any, which: object) -> Any:
        if text in (None, ""):
            return None
        try:
            value = orjson.loads(text)
            orjson.dumps(value)  # refuses what is nested too deeply to be shown
        except (TypeError, ValueError):
            self._report.note("JSON that cannot be read, kept as text where there is room", which)
            return str(text)
        return value

    def _optional_time(self, text: Any, which: object) -> datetime | None:
        return self.time(text, which) if text else None

    def _choice(self, kind: type[EnumT], text: Any, otherwise: EnumT, which: object) -> EnumT:
        try:
            return kind(str(text))
        except ValueError:
            self._report.note(f"unknown {kind.__name__} {text!r}, taken as {otherwise.value!r}", which)
            return otherwise

    def _settings(self, row: Row) -> ThreadSettings:
        enabled = row["auto_administrator_enabled"]
        if enabled is None:
            enabled = row["auto_coordinator_enabled"]
        creator = self._administrator(row, "creator_admin", "creator_assignment_time")
        chosen = self._administrator(row, "auto_assigned_admin", "admin_assignment_time")
        return ThreadSettings(
            auto_administrator_enabled=enabled is None or bool(enabled),
            timeout_seconds=self._seconds(row, "timeout_seconds"),
            switch_timeout_seconds=self._seconds(row, "switch_timeout_seconds"),
            creator_admin=creator,
            auto_assigned_admin=None if creator else chosen,
        )

    def _administrator(self, row: Row, who: str, since: str) -> Administrator | None:
        agent_id = row[f"{who}_id"]
        if not agent_id:
            return None
        assigned_at = self.time(row[since] or row["created_at"], agent_id)
        return Administrator(agent_id=str(agent_id), name=str(row[f"{who}_name"] or agent_id), assigned_at=assigned_at)

    def _seconds(self, row: Row, name: str) -> int:
        return max(MIN_TIMEOUT, self.number(row[name], row["thread_id"], DEFAULT_TIMEOUT))


def _moment(text: Any) -> datetime:
    """Return a moment.

    Raises:
        ValueError: The text is none.
        OverflowError: It lies too far away.
        OSError: So it does, for this machine.
    """
    if isinstance(text, int | float):
        return datetime.fromtimestamp(text / 1000 if text > 1e11 else text, UTC)
    plain = SECOND_OFFSET.sub(r"\1", str(text or "").strip().replace(" ", "T", 1))
    moment = datetime.fromisoformat(plain)
    return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
