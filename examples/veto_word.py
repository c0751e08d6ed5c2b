"""A plugin in one file: refuse messages that contain a word."""

from __future__ import annotations

from agentchatbus.plugin_api import Caller, MessageDraft, Plugin, PluginSettings, Rejected, hookimpl


class VetoWordSettings(PluginSettings):
    """The table ``[plugins.veto_word]``."""

    word: str = "banana"


class VetoWordPlugin(Plugin[VetoWordSettings]):
    """Refuses messages that contain the word of its settings."""

    settings_type = VetoWordSettings

    @hookimpl
    async def check_message(self, draft: MessageDraft, caller: Caller) -> None:
        if self.settings.word.lower() in draft.content.lower():
            raise Rejected(f"{caller.name or 'You'}, the word {self.settings.word!r} is not welcome here.")
