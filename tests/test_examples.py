"""What the examples and the pages about configuration say is what the code does."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any

import pytest

from agentchatbus.config import Config, load_config
from agentchatbus.config.environment import NAMES
from agentchatbus.config.tables import TABLES
from agentchatbus.discovery import of_file
from agentchatbus.errors import Rejected
from agentchatbus.plugin import Plugin
from agentchatbus.testing import make_bus


def is_ours(entry: EntryPoint) -> bool:
    """Return whether a plugin is a part of this distribution."""
    return entry.dist is not None and entry.dist.name == "agentchatbus"


ROOT = Path(__file__).parents[1]
EXAMPLE = ROOT / "examples" / "agentchatbus.toml"
VETO_WORD = ROOT / "examples" / "veto_word.py"
PYTHON_BLOCK = re.compile(r"```python\n(.*?)```", re.DOTALL)
REFERENCE = (ROOT / "docs" / "reference" / "configuration.md").read_text()
KEYS = [(name, key) for name, table in TABLES.items() for key in table.model_fields]
SHIPPED = {entry.name: entry.load().settings_type for entry in entry_points(group="agentchatbus") if is_ours(entry)}
KEYS += [(f"plugins.{name}", key) for name, settings in SHIPPED.items() for key in settings.model_fields]
SHORT = [(name, key) for name, keys in NAMES.items() for key in ([keys] if isinstance(keys, str) else keys)]
OF_SHIPPED = [(name, key) for name, key in SHORT if key.split(".")[0] != "plugins" or key.split(".")[1] in SHIPPED]
"""Short variables and their keys, those for plugins that come from elsewhere aside."""


@pytest.fixture(autouse=True)
def somebody_elses_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the person who runs the tests has saved in the settings is not the default."""
    monkeypatch.setenv("HOME", str(tmp_path))


def without_comment_marks(text: str) -> str:
    """Return a configuration in which every key that was commented out is in force."""
    return re.sub(r"^# (?=[a-z_]+ = )", "", text, flags=re.MULTILINE)


def documented() -> dict[str, Any]:
    """Return the example's keys and values by table."""
    document = tomllib.loads(without_comment_marks(EXAMPLE.read_text()))
    plugins = {f"plugins.{name}": table for name, table in document["plugins"].items() if isinstance(table, dict)}
    return document | plugins


def test_the_example_configuration_changes_nothing_as_it_is() -> None:
    config = load_config(EXAMPLE, environ={})
    assert {name: getattr(config, name) for name in TABLES} == {name: getattr(Config(), name) for name in TABLES}


@pytest.mark.parametrize(("table", "key"), KEYS)
def test_the_example_names_every_key(table: str, key: str) -> None:
    assert key in documented()[table]


def test_the_example_shows_the_defaults(tmp_path: Path) -> None:
    file = tmp_path / "all.toml"
    file.write_text(without_comment_marks(EXAMPLE.read_text()))
    config = load_config(file, environ={"HOME": str(tmp_path)})
    shown = {name: getattr(config, name).model_dump(exclude={"operator_token", "data_dir"}) for name in TABLES}
    defaults = {name: getattr(Config(), name).model_dump(exclude={"operator_token", "data_dir"}) for name in TABLES}
    assert shown == defaults


@pytest.mark.parametrize("name", SHIPPED)
def test_the_example_shows_the_defaults_of_plugins(name: str) -> None:
    shown = {key: value for key, value in documented().get(f"plugins.{name}", {}).items() if key != "path"}
    assert SHIPPED[name](**shown) == SHIPPED[name]()


@pytest.mark.parametrize(("table", "key"), KEYS)
def test_the_reference_names_every_key(table: str, key: str) -> None:
    section = next(part for part in REFERENCE.split("\n### ") if f"`[{table}]`" in part.splitlines()[0])
    assert re.search(rf"^\| `(?:{table}\.)?{key}` \|", section, re.MULTILINE)


@pytest.mark.parametrize(("name", "key"), OF_SHIPPED)
def test_every_short_variable_means_a_key_and_is_in_the_reference(name: str, key: str) -> None:
    table, _, last = key.rpartition(".")
    assert (table, last) in KEYS or tuple(table.rsplit(".", 1)) in KEYS
    (row,) = [
        line for line in REFERENCE.splitlines() if line.startswith("| `AGENT") and f"`AGENTCHATBUS_{name}`" in line
    ]
    assert f"`{key}`" in row


def plugin_of(file: Path, **settings: Any) -> Plugin[Any]:
    """Build the plugin of one file as the bus would."""
    plugin_type = of_file(file).load()
    assert isinstance(plugin_type, type)
    return plugin_type(plugin_type.settings_type(**settings))


def plugin_of_page(folder: Path, page: str, number: int) -> Plugin[Any]:
    """Build the plugin that a block of Python of a page defines."""
    file = folder / "from_the_docs.py"
    file.write_text(PYTHON_BLOCK.findall((ROOT / page).read_text())[number])
    return plugin_of(file)


async def test_the_veto_example_refuses_its_word_and_nothing_else() -> None:
    async with make_bus(plugins=[plugin_of(VETO_WORD, word="tomato")]) as bus:
        with pytest.raises(Rejected, match="tomato"):
            await bus.call("msg_post", thread_id=bus.thread, content="A Tomato, please.")
        await bus.call("msg_post", thread_id=bus.thread, content="A banana, please.")
        assert [message.content for message in await bus.messages()] == ["A banana, please."]


async def test_the_plugin_of_the_readme_works_as_shown(tmp_path: Path) -> None:
    async with make_bus(plugins=[plugin_of_page(tmp_path, "README.md", 0)]) as bus:
        with pytest.raises(Rejected, match="shout"):
            await bus.call("msg_post", thread_id=bus.thread, content="NOBODY LISTENS")


async def test_the_operation_of_the_how_to_works_as_shown(tmp_path: Path) -> None:
    async with make_bus(plugins=[plugin_of_page(tmp_path, "docs/how-to/write-a-plugin.md", 1)]) as bus:
        await bus.call("msg_post", thread_id=bus.thread, content="one")
        assert await bus.call("thread_count", thread_id=bus.thread) == {"messages": 1}
