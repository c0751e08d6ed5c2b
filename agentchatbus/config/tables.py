"""The tables of the configuration file."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from agentchatbus.config.commas import parts_of

WILDCARDS: Mapping[str, str] = MappingProxyType({"0.0.0.0": "127.0.0.1", "::": "::1"})  # noqa: S104
"""What to write for addresses that one can listen on and not go to."""

EVERY = frozenset({"all", "*"})
"""What people write who want every plugin."""

ORIGIN = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://[^/?#@\s]+/?|null")


def default_data_dir() -> Path:
    """Return the folder for files of a bus that was told none."""
    return Path.home() / ".agentchatbus"


def _names(value: Any) -> Any:
    """Take a list of strings, or one string with commas as the environment has it."""
    if isinstance(value, str):
        return parts_of(value)
    if isinstance(value, list | tuple) and all(isinstance(item, str | Path) for item in value):
        return tuple(value)
    raise PydanticCustomError("names", "Write a list of strings")


def _enable(value: Any) -> Any:
    if isinstance(value, str) and value.strip().casefold() in EVERY:
        raise PydanticCustomError(
            "enable", 'Write "auto" for every plugin that is installed, or a list of plugin names'
        )
    try:
        return value if value == "auto" else _names(value)
    except PydanticCustomError:
        raise PydanticCustomError("enable", 'Write "auto" or a list of plugin names') from None


def _number(value: Any) -> Any:
    if isinstance(value, bool):
        raise PydanticCustomError("number", "Write a number")
    return value


def _token(value: Any) -> Any:
    if isinstance(value, str) and not value.strip():
        raise PydanticCustomError("token", "Write a token that is not blank; a blank one protects nothing")
    if isinstance(value, str) and not (value.isascii() and value.isprintable() and value == value.strip()):
        raise PydanticCustomError(
            "token", "Write a token of ASCII characters, without spaces around it; clients cannot send another one"
        )
    return value


def _folder(value: Any) -> Any:
    if isinstance(value, str) and not value.strip():
        raise PydanticCustomError("folder", 'Write a folder; "." is the one in which the bus is started')
    return value


def _in_full(value: tuple[str, ...]) -> tuple[str, ...]:
    if any("*" in item for item in value):
        raise PydanticCustomError("wildcard", "Wildcards are not supported; write every name in full")
    return value


def _origins(value: tuple[str, ...]) -> tuple[str, ...]:
    if not all(ORIGIN.fullmatch(item) for item in value):
        raise PydanticCustomError(
            "origin", "Write origins as browsers send them, with a scheme and without a path, such as https://a.example"
        )
    return value


Names = Annotated[tuple[str, ...], BeforeValidator(_names)]
FullNames = Annotated[Names, AfterValidator(_in_full)]
Origins = Annotated[FullNames, AfterValidator(_origins)]
Paths = Annotated[tuple[Path, ...], BeforeValidator(_names)]
Count = Annotated[int, BeforeValidator(_number), Field(ge=0)]
Size = Annotated[int, BeforeValidator(_number), Field(ge=1)]
Days = Annotated[float, BeforeValidator(_number), Field(gt=0)]


class Table(BaseModel):
    """Base of the tables; an unknown key is an error."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class ServerTable(Table):
    """The table ``[server]``."""

    host: str = Field(default="127.0.0.1", min_length=1, description="Address to listen on.")
    port: Annotated[int, BeforeValidator(_number)] = Field(
        default=39765, ge=0, le=65535, description="Port to listen on; 0 takes any free one."
    )
    operator_token: Annotated[str | None, BeforeValidator(_token)] = Field(
        default=None, repr=False, description="Proves the operator; needed on any address but loopback."
    )
    allowed_hosts: FullNames = Field(
        default=(), description="Further names of this server, as clients write them into Host."
    )
    allowed_origins: Origins = Field(
        default=(), description="Web pages elsewhere that may use the bus, such as https://a.example."
    )
    access_log: bool = Field(default=False, description="Log every request.")
    data_dir: Annotated[Path, BeforeValidator(_folder)] = Field(
        default_factory=default_data_dir, description="Folder for files of this bus."
    )
    shutdown_grace_seconds: Count = Field(default=3, description="How long requests may go on once the server stops.")

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine can reach the server."""
        return is_loopback(self.host)

    @property
    def url(self) -> str:
        """The address that clients on this machine use."""
        host = WILDCARDS.get(self.host, self.host)
        return f"http://[{host}]:{self.port}" if ":" in host else f"http://{host}:{self.port}"


class PluginsTable(Table):
    """The table ``[plugins]`` without the tables of the plugins inside it."""

    enable: Annotated[Literal["auto"] | tuple[str, ...], BeforeValidator(_enable)] = Field(
        default="auto", description='"auto" takes every plugin that is installed; a list takes only those.'
    )
    disable: Names = Field(default=(), description="Plugins to leave out.")
    paths: Paths = Field(default=(), description="Plugins of one file, relative to the configuration file.")


class StorageTable(Table):
    """The table ``[storage]``."""

    backend: str = Field(default="sqlite", description="Where messages are stored.")


class SearchTable(Table):
    """The table ``[search]``."""

    backend: str = Field(default="auto", description='What messages are searched with; "auto" takes the best there is.')


class BusTable(Table):
    """The table ``[bus]``."""

    seq_tolerance: Count = Field(default=0, description="How many unread messages a post may have missed.")
    seq_mismatch_max_messages: Size = Field(
        default=100, description="How many missed messages an out-of-sync answer carries."
    )
    wait_timeout_seconds: Size = Field(default=300, description="How long a wait blocks that names no time.")
    wait_min_timeout_ms: Count = Field(default=0, description="The shortest time a blocking wait is given.")
    heartbeat_timeout_seconds: Size = Field(default=30, description="How long a sign of life lasts.")
    working_timeout_seconds: Size = Field(
        default=900, description="How long an agent that read or posted is believed to work in silence."
    )
    enable_handoff_target: bool = Field(default=False, description="Agents see and can set hand-off targets.")
    enable_stop_reason: bool = Field(default=False, description="Agents see and can set stop reasons.")
    enable_priority: bool = Field(default=False, description="Agents see and can set priorities.")
    expose_thread_resources: bool = Field(
        default=False, description="The resources of each thread are listed, not only their form."
    )
    upkeep_interval_seconds: Annotated[float, BeforeValidator(_number)] = Field(
        default=600.0, gt=0, description="How often old rows are removed."
    )
    keep_events_days: Days = Field(default=7.0, description="How long events can be read again.")
    keep_used_tokens_days: Days = Field(
        default=1.0, description="How long a used reply token is told from an unknown one."
    )
    keep_agents_days: Annotated[float, BeforeValidator(_number)] = Field(
        default=90.0,
        ge=0,
        le=36500,
        description="How long an agent stays that gives no sign of life; 0 keeps it for ever.",
    )
    keep_answers_days: Days = Field(
        default=1.0, description="How long a repeat with the same idempotency key is recognised."
    )


class LimitsTable(Table):
    """The table ``[limits]``."""

    max_content_bytes: Size = Field(default=256 * 1024, description="Size of a message in UTF-8.")
    max_topic_length: Size = Field(default=512, description="Characters of a topic.")
    max_metadata_bytes: Size = Field(default=64 * 1024, description="Size of metadata as JSON.")
    max_body_bytes: Size = Field(default=4 * 1024 * 1024, description="Size of one HTTP request.")


TABLES: Mapping[str, type[Table]] = MappingProxyType(
    {
        "server": ServerTable,
        "plugins": PluginsTable,
        "storage": StorageTable,
        "search": SearchTable,
        "bus": BusTable,
        "limits": LimitsTable,
    }
)
"""The tables of the file by their names."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """The configuration in force.

    Attributes:
        plugin_settings: The tables ``[plugins.<name>]``, as they were written.
        if_installed: Plugins whose settings come from names of old alone; they need not be installed.
        left_out: Plugins that the command line leaves out; unlike those of the file they have to exist.
        sources: Where each value comes from that is not a default, by its dotted key.
        file: The file that was read, or None.
    """

    server: ServerTable = field(default_factory=ServerTable)
    plugins: PluginsTable = field(default_factory=PluginsTable)
    storage: StorageTable = field(default_factory=StorageTable)
    search: SearchTable = field(default_factory=SearchTable)
    bus: BusTable = field(default_factory=BusTable)
    limits: LimitsTable = field(default_factory=LimitsTable)
    plugin_settings: Mapping[str, Mapping[str, Any]] = field(default_factory=dict, repr=False)
    if_installed: frozenset[str] = frozenset()
    left_out: tuple[str, ...] = ()
    sources: Mapping[str, str] = field(default_factory=dict)
    file: Path | None = None

    def on_port(self, port: int) -> Config:
        """Return the same with the port that the system gave for port 0."""
        return replace(self, server=self.server.model_copy(update={"port": port}))


@lru_cache(maxsize=64)  # every request names a host, and nearly always the same one
def is_loopback(host: str) -> bool:
    """Return whether a host means this machine and nothing else; names other than ``localhost`` do not."""
    if host.rstrip(".").casefold() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
