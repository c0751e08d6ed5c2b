"""Every block of Python in the documentation is run, or at least compiled, with the reason why not more.

A page below how-to/hooks has two blocks, the plugin and its test; both are run as they stand.
"""

from __future__ import annotations

import ast
import inspect
import json
import re
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from agentchatbus.config import load_config
from agentchatbus.testing import MakeBus, ManualClock
from tests.test_docs import DOCS, HOOKS, ROOT

BLOCK = re.compile(r'^( *)```(\w+)(?: title="([^"]+)")?\n(.*?)^\1```$', re.MULTILINE | re.DOTALL)
SNIPPET = re.compile(r'^--8<-- "([^"]+)"$', re.MULTILINE)
RUN_ELSEWHERE = {
    "README.md": "tests/test_examples.py builds the plugin and uses it",
    "docs/reference/hooks.md": "tests/kernel/test_hookspecs.py builds each plugin and registers it",
    "docs/tutorials/first-plugin.md": "tests/end_to_end/test_first_plugin_tutorial.py follows the page",
}
"""Pages whose blocks are run by a test that knows what they are for."""

FRAGMENTS = {
    "docs/explanation/architecture.md": "a line of the kernel, to be read and not to be run",
    "docs/how-to/connect-clients.md": "a client of a bus that runs, as tests/end_to_end has many",
    "docs/how-to/mcp.md": "a method of a class whose other parts the reader has",
}
"""Pages whose blocks are parts of something larger; they are compiled."""

SCRIPTS = {"docs/how-to/write-a-plugin.md", "examples/agentchatbus-webhook/README.md"}
"""Pages whose blocks run each by itself."""

PAGES = sorted([*DOCS.rglob("*.md"), ROOT / "README.md", ROOT / "examples/agentchatbus-webhook/README.md"])
GUIDES = sorted((DOCS / "how-to" / "hooks").glob("*_*.md")) + [
    DOCS / "how-to" / "hooks" / f"{name}.md" for name in ("authenticate", "lifespan")
]


def blocks(path: Path, kind: str) -> Iterator[str]:
    """Yield the blocks of a page that are written in one language."""
    for indent, found, _, text in BLOCK.findall(path.read_text()):
        if found == kind:
            yield re.sub(rf"^{indent}", "", text, flags=re.MULTILINE)


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_every_block_of_python_compiles(path: Path) -> None:
    for text in blocks(path, "python"):
        compile(text, name_of(path), "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)


def test_every_block_of_python_is_run_somewhere_or_has_a_reason_not_to() -> None:
    pages = {name_of(path) for path in PAGES if list(blocks(path, "python"))}
    known = {name_of(path) for path in GUIDES} | RUN_ELSEWHERE.keys() | FRAGMENTS.keys() | SCRIPTS
    assert sorted(pages - known) == []
    assert sorted((RUN_ELSEWHERE.keys() | FRAGMENTS.keys() | SCRIPTS) - pages) == []


@pytest.mark.parametrize("page", sorted(SCRIPTS))
def test_a_script_of_a_page_runs(page: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(str((ROOT / page).parent / "src"))
    for number, text in enumerate(blocks(ROOT / page, "python")):
        load(f"block_{number}", text, ROOT / page, monkeypatch)


def test_the_guide_to_plugins_shows_the_example_as_it_is() -> None:
    [shown, *_] = blocks(DOCS / "how-to" / "write-a-plugin.md", "python")
    assert shown == (ROOT / "examples" / "veto_word.py").read_text()


def test_every_hook_has_a_guide() -> None:
    assert {path.stem for path in GUIDES} == set(HOOKS)
    index = (DOCS / "how-to" / "hooks" / "index.md").read_text()
    assert all(f"({hook}.md)" in index for hook in HOOKS)


@pytest.mark.parametrize("path", GUIDES, ids=lambda path: path.stem)
async def test_the_plugin_of_a_guide_passes_the_test_of_the_guide(
    path: Path, make_bus: MakeBus, clock: ManualClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    plugin, test = blocks(path, "python")
    module = load("my_plugin", plugin, path, monkeypatch)
    assert path.stem in plugin
    assert module
    tests = load("test_my_plugin", test, path, monkeypatch)
    functions = [value for name, value in vars(tests).items() if name.startswith("test_")]
    assert functions
    for function in functions:
        fixtures: dict[str, Any] = {"make_bus": make_bus, "clock": clock}
        await function(**{name: fixtures[name] for name in inspect.signature(function).parameters})


def load(name: str, text: str, path: Path, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    """Make a module of a block that others can import by its name."""
    module = ModuleType(name)
    monkeypatch.setitem(sys.modules, name, module)
    exec(compile(text, name_of(path), "exec"), vars(module))
    return module


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_every_block_of_toml_and_json_can_be_read(path: Path) -> None:
    for text in blocks(path, "toml"):
        tomllib.loads(SNIPPET.sub(lambda found: (ROOT / found.group(1)).read_text(), text))
    for text in blocks(path, "json"):
        json.loads(text)


@pytest.mark.parametrize("path", sorted((DOCS / "how-to").glob("*.md")), ids=name_of)
def test_every_configuration_in_a_guide_has_known_tables_and_keys(path: Path, tmp_path: Path) -> None:
    for number, text in enumerate(blocks(path, "toml")):
        if "[project" not in text:
            file = tmp_path / f"{number}.toml"
            file.write_text(text)
            load_config(file, environ={"HOME": str(tmp_path)})
