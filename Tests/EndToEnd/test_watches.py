# SPDX-License-Identifier: Apache-2.0
"""Watches through a server: the present value first, then the latest; credits, prefixes, ends."""

import pathlib
import random
import threading

import pytest
from atr_client import DELETE, NOP, Client
from c_arena import ask
from support import LONG, Server, poll
from waiting import DELETED, EVENT, GAP, UNWATCH, Event, credit, watch, watch_prefix


@pytest.fixture
def watcher(own_server):
    with Client(own_server.host, own_server.port) as client:
        yield client


@pytest.fixture
def writer(own_server):
    with Client(own_server.host, own_server.port) as client:
        yield client


def event(client):
    return Event(client.receive())


def nothing_more(client):
    """Whatever was on its way has come: nothing."""
    assert client.ask(NOP).status == "OK"


def test_the_present_value_comes_first_then_changes_then_the_end(watcher, writer):
    register = writer.open("n", create="u64")
    writer.operate(register, "store", operand=7)
    number = watch(watcher, watcher.open("n"))
    first = event(watcher)
    assert (first.kind, first.watch, first.value, first.changes) == (EVENT, number, 7, 0)
    assert first.name == "" and first.generation > 0
    for value in range(8, 20):
        writer.operate(register, "store", operand=value)
        assert event(watcher).value == value
    writer.by_name(DELETE, "n")
    end = event(watcher)
    assert (end.kind, end.watch, end.changes, end.value) == (DELETED, number, 12, 0)
    assert watcher.ask(UNWATCH, handle=number).status == "NOT_FOUND"


def test_a_program_on_the_map_is_seen(own_server, watcher):
    register = watcher.open("n", create="u64")
    watch(watcher, register)
    assert event(watcher).value == 0
    for value in (5, 6, 7):
        ask("set", own_server.arena, "n", "store", value)
        assert event(watcher).value == value


def test_without_credit_changes_are_noted_and_come_as_one(own_server):
    settings = pathlib.Path(own_server.arena).parent / "settings.yaml"
    settings.write_text("limits:\n  event_credits: 1\n")
    other = str(settings.parent / "other")
    with Server(other, "--config", settings) as server, \
            Client(server.host, server.port) as watcher, \
            Client(server.host, server.port) as writer:
        register = writer.open("n", create="u64")
        watch(watcher, watcher.open("n"))
        assert event(watcher).kind == EVENT
        for value in range(1, 101):
            writer.operate(register, "store", operand=value)
            # Its thread looks now and then, however busy the machine is.
            if value % 10 == 0:
                nothing_more(watcher)
        credit(watcher, 1)
        gap = event(watcher)
        assert (gap.kind, gap.value) == (GAP, 100)
        assert 1 < gap.changes <= 100 and gap.left_out == gap.changes - 1
        nothing_more(watcher)


def test_a_prefix_with_what_comes_and_what_goes(watcher, writer):
    for index in range(3):
        writer.create(f"jobs/{index}", "u32", index)
    writer.create("other", "u32")
    number = watch_prefix(watcher, "jobs/")
    found = [event(watcher) for _ in range(3)]
    assert {(e.name, e.value) for e in found} == {(f"jobs/{i}", i) for i in range(3)}
    writer.create("jobs/new", "i8", 3)
    assert (new := event(watcher)).name == "jobs/new" and new.value == 3
    writer.by_name(DELETE, "jobs/1")
    gone = event(watcher)
    assert (gone.kind, gone.name) == (DELETED, "jobs/1")
    writer.create("jobs/1", "u32", 9)
    again = event(watcher)
    assert (again.name, again.value) == ("jobs/1", 9)
    assert watcher.ask(UNWATCH, handle=number).status == "OK"
    writer.create("jobs/late", "u32")
    nothing_more(watcher)


def test_a_least_time_between_events_holds_all_but_the_last_back(watcher, writer):
    register = writer.open("n", create="u64")
    watch(watcher, watcher.open("n"), milliseconds=100)
    assert event(watcher).value == 0
    for value in range(1, 51):
        writer.operate(register, "store", operand=value)
    seen = [event(watcher)]
    while seen[-1].value != 50:
        seen.append(event(watcher))
    assert len(seen) < 10 and seen[-1].kind == GAP


def test_limits_say_which_they_are(own_server):
    settings = pathlib.Path(own_server.arena).parent / "settings.yaml"
    settings.write_text("limits:\n  watches: 2\n  watched_registers: 4\n")
    other = str(settings.parent / "other")
    with Server(other, "--config", settings) as server, \
            Client(server.host, server.port) as client:
        registers = [client.open(f"r{index}", create="u64") for index in range(6)]
        watch(client, registers[0])
        assert event(client).value == 0
        number = watch_prefix(client, "r")
        # What was found before there was one too many is not worth telling.
        end = event(client)
        assert (end.kind, end.status, end.watch) == (DELETED, "LIMIT", number)
        watch(client, registers[1])
        assert event(client).value == 0
        reply = client.ask(0x52, bytes(8), handle=registers[2][0])
        assert reply.status == "LIMIT" and b"at most 2 watches" in reply.body
        server.assert_serves()


@pytest.mark.parametrize("count", [20_000 if LONG else 5_000])
def test_many_registers_are_taken_up_while_others_are_served(own_server, watcher, writer, count):
    for start in range(0, count, 500):
        body = b"".join(writer_frames(writer, start, min(count, start + 500)))
        writer.socket.sendall(body)
        for _ in range(start, min(count, start + 500)):
            writer.receive().check()
    credit(watcher, count)
    watch_prefix(watcher, "many/")
    names = {event(watcher).name for _ in range(count)}
    assert len(names) == count
    register = writer.open("many/17")
    writer.operate(register, "store", operand=3)
    last = event(watcher)
    assert (last.name, last.value) == ("many/17", 3)
    nothing_more(watcher)


def writer_frames(client, start, end):
    from atr_client import BY_NAME, CREATE, FLAG_NAME, TYPES, frame, name_block
    for index in range(start, end):
        client.sequence += 1
        yield frame(
            CREATE, client.sequence, name_block(f"many/{index}", 1) + bytes(48), flags=FLAG_NAME,
            type=TYPES["u64"], handle=BY_NAME)


def test_the_last_value_is_never_missed(own_server, watcher):
    """Clients and a program on the map write at random; what is told last is what is there."""
    names = [f"n{index}" for index in range(5)]
    numbers = {watch(watcher, watcher.open(name, create="u64")): name for name in names[:1]}
    told = {names[0]: event(watcher).value}
    for name in names[1:]:
        numbers[watch(watcher, watcher.open(name, create="u64"))] = name
        told[name] = event(watcher).value
    credit(watcher, 60_000)
    rounds = 3000 if LONG else 300

    def write(seed):
        chance = random.Random(seed)
        with Client(own_server.host, own_server.port) as client:
            registers = [client.open(name) for name in names]
            for _ in range(rounds):
                client.operate(
                    chance.choice(registers), "store", order="release", operand=chance.randrange(4))

    threads = [threading.Thread(target=write, args=(seed,)) for seed in range(3)]
    for thread in threads:
        thread.start()
    for value in range(20):
        ask("set", own_server.arena, names[value % 5], "store", value)
    for thread in threads:
        thread.join()
    present = {name: own_server.value(name) for name in names}

    def is_told():
        if told == present:
            return True
        found = event(watcher)
        told[numbers[found.watch]] = found.value
        return told == present

    assert poll(is_told)
    # What is told after that is the same.
    nothing_is_left = watcher.send(NOP)
    while (reply := watcher.receive()).opcode != NOP:
        found = Event(reply)
        told[numbers[found.watch]] = found.value
    assert reply.sequence == nothing_is_left and told == present
