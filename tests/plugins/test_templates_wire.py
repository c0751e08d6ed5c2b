"""Templates over REST and MCP, in the shapes of the contract."""

from __future__ import annotations

import json
from typing import Any

import jsonschema
from mcp_types import TextContent

from agentchatbus.testing import MakeBus
from agentchatbus_templates import TemplatesPlugin, TemplatesSettings
from tests.plugins.mcp_site import call, client_of, refused
from tests.plugins.rest_kit import Rest, open_rest

BUILTIN = ["architecture", "brainstorm", "code-review", "security-audit"]
LISTED = {"id", "name", "description", "is_builtin", "created_at"}
WHOLE = LISTED | {"system_prompt", "default_metadata"}
MINE: dict[str, Any] = {
    "id": "mine",
    "name": "Mine",
    "description": "d",
    "system_prompt": "Be brief.",
    "default_metadata": {"team": "a"},
}


def templates() -> TemplatesPlugin:
    return TemplatesPlugin(TemplatesSettings())


async def rest_bus(make_bus: MakeBus) -> Rest:
    return await open_rest(make_bus, plugins=[templates()])


async def test_rest_lists_templates(make_bus: MakeBus) -> None:
    rest = await rest_bus(make_bus)
    listed = (await rest.http.get("/api/templates")).json()
    assert [item["id"] for item in listed] == BUILTIN
    assert all(set(item) == LISTED and item["is_builtin"] is True for item in listed)


async def test_rest_creates_shows_and_deletes_a_template(make_bus: MakeBus) -> None:
    rest = await rest_bus(make_bus)
    created = await rest.http.post("/api/templates", json=MINE)
    assert created.status_code == 201
    assert created.json() == {"id": "mine", "name": "Mine", "description": "d", "is_builtin": False}
    shown = (await rest.http.get("/api/templates/mine")).json()
    assert set(shown) == WHOLE
    assert shown["created_at"] == "2030-01-01T12:00:00.000000+00:00"
    assert json.loads(shown["default_metadata"]) == {"team": "a"}
    deleted = await rest.http.delete("/api/templates/mine")
    assert (deleted.status_code, deleted.content) == (204, b"")
    assert (await rest.http.get("/api/templates/code-review")).json()["default_metadata"] is None


async def test_rest_refuses_in_the_words_of_the_contract(make_bus: MakeBus) -> None:
    rest = await rest_bus(make_bus)
    http = rest.http
    answers = [
        (await http.get("/api/templates/nope"), 404, "Template not found"),
        (await http.delete("/api/templates/nope"), 404, "Template 'nope' not found."),
        (
            await http.delete("/api/templates/brainstorm"),
            403,
            "Template 'brainstorm' is built-in and cannot be deleted.",
        ),
        (
            await http.post("/api/templates", json=MINE | {"id": "brainstorm"}),
            409,
            "Template with id 'brainstorm' already exists.",
        ),
    ]
    assert [(answer.status_code, answer.json()["detail"]) for answer, _, _ in answers] == [
        (status, detail) for _, status, detail in answers
    ]
    assert (await http.post("/api/templates", json=MINE | {"id": ""})).status_code == 400
    assert (await http.post("/api/templates", json={"id": "mine"})).status_code == 422


async def test_rest_checks_who_creates_a_template_only_when_both_are_given(make_bus: MakeBus) -> None:
    rest = await rest_bus(make_bus)
    agent = await rest.register()
    wrong = {"agent_id": agent["agent_id"], "token": "wrong"}
    answer = await rest.http.post("/api/templates", json=MINE | wrong)
    assert (answer.status_code, answer.json()["detail"]) == (401, "Invalid agent_id or token")
    right = {"agent_id": agent["agent_id"], "token": agent["token"]}
    assert (await rest.http.post("/api/templates", json=MINE | right)).status_code == 201
    unproven = MINE | {"id": "other", "agent_id": agent["agent_id"]}
    assert (await rest.http.post("/api/templates", json=unproven)).status_code == 201


async def test_rest_creates_threads_from_templates(make_bus: MakeBus) -> None:
    rest = await rest_bus(make_bus)
    agent = await rest.register()
    body = {"topic": "New", "creator_agent_id": agent["agent_id"], "template": "brainstorm"}
    headers = {"x-agent-token": agent["token"]}
    opened = (await rest.http.post("/api/threads", json=body, headers=headers)).json()
    assert opened["template_id"] == "brainstorm"
    assert "ideas" in opened["system_prompt"]
    unknown = await rest.http.post("/api/threads", json=body | {"template": "x"}, headers=headers)
    assert (unknown.status_code, unknown.json()["detail"]) == (404, "Thread template 'x' not found.")


async def test_the_openapi_page_describes_templates(make_bus: MakeBus) -> None:
    rest = await rest_bus(make_bus)
    paths = (await rest.http.get("/openapi.json")).json()["paths"]
    assert set(paths["/api/templates"]) == {"get", "post"}
    assert {"get", "delete"} <= set(paths["/api/templates/{template_id}"])
    assert "204" in paths["/api/templates/{template_id}"]["delete"]["responses"]


async def test_mcp_lists_templates_as_a_bare_array(make_bus: MakeBus) -> None:
    async with client_of(await make_bus(plugins=[templates()])) as client:
        result = await client.call_tool("template_list", {})
        [block] = result.content
        assert isinstance(block, TextContent)
        listed = json.loads(block.text)
        assert [item["id"] for item in listed] == BUILTIN
        assert all(set(item) == LISTED for item in listed)
        assert (result.structured_content or {})["templates"] == listed


async def test_mcp_creates_and_shows_a_template(make_bus: MakeBus) -> None:
    async with client_of(await make_bus(plugins=[templates()])) as client:
        assert (await refused(client, "template_create", **MINE))["error"] == "AUTHENTICATION_REQUIRED"
        await call(client, "bus_connect", thread_name="T", ide="A", model="1")
        created = await call(client, "template_create", **MINE)
        assert created == {
            "id": "mine",
            "name": "Mine",
            "description": "d",
            "is_builtin": False,
            "created_at": "2030-01-01T12:00:00.000000+00:00",
        }
        shown = await call(client, "template_get", template_id="mine")
        assert set(shown) == WHOLE
        assert (shown["system_prompt"], shown["default_metadata"]) == ("Be brief.", {"team": "a"})
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        jsonschema.validate(shown, tools["template_get"].output_schema or {})
        assert "template_delete" not in tools
        assert tools["template_create"].input_schema["required"] == ["id", "name"]
        assert "default_metadata" in tools["template_create"].input_schema["properties"]


async def test_mcp_refuses_in_the_words_of_the_contract(make_bus: MakeBus) -> None:
    bus = await make_bus(plugins=[templates()])
    agent = await bus.agent("A")
    proof = {"agent_id": agent.agent_id, "token": agent.token}
    async with client_of(bus) as client:
        assert await refused(client, "template_get", template_id="nope") == {"error": "Template not found"}
        assert await refused(client, "template_create", id="brainstorm", name="Mine", **proof) == {
            "error": "Template with id 'brainstorm' already exists."
        }
        unknown = {"error": "Thread template 'nope' not found."}
        assert await refused(client, "thread_create", topic="T", template="nope", **proof) == unknown
        assert await refused(client, "bus_connect", thread_name="T", template="nope") == unknown
        blank = await refused(client, "template_create", id="", name="Mine", **proof)
        assert blank["error"] == "INVALID_ARGUMENT"
