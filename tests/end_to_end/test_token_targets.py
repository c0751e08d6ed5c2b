"""Which bus the commands around access tokens mean: that of the database, wherever it listens."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.kernel.serving import RunningServer, run_command, running_server


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The data folder of the bus that runs."""
    return tmp_path_factory.mktemp("running")


@pytest.fixture(scope="module")
def server(folder: Path) -> Iterator[RunningServer]:
    file = folder / "agentchatbus.toml"
    file.write_text('[plugins]\nenable = ["rest", "sqlite"]\n')
    with running_server(file, "--data-dir", str(folder)) as running:
        yield running


def token(home: Path, *arguments: str) -> tuple[int, str, str]:
    ran = run_command("token", *arguments, HOME=str(home), AGENTCHATBUS_PLUGINS__ENABLE="rest,sqlite")
    assert "Traceback" not in ran.stderr
    return ran.returncode, ran.stdout.strip(), ran.stderr.strip()


def create(home: Path, *options: str) -> tuple[int, str, str]:
    return token(home, "create", "--scope", "human", "--name", "Ada", *options)


def port_of(server: RunningServer) -> str:
    return server.url.rpartition(":")[2]


@pytest.mark.parametrize("option", ["--db", "--data-dir"])
def test_a_token_for_another_database_never_ends_up_in_the_bus_at_the_address(
    server: RunningServer, tmp_path: Path, option: str
) -> None:
    other = tmp_path / "other"
    code, secret, told = create(tmp_path, option, str(other), "--port", port_of(server))
    assert (code, secret, other.exists()) == (1, "", False)
    assert f"is not that of the bus on {server.url}" in told


def test_the_bus_of_a_database_is_found_wherever_it_listens(
    server: RunningServer, folder: Path, tmp_path: Path
) -> None:
    code, secret, told = create(tmp_path, "--data-dir", str(folder))
    assert (code, secret.startswith("acb_"), f"into the bus on {server.url}." in told) == (0, True, True)
    listed = token(tmp_path, "list", "--db", str(folder / "bus.db"))
    assert told.split()[1] in listed[1]
    assert listed[2] == f"Access tokens of the bus on {server.url}:"
    revoked = token(tmp_path, "revoke", told.split()[1], "--data-dir", str(folder), "--port", port_of(server))
    assert (revoked[0], revoked[2]) == (0, f"It was one of the bus on {server.url}.")


def test_the_address_of_another_bus_is_refused_for_a_database_in_use(
    server: RunningServer, folder: Path, tmp_path: Path
) -> None:
    code, _, told = create(tmp_path, "--data-dir", str(folder), "--port", "1")
    assert (code, f"the bus on {server.url} uses it" in told) == (1, True)


def test_an_address_alone_means_the_bus_that_listens_there(server: RunningServer, tmp_path: Path) -> None:
    code, _, told = create(tmp_path, "--host", "localhost", "--port", port_of(server))
    assert (code, f"into the bus on http://localhost:{port_of(server)}." in told) == (0, True)
    assert not (tmp_path / ".agentchatbus").exists()


def test_a_database_that_no_bus_uses_is_named(tmp_path: Path) -> None:
    database = tmp_path / "mine.db"
    code, _, told = create(tmp_path, "--db", str(database))
    assert (code, told.endswith(f"into the database {database}.")) == (0, True)
    assert token(tmp_path, "list", "--db", str(database))[2] == f"Access tokens of the database {database}:"


def test_listing_and_revoking_make_no_database(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    code, shown, told = token(home, "list", "--data-dir", str(tmp_path / "none"))
    assert (code, shown.startswith("There are no access tokens.")) == (0, True)
    assert f"there is no database {tmp_path / 'none' / 'bus.db'} yet" in told
    assert token(home, "revoke", "x", "--port", "1")[0] == 1
    assert list(tmp_path.rglob("*.db")) == []
