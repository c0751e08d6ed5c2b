"""Arguments of REST requests that the operations take in another form."""

from __future__ import annotations

from typing import Any

from agentchatbus.plugin_api import HUMAN, InvalidRequest, Priority, ThreadStatus, Unauthenticated
from agentchatbus_rest.http import Inbound


def require_creator(arguments: dict[str, Any], inbound: Inbound) -> None:
    """Take the creator of a thread from the body and its token from the header."""
    missing = [name for name, key in (("topic", "topic"), ("creator_agent_id", "agent_id")) if key not in arguments]
    if missing:
        problems = [{"type": "missing", "loc": (name,), "msg": "Field required"} for name in missing]
        raise InvalidRequest(f"Missing: {', '.join(missing)}", errors=problems)
    if arguments["agent_id"] == HUMAN:
        del arguments["agent_id"]  # no agent's id: a person is known by the way in, or by the login
        return
    arguments["token"] = inbound.token or arguments.get("token")
    if arguments["token"] is None:
        raise Unauthenticated("X-Agent-Token header required to create thread as a registered agent")
    if arguments["agent_id"] is None or not str(arguments["agent_id"]).strip():
        raise Unauthenticated("creator_agent_id is required")


def drop_unproven_claim(arguments: dict[str, Any], inbound: Inbound) -> None:
    """Ignore an agent id without a token: it proves nothing, and the token is then bound to nobody."""
    if inbound.token is None and arguments.get("token") is None:
        arguments.pop("agent_id", None)


def accept_images(arguments: dict[str, Any], _: Inbound) -> None:
    """Move images into the metadata, where they are kept."""
    images = arguments.pop("images", None)
    if not images:
        return
    if not isinstance(images, list) or not all(_is_image(image) for image in images):
        text = "Input should be a list of objects with the keys url and name"
        raise InvalidRequest(text, errors=[{"type": "list_type", "loc": ("images",), "msg": text}])
    metadata = arguments.get("metadata") or {}
    if isinstance(metadata, dict):
        arguments["metadata"] = {**metadata, "images": images}


def check_priority(arguments: dict[str, Any], _: Inbound) -> None:
    """Refuse a filter that can match nothing, in the words that clients of the contract know."""
    priority = arguments.get("priority")
    if priority is not None and priority not in list(Priority):
        raise InvalidRequest(f"Invalid priority filter '{priority}'")


def check_state(arguments: dict[str, Any], _: Inbound) -> None:
    """Refuse a state that there is none of, in the words that clients of the contract know."""
    state = arguments.get("state")
    if isinstance(state, str) and state not in list(ThreadStatus):
        known = ", ".join(status.value for status in ThreadStatus)
        raise InvalidRequest(f"Invalid state '{state}'. Must be one of {known}", field="state")


def accept_edit(arguments: dict[str, Any], _: Inbound) -> None:
    """Refuse an edit without a text or a name, in the words that clients of the contract know."""
    for wire_name, name in (("content", "new_content"), ("edited_by", "edited_by")):
        value = arguments.get(name)
        if isinstance(value, str) and not value.strip():
            raise InvalidRequest(f"{wire_name} must not be empty", field=wire_name)


def drop_people(arguments: dict[str, Any], _: Inbound) -> None:
    """Ignore the id under which people react: it is no agent's, and needs no proof."""
    if arguments.get("agent_id") in ("", HUMAN) and arguments.get("token") is None:
        arguments.pop("agent_id")


def check_query(arguments: dict[str, Any], _: Inbound) -> None:
    """Refuse an empty search, in the words that clients of the contract know."""
    query = arguments.get("query")
    if isinstance(query, str) and not query.strip():
        raise InvalidRequest("Query parameter 'q' must not be empty", field="q")


def accept_coordinator(arguments: dict[str, Any], _: Inbound) -> None:
    """Take the switch of the coordinator under its name of old, too."""
    old = arguments.pop("auto_coordinator_enabled", None)
    if arguments.get("auto_administrator_enabled") is None:
        arguments["auto_administrator_enabled"] = old


def require_update_token(arguments: dict[str, Any], inbound: Inbound) -> None:
    """Say that a token is missing before the agent in the path counts as an unproven claim."""
    if arguments.get("token") is None and inbound.token is None:
        text = "Field required"
        raise InvalidRequest(text, errors=[{"type": "missing", "loc": ("token",), "msg": text}])


def _is_image(image: object) -> bool:
    return isinstance(image, dict) and isinstance(image.get("url"), str)
