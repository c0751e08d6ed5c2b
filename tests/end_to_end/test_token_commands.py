"""The commands around access tokens, against a bus that runs and against the database of one that does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.kernel.serving import RunningServer, run_command, running_server

PLUGINS = '["rest", "sqlite"]'


def configured(folder: Path) -> Path:
    file = folder / "agentchatbus.toml"
    database = folder / "bus.db"
    file.write_text(f"[plugins]\nenable = {PLUGINS}\n[plugins.sqlite]\npath = '{database}'\n")
    return file


def command(file: Path, *arguments: str, port: str = "1") -> tuple[int, str, str]:
    """Run a command on tokens; nobody listens on port 1, so there it asks the database."""
    ran = run_command("token", *arguments, "--config", str(file), "--port", port, HOME=str(file.parent))
    assert "Traceback" not in ran.stderr
    return ran.returncode, ran.stdout.strip(), ran.stderr.strip()


def port_of(server: RunningServer) -> str:
    return server.address.rpartition(":")[2]


def test_a_token_is_created_listed_and_revoked_while_the_bus_runs(tmp_path: Path) -> None:
    file = configured(tmp_path)
    with running_server(file) as server:
        port = port_of(server)
        code, secret, note = command(file, "create", "--scope", "human", "--name", "Ada", port=port)
        assert (code, secret.startswith("acb_")) == (0, True)
        token_id = note.split()[1]
        assert token_id in command(file, "list", port=port)[1]
        assert server.request("GET", "/api/me", authorization=f"Bearer {secret}")[1]["kind"] == "human"
        assert command(file, "revoke", token_id, port=port)[0] == 0
        assert server.request("GET", "/api/threads", authorization=f"Bearer {secret}")[0] == 401


def test_a_token_is_created_listed_and_revoked_while_no_bus_runs(tmp_path: Path) -> None:
    file = configured(tmp_path)
    code, secret, note = command(file, "create", "--scope", "agent", "--name", "CI", "--days", "1")
    assert (code, secret.startswith("acb_")) == (0, True)
    token_id = note.split()[1]
    assert token_id in command(file, "list")[1]
    assert command(file, "revoke", token_id)[0] == 0
    assert "no access tokens" in command(file, "list")[1]


def test_what_the_running_bus_refuses_is_told_in_words(tmp_path: Path) -> None:
    file = configured(tmp_path)
    with running_server(file) as server:
        code, _, told = command(file, "create", "--scope", "human", "--name", "", port=port_of(server))
    assert code == 1
    assert told.endswith("says no: name: String should have at least 1 character")


@pytest.mark.parametrize("days", ["0", "-1", "nan", "inf", "36501", "soon"])
def test_a_time_that_no_token_can_last_is_refused(days: str, tmp_path: Path) -> None:
    code, _, told = command(configured(tmp_path), "create", "--scope", "human", "--name", "Ada", "--days", days)
    assert (code, "--days" in told) == (2, True)
