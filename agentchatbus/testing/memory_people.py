"""Reactions, participants and access tokens in memory."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from agentchatbus.errors import Conflict
from agentchatbus.model import AccessToken, Participant, Reaction
from agentchatbus.ports.stores import AccessStore, ParticipantStore, ReactionStore
from agentchatbus.testing.memory_journal import Journal
from agentchatbus.testing.memory_threads import MemoryMessages, MemoryThreads


class MemoryReactions(ReactionStore):
    def __init__(self, journal: Journal, messages: MemoryMessages) -> None:
        self._journal = journal
        self._messages = messages
        self._rows: dict[str, dict[tuple[str, str], Reaction]] = {}
        messages.on_removal.append(self._forget)

    def add(self, reaction: Reaction) -> None:
        self._messages.require(reaction.message_id)
        rows = self._rows.setdefault(reaction.message_id, {})
        if (reaction.agent_id, reaction.reaction) in rows:
            raise Conflict("There is this reaction already.")
        self._journal.put(rows, (reaction.agent_id, reaction.reaction), reaction)

    def get(self, message_id: str, agent_id: str, reaction: str) -> Reaction | None:
        return self._rows.get(message_id, {}).get((agent_id, reaction))

    def remove(self, message_id: str, agent_id: str, reaction: str) -> None:
        self._journal.drop(self._rows.get(message_id, {}), (agent_id, reaction))

    def of(self, message_ids: Sequence[str]) -> dict[str, list[Reaction]]:
        found = {message_id: self._rows.get(message_id, {}).values() for message_id in message_ids}
        return {message_id: sorted(rows, key=lambda row: row.created_at) for message_id, rows in found.items() if rows}

    def _forget(self, message_id: str) -> None:
        self._journal.drop(self._rows, message_id)


class MemoryParticipants(ParticipantStore):
    def __init__(self, journal: Journal, threads: MemoryThreads) -> None:
        self._journal = journal
        self._threads = threads
        self._rows: dict[str, dict[str, Participant]] = {}
        threads.on_removal.append(self._forget)

    def put(self, participant: Participant) -> bool:
        self._threads.require(participant.thread_id)
        rows = self._rows.setdefault(participant.thread_id, {})
        if (known := rows.get(participant.key)) is None:
            self._journal.put(rows, participant.key, participant)
        elif known.read_seq < participant.read_seq:
            self._journal.put(rows, participant.key, replace(known, read_seq=participant.read_seq))
        return known is None

    def of(self, thread_ids: Sequence[str]) -> dict[str, list[Participant]]:
        found = {thread_id: self._rows.get(thread_id, {}).values() for thread_id in thread_ids}
        return {thread_id: sorted(rows, key=_by_joining) for thread_id, rows in found.items() if rows}

    def _forget(self, thread_id: str) -> None:
        self._journal.drop(self._rows, thread_id)


def _by_joining(participant: Participant) -> tuple[datetime, str]:
    return participant.joined_at, participant.key


class MemoryAccess(AccessStore):
    def __init__(self, journal: Journal) -> None:
        self._journal = journal
        self._rows: dict[str, AccessToken] = {}
        self._hashes: dict[str, str] = {}

    def add(self, token: AccessToken, token_hash: str) -> None:
        if token.id in self._rows or token_hash in self._hashes:
            raise Conflict("There is an access token of this id or hash already.")
        self._journal.put(self._rows, token.id, token)
        self._journal.put(self._hashes, token_hash, token.id)

    def by_hash(self, token_hash: str) -> AccessToken | None:
        return self._rows.get(self._hashes.get(token_hash, ""))

    def all(self) -> list[AccessToken]:
        return sorted(self._rows.values(), key=lambda row: row.created_at)

    def remove(self, token_id: str) -> bool:
        if token_id not in self._rows:
            return False
        for token_hash in [token_hash for token_hash, owner in self._hashes.items() if owner == token_id]:
            self._journal.drop(self._hashes, token_hash)
        self._journal.drop(self._rows, token_id)
        return True
