"""A yardstick: an operation that takes the same body as a post, validates it, and stores nothing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from pydantic import Field

from agentchatbus.plugin_api import (
    Call,
    CredentialParams,
    Operation,
    Plugin,
    PluginSettings,
    Priority,
    Role,
    Route,
    hookimpl,
    operation,
    operations_of,
)


class NoopParams(CredentialParams):
    """The parameters of a post."""

    thread_id: str
    content: str
    author: str = "human"
    expected_last_seq: int | None = None
    reply_token: str | None = Field(None, repr=False)
    role: Role = Role.USER
    priority: Priority = Priority.NORMAL
    mentions: list[str] | None = None
    metadata: dict[str, Any] | None = None
    reply_to_msg_id: str | None = None


class NoopOperations:
    """The yardstick."""

    @operation(route=Route(method="POST", path="/api/bench/threads/{thread_id}/messages", status=201))
    async def bench_noop(self, params: NoopParams, call: Call) -> dict[str, Any]:
        """Validate a post and store nothing."""
        return {"msg_id": params.thread_id, "seq": 1, "author": params.author, "by": call.caller.key}


class NoopPlugin(Plugin[PluginSettings]):
    """Offers ``bench_noop``."""

    @hookimpl
    def register_operations(self) -> Sequence[Operation[Any]]:
        return operations_of(NoopOperations())
