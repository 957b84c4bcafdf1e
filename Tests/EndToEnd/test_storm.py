# SPDX-License-Identifier: Apache-2.0
"""Mixed load whose clients are killed at any moment, and the totals exact: what every client knows
to be done is there, what it never sent is not, and nothing is left of it in the server. Ten minutes
with ATOMICS_TEST_LONG=1. The seed is printed; ATOMICS_TEST_SEED sets it."""

import contextlib
import os
import pathlib
import random
import struct
import subprocess
import sys
import tempfile
import time

import storm_worker as storm
from atr_client import (
    ARENA_STAT, AS_REGISTERED, DELETE_OWNED, LIST, OPERATIONS, ORDERS, Client)
from support import BINARIES, LONG, Server, arena_directory, poll, start

WORKER = pathlib.Path(__file__).resolve().parent / "storm_worker.py"
# The load until the server has what it needs, and the load under which it must not grow.
WARM_UP_SECONDS, STORM_SECONDS = (60, 540) if LONG else (3, 8)
SLOTS = ["tcp", "tcp", "unix", "pipelined tcp", "pipelined unix", "http1", "http2", "mapped",
         "command", "bench"]
PAIRING = ("tcp", "unix")  # those whose own registers make the total
# Allocators keep what they once had; a leak of 100 bytes for each connection or request is more.
MEMORY_BOUND = 2 << 20


class Life:
    """One process, from its start until it is killed."""

    def __init__(self, storming, slot, number):
        self.kind, self.number, self.slot = SLOTS[slot], number, slot
        self.row = storming.ledger.row(number)
        server = storming.server
        if self.kind == "bench":
            command = [BINARIES / "atomics-client", "bench", "-c", "8", "--depth", "16",
                       "--seconds", "3600", "--register", "storm.bench",
                       "--server", f"atr://{server.authority}"]
        else:
            command = [sys.executable, WORKER, self.kind, server.host, server.port, server.arena,
                       storming.ledger_path, number, slot]
        self.errors = tempfile.TemporaryFile("w+")
        # A worker runs the same programs.
        self.process = start(command, {"ATOMICS_BIN": str(BINARIES)}, stdout=subprocess.DEVNULL, stderr=self.errors)

    def kill(self):
        assert self.process.poll() is None, f"{self.kind}: {self.complaint()}"
        self.process.kill()
        self.process.wait(20)
        complaint = self.complaint()
        self.errors.close()
        assert not complaint, f"{self.kind}: {complaint}"

    def complaint(self):
        self.errors.seek(0)
        return self.errors.read()


class Storming:
    def __init__(self, server, ledger_path, seed):
        self.server, self.ledger_path = server, ledger_path
        self.ledger = storm.Ledger(ledger_path)
        self.random = random.Random(seed)
        self.control = Client(server.host, server.port, timeout=20)
        self.lives = []  # all that ever were
        self.present = {}
        for name, type in ((storm.TOTAL, "u64"), (storm.TWIN, "u128"), (storm.SWAP, "u128"),
                           (storm.LEVEL, "i32"), (storm.MAPPED, "u64"), ("storm.bench", "u64")):
            self.control.create(name, type)

    def value(self, name):
        return self.control.by_name(
            OPERATIONS["load"], name, order=ORDERS["seq_cst"] | 1 << 6,
            type=AS_REGISTERED).check().value

    def begin(self, slot):
        number = len(self.lives)
        assert number < storm.LIVES
        self.control.create(storm.own_name(number), "u64")
        self.control.create(storm.flags_name(number), "bytes16")
        self.present[slot] = life = Life(self, slot, number)
        self.lives.append(life)

    def end(self, slot):
        life = self.present.pop(slot)
        life.kill()
        # Whatever may still be under way, it is within what the life had announced.
        self.assert_own(life)
        self.delete_owned(storm.tag(slot))

    def storm(self, seconds):
        """Load for so long, then calm. Everybody who takes part has done something at least."""
        for slot in range(len(SLOTS)):
            self.begin(slot)
        for life in self.present.values():
            if life.kind != "bench":
                poll(lambda: life.row[storm.DONE] or life.process.poll() is not None, 20,
                     f"the first step of {life.kind}")
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            time.sleep(self.random.uniform(0.02, 0.2))
            slot = self.random.randrange(len(SLOTS))
            self.end(slot)
            self.begin(slot)
        for slot in range(len(SLOTS)):
            self.end(slot)
        self.server.await_idle()

    def delete_owned(self, tag):
        cursor, deleted = 0, 0
        while True:
            reply = self.control.ask(DELETE_OWNED, struct.pack("<QQ", tag, cursor)).check()
            cursor, more = struct.unpack("<QQ", reply.body)
            deleted += more
            if not cursor:
                return deleted

    def count(self, prefix):
        """Registers whose names begin so."""
        cursor, count = 0, 0
        while True:
            body = struct.pack("<QIHH", cursor, 1000, len(prefix), 0)
            body += prefix.encode() + bytes(-len(prefix) % 8)
            reply = self.control.ask(LIST, body).check()
            cursor, = struct.unpack_from("<Q", reply.body)
            count += reply.auxiliary
            if not cursor:
                return count

    def descriptors(self):
        return len(os.listdir(f"/proc/{self.server.pid}/fd"))

    def registers(self):
        return struct.unpack_from("<Q", self.control.ask(ARENA_STAT).check().body, 16)[0]

    # MARK: what must hold

    def assert_own(self, life):
        """The value of the life's own register."""
        value = self.value(storm.own_name(life.number))
        acked, sent = life.row[storm.ACKED], life.row[storm.SENT]
        assert acked <= value <= sent, f"{life.kind}: {acked} <= {value} <= {sent}"
        return value

    def sum(self, word):
        return sum(life.row[word] for life in self.lives)

    def assert_exact(self):
        own = {life.number: self.assert_own(life) for life in self.lives}
        # Two frames of one piece: both or none.
        pairs = sum(own[life.number] for life in self.lives if life.kind in PAIRING)
        assert self.value(storm.TOTAL) == pairs
        assert self.value(storm.LEVEL) == 0
        # Two additions of a process that maps: the second of those that were killed may be missing.
        mapped = [own[life.number] for life in self.lives if life.kind == "mapped"]
        assert 0 <= sum(mapped) - self.value(storm.MAPPED) <= len(mapped)
        twin = self.value(storm.TWIN)
        assert twin >> 64 == twin & (1 << 64) - 1, hex(twin)
        assert self.sum(storm.TWIN_ACKED) <= twin >> 64 <= self.sum(storm.TWIN_SENT)
        swaps = self.sum(storm.SWAPS)
        assert swaps <= self.value(storm.SWAP) <= swaps + self.sum(storm.SWAP_OPEN)
        for first in range(0, len(self.lives), storm.LIVES_PER_FLAGS):
            self.assert_flags(self.lives[first:first + storm.LIVES_PER_FLAGS])

    def assert_flags(self, lives):
        """Every bit is as its life knows or last wanted it, and no other is set."""
        value = self.value(storm.flags_name(lives[0].number))
        bits = 0
        for life in lives:
            shift = life.number % storm.LIVES_PER_FLAGS * storm.FLAG_BITS
            mine = value >> shift & (1 << storm.FLAG_BITS) - 1
            assert mine in (life.row[storm.FLAGS_ACKED], life.row[storm.FLAGS_SENT]), (
                life.kind, hex(mine))
            bits += mine.bit_count()
        assert value.bit_count() == bits

    def assert_nothing_left(self):
        """No register that a life made for a moment; of HTTP, which has no tags, one a life."""
        for slot in range(len(SLOTS)):
            self.delete_owned(storm.tag(slot))
        assert self.count("storm.tmp.") == 0
        left = self.count("storm.web.")
        assert left <= sum(life.kind == "http1" for life in self.lives)
        fixed = 6 + len(self.lives) + -(-len(self.lives) // storm.LIVES_PER_FLAGS)
        assert self.registers() == fixed + left

    def table(self):
        """What the clients did, by kind."""
        rows = []
        for kind in dict.fromkeys(SLOTS):
            lives = [life for life in self.lives if life.kind == kind]
            done = sum(life.row[storm.DONE] for life in lives)
            unsure = sum(life.row[storm.SENT] != life.row[storm.ACKED] for life in lives)
            rows.append(f"  {kind:15} {len(lives):5} killed {done:9} steps, "
                        f"{unsure:4} killed within an addition to its own register")
        return "\n".join(rows)


@contextlib.contextmanager
def storming():
    seed = int(os.environ.get("ATOMICS_TEST_SEED", random.randrange(1 << 32)))
    print(f"storm: ATOMICS_TEST_SEED={seed}")
    with arena_directory() as arena, Server(arena) as server, \
            tempfile.NamedTemporaryFile() as ledger:
        ledger.truncate(storm.LIVES * storm.WORDS * 8)
        storm_of_all = Storming(server, ledger.name, seed)
        try:
            with storm_of_all.control:
                yield storm_of_all
        finally:
            for life in storm_of_all.present.values():
                life.process.kill()
                life.process.wait(20)
        assert server.stop() == 0, server.errors()


def test_clients_are_killed_and_the_totals_are_exact():
    with storming() as all_of_it:
        server = all_of_it.server
        all_of_it.storm(WARM_UP_SECONDS)
        before, calm = server.memory(), all_of_it.descriptors()
        warm = len(all_of_it.lives)
        all_of_it.storm(STORM_SECONDS)
        after = server.memory()
        print(f"storm: {WARM_UP_SECONDS} s, then {STORM_SECONDS} s\n{all_of_it.table()}\n"
              f"  memory {before >> 10} KiB after {warm} lives, {after >> 10} KiB after "
              f"{len(all_of_it.lives)}; {calm} and {all_of_it.descriptors()} descriptors")
        poll(lambda: all_of_it.descriptors() <= calm, what="no descriptor left over")
        all_of_it.assert_exact()
        all_of_it.assert_nothing_left()
        assert after - before < MEMORY_BOUND, f"{after - before} bytes more"
        server.assert_serves()
