"""Uploading and downloading over HTTP."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pydantic import Field

from agentchatbus.plugin_api import (
    Call,
    CallerKind,
    FileResult,
    InvalidRequest,
    NotFound,
    Operation,
    Params,
    Route,
    TooLarge,
    Unauthenticated,
    Upload,
    operation,
    operations_of,
)
from agentchatbus_attachments.keeping import Keeper
from agentchatbus_attachments.kinds import IMAGES, PREFIX, SHOWN, clean_name, extension_of, fits, image_extension
from agentchatbus_attachments.settings import MEGABYTE, AttachmentsSettings

ENVELOPE_BYTES = 64 * 1024
"""What a form has around the file."""


class UploadParams(Params):
    """A file to keep."""

    file: Upload | None = Field(None, description="The file.")


class NameParams(Params):
    """Which file to return."""

    name: str = Field(description="Its name, the last part of its address.")
    file_name: str = Field("", max_length=1000, description="What to save it as: the name that its message gives.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Uploaded:
    """Where an uploaded file lies; put `url` into a message's metadata or text."""

    url: str
    name: str


class AttachmentOperations:
    """Operations on files."""

    def __init__(self, keeper: Callable[[], Keeper], settings: AttachmentsSettings) -> None:
        self._keeper = keeper
        self._settings = settings

    def offered(self) -> Sequence[Operation[Any]]:
        """Return the operations, each with the largest body that it takes."""
        limits = {"image_upload": self._settings.max_image_bytes, "file_upload": self._settings.max_file_bytes}
        return [
            item if item.route is None or item.name not in limits else _limited(item, item.route, limits[item.name])
            for item in operations_of(self)
            if item.name != "file_upload" or self._settings.file_types
        ]

    @operation(route=Route(method="POST", path="/api/upload/image"), idempotent=True, tool=False)
    async def image_upload(self, params: UploadParams, call: Call) -> Uploaded:
        """Keep a picture (JPEG, PNG, GIF or WebP) and return its address for a message."""
        file = _given(params, call)
        extension = extension_of(file.file_name)
        if extension not in IMAGES:
            raise InvalidRequest(f"Unsupported file type '{extension}'. Allowed: {SHOWN}", field="file")
        _require_size(file, self._settings.max_image_bytes)
        _require_fit(file, extension)
        return await self._keep(file, extension)

    @operation(route=Route(method="POST", path="/api/upload/file"), idempotent=True, tool=False)
    async def file_upload(self, params: UploadParams, call: Call) -> Uploaded:
        """Keep a file and return its address for a message; browsers save it and never show it."""
        file = _given(params, call)
        extension = extension_of(file.file_name)
        if extension in IMAGES and image_extension(file.content) == extension:
            return await self.image_upload(params, call)
        if extension not in self._settings.file_types:
            allowed = ", ".join(self._settings.file_types)
            raise InvalidRequest(f"Unsupported file type '{extension}'. Allowed: {allowed}", field="file")
        _require_size(file, self._settings.max_file_bytes)
        _require_fit(file, extension)
        return await self._keep(file, extension)

    @operation(route=Route(method="GET", path=PREFIX + "{name}"), read_only=True, idempotent=True, tool=False)
    async def upload_get(self, params: NameParams, _call: Call) -> FileResult:
        """Return a file that was uploaded."""
        found = await self._keeper().find(params.name, params.file_name)
        if found is None:
            raise NotFound("File not found", kind="file", id=params.name)
        return found

    async def _keep(self, file: Upload, extension: str) -> Uploaded:
        name = clean_name(file.file_name)
        return Uploaded(url=await self._keeper().store(file.content, extension, name), name=name)


def _limited(item: Operation[Any], route: Route, size: int) -> Operation[Any]:
    return replace(item, route=replace(route, max_body_bytes=size + ENVELOPE_BYTES))


def _given(params: UploadParams, call: Call) -> Upload:
    if call.caller.kind is CallerKind.GUEST:
        raise Unauthenticated("Give your agent_id and token to upload files.", reason="missing")
    if params.file is None or not params.file.file_name:
        raise InvalidRequest("No file provided", field="file")
    return params.file


def _require_size(file: Upload, limit: int) -> None:
    if len(file.content) > limit:
        whole = f"{limit // MEGABYTE} MB" if limit % MEGABYTE == 0 else f"{limit} bytes"
        raise TooLarge(f"File too large. Maximum size is {whole}", field="file", size=len(file.content), limit=limit)


def _require_fit(file: Upload, extension: str) -> None:
    if not fits(file.content, extension):
        raise InvalidRequest("File content does not match its extension", field="file")
