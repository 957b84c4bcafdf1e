# SPDX-License-Identifier: Apache-2.0
"""Connections that are cut at every byte of an exchange, in both directions: each request is done
whole or not at all, and never twice; nothing is left of the connection; a client says what it does
not know."""

import os
import struct
import subprocess

import pytest
from atr_client import (
    AS_REGISTERED, BY_NAME, DELETE, FLAG_NAME, LIST, OPERATIONS, ORDERS, PING, STAT, Client,
    Refused, name_block)
from cutting_proxy import CLOSE, REPLIES, REQUESTS, RESET, CuttingProxy
from support import BINARIES, ENVIRONMENT, LONG, Server, arena_directory, poll

WIDE = 1 << 100 | 7


def exchange(client, after_each=lambda: None):
    """Requests of every family, one after the other, from the state of `Registers.reset` on."""
    hits = client.open("cut.hits")
    after_each()
    client.operate(hits, "fetch_add", operand=5)
    after_each()
    assert client.operate(hits, "cmpxchg_strong", expected=105, desired=200) == (True, 105)
    after_each()
    by_name = OPERATIONS["add"], name_block("cut.named") + (3).to_bytes(8, "little")
    client.ask(*by_name, flags=FLAG_NAME, order=ORDERS["seq_cst"] | 2 << 6, type=AS_REGISTERED,
               handle=BY_NAME).check()
    after_each()
    wide = client.open("cut.wide")
    after_each()
    client.operate(wide, "exchange", operand=WIDE)
    after_each()
    client.create("cut.made", "i16", -7 & 0xFFFF, label="made in an exchange")
    after_each()
    client.by_name(DELETE, "cut.old").check()
    after_each()
    client.ask(LIST, struct.pack("<QIHH8s", 0, 100, 4, 0, b"cut.")).check()
    after_each()
    client.by_name(STAT, "cut.wide").check()
    after_each()
    client.ask(PING, b"8 bytes!").check()
    after_each()
    client.operate(hits, "fetch_inc", order="relaxed")
    after_each()


class Registers:
    """What the exchange changes, seen and set over a connection of its own."""

    def __init__(self, server):
        self.client = Client(server.host, server.port)
        self.handles = [
            self.client.open(name, create=type)
            for name, type in (("cut.hits", "u64"), ("cut.named", "u32"), ("cut.wide", "u128"))]

    def exists(self, name):
        return self.client.by_name(STAT, name).status == "OK"

    def state(self):
        values = [self.client.operate(handle, "load") for handle in self.handles]
        return *values, self.exists("cut.made"), self.exists("cut.old")

    def reset(self):
        for handle, value in zip(self.handles, (100, 10, 1), strict=True):
            self.client.operate(handle, "store", operand=value)
        if self.exists("cut.made"):
            self.client.by_name(DELETE, "cut.made").check()
        self.client.create("cut.old", "u8")


def frames(data, greeting):
    """Where the greeting and each frame after it end."""
    ends = [greeting]
    while ends[-1] < len(data):
        ends.append(ends[-1] + 16 + int.from_bytes(data[ends[-1] + 4:ends[-1] + 7], "little"))
    return ends


def descriptors(server):
    return len(os.listdir(f"/proc/{server.pid}/fd"))


@pytest.fixture(scope="module")
def own():
    with arena_directory() as arena, Server(arena) as server:
        yield server
        assert server.stop() == 0, server.errors()


@pytest.fixture(scope="module")
def registers(own):
    registers = Registers(own)
    with registers.client:
        yield registers


@pytest.fixture(scope="module")
def calm(own, registers):
    """How many descriptors the server has while nobody but `registers` is connected: counted
    before there is anybody else, since a connection that was just closed would be among them."""
    return descriptors(own)


@pytest.fixture(scope="module")
def whole(own, registers, calm):
    """The bytes of an exchange that nobody cuts, and the state after each of its requests."""
    with CuttingProxy(own.host, own.port) as proxy:
        registers.reset()
        proxy.cut()
        with Client("127.0.0.1", proxy.port) as client:
            states = [registers.state()]
            exchange(client, lambda: states.append(registers.state()))
        proxy.await_end()
        passed = dict(proxy.passed)
    assert states[0] == (100, 10, 1, False, True)
    assert states[-1] == (201, 13, WIDE, True, False)
    greeting = 48 + int.from_bytes(passed[REPLIES][12:16], "little")
    ends = {REQUESTS: frames(passed[REQUESTS], 32), REPLIES: frames(passed[REPLIES], greeting)}
    assert len(ends[REQUESTS]) == len(ends[REPLIES]) == len(states)
    return passed, ends, states


@pytest.mark.parametrize("manner", [CLOSE, RESET])
@pytest.mark.parametrize("direction", [REQUESTS, REPLIES])
def test_every_byte_of_an_exchange(own, registers, whole, calm, direction, manner):
    passed, ends, states = whole
    memory = None
    with CuttingProxy(own.host, own.port) as proxy:
        for after in range(1, len(passed[direction])):
            registers.reset()
            proxy.cut(direction, after, manner)
            with pytest.raises(OSError):
                with Client("127.0.0.1", proxy.port) as client:
                    exchange(client)
            proxy.await_end()
            poll(lambda: descriptors(own) == calm, what=f"{after}: no descriptor left over")
            # The server has closed, so it will do no more of it. A request is done if its last byte
            # came, and where a reply has begun, its request had come.
            done = sum(end <= after for end in ends[direction])
            if direction == REQUESTS or after in ends[direction]:
                done = max(done - 1, 0)  # the greeting is none
            possible = [states[done]]
            if manner == RESET and direction == REQUESTS and after in ends[direction]:
                # The reset may overtake what was sent right before it.
                possible.append(states[max(done - 1, 0)])
            found = registers.state()
            assert found in possible, f"{direction} cut after {after} bytes: {found}"
            assert proxy.accepted == 1
            if after == len(passed[direction]) // 4:
                memory = own.memory()
    own.assert_serves()
    grown = own.memory() - memory
    assert grown < 1 << 20, f"{grown} bytes for {len(passed[direction])} connections"


def test_requests_that_were_sent_together(own, registers, whole, calm):
    """The same bytes at once: what arrived whole is done."""
    passed, ends, states = whole
    for after in range(1, len(passed[REQUESTS])):
        registers.reset()
        with own.connect() as connection:
            connection.sendall(passed[REQUESTS][:after])
            connection.shutdown(1)
            while connection.recv(65536):
                pass
        done = sum(end <= after for end in ends[REQUESTS])
        assert registers.state() == states[max(done - 1, 0)], after
    poll(lambda: descriptors(own) == calm, what="no descriptor left over")


# MARK: what clients say


def add_by_command(server, port, transport):
    done = subprocess.run(
        [BINARIES / "atomics-client", "add", "cut.hits", "5", "--server",
         f"{transport}://127.0.0.1:{port}"],
        env=ENVIRONMENT, capture_output=True, text=True, timeout=20)
    return done.returncode, done.stdout, done.stderr


@pytest.mark.parametrize("transport", ["atr", "http"])
def test_a_client_tells_what_it_does_not_know(own, registers, transport):
    """`atomics-client` behind the proxy: what cannot have run it sends again, over the next
    connection, which is whole; an addition that may have run it reports as such, and leaves it."""
    with CuttingProxy(own.host, own.port) as proxy:
        registers.reset()
        proxy.cut()
        assert add_by_command(own, proxy.port, transport)[:2] == (0, "105\n")
        proxy.await_end()
        passed = dict(proxy.passed)
        said = {}
        for direction in (REQUESTS, REPLIES):
            length = len(passed[direction])
            # A process for each: every byte of what is short, and of the end.
            stride = 1 if LONG or length < 100 else 5
            cuts = [*range(1, length - 40, stride), *range(max(1, length - 40), length)]
            for after in cuts:
                registers.reset()
                proxy.cut(direction, after)
                status, output, error = add_by_command(own, proxy.port, transport)
                proxy.await_end()
                place = f"{transport} {direction} cut after {after} of {length}: {error}"
                value = registers.state()[0]
                assert proxy.accepted <= 2, place
                if status == 0:
                    # Once: either what was missing was not needed, as a farewell is not, or it
                    # was sent again after it had not run.
                    assert (output, value) == ("105\n", 105), place
                    said["done"] = said.get("done", 0) + 1
                    continue
                assert output == "" and proxy.accepted == 1, place
                knows_nothing = "may have run or not" in error
                # A first connection that comes to nothing is told at once.
                assert knows_nothing or ("Cannot reach" in error and value == 100), place
                said[knows_nothing, value] = said.get((knows_nothing, value), 0) + 1
        # Each that there is: sent again; not sent; sent in part; done and not heard of.
        assert set(said) == {"done", (False, 100), (True, 100), (True, 105)}, said
