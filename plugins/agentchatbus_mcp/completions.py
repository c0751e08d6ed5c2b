"""Completion of thread ids, topics and agent names while a person types."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from mcp_types import CompleteRequestParams, ResourceTemplateReference

from agentchatbus.plugin_api import Agent, NotFound, Operations, Session, ThreadPage
from agentchatbus_mcp.prompts import PROMPTS
from agentchatbus_mcp.resources import THREAD_PREFIX

MOST = 100
"""Values in one answer; the protocol allows no more."""

NEWEST_THREADS = 200
"""Threads that are looked through."""

AGENT_ARGUMENTS = frozenset({"from_agent", "to_agent"})


class Completions:
    """Completes arguments with what this client may see."""

    def __init__(self, operations: Operations) -> None:
        self._operations = operations

    async def complete(self, params: CompleteRequestParams, session: Session) -> dict[str, Any]:
        """Return the values that fit what was typed so far."""
        typed = params.argument.value.casefold()
        if isinstance(params.ref, ResourceTemplateReference):
            if str(params.ref.uri).startswith(THREAD_PREFIX):
                found = await self._thread_ids(typed, session)
            else:
                found = await self._offered("resource_complete", {"uri": str(params.ref.uri)}, params, session)
        elif params.ref.name not in PROMPTS:
            found = await self._offered("prompt_complete", {"name": params.ref.name}, params, session)
        elif params.argument.name == "topic":
            found = await self._topics(typed, session)
        elif params.argument.name in AGENT_ARGUMENTS:
            found = await self._agents(typed, session)
        else:
            found = ()
        completion = {"values": list(found[:MOST]), "total": len(found), "hasMore": len(found) > MOST}
        return {"completion": completion}

    async def _offered(
        self, operation: str, offer: Mapping[str, str], params: CompleteRequestParams, session: Session
    ) -> Sequence[str]:
        """Complete an argument of something that a plugin offers; for what nobody offers there are no values."""
        arguments = {**offer, "argument": params.argument.name, "typed": params.argument.value}
        try:
            values: Sequence[str] = await self._operations.call(operation, arguments, session)
        except NotFound:
            return ()
        return values

    async def _thread_ids(self, typed: str, session: Session) -> Sequence[str]:
        page: ThreadPage = await self._operations.call("thread_list", {"limit": NEWEST_THREADS}, session)
        return [thread.id for thread in page.threads if thread.id.startswith(typed) or typed in thread.topic.casefold()]

    async def _topics(self, typed: str, session: Session) -> Sequence[str]:
        page: ThreadPage = await self._operations.call("thread_list", {"limit": NEWEST_THREADS}, session)
        return [thread.topic for thread in page.threads if typed in thread.topic.casefold()]

    async def _agents(self, typed: str, session: Session) -> Sequence[str]:
        agents: Sequence[Agent] = await self._operations.call("agent_list", {}, session)
        return [agent.name for agent in agents if typed in agent.name.casefold()]
