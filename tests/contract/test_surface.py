"""What an old client looks for by name is there; and what is there has a row in the contract."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from tests.contract.cases import CASES
from tests.contract.drivers import MCP_WAYS, Bridges, RpcError, mcp_client
from tests.contract.shapes import MOMENT, problems
from tests.contract.site import Site
from tests.contract.surface import PROMPTS, RESOURCES, ROUTES, THREAD_RESOURCES, TOOLS
from tests.contract.table import operations
from tests.contract.worlds import MISSING, World

INSIDE = {"resource_list", "resource_read", "resource_complete", "prompt_get", "prompt_complete"}
"""Operations that clients reach through resources and prompts alone; see below."""

NEVER_REFUSES = {"ide_status"}
"""Operations that have an answer for everybody."""

ENDS = {"server_shutdown"}
"""Operations that no test can have succeed on a server that others use; they have tests of their own."""


def routes() -> set[str]:
    return {line for line in ROUTES.split("\n") if line}


def test_every_operation_has_rows_for_every_way_in() -> None:
    over_mcp = {case.operation for case in CASES if case.mcp is not None}
    over_rest = {case.operation for case in CASES if case.rest is not None}
    known = operations()
    assert {name for name, item in known.items() if item.tool} - over_mcp == set()
    assert {name for name, item in known.items() if item.route is not None} - over_rest == set()
    assert {name for name, item in known.items() if not item.tool and item.route is None} == INSIDE


def test_every_operation_has_a_row_that_is_done_and_one_that_is_refused() -> None:
    done = {case.operation for case in CASES if not case.refused}
    refused = {case.operation for case in CASES if case.refused}
    takes_nothing = {name for name, item in operations().items() if not item.params.model_fields}
    assert operations().keys() - INSIDE - done == ENDS
    assert operations().keys() - INSIDE - refused - takes_nothing == NEVER_REFUSES


def test_rows_have_titles_of_their_own() -> None:
    titles = [case.title for case in CASES]
    assert sorted(titles) == sorted(set(titles))


@pytest.mark.parametrize("way", MCP_WAYS)
def test_tools_have_their_names_order_and_arguments(way: str, site: Site, bridges: Bridges) -> None:
    with mcp_client(way, site, bridges) as client:
        tools = {tool["name"]: tool for tool in client.request("tools/list", {})["tools"]}
    assert [name for name in tools if name in TOOLS][:25] == [*TOOLS][:25]
    assert TOOLS.keys() - tools.keys() == set()
    missing = {
        name: set(arguments.split()) - tools[name]["inputSchema"]["properties"].keys()
        for name, arguments in TOOLS.items()
    }
    assert {name: names for name, names in missing.items() if names} == {}


@pytest.mark.parametrize("way", MCP_WAYS)
def test_a_tool_that_does_not_exist_is_named(way: str, site: Site, bridges: Bridges) -> None:
    with mcp_client(way, site, bridges) as client:
        assert client.call("nope", {}).structured == {"error": "Unknown tool: nope"}


@pytest.mark.parametrize("way", ["legacy", "sse"])
def test_the_bus_says_its_name_and_version(way: str, site: Site, bridges: Bridges) -> None:
    with mcp_client(way, site, bridges) as client:
        info = client.begun["serverInfo"]  # type: ignore[attr-defined]
        assert client.request("ping", {}) == {}
    assert info["name"] == "AgentChatBus"
    assert info["version"] == site.ask("GET", "/health")["version"]


@pytest.mark.parametrize("route", sorted(routes()))
def test_a_route_is_documented_and_there(route: str, site: Site) -> None:
    document = site.ask("GET", "/openapi.json")["paths"]
    known = {f"{verb.upper()} {re.sub('{[^}]*}', '{}', known)}" for known, verbs in document.items() for verb in verbs}
    assert route in known


@pytest.mark.parametrize("way", MCP_WAYS)
def test_resources_are_listed_and_read(way: str, site: Site, bridges: Bridges, world: World) -> None:
    assert world.message
    with mcp_client(way, site, bridges) as client:
        listed = {item["uri"]: item for item in client.request("resources/list", {})["resources"]}
        found = {uri: read(client, uri) for uri in RESOURCES}
    assert {uri: (item["name"], item["mimeType"]) for uri, item in listed.items() if uri in RESOURCES} == RESOURCES
    assert {mime for mime, _ in found.values()} == {"application/json"}
    config, agents, threads = (json.loads(text) for _, text in found.values())
    keys = ("preferred_language", "language_source", "language_note", "bus_name", "version", "endpoint")
    assert problems(config, dict.fromkeys(keys, str)) == []
    agent = {"agent_id": str, "name": str, "description": str, "capabilities": list, "skills": list, "is_online": bool}
    assert problems(agents, [agent]) == []
    thread = {"thread_id": str, "topic": str, "status": str, "created_at": MOMENT}
    assert problems(threads, [thread]) == []
    assert threads[0]["thread_id"] == world.thread


@pytest.mark.parametrize("way", MCP_WAYS)
def test_what_was_said_in_a_thread_can_be_read_as_a_resource(
    way: str, site: Site, bridges: Bridges, world: World
) -> None:
    assert world.message
    assert world.hidden
    world.close()
    with mcp_client(way, site, bridges) as client:
        templates = client.request("resources/templates/list", {})["resourceTemplates"]
        found = {part: read(client, f"chat://threads/{world.thread}/{part}") for part in THREAD_RESOURCES}
    assert {f"chat://threads/{{thread_id}}/{part}" for part in THREAD_RESOURCES} <= {
        template["uriTemplate"] for template in templates
    }
    assert {part: mime for part, (mime, _) in found.items()} == THREAD_RESOURCES
    head, empty, *lines = found["transcript"][1].split("\n")
    assert (head, empty) == (f"# Thread: {world.opened['topic']}  [status: closed]", "")
    assert lines[0].startswith("[seq=0] System (system): ")
    assert lines[-2:] == [
        f"[seq=1] {world.nova.name} (user): hello world {world.mark}",
        "[seq=2] human (user): [human-only content hidden]",
    ]
    assert found["summary"][1] == "bye"
    state = {"thread_id": world.thread, "status": "closed", "latest_seq": 2, "created_at": MOMENT, "topic": str}
    assert problems(json.loads(found["state"][1]), state) == []


@pytest.mark.parametrize("way", MCP_WAYS)
@pytest.mark.parametrize("uri", [f"chat://threads/{MISSING}/state", "chat://nothing/there"])
def test_a_resource_that_does_not_exist_is_an_error(way: str, uri: str, site: Site, bridges: Bridges) -> None:
    with mcp_client(way, site, bridges) as client, pytest.raises(RpcError) as refused:
        client.request("resources/read", {"uri": uri})
    assert refused.value.code == (-32002 if way in ("legacy", "sse") else -32602)


@pytest.mark.parametrize("way", MCP_WAYS)
@pytest.mark.parametrize("name", PROMPTS)
def test_prompts_are_listed_and_filled_in(way: str, name: str, site: Site, bridges: Bridges) -> None:
    arguments = {argument: f"the {argument}" for argument in PROMPTS[name]}
    with mcp_client(way, site, bridges) as client:
        listed = {item["name"]: item for item in client.request("prompts/list", {})["prompts"]}
        filled = client.request("prompts/get", {"name": name, "arguments": arguments})
        with pytest.raises(RpcError):
            client.request("prompts/get", {"name": name, "arguments": {}})
    assert {item["name"]: item["required"] for item in listed[name]["arguments"]} == PROMPTS[name]
    [message] = filled["messages"]
    assert message["role"] == "user"
    assert all(value in message["content"]["text"] for value in arguments.values())
    assert isinstance(filled["description"], str)


@pytest.mark.parametrize("way", MCP_WAYS)
def test_a_prompt_that_does_not_exist_is_an_error(way: str, site: Site, bridges: Bridges) -> None:
    with mcp_client(way, site, bridges) as client, pytest.raises(RpcError, match=r"(?i)prompt"):
        client.request("prompts/get", {"name": "nope"})


def read(client: Any, uri: str) -> tuple[str, str]:
    """Return the media type and the text of a resource."""
    [content] = client.request("resources/read", {"uri": uri})["contents"]
    assert content["uri"] == uri
    return content["mimeType"], content["text"]
