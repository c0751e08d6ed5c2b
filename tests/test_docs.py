"""The texts of the project: complete, and true where a test can tell."""

from __future__ import annotations

import re
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from agentchatbus import hookspecs

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
HOOKS = [name for name, value in vars(hookspecs).items() if hasattr(value, "agentchatbus_spec")]
TEXTS = {".cfg", ".css", ".html", ".js", ".json", ".md", ".py", ".sh", ".svg", ".toml", ".txt", ".yaml", ".yml", ""}
LOCAL_PATH = re.compile(r"(?<![\w.~>/])/(?:work|root|home|Users)/\w")
LINK = re.compile(r"\]\((?!https?://|#)([^)#\s]+)")


def pages_of(nav: Any) -> Iterator[str]:
    """Yield the paths in a navigation tree."""
    if isinstance(nav, str):
        yield nav
    else:
        for item in nav.values() if isinstance(nav, dict) else nav:
            yield from pages_of(item)


def texts() -> list[Path]:
    """Return the text files of the project, as far as they are its own."""
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    listed = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    paths = [ROOT / name for name in listed.split("\0") if name]
    return [path for path in paths if path.suffix in TEXTS and path.is_file()]


def test_the_navigation_names_every_page_and_no_other() -> None:
    nav = yaml.safe_load((ROOT / "mkdocs.yml").read_text())["nav"]
    pages = {path.relative_to(DOCS).as_posix() for path in DOCS.rglob("*.md")}
    assert sorted(pages_of(nav)) == sorted(page for page in pages if not page.startswith("changelog/"))


def test_the_site_loads_nothing_from_elsewhere() -> None:
    configuration = yaml.safe_load((ROOT / "mkdocs.yml").read_text())
    assert configuration["theme"]["font"] is False
    assert not {"extra_css", "extra_javascript"} & set(configuration)


@pytest.mark.parametrize("hook", HOOKS)
def test_every_hook_has_a_section_in_the_reference(hook: str) -> None:
    assert re.search(rf"^#+ .*\b{hook}\b", (DOCS / "reference" / "hooks.md").read_text(), re.MULTILINE)


def test_no_text_names_a_folder_of_somebodys_machine() -> None:
    hits = [
        f"{path.relative_to(ROOT)}: {line.strip()}"
        for path in texts()
        for line in path.read_text(errors="replace").splitlines()
        if LOCAL_PATH.search(line)
    ]
    assert hits == []


@pytest.mark.parametrize("page", ["README.md", "benchmarks/README.md"])
def test_links_outside_the_site_lead_somewhere(page: str) -> None:
    path = ROOT / page
    assert [link for link in LINK.findall(path.read_text()) if not (path.parent / link).exists()] == []


def test_changelog_fragments_have_a_known_type() -> None:
    types = {
        kind["directory"] for kind in tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["towncrier"]["type"]
    }
    fragments = [path.name for path in (DOCS / "changelog").glob("*.md")]
    assert fragments
    assert [name for name in fragments if name.split(".")[-2] not in types] == []


def test_the_architecture_page_shows_the_layers_that_are_checked() -> None:
    page = (DOCS / "explanation" / "architecture.md").read_text()
    drawing = page.split("## Which way the arrows point")[1].split("```")[1].strip().splitlines()
    shown = [re.split(r" {11,}", line)[0].split() for line in drawing]
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]["contracts"]
    layers = next(contract["layers"] for contract in contracts if contract["id"] == "layers")
    assert shown == [layer.split(" | ") for layer in layers]


def test_the_architecture_page_names_every_part_of_the_kernel() -> None:
    table = (DOCS / "explanation" / "architecture.md").read_text().split("## Which way the arrows point")[0]
    parts = [
        path for path in (ROOT / "agentchatbus").iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()
    ]
    names = [f"{path.name}/" if path.is_dir() else path.name for path in parts if not path.name.startswith("__")]
    assert [name for name in names if not re.search(rf"[`/]{re.escape(name)}`", table)] == []


def test_the_architecture_page_names_every_plugin() -> None:
    page = (DOCS / "explanation" / "architecture.md").read_text()
    folders = [path.parent.name for path in (ROOT / "plugins").glob("*/__init__.py")]
    assert [name for name in folders if f"`plugins/{name}/`" not in page] == []
