"""Settings that were saved while the bus ran, at its next start."""

from __future__ import annotations

from pathlib import Path

import pytest

from agentchatbus.config import Config, Flags, load_config
from agentchatbus.config.saved import read_saved, saved_file, write_saved
from agentchatbus.errors import ConfigError


def start(folder: Path, *, flags: dict[str, object] | None = None, **environ: str) -> Config:
    """Read the configuration of a bus with this data folder."""
    environ = {"AGENTCHATBUS_DATA_DIR": str(folder)} | {
        f"AGENTCHATBUS_{name}": value for name, value in environ.items()
    }
    return load_config(environ=environ, flags=Flags(values=flags or {}))


def save(folder: Path, **bus: object) -> Path:
    """Save settings of the table [bus]."""
    file = saved_file(folder)
    write_saved(file, {"bus": bus})
    return file


def test_saved_settings_go_between_the_file_and_the_environment(tmp_path: Path) -> None:
    """H03: they stay in the data folder, and the data folder stays where it is."""
    names = ("seq_tolerance", "wait_timeout_seconds", "heartbeat_timeout_seconds", "upkeep_interval_seconds")
    toml = "\n".join(["[bus]", *(f"{name} = 5" for name in names)])
    (tmp_path / "agentchatbus.toml").write_text(toml)
    file = save(tmp_path, seq_tolerance=2, wait_timeout_seconds=12, heartbeat_timeout_seconds=22)
    flags: dict[str, object] = {"bus.heartbeat_timeout_seconds": 24}
    config = start(tmp_path, WAIT_TIMEOUT="13", HEARTBEAT_TIMEOUT="23", flags=flags)
    bus = config.bus
    values = (bus.upkeep_interval_seconds, bus.seq_tolerance, bus.wait_timeout_seconds, bus.heartbeat_timeout_seconds)
    assert values == (5, 2, 13, 24)
    assert config.sources["bus.seq_tolerance"] == str(file)
    assert config.sources["bus.wait_timeout_seconds"] == "AGENTCHATBUS_WAIT_TIMEOUT"
    assert config.server.data_dir == tmp_path


def test_nothing_saved_changes_nothing(tmp_path: Path) -> None:
    assert start(tmp_path).bus.seq_tolerance == 0
    write_saved(saved_file(tmp_path), {"bus": {}})
    assert read_saved(saved_file(tmp_path)) == {}
    assert start(tmp_path).bus.seq_tolerance == 0


def test_what_is_saved_is_read_back_and_belongs_to_its_owner(tmp_path: Path) -> None:
    file = saved_file(tmp_path / "new")
    document = {"server": {"host": "::1", "allowed_hosts": ["a.example", 'b"c']}, "bus": {"enable_priority": True}}
    write_saved(file, document)
    assert read_saved(file) == document
    assert file.stat().st_mode & 0o077 == 0
    assert [path.name for path in file.parent.iterdir()] == ["settings.toml"]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("[bus", ["not valid TOML", "remove it"]),
        ("[bus]\nseq_tolernce = 1\n", ["no key 'seq_tolernce'", "'seq_tolerance'"]),
        ("[bus]\nseq_tolerance = -1\n", ["seq_tolerance", "greater than or equal to 0"]),
        ("[buss]\n", ["[buss]", "'bus'"]),
        ("bus = 1\n", ["[bus]"]),
        ('[server]\noperator_token = "x"\n', ["server.operator_token", "configuration file"]),
        ('[server]\ndata_dir = "/elsewhere"\n', ["server.data_dir", "configuration file"]),
        ('[plugins]\npaths = ["x.py"]\n', ["[plugins]"]),
    ],
)
def test_a_file_that_cannot_be_used_is_named_with_what_is_wrong(tmp_path: Path, text: str, words: list[str]) -> None:
    """H24: never silently, and never with a traceback."""
    saved_file(tmp_path).write_text(text)
    with pytest.raises(ConfigError) as caught:
        start(tmp_path)
    assert all(word in str(caught.value) for word in [str(saved_file(tmp_path)), *words])


def test_what_cannot_be_saved_leaves_nothing_behind(tmp_path: Path) -> None:
    saved_file(tmp_path).mkdir()
    with pytest.raises(IsADirectoryError):
        save(tmp_path, seq_tolerance=2)
    assert [path.name for path in tmp_path.iterdir()] == [saved_file(tmp_path).name]
