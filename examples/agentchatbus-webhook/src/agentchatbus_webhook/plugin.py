"""The plugin: its settings, and one sender for each receiver."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from urllib.parse import urlsplit

import httpx2
from agentchatbus.plugin_api import Bus, Plugin, PluginSettings, hookimpl
from pydantic import ConfigDict, Field, SecretStr, field_validator, model_validator

from agentchatbus_webhook.choosing import fits, hint, known_types, require_possible
from agentchatbus_webhook.sender import Sender
from agentchatbus_webhook.signing import PREFIX, key_of

logger = logging.getLogger(__name__)

SHORTEST_KEY = 16
"""Bytes; whoever receives one request can try out all shorter ones."""


class WebhookSettings(PluginSettings):
    """The table ``[plugins.webhook]``."""

    model_config = ConfigDict(hide_input_in_errors=True)

    urls: tuple[str, ...] = Field(default=(), description="Where events are sent.", repr=False)
    secret: SecretStr | None = Field(default=None, description="Signs every request; needed when there are URLs.")
    events: tuple[str, ...] = Field(default=("*",), description="Types of events to send; msg.* means all such.")
    timeout_seconds: float = Field(default=10.0, gt=0, description="How long a receiver has to answer.")
    max_delay_seconds: float = Field(default=300.0, ge=1, description="Longest time between two tries.")
    batch: int = Field(default=50, ge=1, le=1000, description="How many events are read from the log at once.")

    @field_validator("urls")
    @classmethod
    def _check_urls(cls, urls: tuple[str, ...]) -> tuple[str, ...]:
        for url in urls:
            parts = urlsplit(url)
            if parts.scheme not in ("http", "https") or not parts.hostname:
                raise ValueError("Write URLs that begin with https:// or http:// and name a host")
        return tuple(dict.fromkeys(urls))

    @field_validator("secret")
    @classmethod
    def _check_secret(cls, secret: SecretStr | None) -> SecretStr | None:
        if secret is not None and len(key_of(secret.get_secret_value())) < SHORTEST_KEY:
            raise ValueError(
                f"Write a secret of at least {SHORTEST_KEY} bytes; {PREFIX} and 24 random bytes in Base64 are usual"
            )
        return secret

    @field_validator("events")
    @classmethod
    def _check_events(cls, events: tuple[str, ...]) -> tuple[str, ...]:
        for pattern in events:
            require_possible(pattern)
        return events

    @model_validator(mode="after")
    def _check_signed(self) -> WebhookSettings:
        if self.urls and self.secret is None:
            raise ValueError("secret is needed when there are urls, because every request is signed")
        return self


class WebhookPlugin(Plugin[WebhookSettings]):
    """Sends every event of the chosen types to every URL, at least once and in order."""

    settings_type = WebhookSettings

    @hookimpl
    @asynccontextmanager
    async def lifespan(self, bus: Bus) -> AsyncIterator[None]:
        """Send for as long as the bus lives."""
        settings = self.settings
        if not settings.urls or settings.secret is None:
            logger.info("No webhook is configured: [plugins.webhook] has no urls")
            yield
            return
        self._warn_of_unknown_events()
        async with httpx2.AsyncClient(timeout=settings.timeout_seconds, follow_redirects=False) as client:
            senders = [
                Sender(
                    bus,
                    client,
                    url=url,
                    secret=settings.secret.get_secret_value(),
                    events=settings.events,
                    max_delay=settings.max_delay_seconds,
                    batch=settings.batch,
                )
                for url in settings.urls
            ]
            for sender in senders:
                await sender.find_place()
            tasks = [asyncio.create_task(sender.run(), name=f"webhook {sender.host}") for sender in senders]
            try:
                yield
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
                for sender in senders:
                    await sender.keep_place()

    def _warn_of_unknown_events(self) -> None:
        known = known_types()
        for pattern in self.settings.events:
            if not any(fits(event_type, [pattern]) for event_type in known):
                logger.warning("No plugin has events that fit %r%s", pattern, hint(pattern, known))
