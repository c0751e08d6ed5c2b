"""The rules of the tree: who may import whom, how long a file may be, what the public surface is."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from agentchatbus import plugin_api

ROOT = Path(__file__).parents[1]
KERNEL = ROOT / "agentchatbus"
PLUGINS = ROOT / "plugins"
LONGEST = 300
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())
CONTRACTS = {contract["id"]: contract["name"] for contract in PROJECT["tool"]["importlinter"]["contracts"]}
SHIPPED = sorted(folder.name for folder in PLUGINS.glob("agentchatbus_*") if folder.is_dir())

OFFENCES = [
    ("layers", "agentchatbus/events.py", "from agentchatbus.operations import Params"),
    ("layers", "agentchatbus/clock.py", "from agentchatbus.errors import BusError"),
    ("layers", "agentchatbus/a_module_without_a_place.py", ""),
    ("kernel-without-plugins", "agentchatbus/operations.py", "import agentchatbus_sql"),
    ("plugin-api-only", "plugins/agentchatbus_rest/__init__.py", "from agentchatbus.model import Thread"),
    ("plugin-api-only", "plugins/agentchatbus_mcp/deeper.py", "import agentchatbus.bus"),
    ("plugins-apart", "plugins/agentchatbus_rest/__init__.py", "import agentchatbus_sql"),
    ("kernel-without-engines", "agentchatbus/operations.py", "from fastapi import FastAPI"),
    ("kernel-without-engines", "agentchatbus/bus/messages.py", "import sqlite3"),
    ("web-server-in-one-file", "agentchatbus/operations.py", "import uvicorn"),
    ("web-server-in-one-file", "agentchatbus/bus/messages.py", "from starlette.requests import Request"),
]


def lint_imports(tree: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Check the tree with import-linter; its packages go before the installed ones."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(tree), str(tree / "plugins")])}
    command = "import sys; from importlinter.cli import lint_imports_command; sys.exit(lint_imports_command())"
    return subprocess.run(
        [sys.executable, "-c", command, "--no-cache", "--no-logo", *arguments],
        cwd=tree,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def copied_tree(tmp_path: Path) -> Path:
    """Return a copy of the packages and their contracts."""
    ignore = shutil.ignore_patterns("__pycache__", "static")
    shutil.copytree(KERNEL, tmp_path / "agentchatbus", ignore=ignore)
    shutil.copytree(PLUGINS, tmp_path / "plugins", ignore=ignore)
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    return tmp_path


def test_the_tree_keeps_every_contract() -> None:
    result = lint_imports(ROOT)
    assert result.returncode == 0, result.stdout + result.stderr
    assert f"{len(CONTRACTS)} kept, 0 broken" in result.stdout


@pytest.mark.parametrize(("contract", "file", "line"), OFFENCES)
def test_an_offence_breaks_its_contract(copied_tree: Path, contract: str, file: str, line: str) -> None:
    with (copied_tree / file).open("a") as module:
        module.write(f"\n{line}\n")
    result = lint_imports(copied_tree, "--contract", contract)
    assert f"{CONTRACTS[contract]} BROKEN" in result.stdout, result.stdout + result.stderr
    assert result.returncode == 1


def test_every_contract_has_an_offence_that_proves_it() -> None:
    assert {contract for contract, _, _ in OFFENCES} == set(CONTRACTS)


@pytest.mark.parametrize("plugin", SHIPPED)
def test_every_shipped_plugin_is_under_the_contracts_and_type_checked(plugin: str) -> None:
    linter = PROJECT["tool"]["importlinter"]
    by_id = {contract["id"]: contract for contract in linter["contracts"]}
    assert plugin in linter["root_packages"]
    assert plugin in by_id["kernel-without-plugins"]["forbidden_modules"]
    assert plugin in by_id["plugin-api-only"]["source_modules"]
    assert plugin in by_id["plugins-apart"]["modules"]
    assert plugin in PROJECT["tool"]["mypy"]["packages"]


@pytest.mark.parametrize("plugin", SHIPPED)
def test_every_shipped_plugin_registers_itself_as_a_strangers_would(plugin: str) -> None:
    targets = PROJECT["project"]["entry-points"]["agentchatbus"].values()
    assert any(target.partition(":")[0].partition(".")[0] == plugin for target in targets)


def test_no_source_file_is_long() -> None:
    sources = [*KERNEL.rglob("*.py"), *PLUGINS.rglob("*.py")]
    lengths = {str(path.relative_to(ROOT)): len(path.read_text().splitlines()) for path in sources}
    assert {path: length for path, length in lengths.items() if length > LONGEST} == {}


def test_plugin_api_exports_exactly_what_it_imports() -> None:
    imports = ast.parse((KERNEL / "plugin_api.py").read_text()).body
    names = [alias.asname or alias.name for node in imports if isinstance(node, ast.ImportFrom) for alias in node.names]
    assert sorted(names) == sorted(plugin_api.__all__)
    assert all(hasattr(plugin_api, name) for name in names)


def test_every_dependency_has_an_upper_bound() -> None:
    # H09: a release of a dependency stopped the reference from starting.
    groups = PROJECT["dependency-groups"].values()
    named = [
        *PROJECT["project"]["dependencies"],
        *(item for group in groups for item in group if isinstance(item, str)),
    ]
    assert [requirement for requirement in named if "<" not in requirement.partition(";")[0]] == []
