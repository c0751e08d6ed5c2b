"""Every hook says what it is, and is documented and tested."""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agentchatbus import hookspecs
from agentchatbus.plugin import Plugin
from agentchatbus.plugins import PluginManager, PluginSelection

TESTS = Path(__file__).parent
REFERENCE = TESTS.parents[1] / "docs" / "reference" / "hooks.md"
HOOKS: dict[str, Callable[..., Any]] = {
    name: value for name, value in vars(hookspecs).items() if hasattr(value, "agentchatbus_spec")
}
KINDS = {
    "register_": "provider",
    "lifespan": "provider",
    "authenticate": "first answer",
    "check_": "gate",
    "transform_": "transform",
    "on_": "observer",
}
LIFESPAN = "AbstractAsyncContextManager[None]"
HEADER = """
from __future__ import annotations
import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import replace
from typing import Any
from agentchatbus.plugin_api import *
"""
PARTS = ["**Kind:**", "**When:**", "**Arguments:**", "**Returns:**", "**Raises:**", "**Order:**", "```python"]


def section(hook: str) -> str:
    """Return what the reference says about a hook."""
    found = re.search(rf"^## {hook}$(.*?)(?=^## |\Z)", REFERENCE.read_text(), re.MULTILINE | re.DOTALL)
    assert found, f"docs/reference/hooks.md has no section `## {hook}`"
    return found.group(1)


def names_of_tests() -> set[str]:
    """Return the names of all tests of the kernel."""
    trees = [ast.parse(path.read_text()) for path in TESTS.glob("test_*.py") if path != Path(__file__)]
    nodes = [node for tree in trees for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)]
    return {node.name for node in nodes if node.name.startswith("test_")}


def test_there_are_fifteen_hooks() -> None:
    assert len(HOOKS) == 15


@pytest.mark.parametrize("hook", HOOKS)
def test_a_hook_has_a_complete_section_in_the_reference(hook: str) -> None:
    text = section(hook)
    assert [part for part in PARTS if part not in text] == []
    assert [name for name in inspect.signature(HOOKS[hook]).parameters if f"`{name}`" not in text] == []


@pytest.mark.parametrize("hook", HOOKS)
def test_a_hook_has_a_test_that_bears_its_name(hook: str) -> None:
    assert any(test.startswith(f"test_{hook}_") for test in names_of_tests())


@pytest.mark.parametrize("hook", HOOKS)
def test_a_hooks_docstring_says_kind_time_arguments_and_results(hook: str) -> None:
    function = HOOKS[hook]
    text = inspect.getdoc(function) or ""
    kind = next(kind for prefix, kind in KINDS.items() if hook.startswith(prefix))
    colour = "async def" if inspect.iscoroutinefunction(function) else "def"
    assert f"Kind: {kind}, ``{colour}``" in text
    assert re.search(r"Called|Entered", text)
    assert [name for name in inspect.signature(function).parameters if f"    {name}: " not in text] == []
    assert ("Returns:" in text) == (inspect.signature(function).return_annotation not in ("None", LIFESPAN))


@pytest.mark.parametrize("hook", HOOKS)
def test_the_example_of_a_hook_defines_it_as_the_specification_does(hook: str) -> None:
    [code] = re.findall(r"```python\n(.*?)```", section(hook), re.DOTALL)
    names: dict[str, Any] = {}
    exec(compile(HEADER + code, str(REFERENCE), "exec"), names)
    plugins = [
        item for item in names.values() if isinstance(item, type) and issubclass(item, Plugin) and item is not Plugin
    ]
    [plugin] = plugins
    manager = PluginManager(PluginSelection(enable=()))
    manager.load([("example", plugin(plugin.settings_type()))])
    assert [item.plugin for item in manager.implementations(hook)] == ["example"]
