# SPDX-License-Identifier: Apache-2.0
"""`atomics-client wait` and `watch`, over each transport."""

import contextlib
import json
import os
import select
import signal
import subprocess
import time

import pytest
from support import BINARIES, command_line, poll, start

TRANSPORTS = ["atr", "unix", "shm", "http"]


def address(server, transport):
    return {
        "atr": f"atr://{server.authority}", "unix": f"unix:{server.arena}/sock",
        "shm": f"shm:{server.arena}", "http": f"http://{server.authority}",
    }[transport]


@contextlib.contextmanager
def running(server, transport, *arguments):
    """The command, at work; killed where the test leaves it so."""
    process = start(
        [BINARIES / "atomics-client", "--server", address(server, transport), *arguments],
        stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def line(process, seconds=20):
    """The next line, which has to come by itself."""
    text = b""
    deadline = time.monotonic() + seconds
    while not text.endswith(b"\n"):
        ready, _, _ = select.select([process.stdout], [], [], deadline - time.monotonic())
        assert ready, f"no line: {text!r}"
        part = os.read(process.stdout.fileno(), 1)
        assert part, (text, process.stderr.read())
        text += part
    return text.decode().removesuffix("\n")


def finish(process):
    output, errors = process.communicate(timeout=20)
    return process.returncode, output.decode(), errors.decode()


@pytest.fixture(params=TRANSPORTS)
def transport(request):
    return request.param


def test_what_holds_already_is_told_at_once(server, transport):
    name = f"holds.{transport}"
    server.create(name, type="i32", initial="-5")

    def wait(*words, status=0):
        return command_line(
            "wait", name, *words, server=address(server, transport), status=status)

    assert wait("eq", "-5") == "-5\n"
    assert wait("lt", "0", "--json") == '{"satisfied":true,"value":"-5"}\n'
    assert wait("ge", "0", "--timeout", "0", status=5) == "-5\n"
    assert wait("changed", "--timeout", "0.02", "--json", status=5) == (
        '{"satisfied":false,"value":"-5"}\n')
    assert wait("le", "0", "--then", "sub", "2") == "-7\n"
    assert json.loads(wait("ne", "0", "--then", "fetch_add", "10", "--json")) == {
        "satisfied": True, "value": "-7", "op": "fetch_add", "old": "-7", "new": "3"}
    assert wait("gt", "0", "--then", "add", "5", "--overflow", "fail", "--max", "6", status=1) == (
        "3\n")
    assert wait("gt", "5", "--then", "inc", "--timeout", "0", status=5) == "3\n"


def test_a_wait_ends_when_others_have_changed_the_value(server, transport):
    name = f"waits.{transport}"
    server.create(name)
    with running(server, transport, "wait", name, "ge", "2", "--then", "sub", "2") as process:
        for other in TRANSPORTS:
            command_line("inc", name, server=address(server, other))
        code, output, _ = finish(process)
        assert code == 0 and int(output) <= len(TRANSPORTS) - 2
        assert command_line("get", name, server=address(server, "atr")) == "2\n"


def test_ctrl_c_ends_a_wait_everywhere(server, transport):
    name = f"interrupted.{transport}"
    server.create(name)
    with running(server, transport, "wait", name, "ge", "1", "--then", "sub", "1") as process:
        # It has its handlers when it has its threads.
        poll(lambda: is_waiting(process.pid), what="the wait")
        process.send_signal(signal.SIGINT)
        code, output, errors = finish(process)
        if transport == "http" and code == 3:
            # The server had the wait, and nobody can tell whether its operation has run by then.
            assert output == "" and "may have run or not" in errors
        else:
            assert (code, output, errors) == (130, "", "")
    command_line("inc", name, server=address(server, "atr"))
    time.sleep(0.1)
    assert command_line("get", name, server=address(server, "atr")) == "1\n"


def is_waiting(pid):
    """Whether the process handles SIGINT by itself and sleeps."""
    with open(f"/proc/{pid}/status", encoding="ascii") as status:
        fields = dict(entry.split(":", 1) for entry in status.read().splitlines())
    return int(fields["SigCgt"], 16) & 1 << (signal.SIGINT - 1) and "S" in fields["State"]


def test_watching_prints_each_value_as_it_comes(server, transport):
    name = f"watched.{transport}"
    server.create(name, initial="7")
    with running(server, transport, "watch", name) as process:
        assert line(process) == f"{name} 7"
        for value in range(8, 12):
            command_line("inc", name, server=address(server, "atr"))
            assert line(process) == f"{name} {value}"
        command_line("rm", name, server=address(server, "atr"))
        assert line(process) == f"{name} deleted"
        assert finish(process) == (0, "", "")


def test_watching_several_ends_with_the_last_one(server, transport):
    names = [f"several.{transport}.{part}" for part in "ab"]
    for number, name in enumerate(names):
        server.create(name, initial=str(number))
    with running(server, transport, "watch", *names, "--json") as process:
        first = sorted((json.loads(line(process)) for _ in names), key=lambda found: found["name"])
        assert first == [
            {"event": "change", "name": name, "type": "u64", "value": str(number)}
            for number, name in enumerate(names)]
        for name in names:
            command_line("rm", name, server=address(server, "atr"))
            assert json.loads(line(process)) == {"event": "deleted", "name": name}
        assert finish(process)[0] == 0


@pytest.mark.parametrize("transport", ["atr", "unix", "http"])
def test_watching_a_prefix_sees_registers_come_and_go(server, transport):
    server.create(f"{transport}-jobs.1", initial="5")
    with running(server, transport, "watch", "--prefix", f"{transport}-jobs.", "-n", "3") as process:
        assert line(process) == f"{transport}-jobs.1 5"
        command_line("create", f"{transport}-jobs.2", "u8", server=address(server, "shm"))
        assert line(process) == f"{transport}-jobs.2 0"
        command_line("rm", f"{transport}-jobs.1", server=address(server, "shm"))
        assert line(process) == f"{transport}-jobs.1 deleted"
        assert finish(process) == (0, "", "")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_watching_ends_on_signals(server, transport, number):
    name = f"signals.{transport}.{int(number)}"
    server.create(name)
    with running(server, transport, "watch", name) as process:
        line(process)
        process.send_signal(number)
        assert finish(process) == (0, "", "")


def test_watching_ends_with_its_reader(server, transport):
    name = f"readers.{transport}"
    server.create(name)
    with running(server, transport, "watch", name) as process:
        line(process)
        process.stdout.close()

        def is_over():
            command_line("inc", name, server=address(server, "atr"))
            return process.poll() is not None
        poll(is_over, what="the end of the watch")
        assert process.returncode == -signal.SIGPIPE
        assert process.stderr.read() == b""


def test_mistakes_are_told(server):
    server.create("mistakes")
    server.create("floats", type="f64")
    for words, status in [
            (["wait", "mistakes", "above", "1"], 2), (["wait", "mistakes", "ge"], 2),
            (["wait", "mistakes", "ge", "1", "2"], 2), (["wait", "mistakes", "ge", "-1"], 2),
            (["wait", "mistakes", "changed", "1"], 2), (["wait", "floats", "any", "1"], 2),
            (["wait", "mistakes", "ge", "1", "--then", "sub"], 2),
            (["wait", "mistakes", "ge", "1", "--then", "jump"], 2),
            (["wait", "mistakes", "ge", "1", "--max", "3"], 2),
            (["wait", "mistakes", "ge", "1", "--order", "release"], 2),
            (["wait", "no-such-register", "ge", "1"], 1),
            (["watch", "no-such-register"], 1), (["watch"], 2),
            (["watch", "mistakes", "--prefix", "m"], 2), (["watch", "mistakes", "-n", "0"], 2),
            (["watch", "--prefix", "two words"], 2), (["get", "mistakes", "--timeout", "0"], 2)]:
        command_line(*words, server=address(server, "atr"), status=status)
        if words[1:2] == ["no-such-register"]:
            command_line(*words, server=address(server, "http"), status=status)
    assert "atr://" in command_line(
        "watch", "--prefix", "m", server=address(server, "shm"), status=2)


def test_help_tells_of_both(server):
    for verb in ["wait", "watch"]:
        text = command_line(verb, "--help", server=address(server, "atr"))
        assert f"atomics-client {verb} NAME" in text
    assert "5   the time of a wait was up" in command_line("--help", server="")
