# SPDX-License-Identifier: Apache-2.0
"""Processes of every kind on one register at once: totals are exact, and a server that is killed
takes nothing with it."""

import concurrent.futures
import contextlib
import json
import pathlib
import subprocess
import sys
import time
import types

import pytest
from atr_client import Client
from c_arena import make, tool
from support import BINARIES, LONG, Server, command_line, poll, start

HERE = pathlib.Path(__file__).resolve().parent
SECONDS = 60 if LONG else 4


class Adder:
    """A child that adds until it is told to stop."""

    def __init__(self, way, server, name):
        program = BINARIES / "atomics-client"
        if way == "c":
            command = [tool(), "add", server.arena, name]
        elif way == "mapped":
            command = [sys.executable, HERE / "mapped.py", program, server.arena, name]
        else:
            command = [sys.executable, HERE / "adders.py", way, server.host, server.port, name,
                       program, server.arena]
        self.way = way
        self.process = start(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True)

    def await_ready(self):
        assert self.process.stdout.readline() == "ready\n", self.process.communicate()[1]

    def finish(self):
        """(acknowledged, unknown)"""
        output, errors = self.process.communicate(timeout=60)
        assert self.process.returncode == 0, f"{self.way}: {errors}"
        acknowledged, *unknown = map(int, output.split())
        return acknowledged, sum(unknown)


@contextlib.contextmanager
def adding(server, name, ways):
    """The counts of each way, filled in when the block ends."""
    counts = {}
    adders = [Adder(way, server, name) for way in ways]
    try:
        for adder in adders:
            adder.await_ready()
        yield counts
        for adder in adders:
            counts[adder.way] = adder.finish()
    finally:
        for adder in adders:
            adder.process.kill()
            adder.process.wait(10)


def assert_exact(counts, total):
    assert all(unknown == 0 for _, unknown in counts.values()), counts
    assert all(acknowledged > 0 for acknowledged, _ in counts.values()), counts
    assert total == sum(acknowledged for acknowledged, _ in counts.values())


# The package `atomics` has no sixteen bytes.
WAYS = {"u32": ["mapped"], "u64": ["mapped"], "u128": []}


@pytest.mark.parametrize("type", ["u64", "u128"])
def test_map_binary_http2_python_and_c_at_once(own_server, type):
    own_server.create("hits", type)
    ways = ["command", "atr", "http2", "c", *WAYS[type]]
    with adding(own_server, "hits", ways) as counts:
        time.sleep(SECONDS)
    assert_exact(counts, own_server.value("hits"))


@pytest.mark.parametrize("type", WAYS)
def test_map_python_and_c_without_a_server(arena, type):
    make(arena, hits=type)
    nobody = types.SimpleNamespace(arena=arena, host="none", port=0)
    with adding(nobody, "hits", ["command", "c", *WAYS[type]]) as counts:
        time.sleep(1)
    assert_exact(counts, int(command_line("get", "hits", server=f"shm:{arena}")))


def test_a_killed_server_loses_no_acknowledged_operation(arena):
    server = Server(arena)
    port = server.port
    server.create("hits")
    command_line("create", "kept", "i8", "--initial", "-7", server=f"shm:{arena}")
    with adding(server, "hits", ["command", "atr", "http2", "mapped", "c"]) as counts:
        for _ in range(10 if LONG else 3):
            time.sleep(1)
            server.kill()
            # Those who map the arena never notice.
            before = int(command_line("get", "hits", server=f"shm:{arena}"))
            poll(lambda: int(command_line("get", "hits", server=f"shm:{arena}")) > before)
            server = Server(arena, listen=(f"127.0.0.1:{port}",))
            assert f"arena {arena} (adopted with its registers)" in server.announcement
        time.sleep(1)
    total = server.value("hits")
    acknowledged = sum(count for count, _ in counts.values())
    unknown = sum(count for _, count in counts.values())
    assert acknowledged <= total <= acknowledged + unknown, (total, counts)
    assert counts["command"][1] == counts["mapped"][1] == counts["c"][1] == 0
    assert all(count > 0 for count, _ in counts.values()), counts
    assert server.value("kept") == -7
    assert server.stop() == 0, server.errors()


SEATS = 400


def seats_by_frames(server):
    """Until it is told that there are no more."""
    with Client(server.host, server.port) as client:
        seats, taken = client.open("seats"), 0
        while client.operate(seats, "fetch_inc", overflow="fail", high=SEATS)[0]:
            taken += 1
        return taken


def seats_by_http(server):
    taken = 0
    while True:
        status, _, body = server.request(
            "POST", "/v1/registers/seats/inc", {"overflow": "fail", "max": SEATS})
        if status == 409:
            problem = json.loads(body)
            assert problem["type"] == "/problems/out-of-bounds", body
            assert problem["value"] == str(SEATS) and problem["applied"] == "no", body
            return taken
        assert status == 200, body
        taken += 1


def seats_by_command(server):
    """A process for each, on the map."""
    taken = 0
    while True:
        done = subprocess.run(
            [BINARIES / "atomics-client", "inc", "seats", "--overflow", "fail", "--max",
             str(SEATS), "--server", f"shm:{server.arena}"], capture_output=True, timeout=30)
        if done.returncode == 1:
            assert done.stdout == f"{SEATS}\n".encode(), done.stdout
            return taken
        assert done.returncode == 0, done.stderr
        taken += 1


def test_a_limit_holds_whoever_reaches_for_it(own_server):
    own_server.create("seats", "u16")
    ways = [seats_by_frames, seats_by_http, seats_by_command, seats_by_frames]
    with concurrent.futures.ThreadPoolExecutor(len(ways)) as pool:
        taken = [future.result() for future in [pool.submit(way, own_server) for way in ways]]
    assert sum(taken) == SEATS == own_server.value("seats"), taken
