"""How the process begins and ends: without tracebacks, and whatever plugins leave behind."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.kernel.serving import ENDS_WITHIN, clean_environment, running_server, write_configuration

FULL = Path("/dev/full")
LEFTOVER = """
import asyncio
import threading
from contextlib import asynccontextmanager
from agentchatbus.plugin_api import Plugin, PluginSettings, hookimpl

class LeftoverPlugin(Plugin[PluginSettings]):
    @hookimpl
    @asynccontextmanager
    async def lifespan(self):
        for_ever = threading.Event()
        {left}
        yield
"""
LEFT = {
    "a thread": ("threading.Thread(target=for_ever.wait, name='leftover').start()", "leftover"),
    "a blocking call": ("asyncio.get_running_loop().run_in_executor(None, for_ever.wait)", "asyncio_"),
}
IMPORTING = """
import signal, sys

class Interrupting:
    def find_spec(self, name, path=None, target=None):
        if name == "agentchatbus.cli":
            signal.raise_signal(signal.SIGINT)

sys.meta_path.insert(0, Interrupting())
from agentchatbus.__main__ import main
main()
"""


@pytest.mark.parametrize("left", LEFT)
def test_threads_that_a_plugin_left_behind_do_not_keep_the_process(tmp_path: Path, left: str) -> None:
    code, name = LEFT[left]
    plugin = tmp_path / "leftover.py"
    plugin.write_text(LEFTOVER.format(left=code))
    with running_server(write_configuration(tmp_path), "-p", str(plugin)) as server:
        assert server.request("GET", "/health")[0] == 200
        server.interrupt()
        code, _, errors = server.ended()
    assert code == 0
    assert f"Threads still run and are left behind: {name}" in errors
    assert "Traceback" not in errors


def test_an_interrupt_while_the_program_is_loaded_is_quiet() -> None:
    ended = subprocess.run(
        [sys.executable, "-c", IMPORTING],
        env=clean_environment(),
        capture_output=True,
        text=True,
        timeout=ENDS_WITHIN,
        check=False,
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (128 + signal.SIGINT, "", "")


@pytest.mark.parametrize(("code", "said", "ends"), [("'no such word'", "no such word\n", 1), ("3", "", 3), ("", "", 0)])
def test_the_last_word_of_a_command_is_said(code: str, said: str, ends: int) -> None:
    script = f"import sys, agentchatbus.cli\nagentchatbus.cli.main = lambda **_: sys.exit({code})\n"
    ended = subprocess.run(
        [sys.executable, "-c", script + "from agentchatbus.__main__ import main; main()"],
        env=clean_environment(),
        capture_output=True,
        text=True,
        timeout=ENDS_WITHIN,
        check=False,
    )
    assert (ended.returncode, ended.stdout, ended.stderr) == (ends, "", said)


@pytest.mark.skipif(not FULL.exists(), reason="no such device here")
@pytest.mark.parametrize("arguments", [["--help"], ["serve", "--port", "0"]])
def test_a_full_disk_behind_the_output_is_a_sentence(tmp_path: Path, arguments: list[str]) -> None:
    with FULL.open("w") as full:
        ended = subprocess.run(
            [sys.executable, "-m", "agentchatbus", *arguments],
            env=clean_environment(HOME=str(tmp_path)),
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            timeout=ENDS_WITHIN,
            check=False,
        )
    assert (ended.returncode, ended.stderr) == (1, f"Error: The output cannot be written: {os.strerror(28)}.\n")
