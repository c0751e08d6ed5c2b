"""What needs a person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from agentchatbus.events import MessageRefused
from agentchatbus.model import Agent, Ask, Message, Thread, WaitCycle, WaitState


@dataclass(frozen=True, slots=True, kw_only=True)
class AskingMessage:
    """A message that asks something of a person, with the face of the agent that wrote it, if it is known."""

    kind: Ask
    message: Message
    author: Agent | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockedWait:
    """An agent that waits for others who are not here."""

    wait: WaitState
    offline: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class LostAgent:
    """An agent that fell silent although threads it takes part in go on."""

    agent: Agent
    thread_ids: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Needed:
    """Everything that needs a person.

    Attributes:
        messages: Cards to decide, and mentions and notices that the person has not read; newest first.
        deadlocks: Circles of agents that wait for each other.
        blocked: Agents that wait for others who are not here.
        lost: Agents that fell silent.
        refused: What agents could not say since the bus started, and have not got over since.
        is_complete: Whether everything was looked at; a bus with very many threads answers with what is newest.
    """

    messages: Sequence[AskingMessage]
    deadlocks: Sequence[WaitCycle]
    blocked: Sequence[BlockedWait]
    lost: Sequence[LostAgent]
    refused: Sequence[MessageRefused]
    is_complete: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Looked:
    """What was found in the storage for it."""

    threads: Sequence[Thread]
    messages: Sequence[AskingMessage]
    agents: Sequence[Agent]
    places: dict[str, list[str]]
    is_complete: bool
