"""The OpenAPI document and the page that shows it, built when somebody asks for them first."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from agentchatbus.plugin_api import Bus
from agentchatbus_rest.endpoint import Endpoint
from agentchatbus_rest.http import Answer, Inbound
from agentchatbus_rest.sessions import session_of

HTML = b"text/html; charset=utf-8"
PAGE_HEADERS = (
    (b"content-security-policy", b"default-src 'none'; style-src 'unsafe-inline'"),
    (b"x-content-type-options", b"nosniff"),
)


class Documentation:
    """Serves ``/openapi.json`` and ``/docs``; a bus that is open to the network shows them to known callers only."""

    def __init__(self, bus: Bus, endpoints: Sequence[Endpoint]) -> None:
        self._bus = bus
        self._endpoints = endpoints
        self._built: tuple[Answer, Answer] | None = None

    async def document(self, inbound: Inbound) -> Answer:
        """Answer with the OpenAPI document."""
        return (await self._answers(inbound))[0]

    async def page(self, inbound: Inbound) -> Answer:
        """Answer with a page for people, which loads nothing and runs no script."""
        return (await self._answers(inbound))[1]

    async def _answers(self, inbound: Inbound) -> tuple[Answer, Answer]:
        await self._bus.identify(session_of(inbound, self._bus.settings).credentials)
        if self._built is None:
            self._built = await asyncio.to_thread(self._build)
        return self._built

    def _build(self) -> tuple[Answer, Answer]:
        # FastAPI takes a third of a second to import, so it is neither imported at the start nor on the event loop.
        from agentchatbus_rest import openapi, page

        document = openapi.build(self._endpoints)
        return Answer(200, openapi.dump(document)), Answer(200, page.render(document), HTML, PAGE_HEADERS)
