#!/usr/bin/env python3
"""Set up this checkout and run it: `python3 dev.py start` starts the bus, `python3 dev.py test` runs the tests.

Needs Python 3.11 or newer and nothing else. Everything is installed into `.venv` beside this file, again only when
`pyproject.toml` has changed. Further arguments go to `agentchatbus serve` or to pytest.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import venv
from pathlib import Path

ROOT = Path(__file__).resolve().parent
ENVIRONMENT = ROOT / ".venv"
PYTHON = ENVIRONMENT / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
OLDEST = (3, 11)
COMMANDS = {
    "start": ([], ["-m", "agentchatbus", "serve"]),
    "test": (["--group", "test"], ["-m", "pytest", "-n", "auto", "--dist", "worksteal"]),
}


def main(arguments: list[str]) -> int:
    """Run one command; return its exit code."""
    if sys.version_info < OLDEST:
        return with_newer_python(arguments)
    if not arguments or arguments[0] not in COMMANDS:
        print(__doc__)
        return 0 if arguments[:1] in (["-h"], ["--help"]) else 2
    requirements, command = COMMANDS[arguments[0]]
    try:
        install(arguments[0], requirements)
    except (subprocess.CalledProcessError, OSError) as error:
        print(f"Setting up {ENVIRONMENT} failed: {error}", file=sys.stderr)
        return 1
    return become([str(PYTHON), *command, *arguments[1:]])


def with_newer_python(arguments: list[str]) -> int:
    """Go on with a newer Python of this machine, if there is one."""
    for minor in range(19, OLDEST[1] - 1, -1):
        python = shutil.which(f"python3.{minor}")
        if python:
            return become([python, str(ROOT / "dev.py"), *arguments])
    print("AgentChatBus needs Python 3.11 or newer.", file=sys.stderr)
    return 1


def install(name: str, requirements: list[str]) -> None:
    """Bring the environment up to date for one command."""
    stamp = ENVIRONMENT / f".installed-for-{name}"
    wanted = hashlib.sha256((ROOT / "pyproject.toml").read_bytes() + sys.version.encode()).hexdigest()
    if PYTHON.exists() and stamp.exists() and stamp.read_text() == wanted:
        return
    print(f"Setting up {ENVIRONMENT} ...", flush=True)
    create_environment()
    pip = [str(PYTHON), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "--upgrade", "pip>=25.1"], cwd=ROOT, check=True)
    subprocess.run([*pip, "--editable", ".", *requirements], cwd=ROOT, check=True)
    stamp.write_text(wanted)


def create_environment() -> None:
    """Make `.venv` with pip in it."""
    try:
        venv.EnvBuilder(with_pip=True, symlinks=os.name != "nt").create(ENVIRONMENT)
    except subprocess.CalledProcessError:
        print(
            "This Python cannot make virtual environments with pip. On Debian and Ubuntu: apt install python3-venv",
            file=sys.stderr,
        )
        raise


def become(command: list[str]) -> int:
    """Run the command in place of this process, so that signals reach it; where there is no such thing, wait for it."""
    if os.name != "nt":
        sys.stdout.flush()
        os.chdir(ROOT)
        os.execv(command[0], command)
    return subprocess.call(command, cwd=ROOT)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
