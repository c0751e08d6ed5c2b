"""Files that operations take and give; every transport carries them in its own way."""

from __future__ import annotations

import base64
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Protocol
from urllib.parse import quote

from pydantic import BaseModel, ConfigDict, Field, GetCoreSchemaHandler, PlainValidator, WithJsonSchema
from pydantic_core import CoreSchema, PydanticCustomError, core_schema

from agentchatbus.errors import TooLarge
from agentchatbus.model import EmbeddedResource

OCTETS = "application/octet-stream"
"""The media type of bytes that nobody described."""

MAX_WHOLE_BYTES = 8 * 1024 * 1024
"""The largest file that is handed over in one piece, as content of an answer."""

TEXTS = ("text/", "application/json")


def _decoded(value: Any) -> bytes:
    if isinstance(value, bytes):
        return value
    try:
        return base64.b64decode(value, validate=True)
    except (TypeError, ValueError):
        raise PydanticCustomError("base64", "Input should be base64") from None


Base64 = Annotated[bytes, PlainValidator(_decoded), WithJsonSchema({"type": "string", "contentEncoding": "base64"})]


class UploadObject(BaseModel):
    """A file in JSON."""

    model_config = ConfigDict(title="Upload")

    file_name: str = Field("", description="Name of the file.")
    media_type: str = Field(OCTETS, description="What the client says it is.")
    data: Base64 = Field(description="The bytes, as base64.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A file that a client sent: the type of a parameter.

    Over REST it is a field of a form (``multipart/form-data``). Where arguments are JSON it is an object with
    `file_name`, `media_type` and the bytes as base64 in ``data``. Gates see its size instead of the bytes.

    Attributes:
        file_name: As the client gave it; it says nothing about the content and names no place on this machine.
        media_type: What the client says it is; it may be wrong.
        content: The bytes. `Route.max_body_bytes` bounds them before they are read.
    """

    file_name: str
    media_type: str
    content: bytes = field(repr=False)

    @classmethod
    def __get_pydantic_core_schema__(cls, _source: Any, handler: GetCoreSchemaHandler) -> CoreSchema:
        """Say how a value is validated: an object of JSON becomes an upload."""

        def received(value: Any, read: Any) -> Upload:
            if isinstance(value, cls):
                return value
            if not isinstance(value, dict):
                raise PydanticCustomError("upload", "Input should be a file")
            form: UploadObject = read(value)
            return cls(file_name=form.file_name, media_type=form.media_type, content=form.data)

        def described(upload: Upload) -> dict[str, Any]:
            return {"file_name": upload.file_name, "media_type": upload.media_type, "size": len(upload.content)}

        return core_schema.no_info_wrap_validator_function(
            received,
            handler.generate_schema(UploadObject),
            serialization=core_schema.plain_serializer_function_ser_schema(described),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class FileResult:
    """The result of an operation that answers with a file.

    Over REST it is the body of the answer, elsewhere a piece of content.

    Attributes:
        body: The bytes, or an iterator of them that is read while they are sent and closed at the end.
        media_type: What they are.
        file_name: What a client may save them as.
        is_inline: Whether a browser may show the file in place; only for what is safe to show.
        etag: Names this version of the bytes, without quotes; a client that has it already is not sent them again.
        headers: Further headers over HTTP, such as ``cache-control``.
    """

    body: bytes | AsyncIterator[bytes] = field(repr=False)
    media_type: str
    file_name: str
    is_inline: bool = False
    etag: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)

    async def pieces(self) -> AsyncIterator[bytes]:
        """Yield the bytes."""
        if isinstance(self.body, bytes):
            yield self.body
            return
        async for piece in self.body:
            yield piece

    async def close(self) -> None:
        """Give up what is not read of it."""
        close = getattr(self.body, "aclose", None)
        if close is not None:
            await close()

    async def whole(self, limit: int = MAX_WHOLE_BYTES) -> EmbeddedResource:
        """Return it in one piece, as content.

        Raises:
            TooLarge: It has more than `limit` bytes.
        """
        parts: list[bytes] = []
        size = 0
        try:
            async for piece in self.pieces():
                parts.append(piece)
                size += len(piece)
                if size > limit:
                    raise TooLarge(f"The file has more than {limit} bytes.", field="body", size=size, limit=limit)
        finally:
            await self.close()
        uri = f"file:///{quote(self.file_name)}"
        return EmbeddedResource(uri=uri, mime_type=self.media_type, body=self._read(b"".join(parts)))

    def _read(self, body: bytes) -> str | bytes:
        if not self.media_type.startswith(TEXTS):
            return body
        try:
            return body.decode()
        except UnicodeDecodeError:
            return body


@dataclass(frozen=True, slots=True, kw_only=True)
class FileOffer:
    """Files that a plugin keeps and messages refer to by address.

    Attributes:
        prefix: How their addresses begin, such as ``/static/uploads/``.
        read: Returns the file of such an address, None when there is none.
    """

    prefix: str
    read: Callable[[str], Awaitable[FileResult | None]]


class Files(Protocol):
    """The files of all plugins."""

    async def read(self, url: str) -> FileResult | None:
        """Return the file of an address in a message, None when no plugin of this bus keeps it."""
        ...
