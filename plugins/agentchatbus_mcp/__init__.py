"""The bus as an MCP server: Streamable HTTP, the older event stream, and a bridge for standard input and output.

The SDK is imported by the parts that need it, not here: it takes a second, and every command of the bus loads this.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from agentchatbus.plugin_api import Bus, HttpTransport, Offers, Operations, Plugin, hookimpl
from agentchatbus_mcp.settings import McpSettings, StdioSettings

if TYPE_CHECKING:
    import click

    from agentchatbus_mcp.loading import Loaded

__all__ = ["McpHttpPlugin", "McpSsePlugin", "McpStdioPlugin"]


class McpHttpPlugin(Plugin[McpSettings]):
    """MCP over Streamable HTTP at ``/mcp``."""

    settings_type = McpSettings

    @hookimpl
    def register_transports(self, bus: Bus, operations: Operations, offers: Offers) -> Sequence[HttpTransport]:
        from agentchatbus_mcp.loading import LateApp

        def load() -> Loaded:
            from agentchatbus_mcp import endpoints

            return endpoints.http_endpoint(bus, operations, offers, self.settings)

        app = LateApp(load)
        return [HttpTransport(name="mcp-http", prefixes=("/mcp",), app=app, lifespan=app.lifespan, stop=app.stop)]


class McpSsePlugin(Plugin[McpSettings]):
    """MCP over the event stream at ``/mcp/sse`` (and ``/sse``) that older clients are configured with."""

    settings_type = McpSettings

    @hookimpl
    def register_transports(self, bus: Bus, operations: Operations, offers: Offers) -> Sequence[HttpTransport]:
        from agentchatbus_mcp.loading import LateApp

        def load() -> Loaded:
            from agentchatbus_mcp import endpoints

            return endpoints.sse_endpoint(bus, operations, offers, self.settings)

        app = LateApp(load)
        prefixes = ("/mcp/sse", "/mcp/messages", "/sse", "/messages")
        return [HttpTransport(name="mcp-sse", prefixes=prefixes, app=app, lifespan=app.lifespan, stop=app.stop)]


class McpStdioPlugin(Plugin[StdioSettings]):
    """MCP over standard input and output, for clients that start their servers themselves."""

    settings_type = StdioSettings

    @classmethod
    def commands(cls) -> Sequence[click.Command]:
        from agentchatbus_mcp.stdio.command import stdio

        return [stdio]
