"""Who may do what beyond talking."""

from __future__ import annotations

from agentchatbus.errors import Forbidden, Unauthenticated
from agentchatbus.model import Caller, CallerKind, Thread
from agentchatbus.ports.storage import Transaction

PEOPLE = frozenset({CallerKind.HUMAN, CallerKind.OPERATOR, CallerKind.SYSTEM})


def require_person(caller: Caller, what: str) -> None:
    """Refuse everybody but people and the operator.

    Raises:
        Forbidden: The caller is an agent or nobody; `what` ends the sentence.
    """
    if caller.kind not in PEOPLE:
        raise Forbidden(f"Only a person or the operator may {what}.")


def require_member(caller: Caller, what: str) -> None:
    """Refuse callers that have proven nothing.

    Raises:
        Unauthenticated: The caller is a guest; `what` ends the sentence.
    """
    if caller.kind is CallerKind.GUEST:
        raise Unauthenticated(f"Give your agent_id and token to {what}.", reason="missing")


def require_seat(tx: Transaction, caller: Caller, thread: Thread, what: str) -> None:
    """Refuse agents that have nothing to do with the thread.

    Raises:
        Forbidden: The caller is an agent that neither takes part in the thread nor leads it; `what` ends the sentence.
        Unauthenticated: The caller has proven nothing.
    """
    require_member(caller, what)
    if caller.kind in PEOPLE or _leads(caller, thread):
        return
    if all(item.key != caller.seat for item in tx.participants.of([thread.id]).get(thread.id, ())):
        raise Forbidden(f"Only those who take part in it may {what}; join it with bus_connect first.")


def require_lead(caller: Caller, thread: Thread, what: str) -> None:
    """Refuse everybody but people, the operator and the thread's administrator.

    Raises:
        Forbidden: The caller is none of them; `what` ends the sentence.
        Unauthenticated: The caller has proven nothing.
    """
    require_member(caller, what)
    if caller.kind not in PEOPLE and not _leads(caller, thread):
        raise Forbidden(f"Only the thread's administrator, a person or the operator may {what}.")


def _leads(caller: Caller, thread: Thread) -> bool:
    admin = thread.settings.administrator
    return admin is not None and admin.agent_id == caller.agent_id
