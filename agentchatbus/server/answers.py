"""Small answers of the server itself, for requests that reach no transport."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Iterable

from agentchatbus.ports.transport import Message

Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Header = tuple[bytes, bytes]


async def refuse(send: Send, status: int, detail: str, *, closes: bool = False) -> None:
    """Answer with an error in the form that clients of the REST interface know.

    Args:
        send: Where the answer goes.
        status: Its HTTP status.
        detail: A sentence.
        closes: Whether the connection ends, because nobody will read the rest of the request.
    """
    body = json.dumps({"detail": detail}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    if closes:
        headers.append((b"connection", b"close"))
    await answer(send, status, headers, body)


async def answer(send: Send, status: int, headers: Iterable[Header], body: bytes = b"") -> None:
    """Send a whole answer."""
    await send({"type": "http.response.start", "status": status, "headers": list(headers)})
    await send({"type": "http.response.body", "body": body})
