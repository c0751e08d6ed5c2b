"""Watching hook calls: who was called, for how long, and how it ended.

A hook that nobody watches costs nothing more: implementations are wrapped only while somebody listens.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine, Mapping
from contextlib import AbstractAsyncContextManager
from time import perf_counter
from types import CoroutineType, TracebackType
from typing import Any, NamedTuple

from agentchatbus.errors import BusError

LIFESPAN, OBSERVER = "lifespan", "on_event"

DEADLINE = 5.0
"""Seconds that each run-time hook has."""

SLACK = 0.01
"""Seconds by which two clocks may differ over when a deadline was."""


class HookCall(NamedTuple):
    """One call of one plugin's hook that has ended.

    Attributes:
        plugin: Whose it is.
        hook: Its name.
        seconds: From its begin to its end, with all it waited for.
        outcome: What the bus made of it: ``passed`` (it returned None), ``answered`` (it returned something else that
            the hook may return), ``began`` (a ``lifespan`` has begun; its end is reported only when it fails),
            ``refused CODE`` (it raised an error of the tree), ``failed TYPE`` (it raised anything else, or
            ``WrongAnswer``: it returned what the hook may not return), ``late`` (it took longer than its deadline, or
            others held it up for so long), or ``cancelled`` (nobody wanted the answer any more).
    """

    plugin: str
    hook: str
    seconds: float
    outcome: str


HookListener = Callable[[HookCall], None]
"""Told of each hook call when it has ended; must not block and must not raise."""


Judge = Callable[[str, Any, Any], None]
"""Told of a hook, the draft that it was called with (None where it took none) and its answer; raises if it is wrong."""


def traced(
    plugin: str, hook: str, function: Callable[..., Any], listener: HookListener, judge: Judge
) -> Callable[..., Any]:
    """Return a function that does the same and reports its calls."""
    trace = _Trace(plugin, hook, listener, judge)

    def call(**arguments: Any) -> Any:
        begun = perf_counter()
        try:
            started = function(**arguments)
        except BaseException as error:
            trace.raised(begun, error)
            raise
        if isinstance(started, CoroutineType):
            return _finish(trace, begun, started, arguments)
        if hook == LIFESPAN and isinstance(started, AbstractAsyncContextManager):
            return _Lifespan(trace, begun, started)
        trace.offered(begun, started)
        return started

    return call


async def _finish(
    trace: _Trace, begun: float, coroutine: Coroutine[Any, Any, Any], arguments: Mapping[str, Any]
) -> Any:
    try:
        answer = await coroutine
    except BaseException as error:
        trace.raised(begun, error)
        raise
    trace.returned(begun, answer, arguments)
    return answer


class _Trace:
    """Reports the calls of one implementation."""

    def __init__(self, plugin: str, hook: str, listener: HookListener, judge: Judge) -> None:
        self._plugin = plugin
        self._hook = hook
        self._listener = listener
        self._judge = judge

    def tell(self, begun: float, outcome: str) -> None:
        """Report a call that has just ended."""
        self._listener(HookCall(self._plugin, self._hook, perf_counter() - begun, outcome))

    def raised(self, begun: float, error: BaseException) -> None:
        """Report a call that raised."""
        if isinstance(error, BusError):
            self.tell(begun, f"refused {error.code}")
        elif isinstance(error, asyncio.CancelledError | GeneratorExit):
            is_late = self._hook != LIFESPAN and perf_counter() - begun > DEADLINE - SLACK
            self.tell(begun, "late" if is_late else "cancelled")
        else:
            self.tell(begun, f"failed {type(error).__name__}")

    def offered(self, begun: float, answer: object) -> None:
        """Report a call that returned without being awaited, which only those before the start may."""
        is_list = self._hook.startswith("register_") and isinstance(answer, list | tuple)
        self.tell(begun, "answered" if is_list else "failed WrongAnswer")

    def returned(self, begun: float, answer: object, arguments: Mapping[str, Any]) -> None:
        """Report a call that returned when it was awaited, by what the bus makes of the answer."""
        self.tell(begun, "late" if perf_counter() - begun > DEADLINE else self._judged(arguments, answer))

    def _judged(self, arguments: Mapping[str, Any], answer: object) -> str:
        if answer is None or self._hook == OBSERVER:
            return "passed"
        try:
            self._judge(self._hook, arguments.get("draft"), answer)
        except Exception as error:  # whatever the bus stumbles over, it refuses in the plugin's name
            return f"failed {type(error).__name__}"
        return "answered"


class _Lifespan(AbstractAsyncContextManager[None, bool | None]):
    """Reports that a lifespan has begun, or that its begin or its end failed."""

    def __init__(self, trace: _Trace, begun: float, inner: AbstractAsyncContextManager[Any, bool | None]) -> None:
        self._trace = trace
        self._begun = begun
        self._inner = inner

    async def __aenter__(self) -> None:
        try:
            await self._inner.__aenter__()
        except BaseException as error:
            self._trace.raised(self._begun, error)
            raise
        self._trace.tell(self._begun, "began")

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> bool | None:
        begun = perf_counter()
        try:
            return await self._inner.__aexit__(kind, error, traceback)
        except BaseException as failure:
            if failure is not error:
                self._trace.raised(begun, failure)
            raise
