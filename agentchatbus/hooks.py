"""The run-time hooks as the kernel calls them: typed, in order, each for a limited time.

pluggy finds and orders the implementations, but it cannot await them one after the other. So they are walked here.
What a plugin answers passes through; what goes wrong in it refuses the request in the plugin's name.
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Coroutine, Mapping
from functools import partial
from types import CoroutineType
from typing import Any, TypeVar

from agentchatbus import answers
from agentchatbus.clock import Clock
from agentchatbus.deadlines import Overrun, contained, run_within
from agentchatbus.errors import BusError, PluginFailed
from agentchatbus.events import Event, PluginQuarantined
from agentchatbus.model import Caller, Credentials, MessageDraft, ThreadDraft
from agentchatbus.operations import Action
from agentchatbus.plugins import PluginManager
from agentchatbus.quarantine import OBSERVER
from agentchatbus.registry import Implementation
from agentchatbus.tracing import DEADLINE, HookListener

logger = logging.getLogger(__name__)

UNTIL = "it refuses until an operator enables it or the bus restarts"

T = TypeVar("T")


class Hooks:
    """Calls the run-time hooks of one bus.

    A `BusError` that a plugin raises before the commit is its answer and arrives unchanged. Everything else that goes
    wrong in it (another exception, a deadline, an answer of another type) arrives as `PluginFailed`, and so does every
    call of a plugin that is quarantined.
    """

    def __init__(
        self,
        manager: PluginManager,
        *,
        clock: Clock,
        deadline: float = DEADLINE,
        on_quarantine: Callable[[PluginQuarantined], None] | None = None,
    ) -> None:
        """Make a manager's plugins callable.

        Args:
            manager: Knows the implementations and who is quarantined.
            clock: Measures deadlines.
            deadline: Seconds that each implementation has.
            on_quarantine: Told once when a plugin is quarantined; must not block.
        """
        self._manager = manager
        self._quarantine = manager.quarantine
        self._clock = clock
        self._deadline = deadline
        self._on_quarantine = on_quarantine
        self._chains: dict[str, tuple[Implementation, ...]] = {}
        self._revision = manager.revision

    async def authenticate(self, credentials: Credentials) -> Caller | None:
        """Return the first answer that is not None, or None when no plugin knows the caller."""
        for item in self._chain("authenticate"):
            if caller := await self._ask(item, {"credentials": credentials}, answers.caller):
                return caller
        return None

    async def check_action(self, action: Action) -> None:
        """Let every plugin refuse the action."""
        for item in self._chain("check_action"):
            await self._ask(item, {"action": action}, answers.nothing)

    async def check_message(self, draft: MessageDraft, caller: Caller) -> None:
        """Let every plugin refuse the message."""
        for item in self._chain("check_message"):
            await self._ask(item, {"draft": draft, "caller": caller}, answers.nothing)

    async def transform_thread(self, draft: ThreadDraft, caller: Caller) -> ThreadDraft:
        """Return the draft after every plugin has seen what the one before made of it."""
        for item in self._chain("transform_thread"):
            arguments = {"draft": draft, "caller": caller}
            draft = await self._ask(item, arguments, partial(answers.thread_draft, draft))
        return draft

    async def transform_message(self, draft: MessageDraft, caller: Caller) -> MessageDraft:
        """Return the draft after every plugin has seen what the one before made of it."""
        for item in self._chain("transform_message"):
            arguments = {"draft": draft, "caller": caller}
            draft = await self._ask(item, arguments, partial(answers.message_draft, draft))
        return draft

    def observers(self) -> list[str]:
        """Return the plugins that implement ``on_event``, quarantined ones too."""
        return list(dict.fromkeys(item.plugin for item in self._chain(OBSERVER)))

    async def on_event(self, plugin: str, event: Event) -> bool:
        """Tell one plugin of an event; what goes wrong in it is logged and counted, never raised.

        Returns:
            Whether the plugin is still told; False when it is quarantined.
        """
        for item in self._chain(OBSERVER):
            if item.plugin == plugin and not self._quarantine.dropped(plugin):
                try:
                    await run_within(self._deadline, _begin(item, {"event": event}), self._clock)
                except Exception as error:
                    self._failed(item, error)
        return not self._quarantine.dropped(plugin)

    def watch(self, listener: HookListener) -> None:
        """Tell somebody of every call of a hook from now on."""
        self._manager.watch(listener)

    async def until_told(self, plugin: str) -> None:
        """Wait until the plugin is told of events, which it is unless it is quarantined."""
        await self._quarantine.released(plugin)

    def _chain(self, hook: str) -> tuple[Implementation, ...]:
        if self._revision != self._manager.revision:
            self._chains.clear()
            self._revision = self._manager.revision
        if hook not in self._chains:
            self._chains[hook] = self._manager.implementations(hook)
        return self._chains[hook]

    async def _ask(self, item: Implementation, arguments: Mapping[str, Any], accept: Callable[[Any], T]) -> T:
        if reason := self._quarantine.refusal(item.plugin):
            raise _failure(item, f"is quarantined ({reason}); {UNTIL}")
        try:
            return accept(await run_within(self._deadline, _begin(item, arguments), self._clock))
        except BusError:
            raise
        except Exception as error:
            raise self._failed(item, error) from error

    def _failed(self, item: Implementation, error: Exception) -> PluginFailed:
        """Log and count a failure; return what the caller is told."""
        is_late = isinstance(error, Overrun)
        problem = f"took longer than {self._deadline:g} seconds" if is_late else "failed"
        logger.error("Plugin %s %s in %s", item.plugin, problem, item.hook, exc_info=None if is_late else error)
        if reason := self._quarantine.record(item.plugin, item.hook, self._clock.monotonic()):
            self._announce(PluginQuarantined(plugin=item.plugin, hook=item.hook, reason=reason))
        return _failure(item, f"{problem} in {item.hook}, so the request was refused; the log of the bus says why")

    def _announce(self, body: PluginQuarantined) -> None:
        logger.error("Plugin %s is quarantined: %s", body.plugin, body.reason)
        if self._on_quarantine:
            self._on_quarantine(body)


def _begin(item: Implementation, arguments: Mapping[str, Any]) -> Coroutine[Any, None, Any]:
    try:
        started = item.call(arguments)
    except BaseException as error:
        raise contained(error) from error
    if not isinstance(started, CoroutineType):
        raise answers.WrongAnswer(f"{item.hook} has to be `async def`, but it returned {type(started).__name__}")
    return started


def _failure(item: Implementation, problem: str) -> PluginFailed:
    return PluginFailed(f"Plugin {item.plugin!r} {problem}.", plugin=item.plugin, hook=item.hook)
