"""Operations on the settings of the bus, for the people who run it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ConfigDict

from agentchatbus.bus.catalogue.plugin_settings import PluginTables
from agentchatbus.bus.catalogue.wanted_values import Values, WantedValues
from agentchatbus.bus.rights import require_person
from agentchatbus.config.manifest import Manifest, manifest
from agentchatbus.config.plugin_tables import as_document, by_table, shown_values
from agentchatbus.config.saved import ALIASES, EDITABLE, read_saved, saved_file, write_saved
from agentchatbus.config.tables import Config
from agentchatbus.errors import ConfigError, Forbidden, Unavailable
from agentchatbus.events import SettingsSaved
from agentchatbus.model import Caller, CallerKind
from agentchatbus.operations import Call, Params, Route, operation
from agentchatbus.ports.bus import Bus

SAVED = "Settings saved. Restart the server to apply changes."
NOTHING = "Nothing changed."


class SettingsParams(Params):
    """Arguments of ``settings_save``: a value for each setting, null to give up a saved one."""

    model_config = ConfigDict(extra="allow", frozen=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class SavedSettings:
    """What was saved.

    Attributes:
        saved: The new values, by dotted key.
        cleared: Keys whose saved value was given up.
        restart_required: Keys that take effect with the next start.
    """

    ok: bool
    message: str
    saved: Mapping[str, Any]
    cleared: list[str]
    restart_required: list[str]


class SettingsOperations:
    """Operations on the settings of the bus."""

    def __init__(self, bus: Bus, config: Config, check: Callable[[Config], None], plugins: PluginTables) -> None:
        """Serve the settings of a bus.

        Args:
            bus: The bus.
            config: What is in force.
            check: Raises `ConfigError` for a configuration that must not be started.
            plugins: The settings of the plugins.
        """
        self._plugins = plugins
        self._bus = bus
        self._config = config
        self._wanted = WantedValues(config, check, plugins)
        self._turn = asyncio.Lock()

    @operation(route=Route(method="GET", path="/api/settings"), read_only=True, idempotent=True, tool=False)
    async def settings_get(self, _params: Params, call: Call) -> dict[str, Any]:
        """Get the settings in force, by table, and by their names of old."""
        require_person(call.caller, "see the settings")
        tables = {name: getattr(self._config, name).model_dump(mode="json") for name in EDITABLE}
        shown = {table: {key: tables[table][key] for key in keys} for table, keys in EDITABLE.items()}
        old = {name: shown[table][key] for name, (table, key) in _places(ALIASES).items()}
        of_plugins = {name: shown_values(settings) for name, settings in self._plugins.in_force().items()}
        return {**old, "settings": {**shown, "plugins": of_plugins}}

    @operation(route=Route(method="GET", path="/api/settings/manifest"), read_only=True, idempotent=True, tool=False)
    async def settings_manifest(self, _params: Params, call: Call) -> Manifest:
        """Describe the settings, their values and where each comes from, for a form."""
        require_person(call.caller, "see the settings")
        file = saved_file(self._config.server.data_dir)
        return manifest(self._config, await asyncio.to_thread(self._read, file), file, self._plugins.in_force())

    @operation(route=Route(method="PUT", path="/api/settings"), idempotent=True, tool=False)
    async def settings_save(self, params: SettingsParams, call: Call) -> SavedSettings:
        """Save settings; they take effect with the next start."""
        _require_operator(call.caller, is_open=self._bus.settings.is_open)
        async with self._turn:
            wanted = self._wanted.of(params.model_extra or {})
            file = saved_file(self._config.server.data_dir)
            before = await asyncio.to_thread(self._read, file)
            changes = {key: value for key, value in wanted.items() if _saved_value(before, key) != value}
            if changes:
                await asyncio.to_thread(self._write, file, _merged(before, changes))
                await self._bus.publish(SettingsSaved(keys=sorted(changes)))
        kept = {key: value for key, value in changes.items() if value is not None}
        return SavedSettings(
            ok=True,
            message=SAVED if changes else NOTHING,
            saved=kept,
            cleared=[key for key in changes if key not in kept],
            restart_required=list(changes),
        )

    def _read(self, file: Path) -> dict[str, dict[str, Any]]:
        try:
            return by_table(read_saved(file))
        except ConfigError as error:
            raise Unavailable(f"The saved settings cannot be read: {error}") from None

    def _write(self, file: Path, document: Mapping[str, Mapping[str, Any]]) -> None:
        try:
            write_saved(file, as_document(document))
        except OSError as error:
            raise Unavailable(f"The settings cannot be saved: {error.strerror}.") from None


def _require_operator(caller: Caller, *, is_open: bool) -> None:
    """Refuse everybody but the operator, and people of this machine where nobody else reaches the bus.

    Raises:
        Forbidden: The caller is none of them.
    """
    require_person(caller, "save settings")
    if caller.kind is CallerKind.HUMAN and not is_open:
        raise Forbidden("Only the operator may save the settings of a bus that the network can reach.")


def _places(aliases: Mapping[str, str]) -> dict[str, tuple[str, str]]:
    return {name: (key.partition(".")[0], key.partition(".")[2]) for name, key in aliases.items()}


def _saved_value(document: Mapping[str, Mapping[str, Any]], key: str) -> Any:
    table, _, name = key.rpartition(".")
    return document.get(table, {}).get(name)


def _merged(before: Mapping[str, Mapping[str, Any]], changes: Values) -> dict[str, dict[str, Any]]:
    merged = {name: dict(values) for name, values in before.items()}
    for key, value in changes.items():
        table, _, name = key.rpartition(".")
        merged.setdefault(table, {})[name] = value
    return {
        table: {name: value for name, value in values.items() if value is not None} for table, values in merged.items()
    }
