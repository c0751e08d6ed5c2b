"""Running the tests that a plugin's own project has, where it is installed from a folder of this machine."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from collections.abc import Sequence
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path
from urllib.parse import unquote, urlparse
from urllib.request import url2pathname

from agentchatbus.cli.plugins.checks import FAILED, SKIPPED, Check
from agentchatbus.discovery import Candidate

NAME = "its own tests"


def run_own_tests(candidate: Candidate) -> Check:
    """Run them with pytest; what pytest prints goes to the terminal."""
    project = project_of(candidate.distribution)
    if project is None:
        return Check(name=NAME, outcome=SKIPPED, detail="it is not installed from a folder of this machine")
    files = tests_of(project, candidate.name)
    if not files:
        return Check(name=NAME, outcome=SKIPPED, detail=f"there are none in {project}")
    if importlib.util.find_spec("pytest") is None:
        return Check(name=NAME, outcome=SKIPPED, detail="pytest is not installed here")
    command = [sys.executable, "-m", "pytest", "-q", *map(str, files)]
    code = subprocess.run(command, cwd=project, check=False).returncode  # noqa: S603 - the command is ours
    if code:
        return Check(name=NAME, outcome=FAILED, detail=f"pytest ended with exit code {code}")
    return Check(name=NAME, detail=f"{len(files)} files in {project}")


def project_of(name: str) -> Path | None:
    """Return the folder that a distribution was installed from, as pip wrote it down."""
    try:
        text = distribution(name).read_text("direct_url.json") if name else None
    except PackageNotFoundError:
        return None
    url = urlparse(json.loads(text).get("url", "")) if text else None
    if url is None or url.scheme != "file":
        return None
    folder = Path(url2pathname(unquote(url.path)))
    return folder if (folder / "pyproject.toml").is_file() else None


def tests_of(project: Path, plugin: str) -> Sequence[Path]:
    """Return the test files named after the plugin, or all of a project that has none named so."""
    tests = sorted((project / "tests").rglob("test_*.py"))
    key = plugin.replace("-", "_")
    named = [file for file in tests if file.stem == f"test_{key}" or file.stem.startswith(f"test_{key}_")]
    return named or (tests if not _ships_many(project) else ())


def _ships_many(project: Path) -> bool:
    return (project / "plugins").is_dir()
