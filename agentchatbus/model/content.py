"""What a result may consist of besides data: text, pictures, sound, and resources.

`type` tells the kinds apart where a result is shown as JSON; bytes are written as base64 there.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from agentchatbus.model.metadata import Metadata, no_metadata


@dataclass(frozen=True, slots=True, kw_only=True)
class Text:
    """Words."""

    text: str
    type: Literal["text"] = field(default="text", init=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Image:
    """A picture; `data` are the bytes of the file."""

    data: bytes = field(repr=False)
    mime_type: str
    type: Literal["image"] = field(default="image", init=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Audio:
    """Sound; `data` are the bytes of the file."""

    data: bytes = field(repr=False)
    mime_type: str
    type: Literal["audio"] = field(default="audio", init=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ResourceLink:
    """A resource that the reader may fetch."""

    uri: str
    name: str
    description: str = ""
    mime_type: str | None = None
    type: Literal["resource_link"] = field(default="resource_link", init=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbeddedResource:
    """A resource with its contents: text, or the bytes of something else."""

    uri: str
    mime_type: str
    body: str | bytes = field(repr=False)
    type: Literal["resource"] = field(default="resource", init=False)


Content = Text | Image | Audio | ResourceLink | EmbeddedResource
"""One block of what clients are shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """The result of an operation that answers with more than data.

    Attributes:
        blocks: In the order in which they are read.
        data: What programs read; empty when there is nothing for them.
    """

    blocks: tuple[Content, ...]
    data: Metadata = field(default_factory=no_metadata)
