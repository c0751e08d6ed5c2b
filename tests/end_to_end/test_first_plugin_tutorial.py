"""The tutorial, followed to the letter: its commands are run, its files are written, its output is looked for.

A block of shell is run in a terminal whose folder and variables last; a block with a title is written to that file; a
block of text has to be found, line by line, in what the commands before it printed.
"""

from __future__ import annotations

import os
import re
import subprocess
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from tests.end_to_end.processes import free_port
from tests.end_to_end.test_wheels import finish, wheels_of

PAGE = Path(__file__).parents[2] / "docs" / "tutorials" / "first-plugin.md"
BLOCK = re.compile(r'^```(\w+)(?: title="([^"]+)")?\n(.*?)^```$', re.MULTILINE | re.DOTALL)
SERVE = "agentchatbus serve"
PATIENCE = 60.0

pytestmark = pytest.mark.wheels


@dataclass
class Terminal:
    """A shell: each block goes on in the folder and with the variables of the one before."""

    folder: Path
    variables: dict[str, str]
    state: Path
    output: str = ""

    def run(self, script: str) -> None:
        """Run a block as it stands."""
        ending = f'\npwd > "{self.state}.folder"; env -0 > "{self.state}.variables"\n'
        done = subprocess.run(
            ["bash", "-ec", script + ending],
            cwd=self.folder,
            env=self.variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=300,
            check=False,
        )
        self.output = done.stdout
        finish(subprocess.CompletedProcess(done.args, done.returncode, done.stdout, done.stdout))
        self.folder = Path(Path(f"{self.state}.folder").read_text().strip())
        pairs = Path(f"{self.state}.variables").read_text().split("\0")
        self.variables = dict(pair.split("=", 1) for pair in pairs if "=" in pair)


@dataclass
class Follower:
    """Somebody who does what the page says."""

    terminal: Terminal
    stack: ExitStack
    log: Path
    seen: list[str] = field(default_factory=list)

    def follow(self, kind: str, title: str, text: str) -> None:
        """Do what one block says."""
        if title:
            file = self.terminal.folder / title
            assert file.parent.is_dir(), title
            file.write_text(text)
        elif kind == "sh" and text.startswith(SERVE):
            self.serve(text)
        elif kind == "sh":
            self.terminal.run(text)
        elif kind == "text":
            self.find(text)
        else:
            raise AssertionError(f"nobody knows what to do with a block of {kind}")

    def serve(self, command: str) -> None:
        """Start the bus in a terminal of its own."""
        server = subprocess.Popen(
            ["bash", "-c", f"exec {command}"],
            cwd=self.terminal.folder,
            env=self.terminal.variables | {"PYTHONUNBUFFERED": "1"},
            stdout=self.stack.enter_context(self.log.open("ab")),
            stderr=subprocess.STDOUT,
        )
        self.stack.callback(server.wait, 20)
        self.stack.callback(server.terminate)
        self.terminal.output = ""

    def find(self, text: str) -> None:
        """Look for the lines of a block in what was printed, by the commands or by the running bus."""
        deadline = time.monotonic() + PATIENCE
        missing = list(lines_of(text))
        while missing and time.monotonic() < deadline:
            printed = self.terminal.output + (self.log.read_text() if self.log.exists() else "")
            missing = [line for line in missing if not line.search(printed)]
            time.sleep(0.1 if missing else 0)
        assert not missing, f"{missing} not in {printed}"
        self.seen.append(text)


def lines_of(text: str) -> Iterator[re.Pattern[str]]:
    """Return a pattern for each line; … stands for anything, and how wide a column is does not count."""
    for line in filter(None, map(str.strip, text.splitlines())):
        words = [".*" if word == "…" else re.escape(word) for word in line.split()]
        yield re.compile(r"\s+".join(words))


def test_a_newcomer_gets_from_an_empty_folder_to_a_plugin_at_work(tmp_path: Path) -> None:
    folder, home = tmp_path / "empty", tmp_path / "home"
    folder.mkdir()
    home.mkdir()
    [wheel] = [Path(path) for path in wheels_of(tmp_path / "dist") if Path(path).name.startswith("agentchatbus-1")]
    constraint = tmp_path / "constraints.txt"
    constraint.write_text(f"agentchatbus @ {wheel.as_uri()}\n")
    variables = {name: value for name, value in os.environ.items() if not name.startswith(("AGENTCHATBUS_", "PYTHON"))}
    port = str(free_port())
    variables |= {
        "HOME": str(home),
        "AGENTCHATBUS_PORT": port,
        "AGENTCHATBUS_URL": f"http://127.0.0.1:{port}",
        "PIP_CONSTRAINT": str(constraint),
        "PIP_NO_COMPILE": "1",
    }
    with ExitStack() as stack:
        terminal = Terminal(folder, variables, tmp_path / "state")
        follower = Follower(terminal, stack, tmp_path / "server.log")
        blocks = BLOCK.findall(PAGE.read_text())
        for kind, title, text in blocks:
            follower.follow(kind, title, text)
    assert len(follower.seen) == sum(kind == "text" for kind, _, _ in blocks) > 5
