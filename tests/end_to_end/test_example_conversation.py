"""The example of two agents, as a newcomer runs it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from tests.end_to_end.processes import free_port, running_server

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "examples" / "two_agents.py"
TUTORIAL = ROOT / "docs" / "tutorials" / "first-conversation.md"


def test_two_agents_hold_the_conversation_that_the_tutorial_shows(tmp_path: Path) -> None:
    with running_server(tmp_path) as server:
        command = [sys.executable, str(EXAMPLE), "--url", server.url, "--turns", "2"]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    shown = TUTORIAL.read_text().split("two_agents.py --turns 2")[1].split("```")[2].strip()
    assert done.stdout.strip() == shown
    assert len(shown.splitlines()) == 4


def test_without_a_bus_the_example_says_so_in_one_sentence() -> None:
    environment = os.environ | {"AGENTCHATBUS_PORT": str(free_port()), "AGENTCHATBUS_URL": ""}
    command = [sys.executable, str(EXAMPLE)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60, env=environment)
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(f"No bus answers at http://127.0.0.1:{environment['AGENTCHATBUS_PORT']}/mcp.")
    assert len(done.stderr.splitlines()) == 1


def test_what_a_plugin_refuses_ends_the_example_with_its_words(tmp_path: Path) -> None:
    plugin = ROOT / "examples" / "veto_word.py"
    configuration = tmp_path / "agentchatbus.toml"
    configuration.write_text(f"[plugins]\npaths = ['{plugin}']\n[plugins.veto_word]\nword = 'conversation'\n")
    with running_server(tmp_path, "--config", str(configuration)) as server:
        command = [sys.executable, str(EXAMPLE), "--url", server.url]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 1
    assert done.stderr.startswith("msg_post was refused: ")
    assert "the word 'conversation' is not welcome here." in done.stderr
    assert len(done.stderr.splitlines()) == 1
