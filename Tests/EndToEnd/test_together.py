# SPDX-License-Identifier: Apache-2.0
"""Processes of every kind on one register at once: totals are exact, and a server that is killed
takes nothing with it."""

import contextlib
import pathlib
import subprocess
import sys
import time

from support import BINARIES, LONG, Server, command_line, poll, start

HERE = pathlib.Path(__file__).resolve().parent
SECONDS = 60 if LONG else 4


class Adder:
    """A child that adds until it is told to stop."""

    def __init__(self, way, server, name):
        program = BINARIES / "atomics-client"
        if way == "mapped":
            command = [HERE / "mapped.py", program, server.arena, name]
        else:
            command = [HERE / "adders.py", way, server.host, server.port, name, program,
                       server.arena]
        self.way = way
        self.process = start(
            [sys.executable, *command], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
            stderr=subprocess.PIPE, text=True)

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


def test_map_binary_http2_and_python_at_once(own_server):
    own_server.create("hits")
    with adding(own_server, "hits", ["command", "atr", "http2", "mapped"]) as counts:
        time.sleep(SECONDS)
    assert all(unknown == 0 for _, unknown in counts.values()), counts
    assert all(acknowledged > 0 for acknowledged, _ in counts.values()), counts
    assert own_server.value("hits") == sum(acknowledged for acknowledged, _ in counts.values())


def test_a_killed_server_loses_no_acknowledged_operation(arena):
    server = Server(arena)
    port = server.port
    server.create("hits")
    command_line("create", "kept", "i8", "--initial", "-7", server=f"shm:{arena}")
    with adding(server, "hits", ["command", "atr", "http2", "mapped"]) as counts:
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
    assert counts["command"][1] == counts["mapped"][1] == 0
    assert all(count > 0 for count, _ in counts.values()), counts
    assert server.value("kept") == -7
    assert server.stop() == 0, server.errors()
