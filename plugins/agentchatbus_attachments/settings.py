"""How much may be kept, of what, and for how long."""

from __future__ import annotations

from pydantic import Field, field_validator

from agentchatbus.plugin_api import PluginSettings
from agentchatbus_attachments.kinds import EXTENSION, FILE_TYPES

MEGABYTE = 1024 * 1024


class AttachmentsSettings(PluginSettings):
    """The table ``[plugins.attachments]``.

    Attributes:
        max_image_bytes: The largest picture.
        max_file_bytes: The largest other file.
        file_types: Endings of the other files that are taken; none takes pictures only.
        max_folder_mb: How much all of them together may have.
        inline_bytes: A message whose metadata holds more base64 data than this gets its pictures stored as files.
        unused_minutes: After what time a file goes that no message refers to any more.
        orphan_hours: After what time a file goes that was uploaded and never posted.
    """

    max_image_bytes: int = Field(default=5 * MEGABYTE, ge=1, le=64 * MEGABYTE)
    max_file_bytes: int = Field(default=10 * MEGABYTE, ge=1, le=64 * MEGABYTE)
    file_types: tuple[str, ...] = FILE_TYPES
    max_folder_mb: int = Field(default=1024, ge=1)
    inline_bytes: int = Field(default=16 * 1024, ge=0)
    unused_minutes: float = Field(default=10.0, ge=0)
    orphan_hours: float = Field(default=24.0, gt=0)

    @field_validator("file_types")
    @classmethod
    def _endings(cls, given: tuple[str, ...]) -> tuple[str, ...]:
        found = tuple(f".{text.strip().lower().removeprefix('.')}" for text in given)
        if wrong := [text for text in found if not EXTENSION.fullmatch(text)]:
            raise ValueError(f"{wrong[0]!r} is no ending of a file name")
        return found
