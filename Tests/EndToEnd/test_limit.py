# SPDX-License-Identifier: Apache-2.0
"""The limit that the benchmarks compare with (Benchmarks/limit.c) answers as a server does, as far
as a load generator can tell."""

import json
import re
import select
import shutil
import socket
import subprocess
import sys

import pytest
from atr_client import OPEN, PING, TYPES, Client, frame, name_block
from support import BINARIES, ROOT, Server, arena_directory, poll, start

pytestmark = pytest.mark.skipif(not shutil.which("cc"), reason="there is no C compiler")


@pytest.fixture(scope="module")
def program(tmp_path_factory):
    built = tmp_path_factory.mktemp("limit") / "limit"
    subprocess.run(
        ["cc", "-O2", "-Wall", "-Wextra", "-Werror", ROOT / "Benchmarks/limit.c", "-o", built],
        check=True, timeout=60)
    return built


@pytest.fixture
def port(program):
    process = start([program, "0"], stdout=subprocess.PIPE, text=True)
    try:
        yield int(re.fullmatch(r"listening on 127\.0\.0\.1:(\d+)\n", process.stdout.readline())[1])
    finally:
        process.kill()
        process.wait(10)
        process.stdout.close()


HELLO = b"\xA7ATR\x01\x01\0\0" + (1 << 20).to_bytes(8, "little") + bytes(16)


def answers(peer, seconds):
    return bool(select.select([peer], [], [], seconds)[0])


def test_replies_have_the_bytes_of_a_servers(port):
    with arena_directory() as arena, Server(arena) as server, \
            Client(server.host, server.port) as ours, Client("127.0.0.1", port) as limit:
        ours.open("n", create="u64")
        for client in (ours, limit):
            client.register = client.open("n", create="u64")
        for name in ("inc_fetch", "fetch_inc", "fetch_add"):
            operand = {"operand": 1} if name == "fetch_add" else {}
            replies = []
            for client in (ours, limit):
                client.socket.sendall(client.operation_frame(client.register, name, **operand))
                replies.append(client.receive().check())
            first, second = replies
            assert (second.opcode, second.type) == (first.opcode, first.type)
            assert len(second.bytes) == len(first.bytes) == 24
        # By name, too, and whatever else a load generator may ask.
        assert limit.operate(("some/name", TYPES["u64"]), "inc_fetch") == 3
        assert limit.ask(PING).status == "OK"


def test_each_name_has_the_next_handle_and_each_operation_the_next_value(port):
    with Client("127.0.0.1", port) as client, Client("127.0.0.1", port) as other:
        assert [client.open(name, create="u64") for name in ("a", "b", "a")] == [
            (handle, TYPES["u64"]) for handle in range(3)]
        assert other.open("c", create="u64")[0] == 0
        assert client.operate((2, TYPES["u64"]), "fetch_inc") == 0
        assert other.operate((0, TYPES["u64"]), "fetch_inc") == 1


def test_frames_may_come_in_pieces_and_many_at_once(port):
    with Client("127.0.0.1", port) as client:
        count = 5000
        frames = b"".join(
            client.operation_frame((0, TYPES["u64"]), "fetch_inc") for _ in range(count))
        # A prime number of bytes: frames are cut at every place.
        for start in range(0, len(frames), 4099):
            client.socket.sendall(frames[start:start + 4099])
        assert [client.receive().value for _ in range(count)] == list(range(count))
        opened = frame(OPEN, 1, name_block("x" * 255, 1), flags=2, type=TYPES["u64"],
                       handle=0xFFFFFFFF)
        for byte in opened:
            client.socket.sendall(bytes([byte]))
        assert client.receive().auxiliary == 0


def test_without_descriptors_it_waits_for_one(program):
    process = start(
        ["sh", "-c", 'ulimit -n 8; exec "$0" 0', program], stdout=subprocess.PIPE, text=True)
    peers = []
    try:
        port = int(process.stdout.readline().rpartition(":")[2])

        def processor_ticks():
            words = open(f"/proc/{process.pid}/stat").read().rpartition(")")[2].split()
            return int(words[11]) + int(words[12])

        peers = [socket.create_connection(("127.0.0.1", port), 10) for _ in range(10)]
        for peer in peers:
            peer.sendall(HELLO)
        greeted = [peer for peer in peers if answers(peer, 1)]
        assert 0 < len(greeted) < 10
        before = processor_ticks()
        assert not answers(peers[-1], 1)
        assert processor_ticks() - before < 20, "it spins"
        for peer in greeted:
            peer.close()
        assert answers(peers[len(greeted)], 10)
    finally:
        for peer in peers:
            peer.close()
        process.kill()
        process.wait(10)
        process.stdout.close()


def test_it_is_a_target_of_the_load_generator(port):
    with arena_directory() as arena, Server(arena) as server:
        done = subprocess.run(
            [BINARIES / "atomics-client", "bench", "--server", f"atr://{server.authority}", "-c",
             "3", "--depth", "16", "--seconds", "1", "--json", "--compare",
             f"atr://127.0.0.1:{port}"], capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        report = json.loads(done.stdout)
        assert [result["operations_per_second"] > 0 for result in report["results"]] == [True] * 2
        assert len(report["ratios"]) == 1


def test_it_ends_with_the_program_that_started_it(program):
    parent = start(
        [sys.executable, "-c",
         "import subprocess, sys; subprocess.Popen([sys.argv[1], '0']).wait()", program],
        stdout=subprocess.PIPE, text=True)
    try:
        port = int(parent.stdout.readline().rpartition(":")[2])
    finally:
        parent.kill()
        parent.wait(10)
        parent.stdout.close()

    def is_gone():
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) != 0

    poll(is_gone, what="the end of the limit")


@pytest.mark.parametrize("words", [[], ["x"], ["70000"], ["-1"], ["1", "2"], [""]])
def test_what_it_is_not_told_is_a_port(program, words):
    done = subprocess.run([program, *words], capture_output=True, text=True, timeout=10)
    assert done.returncode == 2
    assert "usage: limit PORT" in done.stderr
