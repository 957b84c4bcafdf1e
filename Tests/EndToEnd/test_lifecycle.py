# SPDX-License-Identifier: Apache-2.0
"""How the server starts, refuses to start, and ends."""

import os
import shutil
import signal
import socket
import subprocess

import httpx
import pytest
from atr_client import GOAWAY, Client
from support import BINARIES, ENVIRONMENT, Server, command_line, poll


def refused(*arguments, status=1):
    """What a server says that does not start."""
    done = subprocess.run(
        [BINARIES / "atomics-server", *map(str, arguments)], env=ENVIRONMENT, capture_output=True,
        text=True, timeout=20)
    assert done.returncode == status, (done.returncode, done.stdout, done.stderr)
    assert "listening on" not in done.stdout
    assert "Fatal" not in done.stderr and len(done.stderr.splitlines()) <= 4, done.stderr
    return done.stderr


def test_sigterm_ends_an_idle_server_and_keeps_the_arena(arena):
    for number, kind in enumerate([signal.SIGTERM, signal.SIGINT]):
        with Server(arena) as server:
            server.create("kept", label="of mine")
            assert server.value("kept") == number
            server.request("POST", "/v1/registers/kept/inc")
            server.process.send_signal(kind)
            assert server.process.wait(5) == 0, server.errors()
    assert command_line("get", "kept", server=f"shm:{arena}") == "2\n"


def test_sigterm_tells_open_connections_and_finishes_their_requests(own_server):
    server = own_server
    server.create("last")
    with Client(server.host, server.port) as client, \
            httpx.Client(http1=False, http2=True, base_url=server.url) as web, \
            server.connect() as idle:
        register = client.open("last")
        assert web.post("/v1/registers/last/inc").status_code == 200
        frames = [client.operation_frame(register, "inc_fetch") for _ in range(100)]
        client.socket.sendall(b"".join(frames))
        poll(lambda: server.value("last") == 101)
        server.process.terminate()
        for expected in range(2, 102):
            assert client.receive().value == expected
        farewell = client.receive()
        assert (farewell.opcode, farewell.status) == (GOAWAY, "SHUTTING_DOWN")
        with pytest.raises(ConnectionError):
            client.receive()
        assert idle.recv(1) == b""
        assert server.process.wait(5) == 0, server.errors()


def test_a_client_that_does_not_read_does_not_hold_the_end_up(arena):
    with Server(arena, "--set", "limits.drain_timeout_seconds=1") as server:
        server.create("n")
        with server.connect() as connection:
            one = b"GET /v1/capabilities HTTP/1.1\r\nHost: localhost\r\n\r\n"
            connection.setblocking(False)
            for _ in range(2000):
                try:
                    connection.send(one)
                except BlockingIOError:
                    break
            server.process.terminate()
            assert server.process.wait(8) == 0, server.errors()


def test_no_new_connections_while_draining(own_server):
    with Client(own_server.host, own_server.port) as client:
        client.open("n", create="u64")
    own_server.process.terminate()
    assert own_server.process.wait(5) == 0
    with pytest.raises(OSError):
        own_server.connect()


def test_a_second_server_on_the_same_port(own_server, arena):
    text = refused("--listen", own_server.authority, "--arena", arena)
    assert own_server.authority in text and "in use" in text.lower(), text
    own_server.assert_serves()
    # Its arena was not left held.
    with Server(arena) as other:
        other.assert_serves()


def test_a_second_server_on_the_same_arena(own_server):
    own_server.create("n")
    text = refused("--listen", "127.0.0.1:0", "--arena", own_server.arena)
    assert str(own_server.pid) in text and own_server.arena in text, text
    own_server.assert_serves()
    assert own_server.value("n") == 0


def test_the_port_is_free_again_at_once(arena):
    with Server(arena) as server:
        port = server.port
        with server.connect():
            server.stop()
    with Server(arena, listen=(f"127.0.0.1:{port}",)) as server:
        server.assert_serves()


@pytest.mark.parametrize("address", ["0.0.0.0:0", "[::]:0", "192.0.2.1:7070"])
def test_tcp_beyond_loopback_is_refused_with_the_reason(arena, address):
    text = refused("--listen", address, "--arena", arena)
    assert f"{address} is not a loopback address and is without TLS and authentication" in text
    assert "--insecure" in text


@pytest.mark.parametrize("arguments", [
    ("--listen", "nonsense"), ("--listen", "127.0.0.1:99999"), ("--threads", "many"),
    ("--set", "limits.streams=0"), ("--set", "limits.unknown=1"), ("--no-such-flag",),
    ("--config", "/nonexistent.yaml"), ("--set", "nothing"),
])
def test_wrong_settings_end_with_2(arena, arguments):
    text = refused(*arguments, "--arena", arena, status=2)
    assert text.strip()
    assert not os.path.exists(arena)


def test_an_arena_where_none_can_be(arena, tmp_path):
    kind = subprocess.run(["stat", "-f", "-c", "%T", tmp_path], capture_output=True, text=True)
    if kind.stdout.strip() != "tmpfs":
        on_disk = refused("--listen", "127.0.0.1:0", "--arena", tmp_path / "arena")
        assert "tmpfs" in on_disk, on_disk
    os.makedirs(arena)
    with open(f"{arena}/dir", "wb") as file:
        file.write(b"not an arena" * 1000)
    refused("--listen", "127.0.0.1:0", "--arena", arena)


def test_several_addresses_and_a_unix_socket(arena):
    path = f"{os.path.dirname(arena)}/s"
    with Server(arena, listen=("127.0.0.1:0", "[::1]:0", f"unix:{path}")) as server:
        assert len(server.addresses) == 3 and server.addresses[2] == f"unix:{path}"
        assert command_line("create", "n", "u64", server=f"unix:{path}") is not None
        assert command_line("inc", "n", server=f"atr://{server.addresses[1]}") == "1\n"
        assert command_line("inc", "n", server=f"http://{server.addresses[0]}") == "2\n"
    assert not os.path.exists(path)


def test_an_arena_that_is_removed_is_noticed(arena):
    with Server(arena, "--snapshot-directory", f"{os.path.dirname(arena)}/snapshots") as server:
        shutil.rmtree(arena)
        assert server.process.wait(10) == 1
        assert arena in server.errors().splitlines()[-1], server.errors()


def test_threads_share_the_connections(arena):
    with Server(arena, "--threads", "3") as server:
        clients = [Client(server.host, server.port) for _ in range(9)]
        registers = [client.open("n", create="u64") for client in clients]
        for _ in range(50):
            for client, register in zip(clients, registers):
                client.operate(register, "add", operand=1)
        for client in clients:
            client.socket.close()
        assert server.value("n") == 450
        tasks = os.listdir(f"/proc/{server.pid}/task")
        assert len(tasks) >= 3


def test_the_server_survives_a_closed_standard_output(own_server):
    own_server.process.stdout.close()
    own_server.assert_serves()
    own_server.process.stdout = open(os.devnull)
    with socket.create_connection((own_server.host, own_server.port)):
        pass
    own_server.assert_serves()
