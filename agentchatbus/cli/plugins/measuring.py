"""The command ``plugins bench``: what one plugin costs."""

from __future__ import annotations

import asyncio
import math
import tempfile
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import AsyncExitStack
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Any

import click
from pydantic import ValidationError

from agentchatbus.cli.options import configured
from agentchatbus.cli.plugins.finding import find, harmless_settings, table_of
from agentchatbus.cli.plugins.tables import columns
from agentchatbus.cli.plugins.trying import Ground
from agentchatbus.config import Config
from agentchatbus.discovery import Candidate
from agentchatbus.errors import BusError, ConfigError
from agentchatbus.hints import explain
from agentchatbus.plugins import PluginState

if TYPE_CHECKING:
    from agentchatbus.plugin import Plugin
    from agentchatbus.testing import BusHarness
    from agentchatbus.tracing import HookCall

ROUND = 50
WARM_UP = 20
TEXT = "I have looked at the parser; the second branch never closes its file. " * 2
HEADING = ("MEASURE", "CALLS", "P50", "P99")


@click.command()
@configured
@click.argument("name")
@click.option("--posts", type=click.IntRange(min=1), default=1000, show_default=True, help="How many posts to measure.")
def bench(config: Config, name: str, *, posts: int) -> None:
    """Measure what one plugin costs: its hooks for themselves, and a post with and without it.

    On a bus in memory, with the plugin's default settings and no other plugin, so the numbers are about the plugin and
    not about disks.
    """
    plugin = _built(find(config, name), table_of(config, name))
    try:
        rows = asyncio.run(_measure(plugin, posts))
    except _NotMeasured as error:
        raise click.ClickException(f"Plugin {name!r} {error}") from None
    click.echo(columns([HEADING, *rows]))


class _NotMeasured(Exception):
    """The plugin did not do what was to be measured."""


def _built(candidate: Candidate, table: Mapping[str, Any]) -> Plugin[Any]:
    whose = f"Plugin {candidate.name!r} ({candidate.origin})"
    try:
        plugin_type = candidate.load()
        if not isinstance(plugin_type, type):
            raise ConfigError("It is not a plugin's class.")
        return plugin_type(harmless_settings(plugin_type, table))
    except ConfigError as error:
        raise click.ClickException(f"{whose}: {error}") from None
    except ValidationError as error:
        said = explain(error, plugin_type.settings_type, f"plugins.{candidate.name}")
        raise click.ClickException(f"{whose}: {said}") from None
    except (Exception, SystemExit) as error:
        raise click.ClickException(f"{whose} cannot be used: {type(error).__name__}: {error}") from None


async def _measure(plugin: Plugin[Any], posts: int) -> list[tuple[str, ...]]:
    hooks: defaultdict[str, list[float]] = defaultdict(list)
    with tempfile.TemporaryDirectory() as folder:
        async with AsyncExitStack() as stack:
            ground = Ground(Path(folder))
            without = await stack.enter_async_context(ground.bus())
            with_it = await stack.enter_async_context(ground.bus(plugin))
            plain, real = await _in_turn((without, with_it), posts)

            def note(call: HookCall) -> None:
                hooks[call.hook].append(call.seconds)

            with_it.app.manager.watch(note)
            await _post(with_it, max(posts // 4, 1))
            await with_it.drain()
            _require_called(with_it)
    rows = [_row(hook, seconds) for hook, seconds in sorted(hooks.items())]
    rows += [_row("a post without it", plain), _row("a post with it", real)]
    ratio = percentile(real, 0.5) / percentile(plain, 0.5)
    return [*rows, ("with / without", "", f"{ratio:.2f}", "")]


async def _in_turn(buses: Sequence[BusHarness], posts: int) -> list[list[float]]:
    """Post to each bus in turn, so that whatever else the machine does hits all alike."""
    seconds: list[list[float]] = [[] for _ in buses]
    for bus in buses:
        await _post(bus, WARM_UP)
    for _ in range(math.ceil(posts / ROUND)):
        for bus, taken in zip(buses, seconds, strict=True):
            taken.extend(await _post(bus, min(ROUND, posts)))
    return seconds


async def _post(bus: BusHarness, count: int) -> list[float]:
    """Post so often; a post that is refused is cheaper than one that is stored, so it would flatter the plugin."""
    seconds = []
    for _ in range(count):
        begun = perf_counter()
        try:
            await bus.post(TEXT)
        except BusError as error:
            raise _NotMeasured(
                f"did not let an ordinary post through, so nothing was measured. {_said(error)}"
            ) from error
        seconds.append(perf_counter() - begun)
    return seconds


def _said(error: BusError) -> str:
    cause = error.__cause__
    return f"{error}{f' ({type(cause).__name__}: {cause})' if cause else ''}"


def _require_called(bus: BusHarness) -> None:
    """Refuse a measurement during which the plugin was no longer called, because it had failed too often."""
    for status in bus.app.manager.statuses():
        if status.state is PluginState.QUARANTINED:
            raise _NotMeasured(f"was quarantined, so nothing was measured. {status.reason}")


def _row(name: str, seconds: Sequence[float]) -> tuple[str, ...]:
    return name, str(len(seconds)), *(f"{percentile(seconds, share) * 1e6:,.1f} µs" for share in (0.5, 0.99))


def percentile(values: Sequence[float], share: float) -> float:
    """Return the smallest value that `share` of all values do not exceed."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]
