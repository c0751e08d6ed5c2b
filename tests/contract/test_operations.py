"""Every operation over every way in: its answer, and each of its refusals."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import pytest

from tests.contract import rest
from tests.contract.cases import CASES
from tests.contract.cases.base import Case
from tests.contract.drivers import MCP_WAYS, Bridges, mcp_client
from tests.contract.shapes import problems
from tests.contract.site import Site
from tests.contract.table import operations
from tests.contract.worlds import World

ARRAYS = {"msg_list": "messages", "agent_list": "agents", "template_list": "templates"}
READERS = {"msg_list", "msg_wait"}
"""Tools that answer with text for models unless they are asked for JSON."""


def proof_of(case: Case, world: World) -> dict[str, str]:
    """Return the caller's proof as arguments, where the operation takes one."""
    return getattr(world, case.caller).proof if takes_proof(case) and case.caller in ("nova", "orion") else {}


def takes_proof(case: Case) -> bool:
    return "token" in operations()[case.operation].params.model_fields


@cache
def over_mcp() -> list[Any]:
    return [
        pytest.param(case, way, id=f"{case.title} ({way})")
        for case in CASES
        if case.mcp is not None
        if operations()[case.operation].tool
        for way in MCP_WAYS
    ]


@pytest.mark.parametrize(("case", "way"), over_mcp())
def test_a_tool_answers_as_the_contract_says(case: Case, way: str, site: Site, bridges: Bridges, world: World) -> None:
    arguments = {**case.given(world), **proof_of(case, world)}
    as_operator = case.caller == "operator"
    headers = {"X-Admin-Token": site.operator} if as_operator else None
    with mcp_client(way, site, bridges, as_operator=as_operator, is_fresh=case.is_alone) as client:
        result = client.call(case.operation, arguments, headers)
    assert problems(result.structured, case.mcp) == []
    assert result.is_refused is case.refused
    if arguments.get("return_format") == "json" or case.operation not in READERS or case.refused:
        [block] = result.content
        assert block["type"] == "text"
        assert json.loads(block["text"]) == in_text(case, result.structured)


def in_text(case: Case, structured: Any) -> Any:
    """Return what clients of old read in the text: the object, or the bare array inside it."""
    return structured if case.refused else structured.get(ARRAYS.get(case.operation), structured)


@pytest.mark.parametrize("case", [pytest.param(case, id=case.title) for case in CASES if case.rest is not None])
def test_a_route_answers_as_the_contract_says(case: Case, site: Site, world: World) -> None:
    route = operations()[case.operation].route
    assert route is not None
    response = rest.ask(site, case, world, route.method, route.path)
    assert response.status_code == case.rest, response.text
    if case.rest == 204:
        assert response.content == b""
        return
    media = "application/json" if case.refused else case.media
    assert response.headers["content-type"] == media or media is None
    if case.answer is not None:
        body = response.json() if media == "application/json" else response.text
        assert problems(body, case.answer) == []
