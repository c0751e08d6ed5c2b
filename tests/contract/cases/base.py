"""What a case is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

from tests.contract.worlds import World

Arguments = Callable[[World], dict[str, Any]]
Caller = Literal["nobody", "nova", "orion", "operator"]
"""Who asks; over REST nobody is the person at the machine."""


def nothing(_world: World) -> dict[str, Any]:
    return {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """One question and its answers.

    Attributes:
        operation: What is asked.
        name: What is special about it.
        given: The arguments, but for the caller's proof.
        caller: Who asks.
        mcp: Shape of the structured content of the tool's result; None keeps the case off MCP.
        refused: Whether the tool refuses.
        rest: Status of the answer over REST; None keeps the case off it.
        answer: Shape of the body over REST.
        rest_given: Arguments over REST, where they differ.
        rest_caller: Who asks over REST, if it is somebody else.
        media: Type of the body over REST; None takes any.
        is_alone: Whether nothing else may have been said on the connection before.
    """

    operation: str
    name: str
    given: Arguments = nothing
    caller: Caller = "nobody"
    mcp: Any = None
    refused: bool = False
    rest: int | None = None
    answer: Any = None
    rest_given: Arguments | None = None
    rest_caller: Caller | None = None
    media: str | None = "application/json"
    is_alone: bool = False

    @property
    def title(self) -> str:
        return f"{self.operation}: {self.name}"


def done(operation: str, name: str, given: Arguments = nothing, **more: Any) -> Case:
    """Return a case that succeeds."""
    return Case(operation=operation, name=name, given=given, **more)


def refused(operation: str, name: str, given: Arguments = nothing, **more: Any) -> Case:
    """Return a case that is refused."""
    return Case(operation=operation, name=name, given=given, refused=True, **more)


def detail(shape: Any) -> dict[str, Any]:
    """Return the shape of an error over REST."""
    return {"detail": shape}
