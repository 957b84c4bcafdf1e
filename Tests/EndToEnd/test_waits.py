# SPDX-License-Identifier: Apache-2.0
"""Waits through a server: who wakes them, how they end, and that a semaphore of many clients and
programs on the map is exact."""

import contextlib
import pathlib
import socket
import struct
import subprocess
import sys
import threading
import time

import pytest
from atr_client import (
    BY_NAME, FLAG_NAME, GOAWAY, MAGIC, NOP, TYPES, Client, frame, name_block, operation_frame, slot)
from c_arena import ask
from support import BINARIES, LONG, Server, command_line, start
from waiting import CANCEL, NOTIFY, WAIT_UNTIL, send_wait

HERE = pathlib.Path(__file__).resolve().parent


@contextlib.contextmanager
def clients(server, count):
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(Client(server.host, server.port)) for _ in range(count)]


def await_sent(client):
    """Until what was sent before has been taken up."""
    assert client.ask(NOP).status == "OK"


CASES = [
    ("eq", 5, 0, 4, 5), ("ne", 7, 7, 7, 8), ("lt", 5, 9, 5, 4), ("le", 5, 9, 6, 5),
    ("gt", 5, 0, 5, 6), ("ge", 5, 0, 4, 5), ("any", 6, 0, 8, 10), ("all", 6, 0, 4, 7),
    ("changed", 0, 3, 3, 2),
]


@pytest.mark.parametrize("type", ["u8", "i16", "u32", "i64", "u128", "bytes4"])
def test_each_predicate_ends_with_the_value_that_satisfies_it(server, type):
    signed = type.startswith("i")
    with clients(server, 2) as (waiter, writer):
        for predicate, operand, first, other, last in CASES:
            name = f"predicate/{type}/{predicate}"
            register = writer.open(name, create=type)
            writer.operate(register, "store", operand=first)
            own = waiter.open(name)
            sequence = send_wait(waiter, own, predicate, operand)
            await_sent(waiter)
            writer.operate(register, "store", operand=other)
            writer.operate(register, "store", operand=last)
            reply = waiter.receive()
            assert (reply.sequence, reply.status, reply.value) == (sequence, "OK", last), predicate
            assert signed == (reply.type >> 3 & 7 == 1)


def test_floats_are_waited_for_by_value(server):
    with clients(server, 2) as (waiter, writer):
        register = writer.open("float", create="f64")
        send_wait(waiter, waiter.open("float"), "lt", struct.pack("<d", -1.5))
        await_sent(waiter)
        for value in (3.0, float("nan"), -2.0):
            writer.operate(register, "store", operand=struct.pack("<d", value))
        assert struct.unpack("<d", waiter.receive().body) == (-2.0,)
        sequence = send_wait(waiter, waiter.open("float"), "any", struct.pack("<d", 1.0))
        reply = waiter.receive()
        assert (reply.sequence, reply.status) == (sequence, "UNSUPPORTED")


def test_time_cancellation_and_deletion(server):
    with clients(server, 2) as (waiter, writer):
        writer.open("ends", create="u64")
        own = waiter.open("ends")
        began = time.monotonic()
        send_wait(waiter, own, "eq", 9, milliseconds=80)
        assert (waiter.receive().status, time.monotonic() - began > 0.08) == ("TIMEOUT", True)
        open_wait = send_wait(waiter, own, "eq", 9)
        waiter.send(CANCEL, struct.pack("<II", open_wait, 0))
        assert [waiter.receive().status for _ in range(2)] == ["CANCELLED", "OK"]
        waiter.send(CANCEL, struct.pack("<II", open_wait, 0))
        assert waiter.receive().status == "NOT_FOUND"
        sequence = send_wait(waiter, own, "eq", 9)
        await_sent(waiter)
        assert writer.by_name(0x13, "ends").status == "OK"
        reply = waiter.receive()
        assert (reply.sequence, reply.status) == (sequence, "GONE")
        # A new register of the name is another one.
        again = writer.open("ends", create="u64")
        writer.operate(again, "store", operand=9)
        send_wait(waiter, own, "eq", 9)
        assert waiter.receive().status == "GONE"


def test_answers_come_in_the_order_of_the_changes_and_requests_go_on(server):
    with clients(server, 1) as (client,):
        register = client.open("order", create="u64")
        waits = {level: send_wait(client, register, "ge", level) for level in (3, 1, 2)}
        seen = []
        for _ in range(3):
            sequence = client.send(0x42, type=register[1], order=5, handle=register[0])  # inc
            replies = [client.receive(), client.receive()]
            assert sequence in [reply.sequence for reply in replies]
            seen += [reply.sequence for reply in replies if reply.sequence != sequence]
        assert seen == [waits[1], waits[2], waits[3]]


@pytest.mark.parametrize("way", ["c", "command"])
def test_who_maps_the_register_wakes_who_waits_at_a_server(own_server, way):
    with clients(own_server, 1) as (waiter,):
        register = waiter.open("mapped", create="u64")
        sequence = send_wait(waiter, register, "eq", 5)
        await_sent(waiter)
        if way == "c":
            ask("set", own_server.arena, "mapped", "store", 5)
        else:
            command_line("set", "mapped", 5, server=f"shm:{own_server.arena}")
        reply = waiter.receive()
        assert (reply.sequence, reply.status, reply.value) == (sequence, "OK", 5)


def test_a_program_that_tells_nobody_is_seen_within_its_time(own_server):
    """Fifty milliseconds by the documentation; what a busy machine adds is not its."""
    mapped = """
import sys, time
sys.path.insert(0, sys.argv[1])
from mapped import map_cell
cell = map_cell(*sys.argv[2:5])
print("ready", flush=True)
sys.stdin.readline()
cell.cast("Q")[0] = 5
print(time.monotonic_ns(), flush=True)
"""
    with clients(own_server, 1) as (waiter,):
        register = waiter.open("silent", create="u64")
        send_wait(waiter, register, "eq", 5)
        await_sent(waiter)
        writer = start(
            [sys.executable, "-c", mapped, HERE, BINARIES / "atomics-client", own_server.arena,
             "silent"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        assert writer.stdout.readline() == "ready\n"
        writer.stdin.write("\n")
        writer.stdin.flush()
        assert waiter.receive().value == 5
        delay = time.monotonic_ns() - int(writer.stdout.readline())
        writer.communicate(timeout=10)
        assert delay < 1_000_000_000
        # The next one would be seen by NOTIFY, too.
        assert waiter.ask(NOTIFY, handle=register[0]).status == "OK"


def test_one_semaphore_of_many_clients_and_of_a_program_on_the_map(own_server):
    """Never below zero, all are served, and the books balance."""
    turns, permits = (300 if LONG else 30), 2
    own_server.create("permits")
    own_server.create("inside", "i64")
    failures = []

    def work():
        try:
            with Client(own_server.host, own_server.port, timeout=60) as client:
                semaphore, inside = client.open("permits"), client.open("inside")
                for _ in range(turns):
                    send_wait(client, semaphore, "ge", 1, then="fetch_sub", operand=1)
                    found = client.receive().check().value
                    assert 1 <= found <= permits, found
                    number = client.operate(inside, "fetch_add", operand=1)
                    assert 0 <= number < permits, number
                    client.operate(inside, "sub", operand=1)
                    client.operate(semaphore, "add", operand=1)
        except BaseException as error:
            failures.append(error)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for _ in range(permits):  # a program on the map gives what the clients share
        ask("set", own_server.arena, "permits", "add", 1)
    for thread in threads:
        thread.join(90)
    assert not failures, failures[0]
    assert (own_server.value("inside"), own_server.value("permits")) == (0, permits)


def test_the_end_of_the_server_answers_each_wait(own_server):
    with clients(own_server, 1) as (client,):
        register = client.open("n", create="u64")
        waits = {send_wait(client, register, "eq", 9) for _ in range(20)}
        await_sent(client)
        own_server.process.terminate()
        ended = [client.receive() for _ in range(21)]
        assert {reply.sequence for reply in ended[:20]} == waits
        assert {reply.status for reply in ended} == {"SHUTTING_DOWN"}
        assert ended[-1].opcode == GOAWAY
    assert own_server.process.wait(10) == 0


def test_a_client_that_is_gone_takes_nothing(own_server):
    with clients(own_server, 2) as (lost, other):
        register = other.open("permits", create="u64")
        send_wait(lost, lost.open("permits"), "ge", 1, then="sub", operand=1)
        await_sent(lost)
        lost.socket.close()
        own_server.await_idle()
        other.operate(register, "add", operand=1)
        assert other.ask(NOP).status == "OK"
        assert other.operate(register, "load") == 1


def test_a_half_closed_connection_still_gets_its_answer(server):
    with clients(server, 2) as (waiter, writer):
        register = writer.open("half", create="u64")
        writer.operate(register, "store", operand=0)
        own = waiter.open("half")
        timed = send_wait(waiter, own, "eq", 1, milliseconds=60_000)
        forever = send_wait(waiter, own, "eq", 1)
        waiter.socket.shutdown(socket.SHUT_WR)
        reply = waiter.receive()
        assert (reply.sequence, reply.status) == (forever, "CANCELLED")
        writer.operate(register, "store", operand=1)
        reply = waiter.receive()
        assert (reply.sequence, reply.status) == (timed, "OK")
        with pytest.raises(ConnectionError):
            waiter.receive()


def test_who_says_goodbye_gets_all_that_it_is_owed(server):
    with clients(server, 1) as (client,):
        register = client.open("owed", create="u64")
        sequences = [send_wait(client, register, "ge", 0, 0) for _ in range(300)]
        client.send(GOAWAY)
        assert [client.receive().sequence for _ in sequences] == sequences
        with pytest.raises(ConnectionError):
            client.receive()


def test_a_half_closed_connection_is_not_asked_whether_it_is_there(arena):
    with Server(arena, "--set", "limits.keepalive_seconds=0.1") as server:
        with socket.create_connection((server.host, server.port), 10) as connection:
            hello = bytearray(MAGIC + struct.pack("<BBHII16x", 1, 1, 1, 1 << 20, 0))
            register = operation_frame(1, ("n", TYPES["u64"]), "load", policy=1)
            body = name_block("n") + slot(TYPES["u64"], 1) + struct.pack("<II", 1500, 0)
            waits = frame(WAIT_UNTIL, 2, body, flags=FLAG_NAME, order=5, type=TYPES["u64"],
                          handle=BY_NAME)
            connection.sendall(hello + register + waits)
            connection.shutdown(socket.SHUT_WR)
            received = b""
            while more := connection.recv(65536):
                received += more
        last = received[-24:]
        assert (last[0], last[2], last[8]) == (WAIT_UNTIL, 2, 2), received.hex()  # TIMEOUT


def test_limits_say_which_they_are(arena):
    settings = pathlib.Path(arena).parent / "settings.yaml"
    settings.write_text("limits:\n  waits: 3\n  waits_total: 5\n")
    with Server(arena, "--config", settings) as server, clients(server, 2) as (one, two):
        assert one.in_flight == 3
        register, other = one.open("n", create="u64"), two.open("n", create="u64")
        for _ in range(4):
            last = send_wait(one, register, "eq", 9)
        reply = one.receive()
        assert (reply.sequence, reply.status) == (last, "LIMIT")
        assert b"at most 3 open waits" in reply.body
        for _ in range(3):
            last = send_wait(two, other, "eq", 9)
        reply = two.receive()
        assert (reply.sequence, reply.status) == (last, "LIMIT")
        assert b"the server has its 5 open waits" in reply.body
        server.assert_serves()


def test_an_idle_server_sleeps_and_one_with_waits_looks_twenty_times_a_second(own_server):
    def used():
        return sum(
            int((task / "schedstat").read_text().split()[2])
            for task in pathlib.Path(f"/proc/{own_server.pid}/task").iterdir()
            if (task / "comm").read_text().strip() != "atomics-upkeep")

    with clients(own_server, 1) as (client,):
        register = client.open("n", create="u64")
        sequence = send_wait(client, register, "eq", 9)
        await_sent(client)
        before = used()
        time.sleep(0.5)
        looking = used() - before
        client.send(CANCEL, struct.pack("<II", sequence, 0))
        client.receive()
        client.receive()
        time.sleep(0.3)  # one last look may be on its way
        before = used()
        time.sleep(1)
        assert used() - before == 0
        assert 5 <= looking <= 100
