"""The client port: what an operation may do with its client while it runs.

Few ways in can carry all of it. What one cannot tell is dropped (progress, log); what one cannot ask is refused.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Literal, Protocol, TypeVar

from agentchatbus.errors import Unsupported
from agentchatbus.model import Content, Metadata, no_metadata

LogLevel = Literal["debug", "info", "notice", "warning", "error", "critical", "alert", "emergency"]
"""How serious a line of the log is that a client is told, mildest first."""


class Ability(StrEnum):
    """What a client can be asked for."""

    PERSON = "person"
    MODEL = "model"
    ROOTS = "roots"


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonQuestion:
    """A form for the person at the client; `schema` is the JSON schema of an object without nesting."""

    message: str
    schema: Mapping[str, Any]
    needs: Ability = field(default=Ability.PERSON, init=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonAnswer:
    """What the person did with the form; `content` is empty unless it was accepted, and not checked by the bus."""

    action: Literal["accept", "decline", "cancel"]
    content: Metadata = field(default_factory=no_metadata)


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One message of a conversation with a model."""

    role: Literal["user", "assistant"]
    content: Content | str


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelQuestion:
    """Something for the client's language model to go on with."""

    turns: Sequence[Turn]
    max_tokens: int
    system_prompt: str | None = None
    needs: Ability = field(default=Ability.MODEL, init=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelAnswer:
    """What the model wrote; `text` is empty for other content."""

    text: str
    model: str
    stop_reason: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RootsQuestion:
    """Which folders the client works in."""

    needs: Ability = field(default=Ability.ROOTS, init=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class RootsAnswer:
    """The folders by URI, each with the name that it has for people."""

    roots: Mapping[str, str]


Question = PersonQuestion | ModelQuestion | RootsQuestion
"""What a client can be asked, each kind by its ability."""

Answer = PersonAnswer | ModelAnswer | RootsAnswer
AnswerT = TypeVar("AnswerT", PersonAnswer, ModelAnswer, RootsAnswer)


class Client(Protocol):
    """The client of one call.

    Attributes:
        abilities: What it can be asked for.
        wants_progress: Whether it wants to hear how far the call is.
    """

    @property
    def abilities(self) -> frozenset[Ability]: ...

    @property
    def wants_progress(self) -> bool: ...

    async def progress(self, done: float, total: float | None = None, message: str | None = None) -> None:
        """Tell how far the call is; `done` rises from call to call."""
        ...

    async def log(self, level: LogLevel, data: Any, source: str | None = None) -> None:
        """Tell something that may interest the person at the client; `data` is any JSON value."""
        ...

    async def ask(self, questions: Mapping[str, Question]) -> Mapping[str, Answer]:
        """Ask the client, all questions at once, and return an answer to each, of the kind of its question.

        A client that keeps no connection is sent away with the questions and comes back with the answers: the
        operation then runs again from its beginning, and this returns what was answered. So ask before anything is
        changed, under the same names every time, and let the error through that ends the first run.

        Raises:
            Unsupported: The client has not the ability, or its way in cannot ask.
        """
        ...


class NoClient:
    """A client that can be told and asked nothing."""

    abilities: frozenset[Ability] = frozenset()
    wants_progress = False

    async def progress(self, done: float, total: float | None = None, message: str | None = None) -> None:
        """Drop it."""

    async def log(self, level: LogLevel, data: Any, source: str | None = None) -> None:
        """Drop it."""

    async def ask(self, questions: Mapping[str, Question]) -> Mapping[str, Answer]:
        """Refuse.

        Raises:
            Unsupported: Always.
        """
        raise Unsupported(
            "This way in cannot ask its client anything.", needs=sorted({item.needs for item in questions.values()})
        )


NO_CLIENT = NoClient()
"""The client of a call whose way in can ask nobody anything."""


async def ask_one(client: Client, name: str, question: Question, answer: type[AnswerT]) -> AnswerT:
    """Ask one question and return its answer, which is of the type `answer`.

    Raises:
        Unsupported: The client cannot be asked this.
    """
    found = (await client.ask({name: question}))[name]
    if not isinstance(found, answer):
        raise TypeError(f"A {type(question).__name__} is not answered by a {answer.__name__}.")
    return found
