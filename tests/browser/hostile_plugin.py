"""A plugin of one file that adds to the console whatever a file beside it says, and refuses when it is told to.

Its panel asks for nothing: it answers with the JSON in `panel.json`, as a plugin may that repeats what agents wrote.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, cast

from agentchatbus.plugin_api import (
    Call,
    ConsoleOffer,
    DecorationOffer,
    MessageDraft,
    MessagePosted,
    Operation,
    Panel,
    PanelOffer,
    Params,
    Plugin,
    PluginSettings,
    Route,
    hookimpl,
    operation,
    operations_of,
)


class HostileSettings(PluginSettings):
    """The table ``[plugins.hostile_plugin]``."""

    answer: Path = Path("panel.json")
    title: str = "Hostile"


class NoteParams(Params):
    name: str
    note: str = ""


class HostileOperations:
    def __init__(self, answer: Path) -> None:
        self._answer = answer
        self._notes: list[str] = []

    @operation(route=Route(method="GET", path="/api/hostile"), read_only=True, tool=False)
    async def hostile_panel(self, _params: Params, _call: Call) -> Panel:
        """Answer with what the file says."""
        document: Mapping[str, Any] = json.loads(self._answer.read_text())
        return cast("Panel", document)

    @operation(route=Route(method="POST", path="/api/hostile/{name}/note"), tool=False)
    async def hostile_note(self, params: NoteParams, _call: Call) -> list[str]:
        """Keep a note."""
        self._notes.append(f"{params.name}: {params.note}")
        return self._notes

    @operation(route=Route(method="GET", path="/api/hostile/notes"), read_only=True, tool=False)
    async def hostile_notes(self, _params: Params, _call: Call) -> list[str]:
        """Return the notes."""
        return self._notes


class HostilePlugin(Plugin[HostileSettings]):
    """Sends what it should not."""

    settings_type = HostileSettings

    @hookimpl
    def register_operations(self) -> Sequence[Operation[Any]]:
        return operations_of(HostileOperations(self.settings.answer))

    @hookimpl
    def register_console(self) -> Sequence[ConsoleOffer]:
        title = self.settings.title
        return [
            PanelOffer(
                name="hostile", title=title, operation="hostile_panel", icon="<b>x</b>", refresh_on=[MessagePosted]
            ),
            DecorationOffer(key="hostile", label=title, tone="bad", panel="hostile"),
        ]

    @hookimpl
    async def check_message(self, draft: MessageDraft) -> None:
        if draft.content == "fail":
            raise RuntimeError("told to fail")
