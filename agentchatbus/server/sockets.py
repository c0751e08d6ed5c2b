"""Taking a port, and saying why it cannot be taken."""

from __future__ import annotations

import contextlib
import errno
import http.client
import json
import os
import socket

from agentchatbus.bus.health import SERVICE
from agentchatbus.config import ServerTable
from agentchatbus.errors import ConfigError

BACKLOG = 2048
PROBE_SECONDS = 1.0


def bind(server: ServerTable) -> socket.socket:
    """Listen where the configuration says.

    Clients that come from now on wait until the server is ready instead of being turned away.

    Raises:
        ConfigError: The address cannot be used; the message says who has it, or what to change.
    """
    family, address = _resolve(server)
    # The protocol is named, because asyncio turns Nagle's algorithm off only for sockets that say they are TCP.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        if os.name == "posix":  # elsewhere it lets a second server take the same port
            listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if family == socket.AF_INET6 and address[0] == "::":
            listener.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 0)
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise ConfigError(_reason(server, error)) from None
    listener.settimeout(0)
    return listener


def _resolve(server: ServerTable) -> tuple[socket.AddressFamily, tuple[str, int]]:
    try:
        found = socket.getaddrinfo(server.host, server.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE)
    except (OSError, UnicodeError):
        raise ConfigError(
            f"{server.host!r} is no address to listen on. Write 127.0.0.1 for this machine alone."
        ) from None
    family, _, _, _, address = min(found, key=lambda item: item[0] != socket.AF_INET)
    return family, (str(address[0]), int(address[1]))


def _reason(server: ServerTable, error: OSError) -> str:
    if error.errno == errno.EADDRINUSE:
        return _rival(server)
    if error.errno in (errno.EACCES, errno.EPERM):
        return f"You may not listen on port {server.port}. Choose one from 1024 on with --port."
    if error.errno == errno.EADDRNOTAVAIL:
        return f"This machine has no address {server.host!r}. Write 127.0.0.1 for this machine alone."
    return f"The bus cannot listen on {server.url}: {error.strerror}."


def _rival(server: ServerTable) -> str:
    advice = "or choose another port with --port (0 takes any free one)."
    if (version := _running_version(server)) is not None:
        return f"An AgentChatBus{version} already answers on {server.url}. Use that one, stop it, {advice}"
    return f"Port {server.port} of {server.host} is taken by another program. Stop it, {advice}"


def _running_version(server: ServerTable) -> str | None:
    """Return the version of the bus that answers there, with a blank before it; None when it is no bus."""
    with contextlib.suppress(OSError, ValueError, http.client.HTTPException, AttributeError):
        address = server.url.removeprefix("http://")
        connection = http.client.HTTPConnection(address, timeout=PROBE_SECONDS)
        with contextlib.closing(connection):
            connection.request("GET", "/health")
            health = json.loads(connection.getresponse().read(4096))
        if health.get("service") == SERVICE:
            return f" {health['version']}" if "version" in health else ""
    return None
