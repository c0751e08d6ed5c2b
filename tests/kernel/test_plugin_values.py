"""Values of plugins' settings: lists in variables, who is named when one is wrong, and what is printed of secrets."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from agentchatbus.cli import main

Run = Callable[..., Result]
PLUGIN = '''
"""A plugin with lists and with secrets."""

from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, BeforeValidator, Field

from agentchatbus.plugin_api import Plugin, PluginSettings

Words = Annotated[tuple[str, ...], BeforeValidator(lambda value: tuple(value.split(";")))]


class Inner(BaseModel):
    """A table within."""

    api_key: str = "none"


class HoardSettings(PluginSettings):
    """The table of the plugin."""

    words: tuple[str, ...] = Field(default=(), description="Words.")
    sizes: list[int] | None = Field(default=None, description="Sizes.")
    names: frozenset[str] = Field(default=frozenset(), description="Names.")
    own_form: Words = Field(default=(), description="Words with semicolons.")
    text: str = Field(default="", description="Text.")
    inner: Inner = Field(default=Inner(), description="A table.")
    source: str = Field(default="memory://", description="Marked.", json_schema_extra={"in_file_only": True})
    proof: str = Field(default="", description="Marked.", json_schema_extra={"format": "password"})


class HoardPlugin(Plugin[HoardSettings]):
    """Does nothing."""

    settings_type = HoardSettings
'''


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command with an empty home, a plugin of one file and the variables that are given."""
    for name in ("HOME", "USERPROFILE"):
        monkeypatch.setenv(name, str(tmp_path))
    plugin = tmp_path / "hoard.py"
    plugin.write_text(PLUGIN)
    runner = CliRunner()

    def command(*arguments: str, **hoard: str) -> Result:
        environ = {f"AGENTCHATBUS_PLUGINS__HOARD__{name}": value for name, value in hoard.items()}
        return runner.invoke(main, [*arguments, "-p", str(plugin)], env=environ)

    return command


def file_with(folder: Path, text: str) -> str:
    file = folder / "bus.toml"
    file.write_text(f"[plugins.hoard]\n{text}\n")
    return str(file)


@pytest.mark.parametrize(
    ("variable", "text", "shown"),
    [
        ("WORDS", "a, b,", 'words = ["a", "b"]'),
        ("WORDS", "alone", 'words = ["alone"]'),
        ("WORDS", '["a,b"]', 'words = ["a,b"]'),
        ("SIZES", "3,4", "sizes = [3, 4]"),
        ("NAMES", "ada", 'names = ["ada"]'),
        ("OWN_FORM", "a,b;c", 'own_form = ["a,b", "c"]'),
        ("TEXT", "a,b", 'text = "a,b"'),
    ],
)
def test_a_variable_writes_a_list_with_commas(run: Run, variable: str, text: str, shown: str) -> None:
    checked = run("config", "check", **{variable: text})
    assert checked.exit_code == 0, checked.output
    assert f"{shown}  # AGENTCHATBUS_PLUGINS__HOARD__{variable}" in checked.output.splitlines()


@pytest.mark.parametrize(
    ("variable", "text", "said"),
    [
        ("SIZES", "3,x", "[plugins.hoard] sizes: item 2: Input should be a valid integer"),
        ("WORDS", "{ a = 1 }", "[plugins.hoard] words: Write a list."),
        ("INNER", "a", "[plugins.hoard] inner: Write a table."),
        ("WORD", "a", "[plugins.hoard] has no key 'word'. Did you mean 'words'?"),
    ],
)
def test_the_variable_that_is_wrong_is_named_alone(run: Run, variable: str, text: str, said: str) -> None:
    refused = run("config", "check", **{variable: text, "TEXT": "fine"})
    assert refused.exit_code == 2
    assert refused.stderr.startswith(f"Error: AGENTCHATBUS_PLUGINS__HOARD__{variable}: ")
    assert said in refused.stderr


def test_a_file_that_has_no_list_is_told_to_write_one(run: Run, tmp_path: Path) -> None:
    file = file_with(tmp_path, "words = 5")
    refused = run("config", "check", "--config", file)
    assert (refused.exit_code, refused.stderr.startswith(f"Error: {file}: ")) == (2, True)
    assert refused.stderr.endswith("[plugins.hoard] words: Write a list.\n")


SECRETS = """
text = "redis://user:p@ss/W0rd@host:6379/0?timeout=1&api_key=k3y"
words = ["amqp://me:l1st@host", "Server=db;Password=w0rds"]
source = "host=db user=me s0urce"
proof = "pr00f"
inner = { api_key = "n3sted" }
"""


@pytest.mark.parametrize("command", [("config", "check"), ("plugins", "info", "hoard", "--json")])
def test_what_lets_somebody_in_is_never_printed(run: Run, tmp_path: Path, command: tuple[str, ...]) -> None:
    shown = run(*command, "--config", file_with(tmp_path, SECRETS))
    assert shown.exit_code == 0, shown.output
    for secret in ("user:", "p@ss", "W0rd", "k3y", "l1st", "w0rds", "s0urce", "pr00f", "n3sted"):
        assert secret not in shown.output
    assert "redis://********@host:6379/0?timeout=1&api_key=********" in shown.output


def test_a_marked_value_that_is_the_default_is_no_secret(run: Run) -> None:
    assert 'source = "memory://"  # default' in run("config", "check").output
    settings = json.loads(run("plugins", "info", "hoard", "--json").output)["settings"]
    assert [item["value"] for item in settings if item["key"] == "source"] == ['"memory://"']
