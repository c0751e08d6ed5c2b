"""Where the database lies, who may use it, and files that are none."""

from __future__ import annotations

import os
import sqlite3
import stat
import subprocess
import sys
from contextlib import AbstractAsyncContextManager, closing
from pathlib import Path

import pytest

from agentchatbus.plugin_api import ConfigError, Storage, StorageContext, Unavailable
from agentchatbus.testing.contracts.storage.base import adding_threads
from agentchatbus_sql import SqlitePlugin, SqliteSettings

PROCESS = Path(__file__).with_name("sql_process.py")


def open_storage(
    data_dir: Path, path: Path | None = None, owner: str = "a server"
) -> AbstractAsyncContextManager[Storage]:
    [offer] = SqlitePlugin(SqliteSettings(path=path)).register_storage()
    return offer.open(StorageContext(owner=owner, data_dir=data_dir))


def files_in(folder: Path) -> set[str]:
    return {file.name for file in folder.iterdir()}


def run(path: Path, command: str) -> str:
    """Run a command on a database in another process."""
    arguments = [sys.executable, str(PROCESS), str(path), command]
    return subprocess.run(arguments, capture_output=True, text=True, check=True).stdout


def damage_pages(path: Path) -> None:
    """Overwrite a part of the file in which rows are, and leave its header and its schema as they are."""
    content = path.read_bytes()
    path.write_bytes(content[:8192] + b"\xff" * 20_000 + content[28_192:])


async def refusal(path: Path) -> str:
    """Return why a database cannot be opened."""
    with pytest.raises(ConfigError) as caught:
        await open_storage(path.parent, path).__aenter__()
    assert str(path) in str(caught.value)
    assert "[plugins.sqlite]" in str(caught.value)
    return str(caught.value)


async def test_the_default_place_is_the_data_folder(tmp_path: Path) -> None:  # H03
    async with open_storage(tmp_path / "data"):
        assert (tmp_path / "data" / "bus.db").is_file()


async def test_a_tilde_in_the_path_is_the_home_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("USERPROFILE", str(tmp_path))
    async with open_storage(tmp_path, Path("~/folder/my.db")) as storage:
        assert storage.sql.path == (tmp_path / "folder" / "my.db").resolve()
        assert storage.sql.dialect == "sqlite"


@pytest.mark.skipif(sys.platform == "win32", reason="no such permissions there")
async def test_nobody_else_can_read_the_files(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    async with open_storage(folder) as storage:
        await storage.write(adding_threads())
        files = {file.name: stat.S_IMODE(file.stat().st_mode) for file in folder.iterdir()}
    assert files == dict.fromkeys(["bus.db", "bus.db-wal", "bus.db-shm", "bus.db.lock", "bus.db.owner"], 0o600)
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


async def test_closing_leaves_one_whole_file(tmp_path: Path) -> None:
    async with open_storage(tmp_path) as storage:
        await storage.write(adding_threads())
    assert files_in(tmp_path) <= {"bus.db", "bus.db.lock"}
    with closing(sqlite3.connect(tmp_path / "bus.db")) as connection:
        assert connection.execute("SELECT topic FROM threads").fetchall() == [("topic of t",)]


async def test_a_second_server_is_refused_and_told_who_is_first(tmp_path: Path) -> None:
    owner = "AgentChatBus at http://127.0.0.1:39765 (process 4711)"
    link = tmp_path / "link.db"
    async with open_storage(tmp_path, owner=owner):
        assert f"in use by {owner}" in await refusal(tmp_path / "bus.db")
        link.symlink_to(tmp_path / "bus.db")
        with pytest.raises(ConfigError, match="in use by AgentChatBus at"):
            await open_storage(tmp_path, link).__aenter__()
    async with open_storage(tmp_path, owner="another one"):
        assert "in use by another one" in await refusal(tmp_path / "bus.db")


async def test_a_file_with_two_names_is_refused(tmp_path: Path) -> None:
    async with open_storage(tmp_path):
        (tmp_path / "second.db").hardlink_to(tmp_path / "bus.db")
        with pytest.raises(ConfigError, match="has 2 names"):
            await open_storage(tmp_path, tmp_path / "second.db").__aenter__()
    assert "has 2 names (hard links)" in await refusal(tmp_path / "bus.db")
    (tmp_path / "second.db").unlink()
    async with open_storage(tmp_path):
        pass


async def test_a_note_that_is_gone_does_not_open_the_lock(tmp_path: Path) -> None:
    async with open_storage(tmp_path):
        (tmp_path / "bus.db.owner").unlink()
        assert "in use by another process" in await refusal(tmp_path / "bus.db")


async def test_a_note_that_cannot_be_removed_is_no_matter(tmp_path: Path) -> None:
    note = tmp_path / "bus.db.owner"
    async with open_storage(tmp_path):
        note.unlink()
        note.mkdir()
    note.rmdir()
    async with open_storage(tmp_path) as storage:
        await storage.write(adding_threads())


async def test_two_databases_are_served_side_by_side(tmp_path: Path) -> None:
    async with open_storage(tmp_path / "one") as one, open_storage(tmp_path / "two") as two:
        await one.write(adding_threads())
        await two.write(adding_threads())


async def test_a_folder_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    assert "folder" in await refusal(tmp_path / "folder")


async def test_a_place_that_cannot_be_is_explained(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("text")
    await refusal(tmp_path / "file" / "bus.db")


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="nothing is forbidden to this user")
async def test_a_forbidden_file_is_explained(tmp_path: Path) -> None:
    (tmp_path / "bus.db").touch(mode=0o000)
    assert "Permission denied" in await refusal(tmp_path / "bus.db")


async def test_a_file_of_another_kind_is_refused_and_left_alone(tmp_path: Path) -> None:
    text = "Dear diary, " * 1000
    (tmp_path / "bus.db").write_text(text)
    assert "not a database" in await refusal(tmp_path / "bus.db")
    assert (tmp_path / "bus.db").read_text() == text


async def test_a_database_of_another_program_is_refused_and_left_alone(tmp_path: Path) -> None:  # H14
    path = tmp_path / "bus.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE threads (id TEXT)")
        connection.commit()
    before = path.read_bytes()
    assert "another program" in await refusal(path)
    assert path.read_bytes() == before


async def test_a_database_of_a_newer_version_is_refused_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "bus.db"
    async with open_storage(tmp_path):
        pass
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 99")
    before = path.read_bytes()
    assert "schema version 99" in await refusal(path)
    assert path.read_bytes() == before


async def test_a_damaged_database_is_explained(tmp_path: Path) -> None:
    path = tmp_path / "bus.db"
    async with open_storage(tmp_path):
        pass
    content = path.read_bytes()
    path.write_bytes(content[:100] + b"\xff" * (len(content) - 100))
    assert "`agentchatbus doctor`" in await refusal(path)


async def test_damaged_pages_are_explained_to_those_who_read_them(tmp_path: Path) -> None:
    path = tmp_path / "bus.db"
    async with open_storage(tmp_path) as storage:
        await storage.write(adding_threads())
    damage_pages(path)
    async with open_storage(tmp_path) as storage:
        for _ in range(2):
            with pytest.raises(Unavailable, match=r"is damaged .*nothing was read\. `agentchatbus doctor`"):
                await storage.read(lambda tx: tx.agents.all())
        with pytest.raises(Unavailable, match=r"is damaged .*nothing was stored\. `agentchatbus doctor`"):
            await storage.sql.write(lambda connection: connection.execute("SELECT * FROM agents").fetchall())


def test_a_server_with_a_damaged_database_says_one_sentence(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    run(folder / "bus.db", "imports")
    damage_pages(folder / "bus.db")
    arguments = [sys.executable, "-m", "agentchatbus", "--data-dir", str(folder), "--port", "0"]
    ended = subprocess.run(arguments, capture_output=True, text=True, check=False, timeout=60)
    assert (ended.returncode, ended.stdout) == (2, "")
    [line] = ended.stderr.splitlines()
    assert line.startswith("Error: The database is damaged")
    assert "`agentchatbus doctor`" in line


async def test_a_refused_file_is_free_for_the_next_try(tmp_path: Path) -> None:
    (tmp_path / "bus.db").write_text("Dear diary, " * 1000)
    await refusal(tmp_path / "bus.db")
    (tmp_path / "bus.db").unlink()
    async with open_storage(tmp_path) as storage:
        await storage.write(adding_threads())


async def test_opening_an_existing_database_is_quick_because_it_imports_no_orm(tmp_path: Path) -> None:
    async with open_storage(tmp_path):
        pass
    assert run(tmp_path / "bus.db", "imports").split() == ["False", "False"]
