"""What a client may send before the server knows who it is, and for how long."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from tests.kernel.serving import RunningServer, running_server, write_configuration

LIMIT = 64 * 1024
PIECE = b"x" * LIMIT
IMPATIENT = Path(__file__).with_name("impatient_plugin.py")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running_server(write_configuration(tmp_path_factory.mktemp("server"))) as running:
        yield running


@contextmanager
def connected(server: RunningServer) -> Iterator[socket.socket]:
    host, port = server.address.split(":")
    with socket.create_connection((host, int(port)), timeout=60) as connection:
        yield connection


def rest(connection: socket.socket) -> bytes:
    """Read to the end of a connection."""
    received = b""
    while piece := connection.recv(LIMIT):
        received += piece
    return received


def head(server: RunningServer, method: str = "GET", *lines: str) -> bytes:
    return "\r\n".join([f"{method} /echo HTTP/1.1", f"Host: {server.address}", *lines, ""]).encode()


def test_a_large_head_is_answered(server: RunningServer) -> None:
    status, answer = server.request("GET", "/echo", **{"X-Word": "x" * 60_000})
    assert (status, len(answer["headers"]["x-word"])) == (200, 60_000)


@pytest.mark.parametrize("count", [1, 50])
def test_a_head_over_the_limit_is_refused_with_431_and_the_end(server: RunningServer, count: int) -> None:
    lines = [f"X-Word-{number}: {'x' * (LIMIT // count)}" for number in range(count)]
    with connected(server) as connection:
        connection.sendall(head(server, "GET", *lines, "Connection: keep-alive", ""))
        answer = rest(connection)
    assert answer.startswith(b"HTTP/1.1 431 Request Header Fields Too Large\r\n")
    assert b"connection: close\r\n" in answer
    assert server.request("GET", "/health")[0] == 200


@pytest.mark.parametrize("beginning", ["GET /", "GET /echo HTTP/1.1\r\nX-Word: "])
def test_a_line_without_end_is_refused_while_it_comes(server: RunningServer, beginning: str) -> None:
    with connected(server) as connection:
        connection.sendall(beginning.encode() + PIECE)
        connection.sendall(b"x")
        answer = rest(connection)
    assert answer.startswith(b"HTTP/1.1 431 ")


def test_a_second_request_on_a_connection_has_the_same_limit(server: RunningServer) -> None:
    with connected(server) as connection:
        connection.sendall(head(server) + b"\r\n")
        received = b""
        while not received.endswith(b"0\r\n\r\n"):
            received += connection.recv(LIMIT)
        connection.sendall(head(server, "GET", f"X-Word: {PIECE.decode()}", ""))
        assert rest(connection).startswith(b"HTTP/1.1 431 ")


def test_trailers_of_a_body_are_part_of_the_head(server: RunningServer) -> None:
    with connected(server) as connection:
        connection.sendall(head(server, "POST", "Transfer-Encoding: chunked", "") + b"4\r\nbody\r\n0\r\nX-Word: ")
        with suppress(ConnectionError):
            for _ in range(100):
                connection.sendall(PIECE)
            assert rest(connection) == b""
    assert server.request("GET", "/health")[0] == 200


def test_a_body_may_be_larger_than_a_head(server: RunningServer) -> None:
    assert server.request("POST", "/echo", PIECE * 5)[1]["size"] == LIMIT * 5
    assert server.request("POST", "/echo", iter([PIECE] * 5))[1]["size"] == LIMIT * 5
    assert server.request("POST", "/echo", iter([b"x"] * 100))[1]["size"] == 100


def test_clients_that_owe_a_request_and_go_silent_are_cut_off_and_those_that_wait_are_not(tmp_path: Path) -> None:
    with (
        running_server(write_configuration(tmp_path), "-p", str(IMPATIENT)) as server,
        server.opened("GET", "/wait") as waiting,
        connected(server) as nothing,
        connected(server) as half_a_head,
        connected(server) as half_a_body,
    ):
        assert waiting.readline() == b"open\n"
        half_a_head.sendall(head(server))
        half_a_body.sendall(head(server, "POST", "Content-Length: 10", "") + b"half")
        assert [rest(connection) for connection in (nothing, half_a_head, half_a_body)] == [b"", b"", b""]
        server.interrupt()
        assert waiting.read() == b"shutdown"
