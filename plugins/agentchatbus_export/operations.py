"""The operation, and the reading that all formats share."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from agentchatbus.plugin_api import Bus, Call, CallerKind, FileResult, Params, Route, Unauthenticated, operation
from agentchatbus_export import html, json_lines, markdown
from agentchatbus_export.names import file_name
from agentchatbus_export.reading import Reading

MEDIA_TYPES = {
    "md": "text/markdown; charset=utf-8",
    "json": "application/json",
    "html": "text/html; charset=utf-8",
}


class ExportParams(Params):
    """What to write, and how."""

    thread_id: str = Field(description="Id of the thread.")
    format: Literal["md", "json", "html"] = Field("md", description="Markdown, JSON, or one HTML page.")
    notices: bool = Field(default=False, description="Whether to include what the coordinator said.")


class ExportOperations:
    """Operations on whole threads."""

    def __init__(self, bus: Bus, max_picture_bytes: int) -> None:
        self._bus = bus
        self._max_picture_bytes = max_picture_bytes

    @operation(
        route=Route(method="GET", path="/api/threads/{thread_id}/export"), read_only=True, idempotent=True, tool=False
    )
    async def thread_export(self, params: ExportParams, call: Call) -> FileResult:
        """Write a thread into a file, as far as you may read it."""
        if call.caller.kind is CallerKind.GUEST:
            raise Unauthenticated("Give your agent_id and token to export a thread.", reason="missing")
        thread = await self._bus.threads.get(params.thread_id)
        reading = Reading(self._bus, thread, call.caller, with_notices=params.notices)
        if params.format == "json":
            body = json_lines.write(reading)
        elif params.format == "html":
            body = html.write(reading, self._max_picture_bytes)
        else:
            body = markdown.write(reading)
        return FileResult(
            body=body,
            media_type=MEDIA_TYPES[params.format],
            file_name=file_name(thread.topic, params.format),
            headers={"cache-control": "no-store"},
        )
