"""A plugin of one file for servers under test: its import makes them impatient with clients that go silent."""

from __future__ import annotations

from agentchatbus.plugin_api import Plugin, PluginSettings
from agentchatbus.server import protocol, running

protocol.SILENT_SECONDS = 2.0
running.TICKS_A_SWEEP = 1


class ImpatientPlugin(Plugin[PluginSettings]):
    """Has no hooks."""
