"""Files that plugins keep, found by the addresses that messages have for them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable

from agentchatbus.errors import ConfigError
from agentchatbus.ports.files import FileOffer, FileResult

logger = logging.getLogger(__name__)

SECONDS = 5.0
"""How long a plugin has to find a file."""


class Files:
    """Asks the plugin whose addresses begin like the wanted one; implements `agentchatbus.ports.files.Files`."""

    def __init__(self) -> None:
        self._offers: dict[str, FileOffer] = {}

    def add(self, offers: Iterable[tuple[str, FileOffer]]) -> None:
        """Take what plugins offer, each with its plugin's name.

        Raises:
            ConfigError: Two of them have the same prefix.
        """
        for plugin, offer in offers:
            if offer.prefix in self._offers:
                raise ConfigError(f"Plugin {plugin!r} and another one keep files under {offer.prefix}; disable one.")
            self._offers[offer.prefix] = offer

    async def read(self, url: str) -> FileResult | None:
        found = [offer for prefix, offer in self._offers.items() if url.startswith(prefix)]
        if not found:
            return None
        offer = max(found, key=lambda item: len(item.prefix))
        try:
            async with asyncio.timeout(SECONDS):
                return await offer.read(url)
        except Exception:
            logger.exception("A file under %s could not be read", offer.prefix)
            return None
