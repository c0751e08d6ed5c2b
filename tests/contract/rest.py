"""A question over REST: the same arguments, under their names and at their places there."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import httpx

from tests.contract.cases.base import Case
from tests.contract.site import Site
from tests.contract.worlds import World

RENAMED: Mapping[str, Mapping[str, str]] = {
    "thread_create": {"agent_id": "creator_agent_id"},
    "msg_edit": {"new_content": "content"},
    "msg_search": {"query": "q"},
}
MORE: Mapping[str, Mapping[str, Any]] = {"msg_edit": {"edited_by": "human"}}
"""What clients of old send besides."""

IN_HEADER = frozenset({"thread_create", "msg_post", "msg_react", "agent_set_typing", "msg_wait"})
"""Operations whose token comes in a header."""

WITH_BODY = frozenset({"POST", "PUT"})


def ask(site: Site, case: Case, world: World, method: str, path: str) -> httpx.Response:
    """Ask what a case asks."""
    given = (case.rest_given or case.given)(world)
    headers: dict[str, str] = {}
    caller = case.rest_caller or case.caller
    if caller in ("nova", "orion"):
        agent = getattr(world, caller)
        headers["X-Agent-Token"] = agent.token
        if case.operation == "thread_create" and case.rest_given is None:
            given = {"agent_id": agent.id, **given}
    if caller == "operator":
        headers["X-Admin-Token"] = site.operator
    if case.operation in IN_HEADER and "token" in given:
        headers["X-Agent-Token"] = given.pop("token")
    if case.rest_given is None:
        names = RENAMED.get(case.operation, {})
        given = {names.get(key, key): value for key, value in given.items()} | MORE.get(case.operation, {})
    address = re.sub(r"\{(\w+)\}", lambda match: quote(str(given.pop(match[1])), safe=""), path)
    where: dict[str, Any] = {"json": given} if method in WITH_BODY else {"params": given}
    if "file" in given:
        where = {"files": given}
    return site.person.request(method, address, headers=headers, **where)
