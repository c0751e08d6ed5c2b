"""What the tests of the plugin system share: installed plugins, a clock that leaps, and hooks over given plugins."""

from __future__ import annotations

import asyncio
import importlib
import textwrap
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from agentchatbus.clock import Clock, SystemClock
from agentchatbus.errors import ConfigError
from agentchatbus.events import Event, PluginQuarantined
from agentchatbus.hooks import Hooks
from agentchatbus.model import Caller, CallerKind, Credentials, MessageDraft, ThreadDraft
from agentchatbus.operations import Action
from agentchatbus.plugin import Plugin, PluginSettings, hookimpl
from agentchatbus.plugins import PluginManager, PluginSelection, PluginStatus

CALLER = Caller(kind=CallerKind.HUMAN, name="ann")
ACTION = Action(operation="msg_post", caller=CALLER, arguments={})
DRAFT = MessageDraft(thread_id="t1", content="hello", author="a1", author_id="a1", author_name="Nova")
EVENT = Event(id=1, type="msg.new", thread_id="t1", payload={}, created_at=datetime(2026, 1, 1, tzinfo=UTC))
THREAD = ThreadDraft(topic="plans")
CREDENTIALS = Credentials()
RUN_TIME_HOOKS = ["authenticate", "check_action", "check_message", "transform_thread", "transform_message"]
TURNS = 20


class Site:
    """A folder of installed distributions that the interpreter sees for one test."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._count = 0

    def add(self, name: str, code: str, *, distribution: str = "stranger", extra: str = "") -> str:
        """Install a plugin whose module has this code, and return the module's name; its class is ``Example``."""
        self._count += 1
        module = f"{self.folder.parent.name.replace('-', '_')}_{self._count}"
        (self.folder / f"{module}.py").write_text(PREAMBLE + textwrap.dedent(code))
        info = self.folder / f"{distribution}-1.2.dist-info"
        if not info.exists():
            info.mkdir()
            (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {distribution}\nVersion: 1.2\n")
            (info / "entry_points.txt").write_text("[agentchatbus]\n")
        with (info / "entry_points.txt").open("a") as file:
            file.write(f"{name} = {module}:Example{f' [{extra}]' if extra else ''}\n")
        importlib.invalidate_caches()
        return module

    def damage(self, entry_points: str, *, metadata: str = "Metadata-Version: 2.1\nName: broken\nVersion: 1\n") -> None:
        """Install a distribution whose files say this."""
        info = self.folder / "broken-1.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(metadata)
        (info / "entry_points.txt").write_text(entry_points)
        importlib.invalidate_caches()


PREAMBLE = """
from __future__ import annotations
from contextlib import asynccontextmanager
from agentchatbus.plugin_api import *

"""

GATE = """
class Example(Plugin[PluginSettings]):
    @hookimpl
    async def check_action(self, action: Action) -> None: ...
"""


class LeapingClock(Clock):
    """A clock whose waits take no time: unless the event comes within some turns of the loop, it leaps to their end."""

    def __init__(self) -> None:
        self.elapsed = 0.0

    def now(self) -> datetime:
        return datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=self.elapsed)

    def monotonic(self) -> float:
        return self.elapsed

    async def wait_for(self, event: asyncio.Event, timeout: float | None) -> bool:
        if timeout is None:
            return await event.wait()
        for _ in range(TURNS):
            if event.is_set():
                return True
            await asyncio.sleep(0)
        self.elapsed += max(timeout, 0)
        return event.is_set()


class Kit:
    """Hooks over some plugins, with what they report."""

    def __init__(self, *types: type[Plugin[Any]], clock: Clock | None = None) -> None:
        self.plugins = [kind(PluginSettings()) for kind in types]
        self.manager = PluginManager(PluginSelection(enable=()))
        self.manager.load([(type(plugin).__name__.lower(), plugin) for plugin in self.plugins])
        self.quarantined: list[PluginQuarantined] = []
        self.hooks = Hooks(self.manager, clock=clock or SystemClock(), on_quarantine=self.quarantined.append)

    def status(self, name: str) -> PluginStatus:
        return next(status for status in self.manager.statuses() if status.name == name)


def messages_of(log: pytest.LogCaptureFixture, level: str) -> str:
    """Return what was logged at a level."""
    return "\n".join(record.getMessage() for record in log.records if record.levelname == level)


async def turns(condition: Callable[[], bool]) -> None:
    """Let others run until something is so."""
    for _ in range(1000):
        if condition():
            return
        await asyncio.sleep(0)
    raise AssertionError("it did not happen")


class Base(Plugin[PluginSettings]):
    """A plugin that keeps what it was told."""

    def __init__(self, settings: PluginSettings) -> None:
        super().__init__(settings)
        self.told: list[Any] = []


def plugin_with(hook: str, behaviour: Any) -> type[Plugin[Any]]:
    """Return a plugin class whose one hook does something; it takes no arguments."""

    async def implementation(self: Any) -> Any:
        return await behaviour()

    implementation.__name__ = hook
    return type("Mine", (Plugin,), {hook: hookimpl(implementation)})


async def ask(hooks: Hooks, hook: str) -> Any:
    arguments: dict[str, tuple[Any, ...]] = {
        "authenticate": (CREDENTIALS,),
        "check_action": (ACTION,),
        "check_message": (DRAFT, CALLER),
        "transform_thread": (THREAD, CALLER),
        "transform_message": (DRAFT, CALLER),
    }
    return await getattr(hooks, hook)(*arguments[hook])


async def forever() -> None:
    """Never end."""
    await asyncio.Event().wait()


def load(*extra: tuple[str, Plugin[Any]], **selection: Any) -> PluginManager:
    manager = PluginManager(PluginSelection(**selection))
    manager.load(extra)
    return manager


def refused(*extra: tuple[str, Plugin[Any]], **selection: Any) -> str:
    with pytest.raises(ConfigError) as caught:
        load(*extra, **selection)
    return str(caught.value)


def status(manager: PluginManager, name: str) -> PluginStatus:
    return next(item for item in manager.statuses() if item.name == name)


def file_plugin(folder: Path, name: str, code: str = GATE) -> Path:
    path = folder / f"{name}.py"
    path.write_text(PREAMBLE + code)
    return path


def gate() -> Plugin[Any]:
    class Gate(Plugin[PluginSettings]):
        @hookimpl
        async def check_action(self) -> None: ...

    return Gate(PluginSettings())


def from_code(code: str) -> Plugin[Any]:
    """Return an instance of a plugin class with this body."""
    names: dict[str, Any] = {}
    body = "".join(f"    {line}\n" for line in code.splitlines())
    exec(f"{PREAMBLE}\nclass Example(Plugin):\n{body}", names)
    plugin: Plugin[Any] = names["Example"](PluginSettings())
    return plugin
