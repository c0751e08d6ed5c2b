"""One thread with everything in it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace

from agentchatbus.plugin_api import (
    SYSTEM,
    Message,
    Participant,
    ReplyToken,
    Role,
    Thread,
    TokenSource,
    Transaction,
    freeze,
    hash_token,
)
from agentchatbus_import.report import Report
from agentchatbus_import.source import Row, Source
from agentchatbus_import.values import Reader


class Beside:
    """What lies beside messages in the source, by the message's id."""

    def __init__(self, source: Source) -> None:
        self.empty: Row = defaultdict(lambda: None)
        self.all_messages = source.ids("messages")
        self.edits: dict[str, list[Row]] = defaultdict(list)
        self.reactions: dict[str, list[Row]] = defaultdict(list)
        for row in source.rows("message_edits"):
            self.edits[str(row["message_id"])].append(row)
        for row in source.rows("reactions"):
            self.reactions[str(row["message_id"])].append(row)


class ThreadImport:
    """Stores one thread, piece by piece."""

    def __init__(self, thread: Thread, reader: Reader, report: Report, *, is_dry: bool) -> None:
        self._thread = thread
        self._reader = reader
        self._report = report
        self._is_dry = is_dry
        self._last_seq = 0
        self._speakers: dict[str, Participant] = {}

    def begin(self, tx: Transaction) -> None:
        """Store the thread itself, or go on in the one that is there."""
        if known := tx.threads.get(self._thread.id):
            self._report.known["threads"] += 1
            self._last_seq = known.last_seq
            return
        self._report.imported["threads"] += 1
        topic, number = self._thread.topic, 1
        while tx.threads.by_topic(topic):
            number += 1
            topic = f"{self._thread.topic} ({number})"
        if topic != self._thread.topic:
            self._report.note("threads: the topic is taken, so they got a number", topic)
        if not self._is_dry:
            tx.threads.add(replace(self._thread, topic=topic))

    def messages(self, rows: Sequence[Row], beside: Beside, tx: Transaction) -> None:
        """Store messages that are not there yet, with their edits and reactions."""
        for row in rows:
            if known := tx.messages.get(str(row["id"])):
                self._count_known(row, beside)
                self._take_note(known)  # an import that broke off has not said yet who took part
                continue
            message = self._reader.message(row, self._seq(row), beside.all_messages)
            self._store(tx, message)
            self._edits(tx, message, beside.edits.get(message.id, ()))
            self._reactions(tx, message, beside.reactions.get(message.id, ()))

    def finish(self, hidden: Sequence[Row], tokens: Sequence[Row], tx: Transaction) -> None:
        """Store what stood outside the numbering, who took part, and the reply tokens that can still be used."""
        for row in hidden:
            self._hidden(tx, row)
        for participant in self._speakers.values():
            if not self._is_dry:
                tx.participants.put(participant)
        for row in tokens:
            self._token(tx, row)

    def _seq(self, row: Row) -> int:
        """Return the message's old number, or the next one where several messages have the same."""
        wanted = self._reader.number(row["seq"], row["id"])
        seq = max(wanted, self._last_seq + 1)
        if seq != wanted:
            self._report.note("messages: the seq is taken, so they got another", f"{row['id']}: {wanted} -> {seq}")
        return seq

    def _store(self, tx: Transaction, message: Message) -> None:
        self._last_seq = message.seq
        self._report.imported["messages"] += 1
        self._take_note(message)
        if not self._is_dry:
            tx.messages.append(message)

    def _take_note(self, message: Message) -> None:
        """Remember who spoke, and up to where."""
        if message.author_id == SYSTEM or message.role is Role.SYSTEM:
            return
        key = message.author_id or message.author_name
        known = self._speakers.get(key)
        self._speakers[key] = Participant(
            thread_id=message.thread_id,
            key=key,
            agent_id=message.author_id,
            name=message.author_name,
            joined_at=known.joined_at if known else message.created_at,
            read_seq=message.seq,
        )

    def _edits(self, tx: Transaction, message: Message, rows: Sequence[Row]) -> None:
        edits = {edit.version: edit for edit in map(self._reader.edit, rows)}
        self._report.imported["message_edits"] += len(edits)
        for edit in edits.values():
            if not self._is_dry:
                tx.messages.add_edit(replace(edit, message_id=message.id))

    def _reactions(self, tx: Transaction, message: Message, rows: Sequence[Row]) -> None:
        reactions = {(item.agent_id, item.reaction): item for item in map(self._reader.reaction, rows)}
        self._report.imported["reactions"] += len(reactions)
        for reaction in reactions.values():
            if not self._is_dry:
                tx.reactions.add(replace(reaction, message_id=message.id))

    def _count_known(self, row: Row, beside: Beside) -> None:
        self._report.known["messages"] += 1
        self._report.known["message_edits"] += len(beside.edits.get(str(row["id"]), ()))
        self._report.known["reactions"] += len(beside.reactions.get(str(row["id"]), ()))

    def _hidden(self, tx: Transaction, row: Row) -> None:
        """Store a message for humans only that had no number: it goes to the thread's end."""
        self._report.found["messages"] += 1
        if tx.messages.get(str(row["id"])):
            self._report.known["messages"] += 1
            return
        message = self._reader.message(row, self._last_seq + 1, set())
        self._report.note("messages: for humans only, without a seq, put at the end of their thread", message.id)
        self._store(tx, replace(message, metadata=freeze({**message.metadata, "visibility": "human_only"})))

    def _token(self, tx: Transaction, row: Row) -> None:
        token = str(row["token"] or "")
        if not token or tx.tokens.get(hash_token(token)):
            self._report.known["reply_tokens"] += 1
            return
        self._report.imported["reply_tokens"] += 1
        known = list(TokenSource)
        source = TokenSource(row["source"]) if row["source"] in known else TokenSource.MSG_WAIT
        if not self._is_dry:
            tx.tokens.add(
                ReplyToken(
                    hash=hash_token(token),
                    thread_id=self._thread.id,
                    agent_id=row["agent_id"],
                    source=source,
                    issued_at=self._reader.time(row["issued_at"], "a reply token"),
                )
            )
