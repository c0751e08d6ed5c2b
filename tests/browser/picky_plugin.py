"""A plugin that lets a word not through; quicker to start than one that knows secrets."""

from __future__ import annotations

from agentchatbus.plugin_api import MessageDraft, Plugin, PluginSettings, Rejected, hookimpl

WORD = "swordfish"


class PickyPlugin(Plugin[PluginSettings]):
    """Refuses messages that contain the word."""

    @hookimpl
    async def check_message(self, draft: MessageDraft) -> None:
        if WORD in draft.content:
            raise Rejected("Content blocked by filter", pattern="Names of fish")
