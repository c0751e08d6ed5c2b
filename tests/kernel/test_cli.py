"""The command line: what it prints, what it refuses, and how commands of plugins get there."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

from agentchatbus import __version__, discovery
from agentchatbus.cli import main, stdio_main
from agentchatbus.discovery import Candidate
from agentchatbus.plugin_api import Plugin, PluginSettings
from tests.kernel.serving import clean_environment, run_command, running_server, write_configuration

Run = Callable[..., Result]
HEAVY = "mcp fastapi starlette sqlmodel sqlalchemy uvicorn detect_secrets"
IMPORTED = f"""
import sys
from agentchatbus.cli import main
main.main(sys.argv[1:], standalone_mode=False)
print('imported:', sorted(set({HEAVY.split()}) & set(sys.modules)))
"""


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command with an empty home and without variables of the bus."""
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(tmp_path))
    runner = CliRunner()
    return lambda *arguments, **environ: runner.invoke(main, arguments, env=environ)


def test_help_lists_the_commands_and_their_options(run: Run) -> None:
    shown = run("--help")
    assert shown.exit_code == 0
    for name in ("serve", "plugins", "config", "demo"):
        assert f"\n  {name} " in shown.output
    for option in ("--host", "--port", "--db", "--config", "--data-dir", "-p, --plugin"):
        assert option in run("serve", "-h").output


def test_the_version_is_the_packages(run: Run) -> None:
    assert run("--version").output == f"agentchatbus {__version__}\n"


def test_plugins_shows_what_became_of_each(run: Run) -> None:
    shown = run("plugins", "-p", "no:rest")
    assert shown.exit_code == 0
    heading, *rows = shown.output.splitlines()
    assert heading.split() == ["NAME", "VERSION", "DISTRIBUTION", "STATE", "HOOKS", "REASON"]
    by_name = {row.split()[0]: row for row in rows}
    assert "active" in by_name["sqlite"]
    assert "register_storage" in by_name["sqlite"]
    assert by_name["rest"].endswith("disabled by the configuration")


def test_plugins_speaks_json_to_programs(run: Run) -> None:
    statuses = {status["name"]: status for status in json.loads(run("plugins", "--json").output)}
    assert statuses["sqlite"] == {
        "name": "sqlite",
        "version": __version__,
        "distribution": "agentchatbus",
        "hooks": ["register_storage"],
        "state": "active",
        "reason": "",
    }


def test_config_check_prints_what_is_in_force_and_why(run: Run, tmp_path: Path) -> None:
    file = write_configuration(tmp_path, '[plugins.probe_plugin]\nword = "of the file"\n[bus]\nseq_tolerance = 2\n')
    shown = run("config", "check", "--config", str(file), "--host", "::1", AGENTCHATBUS_PORT="41000")
    assert shown.exit_code == 0, shown.output
    lines = shown.output.splitlines()
    assert f"# Configuration file: {file}" in lines
    assert 'host = "::1"  # --host' in lines
    assert "port = 41000  # AGENTCHATBUS_PORT" in lines
    assert f"seq_tolerance = 2  # {file}" in lines
    assert "max_topic_length = 512  # default" in lines
    assert "# operator_token is not set  (default)" in lines
    assert lines[lines.index("[plugins.probe_plugin]") + 1] == f'word = "of the file"  # {file}'


def test_config_check_masks_secrets(run: Run) -> None:
    shown = run("config", "check", AGENTCHATBUS_ADMIN_TOKEN="hunter2")
    assert 'operator_token = "********"  # AGENTCHATBUS_ADMIN_TOKEN' in shown.output
    assert "hunter2" not in shown.output


def test_config_check_opens_nothing(run: Run, tmp_path: Path) -> None:
    assert run("config", "check").exit_code == 0
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("config", "check", "--config", "/nowhere.toml"), "There is no configuration file /nowhere.toml."),
        (("plugins", "-p", "sqlit"), "No installed plugin is named 'sqlit'. Did you mean 'sqlite'?"),
        (("config", "check", "-p", "no:sqlite"), "there is no storage named 'sqlite'"),
        (("config", "check", "--host", "0.0.0.0"), "Set an operator token (AGENTCHATBUS_ADMIN_TOKEN"),
        (("plugins", "--port", "99999"), "--port: [server] port: Input should be less than or equal to 65535."),
        (("serv",), "There is no command 'serv'. Did you mean 'serve'?"),
    ],
)
def test_what_cannot_be_used_is_a_sentence_and_exit_code_2(run: Run, arguments: tuple[str, ...], said: str) -> None:
    refused = run(*arguments)
    assert refused.exit_code == 2
    assert said in refused.stderr
    assert "Traceback" not in refused.output


def test_a_search_that_nobody_offers_is_refused(run: Run) -> None:
    refused = run("config", "check", AGENTCHATBUS_SEARCH__BACKEND="fts9")
    sentence = "Error: [search] backend: there is no search named 'fts9'. Did you mean 'fts5'?\n"
    assert (refused.exit_code, refused.stderr) == (2, sentence)


def test_without_a_command_it_serves(tmp_path: Path) -> None:
    options = ("--config", str(write_configuration(tmp_path)), "--port", "0", "--host", "192.0.2.1", "--reload")
    refused = run_command(*options, AGENTCHATBUS_ADMIN_TOKEN="a long operator token")
    assert refused.returncode == 2
    assert "--reload is accepted and ignored" in refused.stderr
    assert "This machine has no address '192.0.2.1'" in refused.stderr


@pytest.mark.parametrize("arguments", [("config", "check"), ("plugins",), ("--version",)])
def test_commands_that_only_look_import_no_framework(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    command = [sys.executable, "-c", IMPORTED, *arguments]
    environment = clean_environment(HOME=str(tmp_path))
    shown = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=True)
    assert shown.stdout.endswith("imported: []\n")


@click.command()
def hello() -> None:
    """Say hello."""
    click.echo("hello from a plugin")


class HelloPlugin(Plugin[PluginSettings]):
    """Adds a command."""

    @classmethod
    def commands(cls) -> list[click.Command]:
        return [hello]


def candidate(name: str, load: Callable[[], type[HelloPlugin]]) -> Candidate:
    return Candidate(name=name, load=load, origin="distribution stranger", distribution="stranger")


def test_a_plugin_adds_commands(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(discovery, "installed", lambda: [candidate("hello", lambda: HelloPlugin)])
    assert run("hello").output == "hello from a plugin\n"
    assert "hello    Say hello." in run("--help").output


def test_our_own_commands_need_no_plugin_to_be_imported(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def load() -> type[HelloPlugin]:
        raise AssertionError("imported")

    monkeypatch.setattr(discovery, "installed", lambda: [candidate("unwanted", load)])
    assert "imported" not in run("serve", "--help").output


def test_a_plugin_that_cannot_be_imported_hides_no_other_command(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def load() -> type[HelloPlugin]:
        raise ImportError("no such library")

    monkeypatch.setattr(discovery, "installed", lambda: [candidate("lame", load), candidate("x", lambda: HelloPlugin)])
    shown = run("hello")
    assert shown.stdout == "hello from a plugin\n"
    assert "plugin 'lame' (distribution stranger) is left out: no such library" in shown.stderr


def test_the_word_agentchatbus_stdio_is_the_command_stdio(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["agentchatbus-stdio", "--help"])
    with pytest.raises(SystemExit) as ended:
        stdio_main()
    assert ended.value.code == 0
    assert "Usage: agentchatbus stdio" in capsys.readouterr().out


def test_names_that_mean_nothing_are_warned_of_on_stderr(tmp_path: Path) -> None:
    names = {"AGENTCHATBUS_PROT": "1", "AGENTCHATBUS_PLUGINS__DISABLE": "rset"}
    checked = run_command("config", "check", HOME=str(tmp_path), **names)
    assert checked.returncode == 0
    assert "[WARNING]" not in checked.stdout
    for warning in NAME_WARNINGS:
        assert warning in checked.stderr


def test_names_that_mean_nothing_are_warned_of_at_the_start(tmp_path: Path) -> None:
    configuration = write_configuration(tmp_path)
    configuration.write_text(configuration.read_text().replace("[plugins]", '[plugins]\ndisable = ["rset"]'))
    with running_server(configuration, AGENTCHATBUS_PROT="1") as server:
        server.interrupt()
        code, _, errors = server.ended()
    assert code == 0
    for warning in NAME_WARNINGS:
        assert warning in errors


@pytest.mark.parametrize("command", [("config", "check"), ("serve",)])
def test_a_plugin_to_leave_out_that_does_not_exist_is_a_slip(run: Run, command: tuple[str, ...]) -> None:
    shown = run(*command, "--port", "0", "-p", "no:rset")
    assert shown.exit_code == 2
    assert "-p no:rset: no plugin is named 'rset'. Did you mean 'rest'?" in shown.output


NAME_WARNINGS = [
    "AGENTCHATBUS_PROT is no variable of the bus. Did you mean 'AGENTCHATBUS_PORT'?",
    "No plugin to disable is named 'rset'. Did you mean 'rest'?",
]
