"""From which pages and under which names the server may be used.

A web page is on this machine and yet no person of this machine: it must neither read nor write. Its browser says where
it comes from (Origin), and under which name it found the server (Host), which stops DNS rebinding.
"""

from __future__ import annotations

import re
from urllib.parse import SplitResult, urlsplit

from agentchatbus.config import ServerTable, is_loopback
from agentchatbus.ports.transport import Scope

HOST = re.compile(r"(?:\[(?P<address>[0-9a-f.]*:[0-9a-f.:]*)\]|(?P<name>[^\s:/?#@\\\[\],]+))(?::[0-9]*)?")


class AccessPolicy:
    """What the configuration allows."""

    def __init__(self, server: ServerTable) -> None:
        self._hosts = {_configured_name(name) for name in (server.host, *server.allowed_hosts)}
        self._origins = {origin.rstrip("/").lower() for origin in server.allowed_origins}

    def knows_host(self, host: str, scope: Scope) -> bool:
        """Return whether a Host header names this server: a loopback name, a configured one, or the address that the
        connection came in by."""
        name = _host_name(host)
        arrived_at = (scope.get("server") or ("",))[0]
        return bool(name) and (is_loopback(name) or name in self._hosts or name == arrived_at)

    def allows_origin(self, origin: str, host: str, scope: Scope) -> bool:
        """Return whether a page of this origin may use the server that it found under the name `host`."""
        return self.is_foreign_guest(origin) or _is_same(_split(origin), host, scope)

    def is_foreign_guest(self, origin: str) -> bool:
        """Return whether the configuration invites this origin, which is another one than the server's."""
        return origin.rstrip("/").lower() in self._origins


def _is_same(origin: SplitResult | None, host: str, scope: Scope) -> bool:
    if origin is None:
        return False
    if origin.netloc.lower() == host.lower():
        return True
    # localhost, 127.0.0.1 and ::1 are one server under several names, and browsers think of several origins.
    port = (scope.get("server") or ("", None))[1]
    return port is not None and origin.port == port and is_loopback(origin.hostname or "")


def _split(origin: str) -> SplitResult | None:
    try:
        parts = urlsplit(origin)
        parts.port  # noqa: B018 - raises for a port that is none
    except ValueError:
        return None
    return parts if parts.scheme in ("http", "https") and parts.hostname else None


def _host_name(host: str) -> str:
    """Return the host without its port, in lower case; an IPv6 address without its brackets.

    What is neither ``name[:port]`` nor ``[address][:port]`` has no name: an empty one is returned.
    """
    found = HOST.fullmatch(host.lower())
    return found["address"] or found["name"] if found else ""


def _configured_name(host: str) -> str:
    """Return a host of the configuration, where an IPv6 address needs no brackets, as `_host_name` writes it."""
    host = host.strip().lower()
    return host if host.count(":") > 1 and "[" not in host else _host_name(host)
