"""Which of the backends on offer are used."""

from __future__ import annotations

from agentchatbus.config import Config
from agentchatbus.errors import ConfigError
from agentchatbus.hints import did_you_mean
from agentchatbus.plugins import PluginManager
from agentchatbus.ports.search import SearchOffer
from agentchatbus.ports.storage import Storage, StorageOffer


def choose_storage(config: Config, manager: PluginManager) -> StorageOffer:
    """Return the storage backend that the configuration names.

    Raises:
        ConfigError: Nobody offers it, or several do.
    """
    offers = manager.storage_offers()
    wanted = config.storage.backend
    found = [(plugin, offer) for plugin, offer in offers if offer.name == wanted]
    if len(found) == 1:
        return found[0][1]
    if found:
        rivals = " and ".join(repr(plugin) for plugin, _ in found)
        raise ConfigError(f"The plugins {rivals} both offer a storage named {wanted!r}; disable one of them.")
    names = [offer.name for _, offer in offers]
    known = f"On offer: {', '.join(sorted(names))}." if names else "No active plugin offers any."
    raise ConfigError(f"[storage] backend: there is no storage named {wanted!r}.{did_you_mean(wanted, names)} {known}")


def choose_search(config: Config, manager: PluginManager, storage: Storage) -> SearchOffer | None:
    """Return the search backend that the configuration names, or the best that supports the storage.

    Raises:
        ConfigError: The configuration names one that nobody offers, or that does not go with the storage.
    """
    wanted = config.search.backend
    fitting = [offer for offer in _search_offers(config, manager) if offer.supports(storage)]
    if wanted != "auto" and not fitting:
        raise ConfigError(f"[search] backend: {wanted!r} cannot search this storage; write backend = 'auto'.")
    return max(fitting, key=lambda offer: offer.priority, default=None)


def check_search(config: Config, manager: PluginManager) -> None:
    """Refuse a search backend that nobody offers.

    Raises:
        ConfigError: The configuration names one.
    """
    _search_offers(config, manager)


def _search_offers(config: Config, manager: PluginManager) -> list[SearchOffer]:
    """Return the backends that may be chosen."""
    wanted = config.search.backend
    offers = [offer for _, offer in manager.search_offers()]
    if wanted == "auto":
        return offers
    names = [offer.name for offer in offers]
    if wanted not in names:
        raise ConfigError(f"[search] backend: there is no search named {wanted!r}.{did_you_mean(wanted, names)}")
    return [offer for offer in offers if offer.name == wanted]
