"""The settings of this plugin."""

from __future__ import annotations

from pydantic import Field

from agentchatbus.plugin_api import PluginSettings


class RestSettings(PluginSettings):
    """The table ``[plugins.rest]``.

    Attributes:
        heartbeat_seconds: How long a stream of events stays silent before a comment is sent.
        max_streams: How many streams of events may be open at once.
    """

    heartbeat_seconds: float = Field(default=15.0, gt=0, le=45)
    max_streams: int = Field(default=1000, ge=0)
