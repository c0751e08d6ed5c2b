"""Clients that offer another protocol with a request, as some do with each: it is answered as if they had not."""

from __future__ import annotations

import http.client
import socket
from collections.abc import Iterator

import pytest

from tests.kernel.serving import RunningServer, running_server, write_configuration

OFFERS = {
    "HTTP/2 over plain text": "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQ\r\n",
    "a web socket": "Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n",
}
BODIES = {
    "whole": ("Content-Length: 5", "hello"),
    "in chunks": ("Transfer-Encoding: chunked", "3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n"),
    "none": ("X-Nothing: else", ""),
}
SIZES = {"whole": 5, "in chunks": 5, "none": 0}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    with running_server(write_configuration(tmp_path_factory.mktemp("server"))) as running:
        yield running


def answer(connection: socket.socket) -> tuple[int, bytes]:
    """Read one answer."""
    response = http.client.HTTPResponse(connection)
    response.begin()
    return response.status, response.read()


@pytest.mark.parametrize("offer", OFFERS)
@pytest.mark.parametrize("body", BODIES)
@pytest.mark.parametrize("pieces", ["at once", "head and body apart", "byte by byte"])
def test_a_request_that_offers_another_protocol_is_answered(
    server: RunningServer, offer: str, body: str, pieces: str
) -> None:
    framing, content = BODIES[body]
    head = f"POST /echo HTTP/1.1\r\nHost: {server.address}\r\n{OFFERS[offer]}{framing}\r\n\r\n".encode()
    parts = {
        "at once": [head + content.encode()],
        "head and body apart": [head, content.encode()],
        "byte by byte": [bytes([byte]) for byte in head + content.encode()],
    }[pieces]
    name, port = server.address.split(":")
    with socket.create_connection((name, int(port)), timeout=60) as connection:
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for _ in range(3):  # the connection lives on
            for part in parts:
                connection.sendall(part)
            status, said = answer(connection)
            assert status == 200
            assert f'"size":{SIZES[body]}' in said.decode().replace(" ", "")


def test_requests_that_follow_at_once_are_answered_too(server: RunningServer) -> None:
    framing, content = BODIES["whole"]
    request = f"POST /echo HTTP/1.1\r\nHost: {server.address}\r\n{OFFERS['a web socket']}{framing}\r\n\r\n{content}"
    name, port = server.address.split(":")
    with socket.create_connection((name, int(port)), timeout=60) as connection:
        connection.sendall(request.encode() * 10)
        received = b""
        while received.count(b"HTTP/1.1 200 OK") < 10 or not received.endswith(b"0\r\n\r\n"):
            piece = connection.recv(65536)
            assert piece, received
            received += piece
