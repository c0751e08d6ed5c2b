"""The demo: it runs, shows a conversation, and leaves nothing behind."""

from __future__ import annotations

import os
import re
import signal
import socket
import subprocess
import sys
from pathlib import Path

import pytest

ENDS_WITHIN = 60


def start(folder: Path, *options: str, **environ: str) -> subprocess.Popen[str]:
    """Start the demo with its temporary files in a folder."""
    return subprocess.Popen(
        [sys.executable, "-u", "-m", "agentchatbus", "demo", "--pace", "0", *options],
        env={**os.environ, "TMPDIR": str(folder), "HOME": str(folder), **environ},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=_heed_ctrl_c if os.name != "nt" else None,  # noqa: PLW1509 - it only sets a signal's default
    )


def _heed_ctrl_c() -> None:
    """Undo that a shell makes programs in its background ignore Ctrl-C, so that the tests may run there too."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def assert_nothing_is_left(folder: Path, output: str) -> None:
    found = re.search(r"http://127\.0\.0\.1:(\d+)", output)
    assert found is not None, output
    with socket.socket() as probe:
        assert probe.connect_ex(("127.0.0.1", int(found[1]))) != 0
    assert list(folder.iterdir()) == []


def test_two_agents_talk_and_one_is_told_to_read_first(tmp_path: Path) -> None:
    # A variable of the environment is for the operator's bus, not for this one.
    process = start(tmp_path, "--turns", "7", AGENTCHATBUS_PORT="nonsense")
    output, errors = process.communicate(timeout=ENDS_WITHIN)
    assert (process.returncode, errors) == (0, "")
    assert 'Ada and Grace joined the thread "Uploads fail now and then".' in output
    assert [line.split(" ", 1)[0] for line in output.splitlines() if line.startswith("#")] == [
        f"#{number}" for number in range(1, 8)
    ]
    assert "The bus refused that, because Ada had not read this message. So it reads first." in output
    assert_nothing_is_left(tmp_path, output)


@pytest.mark.skipif(os.name == "nt", reason="there is no SIGINT to send to one process")
def test_ctrl_c_ends_it_and_leaves_nothing_behind(tmp_path: Path) -> None:
    process = start(tmp_path, "--turns", "100000")
    assert process.stdout is not None
    begun = ""
    while "#3" not in begun:
        begun += process.stdout.readline()
    process.send_signal(signal.SIGINT)
    output, errors = process.communicate(timeout=ENDS_WITHIN)
    assert (process.returncode, errors) == (0, "")
    assert "Stopped. Nothing is left behind." in output
    assert_nothing_is_left(tmp_path, begun)
