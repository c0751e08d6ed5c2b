"""The command `plugins new`: what it writes is complete, passes its own tests, and is never in the way."""

from __future__ import annotations

import os
import subprocess
import sys
import tomllib
from itertools import chain
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from agentchatbus import __version__
from agentchatbus.cli import main
from agentchatbus.cli.plugins.scaffold import KINDS, LONGEST
from tests.kernel.plugin_kit import GATE, Site
from tests.kernel.serving import clean_environment

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = sorted(path.name for path in (ROOT / "plugins").glob("agentchatbus_*"))

FILES = {
    ".gitignore",
    "LICENSE",
    "README.md",
    "pyproject.toml",
    "src/agentchatbus_my_thing/__init__.py",
    "src/agentchatbus_my_thing/py.typed",
    "tests/conftest.py",
    "tests/test_my_thing.py",
}


def new(folder: Path, name: str = "my-thing", *options: str) -> Result:
    """Write a project."""
    return CliRunner().invoke(main, ["plugins", "new", name, "--directory", str(folder), *options])


def run(*command: str, cwd: Path, **environment: str) -> None:
    """Run a tool to its end; it has to be content."""
    done = subprocess.run(
        [sys.executable, "-m", *command],
        cwd=cwd,
        env=clean_environment(**environment),
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def files_of(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_a_new_project_passes_its_own_tests(tmp_path: Path, kind: str) -> None:
    assert new(tmp_path, "my-thing", "--hook", kind).exit_code == 0
    project = tmp_path / "agentchatbus-my-thing"
    run("pytest", "-q", "-p", "pytest_asyncio.plugin", cwd=project, PYTEST_DISABLE_PLUGIN_AUTOLOAD="1")


def test_a_new_project_is_complete_and_says_how_to_go_on(tmp_path: Path) -> None:
    done = new(tmp_path)
    project = tmp_path / "agentchatbus-my-thing"
    assert files_of(project) == FILES
    for part in (*FILES, f"cd {project}", "python -m pytest", "agentchatbus plugins test my-thing"):
        assert part in done.output


def test_a_new_project_registers_its_plugin_and_bounds_what_it_needs(tmp_path: Path) -> None:
    new(tmp_path)
    document = tomllib.loads((tmp_path / "agentchatbus-my-thing" / "pyproject.toml").read_text())
    assert document["project"]["entry-points"]["agentchatbus"] == {"my-thing": "agentchatbus_my_thing:MyThingPlugin"}
    requirements = [
        *document["project"]["dependencies"],
        *chain(*document["project"]["optional-dependencies"].values()),
    ]
    assert f"agentchatbus>={__version__},<2" in requirements
    assert all("<" in requirement for requirement in requirements)


@pytest.mark.parametrize("name", ["my-thing", "my_thing", "agentchatbus-my-thing", "agentchatbus_my_thing"])
def test_a_name_may_be_written_in_several_ways(tmp_path: Path, name: str) -> None:
    assert new(tmp_path, name).exit_code == 0
    assert files_of(tmp_path / "agentchatbus-my-thing") == FILES


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("My-Thing", "cannot be a plugin's name"),
        ("1st", "cannot be a plugin's name"),
        ("a--b", "cannot be a plugin's name"),
        ("../evil", "cannot be a plugin's name"),
        ("x" * (LONGEST + 1), f"{LONGEST} characters at most"),
        ("sqlite", "There is a plugin named 'sqlite' already (distribution agentchatbus)"),
        ("plugin", "PluginSettings is a name of the bus itself"),
        ("search", "SearchIndex is a name of the bus itself"),
    ],
)
def test_a_name_that_would_not_work_is_refused(tmp_path: Path, name: str, said: str) -> None:
    refused = new(tmp_path, name)
    assert refused.exit_code == 2
    assert said in refused.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("package", PACKAGES)
def test_no_project_can_take_the_place_of_a_package_of_the_bus(tmp_path: Path, package: str) -> None:
    refused = new(tmp_path, package)
    assert refused.exit_code == 2
    assert "already" in refused.stderr
    assert "Choose another" in refused.stderr
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("name", "said"), [("sql", "package agentchatbus_sql"), ("mcp", "package agentchatbus_mcp")])
def test_a_package_that_is_installed_is_named_and_another_name_suggested(tmp_path: Path, name: str, said: str) -> None:
    refused = new(tmp_path, name)
    assert f"There is a {said} here already. Choose another name: own-{name}, for example." in refused.stderr
    assert new(tmp_path, f"own-{name}").exit_code == 0


def test_a_distribution_that_is_installed_is_not_written_again(tmp_path: Path, site: Site) -> None:
    site.add("another-name", GATE, distribution="agentchatbus_my_thing")
    refused = new(tmp_path / "projects")
    assert refused.exit_code == 2
    assert "There is a distribution agentchatbus-my-thing here already" in refused.stderr


def test_what_is_there_already_is_never_overwritten(tmp_path: Path) -> None:
    project = tmp_path / "agentchatbus-my-thing"
    project.mkdir()
    (project / "README.md").write_text("mine")
    refused = new(tmp_path)
    assert refused.exit_code == 2
    assert "exists already and is not empty" in refused.stderr
    assert files_of(project) == {"README.md"}
    assert (project / "README.md").read_text() == "mine"


def test_a_kind_that_does_not_exist_is_refused_with_those_that_do(tmp_path: Path) -> None:
    refused = new(tmp_path, "my-thing", "--hook", "filtre")
    assert refused.exit_code == 2
    assert all(kind in refused.stderr for kind in KINDS)


@pytest.mark.tools
def test_new_projects_are_formatted_linted_and_typed(tmp_path: Path) -> None:
    pytest.importorskip("ruff")
    pytest.importorskip("mypy")
    paths, files = [], []
    for name in (f"x-{kind}" for kind in KINDS):
        kind = name.removeprefix("x-")
        assert new(tmp_path, name, "--hook", kind).exit_code == 0
        project = tmp_path / f"agentchatbus-{name}"
        run("ruff", "check", "--no-cache", ".", cwd=project)
        run("ruff", "format", "--check", "--no-cache", ".", cwd=project)
        paths.append(str(project / "src"))
        files += [str(path) for path in project.rglob("*.py") if path.name != "conftest.py"]
    command = ("mypy", "--strict", "--explicit-package-bases", "--cache-dir", str(tmp_path / "cache"))
    run(*command, *files, cwd=tmp_path, MYPYPATH=os.pathsep.join(paths))


@pytest.mark.tools
@pytest.mark.parametrize("kind", sorted(KINDS))
def test_the_longest_name_breaks_no_line(tmp_path: Path, kind: str) -> None:
    pytest.importorskip("ruff")
    assert new(tmp_path, "n" * LONGEST, "--hook", kind).exit_code == 0
    project = tmp_path / f"agentchatbus-{'n' * LONGEST}"
    run("ruff", "check", "--no-cache", ".", cwd=project)
    run("ruff", "format", "--check", "--no-cache", ".", cwd=project)
