"""What the commands for plugins say of a plugin that does not do what its author believes."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from agentchatbus.cli import main
from agentchatbus.cli.plugins.scaffold import write
from agentchatbus.errors import ConfigError
from tests.kernel.plugin_kit import PREAMBLE, Site, file_plugin
from tests.kernel.serving import running_server, write_configuration

Run = Callable[..., Result]

FORGOTTEN_AWAIT = """
    @hookimpl
    async def check_message(self, draft: MessageDraft) -> None:
        self.look(draft)

    async def look(self, draft: MessageDraft) -> None:
        raise Rejected("no")
"""
FORGOTTEN_IN_OBSERVER = """
    @hookimpl
    async def on_event(self) -> None:
        self.tell()

    async def tell(self) -> None:
        pass
"""
FAILS_AT_ITS_END = """
    @hookimpl
    @asynccontextmanager
    async def lifespan(self):
        yield
        raise ValueError("at the end")
"""
FAILS = """
    @hookimpl
    async def check_message(self) -> None:
        raise ValueError("broken")
"""
REFUSES = """
    @hookimpl
    async def check_message(self) -> None:
        raise Rejected("Never.")
"""
OBSERVER_FAILS = """
    @hookimpl
    async def on_event(self) -> None:
        raise ValueError("broken")
"""
TALKATIVE = """
import logging

class Example(Plugin[PluginSettings]):
    @hookimpl
    @asynccontextmanager
    async def lifespan(self):
        logging.getLogger(__name__).info("The plugin began")
        logging.getLogger("of.somebody.else").info("Nobody asked for this")
        yield
        logging.getLogger(__name__).info("The plugin ended")
"""


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command of the group ``plugins`` with an empty home."""
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(tmp_path))
    runner = CliRunner()
    return lambda *arguments: runner.invoke(main, ("plugins", *map(str, arguments)))


def plugin(folder: Path, body: str, name: str = "mine") -> Path:
    """Write a plugin of one file."""
    file = folder / f"{name}.py"
    file.write_text(f'{PREAMBLE}\nclass Example(Plugin[PluginSettings]):\n    """Does something."""\n{body}')
    return file


@pytest.mark.parametrize(("body", "call"), [(FORGOTTEN_AWAIT, "look(draft)"), (FORGOTTEN_IN_OBSERVER, "tell()")])
def test_test_fails_a_plugin_that_forgets_to_await(run: Run, tmp_path: Path, body: str, call: str) -> None:
    file = plugin(tmp_path, body)
    failed = run("test", "mine", "-p", file)
    line = 1 + file.read_text().splitlines().index(f"        self.{call}")
    name = call.partition("(")[0]
    assert failed.exit_code == 1, failed.output
    assert (
        f"Example.{name}() was called but never awaited, so it did nothing. "
        f"Write `await` before the call ({file}, line {line})."
    ) in failed.output


def test_test_fails_a_plugin_whose_lifespan_ends_badly(run: Run, tmp_path: Path) -> None:
    failed = run("test", "mine", "-p", plugin(tmp_path, FAILS_AT_ITS_END))
    assert failed.exit_code == 1, failed.output
    assert "Plugin mine failed in its lifespan (ValueError: at the end)" in failed.output


@pytest.mark.parametrize(
    ("body", "said"),
    [
        (FAILS, "failed in check_message"),
        (FAILS, "(ValueError: broken)"),
        (REFUSES, "did not let an ordinary post through, so nothing was measured. Never."),
        (OBSERVER_FAILS, "was quarantined, so nothing was measured. Only its observer is not called: 5 failures"),
    ],
)
def test_bench_does_not_measure_what_fails(run: Run, tmp_path: Path, body: str, said: str) -> None:
    failed = run("bench", "mine", "--posts", "20", "-p", plugin(tmp_path, body))
    assert failed.exit_code == 1, failed.output
    assert failed.stderr.splitlines()[-1].startswith("Error: Plugin 'mine' ")
    assert said in failed.stderr
    assert "with / without" not in failed.output


def test_bench_says_why_a_plugin_cannot_be_imported(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    file.write_text("import no_such_module")
    failed = run("bench", "mine", "-p", file)
    assert (failed.exit_code, failed.stderr) == (
        1,
        f"Error: Plugin 'mine' (file {file}) cannot be used: ModuleNotFoundError: No module named 'no_such_module'\n",
    )


def test_bench_names_a_setting_that_is_missing(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "mine.py"
    settings = "class Table(PluginSettings):\n    word: str\n"
    file.write_text(f"{PREAMBLE}\n{settings}\nclass Example(Plugin[Table]):\n    settings_type = Table\n")
    failed = run("bench", "mine", "-p", file)
    assert failed.exit_code == 1
    assert "[plugins.mine] needs the key 'word'." in failed.stderr


def test_list_and_info_show_a_plugin_that_keeps_the_bus_from_starting(run: Run, tmp_path: Path) -> None:
    broken = tmp_path / "broken.py"
    broken.write_text("import no_such_module")
    files = ("-p", plugin(tmp_path, FAILS), "-p", broken)
    rows = {row["name"]: row for row in json.loads(run("list", "--json", *files).stdout)}
    reason = (
        f"Plugin 'broken' (file {broken}): No module named 'no_such_module'. "
        "The bus does not start until it is mended or disabled."
    )
    assert (rows["broken"]["state"], rows["broken"]["reason"]) == ("failed", reason)
    assert rows["mine"]["state"] == "active"
    assert f"State: failed: {reason}" in run("info", "broken", *files).output
    assert "State: active" in run("info", "mine", *files).output


def test_list_shows_a_plugin_whose_table_does_not_fit(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "bus.toml"
    file.write_text("[plugins.rest]\nnonsense = 1\n")
    [row] = [row for row in json.loads(run("list", "--json", "--config", file).stdout) if row["name"] == "rest"]
    assert row["state"] == "failed"
    assert str(file) in row["reason"]
    assert "[plugins.rest] has no key 'nonsense'." in row["reason"]


def test_options_may_stand_before_the_command(run: Run, tmp_path: Path) -> None:
    file = plugin(tmp_path, FAILS)
    assert run("-p", file, "info", "--json", "mine").output == run("info", "mine", "--json", "-p", file).output
    assert run(f"--plugin={file}", "--json").output == run("list", "--json", "-p", file).output
    assert "No such command 'tset'" in run("-p", file, "tset", "mine").stderr


@pytest.mark.parametrize("is_installed", [True, False])
def test_what_a_plugin_logs_as_information_is_seen(tmp_path: Path, *, is_installed: bool) -> None:
    site = Site(tmp_path / "site")
    site.folder.mkdir()
    if is_installed:
        site.add("talkative", TALKATIVE)
    options = () if is_installed else ("-p", str(file_plugin(tmp_path, "talkative", TALKATIVE)))
    environment = {"PYTHONPATH": str(site.folder), "AGENTCHATBUS_PLUGINS__ENABLE": "talkative" if is_installed else ""}
    with running_server(write_configuration(tmp_path), *options, **environment) as server:
        server.request("GET", "/health")
        server.interrupt()
        _, _, errors = server.ended()
    assert "The plugin began" in errors
    assert "The plugin ended" in errors
    assert "Nobody asked" not in errors


def test_a_project_that_cannot_be_written_leaves_nothing_behind(run: Run, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("mine")
    refused = run("new", "my-thing", "--directory", tmp_path / "file" / "inside")
    assert refused.exit_code == 2
    assert refused.stderr.startswith(f"Error: {tmp_path / 'file' / 'inside'}")
    assert "cannot be written: " in refused.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_a_project_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    folder = tmp_path / "deep" / "project"
    with pytest.raises(ConfigError, match=r"cannot be written: .*Nothing was left behind\."):
        write({"src/one.py": "1", "README.md": "x", "README.md/below": "2"}, folder)
    assert list(tmp_path.iterdir()) == []
