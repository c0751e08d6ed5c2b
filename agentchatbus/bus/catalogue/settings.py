"""Operations on the settings of the bus, for the people who run it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pydantic import ConfigDict

from agentchatbus.bus.rights import require_person
from agentchatbus.config.manifest import Manifest, manifest
from agentchatbus.config.saved import ALIASES, EDITABLE, checked, dotted_key, read_saved, saved_file, write_saved
from agentchatbus.config.tables import Config
from agentchatbus.errors import ConfigError, Forbidden, InvalidRequest, Unavailable
from agentchatbus.events import SettingsSaved
from agentchatbus.model import Caller, CallerKind
from agentchatbus.operations import Call, Params, Route, operation
from agentchatbus.ports.bus import Bus

Values = dict[str, Any]
"""Values by dotted key; None stands for a value that is not to be saved any more."""

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

    def __init__(self, bus: Bus, config: Config, check: Callable[[Config], None]) -> None:
        """Serve the settings of a bus.

        Args:
            bus: The bus.
            config: What is in force.
            check: Raises `ConfigError` for a configuration that must not be started.
        """
        self._bus = bus
        self._config = config
        self._check = check
        self._turn = asyncio.Lock()

    @operation(route=Route(method="GET", path="/api/settings"), read_only=True, idempotent=True, tool=False)
    async def settings_get(self, _params: Params, call: Call) -> dict[str, Any]:
        """Get the settings in force, by table, and by their names of old."""
        require_person(call.caller, "see the settings")
        tables = {name: getattr(self._config, name).model_dump(mode="json") for name in EDITABLE}
        shown = {table: {key: tables[table][key] for key in keys} for table, keys in EDITABLE.items()}
        old = {name: shown[table][key] for name, (table, key) in _places(ALIASES).items()}
        return {**old, "settings": shown}

    @operation(route=Route(method="GET", path="/api/settings/manifest"), read_only=True, idempotent=True, tool=False)
    async def settings_manifest(self, _params: Params, call: Call) -> Manifest:
        """Describe the settings, their values and where each comes from, for a form."""
        require_person(call.caller, "see the settings")
        file = saved_file(self._config.server.data_dir)
        return manifest(self._config, await asyncio.to_thread(self._read, file), file)

    @operation(route=Route(method="PUT", path="/api/settings"), idempotent=True, tool=False)
    async def settings_save(self, params: SettingsParams, call: Call) -> SavedSettings:
        """Save settings; they take effect with the next start."""
        _require_operator(call.caller, is_open=self._bus.settings.is_open)
        async with self._turn:
            wanted = self._wanted(params.model_extra or {})
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

    def _wanted(self, given: Mapping[str, Any]) -> Values:
        """Return the values to save, as their tables read them.

        Raises:
            InvalidRequest: Something cannot be saved; the problems name it.
        """
        wanted: Values = {}
        problems: list[dict[str, Any]] = []
        for name, value in _flat(given).items():
            try:
                wanted.update(self._one(name, value))
            except ConfigError as error:
                problems.append({"type": "setting", "loc": (name,), "msg": str(error)})
        if not problems:
            problems = self._together(wanted)
        if problems:
            raise InvalidRequest("; ".join(str(problem["msg"]) for problem in problems), errors=problems)
        return wanted

    def _one(self, name: str, value: Any) -> Values:
        key = dotted_key(name)
        if value is None:
            return {key: None}
        read = checked(self._config, key, value)
        source = self._config.sources.get(key, "")
        if not source.startswith(("AGENTCHATBUS_", "--")):
            return {key: list(read) if isinstance(read, tuple) else read}
        table, _, field = key.partition(".")
        if getattr(getattr(self._config, table), field) == read:
            return {}  # forms send everything, also what they cannot change
        raise ConfigError(f"{key} is set by {source}, which wins over saved settings")

    def _together(self, wanted: Values) -> list[dict[str, Any]]:
        """Return what is wrong with the values as a whole."""
        server = {key.partition(".")[2]: value for key, value in wanted.items() if key.startswith("server.")}
        given = {name: value for name, value in server.items() if value is not None}
        try:
            self._check(replace(self._config, server=self._config.server.model_copy(update=given)))
        except ConfigError as error:
            return [{"type": "setting", "loc": ("HOST",), "msg": str(error)}]
        return []

    def _read(self, file: Path) -> dict[str, dict[str, Any]]:
        try:
            return read_saved(file)
        except ConfigError as error:
            raise Unavailable(f"The saved settings cannot be read: {error}") from None

    def _write(self, file: Path, document: Mapping[str, Mapping[str, Any]]) -> None:
        try:
            write_saved(file, document)
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


def _flat(given: Mapping[str, Any]) -> Values:
    """Return values by name; a table may be given as an object."""
    flat: Values = {}
    for name, value in given.items():
        if name in EDITABLE and isinstance(value, Mapping):
            flat.update({f"{name}.{key}": item for key, item in value.items()})
        else:
            flat[name] = value
    return flat


def _saved_value(document: Mapping[str, Mapping[str, Any]], key: str) -> Any:
    table, _, name = key.partition(".")
    return document.get(table, {}).get(name)


def _merged(before: Mapping[str, Mapping[str, Any]], changes: Values) -> dict[str, dict[str, Any]]:
    merged = {name: dict(values) for name, values in before.items()}
    for key, value in changes.items():
        table, _, name = key.partition(".")
        merged.setdefault(table, {})[name] = value
    return {
        table: {name: value for name, value in values.items() if value is not None} for table, values in merged.items()
    }
