"""Sends the page and its files, with headers that let nothing run that is not the console's own."""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable, MutableMapping
from functools import cached_property
from pathlib import Path
from typing import Any

from agentchatbus_web.files import FRAME, StaticFile, StaticFiles

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Header = tuple[bytes, bytes]

FOLDER = Path(__file__).with_name("static")
ROOT = "/static/console"
PREFIXES = ("/", ROOT)
VERSIONED = re.compile(r"[0-9a-f]{12}/")

PAGE_POLICY = (
    b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; connect-src 'self'; "
    b"frame-src 'self'; manifest-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; "
    b"require-trusted-types-for 'script'; trusted-types dompurify"
)
FRAME_POLICY = (
    b"default-src 'none'; script-src %b; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; "
    b"form-action 'none'; frame-ancestors 'self'; sandbox allow-scripts"
)
"""Diagrams are drawn in a frame of no origin: it reads nothing, sends nothing and reaches no server."""

COMMON: tuple[Header, ...] = (
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
    (b"vary", b"accept-encoding"),
)
FOREVER = (b"cache-control", b"public, max-age=31536000, immutable")
ASK_AGAIN = (b"cache-control", b"no-cache")


class WebApp:
    """An ASGI application for HTTP scopes."""

    @cached_property
    def _files(self) -> StaticFiles:
        return StaticFiles(FOLDER)

    @cached_property
    def _base(self) -> str:
        return f"{ROOT}/{self._files.version}"

    @cached_property
    def _page(self) -> StaticFile:
        return self._files.page(self._base)

    @cached_property
    def _frame(self) -> tuple[StaticFile, list[bytes]]:
        return self._files.frame()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002
        """Answer one request."""
        if scope["method"] not in ("GET", "HEAD"):
            await _send(send, 405, b"Method Not Allowed", ((b"allow", b"GET, HEAD"),))
        elif (found := self._find(scope["path"])) is None:
            await _send(send, 404, b"Not Found", ())
        else:
            await _send_file(scope, send, *found)

    def _find(self, path: str) -> tuple[StaticFile, tuple[Header, ...]] | None:
        """Return a file and the headers that go with it."""
        if path == "/":
            return self._page, (ASK_AGAIN, *_page_headers(PAGE_POLICY))
        name = path.removeprefix(ROOT + "/")
        if name == path:
            return None
        cached = FOREVER if name.startswith(self._files.version + "/") else ASK_AGAIN
        name = VERSIONED.sub("", name, count=1)
        if name == FRAME:
            file, hashes = self._frame
            policy = FRAME_POLICY % b" ".join(hashes)
            return file, (cached, *_page_headers(policy, frame=b"SAMEORIGIN"))
        found = self._files.get(name)
        return (found, (cached,)) if found and not found.content_type.startswith(b"text/html") else None


def _page_headers(policy: bytes, frame: bytes = b"DENY") -> tuple[Header, ...]:
    opener = (b"cross-origin-opener-policy", b"same-origin")
    return opener, (b"content-security-policy", policy), (b"x-frame-options", frame)


async def _send_file(scope: Scope, send: Send, file: StaticFile, headers: tuple[Header, ...]) -> None:
    asked = dict(scope["headers"]).get(b"accept-encoding", b"")
    body, packing = (file.packed, ((b"content-encoding", b"gzip"),)) if b"gzip" in asked else (file.plain, ())
    kind = (b"content-type", file.content_type)
    await _send(send, 200, body, (kind, *packing, *headers), is_empty=scope["method"] == "HEAD")


async def _send(send: Send, status: int, body: bytes, headers: tuple[Header, ...], *, is_empty: bool = False) -> None:
    length = (b"content-length", b"%d" % len(body))
    await send({"type": "http.response.start", "status": status, "headers": [*headers, *COMMON, length]})
    await send({"type": "http.response.body", "body": b"" if is_empty else body})
