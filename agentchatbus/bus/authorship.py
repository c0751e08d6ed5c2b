"""Who a message is from: stamped by the bus, never taken from the text of the request."""

from __future__ import annotations

from dataclasses import replace

from agentchatbus.bus.bounds import check_name
from agentchatbus.bus.names import Names
from agentchatbus.errors import Forbidden, InvalidRequest, Unauthenticated
from agentchatbus.lookalikes import is_reserved
from agentchatbus.model import HUMAN, Caller, CallerKind, MessageDraft, Role
from agentchatbus.ports.storage import Storage


async def stamp(draft: MessageDraft, caller: Caller, storage: Storage, names: Names) -> MessageDraft:
    """Return the draft with the author that the caller has proven to be.

    Raises:
        Forbidden: The draft claims to be somebody else.
        Unauthenticated: The draft claims to be an agent, and no token proves it.
        InvalidRequest: The role is not for this author.
    """
    if draft.role is Role.SYSTEM and caller.kind is not CallerKind.SYSTEM:
        raise InvalidRequest(f"role 'system' is not allowed for {caller.kind} messages", field="role")
    if caller.is_agent:
        return await _as_agent(draft, caller, storage, names)
    return await _as_other(draft, caller, storage, names)


async def _as_agent(draft: MessageDraft, caller: Caller, storage: Storage, names: Names) -> MessageDraft:
    claimed = draft.author.strip()
    own = {"", caller.agent_id, caller.name, caller.display_name}
    if claimed not in own and (is_reserved(claimed) or await _is_agent(claimed, storage, names)):
        raise Forbidden(f"Your token proves that you are '{caller.name}'; you cannot post as '{claimed}'.")
    return replace(draft, author=caller.name, author_id=caller.agent_id, author_name=caller.name)


async def _as_other(draft: MessageDraft, caller: Caller, storage: Storage, names: Names) -> MessageDraft:
    is_person = caller.kind in (CallerKind.HUMAN, CallerKind.OPERATOR)
    claimed = draft.author.strip() or (HUMAN if is_person else "")
    if not claimed:
        raise InvalidRequest("author must not be empty", field="author")
    if is_person and claimed == HUMAN:
        return replace(draft, author=HUMAN, author_id=None, author_name=HUMAN)
    check_name("author", claimed)
    if is_reserved(claimed):
        raise Forbidden(f"'{claimed}' cannot be claimed; post with your agent token.")
    if await _is_agent(claimed, storage, names):
        raise Unauthenticated("X-Agent-Token header required to post as a registered agent", reason="agent")
    return replace(draft, author=claimed, author_id=None, author_name=claimed)


async def _is_agent(name: str, storage: Storage, names: Names) -> bool:
    """Return whether an agent has this id, or a name that looks like this one."""
    return names.is_taken(name) or await storage.read(lambda tx: tx.agents.get(name.lower())) is not None
