"""The OpenAPI document and its page."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from html.parser import HTMLParser
from importlib.metadata import version
from typing import Any, cast

import jsonschema
import pytest

from agentchatbus.plugin_api import Operation, Params, Plugin, PluginSettings, Route, hookimpl
from agentchatbus.testing import MakeBus
from agentchatbus_rest.fixed import FIXED_PATHS
from agentchatbus_rest.presenters import PRESENTERS
from tests.plugins.rest_kit import Rest, open_rest

GOOD = ("200", "201", "202")


class Undescribable:
    """A result that pydantic knows nothing of."""


class ShelfParams(Params):
    """Parameters of a stranger's operation."""

    shelf: str
    depth: int = 0


class ShelfPlugin(Plugin[PluginSettings]):
    """Offers an operation with a nasty summary."""

    @hookimpl
    def register_operations(self) -> Sequence[Operation[Any]]:
        async def handler(params: ShelfParams, call: object) -> Undescribable:
            return Undescribable()

        return [
            Operation(
                name="shelf_get",
                summary="Look at <script>alert(1)</script> & more.",
                params=ShelfParams,
                result=Undescribable,
                handler=handler,
                route=Route(method="GET", path="/api/shelves/{shelf}"),
            )
        ]


class Elements(HTMLParser):
    """Counts the elements of a page and takes the addresses it names."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.names: set[str] = set()
        self.addresses: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.names.add(tag)
        self.addresses |= {value or "" for name, value in attrs if name in ("href", "src")}


async def document_of(rest: Rest) -> dict[str, Any]:
    """Return the OpenAPI document."""
    return cast("dict[str, Any]", (await rest.http.get("/openapi.json")).json())


def references(value: Any) -> Iterator[str]:
    """Yield every reference in a document."""
    if isinstance(value, dict):
        yield from ([value["$ref"]] if isinstance(value.get("$ref"), str) else [])
        value = list(value.values())
    for item in value if isinstance(value, list) else ():
        yield from references(item)


async def test_every_route_is_described(make_bus: MakeBus) -> None:
    """H70: under the version that is installed."""
    rest = await open_rest(make_bus)
    document = await document_of(rest)
    described = {
        (method.upper(), path) for path, item in document["paths"].items() for method in item if path.startswith("/api")
    }
    routes = {(route.method, route.path) for operation in rest.bus.app.operations if (route := operation.route)}
    also = {(route.method, route.path) for presenter in PRESENTERS.values() for route in presenter.also}
    fixed = {(method.upper(), path) for path, item in FIXED_PATHS.items() for method in item if path.startswith("/api")}
    assert described == routes | also | fixed
    assert {"/health", "/events"} <= document["paths"].keys()
    assert (document["openapi"], document["info"]["version"]) == ("3.1.0", version("agentchatbus"))


async def test_every_operation_has_a_tag_a_summary_and_its_errors(make_bus: MakeBus) -> None:
    document = await document_of(await open_rest(make_bus))
    for path, item in document["paths"].items():
        for operation in item.values():
            assert operation["tags"]
            assert operation["summary"]
            assert "401" in operation["responses"] or path in ("/health", "/api/me", "/api/logout")
    post = document["paths"]["/api/threads/{thread_id}/messages"]["post"]
    assert set(post["responses"]) == {
        "201",
        "400",
        "401",
        "403",
        "404",
        "409",
        "413",
        "415",
        "422",
        "429",
        "500",
        "503",
    }


def contents(document: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every body and every good answer in JSON of the API, with the operation's name."""
    for path, item in document["paths"].items():
        for operation in item.values() if path.startswith("/api") else ():
            bodies = [operation.get("requestBody", {}), *(operation["responses"].get(status, {}) for status in GOOD)]
            for body in bodies:
                if described := body.get("content", {}).get("application/json"):
                    yield operation["operationId"], described


async def test_every_body_and_every_answer_has_an_example_that_fits_its_schema(make_bus: MakeBus) -> None:
    document = await document_of(await open_rest(make_bus))
    for operation, content in contents(document):
        assert "example" in content, operation
        schema = {**content["schema"], "components": document["components"]}
        jsonschema.validate(content["example"], schema, jsonschema.Draft202012Validator)


async def test_every_reference_leads_somewhere(make_bus: MakeBus) -> None:
    document = await document_of(await open_rest(make_bus))
    for reference in set(references(document)):
        target: Any = document
        for part in reference.removeprefix("#/").split("/"):
            target = target[part]


async def test_a_body_is_described_as_it_looks_over_rest(make_bus: MakeBus) -> None:
    document = await document_of(await open_rest(make_bus))

    def body(path: str) -> Any:
        return document["paths"][path]["post"]["requestBody"]["content"]["application/json"]

    thread = body("/api/threads")
    assert set(thread["schema"]["properties"]) == {"topic", "creator_agent_id", "metadata", "system_prompt", "template"}
    assert (
        set(thread["schema"]["required"]) == {"topic", "creator_agent_id"} == set(thread["example"]) - {"system_prompt"}
    )
    message = body("/api/threads/{thread_id}/messages")
    assert message["schema"]["required"] == ["content"]
    assert {"images", "mentions", "reply_token"} <= set(message["schema"]["properties"])
    assert not {"thread_id", "agent_id", "token"} & set(message["schema"]["properties"])


async def test_parameters_have_their_places_and_defaults(make_bus: MakeBus) -> None:
    document = await document_of(await open_rest(make_bus))
    operation = document["paths"]["/api/threads/{thread_id}/messages"]["get"]
    places = {
        item["name"]: (item["in"], item["required"], item["schema"].get("default")) for item in operation["parameters"]
    }
    assert places["thread_id"] == ("path", True, None)
    assert places["limit"] == ("query", False, 200)
    assert "requestBody" not in operation


async def test_an_answer_has_every_field_that_its_schema_requires(make_bus: MakeBus) -> None:
    rest = await open_rest(make_bus)
    document = await document_of(rest)
    message = (await rest.post()).json()
    agent = await rest.register()
    answers = {
        "PostedMessage": message,
        "MessageItem": (await rest.http.get(rest.messages)).json()[0],
        "MessageDetail": (await rest.http.get(f"/api/messages/{message['id']}")).json(),
        "ThreadDetail": (await rest.http.get(f"/api/threads/{rest.bus.thread}")).json(),
        "RegisteredAgent": agent,
        "AgentItem": (await rest.http.get("/api/agents")).json()[0],
        "AgentDetail": (await rest.http.get(f"/api/agents/{agent['agent_id']}")).json(),
        "Sync": (await rest.http.post(f"/api/threads/{rest.bus.thread}/sync-context")).json(),
    }
    for name, answer in answers.items():
        schema = document["components"]["schemas"][name]
        assert set(schema["properties"]) == set(schema["required"]) == set(answer), name


async def test_a_strangers_operation_is_described_too(make_bus: MakeBus) -> None:
    rest = await open_rest(make_bus, plugins=[ShelfPlugin(PluginSettings())])
    operation = (await document_of(rest))["paths"]["/api/shelves/{shelf}"]["get"]
    assert [(item["name"], item["in"]) for item in operation["parameters"]] == [("shelf", "path"), ("depth", "query")]
    assert operation["responses"]["200"]["content"] == {"application/json": {"schema": {}}}


async def test_the_page_runs_nothing_and_loads_nothing(make_bus: MakeBus) -> None:
    """H22, H96."""
    rest = await open_rest(make_bus, plugins=[ShelfPlugin(PluginSettings())])
    answer = await rest.http.get("/docs")
    page = Elements(answer.text)
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert not {"script", "link", "img", "iframe"} & page.names
    assert page.addresses == {"/openapi.json"}
    assert "/api/shelves/{shelf}" in answer.text
    assert not re.search(r"https?://", answer.text)


@pytest.mark.parametrize("module", ["fastapi", "starlette"])
def test_a_start_does_not_pay_for_what_only_the_page_needs(module: str) -> None:
    code = f"import sys, agentchatbus_rest.app; sys.exit({module!r} in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
