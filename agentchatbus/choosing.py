"""Which of the backends on offer are used."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager

from agentchatbus.config import Config
from agentchatbus.errors import ConfigError, PluginUnusable
from agentchatbus.hints import did_you_mean
from agentchatbus.plugins import PluginManager
from agentchatbus.ports.search import SearchIndex, SearchOffer
from agentchatbus.ports.storage import Storage, StorageOffer
from agentchatbus.providers import blame


def choose_storage(config: Config, manager: PluginManager) -> StorageOffer:
    """Return the storage backend that the configuration names.

    Raises:
        ConfigError: Nobody offers it, or several do.
    """
    return _storage(config, manager, manager.storage_offers())


def settle_storage(config: Config, manager: PluginManager) -> StorageOffer:
    """Return the storage backend that the configuration names, once no stranger claims the name of another one.

    Raises:
        PluginUnusable: A stranger does.
        ConfigError: As for `choose_storage`.
    """
    offers = manager.storage_offers()
    _check_names("storage", manager, offers)
    return _storage(config, manager, offers)


def _storage(config: Config, manager: PluginManager, offers: Sequence[tuple[str, StorageOffer]]) -> StorageOffer:
    wanted = config.storage.backend
    found = [(plugin, offer) for plugin, offer in offers if offer.name == wanted]
    found = [item for item in found if manager.is_needed(item[0])] or found
    if len(found) == 1:
        return found[0][1]
    if found:
        rivals = " and ".join(repr(plugin) for plugin, _ in found)
        raise ConfigError(f"The plugins {rivals} both offer a storage named {wanted!r}; disable one of them.")
    names = [offer.name for _, offer in offers]
    known = f"On offer: {', '.join(sorted(names))}." if names else "No active plugin offers any."
    raise ConfigError(f"[storage] backend: there is no storage named {wanted!r}.{did_you_mean(wanted, names)} {known}")


@asynccontextmanager
async def opened_search(config: Config, manager: PluginManager, storage: Storage) -> AsyncIterator[SearchIndex | None]:
    """Hold the search open that the configuration names, or else the best that supports the storage; None without one.

    Raises:
        PluginUnusable: A plugin's search fails or claims the name of another one.
        ConfigError: The configuration names one that nobody offers, that does not go with the storage, or that fails.
    """
    offers = manager.search_offers()
    _check_names("search", manager, offers)
    wanted = config.search.backend
    fitting = [item for item in _candidates(config, offers) if _supports(config, item, storage)]
    if wanted != "auto" and not fitting:
        raise ConfigError(f"[search] backend: {wanted!r} cannot search this storage; write backend = 'auto'.")
    async with AsyncExitStack() as stack:
        best = max(fitting, key=lambda item: item[1].priority, default=None)
        yield await _open(stack, config, best, storage) if best else None


def check_search(config: Config, manager: PluginManager) -> None:
    """Refuse a search backend that nobody offers.

    Raises:
        ConfigError: The configuration names one.
    """
    _candidates(config, manager.search_offers())


def _candidates(config: Config, offers: Sequence[tuple[str, SearchOffer]]) -> list[tuple[str, SearchOffer]]:
    """Return the backends that may be chosen."""
    wanted = config.search.backend
    if wanted == "auto":
        return list(offers)
    names = [offer.name for _, offer in offers]
    if wanted not in names:
        raise ConfigError(f"[search] backend: there is no search named {wanted!r}.{did_you_mean(wanted, names)}")
    return [(plugin, offer) for plugin, offer in offers if offer.name == wanted]


def _supports(config: Config, found: tuple[str, SearchOffer], storage: Storage) -> bool:
    plugin, offer = found
    try:
        if not isinstance(offer.priority, int | float):
            raise TypeError(f"its priority {offer.priority!r} is no number")
        return offer.supports(storage)
    except (Exception, SystemExit) as error:
        raise _failed(config, plugin, offer, error) from error


async def _open(stack: AsyncExitStack, config: Config, found: tuple[str, SearchOffer], storage: Storage) -> SearchIndex:
    plugin, offer = found
    try:
        return await stack.enter_async_context(offer.open(storage))
    except (Exception, SystemExit) as error:
        raise _failed(config, plugin, offer, error) from error


def _failed(config: Config, plugin: str, offer: SearchOffer, error: BaseException) -> ConfigError:
    """Return who is to blame; a search that the configuration names is not one that was merely found."""
    blamed = blame(plugin, f"its search {offer.name!r}", error)
    return ConfigError(str(blamed)) if offer.name == config.search.backend else blamed


def _check_names(
    kind: str, manager: PluginManager, offers: Sequence[tuple[str, StorageOffer]] | Sequence[tuple[str, SearchOffer]]
) -> None:
    taken = [offer.name for plugin, offer in offers if manager.is_needed(plugin)]
    for plugin, offer in offers:
        if offer.name in taken and not manager.is_needed(plugin):
            text = f"Plugin {plugin!r} offers a {kind} named {offer.name!r}, which there is already; rename it."
            raise PluginUnusable(text, plugin)
