"""Files that plugins keep, found by the addresses that messages have for them."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Iterable
from typing import Any

from agentchatbus.errors import PluginUnusable
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
            PluginUnusable: One has no prefix, or that of another one before it.
        """
        keepers: dict[str, str] = {}
        for plugin, offer in offers:
            prefix: Any = offer.prefix
            if not isinstance(prefix, str) or not prefix:
                raise PluginUnusable(f"Plugin {plugin!r} keeps files under {prefix!r}; write a text.", plugin)
            if prefix in self._offers:
                text = f"The plugins {keepers[prefix]!r} and {plugin!r} both keep files under {prefix}; disable one."
                raise PluginUnusable(text, plugin)
            self._offers[prefix], keepers[prefix] = offer, plugin

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
