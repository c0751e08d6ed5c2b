"""The composition root: from a configuration to a bus that works."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, fields
from datetime import timedelta
from typing import Any

from agentchatbus.bus import MessageBus
from agentchatbus.bus.catalogue import core_operations
from agentchatbus.bus.catalogue.console import ConsoleOperations
from agentchatbus.bus.catalogue.offers import OfferOperations
from agentchatbus.bus.catalogue.plugin_settings import PluginTables
from agentchatbus.bus.catalogue.plugins import PluginOperations
from agentchatbus.bus.catalogue.settings import SettingsOperations
from agentchatbus.bus.upkeep import Retention, Upkeep
from agentchatbus.choosing import opened_search, settle_storage
from agentchatbus.clock import Clock, SystemClock
from agentchatbus.config import Config
from agentchatbus.console import Console
from agentchatbus.errors import ConfigError, PluginUnusable
from agentchatbus.events import EventBody
from agentchatbus.fanout import Fanout
from agentchatbus.fitting import Added, check_operations, ways_in
from agentchatbus.hooks import Hooks
from agentchatbus.observers import Observers
from agentchatbus.offers import Offers
from agentchatbus.operations import Operations, operations_of
from agentchatbus.ownership import storage_context
from agentchatbus.plugin import Plugin
from agentchatbus.plugins import PluginManager
from agentchatbus.ports.settings import BusSettings
from agentchatbus.ports.storage import Storage, StorageOffer
from agentchatbus.ports.transport import HttpTransport
from agentchatbus.selecting import load_plugins
from agentchatbus.tracing import HookListener

SHORTEST_TOKEN = 12
"""Characters of an operator token where the network may try to guess it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class App:
    """One composed bus.

    Attributes:
        location: Where its data lies, for people.
    """

    bus: MessageBus
    operations: Operations
    offers: Offers
    transports: Sequence[HttpTransport]
    manager: PluginManager
    config: Config
    hooks: Hooks
    observers: Observers
    location: str


@asynccontextmanager
async def open_bus(
    config: Config,
    *,
    plugins: Sequence[Plugin[Any]] = (),
    clock: Clock | None = None,
    storage: StorageOffer | None = None,
    on_hook_call: HookListener | None = None,
    serving: bool = False,
) -> AsyncIterator[App]:
    """Compose a bus and hold it open.

    Args:
        config: Says which plugins take part and how they behave.
        plugins: Further plugins that are built already.
        clock: Tells the time; None takes the machine's.
        storage: Used instead of the one that the configuration names.
        on_hook_call: Told of every call of a hook.
        serving: Whether clients come: the transports live as well.

    Raises:
        ConfigError: The configuration cannot be used; the message says what to change.
    """
    check_exposure(config)
    unusable: dict[str, str] = {}
    async with AsyncExitStack() as stack:
        while True:
            manager = load_plugins(config, plugins, unusable=unusable)
            if on_hook_call:
                manager.watch(on_hook_call)
            async with AsyncExitStack() as attempt:
                try:
                    app = await _put_together(attempt, config, manager, clock or SystemClock(), storage)
                    if serving:
                        await _enter(attempt, app.transports)
                except PluginUnusable as error:
                    if manager.is_needed(error.plugin):
                        raise
                    unusable[error.plugin] = str(error)
                    continue  # one that was merely found does not keep the bus from starting
                stack.push_async_exit(attempt.pop_all())
            break
        yield app


async def _enter(stack: AsyncExitStack, transports: Sequence[HttpTransport]) -> None:
    for transport in transports:
        await stack.enter_async_context(transport.lifespan())


async def _put_together(
    stack: AsyncExitStack, config: Config, manager: PluginManager, clock: Clock, storage: StorageOffer | None
) -> App:
    """Open the storage and put everything on it that the plugins offer.

    Raises:
        PluginUnusable: A plugin does not fit in.
        ConfigError: Something else is wrong.
    """
    offer = storage or settle_storage(config, manager)
    opened = await stack.enter_async_context(offer.open(storage_context(config)))
    hooks, bus = await _compose(stack, config, manager, clock, opened)
    offers = manager.offers(bus)
    added = manager.needed_first(manager.operations(bus))
    operations = _operations(bus, hooks, manager, offers, config, added)
    await stack.enter_async_context(_upkeep(config, opened, clock))
    observers = await _start(stack, manager, hooks, bus)
    transports = ways_in(bus, operations, offers, manager, added)
    bus.gauges += [transport.depths for transport in transports]
    stack.callback(bus.feed.close)
    return App(
        bus=bus,
        operations=operations,
        offers=offers,
        transports=transports,
        manager=manager,
        config=config,
        hooks=hooks,
        observers=observers,
        location=opened.location or offer.location,
    )


async def _compose(
    stack: AsyncExitStack, config: Config, manager: PluginManager, clock: Clock, storage: Storage
) -> tuple[Hooks, MessageBus]:
    """Put the use cases together; nothing happens by itself yet."""

    def tell(body: EventBody) -> None:
        bus.announcer.tell(body)

    hooks = Hooks(manager, clock=clock, on_quarantine=tell)
    feed = Fanout(storage, clock)
    await feed.start()
    index = await stack.enter_async_context(opened_search(config, manager, storage))
    bus = MessageBus(storage, hooks, feed, clock, bus_settings(config), index)
    stack.push_async_callback(bus.announcer.finish)
    bus.files.add(manager.needed_first(manager.file_offers(bus)))
    return hooks, bus


async def _start(stack: AsyncExitStack, manager: PluginManager, hooks: Hooks, bus: MessageBus) -> Observers:
    """Begin what goes on by itself: presence, the plugins' own lives, and their observers last."""
    observers = Observers(hooks, bus.feed)
    bus.gauges.append(observers.lags)
    await stack.enter_async_context(bus.running())
    for _, lifespan in manager.lifespans(bus):
        await stack.enter_async_context(lifespan)
    await stack.enter_async_context(observers.run())
    return observers


def check_exposure(config: Config) -> None:
    """Refuse a bus that the network can reach and nothing protects.

    Raises:
        ConfigError: The host is not loopback, and there is no operator token, or one that is soon guessed.
    """
    token = config.server.operator_token
    if config.server.is_loopback or (token and len(token) >= SHORTEST_TOKEN):
        return
    raise ConfigError(
        f"Everybody who reaches {config.server.host!r} could read and write on this bus. Set an operator token "
        f"(AGENTCHATBUS_ADMIN_TOKEN, or operator_token in [server]) of {SHORTEST_TOKEN} characters or more, "
        "or listen on 127.0.0.1."
    )


def bus_settings(config: Config) -> BusSettings:
    """Return what the domain needs to know of the configuration."""
    values = config.bus.model_dump() | config.limits.model_dump()
    known = {field.name for field in fields(BusSettings)}
    return BusSettings(
        data_dir=config.server.data_dir,
        endpoint=config.server.url,
        operator_token=config.server.operator_token,
        is_open=config.server.is_loopback,
        **{key: value for key, value in values.items() if key in known},
    )


def _operations(
    bus: MessageBus,
    hooks: Hooks,
    manager: PluginManager,
    offers: Offers,
    config: Config,
    added: Added,
) -> Operations:
    check_operations(manager, added)
    operations = Operations(identify=bus.identify, gate=bus.refusals.gate(hooks.check_action))
    others = (
        PluginOperations(manager, bus.announcer.tell),
        ConsoleOperations(Console(manager.needed_first(manager.console_offers(bus)), added), manager),
        OfferOperations(offers),
        SettingsOperations(bus, config, check_exposure, PluginTables(manager.active)),
    )
    for operation in (*core_operations(bus), *(item for other in others for item in operations_of(other))):
        operations.add(operation)
    for plugin, operation in added:
        if operation.name in operations:
            text = f"Plugin {plugin!r} offers an operation named {operation.name!r}, which there is already; rename it."
            raise PluginUnusable(text, plugin)
        operations.add(operation)
    return operations


@asynccontextmanager
async def _upkeep(config: Config, storage: Storage, clock: Clock) -> AsyncIterator[None]:
    retention = Retention(
        events=timedelta(days=config.bus.keep_events_days),
        used_tokens=timedelta(days=config.bus.keep_used_tokens_days),
        answers=timedelta(days=config.bus.keep_answers_days),
        agents=timedelta(days=config.bus.keep_agents_days) if config.bus.keep_agents_days else None,
        interval_seconds=config.bus.upkeep_interval_seconds,
    )
    task = asyncio.create_task(Upkeep(storage, clock, retention).run(), name="upkeep")
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
