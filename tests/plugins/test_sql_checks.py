"""What is said about SQLite and a database file."""

from __future__ import annotations

from pathlib import Path

import pytest

from agentchatbus.plugin_api import ConfigError, StorageContext
from agentchatbus_sql import SqlitePlugin, SqliteSettings, checks


def test_an_sqlite_that_is_too_old_is_refused_with_what_to_do() -> None:
    checks.require_usable_sqlite()
    checks.require_usable_sqlite((3, 35, 0))
    with pytest.raises(ConfigError, match=r"SQLite 3\.34\.1 is too old; AgentChatBus needs 3\.35\.0"):
        checks.require_usable_sqlite((3, 34, 1))


@pytest.mark.parametrize(
    ("version", "has_hazard"),
    [
        ((3, 7, 0), True),
        ((3, 40, 1), True),
        ((3, 44, 5), True),
        ((3, 44, 6), False),
        ((3, 45, 0), True),
        ((3, 50, 6), True),
        ((3, 50, 7), False),
        ((3, 51, 2), True),
        ((3, 51, 3), False),
        ((3, 53, 0), False),
    ],
)
def test_the_versions_with_the_log_defect_are_known(version: checks.Version, has_hazard: bool) -> None:
    assert checks.has_wal_hazard(version) is has_hazard


async def test_a_sound_database_is_described(tmp_path: Path) -> None:
    [offer] = SqlitePlugin(SqliteSettings()).register_storage()
    async with offer.open(StorageContext(owner="the tests", data_dir=tmp_path)):
        running = checks.describe(tmp_path / "bus.db")
    stopped = checks.describe(tmp_path / "bus.db")
    for findings in (running, stopped):
        assert all(finding.ok for finding in findings)
        assert "schema version 2" in findings[1].text
        assert "sound" in findings[2].text


def test_a_missing_database_is_no_fault(tmp_path: Path) -> None:
    findings = checks.describe(tmp_path / "bus.db")
    assert all(finding.ok for finding in findings)
    assert not (tmp_path / "bus.db").exists()


def test_a_file_that_is_no_database_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "bus.db").write_text("Dear diary, " * 1000)
    assert [finding.ok for finding in checks.describe(tmp_path / "bus.db")] == [True, False]


async def test_a_damaged_database_is_a_fault(tmp_path: Path) -> None:
    path = tmp_path / "bus.db"
    [offer] = SqlitePlugin(SqliteSettings()).register_storage()
    async with offer.open(StorageContext(owner="the tests", data_dir=tmp_path)):
        pass
    damage(path)
    assert not all(finding.ok for finding in checks.describe(path))


def damage(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[4096:8192] = b"\xff" * 4096
    path.write_bytes(content)
