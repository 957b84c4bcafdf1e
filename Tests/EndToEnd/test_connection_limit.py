# SPDX-License-Identifier: Apache-2.0
"""One connection more than the server takes is told so, in whatever it speaks."""

import contextlib
import json
import pathlib

import pytest
from atr_client import Client, Refused
from support import Server, poll, raw

GET = b"GET /livez HTTP/1.1\r\nHost: localhost\r\n\r\n"
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + bytes((0, 0, 0, 4, 0, 0, 0, 0, 0))


@pytest.fixture
def full(arena):
    """A server with all the connections that it may have, and those."""
    with Server(arena, "--set", "limits.connections=3") as server, contextlib.ExitStack() as stack:
        yield server, [stack.enter_context(Client(server.host, server.port)) for _ in range(3)]


def test_each_protocol_hears_of_the_limit(full):
    server, clients = full
    with pytest.raises(Refused) as refused:
        Client(server.host, server.port)
    assert refused.value.status == "LIMIT"
    head, _, body = raw(server, GET).partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 503 ") and b"Retry-After: 1" in head
    assert json.loads(body)["type"] == "/problems/too-many-connections"
    answer = raw(server, PREFACE)
    # SETTINGS, then GOAWAY with ENHANCE_YOUR_CALM (RFC 9113, 6.8).
    assert answer[3] == 4 and answer[12] == 7 and answer[22:26] == bytes((0, 0, 0, 11))
    assert b"too-many" not in answer and b"try again later" in answer
    register = clients[0].open("n", create="u64")
    assert clients[0].operate(register, "fetch_add", operand=1) == 0
    clients.pop().socket.close()
    poll(lambda: b" 200 " in raw(server, GET.replace(b"\r\n\r\n", b"\r\nConnection: close\r\n\r\n")),
         what="room for one more")


def test_a_flood_beyond_the_limit_leaves_nothing_behind(full):
    server, clients = full
    descriptors = pathlib.Path(f"/proc/{server.pid}/fd")
    before = len(list(descriptors.iterdir()))
    with contextlib.ExitStack() as stack:
        for _ in range(300):
            stack.enter_context(server.connect())
        register = clients[0].open("n", create="u64")
        clients[0].operate(register, "inc")
        # Those that say nothing are not waited for.
        poll(lambda: len(list(descriptors.iterdir())) <= before, what="the flood's end")
    assert server.errors().count("connection limit reached") == 1


def test_the_limit_fits_the_process(arena):
    with Server(arena, "--threads", "2", under=("prlimit", "--nofile=64:160")) as server:
        assert "may have 160 open files: at most " in server.errors()
        server.assert_serves()
    with pytest.raises(AssertionError, match="may have 120 open files, and the server needs 148"):
        Server(arena, "--threads", "2", under=("prlimit", "--nofile=64:120"))
    limits = ("prlimit", "--nofile=64:4096")
    with Server(arena, "--set", "limits.connections=10", under=limits) as server:
        assert "open files" not in server.errors()
        table = pathlib.Path(f"/proc/{server.pid}/limits").read_text()
        soft = next(line for line in table.splitlines() if line.startswith("Max open files"))
        assert 128 < int(soft.split()[3]) < 4096, soft
        server.assert_serves()
