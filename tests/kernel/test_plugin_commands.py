"""The commands that look at one plugin, check it, measure it, and switch it on and off."""

from __future__ import annotations

import json
import stat
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from agentchatbus import discovery
from agentchatbus.cli import main
from agentchatbus.cli.plugins.describing import type_name
from tests.kernel.serving import running_server, write_configuration

Run = Callable[..., Result]
SHIPPED = sorted(candidate.name for candidate in discovery.installed() if candidate.is_shipped and not candidate.extras)
VETO = '''
"""A plugin of one file."""

from __future__ import annotations

from pydantic import Field

from agentchatbus.plugin_api import *


class VetoSettings(PluginSettings):
    """The table."""

    word: str = Field(default="tomato", description="What nobody may say.")
    api_key: str = Field(default="of-the-default", description="A secret.")


class Params_(Params):
    pass


class VetoOperations:
    @operation(route=Route(method="GET", path="/api/veto"), read_only=True)
    async def veto_word(self, params: Params_, call: Call) -> str:
        """Say which word is vetoed."""
        return "tomato"


class VetoPlugin(Plugin[VetoSettings]):
    """Refuses one word."""

    settings_type = VetoSettings

    @hookimpl
    def register_operations(self) -> list[Operation]:
        return operations_of(VetoOperations())

    @hookimpl
    async def check_message(self, draft: MessageDraft) -> None:
        if self.settings.word in draft.content:
            raise Rejected("no")
'''


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command with an empty home and without variables of the bus."""
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(tmp_path))
    runner = CliRunner()
    return lambda *arguments, **environ: runner.invoke(main, arguments, env=environ)


@pytest.fixture
def veto(tmp_path: Path) -> Path:
    """Return a configuration with a plugin of one file."""
    (tmp_path / "veto.py").write_text(VETO)
    file = tmp_path / "bus.toml"
    file.write_text('[plugins]\npaths = ["veto.py"]\n[plugins.veto]\nword = "cucumber"\napi_key = "hunter2"\n')
    return file


def test_plugins_without_a_command_lists_them(run: Run) -> None:
    assert run("plugins").output == run("plugins", "list").output
    assert "sqlite" in run("plugins", "list").output


def test_info_says_everything_about_a_plugin(run: Run, veto: Path) -> None:
    facts = json.loads(run("plugins", "info", "veto", "--json", "--config", str(veto)).output)
    assert (facts["state"], facts["summary"], facts["origin"]) == (
        "active",
        "Refuses one word.",
        f"file {veto.parent / 'veto.py'}",
    )
    assert [(hook["hook"], hook["kind"], hook["place"]) for hook in facts["hooks"]] == [
        ("register_operations", "provider", 1),
        ("check_message", "gate", 1),
    ]
    assert facts["operations"] == [
        {"name": "veto_word", "route": "GET /api/veto", "tool": True, "summary": "Say which word is vetoed."}
    ]
    word = facts["settings"][0]
    assert word == {
        "key": "word",
        "type": "str",
        "default": '"tomato"',
        "value": '"cucumber"',
        "source": str(veto),
        "description": "What nobody may say.",
    }


def test_info_for_people_shows_the_same_and_no_secret(run: Run, veto: Path) -> None:
    shown = run("plugins", "info", "veto", "--config", str(veto), AGENTCHATBUS_PLUGINS__VETO__WORD="leek").output
    for part in (
        "State: active",
        "Refuses one word.",
        "check_message",
        "gate",
        "GET /api/veto",
        "What nobody may say.",
    ):
        assert part in shown
    assert "AGENTCHATBUS_PLUGINS__VETO__WORD" in shown
    assert "hunter2" not in shown
    assert "of-the-default" not in shown


@pytest.mark.parametrize("name", SHIPPED)
def test_info_knows_every_kind_of_plugin(run: Run, name: str) -> None:
    facts = json.loads(run("plugins", "info", name, "--json").output)
    assert facts["problems"] == []
    assert facts["transports"] or facts["hooks"] != [] or facts["commands"]


def test_info_tells_why_a_plugin_takes_no_part(run: Run) -> None:
    shown = run("plugins", "info", "rest", "-p", "no:rest")
    assert "State: disabled: disabled by the configuration" in shown.output


def test_info_of_a_name_that_nobody_has_asks_back(run: Run) -> None:
    refused = run("plugins", "info", "rset")
    assert (refused.exit_code, refused.stderr) == (
        2,
        "Error: No installed plugin is named 'rset'. Did you mean 'rest'?\n",
    )


def test_a_type_is_written_without_its_modules() -> None:
    assert type_name(int) == "int"
    assert type_name(tuple[Path, ...]) == "tuple[Path, ...]"
    assert type_name(str | None) == "str | None"


def test_disable_and_enable_leave_the_rest_of_the_file_as_it_was(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "bus.toml"
    before = (
        '# my bus\n[server]  # where\nport = 40000\n\n[plugins]\n# of these none\ndisable = [\n  "demo",  # noisy\n]\n'
    )
    file.write_text(before)
    file.chmod(0o600)
    done = run("plugins", "disable", "rest", "--config", str(file))
    assert done.exit_code == 0, done.output
    text = file.read_text()
    assert tomllib.loads(text)["plugins"]["disable"] == ["demo", "rest"]
    assert all(comment in text for comment in ("# my bus", "# where", "# of these none", "# noisy"))
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    run("plugins", "enable", "rest", "--config", str(file))
    assert tomllib.loads(file.read_text()) == tomllib.loads(before)


def test_disable_writes_the_default_file_when_there_is_none(run: Run, tmp_path: Path) -> None:
    done = run("plugins", "disable", "rest")
    file = tmp_path / ".agentchatbus" / "agentchatbus.toml"
    assert str(file) in done.output
    assert tomllib.loads(file.read_text()) == {"plugins": {"disable": ["rest"]}}
    assert "disabled by the configuration" in run("plugins").output
    assert [path.name for path in file.parent.iterdir()] == [file.name]


def test_disable_finds_its_place_among_tables_of_plugins(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "bus.toml"
    file.write_text("[plugins.rest]\nmax_streams = 5\n\n[server]\nport = 1\n")
    assert run("plugins", "disable", "demo", "--config", str(file)).exit_code == 0
    assert tomllib.loads(file.read_text()) == {
        "plugins": {"rest": {"max_streams": 5}, "disable": ["demo"]},
        "server": {"port": 1},
    }


def test_enable_adds_to_a_list_of_those_that_take_part(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "bus.toml"
    file.write_text('[plugins]\nenable = ["sqlite"]\n')
    assert run("plugins", "enable", "rest", "--config", str(file)).exit_code == 0
    assert tomllib.loads(file.read_text())["plugins"]["enable"] == ["sqlite", "rest"]


def test_what_is_so_already_changes_nothing(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "bus.toml"
    file.write_text("[server]\nport = 40000\n")
    done = run("plugins", "enable", "rest", "--config", str(file))
    assert "enabled already" in done.output
    assert file.read_text() == "[server]\nport = 40000\n"


def test_an_edit_after_which_the_bus_would_not_start_is_refused(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "bus.toml"
    file.write_text("# nothing\n")
    refused = run("plugins", "disable", "sqlite", "--config", str(file))
    assert refused.exit_code == 2
    assert "Nothing was changed" in refused.stderr
    assert file.read_text() == "# nothing\n"


def test_enable_says_who_else_disables_the_plugin(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "bus.toml"
    file.write_text('[plugins]\ndisable = ["rest"]\n')
    done = run("plugins", "enable", "rest", "--config", str(file), AGENTCHATBUS_PLUGINS__DISABLE="rest")
    assert "AGENTCHATBUS_PLUGINS__DISABLE still disables 'rest'" in done.stderr


@pytest.mark.parametrize("command", ["enable", "disable", "test", "bench"])
def test_a_name_that_nobody_has_is_refused(run: Run, command: str) -> None:
    refused = run("plugins", command, "rset")
    assert refused.exit_code == 2
    assert "Did you mean 'rest'?" in refused.stderr


def test_test_passes_a_good_plugin_and_says_what_was_checked(run: Run, veto: Path) -> None:
    passed = run("plugins", "test", "veto", "--config", str(veto))
    assert passed.exit_code == 0, passed.output
    for check in ("it can be imported", "its hooks fit", "a bus starts with it", "10 stored", "no task left over"):
        assert check in passed.output


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        ('    """Refuses one word."""\n', "", "Write a docstring below"),
        (', description="A secret."', "", "Say what they mean, with Field(description=...): api_key."),
        ("async def check_message", "def check_message", "'check_message' is awaited."),
        ('raise Rejected("no")', "pass\n        1 / 0", "Plugin 'veto' failed in check_message"),
        ("from agentchatbus", "import no_such_module\nfrom agentchatbus", "No module named 'no_such_module'"),
    ],
)
def test_test_says_what_to_change(run: Run, veto: Path, before: str, after: str, said: str) -> None:
    file = veto.with_name("veto.py")
    text = file.read_text()
    assert before in text
    file.write_text(text.replace(before, after))
    failed = run("plugins", "test", "veto", "--config", str(veto))
    assert failed.exit_code == 1, failed.output
    assert said in failed.output
    assert "FAILED" in failed.output


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_plugins_pass_what_every_plugin_has_to(run: Run, tmp_path: Path, name: str) -> None:
    passed = run("plugins", "test", "--no-own", name)
    assert passed.exit_code == 0, passed.output
    assert list(tmp_path.iterdir()) == []


def test_bench_shows_what_a_hook_and_a_post_cost(run: Run, veto: Path) -> None:
    shown = run("plugins", "bench", "veto", "--posts", "20", "--config", str(veto))
    assert shown.exit_code == 0, shown.output
    heading, *rows = shown.output.splitlines()
    assert heading.split() == ["MEASURE", "CALLS", "P50", "P99"]
    assert [row.split("  ")[0] for row in rows] == [
        "check_message",
        "a post without it",
        "a post with it",
        "with / without",
    ]


def test_trace_hooks_prints_plugin_hook_time_and_outcome(tmp_path: Path) -> None:
    (tmp_path / "veto.py").write_text(VETO)
    configuration = write_configuration(tmp_path, "")
    with running_server(configuration, "--trace-hooks", "-p", str(tmp_path / "veto.py")) as server:
        server.request("GET", "/health")
        server.interrupt()
        _, _, errors = server.ended()
    calls = [line.split() for line in errors.splitlines() if line.startswith("hook ")]
    assert {(call[1], call[2], call[-1]) for call in calls} >= {
        ("register_storage", "probe_plugin", "answered"),
        ("register_operations", "veto", "answered"),
        ("register_transports", "probe_plugin", "answered"),
    }
    assert all(float(call[3]) >= 0 and call[4] == "ms" for call in calls)
