"""Which bus a command means: the one that holds the database, or the one at an address."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from urllib.parse import urlsplit

import click
import httpx2

from agentchatbus.config import Config, is_loopback
from agentchatbus.ownership import address_of, storage_context
from agentchatbus.ports.storage import StorageState

ADDRESS_OPTIONS = {"server.host": "--host", "server.port": "--port"}
DATABASE_OPTIONS = {"plugins.sqlite.path": "--db", "server.data_dir": "--data-dir"}
SECONDS = 2.0
"""How long a bus may take to show that it is there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Whom to ask.

    Attributes:
        address: Where a bus is asked first; None when the database alone is meant.
        state: What is known of the storage; None when its backend cannot tell.
    """

    address: str | None
    state: StorageState | None = None


def find_target(config: Config) -> Target:
    """Return whom the configuration and the options of a command mean.

    An option wins over what is merely configured: a database that was named is asked through the bus that holds it,
    wherever that one listens.

    Raises:
        click.ClickException: The options name a bus and the database of another one.
        ConfigError: The configuration cannot be used.
    """
    state = storage_state(config)
    here = config.server.url
    if state is None:
        return Target(address=here)
    holder = address_of(state.owner) if state.owner else None
    database, address = _given(config, DATABASE_OPTIONS), _given(config, ADDRESS_OPTIONS)
    if database and address:
        _refuse_difference(state, holder, here)
    if address and not database:
        return Target(address=here, state=state)
    if database:
        return Target(address=holder, state=state)
    return Target(address=holder or here, state=state)


def storage_state(config: Config) -> StorageState | None:
    """Return how the configured storage is, without opening it; None when its backend cannot tell.

    Raises:
        ConfigError: The configuration cannot be used.
    """
    from agentchatbus.choosing import choose_storage
    from agentchatbus.selecting import load_plugins

    with _quiet():
        offer = choose_storage(config, load_plugins(config))
    return offer.look(storage_context(config)) if offer.look else None


def _given(config: Config, options: dict[str, str]) -> bool:
    return any(config.sources.get(key) == option for key, option in options.items())


def _refuse_difference(state: StorageState, holder: str | None, address: str) -> None:
    """Refuse a database and an address that belong to two buses."""
    if holder is not None and not _is_same(holder, address):
        reason = f"the bus on {holder} uses it. Leave --host and --port out, or name the database of that address"
    elif holder is None and _is_up(address):
        reason = "it uses another one. Leave --host and --port out, or --db and --data-dir"
    else:
        return
    raise click.ClickException(f"The database {state.location} is not that of the bus on {address}: {reason}.")


def _is_same(one: str, other: str) -> bool:
    """Return whether two addresses lead to one server; every name of this machine does."""
    first, second = urlsplit(one), urlsplit(other)
    hosts = [first.hostname or "", second.hostname or ""]
    return first.port == second.port and (hosts[0] == hosts[1] or all(map(is_loopback, hosts)))


def _is_up(address: str) -> bool:
    try:
        httpx2.get(f"{address}/health", timeout=SECONDS, trust_env=False)
    except httpx2.ConnectError:
        return False
    except httpx2.HTTPError:
        return True  # it listens, whatever it is
    return True


@contextmanager
def _quiet() -> Iterator[None]:
    """Keep back what is logged about plugins: whoever opens the bus afterwards says it again."""
    logger = logging.getLogger("agentchatbus")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)
