"""The server: what it prints, whom it lets in, how it stops."""

from __future__ import annotations

import signal
import socket
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from tests.kernel.serving import RunningServer, run_command, running_server, write_configuration

GRACE_SECONDS = 60
LIMITS = f"[limits]\nmax_body_bytes = 1000\n[server]\nshutdown_grace_seconds = {GRACE_SECONDS}\n"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[RunningServer]:
    """A server for tests that leave it running."""
    with running_server(write_configuration(tmp_path_factory.mktemp("server"), LIMITS)) as running:
        yield running


@pytest.fixture
def own_server(tmp_path: Path) -> Iterator[RunningServer]:
    """A server for one test alone."""
    with running_server(write_configuration(tmp_path, LIMITS)) as running:
        yield running


def test_m25_h47_three_lines_say_the_real_address_the_database_and_the_plugins(own_server: RunningServer) -> None:
    assert own_server.lines[0].startswith("AgentChatBus: http://127.0.0.1:")
    assert not own_server.url.endswith(":0")
    assert own_server.lines[1:] == ["Database: memory", "Plugins: probe_plugin"]
    assert own_server.request("GET", "/health")[0] == 200
    own_server.interrupt()
    assert own_server.ended() == (0, "", "")


def test_a_plugin_of_one_file_gets_its_settings_from_the_file(tmp_path: Path) -> None:
    configuration = write_configuration(tmp_path, '[plugins.probe_plugin]\nword = "from the file"\n')
    with running_server(configuration) as server:
        assert server.request("GET", "/health")[1]["word"] == "from the file"


def test_a_port_that_another_program_has_is_a_sentence(tmp_path: Path) -> None:
    with closing(socket.create_server(("127.0.0.1", 0))) as other:
        port = str(other.getsockname()[1])
        other.settimeout(0)
        refused = run_command("--config", str(write_configuration(tmp_path)), "--port", port)
    assert (refused.returncode, refused.stdout) == (2, "")
    assert refused.stderr.startswith(f"Error: Port {port} of 127.0.0.1 is taken by another program.")
    assert "--port" in refused.stderr


def test_a_port_that_another_bus_has_says_so(server: RunningServer, tmp_path: Path) -> None:
    port = server.url.rpartition(":")[2]
    refused = run_command("--config", str(write_configuration(tmp_path)), "--port", port)
    assert refused.returncode == 2
    assert refused.stderr.startswith(f"Error: An AgentChatBus 9.9 already answers on {server.url}.")


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "my-machine"])
def test_h24_a_host_for_the_network_needs_an_operator_token(tmp_path: Path, host: str) -> None:
    refused = run_command("--config", str(write_configuration(tmp_path)), "--host", host, "--port", "0")
    assert refused.returncode == 2
    assert "AGENTCHATBUS_ADMIN_TOKEN" in refused.stderr
    assert "operator_token in [server]" in refused.stderr
    assert "Traceback" not in refused.stderr


def test_an_address_that_this_machine_has_not_is_a_sentence(tmp_path: Path) -> None:
    options = ("--config", str(write_configuration(tmp_path)), "--host", "192.0.2.1", "--port", "0")
    refused = run_command(*options, AGENTCHATBUS_ADMIN_TOKEN="a long operator token")
    assert refused.returncode == 2
    assert refused.stderr.startswith("Error: This machine has no address '192.0.2.1'.")


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example", ""])
def test_h23_m17_a_foreign_host_is_misdirected(server: RunningServer, host: str) -> None:
    status, answer = server.request("GET", "/health", Host=host)
    assert status == 421
    assert "allowed_hosts" in answer["detail"]


@pytest.mark.parametrize(
    "origin", ["https://evil.example", "null", "http://127.0.0.1:1", "http://127.0.0.1.evil.example"]
)
def test_h23_m17_a_foreign_origin_is_forbidden(server: RunningServer, origin: str) -> None:
    status, answer = server.request("POST", "/echo", Origin=origin)
    assert status == 403
    assert "allowed_origins" in answer["detail"]


@pytest.mark.parametrize("name", ["127.0.0.1", "localhost", "[::1]"])
def test_the_servers_own_pages_may_use_it_under_every_loopback_name(server: RunningServer, name: str) -> None:
    port = server.url.rpartition(":")[2]
    assert server.request("POST", "/echo", Host=f"{name}:{port}", Origin=f"http://{name}:{port}")[0] == 200
    assert server.request("POST", "/echo", Origin=f"http://localhost:{port}")[0] == 200


def test_h08_a_body_that_says_it_is_too_large_is_not_read(server: RunningServer) -> None:
    status, answer = server.request("POST", "/echo", b"x" * 1001)
    assert (status, answer["detail"]) == (413, "The body of the request is larger than 1000 bytes.")
    assert server.request("POST", "/echo", b"x" * 1000)[1]["size"] == 1000


def test_h08_a_body_that_turns_out_to_be_too_large_is_refused_on_the_way(server: RunningServer) -> None:
    status, _ = server.request("POST", "/echo", iter([b"x" * 600] * 2))
    assert status == 413
    chunked = server.request("POST", "/echo", iter([b"x" * 600]))
    assert chunked[1]["size"] == 600


def test_blanks_around_a_header_value_are_not_part_of_it(server: RunningServer) -> None:
    host, port = server.address.split(":")
    with socket.create_connection((host, int(port)), timeout=30) as connection:
        connection.sendall(f"GET /echo HTTP/1.1\r\nHost: {server.address}\r\nX-Word: \t word \t \r\n\r\n".encode())
        answer = connection.recv(65536).decode()
        while '"x-word"' not in answer:
            answer += connection.recv(65536).decode()
    assert '"x-word": "word"' in answer


def test_the_server_does_not_advertise_what_it_is_made_of(server: RunningServer) -> None:
    with server.opened("GET", "/health") as response:
        assert response.getheader("server") is None


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_stop_ends_open_waits_and_streams_first(own_server: RunningServer, number: signal.Signals) -> None:
    with own_server.opened("GET", "/wait") as waiting, own_server.opened("GET", "/stream") as stream:
        assert (waiting.readline(), stream.readline()) == (b"open\n", b"open\n")
        own_server.interrupt(number)
        assert waiting.read() == b"shutdown"
        assert stream.read() == b"end"
    assert own_server.ended() == (0, "", "")


def test_a_second_ctrl_c_does_not_wait_for_requests(own_server: RunningServer) -> None:
    with own_server.opened("GET", "/stuck") as stuck, own_server.opened("GET", "/stream") as stream:
        assert (stuck.readline(), stream.readline()) == (b"open\n", b"open\n")
        own_server.interrupt()
        assert stream.read() == b"end"  # the first one has arrived
        own_server.interrupt()
        assert own_server.ended()[0] == 130


@pytest.mark.parametrize("part", ["Content-Length: 10\r\n\r\nhalf", "Transfer-Encoding: chunked\r\n\r\n4\r\nhalf\r\n"])
def test_clients_that_sent_half_a_request_do_not_delay_the_stop(own_server: RunningServer, part: str) -> None:
    head = f"POST /echo HTTP/1.1\r\nHost: {own_server.address}\r\n"
    foreign = f"POST /echo HTTP/1.1\r\nHost: evil.example\r\n{part}"
    with raw(own_server, head + part), raw(own_server, foreign), raw(own_server, head), raw(own_server, ""):
        with own_server.opened("GET", "/wait") as waiting:
            assert waiting.readline() == b"open\n"
            before = time.monotonic()
            own_server.interrupt()
            assert waiting.read() == b"shutdown"
        assert own_server.ended() == (0, "", "")
    assert time.monotonic() - before < GRACE_SECONDS / 2


def test_a_whole_request_is_answered_although_the_server_stops(own_server: RunningServer) -> None:
    with own_server.opened("POST", "/slow", b"whole") as slow:
        assert slow.readline() == b"open\n"
        own_server.interrupt()
        assert slow.read() == b"done"
    assert own_server.ended() == (0, "", "")


def test_half_a_request_to_mcp_leaves_no_traceback_at_the_stop(tmp_path: Path) -> None:
    configuration = write_configuration(tmp_path, LIMITS)
    configuration.write_text(configuration.read_text().replace("enable = []", 'enable = ["mcp-http"]'))
    kind = "Content-Type: application/json\r\nAccept: application/json, text/event-stream\r\n"
    with running_server(configuration) as server:
        head = f"POST /mcp HTTP/1.1\r\nHost: {server.address}\r\n{kind}Content-Length: 10\r\n\r\n"
        with raw(server, head + "{"):
            assert server.request("GET", "/health")[0] == 200
            server.interrupt()
            assert server.ended() == (0, "", "")


@contextmanager
def raw(server: RunningServer, text: str) -> Iterator[socket.socket]:
    """Send bytes as they are and keep the connection."""
    host, port = server.address.split(":")
    with socket.create_connection((host, int(port)), timeout=30) as connection:
        connection.sendall(text.encode())
        yield connection
