"""Settings of the MCP plugins."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from agentchatbus.plugin_api import PluginSettings

Profile = Literal["full", "core"]
"""Which tools are listed: all of them, or the few that a conversation needs."""


class McpSettings(PluginSettings):
    """The tables ``[plugins.mcp-http]`` and ``[plugins.mcp-sse]``."""

    tools: Profile = Field(default="full", description="Which tools are listed; a client may choose with ?tools=core.")
    unknown_tools: Literal["result", "error"] = Field(
        default="result",
        description="Whether a call of an unknown tool is answered with a result that says so, which its model reads, "
        "or with an error of the protocol.",
    )
    session_idle_seconds: float = Field(
        default=1800.0, gt=0, allow_inf_nan=False, description="How long a silent client keeps its session."
    )
    max_sessions: int = Field(default=10_000, ge=1, description="Clients that may have a session at the same time.")


class StdioSettings(PluginSettings):
    """The table ``[plugins.mcp-stdio]``; the command takes all it needs from its options."""
