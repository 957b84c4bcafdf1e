# SPDX-License-Identifier: Apache-2.0
"""A server whose files are in the hands of somebody who means ill: it goes on, or ends with a clear
error, says what is damaged, and claims nothing that it does not know."""

import contextlib
import ctypes
import json
import os
import pathlib
import subprocess
import sys
import time

import pytest
from atr_client import Client, Refused
from support import BINARIES, ENVIRONMENT, LONG, Server, arena_directory, command_line, poll, start
from test_lifecycle import refused

SECONDS = 20 if LONG else 3
COUNT = 300
HERE = pathlib.Path(__file__).parent
APPLIED_NO, APPLIED_UNKNOWN = 0, 2


@contextlib.contextmanager
def hostile(*arguments):
    process = start(
        [sys.executable, HERE / "hostile.py", *arguments], stdin=subprocess.PIPE,
        stdout=subprocess.PIPE)
    assert process.stdout.readline() == b"ready\n"
    try:
        yield process
    finally:
        process.stdin.close()
        process.wait(20)
        process.stdout.close()
    assert process.returncode == 0


@contextlib.contextmanager
def small_file_system(megabytes):
    """A tmpfs of its own that can be full without harm to others."""
    with arena_directory() as arena:
        parent = os.path.dirname(arena)
        done = subprocess.run(
            ["mount", "-t", "tmpfs", "-o", f"size={megabytes}m,mode=700", "none", parent],
            capture_output=True, text=True)
        if done.returncode:
            pytest.skip(f"no file system can be mounted here: {done.stderr.strip()}")
        try:
            yield arena
        finally:
            subprocess.run(["umount", "--lazy", parent], check=True)


def fill(directory):
    with open(f"{directory}/filler", "ab", buffering=0) as file:
        with contextlib.suppress(OSError):
            while True:
                file.write(bytes(4096))


def make_registers(server):
    with Client(server.host, server.port) as client:
        for number in range(COUNT):
            client.create(f"r:{number}", "u64", initial=number)


def use_everything(server, seconds):
    """Uses each register by handle, by name and over HTTP; counts answers by status and applied."""
    answers = {}
    with Client(server.host, server.port) as client:
        registers = [client.open(f"r:{number}") for number in range(COUNT)]
        end = time.monotonic() + seconds
        turn = 0
        while time.monotonic() < end:
            turn += 1
            for register in registers:
                try:
                    client.operate(register, "fetch_add", operand=1)
                    key = ("OK", None)
                except Refused as refusal:
                    key = (refusal.status, refusal.applied)
                answers[key] = answers.get(key, 0) + 1
            status, _, body = server.request("POST", f"/v1/registers/r:{turn % COUNT}/inc")
            if status != 200:
                problem = json.loads(body)
                key = (status, problem["applied"])
                assert problem["detail"] and status == 500, problem
                answers[key] = answers.get(key, 0) + 1
            name = f"new:{turn % 50}"
            server.request("PUT", f"/v1/registers/{name}", {"type": "u64"})
            server.request("GET", f"/v1/registers?prefix=new&limit=100")
            server.request("DELETE", f"/v1/registers/{name}")
    return answers


def assert_whole(server):
    """Every register can be found, changed and read, by the server and on the map."""
    with Client(server.host, server.port) as client:
        for number in range(COUNT):
            register = client.open(f"r:{number}")
            client.operate(register, "store", operand=number + 7)
            assert client.operate(register, "load") == number + 7
    for number in (0, COUNT - 1):
        text = command_line("get", f"r:{number}", server=f"shm:{server.arena}")
        assert text == f"{number + 7}\n"
    server.assert_serves()


def readiness(server):
    status, _, body = server.request("GET", "/readyz")
    return status, json.loads(body)


def await_repair(server):
    """Until a second's look has been taken at all that there is."""

    def is_repaired():
        status, body = readiness(server)
        with Client(server.host, server.port) as client:
            for number in range(COUNT):
                try:
                    client.operate(client.open(f"r:{number}"), "load")
                except Refused:
                    return None
        # Attaching takes a whole header.
        attached = subprocess.run(
            [BINARIES / "atomics-client", "get", "r:0", "--server", f"shm:{server.arena}"],
            env=ENVIRONMENT, capture_output=True, timeout=20)
        return status == 200 and attached.returncode == 0 and body

    return poll(is_repaired, 20, "the repair")


def test_a_healthy_server_has_no_damage_to_tell(server):
    assert readiness(server) == (200, {"status": "ok"})


def test_every_byte_scribbled(own_server):
    make_registers(own_server)
    with hostile("scribble", own_server.arena):
        answers = use_everything(own_server, SECONDS)
    assert set(answers) <= {
        ("OK", None), ("INTERNAL", APPLIED_NO), (500, "no")}, answers
    assert answers["OK", None] > 100 and answers["INTERNAL", APPLIED_NO] > 0, answers
    body = await_repair(own_server)
    assert body["damage"]["count"] > 0 and "overwritten" in body["damage"]["last"], body
    assert "arena damaged" in own_server.errors()
    assert len(own_server.errors().splitlines()) < 20 + 4 * SECONDS
    assert_whole(own_server)


def test_cut_under_load(own_server):
    make_registers(own_server)
    with hostile("cut", own_server.arena):
        answers = use_everything(own_server, SECONDS)
    assert set(answers) <= {
        ("OK", None), ("INTERNAL", APPLIED_NO), ("INTERNAL", APPLIED_UNKNOWN),
        (500, "no"), (500, "unknown")}, answers
    assert answers.get(("INTERNAL", APPLIED_UNKNOWN), 0) > 0, answers
    assert await_repair(own_server)["damage"]["count"] > 0
    assert "val was cut to" in own_server.errors()
    assert_whole(own_server)


def test_nothing_is_claimed_between_the_cut_and_the_repair(own_server):
    make_registers(own_server)
    with Client(own_server.host, own_server.port) as client:
        register = client.open("r:7")

        def seen():
            os.truncate(f"{own_server.arena}/val", 8192)
            with pytest.raises(Refused) as refusal:
                client.operate(register, "fetch_add", operand=1)
            status, body = readiness(own_server)
            other = own_server.request("POST", "/v1/registers/r:250/inc")
            problem = json.loads(other[2])
            # The second's look may have come in between.
            if status == 200 or other[0] == 200:
                return False
            assert status == 503 and body["status"] == "damaged"
            assert refusal.value.applied == APPLIED_UNKNOWN and "unknown" in str(refusal.value)
            assert problem["applied"] == "unknown" and problem["status"] == 500
            return True

        poll(seen, 20, "an unrepaired arena")
        assert own_server.request("GET", "/livez")[0] == 200
        body = await_repair(own_server)
        assert "was cut to 8192 bytes" in body["damage"]["last"]
        assert client.operate(register, "load") == 0
    assert_whole(own_server)


def test_pages_taken_away(own_server):
    make_registers(own_server)
    with open(f"{own_server.arena}/val", "r+b") as file:
        libc = ctypes.CDLL(None, use_errno=True)
        # FALLOC_FL_PUNCH_HOLE | FALLOC_FL_KEEP_SIZE
        result = libc.fallocate(
            file.fileno(), 3, ctypes.c_long(8192), ctypes.c_long(os.fstat(file.fileno()).st_size))
        assert result == 0
    body = await_repair(own_server)
    assert body["damage"]["count"] > 0
    poll(lambda: "pages of val were taken away" in own_server.errors(), what="a line in the log")
    assert own_server.value("r:7") == 0
    assert_whole(own_server)


def test_the_header_overwritten_under_a_server_and_without_one(arena):
    with Server(arena) as server:
        make_registers(server)
        with open(f"{arena}/val", "r+b") as file:
            file.write(bytes(4096))
        poll(lambda: "header of val" in server.errors(), what="a line in the log")
        assert_whole(server)
    with open(f"{arena}/val", "r+b") as file:
        file.write(b"\xff" * 4096)
    with Server(arena) as server:
        assert "adopted" in server.announcement
        assert server.value("r:5") == 12
        assert readiness(server)[1]["damage"]["last"].startswith("the header of val")
        assert_whole(server)


def test_a_full_file_system_refuses_registers_and_nothing_else():
    with small_file_system(4) as arena, Server(arena) as server:
        make_registers(server)
        server.assert_serves()
        fill(os.path.dirname(arena))
        number = 0
        while True:
            status, _, body = server.request("PUT", f"/v1/registers/more:{number}", {"type": "u8"})
            if status != 201:
                break
            number += 1
        assert status == 507 and b"enlarge" in body, body
        assert_whole(server)
        os.remove(f"{os.path.dirname(arena)}/filler")
        assert server.request("PUT", "/v1/registers/more:x", {"type": "u8"})[0] == 201


def test_no_room_to_repair_ends_the_server_with_the_reason():
    with small_file_system(4) as arena, Server(arena) as server:
        make_registers(server)
        os.truncate(f"{arena}/val", 0)
        fill(os.path.dirname(arena))
        assert server.process.wait(20) == 1, server.errors()
        last = server.errors().splitlines()[-1]
        assert f"{arena}/val" in last and "enlarge" in last, last


@pytest.mark.parametrize("name", ["val", "dir", "lock"])
def test_a_file_removed_ends_the_server_with_the_reason(arena, name):
    # What is saved then goes there, and not where a user's own server looks.
    with Server(arena, "--snapshot-directory", f"{os.path.dirname(arena)}/snapshots") as server:
        os.remove(f"{arena}/{name}")
        if name == "lock":  # nobody needs it while the server lives
            server.assert_serves()
            return
        assert server.process.wait(20) == 1
        assert f"{arena}/{name}" in server.errors().splitlines()[-1]


def test_a_cut_directory_ends_the_server_with_the_reason(own_server):
    make_registers(own_server)
    os.truncate(f"{own_server.arena}/dir", 4096)
    own_server.request("GET", "/v1/registers/r:1")
    assert own_server.process.wait(20) == 1, own_server.errors()
    assert f"{own_server.arena}/dir is shorter" in own_server.errors().splitlines()[-1]


def test_an_observer_that_takes_every_lock_it_can(own_server):
    make_registers(own_server)
    with hostile("lock", own_server.arena, "shared"):
        use_everything(own_server, 1)
        assert_whole(own_server)


def test_a_writer_that_takes_every_lock_it_can(own_server):
    make_registers(own_server)
    with hostile("lock", own_server.arena, "exclusive"):
        answers = use_everything(own_server, 1)
        assert set(answers) == {("OK", None)}, answers
        own_server.assert_serves()
    assert_whole(own_server)


def test_locks_that_keep_everybody_out_are_told_of(arena):
    with Server(arena) as server:
        make_registers(server)
    with hostile("lock", arena, "exclusive"):
        text = refused("--listen", "127.0.0.1:0", "--arena", arena)
        assert f"{arena}/val" in text and "write lock" in text, text
        text = command_line("get", "r:1", server=f"shm:{arena}", status=3)
        assert "write lock" in text, text
    with Server(arena) as server:
        assert server.value("r:1") == 1


@pytest.mark.parametrize("what", ["link to the arena", "link to val", "owner of val", "open parent"])
def test_paths_that_are_not_to_be_trusted(arena, what):
    with Server(arena) as server:
        make_registers(server)
    parent = os.path.dirname(arena)
    if what == "link to the arena":
        os.rename(arena, f"{parent}/elsewhere")
        os.symlink("elsewhere", arena)
    elif what == "link to val":
        os.rename(f"{arena}/val", f"{arena}/elsewhere")
        os.symlink("elsewhere", f"{arena}/val")
    elif what == "owner of val":
        if os.geteuid():
            pytest.skip("only root gives files away")
        os.chown(f"{arena}/val", 12345, 12345)
    else:
        os.chmod(parent, 0o777)
    text = refused("--listen", "127.0.0.1:0", "--arena", arena)
    expected = {
        "link to the arena": "is a symbolic link", "link to val": "is a symbolic link",
        "owner of val": "belongs to user 12345", "open parent": "can be written by others",
    }[what]
    assert expected in text, text
