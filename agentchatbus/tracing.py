"""Watching hook calls: who was called, for how long, and how it ended.

A hook that nobody watches costs nothing more: implementations are wrapped only while somebody listens.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from inspect import iscoroutinefunction
from time import perf_counter
from types import CoroutineType
from typing import Any, NamedTuple

from agentchatbus.errors import BusError


class HookCall(NamedTuple):
    """One call of one plugin's hook that has ended.

    Attributes:
        plugin: Whose it is.
        hook: Its name.
        seconds: From its begin to its end, with all it waited for.
        outcome: ``passed`` (it returned None), ``answered`` (it returned something else), ``refused CODE`` (it raised
            an error of the tree), ``failed TYPE`` (it raised anything else), or ``cancelled`` (its deadline was over,
            or nobody wanted the answer any more).
    """

    plugin: str
    hook: str
    seconds: float
    outcome: str


HookListener = Callable[[HookCall], None]
"""Told of each hook call when it has ended; must not block and must not raise."""


def traced(plugin: str, hook: str, function: Callable[..., Any], listener: HookListener) -> Callable[..., Any]:
    """Return a function that does the same and reports its calls."""
    if not iscoroutinefunction(function):
        return _traced_plain(plugin, hook, function, listener)

    async def call(**arguments: Any) -> Any:
        begun = perf_counter()
        outcome = "answered"
        try:
            if (answer := await function(**arguments)) is None:
                outcome = "passed"
        except BaseException as error:
            outcome = _outcome_of(error)
            raise
        finally:
            listener(HookCall(plugin, hook, perf_counter() - begun, outcome))
        return answer

    return call


def _traced_plain(plugin: str, hook: str, function: Callable[..., Any], listener: HookListener) -> Callable[..., Any]:
    """Do so for what is no coroutine function; it may return a coroutine all the same."""

    def report(begun: float, outcome: str) -> None:
        listener(HookCall(plugin, hook, perf_counter() - begun, outcome))

    async def finish(begun: float, coroutine: Coroutine[Any, Any, Any]) -> Any:
        try:
            answer = await coroutine
        except BaseException as error:
            report(begun, _outcome_of(error))
            raise
        report(begun, "passed" if answer is None else "answered")
        return answer

    def call(**arguments: Any) -> Any:
        begun = perf_counter()
        try:
            started = function(**arguments)
        except BaseException as error:
            report(begun, _outcome_of(error))
            raise
        if isinstance(started, CoroutineType):
            return finish(begun, started)
        report(begun, "passed" if started is None else "answered")
        return started

    return call


def _outcome_of(error: BaseException) -> str:
    if isinstance(error, BusError):
        return f"refused {error.code}"
    if isinstance(error, asyncio.CancelledError | GeneratorExit):
        return "cancelled"
    return f"failed {type(error).__name__}"
