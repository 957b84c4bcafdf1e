# SPDX-License-Identifier: Apache-2.0
"""What a server saves, what comes back, and what people do with it."""

import json
import os
import pathlib
import shutil
import subprocess

import pytest
from support import BINARIES, ENVIRONMENT, Server, command_line, poll


@pytest.fixture
def directory(arena):
    """A directory for snapshots, beside the arena."""
    return pathlib.Path(arena).parent / "snapshots"


def newest(directory):
    return pathlib.Path(directory) / "registers.snapshot"


def registers(file):
    """The entries of a whole snapshot, by name; None where there is no whole one."""
    done = subprocess.run(
        [BINARIES / "atomics-client", "snapshot", "inspect", file, "--long", "--json"],
        env=ENVIRONMENT, capture_output=True, text=True, timeout=20)
    if done.returncode != 0:
        return None
    found = json.loads(done.stdout)
    assert found["whole"] and found["registers"] == len(found["entries"])
    return {entry["name"]: entry for entry in found["entries"]}


def reboot(server):
    """What a power cut leaves: nothing in memory."""
    server.kill()
    shutil.rmtree(server.arena)


def refused(*arguments):
    done = subprocess.run(
        [BINARIES / "atomics-server", "--listen", "127.0.0.1:0", *map(str, arguments)],
        env=ENVIRONMENT, capture_output=True, text=True, timeout=20)
    assert done.returncode == 1, (done.returncode, done.stdout, done.stderr)
    return done.stderr


def await_saved(directory, name):
    """Until a snapshot has the register: before that one with a restore gap does not grow."""
    poll(lambda: name in (registers(newest(directory)) or {}), what=f"a snapshot with {name}")


def increment(server, name):
    status, _, body = server.request("POST", f"/v1/registers/{name}/inc")
    assert status == 200, body
    return int(json.loads(body)["new"])


def test_by_time_and_back_after_a_reboot(arena, directory):
    flags = ("--snapshot-directory", directory, "--snapshot-interval", "1")
    with Server(arena, *flags) as server:
        server.create("plain", initial="7", label="of mine")
        server.create("ticket", restore_gap="1000")
        await_saved(directory, "ticket")
        for _ in range(5):
            increment(server, "ticket")
        poll(lambda: (registers(newest(directory)) or {}).get("ticket", {}).get("value") == "5",
             what="a snapshot with the tickets")
        assert not (os.stat(newest(directory)).st_mode & 0o077)
        reboot(server)
    with Server(arena, *flags) as server:
        assert "new, with 2 registers from" in server.announcement
        assert server.value("plain") == 7
        # No number that was given out comes again.
        assert increment(server, "ticket") == 1006
        assert command_line("info", "plain", server=f"shm:{arena}").count("of mine") == 1
        server.kill()
    # It is there now: nothing is restored.
    with Server(arena, *flags) as server:
        assert "adopted" in server.announcement
        assert server.value("ticket") == 1006


@pytest.mark.parametrize("flags,taken", [
    (("--snapshot-at-shutdown", "true"), True),
    (("--snapshot-interval", "3600"), True),
    (("--snapshot-interval", "3600", "--snapshot-at-shutdown", "false"), False),
    (("--snapshot-at-shutdown", "false"), False),
    ((), True),
])
def test_at_the_end(arena, directory, flags, taken):
    with Server(arena, "--set", f"snapshot_directory={directory}", *flags) as server:
        server.create("n", initial="3")
        assert server.stop() == 0
    assert newest(directory).exists() == taken
    if taken:
        assert registers(newest(directory))["n"]["value"] == "3"


def test_without_snapshots_nothing_is_kept_and_gaps_are_refused(arena):
    with Server(arena) as server:
        text = command_line(
            "create", "n", "u64", "--restore-gap", "5", status=2, server=f"atr://{server.authority}")
        assert "--snapshot-interval" in text
        server.create("n", initial="3")
        reboot(server)
    with Server(arena) as server:
        assert server.request("GET", "/v1/registers/n")[0] == 404


def test_a_damaged_newest_falls_back_and_two_damaged_ones_do_not_start(arena, directory):
    flags = ("--snapshot-directory", directory, "--snapshot-at-shutdown", "true")
    for value in (1, 2):
        with Server(arena, *flags) as server:
            server.create("n")
            server.request("PUT", "/v1/registers/n/value", str(value))
            assert server.stop() == 0
    with open(newest(directory), "r+b") as file:
        file.truncate(80)
    shutil.rmtree(arena)
    with Server(arena, *flags) as server:
        assert server.value("n") == 1
        assert "was cut short" in server.errors()
        server.kill()
    for name in ("registers.snapshot", "registers.snapshot.previous"):
        (directory / name).write_bytes(b"damaged")
    shutil.rmtree(arena)
    text = refused("--arena", arena, *flags)
    assert str(newest(directory)) in text and ".previous" in text and "move these away" in text
    assert not os.path.exists(arena)


def test_the_gap_bounds_remote_callers_and_is_moved_in_time(arena, directory):
    with Server(arena, "--snapshot-directory", directory) as server:
        # Nobody waits for the time: what needs a snapshot has one taken.
        server.create("ticket", restore_gap="100")
        await_saved(directory, "ticket")
        for number in range(1, 1001):
            # A gap of 100 and a snapshot from 50 on: the disk may be slower than this loop.
            assert poll(lambda: try_increment(server), what="room for one more") == number
        status, _, body = server.request("PUT", "/v1/registers/ticket/value", "5000")
        assert status == 409 and json.loads(body)["type"] == "/problems/out-of-bounds", body
        text = command_line(
            "set", "ticket", "5000", status=1, server=f"atr://{server.authority}")
        assert "may not pass" in text
        # Programs that map the arena are not stopped.
        command_line("set", "ticket", "5000", server=f"shm:{arena}")
        saved = int(registers(newest(directory))["ticket"]["value"])
        reboot(server)
    with Server(arena, "--snapshot-directory", directory) as server:
        assert server.value("ticket") in (saved + 100, 5100)


def try_increment(server):
    status, _, body = server.request("POST", "/v1/registers/ticket/inc")
    assert status in (200, 409), body
    return int(json.loads(body)["new"]) if status == 200 else None


def test_the_bound_outlives_the_server(arena, directory):
    flags = ("--snapshot-directory", directory)
    with Server(arena, *flags) as server:
        server.create("ticket", restore_gap="100")
        await_saved(directory, "ticket")
        server.kill()
    with Server(arena, *flags) as server:
        assert "adopted" in server.announcement
        status, _, body = server.request("POST", "/v1/registers/ticket/add", {"operand": "101"})
        assert status == 409 and "may not pass 100" in json.loads(body)["detail"], body
        assert server.request("POST", "/v1/registers/ticket/add", {"operand": "100"})[0] == 200


@pytest.mark.skipif(os.geteuid() == 0, reason="root's snapshots are in the system's place")
def test_without_snapshots_an_arena_that_is_removed_is_saved_in_the_usual_place(
        arena, tmp_path, monkeypatch):
    monkeypatch.setitem(ENVIRONMENT, "XDG_STATE_HOME", str(tmp_path))
    with Server(arena) as server:
        server.create("n", initial="42")
        shutil.rmtree(arena)
        assert server.process.wait(10) == 1
        file = tmp_path / "atomics/arena/registers.snapshot"
        assert f"atomics-client snapshot restore {file} --server shm:{arena}" in (
            server.errors().splitlines()[-1])
    assert registers(tmp_path / "atomics/arena/registers.snapshot")["n"]["value"] == "42"


def test_an_arena_that_logind_removes_is_saved(arena, directory):
    with Server(arena, "--snapshot-directory", directory) as server:
        server.create("n", initial="41")
        assert server.stop() == 0
    with Server(arena, "--snapshot-directory", directory) as server:
        server.request("DELETE", "/v1/registers/n")
        server.create("n", initial="42")
        shutil.rmtree(arena)
        assert server.process.wait(10) == 1
        last = server.errors().splitlines()[-1]
        assert "RemoveIPC" in last and "loginctl enable-linger" in last and "/run" in last
        assert str(newest(directory)) in last
    assert registers(newest(directory))["n"]["value"] == "42"
    # What was saved before it is not pushed out by what was saved twice.
    assert registers(f"{newest(directory)}.previous")["n"]["value"] == "41"
    with Server(arena, "--snapshot-directory", directory) as server:
        assert server.value("n") == 42


def test_an_arena_that_is_removed_just_before_the_end_is_saved_too(arena, directory):
    with Server(arena, "--snapshot-directory", directory) as server:
        server.create("n", initial="42")
        shutil.rmtree(arena)
        server.process.terminate()
        assert server.process.wait(10) == 1
    assert registers(newest(directory))["n"]["value"] == "42"


def test_by_hand(arena, directory):
    file = pathlib.Path(arena).parent / "mine"
    with Server(arena) as server:
        server.create("n", initial="5", label="Ä")
        server.create("other")
        assert command_line("snapshot", "save", file, server=f"shm:{arena}") == (
            f"saved 2 registers to {file}\n")
        server.request("PUT", "/v1/registers/n/value", "6")
        server.request("DELETE", "/v1/registers/other")
        # The server holds the directory: it is asked.
        assert command_line("snapshot", "restore", file, server=f"shm:{arena}") == (
            "created 1, overwrote 0, left alone 1\n")
        assert server.value("other") == 0 and server.value("n") == 6
        command_line("snapshot", "restore", file, "--overwrite", server=f"shm:{arena}")
        assert server.value("n") == 5
        server.request("DELETE", "/v1/registers/other")
        server.create("other", type="i8")
        text = command_line("snapshot", "restore", file, status=1, server=f"shm:{arena}")
        assert "`other` was saved as u64 and exists as i8" in text
    text = command_line("snapshot", "inspect", file, "-l")
    assert "registers   2\nwhole       yes\n" in text and "  n  Ä\n" in text
    with open(file, "r+b") as stream:
        stream.truncate(os.path.getsize(file) - 1)
    text = command_line("snapshot", "inspect", file, status=1)
    assert "whole       no" in text and "was cut short" in text
    found = command_line("snapshot", "inspect", file, "--json", status=1)
    assert json.loads(found.splitlines()[0])["whole"] is False
    assert "does not exist" in command_line("snapshot", "inspect", f"{file}-none", status=1)
    assert "save|restore|inspect" in command_line("snapshot", status=2)


@pytest.mark.parametrize("source", ["atr", "http", "shm"])
@pytest.mark.parametrize("target", ["atr", "http", "shm"])
def test_export_and_import(arena, directory, source, target):
    with Server(arena, "--snapshot-directory", directory) as first, \
            Server(f"{arena}-2", "--snapshot-directory", f"{directory}-2") as second:
        address = {
            "atr": lambda server: f"atr://{server.authority}",
            "http": lambda server: server.url, "shm": lambda server: f"shm:{server.arena}"}
        first.create("jobs.a", initial="5", restore_gap="50", owner="9", label="Ä\"")
        first.create("jobs.b", type="bytes2", initial="01ff")
        first.create("c", type="f32", initial="0.1")
        exported = command_line("export", server=address[source](first))
        lines = [json.loads(line) for line in exported.splitlines()]
        assert lines == [
            {"name": "jobs.a", "type": "u64", "value": "5", "label": "Ä\"", "owner": "9",
             "restore_gap": "50"},
            {"name": "jobs.b", "type": "bytes2", "value": "01ff"},
            {"name": "c", "type": "f32", "value": "0.1"}]
        file = pathlib.Path(arena).parent / "lines"
        file.write_text(exported)
        to = address[target](second)
        assert command_line("import", file, server=to).startswith("created 3,")
        assert command_line("export", server=to) == exported
        assert command_line("export", "--prefix", "jobs.", server=to).count("\n") == 2
        await_saved(f"{directory}-2", "jobs.a")
        command_line("set", "jobs.a", "6", server=to)
        assert "left alone 3" in command_line("import", file, server=to)
        assert command_line("get", "jobs.a", server=to) == "6\n"
        assert "overwrote 3" in command_line("import", file, "--overwrite", server=to)
        assert command_line("export", server=to) == exported
        command_line("rm", "c", server=to)
        command_line("create", "c", "u8", server=to)
        text = command_line("import", file, status=1, server=to)
        assert f"{file}, line 3" in text and "left alone 3" in text
        file.write_text(exported + '{"name":"d","type":"u8","value":"1","values":"2"}\n')
        assert "line 4: there is no member `values`" in command_line(
            "import", file, status=2, server=to)


def test_files_that_are_none_are_named_as_they_were_written(own_server, tmp_path):
    place = f"atr://{own_server.authority}"
    for written in ("none", "./none", "deep/none", f"{tmp_path}/none"):
        text = command_line("snapshot", "inspect", written, status=1, directory=tmp_path)
        named = "deep" if written == "deep/none" else written
        assert text == f"atomics-client: {named} does not exist.\n"
        text = command_line("import", written, status=2, server=place, directory=tmp_path)
        assert text == f"atomics-client: {written} cannot be opened: No such file or directory.\n"
    text = command_line("import", ".", status=2, server=place, directory=tmp_path)
    assert text == "atomics-client: . cannot be read: Is a directory.\n"


def test_import_skips_blank_lines(own_server, tmp_path):
    file = tmp_path / "lines"
    file.write_text('\n  \t\r\n{"name":"n","type":"i8","value":"-3"}\r\n\n \n')
    place = f"atr://{own_server.authority}"
    assert command_line("import", file, server=place).startswith("created 1,")
    file.write_text('\n \nnone\n')
    assert f"{file}, line 3:" in command_line("import", file, status=2, server=place)


def test_lost_values_do_not_push_good_ones_out(arena, directory):
    flags = ("--snapshot-directory", directory, "--snapshot-interval", "1")
    with Server(arena, *flags) as server:
        server.create("plain", initial="7")
        server.create("ticket", restore_gap="1000")
        await_saved(directory, "ticket")
        assert increment(server, "ticket") == 1
        subprocess.run(
            ["fallocate", "-p", "-o", "8192", "-l", "65536", f"{arena}/val"], check=True)
        kept = f"{newest(directory)}.before-damage"
        poll(lambda: os.path.exists(kept), what="the snapshot from before")
        assert registers(kept)["plain"]["value"] == "7"
        command = f"atomics-client snapshot restore {kept} --server shm:{arena} --overwrite"
        poll(lambda: command in server.errors(), what="a line in the log")
        # No number that was given out comes again.
        assert server.value("ticket") >= 1000
        poll(lambda: registers(newest(directory))["plain"]["value"] == "0")
        command_line("snapshot", "restore", kept, "--overwrite", server=f"shm:{arena}")
        assert server.value("plain") == 7
        assert registers(kept)["plain"]["value"] == "7"


def test_one_directory_for_two_arenas_is_refused(arena, directory):
    with Server(arena, "--snapshot-directory", directory):
        text = refused("--arena", f"{arena}-2", "--snapshot-directory", directory)
        assert str(directory) in text and "--snapshot-directory" in text
        assert not os.path.exists(f"{arena}-2")


def test_gaps_that_a_server_without_snapshots_refuses_do_not_end_a_restore(arena, directory):
    with Server(f"{arena}-2", "--snapshot-directory", directory) as server:
        server.create("a", restore_gap="5")
        server.create("b", initial="3")
        exported = command_line("export", server=f"shm:{server.arena}")
        assert server.stop() == 0
    with Server(arena) as server:
        for arguments in (("snapshot", "restore", newest(directory)),
                          ("import", write(directory / "lines", exported))):
            text = command_line(*arguments, status=1, server=f"shm:{arena}")
            assert "created 1, overwrote 0, left alone 1" in text and "`a`" in text, text
            assert server.value("b") == 3
            server.request("DELETE", "/v1/registers/b")


def write(file, text):
    file.write_text(text)
    return file


def test_import_reads_standard_input(own_server):
    done = subprocess.run(
        [BINARIES / "atomics-client", "import", "--server", f"atr://{own_server.authority}"],
        input='{"name":"n","type":"i8","value":"-3"}\n', env=ENVIRONMENT, capture_output=True,
        text=True, timeout=20)
    assert (done.returncode, done.stdout) == (0, "created 1, overwrote 0, left alone 0\n")
    assert own_server.value("n") == -3
