"""Settings that people save while the bus runs.

They have a file of their own; what it says comes between the configuration file and the environment.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pydantic import ValidationError

from agentchatbus.config.tables import TABLES, Config
from agentchatbus.errors import ConfigError
from agentchatbus.hints import did_you_mean

FILE_NAME = "settings.toml"
HEADER = "# Written by the bus when settings are saved. The environment and the command line win over it.\n"

SERVER_KEYS = ("host", "port", "allowed_hosts", "allowed_origins", "access_log", "shutdown_grace_seconds")
EDITABLE: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {
        "server": SERVER_KEYS,
        "bus": tuple(TABLES["bus"].model_fields),
        "limits": tuple(TABLES["limits"].model_fields),
    }
)
"""The keys that can be saved, by table; no secret and no place on disk is among them."""

KEYS = tuple(f"{table}.{key}" for table, keys in EDITABLE.items() for key in keys)

ALIASES: Mapping[str, str] = MappingProxyType(
    {
        "HOST": "server.host",
        "PORT": "server.port",
        "AGENT_HEARTBEAT_TIMEOUT": "bus.heartbeat_timeout_seconds",
        "MSG_WAIT_TIMEOUT": "bus.wait_timeout_seconds",
        "MSG_WAIT_MIN_TIMEOUT_MS": "bus.wait_min_timeout_ms",
        "SEQ_TOLERANCE": "bus.seq_tolerance",
        "SEQ_MISMATCH_MAX_MESSAGES": "bus.seq_mismatch_max_messages",
        "ENABLE_HANDOFF_TARGET": "bus.enable_handoff_target",
        "ENABLE_STOP_REASON": "bus.enable_stop_reason",
        "ENABLE_PRIORITY": "bus.enable_priority",
        "EXPOSE_THREAD_RESOURCES": "bus.expose_thread_resources",
    }
)
"""The names of old, and the keys that they stand for."""


def saved_file(data_dir: Path) -> Path:
    """Return where settings of a bus are saved."""
    return data_dir.expanduser() / FILE_NAME


def read_saved(file: Path) -> dict[str, dict[str, Any]]:
    """Return what was saved, in the form of the file; nothing when nothing was.

    Raises:
        ConfigError: The file cannot be used; the message says what is wrong with it.
    """
    try:
        document = tomllib.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return {}
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file} is not valid TOML: {error}. Correct it or remove it.") from None
    except OSError as error:
        raise ConfigError(f"{file} cannot be read: {error.strerror}.") from None
    _check_tables(document, file)
    return document


def _check_tables(document: Mapping[str, Any], file: Path) -> None:
    """Refuse what is in the file and may not be."""
    for table, values in document.items():
        if table == "plugins":
            _check_plugins(values, file)
        elif table not in EDITABLE or not isinstance(values, dict):
            raise ConfigError(f"{file}: settings of [{table}] cannot be saved.{did_you_mean(table, EDITABLE)}")
        for key in values:
            if table in EDITABLE and key in TABLES[table].model_fields and key not in EDITABLE[table]:
                raise ConfigError(f"{file}: {table}.{key} belongs into the configuration file.")


def _check_plugins(plugins: Any, file: Path) -> None:
    if not isinstance(plugins, dict) or not all(isinstance(values, dict) for values in plugins.values()):
        raise ConfigError(f"{file}: settings of [plugins] cannot be saved, those of [plugins.<name>] can.")


def write_saved(file: Path, document: Mapping[str, Any]) -> None:
    """Replace what is saved, at once and for good; a document of the file's form."""
    import tomlkit

    text = HEADER + "\n" + tomlkit.dumps({name: values for name, values in document.items() if values})
    file.parent.mkdir(parents=True, exist_ok=True)
    draft = file.with_suffix(".tmp")
    try:
        descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
            stream.write(text)
            stream.flush()
            os.fsync(stream.fileno())
        draft.replace(file)
    finally:
        draft.unlink(missing_ok=True)


def dotted_key(name: str) -> str:
    """Return the key that a name stands for, a dotted key or one of old.

    Raises:
        ConfigError: There is none; the message names the nearest one.
    """
    key = ALIASES.get(name, name)
    if key not in KEYS:
        raise ConfigError(f"There is no setting {name!r} to save.{did_you_mean(name, (*KEYS, *ALIASES))}")
    return key


def checked(config: Config, key: str, value: Any) -> Any:
    """Return a value as its table reads it.

    Raises:
        ConfigError: It cannot be used.
    """
    table, _, name = key.partition(".")
    try:
        read = TABLES[table].model_validate({**getattr(config, table).model_dump(), name: value})
    except ValidationError as error:
        problems = error.errors(include_url=False, include_context=False, include_input=False)
        raise ConfigError(". ".join(problem["msg"] for problem in problems)) from None
    return getattr(read, name)
