"""Every defect of the reference bus is guarded here; those that no other test guards are tested below the list."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from agentchatbus.testing import MakeBus
from tests.contract.drivers import ACCEPT, Bridges, ModernHttp, mcp_client
from tests.contract.site import Site
from tests.contract.site import client as connection
from tests.contract.worlds import World
from tests.kernel.support import post

ROOT = Path(__file__).parents[2]
LIST: Mapping[str, Mapping[str, Any]] = tomllib.loads(Path(__file__).with_name("defects.toml").read_text())
NUMBERS = {"H": (*range(1, 15), *range(20, 31), *range(40, 49), *range(60, 73), *range(80, 100)), "M": range(1, 58)}
ALL = [*(f"H{number:02}" for number in NUMBERS["H"]), *(f"M{number}" for number in NUMBERS["M"])]
GUARDED = [(item, node) for item, entry in LIST.items() for node in entry.get("tests", ())]


@cache
def functions(path: str) -> Mapping[str, str]:
    """Return the test functions of a file with everything that can name an item."""
    source = (ROOT / path).read_text()
    tree = ast.parse(source)
    around = {child: ast.get_docstring(node) or "" for node in ast.walk(tree) for child in _tests_of(node)}
    return {test.name: f"{text}\n{ast.get_source_segment(source, test)}" for test, text in around.items()}


def _tests_of(node: ast.AST) -> list[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Return the tests in a module or class."""
    children = node.body if isinstance(node, ast.Module | ast.ClassDef) else []
    return [item for item in children if isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef)]


def names(text: str, item: str) -> bool:
    return re.search(rf"(?<![a-zA-Z0-9]){item}(?![0-9])", text, re.IGNORECASE) is not None


def test_the_list_names_every_defect_once_and_in_order() -> None:
    assert list(LIST) == ALL


@pytest.mark.parametrize("item", ALL)
def test_an_item_is_guarded_or_its_part_is_still_to_come(item: str) -> None:
    entry = LIST[item]
    assert entry["what"]
    assert entry.keys() <= {"what", "tests", "design", "later"}
    assert entry.get("tests") or entry.get("later")


@pytest.mark.parametrize(("item", "node"), GUARDED)
def test_a_test_of_the_list_exists(item: str, node: str) -> None:
    path, _, name = node.partition("::")
    assert name in functions(path)


@pytest.mark.parametrize("item", [item for item in LIST if "tests" in LIST[item] and "design" not in LIST[item]])
def test_one_of_its_tests_names_the_item(item: str) -> None:
    texts = [functions(path)[name] for path, _, name in (node.partition("::") for node in LIST[item]["tests"])]
    assert any(names(text, item) for text in texts)


def test_m18_unknown_sessions_leave_nothing(site: Site) -> None:
    """Nobody has a session who did not begin one."""
    call = {"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}
    with connection(site.url) as http:
        statuses = {
            http.post("/mcp", json=call, headers={**ACCEPT, "Mcp-Session-Id": "deadbeef" * 4}).status_code,
            http.post("/mcp/messages/?session_id=" + "deadbeef" * 4, json=call).status_code,
        }
    assert statuses == {404}


def test_m22_refusals_over_rest_stay_what_they_are_after_tool_calls(site: Site, world: World, bridges: Bridges) -> None:
    with mcp_client("modern", site, bridges) as client:
        client.call("thread_get", {"thread_id": world.thread})
    stale = world.sync()
    world.say("in between")
    answer = site.person.post(f"/api/threads/{world.thread}/messages", json={"content": "late", **stale})
    assert answer.status_code == 409


async def test_m24_a_call_loads_no_code_anew(make_bus: MakeBus) -> None:
    bus = await make_bus()
    await bus.call("msg_list", thread_id=bus.thread)
    before = {name: id(module) for name, module in sys.modules.items() if name.startswith("agentchatbus")}
    await bus.post("hello")
    await bus.call("msg_list", thread_id=bus.thread)
    assert before.items() <= {name: id(module) for name, module in sys.modules.items()}.items()


def test_m26_m57_a_server_writes_into_its_data_folder_only(site: Site, world: World) -> None:
    """Neither waits nor answers are written to files; the folder is the server's working directory, too."""
    wait = {"after_seq": 0, "timeout_ms": 1, "agent_id": world.nova.id}
    site.ask("POST", f"/api/threads/{world.thread}/wait", token=world.nova.token, json=wait)
    known = re.compile(r"agentchatbus\.toml|settings\.toml|server\.log|bus\.db[\w.-]*|.*\.lock|uploads|.*\.json")
    assert [path.name for path in site.server.folder.iterdir() if not known.fullmatch(path.name)] == []
    assert world.nova.token not in "".join(
        path.read_text(errors="replace") for path in site.server.folder.glob("*") if path.suffix in (".log", ".json")
    )


def test_m29_an_agent_outlives_its_connection(site: Site, world: World, bridges: Bridges) -> None:
    with mcp_client("sse", site, bridges) as client:
        assert client.call("agent_resume", world.nova.proof).structured["ok"] is True
    with mcp_client("legacy", site, bridges) as client:
        assert client.call("agent_heartbeat", world.nova.proof).structured == {"ok": True}
        # The new connection remembers nothing of the one before.
        assert client.call("msg_edit", {"message_id": world.message, "new_content": "x"}).is_refused is False
    with mcp_client("legacy", site, bridges) as client:
        refused = client.call("msg_edit", {"message_id": world.message, "new_content": "y"})
    assert refused.structured["error"] == "AUTHENTICATION_REQUIRED"


async def test_m35_a_refusal_shows_why_although_the_message_is_hidden(make_bus: MakeBus) -> None:
    """An agent learns which message it missed, though not what it says, and can go on from there."""
    bus = await make_bus()
    nova = await bus.agent("Nova")
    await bus.post("for people", metadata={"visibility": "human_only"})
    with pytest.raises(Exception, match="SEQ_MISMATCH") as refused:
        await post(nova, "late", nova.sync)
    assert [message.seq for message in refused.value.details["new_messages"]] == [1]  # type: ignore[attr-defined]
    await nova.wait(timeout_ms=0)
    assert (await nova.post("now")).message.seq == 2


async def test_m35_what_an_agent_posts_does_not_end_the_wait_that_follows(make_bus: MakeBus) -> None:
    bus = await make_bus()
    nova = await bus.agent("Nova")
    await nova.post("mine")
    outcome = await nova.wait(timeout_ms=0)
    assert (outcome.messages, outcome.reason) == ([], "timeout")


async def test_m47_a_list_of_messages_is_bounded_whatever_is_asked(make_bus: MakeBus) -> None:
    bus = await make_bus()
    for number in range(1001):
        await bus.post(str(number))
    sizes = [len(await bus.call("msg_list", thread_id=bus.thread, limit=limit)) for limit in (-1, 0, 10_000)]
    assert max(sizes) <= 1001  # the prompt comes on top
    assert sizes[1] <= 1


def test_m55_tools_say_what_they_do_and_answer_in_a_schema(site: Site, bridges: Bridges) -> None:
    with mcp_client("modern", site, bridges) as client:
        assert isinstance(client, ModernHttp)
        tools = {tool["name"]: tool for tool in client.request("tools/list", {})["tools"]}
    assert all("outputSchema" in tool and "annotations" in tool for tool in tools.values())
    assert tools["thread_delete"]["annotations"]["destructiveHint"] is True
    assert tools["msg_list"]["annotations"]["readOnlyHint"] is True


def test_m56_a_template_keeps_the_metadata_that_its_schema_names(site: Site, world: World, bridges: Bridges) -> None:
    template = {"id": f"m-{world.mark}", "name": "Mine", "default_metadata": {"a": [1]}}
    with mcp_client("modern", site, bridges) as client:
        client.call("template_create", {**template, **world.nova.proof})
        found = client.call("template_get", {"template_id": template["id"]})
    assert found.structured["default_metadata"] == {"a": [1]}
