"""What users install: the wheel, a stranger's wheel beside it, and a project that `plugins new` has written.

Continuous integration hands over the wheels and the empty environment that it has made; otherwise they are made here,
which needs a package index.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import importlib.util
import json
import os
import queue
import subprocess
import sys
import tomllib
import urllib.error
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from types import ModuleType
from typing import Any

import pytest

ROOT = Path(__file__).parents[2]
WEBHOOK = ROOT / "examples" / "agentchatbus-webhook"
SECRET = "known-to-this-test-alone"
PLUGIN = "no-shouting"
OFFLINE = ("No matching distribution", "NewConnectionError", "Could not find a version", "Temporary failure")

pytestmark = pytest.mark.wheels


def load_smoke() -> ModuleType:
    """Load the checks that continuous integration runs against an installed bus."""
    spec = importlib.util.spec_from_file_location("ci_smoke", ROOT / ".ci" / "smoke.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


smoke = load_smoke()


def finish(done: subprocess.CompletedProcess[str]) -> str:
    """Return what a program printed, which has to have succeeded."""
    if done.returncode and any(sign in done.stderr for sign in OFFLINE):
        pytest.skip("no package index can be reached")
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


class Site:
    """An environment, with a home of its own."""

    def __init__(self, environment: Path, home: Path) -> None:
        self.environment = environment
        self.home = home
        names = {name: value for name, value in os.environ.items() if not name.startswith(("AGENTCHATBUS_", "PYTHON"))}
        self.variables = {**names, "HOME": str(home), "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_QUIET": "1"}

    def run(self, *command: str, cwd: Path | None = None) -> str:
        """Run a program of the environment to its end and return what it printed."""
        program = [str(self.environment / "bin" / command[0]), *command[1:]]
        done = subprocess.run(
            program, env=self.variables, cwd=cwd or self.home, capture_output=True, text=True, timeout=300, check=False
        )
        return finish(done)

    def pip(self, *arguments: str) -> None:
        """Install into the environment."""
        self.run("python", "-m", "pip", "install", "--no-compile", *arguments)

    @contextmanager
    def serving(self, configuration: Path) -> Iterator[str]:
        """Run the bus and yield its address."""
        base = f"http://127.0.0.1:{tomllib.loads(configuration.read_text())['server']['port']}"
        command = [self.environment / "bin" / "agentchatbus", "serve", "--config", configuration]
        with (self.home / "server.log").open("ab") as log:
            server = subprocess.Popen(command, env=self.variables, cwd=self.home, stdout=log, stderr=log)
            try:
                smoke.wait_until_up(base, server)
                yield base
            finally:
                server.terminate()
                server.wait(timeout=20)


class Receiver(ThreadingHTTPServer):
    """Takes webhooks."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Taker)
        self.taken: queue.Queue[tuple[dict[str, str], bytes]] = queue.Queue()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/hook"

    @contextmanager
    def running(self) -> Iterator[None]:
        thread = Thread(target=self.serve_forever)
        thread.start()
        try:
            yield
        finally:
            self.shutdown()
            thread.join()
            self.server_close()

    def next(self) -> dict[str, Any]:
        """Return the next event after a look at its signature."""
        headers, body = self.taken.get(timeout=20)
        signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
        signature = base64.b64encode(hmac.digest(SECRET.encode(), signed, hashlib.sha256)).decode()
        assert headers["webhook-signature"] == f"v1,{signature}"
        return dict(json.loads(body))


class Taker(BaseHTTPRequestHandler):
    """Takes one request."""

    def do_POST(self) -> None:
        assert isinstance(self.server, Receiver)
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.taken.put(({name.lower(): value for name, value in self.headers.items()}, body))
        self.send_response(204)
        self.end_headers()

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


def wheels_of(folder: Path) -> list[str]:
    """Return both wheels: those that were handed over, or new ones."""
    if handed_over := os.environ.get("AGENTCHATBUS_DIST"):
        folder = Path(handed_over)
    else:
        quicker = ["--no-build-isolation"] if importlib.util.find_spec("hatchling") else []
        command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--wheel-dir", str(folder), *quicker]
        finish(subprocess.run([*command, ROOT, WEBHOOK], capture_output=True, text=True, timeout=300, check=False))
    wheels = sorted(str(wheel) for wheel in folder.glob("*.whl"))
    assert len(wheels) == 2, wheels
    return wheels


def environment_of(folder: Path) -> Path:
    """Return the environment that was handed over, or a new one."""
    if handed_over := os.environ.get("AGENTCHATBUS_EMPTY"):
        return Path(handed_over)
    subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True, timeout=120)
    return folder


def configure(site: Site, receiver: Receiver) -> Path:
    """Write a configuration for the bus and the webhook."""
    file = site.home / "bus.toml"
    file.write_text(
        f'[server]\nport = {smoke.free_port()}\n[plugins.sqlite]\npath = "{site.home / "bus.db"}"\n'
        f'[plugins.webhook]\nurls = ["{receiver.url}"]\nsecret = "{SECRET}"\nevents = ["msg.new"]\n'
    )
    return file


def install_generated_project(site: Site, folder: Path) -> None:
    """Let the bus write a project, run its tests as they are, and install it."""
    said = site.run("agentchatbus", "plugins", "new", PLUGIN, "--hook", "filter", "--directory", str(folder))
    assert "pytest" in said
    project = folder / f"agentchatbus-{PLUGIN}"
    site.pip(f"{project}[test]")
    site.run("python", "-m", "pytest", "-q", cwd=project)


def test_a_post_goes_through_the_wheel_a_strangers_wheel_and_a_generated_project(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    site = Site(environment_of(tmp_path / "empty"), home)
    site.pip(*wheels_of(tmp_path / "dist"))
    receiver = Receiver()
    configuration = configure(site, receiver)
    install_generated_project(site, tmp_path / "projects")
    listed = json.loads(site.run("agentchatbus", "plugins", "--json", "--config", str(configuration)))
    states = {plugin["name"]: (plugin["distribution"], plugin["state"]) for plugin in listed}
    assert states["webhook"] == ("agentchatbus-webhook", "active")
    assert states[PLUGIN] == (f"agentchatbus-{PLUGIN}", "active")
    with receiver.running(), site.serving(configuration) as base:
        agent = smoke.ask(base, "/api/agents/register", {"ide": "CI", "model": "wheels"})
        draft = {"topic": "wheels", "creator_agent_id": agent["agent_id"]}
        thread = smoke.ask(base, "/api/threads", draft, token=agent["token"])
        messages = f"/api/threads/{thread['id']}/messages"
        with pytest.raises(urllib.error.HTTPError) as refused:
            smoke.ask(base, messages, {"content": "a tomato"})
        assert "not welcome" in refused.value.read().decode()
        refused.value.close()
        smoke.ask(base, messages, {"content": "through both wheels"})
        assert receiver.next()["payload"]["content"] == "through both wheels"
