# SPDX-License-Identifier: Apache-2.0
"""Each limit of binary connections, broken by a client: what it is told, what the server keeps, and
that nobody else notices."""

import socket
import struct
import time

import pytest
from atr_client import (
    BATCH, BY_NAME, CLOSE, FLAG_NAME, FLAG_QUIET, GOAWAY, LIST, MAGIC, NOP, OPEN, PING, PING_CLIENT,
    TYPES, Client, Refused, frame, name_block, operation_frame,
)
from support import Server, poll

MIB = 1 << 20
HELLO = MAGIC + bytes((1, 1, 0, 0)) + MIB.to_bytes(8, "little") + bytes(16)
U64 = TYPES["u64"]


def read_to_end(connection):
    received = bytearray()
    while more := connection.recv(1 << 18):
        received += more
    return bytes(received)


@pytest.fixture
def limited(arena):
    """A server with limits that a test can reach."""
    with Server(arena, *(part for setting in (
            "limits.handles=1000", "limits.batch_operations=100", "limits.frame_bytes=65536",
            "limits.connections=300", "limits.classification_timeout_seconds=0.5",
            "limits.keepalive_seconds=0.2", "limits.idle_timeout_seconds=2",
    ) for part in ("--set", setting))) as server:
        yield server
        server.assert_serves()
        assert server.stop() == 0, server.errors()


def test_welcome_tells_the_limits(limited):
    with Client(limited.host, limited.port) as client:
        assert struct.unpack_from("<3I", client.extensions[6]) == (1000, 128, 100)
        assert client.maximum_frame == 65536 and client.keep_alive == 200


def test_a_frame_that_is_too_long(limited):
    with Client(limited.host, limited.port) as client:
        assert client.ask(PING, bytes(65536)).status == "BAD_OPERAND"
        client.send(PING, bytes(65544))
        assert client.receive().status == "BAD_FRAME"
        with pytest.raises(ConnectionError):
            client.receive()


def test_handles(limited):
    with Client(limited.host, limited.port) as client:
        client.create("n", "u64")
        opening = frame(OPEN, 1, name_block("n"), flags=FLAG_NAME, type=0x3F, handle=BY_NAME)
        client.socket.sendall(opening * 1200)
        statuses = [client.receive().status for _ in range(1200)]
        assert statuses == ["OK"] * 1000 + ["LIMIT"] * 200
        client.ask(CLOSE, handle=500).check()
        handle, _ = client.open("n")
        assert handle == 500
        with Client(limited.host, limited.port) as other:
            assert other.open("n")[0] == 0


def test_operations_of_a_batch(limited):
    with Client(limited.host, limited.port) as client:
        register = client.open("batch", create="u64")
        one = client.operation_frame(register, "inc_fetch")
        assert client.ask(BATCH, one * 101).status == "LIMIT"
        replies, count = client.batch(*[one] * 100)
        assert count == 100 and replies[-1].value == 100


@pytest.mark.parametrize("said", [b"", HELLO[:31]], ids=["nothing", "half a greeting"])
def test_time_to_greet(limited, said):
    with socket.create_connection((limited.host, limited.port), 10) as connection:
        connection.sendall(said)
        begin = time.monotonic()
        assert connection.recv(1) == b""
        assert 0.3 < time.monotonic() - begin < 5


def test_silence(limited):
    """A client that said that it answers is asked three times; one that did not never is."""
    hello = bytearray(HELLO)
    hello[6] = 1
    with socket.create_connection((limited.host, limited.port), 10) as connection:
        connection.sendall(hello)
        received = read_to_end(connection)
    extensions = int.from_bytes(received[12:16], "little")
    frames, rest = [], received[48 + extensions:]
    while rest:
        end = 16 + int.from_bytes(rest[4:7], "little")
        frames.append((rest[0], rest[2]))
        rest = rest[end:]
    assert frames == [(PING_CLIENT, 0)] * 3 + [(GOAWAY, 18)]


def test_idleness(limited):
    with Client(limited.host, limited.port) as client:
        begin = time.monotonic()
        reply = client.receive()
        assert reply.opcode == GOAWAY and reply.status == "LIMIT"
        assert 1.5 < time.monotonic() - begin < 6


def test_a_flood_of_connections(limited):
    """More than may be: those that live keep working, and all of it is given back."""
    with Client(limited.host, limited.port) as client:
        register = client.open("flood", create="u64")
        before = limited.memory()
        flood = []
        for _ in range(500):
            flood.append(socket.create_connection((limited.host, limited.port), 10))
            assert client.operate(register, "inc_fetch") == len(flood)
        assert limited.memory() - before < 16 * MIB
        for connection in flood:
            connection.close()
        poll(lambda: works(limited), what="room for another connection")


def works(server):
    try:
        with Client(server.host, server.port) as client:
            return client.ask(NOP).status == "OK"
    except (OSError, Refused):
        return False


def test_half_frames_cost_what_they_have(own_server):
    """Frames of which all but the last byte came are kept, and no more than that."""
    with Client(own_server.host, own_server.port) as client:
        register = client.open("beside", create="u64")
        before = own_server.memory()
        connections = []
        for _ in range(20):
            connection = own_server.connect()
            header = frame(PING, 1)[:4] + MIB.to_bytes(3, "little") + bytes(9)
            connection.sendall(HELLO + header + bytes(MIB - 1))
            connections.append(connection)
            client.operate(register, "inc_fetch")
        own_server.await_idle()
        assert own_server.memory() - before < 60 * MIB
        for connection in connections:
            connection.close()
        assert client.operate(register, "inc_fetch") == 21


def test_listing_without_reading(own_server):
    """Answers are thousands of times as long as requests; what waits is bounded all the same."""
    with Client(own_server.host, own_server.port) as client:
        for number in range(1000):
            client.create(f"long/{number:04}/" + "n" * 100, "u128", label="l" * 64)
        register = client.open("beside", create="u64")
        before = own_server.memory()
        asked = frame(LIST, 1, bytes(8) + (1000).to_bytes(8, "little")) * 1000
        connections = []
        for _ in range(10):
            connection = socket.socket()
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            connection.connect((own_server.host, own_server.port))
            connection.sendall(HELLO + asked)
            connections.append(connection)
        for number in range(1, 101):
            assert client.operate(register, "inc_fetch") == number
        own_server.await_idle()
        assert own_server.memory() - before < 20 * MIB
        for connection in connections:
            connection.close()


def test_batches_without_reading(own_server):
    """Dear batches, one behind the other, whose client does not read: none is lost."""
    with Client(own_server.host, own_server.port) as client:
        names = [f"dear/{number}" for number in range(3000)]
        batch = frame(BATCH, 9, b"".join(
            operation_frame(number, (name, U64), "inc_fetch", policy=1)
            for number, name in enumerate(names)))
        before = own_server.memory()
        with socket.socket() as connection:
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            connection.settimeout(20)
            connection.connect((own_server.host, own_server.port))
            connection.sendall(HELLO + batch * 5 + frame(GOAWAY, 1))
            own_server.await_idle()
            assert own_server.memory() - before < 20 * MIB
            received = read_to_end(connection)
        received = received[48 + int.from_bytes(received[12:16], "little"):]
        counts, replies = [], 0
        while received:
            length = int.from_bytes(received[4:7], "little")
            assert received[0] == BATCH
            if not received[1] & 2:
                counts.append(int.from_bytes(received[12:16], "little"))
            replies += length // 24
            received = received[16 + length:]
        assert counts == [3000] * 5 and replies == 15_000
        assert client.operate(client.open("dear/2999"), "load") == 5


def test_a_batch_is_run_whole_when_its_client_is_gone(own_server):
    names = [f"gone/{number}" for number in range(4000)]
    batch = frame(BATCH, 9, b"".join(
        operation_frame(1, (name, U64), "inc", policy=1, quiet=True) for name in names))
    connection = own_server.connect()
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    connection.sendall(HELLO + batch)
    with Client(own_server.host, own_server.port) as client:
        # It has arrived whole once its first operation has run.
        poll(lambda: client.by_name(OPEN, names[0], type=0x3F).status == "OK")
        connection.close()
        poll(lambda: client.by_name(OPEN, names[-1], type=0x3F).status == "OK",
             what="the end of the batch")
        assert client.operate(client.open(names[-1]), "load") == 1


def test_quiet_requests_without_end(own_server):
    """A million of them have no answer but the barrier's."""
    with Client(own_server.host, own_server.port) as client:
        register = client.open("quiet", create="u64")
        one = operation_frame(1, register, "inc", order="relaxed", quiet=True)
        assert one[1] == FLAG_QUIET
        for _ in range(100):
            client.socket.sendall(one * 10_000)
        assert client.barrier() == []
        assert client.operate(register, "load") == 1_000_000
