"""Asking plugins what they offer while the bus is composed, and naming the one that fails."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Iterable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Any, TypeVar

from agentchatbus.errors import ConfigError, PluginUnusable
from agentchatbus.registry import Implementation

logger = logging.getLogger(__name__)

START_WARNING = 5.0
"""Seconds after which the log says whose lifespan everybody waits for."""

START_LIMIT = 30.0
"""Seconds that a plugin's lifespan has to begin."""

FAREWELL = 5.0
"""Seconds that a plugin's lifespan has to end."""

T = TypeVar("T")


def offers(
    implementations: Iterable[Implementation], expected: type[T], arguments: Mapping[str, Any]
) -> list[tuple[str, T]]:
    """Call a ``register_`` hook and return everything offered, each with the name of its plugin.

    Raises:
        ConfigError: A plugin failed or offered something else; the message names it.
    """
    return [(item.plugin, offer) for item in implementations for offer in _ask(item, expected, arguments)]


def lifespans(
    implementations: Iterable[Implementation], arguments: Mapping[str, Any]
) -> list[tuple[str, AbstractAsyncContextManager[None]]]:
    """Call the hook ``lifespan`` and return a context manager per plugin, to be entered in this order.

    Raises:
        ConfigError: A plugin failed or returned something else; the message names it.
    """
    return [(item.plugin, isolated(item.plugin, _open(item, arguments))) for item in implementations]


def _ask(item: Implementation, expected: type[T], arguments: Mapping[str, Any]) -> tuple[T, ...]:
    found = _call(item, arguments)
    if not isinstance(found, tuple | list) or not all(isinstance(offer, expected) for offer in found):
        raise PluginUnusable(
            f"Plugin {item.plugin!r} has to return a list of {expected.__name__} from {item.hook} "
            "(an empty one when it has nothing to offer).",
            item.plugin,
        )
    return tuple(found)


def _open(item: Implementation, arguments: Mapping[str, Any]) -> AbstractAsyncContextManager[None]:
    found = _call(item, arguments)
    if not isinstance(found, AbstractAsyncContextManager):
        raise PluginUnusable(
            f"Plugin {item.plugin!r} has to return an asynchronous context manager from {item.hook}; "
            "write @asynccontextmanager below @hookimpl.",
            item.plugin,
        )
    return found


def _call(item: Implementation, arguments: Mapping[str, Any]) -> Any:
    try:
        return item.call(arguments)
    except BaseException as error:  # a plugin that exits must not take the bus with it unnamed
        raise blame(item.plugin, item.hook, error) from error


def blame(plugin: str, hook: str, error: BaseException) -> PluginUnusable:
    """Return the error that tells the operator whose fault it is."""
    if isinstance(error, ConfigError):
        return PluginUnusable(f"Plugin {plugin!r}: {error}", plugin, operation=error.operation)
    logger.error("Plugin %s failed in %s", plugin, hook, exc_info=error)
    return PluginUnusable(
        f"Plugin {plugin!r} failed in {hook} ({type(error).__name__}: {error}). Repair it, or disable it in [plugins].",
        plugin,
    )


@asynccontextmanager
async def isolated(plugin: str, context: AbstractAsyncContextManager[None]) -> AsyncIterator[None]:
    """Hold a plugin's lifespan in a task of its own.

    A task group in it that fails cancels the task that entered it; that must not be the bus's.

    Raises:
        ConfigError: It failed before it began, or it took too long to begin; the message names the plugin.
    """
    started: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    stop = asyncio.Event()
    task = asyncio.create_task(_live(plugin, context, started, stop), name=f"lifespan of {plugin}")
    try:
        await _begun(plugin, started)
        yield
    finally:
        stop.set()
        await _end(plugin, task, started)


async def _begun(plugin: str, started: asyncio.Future[None]) -> None:
    done, _ = await asyncio.wait({started}, timeout=START_WARNING)
    if not done:
        logger.warning("Plugin %s has not begun its lifespan after %g seconds; the start waits", plugin, START_WARNING)
        done, _ = await asyncio.wait({started}, timeout=START_LIMIT - START_WARNING)
    if not done:
        raise PluginUnusable(
            f"Plugin {plugin!r} did not begin its lifespan within {START_LIMIT:g} seconds. Repair it, or disable it "
            "in [plugins].",
            plugin,
        )
    started.result()


async def _live(
    plugin: str, context: AbstractAsyncContextManager[None], started: asyncio.Future[None], stop: asyncio.Event
) -> None:
    try:
        async with context:
            if not started.done():
                started.set_result(None)
            await stop.wait()
    except asyncio.CancelledError:
        raise
    except BaseException as error:
        if started.done():
            logger.exception("Plugin %s failed in its lifespan", plugin)
        else:
            started.set_exception(blame(plugin, "lifespan", error))
    finally:
        if not started.done():
            text = f"Plugin {plugin!r} ended its lifespan before it began."
            started.set_exception(PluginUnusable(text, plugin))


async def _end(plugin: str, task: asyncio.Task[None], started: asyncio.Future[None]) -> None:
    if started.cancel():  # it has not begun, and nobody waits for that any more
        task.cancel()
    _, late = await asyncio.wait({task}, timeout=FAREWELL)
    if late:
        logger.warning("Plugin %s did not end its lifespan within %g seconds", plugin, FAREWELL)
        task.cancel()
