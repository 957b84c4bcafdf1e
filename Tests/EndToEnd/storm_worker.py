# SPDX-License-Identifier: Apache-2.0
"""One client of a storm. It works until it is killed, and writes into a ledger what it is about to
do before it does it, and what it knows to be done: whoever kills it can tell what may be missing.

    storm_worker.py KIND HOST PORT ARENA LEDGER LIFE SLOT
"""

import http.client
import json
import mmap
import random
import socket
import sys
import types

from atr_client import CLOSE, DELETE, Client

# The ledger: a row of 64-bit words for each life.
(SENT, ACKED, TWIN_SENT, TWIN_ACKED, SWAP_OPEN, SWAPS, FLAGS_SENT, FLAGS_ACKED, MADE,
 DONE) = range(10)
WORDS = 16
LIVES = 40_000

# What all share. `twin` holds the same count in both halves, so that half an addition shows.
TOTAL, TWIN, SWAP, LEVEL, MAPPED = (
    "storm.total", "storm.twin", "storm.swap", "storm.level", "storm.mapped")
BOTH_HALVES = 1 << 64 | 1
# A life has this many bits of a register that it shares with others.
FLAG_BITS = 8
LIVES_PER_FLAGS = 128 // FLAG_BITS
DEPTH = 32


def own_name(life):
    return f"storm.own.{life}"


def flags_name(life):
    return f"storm.flags.{life // LIVES_PER_FLAGS}"


def tag(slot):
    """The owner's tag of what the lives of a slot make for a moment."""
    return 7_000 + slot


class Ledger:
    def __init__(self, path):
        with open(path, "r+b") as file:
            self.words = memoryview(mmap.mmap(file.fileno(), 0)).cast("Q")

    def row(self, life):
        return self.words[life * WORDS:(life + 1) * WORDS]


class Worker:
    def __init__(self, host, port, arena, row, life, slot):
        self.host, self.port, self.arena = host, int(port), arena
        self.row, self.life, self.slot = row, life, slot
        self.sum = 0  # of the own register, which nobody else changes
        self.random = random.Random(life)

    def announce(self, step):
        self.row[SENT] += step

    def confirm(self, step, found):
        assert found == self.sum, f"the own register was {found} instead of {self.sum}"
        self.sum += step
        self.row[ACKED] += step
        self.row[DONE] += 1

    # MARK: the binary protocol, one step after the other

    def binary(self, client):
        own = client.open(own_name(self.life))
        total, twin, swap, level = (client.open(name) for name in (TOTAL, TWIN, SWAP, LEVEL))
        flags = client.open(flags_name(self.life))
        steps = [
            lambda: self.pair(client, own, total), lambda: self.twin(client, twin),
            lambda: self.swap(client, swap), lambda: self.flip(client, flags),
            lambda: self.up_and_down(client, level), lambda: self.make(client)]
        while True:
            self.random.choices(steps, (6, 3, 3, 3, 2, 1))[0]()

    def together(self, client, *frames):
        """What is sent in one piece arrives in one, or not at all."""
        client.socket.sendall(b"".join(frames))
        return [client.receive().check() for _ in frames]

    def pair(self, client, own, total):
        """The same to the own register and to everybody's."""
        step = self.random.randint(1, 9)
        self.announce(step)
        replies = self.together(client, *(
            client.operation_frame(register, "fetch_add", operand=step)
            for register in (own, total)))
        self.confirm(step, replies[0].value)

    def twin(self, client, twin):
        self.row[TWIN_SENT] += 1
        found = client.operate(twin, "fetch_add", operand=BOTH_HALVES)
        assert found >> 64 == found & (1 << 64) - 1, hex(found)
        self.row[TWIN_ACKED] += 1
        self.row[DONE] += 1

    def swap(self, client, swap):
        """Adds 1 by compare-exchanges."""
        is_done, value = False, client.operate(swap, "load")
        while not is_done:
            self.row[SWAP_OPEN] = 1
            name = self.random.choice(("cmpxchg_strong", "cmpxchg_weak"))
            is_done, found = client.operate(swap, name, expected=value, desired=value + 1)
            self.row[SWAPS] += is_done
            self.row[SWAP_OPEN] = 0
            assert is_done == (found == value) or name == "cmpxchg_weak"
            value = found
        self.row[DONE] += 1

    def flip(self, client, flags):
        bit = self.random.randrange(FLAG_BITS)
        before = self.row[FLAGS_ACKED]
        self.row[FLAGS_SENT] = before ^ 1 << bit
        index = self.life % LIVES_PER_FLAGS * FLAG_BITS + bit
        assert client.operate(flags, "bit_test_compl", index=index) == before >> bit & 1
        self.row[FLAGS_ACKED] = before ^ 1 << bit
        self.row[DONE] += 1

    def up_and_down(self, client, level):
        self.together(client, *(
            client.operation_frame(level, name) for name in ("fetch_inc", "fetch_dec")))
        self.row[DONE] += 1

    def make(self, client):
        """A register that is there for a moment only, of this slot's tag."""
        self.row[MADE] += 1
        name = f"storm.tmp.{self.life}.{self.row[MADE]}"
        assert client.create(name, "i64", 5, tag=tag(self.slot))
        register = client.open(name)
        assert client.operate(register, "sub_fetch", operand=7) == -2
        client.by_name(DELETE, name).check()
        client.ask(CLOSE, handle=register[0]).check()
        self.row[DONE] += 1

    # MARK: the binary protocol, pipelined

    def pipelined(self, client):
        own, twin = client.open(own_name(self.life)), client.open(TWIN)
        while True:
            steps = [self.random.randint(0, 3) for _ in range(self.random.randint(1, DEPTH))]
            for step in steps:  # 0: the twin
                self.row[SENT] += step
                self.row[TWIN_SENT] += step == 0
            client.socket.sendall(b"".join(
                client.operation_frame(own, "fetch_add", operand=step, order="relaxed") if step
                else client.operation_frame(twin, "add_fetch", operand=BOTH_HALVES)
                for step in steps))
            for step in steps:
                value = client.receive().check().value
                if step:
                    self.confirm(step, value)
                else:
                    self.row[TWIN_ACKED] += 1
                    self.row[DONE] += 1

    # MARK: HTTP

    def http1(self):
        connection = http.client.HTTPConnection(self.host, self.port, timeout=20)

        def ask(method, path, body, status):
            connection.request(method, f"/v1/registers/{path}", json.dumps(body))
            response = connection.getresponse()
            data = response.read()
            assert response.status == status, data
            return json.loads(data) if data else None

        while True:
            step = self.random.randint(1, 9)
            self.announce(step)
            path = f"{own_name(self.life)}/add"
            self.confirm(step, int(ask("POST", path, {"operand": str(step)}, 200)["old"]))
            self.row[TWIN_SENT] += 1
            ask("POST", f"{TWIN}/add", {"operand": str(BOTH_HALVES)}, 200)
            self.row[TWIN_ACKED] += 1
            if self.random.random() < 0.2:
                self.row[MADE] += 1
                name = f"storm.web.{self.life}.{self.row[MADE]}"
                ask("PUT", name, {"type": "u8"}, 201)
                ask("DELETE", name, None, 204)

    def http2(self):
        from http2_connection import HTTP2
        session = HTTP2(types.SimpleNamespace(authority=f"{self.host}:{self.port}"))
        own = f"/v1/registers/{own_name(self.life)}/add"
        with socket.create_connection((self.host, self.port), 20) as connection:
            while True:
                step = self.random.randint(1, 9)
                self.announce(step)
                self.row[TWIN_SENT] += 1
                body = json.dumps({"operand": str(step)}).encode()
                stream = session.request("POST", own, body)
                body = json.dumps({"operand": str(BOTH_HALVES)}).encode()
                session.request("POST", f"/v1/registers/{TWIN}/add", body)
                connection.sendall(session.session.data_to_send())
                answer = json.loads(session.answers(connection, 2)[stream])
                self.confirm(step, int(answer["old"]))
                self.row[TWIN_ACKED] += 1

    # MARK: no server

    def mapped(self):
        import atomics
        from mapped import map_cell
        from support import BINARIES
        cells = [map_cell(BINARIES / "atomics-client", self.arena, name)
                 for name in (own_name(self.life), MAPPED)]
        with atomics.atomicview(buffer=cells[0], atype=atomics.UINT) as own, \
                atomics.atomicview(buffer=cells[1], atype=atomics.UINT) as everybody:
            while True:
                self.announce(1)
                self.confirm(1, own.fetch_add(1))
                everybody.fetch_add(1)

    def command(self):
        """A process for each addition, over each transport in turn."""
        from support import command_line
        places = [f"atr://{self.host}:{self.port}", f"unix:{self.arena}/sock",
                  f"http://{self.host}:{self.port}", f"shm:{self.arena}"]
        while True:
            for place in places:
                self.announce(2)
                output = command_line("add", own_name(self.life), 2, server=place)
                self.confirm(2, int(output) - 2)


def main():
    kind, host, port, arena, ledger, life, slot = sys.argv[1:]
    row = Ledger(ledger).row(int(life))
    worker = Worker(host, port, arena, row, int(life), int(slot))
    if kind in ("tcp", "pipelined tcp"):
        client = Client(host, int(port), timeout=20)
    elif kind in ("unix", "pipelined unix"):
        client = Client(f"{arena}/sock", timeout=20)
    else:
        return {"http1": worker.http1, "http2": worker.http2, "mapped": worker.mapped,
                "command": worker.command}[kind]()
    with client:
        (worker.pipelined if kind.startswith("pipelined") else worker.binary)(client)


if __name__ == "__main__":
    main()
