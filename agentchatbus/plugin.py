"""The base of every plugin."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, Generic, TypeVar

import pluggy
from pydantic import BaseModel, ConfigDict

if TYPE_CHECKING:
    import click

PROJECT = "agentchatbus"
"""Name of the hooks' project and of the entry point group."""

hookimpl = pluggy.HookimplMarker(PROJECT)
"""Marks a method of a plugin as the implementation of the hook of that name."""


class PluginSettings(BaseModel):
    """Base of a plugin's settings, the table ``[plugins.<name>]``; an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


SettingsT = TypeVar("SettingsT", bound=PluginSettings)


class Plugin(Generic[SettingsT]):
    """Base of a plugin: built once with its settings, then asked through its hooks.

    The constructor does no input or output. What lives as long as the bus goes into the hook ``lifespan``.
    """

    settings_type: ClassVar[type[PluginSettings]] = PluginSettings

    def __init__(self, settings: SettingsT) -> None:
        self.settings = settings

    @classmethod
    def commands(cls) -> Sequence[click.Command]:
        """Return commands that the plugin adds to the command line."""
        return ()
