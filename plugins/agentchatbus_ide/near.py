"""Who may manage the server: a person, at this machine."""

from __future__ import annotations

from ipaddress import ip_address

from agentchatbus.plugin_api import Caller, Forbidden


def require_near(caller: Caller, refusal: str) -> None:
    """Refuse agents, and everybody whose connection comes from elsewhere.

    Raises:
        Forbidden: With `refusal` for those from elsewhere.
    """
    if not is_loopback(caller.address):
        raise Forbidden(refusal)
    require_person(caller)


def require_person(caller: Caller) -> None:
    """Refuse agents and those who have proven nothing.

    Raises:
        Forbidden: The caller is no person.
    """
    if not caller.sees_human_only:
        raise Forbidden("Only a person or the operator may manage the server.")


def is_loopback(address: str | None) -> bool:
    """Return whether a peer is on this machine; one without an address is in this process."""
    try:
        return address is None or ip_address(address).is_loopback
    except ValueError:
        return False
