"""The commands ``doctor`` and ``compact``."""

from __future__ import annotations

import json
import sqlite3
import sys
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager, closing
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from agentchatbus.cli import main
from agentchatbus.plugin_api import Storage, StorageContext
from agentchatbus.testing.contracts.storage.base import adding_threads, make_thread, posting
from agentchatbus_sql import SqlitePlugin, SqliteSettings


@pytest.fixture(autouse=True)
def at_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AGENTCHATBUS_DATA_DIR", str(tmp_path))


def open_storage(folder: Path) -> AbstractAsyncContextManager[Storage]:
    [offer] = SqlitePlugin(SqliteSettings()).register_storage()
    return offer.open(StorageContext(owner="the bus of the tests", data_dir=folder))


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, arguments)


def examine(*options: str) -> dict[str, Any]:
    answer: dict[str, Any] = json.loads(run("doctor", "--json", *options).stdout)
    return answer


def texts(answer: dict[str, Any], *, ok: bool) -> str:
    findings: Sequence[dict[str, Any]] = answer["findings"]
    return "\n".join(finding["text"] for finding in findings if finding["ok"] is ok)


def has_dbstat() -> bool:
    with closing(sqlite3.connect(":memory:")) as connection:
        return ("ENABLE_DBSTAT_VTAB",) in connection.execute("PRAGMA compile_options").fetchall()


async def test_a_sound_database_is_measured_while_its_bus_runs(tmp_path: Path) -> None:
    async with open_storage(tmp_path) as storage:
        await storage.write(adding_threads())
        await storage.write(posting("something"))
        result = run("doctor")
        answer = examine()
        assert (await storage.write(posting("goes on"))).seq == 2
    assert result.exit_code == 0
    assert "In use by the bus of the tests; this command only reads." in result.output
    assert "FAIL" not in result.output
    assert "messages " in result.output
    assert answer["ok"]
    assert answer["in_use_by"] == "the bus of the tests"
    assert answer["measures"]["log_bytes"] > 0
    rows = {table["name"]: table["rows"] for table in answer["measures"]["tables"]}
    assert rows["messages"] == rows["events"] == rows["threads"] == 1
    sizes = {table["name"]: table["bytes"] for table in answer["measures"]["tables"]}
    assert all(sizes.values()) if has_dbstat() else not any(sizes.values())


async def test_a_stopped_bus_holds_nothing(tmp_path: Path) -> None:
    async with open_storage(tmp_path):
        pass
    result = run("doctor")
    assert result.exit_code == 0
    assert "No bus uses the database now." in result.output
    assert examine()["in_use_by"] is None
    async with open_storage(tmp_path):
        assert examine()["in_use_by"] is not None


def test_a_database_that_is_not_there_is_no_fault_and_is_not_made(tmp_path: Path) -> None:
    path = tmp_path / "folder" / "bus.db"
    result = run("doctor", "--db", str(path))
    assert result.exit_code == 0
    assert "does not exist yet" in result.output
    assert not path.parent.exists()
    assert run("compact", "--db", str(path)).exit_code == 1


def test_the_configured_database_is_looked_at(tmp_path: Path) -> None:
    (tmp_path / "my.toml").write_text('[plugins.sqlite]\npath = "elsewhere.db"\n')
    assert examine("--config", str(tmp_path / "my.toml"))["database"].endswith("elsewhere.db")
    assert examine("--db", str(tmp_path / "other.db"))["database"] == str((tmp_path / "other.db").resolve())
    (tmp_path / "data").mkdir()
    assert examine("--data-dir", str(tmp_path / "data"))["database"] == str((tmp_path / "data" / "bus.db").resolve())
    compacted = run("compact", "--data-dir", str(tmp_path / "data"))
    assert (compacted.exit_code, str(tmp_path / "data") in compacted.output) == (1, True)
    (tmp_path / "my.toml").write_text("[plugins.sqlite]\nreaders = 99\n")
    assert run("doctor", "--config", str(tmp_path / "my.toml")).exit_code == 2


async def test_a_damaged_database_ends_in_exit_code_1(tmp_path: Path) -> None:
    path = tmp_path / "bus.db"
    async with open_storage(tmp_path):
        pass
    content = bytearray(path.read_bytes())
    content[4096:8192] = b"\xff" * 4096
    path.write_bytes(content)
    assert run("doctor").exit_code == 1
    answer = examine()
    assert not answer["ok"]
    assert answer["measures"] is None
    assert "bus.db" in texts(answer, ok=False)


async def test_a_newer_database_is_a_finding(tmp_path: Path) -> None:
    async with open_storage(tmp_path):
        pass
    with closing(sqlite3.connect(tmp_path / "bus.db")) as connection:
        connection.execute("PRAGMA user_version = 99")
    assert "newer AgentChatBus" in texts(examine(), ok=False)


@pytest.mark.skipif(sys.platform == "win32", reason="no such permissions there")
async def test_a_database_that_others_can_open_is_a_finding(tmp_path: Path) -> None:
    async with open_storage(tmp_path):
        pass
    (tmp_path / "bus.db").chmod(0o644)
    assert "chmod 600" in texts(examine(), ok=False)


async def test_what_a_removal_left_is_told_and_compacted(tmp_path: Path) -> None:
    async with open_storage(tmp_path) as storage:
        await storage.write(adding_threads(make_thread("t", system_prompt="SECRET " * 100_000)))
        await storage.write(lambda tx: tx.threads.remove("t"))
        assert run("compact").exit_code == 2
    before = (tmp_path / "bus.db").stat().st_size
    assert "Traces of deleted text" in texts(examine(), ok=True)
    result = run("compact")
    assert result.exit_code == 0, result.output
    assert (tmp_path / "bus.db").stat().st_size < before
    assert "Traces of deleted text" not in texts(examine(), ok=True)
    async with open_storage(tmp_path) as storage:
        assert await storage.read(lambda tx: tx.threads.get("t")) is None


def refuse_a_log(database: Path) -> None:
    """Let SQLite find no place for its log's index, as in a read-only folder."""
    database.with_name("bus.db-shm").symlink_to("nowhere/at-all")


@pytest.mark.skipif(sys.platform == "win32", reason="not everybody may make symbolic links there")
async def test_a_sound_database_is_sound_where_nothing_can_be_written(tmp_path: Path) -> None:
    async with open_storage(tmp_path) as storage:
        await storage.write(adding_threads())
    refuse_a_log(tmp_path / "bus.db")
    answer = examine()
    assert (answer["ok"], texts(answer, ok=False)) == (True, "")
    assert "bus.db is sound." in texts(answer, ok=True)
    assert {table["name"]: table["rows"] for table in answer["measures"]["tables"]}["threads"] == 1


@pytest.mark.skipif(sys.platform == "win32", reason="not everybody may make symbolic links there")
async def test_a_database_that_cannot_be_checked_is_not_called_damaged(tmp_path: Path) -> None:
    async with open_storage(tmp_path) as storage:
        await storage.write(adding_threads())
        log = (tmp_path / "bus.db-wal").read_bytes()
    (tmp_path / "bus.db-wal").write_bytes(log)
    refuse_a_log(tmp_path / "bus.db")
    assert run("doctor").exit_code == 1
    told = texts(examine(), ok=False)
    assert "could not be checked (unable to open database file), which says nothing about the database itself" in told


@pytest.mark.parametrize(
    "tables", ["CREATE TABLE threads (id TEXT); PRAGMA user_version = 4", "CREATE TABLE notes (t)"]
)
def test_a_database_of_another_program_is_refused_in_the_words_of_the_server(tmp_path: Path, tables: str) -> None:
    with closing(sqlite3.connect(tmp_path / "bus.db")) as connection:
        connection.executescript(tables)
    told = texts(examine(), ok=False)
    assert run("doctor").exit_code == 1
    assert f"Error: {told}\n" == run("compact").stderr
    assert told.startswith(f"Cannot use the database {tmp_path.resolve() / 'bus.db'}: another program made it.")


def test_a_folder_is_named_as_such(tmp_path: Path) -> None:
    told = texts(examine("--db", str(tmp_path)), ok=False)
    assert told.startswith(f"Cannot use the database {tmp_path.resolve()}: it is a folder.")
    assert run("doctor", "--db", str(tmp_path)).exit_code == 1


def test_a_file_without_anything_in_it_is_no_fault(tmp_path: Path) -> None:
    (tmp_path / "bus.db").touch(mode=0o600)
    answer = examine()
    assert (answer["ok"], "is empty; the first start fills it" in texts(answer, ok=True)) == (True, True)
