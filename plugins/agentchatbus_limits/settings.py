"""The settings, checked when the bus starts."""

from __future__ import annotations

import re
from collections.abc import Mapping
from importlib.util import find_spec
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_core import PydanticCustomError

from agentchatbus.plugin_api import PluginSettings

OFF = "off"
MEMORY = "memory://"
LONGEST_WINDOW = 366 * 24 * 3600
"""Seconds; a longer one is a slip of the pen, and whoever is refused in it is never told a useful time."""

NO_WINDOW = re.compile(r"(?:/|per)\s*0+\s*[a-z]")
"""A window of no length, which the library takes for one of length 1."""

CLIENTS = {"redis": ("redis", "agentchatbus[redis]"), "valkey": ("valkey", "valkey"), "mongodb": ("motor", "motor")}
"""What a storage is reached through: by the beginning of its scheme, the module and what to install."""


def _rate(value: Any) -> str:
    """Take ``off``, or what the library reads as one or more rates."""
    text = value.strip().lower() if isinstance(value, str) else ""
    if text == OFF:
        return OFF
    from limits import parse_many

    try:
        rates = parse_many(text)
    except ValueError:
        rates = []
    if not rates or any(rate.amount < 1 for rate in rates):
        raise PydanticCustomError("rate", 'Write a rate such as "30/minute" or "5/10 seconds", or "off" for no limit')
    if NO_WINDOW.search(text) or any(rate.get_expiry() > LONGEST_WINDOW for rate in rates):
        raise PydanticCustomError(
            "rate", 'Write a window of at least 1 second and at most a year, such as "10 seconds"'
        )
    return text


def _storage(uri: str) -> str:
    """Take a URI of a storage that the library can count in."""
    if uri == MEMORY:
        return uri
    from limits.aio.storage import MovingWindowSupport
    from limits.storage import SCHEMES  # type: ignore[attr-defined]  # the library's table of what it can open

    kind = SCHEMES.get(_scheme(library_uri(uri)))
    if kind is None or "://" not in uri:
        raise PydanticCustomError("storage", 'Write a URI such as "memory://" or "redis://localhost:6379"')
    if not issubclass(kind, MovingWindowSupport):
        raise PydanticCustomError(
            "storage", "This storage has no moving windows; take memory, Redis, Valkey or MongoDB"
        )
    _check_client(_scheme(uri.removeprefix("async+")))
    return uri


def _check_client(scheme: str) -> None:
    """Refuse a storage whose client is missing, before the library does so in the middle of the start."""
    for beginning, (module, package) in CLIENTS.items():
        if scheme.startswith(beginning) and find_spec(module) is None:
            raise PydanticCustomError(
                "storage",
                "The client of this storage is not installed; write `pip install '{package}'`",
                {"package": package},
            )


def _scheme(uri: str) -> str:
    try:
        return urlsplit(uri).scheme
    except ValueError:
        return ""


def library_uri(uri: str) -> str:
    """Return a URI with the prefix under which the library knows its asynchronous storages."""
    return f"async+{uri.removeprefix('async+')}"


def without_password(uri: str) -> str:
    """Return a URI as it may be logged."""
    parts = urlsplit(uri)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


Rate = Annotated[str, BeforeValidator(_rate)]
StorageUri = Annotated[str, AfterValidator(_storage)]


class Rates(PluginSettings):
    """Rates of some callers, by class of operation; None takes what holds for everybody."""

    messages: Rate | None = None
    edits: Rate | None = None
    registrations: Rate | None = None
    writes: Rate | None = None
    searches: Rate | None = None
    reads: Rate | None = None


class PeopleRates(Rates):
    """Rates of people: without a word in the configuration nothing they do is limited but registering agents."""

    messages: Rate | None = OFF
    edits: Rate | None = OFF
    writes: Rate | None = OFF
    searches: Rate | None = OFF
    reads: Rate | None = OFF


class OperatorRates(PeopleRates):
    """Rates of operators, who are not limited at all unless the configuration says so."""

    registrations: Rate | None = OFF


class LimitsSettings(PluginSettings):
    """The table ``[plugins.limits]``.

    Attributes:
        messages: Stored messages of one agent, or of one address without a token.
        edits: Edits of messages.
        registrations: New agents of one address.
        writes: Everything else that changes something.
        searches: Searches.
        reads: Everything else that only reads.
        guest: Other rates for callers without a token.
        human: Rates of people.
        operator: Rates of operators.
        agents: Other rates for single agents, by id or by the name that the bus gave them.
        storage: Where the counts are kept, a URI of the library `limits`.
        storage_timeout_seconds: How long a storage has to answer; until it does so again, counts are kept in memory.
    """

    messages: Rate = "30/minute"
    edits: Rate = "120/minute"
    registrations: Rate = "6000/minute"
    writes: Rate = "600/minute"
    searches: Rate = "600/minute"
    reads: Rate = OFF
    guest: Rates = Field(default_factory=Rates)
    human: PeopleRates = Field(default_factory=PeopleRates)
    operator: OperatorRates = Field(default_factory=OperatorRates)
    agents: Mapping[str, Rates] = Field(default_factory=dict)
    storage: StorageUri = Field(default=MEMORY, json_schema_extra={"in_file_only": True})
    storage_timeout_seconds: float = Field(default=1.0, gt=0, le=4)
