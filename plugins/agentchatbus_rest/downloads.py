"""Files as answers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from urllib.parse import quote

from agentchatbus.plugin_api import FileResult
from agentchatbus_rest.http import Inbound, Send

UNSAFE = re.compile(r'[^ -~]|["\\/;]')
"""Characters of a file name that a header cannot hold or a browser may misread."""

NOT_MODIFIED = 304
SAFE = b"default-src 'none'; style-src 'unsafe-inline'; sandbox"
"""What a browser that shows a file may do with it: nothing."""


@dataclass(frozen=True, slots=True)
class Download:
    """An answer that is a file."""

    status: int
    file: FileResult

    async def send(self, inbound: Inbound, send: Send) -> None:
        try:
            if self._is_known(inbound):
                await send({"type": "http.response.start", "status": NOT_MODIFIED, "headers": [*self._naming()]})
                await send({"type": "http.response.body", "body": b""})
                return
            await send({"type": "http.response.start", "status": self.status, "headers": [*self._headers()]})
            if inbound.method != "HEAD":
                await self._send_body(send)
            await send({"type": "http.response.body", "body": b""})
        finally:
            await self.file.close()

    async def _send_body(self, send: Send) -> None:
        async for piece in self.file.pieces():
            await send({"type": "http.response.body", "body": piece, "more_body": True})

    def _is_known(self, inbound: Inbound) -> bool:
        """Return whether the client says that it has this version already."""
        wanted = inbound.header(b"if-none-match")
        tags = [tag.strip().removeprefix("W/").strip('"') for tag in (wanted or "").split(",")]
        return self.file.etag is not None and bool(wanted) and (self.file.etag in tags or "*" in tags)

    def _headers(self) -> Iterator[tuple[bytes, bytes]]:
        file = self.file
        given = {name.lower().encode(): value.encode("latin-1") for name, value in file.headers.items()}
        yield b"content-type", file.media_type.encode("latin-1")
        yield b"content-disposition", disposition(file).encode()
        yield b"x-content-type-options", b"nosniff"
        yield b"content-security-policy", given.pop(b"content-security-policy", SAFE)
        if isinstance(file.body, bytes):
            yield b"content-length", b"%d" % len(file.body)
        yield from given.items()
        yield from self._naming()

    def _naming(self) -> Iterator[tuple[bytes, bytes]]:
        if self.file.etag is not None:
            yield b"etag", f'"{self.file.etag}"'.encode("latin-1")


def disposition(file: FileResult) -> str:
    """Return how a browser treats the file; a name that is not ASCII is given in the form of RFC 6266 as well."""
    kind = "inline" if file.is_inline else "attachment"
    plain = UNSAFE.sub("_", file.file_name) or "file"
    text = f'{kind}; filename="{plain}"'
    return text if plain == file.file_name else f"{text}; filename*=UTF-8''{quote(file.file_name, safe='')}"
