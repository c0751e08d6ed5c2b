"""The command ``demo``: two agents talk on a bus of their own, so that a newcomer sees what it does.

Nothing is imported here that the other commands would have to wait for.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from agentchatbus.plugin_api import Plugin, PluginSettings

if TYPE_CHECKING:
    import click

__all__ = ["DemoPlugin"]


class DemoPlugin(Plugin[PluginSettings]):
    """Adds the command ``demo`` and takes part in nothing."""

    @classmethod
    def commands(cls) -> Sequence[click.Command]:
        from agentchatbus_demo.command import demo

        return [demo]
