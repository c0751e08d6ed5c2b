"""Check an installed AgentChatBus from the outside: its commands answer, and a post goes through a started server."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

COMMAND = Path(sys.executable).with_name("agentchatbus")
START_SECONDS = 60.0


def main() -> int:
    """Run all checks; raise at the first that fails."""
    with tempfile.TemporaryDirectory() as folder:
        environment = {**os.environ, "AGENTCHATBUS_DB": str(Path(folder, "bus.db")), "HOME": folder}
        for arguments in (["--version"], ["plugins"], ["config", "check"]):
            print("$ agentchatbus", *arguments, flush=True)
            subprocess.run([COMMAND, *arguments], env=environment, check=True, timeout=60)
        check_plugins(environment)
        port = free_port()
        server = subprocess.Popen([COMMAND, "serve", "--port", str(port)], env=environment)
        try:
            post_through(f"http://127.0.0.1:{port}", server)
        finally:
            server.terminate()
            server.wait(timeout=20)
    return 0


def check_plugins(environment: dict[str, str]) -> None:
    """See that every shipped plugin is active."""
    listed = subprocess.run(
        [COMMAND, "plugins", "--json"], env=environment, check=True, timeout=60, capture_output=True
    )
    if absent := [plugin for plugin in json.loads(listed.stdout) if plugin["state"] != "active"]:
        raise SystemExit(f"not active: {absent}")


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def post_through(base: str, server: subprocess.Popen[bytes]) -> None:
    """Wait for the server, register an agent, open a thread, post into it and read the message back."""
    wait_until_up(base, server)
    agent = ask(base, "/api/agents/register", {"ide": "CI", "model": "smoke"})
    draft = {"topic": "smoke", "creator_agent_id": agent["agent_id"]}
    thread = ask(base, "/api/threads", draft, token=agent["token"])
    messages = f"/api/threads/{thread['id']}/messages"
    posted = ask(base, messages, {"content": "hello from an empty environment"})
    (stored,) = ask(base, messages)
    if (stored["seq"], stored["content"]) != (1, posted["content"]):
        raise SystemExit(f"posted {posted}, but read {stored}")
    print("posted and read back:", json.dumps(stored, ensure_ascii=False))


def wait_until_up(base: str, server: subprocess.Popen[bytes]) -> None:
    """Return when /health answers."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and server.poll() is None:
        try:
            ask(base, "/health")
        except (urllib.error.URLError, TimeoutError):
            time.sleep(0.05)
        else:
            return
    raise SystemExit(f"the server did not come up; its exit code is {server.poll()}")


def ask(base: str, path: str, body: dict[str, object] | None = None, *, token: str | None = None) -> Any:
    """Send one request and return its JSON answer."""
    headers = {"content-type": "application/json"} | ({"x-agent-token": token} if token else {})
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(base + path, data=data, headers=headers)
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)


if __name__ == "__main__":
    sys.exit(main())
