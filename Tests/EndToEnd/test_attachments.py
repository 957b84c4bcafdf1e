# SPDX-License-Identifier: Apache-2.0
"""A process with an old handle never changes a foreign register, however it sleeps, forks or hides:
the lock on its open file keeps the cell, and the kernel keeps the lock."""

import json
import pathlib
import signal
import subprocess
import sys

import pytest
from atr_client import BY_NAME, CREATE, DELETE, FLAG_NAME, TYPES, Client, frame, name_block
from support import BINARIES, LONG, command_line, start

HERE = pathlib.Path(__file__).resolve().parent
CREATES = 1_000_000 if LONG else 20_000


class Pipeline(Client):
    """Many changes at once; each is answered by success."""

    def many(self, opcode, names, rest=b"", **fields):
        for start_index in range(0, len(names), 1000):
            part = names[start_index:start_index + 1000]
            self.socket.sendall(b"".join(
                frame(opcode, 0, name_block(name, 1 if opcode == CREATE else 0) + rest,
                      flags=FLAG_NAME, handle=BY_NAME, **fields) for name in part))
            for _ in part:
                self.receive().check()

    def create_many(self, names):
        self.many(CREATE, names, bytes(40) + bytes(8), type=TYPES["u64"])


@pytest.fixture
def holder(own_server):
    """Starts `holder.py` on a register called `old`, which is 0."""
    children = []

    def start_holder(how, *prefix):
        own_server.create("old")
        child = start(
            [*prefix, sys.executable, HERE / "holder.py", how, BINARIES / "atomics-client",
             own_server.arena, "old"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        children.append(child)
        assert child.stdout.readline() == "ready\n"
        return child

    yield start_holder
    for child in children:
        child.kill()
        child.wait(10)
        child.stdin.close()
        child.stdout.close()


def replace_old(server):
    """Deletes `old`, then makes so many registers come and go that its cell is used again, if it
    can be; the last ones stay."""
    with Pipeline(server.host, server.port) as client:
        client.by_name(DELETE, "old").check()
        staying = []
        for part in range(CREATES // 1000):
            names = [f"new:{part}:{index}" for index in range(1000)]
            client.create_many(names)
            staying.append(names[0])
            client.many(DELETE, names[1:])
        last = [f"last:{index}" for index in range(2000)]
        client.create_many(last)
        return staying + last


def changed(server, names):
    """Those of the registers that are not 0."""
    with Client(server.host, server.port) as client:
        return [name for name in names if client.operate(client.open(name), "load") != 0]


def add(child):
    child.stdin.write("now\n")
    child.stdin.flush()
    return child.stdout.readline()


@pytest.mark.parametrize("how", ["plain", "closed", "forked", "execed"])
def test_a_sleeper_with_an_old_handle_changes_no_foreign_register(own_server, holder, how):
    child = holder(how)
    if how != "forked":
        child.send_signal(signal.SIGSTOP)
    names = replace_old(own_server)
    if how != "forked":
        child.send_signal(signal.SIGCONT)
    assert add(child) == "1\n", "the cell was left alone"
    assert changed(own_server, names) == []


def test_who_takes_no_lock_is_not_safe(own_server, holder):
    child = holder("careless")
    names = replace_old(own_server)
    add(child)
    # What the other tests rule out does happen.
    assert len(changed(own_server, names)) == 1


@pytest.mark.skipif(
    subprocess.run(
        ["unshare", "--pid", "--fork", "--mount-proc", "true"], capture_output=True).returncode != 0,
    reason="this machine lets nobody make a pid namespace")
def test_a_process_of_another_pid_namespace_keeps_its_cell(own_server, holder):
    child = holder("plain", "unshare", "--pid", "--fork", "--mount-proc", "--kill-child")
    names = replace_old(own_server)
    assert add(child) == "1\n"
    assert changed(own_server, names) == []


def test_the_cell_is_used_again_when_the_sleeper_is_killed(own_server, holder):
    child = holder("plain")
    place = json.loads(command_line("locate", "old", "--json", server=f"shm:{own_server.arena}"))
    child.kill()
    child.wait(10)
    names = replace_old(own_server)
    with open(place["file"], "r+b", buffering=0) as values:
        values.seek(place["offset"])
        values.write(b"\1")
    assert len(changed(own_server, names)) == 1
