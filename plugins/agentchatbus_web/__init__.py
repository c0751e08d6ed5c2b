"""The console: a page on which people watch and steer their agents.

It is files only. The page uses the REST routes and the event stream that every script can use.
"""

from __future__ import annotations

from collections.abc import Sequence

from agentchatbus.plugin_api import Bus, HttpTransport, Operations, Plugin, PluginSettings, hookimpl
from agentchatbus_web.app import PREFIXES, WebApp

__all__ = ["WebPlugin"]


class WebPlugin(Plugin[PluginSettings]):
    """Serves the console at ``/``."""

    @hookimpl
    def register_transports(self, bus: Bus, operations: Operations) -> Sequence[HttpTransport]:  # noqa: ARG002
        return [HttpTransport(name="web", prefixes=PREFIXES, app=WebApp())]
