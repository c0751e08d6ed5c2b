"""The private names of the MCP SDK that the bus needs, all of them in this one place.

The SDK gives handlers a session object for one request; the connection behind it, which lives as long as the client
stays, is private. Two things need it: what a connection remembers, and cleaning up when it ends.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from mcp.server.connection import Connection
from mcp.server.context import ServerRequestContext

Context = ServerRequestContext[Any, Any]


def connection_of(context: Context) -> Connection:
    """Return the connection that a request came by."""
    return context.session._connection  # noqa: SLF001 - the reason for this module


def session_id_of(context: Context) -> str | None:
    """Return the id of the client's session over legacy HTTP, None on other ways in."""
    return connection_of(context).session_id


def at_end_of(context: Context, cleanup: Callable[[], None]) -> None:
    """Call `cleanup` when the connection of this request has ended."""
    connection_of(context).exit_stack.callback(cleanup)
