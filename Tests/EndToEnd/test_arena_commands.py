# SPDX-License-Identifier: Apache-2.0
"""What the command line says and does about the arena as a whole: owner tags, statistics, pins,
and processes that stop at the wrong moment."""

import contextlib
import json
import os
import re
import select
import signal
import socket
import struct
import subprocess
import sys
import time

import pytest
from atr_client import ARENA_STAT, DELETE, DELETE_OWNED, PIN, PING, STAT, Client, Refused, frame
from support import Server, command_line, poll, raw, start

FIRST_LOCK_BYTE = 1 << 62

# Does to an open file what the arguments say, tells, and waits for the end of its input.
HOLDER = """
import fcntl, os, struct, sys
path, kind, byte = sys.argv[1], getattr(fcntl, sys.argv[2]), int(sys.argv[3])
file = os.open(path, os.O_RDWR)
lock = struct.pack("hhqqi4x", kind, 0, byte, 1, 0)
fcntl.fcntl(file, fcntl.F_OFD_SETLK, lock)
if len(sys.argv) > 4:
    os.pwrite(file, sys.argv[4].format(pid=os.getpid()).encode().ljust(127) + b"\\n", 0)
print("ready", flush=True)
sys.stdin.read()
"""


@contextlib.contextmanager
def holder(path, kind, byte, *text):
    """A Python process that has one byte of a file locked."""
    process = start(
        [sys.executable, "-c", HOLDER, path, kind, str(byte), *text],
        stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        assert process.stdout.readline() == b"ready\n"
        yield process
    finally:
        process.kill()
        process.wait(10)
        process.stdin.close()
        process.stdout.close()


def names(server):
    return command_line("ls", server=server).split()


def stat(server):
    return json.loads(command_line("stat", "--json", server=server))


def fresh_stat(server, condition):
    """A report for which `condition` holds: a server's may be a second old."""
    def look():
        report = stat(server)
        return report if condition(report) else None
    return poll(look, what="the report")


@pytest.mark.parametrize("served", [False, True])
def test_registers_of_one_owner(arena, served):
    with Server(arena) if served else contextlib.nullcontext() as server:
        places = [f"shm:{arena}"]
        if served:
            places += [f"atr://{server.authority}", f"unix:{arena}/sock"]
        for place in places:
            command_line("create", "job/0", "u32", "--owner", "0x2a", server=place)
            expected = 1
            if served:
                # More than one request deletes.
                with Client(f"{arena}/sock") as client:
                    for expected in range(2, 151):
                        assert client.create(f"job/{expected}", "u32", tag=42)
            command_line("create", "other", "u32", "--owner", "7", server=place)
            info = json.loads(command_line("info", "job/0", "--json", server=place))
            assert info["owner"] == "42" and info["owner_uid"] == os.getuid()
            assert command_line("rm", "--owner", "42", server=place) == f"deleted {expected}\n"
            assert names(place) == ["other"]
            command_line("rm", "other", "--owner", "7", server=place, status=2)
            command_line("rm", "--owner", "0", server=place, status=2)
            assert names(place) == ["other"]
            assert command_line("rm", "--owner", "7", server=place) == "deleted 1\n"
            assert command_line("rm", "--owner", "7", server=place) == "deleted 0\n"


def test_owner_over_http(own_server):
    own_server.create("a", owner="42")
    own_server.create("b", owner=str(2**64 - 1))
    status, _, body = own_server.request("PUT", "/v1/registers/c", {"type": "u8", "owner": "-1"})
    assert status == 400, body
    place = f"atr://{own_server.authority}"
    assert json.loads(command_line("info", "b", "--json", server=place))["owner"] == str(2**64 - 1)
    command_line("rm", "--owner", "42", server=own_server.url, status=2)
    assert command_line("rm", "--owner", "42", server=place) == "deleted 1\n"


@pytest.mark.parametrize("served", [False, True])
def test_stat_names_who_holds_slots_back(arena, served):
    with Server(arena) if served else contextlib.nullcontext() as server:
        local = f"shm:{arena}"
        for index in range(3):
            command_line("create", f"r{index}", "u64", server=local)
        command_line("rm", "r0", server=local)
        # Attached after one deletion: it holds back what is deleted from here on.
        with holder(f"{arena}/val", "F_RDLCK", FIRST_LOCK_BYTE + 1) as process:
            command_line("rm", "r1", "r2", server=local)
            for place in [local, f"unix:{arena}/sock"] if served else [local]:
                report = fresh_stat(place, lambda report: report["delete_epoch"] == 3)
                assert report["live"] == 0 and report["waiting"] + report["free"] == 3
                [attachment] = [
                    one for one in report["attachments"]
                    if process.pid in [other["pid"] for other in one["processes"]]]
                assert attachment["lock_byte"] == FIRST_LOCK_BYTE + 1
                assert attachment["waiting"] == 2
                with open(f"/proc/{process.pid}/comm") as comm:
                    program = comm.read().strip()
                line = f"lock byte {FIRST_LOCK_BYTE + 1} holds back 2 slots: "
                text = command_line("stat", server=place)
                [found] = [part for part in text.splitlines() if part.startswith(line)]
                assert f"{program} (process {process.pid})" in found, found
                assert re.search(r"^waiting +\d+ slots?$", text, re.M), text
            if served:
                # Anybody may reach a port: who is attached is not for all to know.
                place = f"atr://{server.authority}"
                report = fresh_stat(place, lambda report: report["delete_epoch"] == 3)
                [attachment] = [
                    one for one in report["attachments"]
                    if one["lock_byte"] == FIRST_LOCK_BYTE + 1]
                assert attachment == {
                    "lock_byte": FIRST_LOCK_BYTE + 1, "waiting": 2, "processes": [],
                    "processes_left_out": 1}
                text = command_line("stat", server=place)
                assert f"{line}1 process\n" in text and program not in text, text
        # Gone with the process: the lines above the attachments stay.
        assert str(process.pid) not in command_line("stat", server=local)


def test_stat_tells_damage(arena):
    local = f"shm:{arena}"
    command_line("create", "r", "u64", server=local)
    # Without a server it is what the command itself found, which has just begun to look.
    assert "damage      none found\n" in command_line("stat", server=local)
    with Server(arena) as server:
        places = [local, f"atr://{server.authority}", f"unix:{arena}/sock"]
        for place in places:
            assert stat(place)["damage"] == {"count": 0, "unrepaired": False}
        offset = json.loads(command_line("locate", "r", "--json", server=local))["offset"]
        with open(f"{arena}/val", "r+b") as values:
            values.seek(offset)
            values.write(b"\xff" * 64)
        for place in places:
            damage = fresh_stat(place, lambda report: report["damage"]["count"])["damage"]
            assert damage["count"] == 1 and damage["unrepaired"] is False, damage
            assert "overwritten" in damage["last"], damage
            assert abs(damage["last_unix_ms"] / 1000 - time.time()) < 30, damage
            text = command_line("stat", server=place)
            assert re.search(r"^damage      found 1 time, last 20\S+Z: .*overwritten", text, re.M), text
        server.process.send_signal(signal.SIGSTOP)
        try:
            assert "damage      not told\n" in command_line(
                "stat", "--timeout", "0.3", server=local)
        finally:
            server.process.send_signal(signal.SIGCONT)


def test_the_capacity_is_chosen_when_an_arena_is_made(arena):
    with Server(arena, "--arena-capacity", "2") as server:
        local = f"shm:{arena}"
        command_line("create", "a", "u8", server=local)
        command_line("create", "b", "u8", server=local)
        text = command_line("create", "c", "u8", server=local, status=2)
        assert "--arena-capacity" in text, text
        assert stat(f"atr://{server.authority}")["capacity"] == 2
    # One that exists keeps its own.
    with Server(arena, "--set", "arena_capacity=3") as server:
        assert stat(f"atr://{server.authority}")["capacity"] == 2


@pytest.mark.parametrize("command", [
    ["snapshot", "save", "file"], ["snapshot", "restore", "file"], ["locate", "r"]])
@pytest.mark.parametrize("server", ["atr://127.0.0.1:1", "http://127.0.0.1:1", "unix:/x"])
def test_what_needs_an_arena_of_this_machine_takes_no_other(tmp_path, command, server):
    for how in ({"server": server}, {"environment": {"ATOMICS_SERVER": server}}):
        text = command_line(*command, status=2, directory=tmp_path, **how)
        assert server in text and "shm:PATH" in text, text
        assert ("ATOMICS_SERVER" in text) == ("environment" in how), text
    # The flag wins.
    text = command_line(
        *command, directory=tmp_path, server=f"shm:{tmp_path}/none", status=3 if
        command[1] != "restore" else 1, environment={"ATOMICS_SERVER": server})
    assert "There is no arena at" in text or "file does not exist" in text, text
    assert not list(tmp_path.iterdir())


def test_the_environment_may_name_the_arena(arena, tmp_path):
    command_line("create", "r", "u8", server=f"shm:{arena}")
    environment = {"ATOMICS_SERVER": f"shm:{arena}"}
    assert arena in command_line("locate", "r", environment=environment)
    assert "saved 1" in command_line(
        "snapshot", "save", "file", environment=environment, directory=tmp_path)


def test_a_pinned_cell_is_never_given_away(arena):
    local = f"shm:{arena}"
    command_line("create", "x", "u64", "--initial", "5", server=local)
    place = json.loads(command_line("locate", "x", "--pin", "--json", server=local))
    assert json.loads(command_line("info", "x", "--json", server=local))["pinned"] is True
    with Server(arena) as server:
        command_line("create", "y", "u64", server=local)
        other = json.loads(command_line("locate", "y", "--pin", "--json", server=local))
        command_line("rm", "x", "y", server=local)
        with Client(f"{arena}/sock") as client:
            # Far more than wait for one reuse, so that slots are used again.
            for index in range(2000):
                assert client.create(f"n{index % 100}", "u64", initial=7)
                [slot] = struct.unpack_from("<I", client.by_name(STAT, f"n{index % 100}").body, 44)
                assert 8192 + 64 * slot not in (place["offset"], other["offset"])
                client.by_name(DELETE, f"n{index % 100}").check()
        report = stat(local)
        assert report["pinned"] == 2 and report["committed"] < 1500, report
        with open(place["file"], "rb") as file:
            file.seek(place["offset"])
            assert int.from_bytes(file.read(8), "little") == 5
        with Client(server.host, server.port) as client:
            with pytest.raises(Refused) as refused:
                client.by_name(PIN, "z").check()
            assert refused.value.status == "DENIED"


def test_a_client_that_says_all_and_listens_gets_its_answer(own_server):
    hello = bytes((0xA7, 0x41, 0x54, 0x52)) + struct.pack("<BBHII16x", 1, 1, 0, 1 << 20, 0)
    answer = raw(own_server, hello + frame(ARENA_STAT, 7), half_close=True)
    assert answer.find(struct.pack("<BBBB", ARENA_STAT, 0, 0, 0)) > 0, answer.hex()


def test_what_is_behind_a_request_that_waits_is_not_lost(own_server):
    # More than the server reads ahead.
    pings = 200_000
    burst = memoryview(frame(ARENA_STAT, 0) + b"".join(frame(PING, n) for n in range(pings)))
    with Client(own_server.host, own_server.port) as client:
        client.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4 << 20)
        client.socket.setblocking(False)
        sent, received = 0, b""
        while len(received) < 16 * pings:
            writing = [client.socket] if sent < len(burst) else []
            ready, room, _ = select.select([client.socket], writing, [], 20)
            assert ready or room, "the server answers no more"
            if room:
                sent += client.socket.send(burst[sent:])
            if ready:
                more = client.socket.recv(1 << 20)
                assert more, "the server closed the connection"
                received += more
    assert received[0] == ARENA_STAT


def test_wrong_requests(own_server):
    with Client(own_server.host, own_server.port) as client:
        assert client.ask(DELETE_OWNED, struct.pack("<QQ", 0, 0)).status == "BAD_OPERAND"
        assert client.ask(DELETE_OWNED, struct.pack("<QQ", 1, 1 << 63)).body == bytes(16)
        assert client.ask(ARENA_STAT, flags=1).status == "UNSUPPORTED"
        for opcode in (DELETE_OWNED, ARENA_STAT, PIN):
            listed = client.extensions[2][opcode // 8] >> opcode % 8 & 1
            assert listed, "WELCOME lists what the server answers"


def test_another_local_process_stops(arena):
    """Stopped without the lock it is in nobody's way; with the lock it is named, in time."""
    local = f"shm:{arena}"
    for name in ("a", "b", "c"):
        command_line("create", name, "u8", "--owner", "42", server=local)
    with holder(f"{arena}/val", "F_RDLCK", FIRST_LOCK_BYTE) as attached:
        attached.send_signal(signal.SIGSTOP)
        assert command_line("rm", "a", server=local) == ""
        assert names(local) == ["b", "c"]
    text = "{pid}\npainter\nwriting\n"
    with holder(f"{arena}/lock", "F_WRLCK", 0, text) as writer:
        writer.send_signal(signal.SIGSTOP)
        for command in (
                ["rm", "b"], ["rm", "--owner", "42"], ["create", "d", "u8"],
                ["locate", "b", "--pin"]):
            begin = time.monotonic()
            # No connection to what would have done it: code 3.
            said = command_line(*command, "--timeout", "0.3", server=local, status=3)
            assert 0.25 < time.monotonic() - begin < 3
            assert f"painter (process {writer.pid}) still writes" in said, said
        assert names(local) == ["b", "c"]
        command_line("inc", "b", server=local)
    assert command_line("rm", "--owner", "42", server=local) == "deleted 2\n"
