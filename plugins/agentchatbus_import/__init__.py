"""The command ``import``: brings threads, messages and agents of an older AgentChatBus over.

Nothing is imported here that the other commands would have to wait for.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from agentchatbus.plugin_api import Plugin, PluginSettings

if TYPE_CHECKING:
    import click

__all__ = ["ImportPlugin"]


class ImportPlugin(Plugin[PluginSettings]):
    """Adds the command ``import`` and takes part in nothing."""

    @classmethod
    def commands(cls) -> Sequence[click.Command]:
        from agentchatbus_import.command import import_

        return [import_]
