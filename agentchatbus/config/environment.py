"""The environment variables and what they mean in the configuration file.

Every key has the name ``AGENTCHATBUS_<TABLE>__<KEY>`` (``AGENTCHATBUS_PLUGINS__SQLITE__PATH``). The short names are
those that scripts and client configurations use since long.
"""

from __future__ import annotations

import logging
import tomllib
from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any

from agentchatbus.config.tables import TABLES
from agentchatbus.errors import ConfigError
from agentchatbus.hints import did_you_mean

logger = logging.getLogger(__name__)

PREFIX = "AGENTCHATBUS_"
CONFIG = PREFIX + "CONFIG"

NAMES: Mapping[str, str | tuple[str, ...]] = MappingProxyType(
    {
        "HOST": "server.host",
        "PORT": "server.port",
        "ADMIN_TOKEN": "server.operator_token",
        "DATA_DIR": "server.data_dir",
        "APP_DIR": "server.data_dir",
        "DB": "plugins.sqlite.path",
        "HEARTBEAT_TIMEOUT": "bus.heartbeat_timeout_seconds",
        "WAIT_TIMEOUT": "bus.wait_timeout_seconds",
        "WAIT_MIN_TIMEOUT_MS": "bus.wait_min_timeout_ms",
        "SEQ_TOLERANCE": "bus.seq_tolerance",
        "SEQ_MISMATCH_MAX_MESSAGES": "bus.seq_mismatch_max_messages",
        "ENABLE_HANDOFF_TARGET": "bus.enable_handoff_target",
        "ENABLE_STOP_REASON": "bus.enable_stop_reason",
        "ENABLE_PRIORITY": "bus.enable_priority",
        "CONTENT_FILTER_ENABLED": "plugins.disable",
        "RATE_LIMIT": ("plugins.limits.messages", "plugins.limits.human.messages"),
        "THREAD_TIMEOUT": "plugins.timeout.minutes",
        "TIMEOUT_SWEEP_INTERVAL": "plugins.timeout.sweep_seconds",
        "EXPOSE_THREAD_RESOURCES": "bus.expose_thread_resources",
        "MAX_IMAGE_BYTES": "plugins.attachments.max_image_bytes",
        "OWNER_BOOT_TOKEN": "plugins.ide.owner_boot_token",
        "IDE_HEARTBEAT_TIMEOUT": "plugins.ide.session_seconds",
    }
)
"""The short names without their prefix, each with its key or keys."""

WITHOUT_EFFECT = frozenset(
    {
        "ALLOWED_HOSTS",
        "CONFIG_FILE",
        "DB_TIMEOUT",
        "ENFORCE_MSG_WAIT_MIN_TIMEOUT",
        "RELOAD",
        "REPLY_TOKEN_LEASE_SECONDS",
        "SHOW_AD",
        "UPLOADS_DIR",
        "WEB_UI_DIR",
    }
)
"""Names that meant something once; whoever still sets one is told."""

OF_CLIENTS = frozenset({"AGENT_DISPLAY_NAME", "AGENT_ID", "AGENT_TOKEN", "BASE_URL", "THREAD_ID", "THREAD_NAME", "URL"})
"""Names that clients of the bus are started with; they say nothing about the server."""

TRUE = frozenset({"1", "true", "yes", "on"})
FALSE = frozenset({"0", "false", "no", "off"})
CONTENT_FILTER = "secrets"
"""The plugin that `CONTENT_FILTER_ENABLED` switches."""


def settings(environ: Mapping[str, str]) -> Iterator[tuple[str, str, Any]]:
    """Read the environment; yield the variable, its dotted key and its value; empty variables count as unset.

    Raises:
        ConfigError: A variable names no key, or its value cannot be read.
    """
    for variable in sorted(environ):
        text = environ[variable].strip()
        if not variable.startswith(PREFIX) or not text or variable == CONFIG:
            continue
        name = variable.removeprefix(PREFIX)
        if "__" in name:
            key = _dotted(variable, name)
            yield variable, key, _value(key, text, variable)
        elif name in NAMES:
            yield from _of_short_name(variable, name, text)
        else:
            _warn(variable, name)


def is_short_name(variable: str) -> bool:
    """Return whether a source of a value is one of the short names."""
    return variable.removeprefix(PREFIX) in NAMES


def _dotted(variable: str, name: str) -> str:
    table, *rest = name.lower().split("__")
    if table not in TABLES:
        raise ConfigError(f"{variable}: there is no table [{table}].{did_you_mean(table, TABLES)}")
    if not all(rest) or len(rest) > (2 if table == "plugins" else 1):
        raise ConfigError(f"{variable}: write {PREFIX}<TABLE>__<KEY> or {PREFIX}PLUGINS__<NAME>__<KEY>.")
    return ".".join([table, *rest])


def _value(key: str, text: str, variable: str) -> Any:
    """Return a plugin's list or table as TOML reads it; everything else stays text until its table validates it."""
    if key.count(".") < 2 or not text.startswith(("[", "{")):
        return text
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(
            f"{variable}: its value starts like a list or a table but is none in TOML ({error})."
        ) from None


def _of_short_name(variable: str, name: str, text: str) -> Iterator[tuple[str, str, Any]]:
    keys = NAMES[name]
    value = _short_value(variable, name, text)
    for key in (keys,) if isinstance(keys, str) else keys:
        yield variable, key, value


def _short_value(variable: str, name: str, text: str) -> Any:
    if name == "CONTENT_FILTER_ENABLED":
        return [] if _flag(variable, text) else [CONTENT_FILTER]
    if name == "RATE_LIMIT":
        return _rate(variable, text)
    return _flag(variable, text) if name.startswith(("ENABLE_", "EXPOSE_")) else text


def _flag(variable: str, text: str) -> bool:
    if text.lower() in TRUE | FALSE:
        return text.lower() in TRUE
    raise ConfigError(f"{variable}: write true or false.")


def _rate(variable: str, text: str) -> str:
    if not text.isdecimal():
        raise ConfigError(f"{variable}: write how many messages a minute an author may post; 0 sets no limit.")
    return f"{int(text)}/minute" if int(text) else "off"


def _warn(variable: str, name: str) -> None:
    if name in WITHOUT_EFFECT:
        logger.warning("%s has no effect in this version.", variable)
    elif name not in OF_CLIENTS:
        known = [CONFIG, *(PREFIX + item for item in NAMES)]
        logger.warning("%s is no variable of the bus.%s", variable, did_you_mean(variable, known))
