"""What every plugin has to pass, one check after the other."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from agentchatbus.cli.plugins.finding import harmless_settings, kind_of, meaning_of
from agentchatbus.cli.plugins.noticing import Failures
from agentchatbus.cli.plugins.trying import Ground
from agentchatbus.config.commas import validated
from agentchatbus.discovery import Candidate
from agentchatbus.errors import BusError, ConfigError, PluginFailed
from agentchatbus.hints import explain
from agentchatbus.plugin import Plugin, PluginSettings
from agentchatbus.plugins import PluginManager, PluginSelection

if TYPE_CHECKING:
    from agentchatbus.ports.storage import StorageOffer
    from agentchatbus.testing import BusHarness

OK, FAILED, SKIPPED = "ok", "FAILED", "skipped"
POSTS = 10
ENDS_WITHIN = 2.0
"""Seconds that a plugin may take to stop."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """What came out of one check."""

    name: str
    outcome: str = OK
    detail: str = ""


class _Failure(Exception):
    """A check was not passed; the message says what to change."""


class Checks:
    """The checks of one plugin; each needs those before it, so the first failure is the last check."""

    def __init__(self, candidate: Candidate, table: Mapping[str, Any], folder: Path) -> None:
        self._candidate = candidate
        self._table = table
        self._ground = Ground(folder)
        self._type: type[Plugin[Any]] = Plugin
        self._settings: PluginSettings = PluginSettings()
        self._stack = AsyncExitStack()
        self._bus: BusHarness | None = None
        self._failures = Failures()

    async def run(self) -> list[Check]:
        """Return what came out, check by check."""
        results = []
        steps: list[tuple[str, Callable[[], Awaitable[str]]]] = [
            ("it can be imported", self._import),
            ("its settings are described", self._describe_settings),
            ("the configuration's settings fit", self._check_table),
            ("its hooks fit", self._check_hooks),
            ("a bus starts with it", self._start),
            ("posts go through", self._post),
            ("nothing it did failed", self._look_back),
            ("it stops", self._stop),
        ]
        try:
            for name, step in steps:
                results.append(await _outcome(name, step))
                if results[-1].outcome == FAILED:
                    break
        finally:
            await self._stack.aclose()
        return results

    async def _import(self) -> str:
        found = self._candidate.load()
        if not isinstance(found, type):
            raise _Failure("It is not a subclass of Plugin.")
        self._type = found
        if not (found.__doc__ or "").strip():
            raise _Failure(f"Write a docstring below `class {found.__name__}`; people read it in `plugins info`.")
        return f"{found.__module__}:{found.__qualname__}"

    async def _describe_settings(self) -> str:
        model = self._type.settings_type
        if not issubclass(model, PluginSettings):
            raise _Failure("settings_type has to be a subclass of PluginSettings.")
        if silent := [key for key in model.model_fields if not meaning_of(model, key)]:
            raise _Failure(f"Say what they mean, with Field(description=...): {', '.join(silent)}.")
        return f"{len(model.model_fields)} keys"

    async def _check_table(self) -> str:
        model = self._type.settings_type
        try:
            self._settings = harmless_settings(self._type, self._table)
            validated(model, self._table)
        except ValidationError as error:
            raise _Failure(explain(error, model, f"plugins.{self._candidate.name}")) from None
        return "tried out with the defaults" if self._table else "nothing is configured"

    async def _check_hooks(self) -> str:
        manager = PluginManager(PluginSelection(enable=()))
        manager.load([(self._candidate.name, self._type(self._settings))])
        [status] = [item for item in manager.statuses() if item.name == self._candidate.name]
        return ", ".join(f"{hook} ({kind_of(hook)})" for hook in status.hooks) or "none"

    async def _start(self) -> str:
        self._stack.enter_context(self._failures.noticed())
        plugin = self._type(self._settings)
        storage = self._storage_of(plugin)
        self._bus = await self._stack.enter_async_context(self._ground.bus(plugin, storage=storage))
        for transport in self._bus.app.transports:
            await self._stack.enter_async_context(transport.lifespan())
        return f"on its own storage {storage.name!r}" if storage else "on a storage in memory"

    def _storage_of(self, plugin: Plugin[Any]) -> StorageOffer | None:
        manager = PluginManager(PluginSelection(enable=()))
        manager.load([(self._candidate.name, plugin)])
        offers = manager.storage_offers()
        return offers[0][1] if offers else None

    async def _post(self) -> str:
        assert self._bus is not None  # noqa: S101 - the check before has composed it
        refused = 0
        for number in range(POSTS):
            try:
                await self._bus.post(f"Post {number} of the checks.")
            except PluginFailed:
                raise
            except BusError:
                refused += 1
        await asyncio.wait_for(self._bus.drain(), timeout=30)
        stored = len(await self._bus.messages())
        if stored != POSTS - refused:
            raise _Failure(f"{POSTS - refused} posts were accepted, but {stored} messages are stored.")
        return f"{stored} stored" + (f", {refused} refused by the plugin" if refused else "")

    async def _look_back(self) -> str:
        if failure := self._failures.first:
            raise _Failure(failure)
        return "no failure in the log, no forgotten await"

    async def _stop(self) -> str:
        begun = perf_counter()
        await self._stack.aclose()
        seconds = perf_counter() - begun
        if seconds > ENDS_WITHIN:
            raise _Failure(f"It took {seconds:.1f} s; end tasks and clients in the lifespan's `finally`.")
        await self._look_back()  # its end may have failed as well
        current = asyncio.current_task()
        if left := [task.get_name() for task in asyncio.all_tasks() if task is not current]:
            raise _Failure(f"Tasks are left over: {', '.join(left)}. End them in the lifespan's `finally`.")
        return f"within {seconds * 1e3:.0f} ms, no task left over"


async def _outcome(name: str, step: Callable[[], Awaitable[str]]) -> Check:
    try:
        return Check(name=name, detail=await step())
    except (_Failure, ConfigError, BusError) as error:
        return Check(name=name, outcome=FAILED, detail=str(error))
    except (Exception, SystemExit) as error:
        return Check(name=name, outcome=FAILED, detail=f"{type(error).__name__}: {error}")
