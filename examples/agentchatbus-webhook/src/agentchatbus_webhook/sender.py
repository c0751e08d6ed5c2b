"""Sending events to one receiver, in order, until it has taken them.

The queue is the log of the bus. The sender holds a place in it, and keeps that place in the documents of the storage.
"""

from __future__ import annotations

import asyncio
import json
import logging
import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

import httpx2
from agentchatbus.plugin_api import Bus, BusError, Event, isoformat, thaw

from agentchatbus_webhook.choosing import fits
from agentchatbus_webhook.signing import sign

logger = logging.getLogger(__name__)

NAMESPACE = "webhook"
AGAIN = frozenset({408, 409, 425, 429})
"""Answers below 500 after which the same request may succeed later."""

FIRST_DELAY = 1.0


@dataclass(slots=True, kw_only=True)
class _Place:
    """Where a sender is in the log: delivered up to `event_id`, of which the storage knows `kept`."""

    event_id: int = 0
    kept: int = -1


@dataclass(slots=True)
class Sender:
    """Sends to one URL."""

    bus: Bus
    client: httpx2.AsyncClient = field(repr=False)
    url: str = field(kw_only=True, repr=False)
    secret: str = field(kw_only=True, repr=False)
    events: Sequence[str] = field(kw_only=True)
    max_delay: float = field(kw_only=True)
    batch: int = field(kw_only=True)
    _place: _Place = field(default_factory=_Place)

    @property
    def host(self) -> str:
        """What a log may say of the URL: paths and queries often hold secrets."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.hostname}{f':{parts.port}' if parts.port else ''}"

    @property
    def _key(self) -> str:
        return sha256(self.url.encode()).hexdigest()[:32]

    async def find_place(self) -> None:
        """Go on where the last run stopped; a new URL begins with what happens from now on."""
        document = await self.bus.storage.read(lambda tx: tx.documents.get(NAMESPACE, self._key))
        if document is None:
            self._place.event_id = self.bus.feed.newest
            await self.keep_place()
        else:
            self._place = _Place(event_id=int(document["event_id"]), kept=int(document["event_id"]))

    async def keep_place(self) -> None:
        """Remember how far the receiver is; what goes wrong here costs a repeat and nothing else."""
        event_id = self._place.event_id
        if event_id == self._place.kept:
            return
        document = {"event_id": event_id, "host": self.host}
        try:
            await self.bus.storage.write(lambda tx: tx.documents.put(NAMESPACE, self._key, document))
        except BusError as error:
            logger.warning("The place of the webhook to %s could not be kept: %s", self.host, error)
        else:
            self._place.kept = event_id

    async def run(self) -> None:
        """Send for ever; whatever goes wrong here, the next try follows."""
        while True:
            try:
                await self._step()
            except Exception as error:
                # The text of an error may hold the URL, so only its type is logged.
                logger.error("The webhook to %s failed (%s)", self.host, type(error).__name__)  # noqa: TRY400
                await self._pause(self.max_delay)

    async def _step(self) -> None:
        events = await self.bus.feed.read(self._place.event_id, self.batch)
        if events is None:
            await self._resync()
        elif events:
            await self._send_all(events)
        else:
            await self._news()

    async def _pause(self, seconds: float) -> None:
        await self.bus.clock.wait_for(asyncio.Event(), seconds)

    async def _news(self) -> None:
        """Wait for something to send; a feed that is closed has no more news."""
        if self.bus.feed.closed:
            await asyncio.Event().wait()
        await self.bus.feed.wait(self._place.event_id)

    async def _send_all(self, events: Sequence[Event]) -> None:
        for event in events:
            if fits(event.type, self.events):
                await self._deliver(f"evt_{event.id}", _document(event))
            self._place.event_id = event.id
        await self.keep_place()

    async def _resync(self) -> None:
        """Tell a receiver that was away for too long what it missed."""
        missed_from, newest = self._place.event_id + 1, self.bus.feed.newest
        logger.warning("The webhook to %s missed the events %d to %d", self.host, missed_from, newest)
        payload = {"missed_from": missed_from, "missed_to": newest}
        created_at = isoformat(self.bus.clock.now())
        document = {"id": newest, "type": "resync", "thread_id": None, "created_at": created_at, "payload": payload}
        await self._deliver(f"resync_{newest}", document)
        self._place.event_id = newest
        await self.keep_place()

    async def _deliver(self, identifier: str, document: dict[str, Any]) -> None:
        """Send one request until it is taken or refused."""
        body = json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()
        attempt = 0
        while (delay := await self._attempt(identifier, body, attempt)) is not None:
            attempt += 1
            await self.keep_place()
            await self._pause(delay)

    async def _attempt(self, identifier: str, body: bytes, attempt: int) -> float | None:
        """Send once; return the seconds to the next try, or None when there is none."""
        timestamp = int(self.bus.clock.now().timestamp())
        headers = {
            "content-type": "application/json",
            "webhook-id": identifier,
            "webhook-timestamp": str(timestamp),
            "webhook-signature": sign(self.secret, identifier=identifier, timestamp=timestamp, body=body),
        }
        try:
            answer = await self.client.post(self.url, content=body, headers=headers)
        except httpx2.HTTPError as error:
            return self._later(identifier, attempt, type(error).__name__)
        if answer.status_code in AGAIN or answer.status_code >= 500:
            return self._later(identifier, attempt, str(answer.status_code), answer.headers.get("retry-after", ""))
        if not answer.is_success:
            logger.error(
                "The webhook to %s refused %s with %d; it is left out", self.host, identifier, answer.status_code
            )
        return None

    def _later(self, identifier: str, attempt: int, reason: str, retry_after: str = "") -> float:
        delay = FIRST_DELAY * 2.0 ** min(attempt, 30) * random.uniform(0.5, 1.0)
        if retry_after.isascii() and retry_after.isdigit():
            delay = max(delay, float(retry_after))
        delay = min(delay, self.max_delay)
        logger.warning("The webhook to %s did not take %s (%s); again in %.1f s", self.host, identifier, reason, delay)
        return delay


def _document(event: Event) -> dict[str, Any]:
    return {
        "id": event.id,
        "type": event.type,
        "thread_id": event.thread_id,
        "created_at": isoformat(event.created_at),
        "payload": thaw(event.payload),
    }
