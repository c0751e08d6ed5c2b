"""The plugin."""

from __future__ import annotations

from collections.abc import Sequence

from agentchatbus.plugin_api import Bus, HttpTransport, Operations, Plugin, hookimpl
from agentchatbus_rest.app import RestApp
from agentchatbus_rest.settings import RestSettings


class RestPlugin(Plugin[RestSettings]):
    """Offers every operation that has a route over REST, and the events as a stream."""

    settings_type = RestSettings

    @hookimpl
    def register_transports(self, bus: Bus, operations: Operations) -> Sequence[HttpTransport]:
        app = RestApp(bus, operations, self.settings)
        return [
            HttpTransport(
                name="rest",
                prefixes=app.prefixes,
                app=app,
                body_limit=app.body_limit,
                stop=app.streams.stop,
                depths=lambda: {"event streams": app.streams.count},
            )
        ]
