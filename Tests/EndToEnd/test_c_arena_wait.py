# SPDX-License-Identifier: Apache-2.0
"""Processes that wait for a register by include/atomics_arena.h, and those that wake them."""

import struct

import pytest
from c_arena import SOURCES, WIDTHS, Cell, Talk, ask, make, make_widths, run, tool
from support import command_line, poll

CAP_MICROSECONDS = 50_000  # who waits looks that often by itself


def waiting(arena, name, least, milliseconds=20_000, access="rw"):
    return Talk(tool(), "wait", arena, name, least, milliseconds, access)


@pytest.mark.parametrize("how, value", [
    ("store", 5), ("relaxed", 5), ("add", 5), ("update", 5), ("bit", 3), ("compare_exchange", 5)])
@pytest.mark.parametrize("width", WIDTHS)
def test_each_kind_of_change_wakes_who_waits(arena, width, how, value):
    name = f"w{width}"
    make(arena, **{name: f"u{8 * width}"})
    cell = Cell(arena, name)
    ask("set", arena, name, "store", 0)
    assert cell.event == (False, 0)
    with waiting(arena, name, 5) as sleeper:
        cell.await_sleeper()
        ask("set", arena, name, how, value)
        assert cell.event == (False, 1)
        assert sleeper.rest()[0] == str(8 if how == "bit" else 5)


def test_a_value_that_is_not_enough_wakes_and_waits_on(arena):
    make_widths(arena)
    cell = Cell(arena, "w8")
    with waiting(arena, "w8", 3) as sleeper:
        for value in (1, 2):
            cell.await_sleeper()
            ask("set", arena, "w8", "store", value)
            assert cell.event[1] == value
        cell.await_sleeper()
        ask("set", arena, "w8", "store", 1 << 63)
        assert sleeper.rest()[0] == str(1 << 63)


def test_all_who_wait_are_woken(arena):
    make_widths(arena)
    cell = Cell(arena, "w16")
    enough = (1 << 64) + 3
    with waiting(arena, "w16", enough) as one, waiting(arena, "w16", enough) as other:
        cell.await_sleeper()
        ask("set", arena, "w16", "store", enough)
        assert one.rest()[0] == other.rest()[0] == str(enough)


def test_a_value_that_is_there_costs_no_sleep(arena):
    make_widths(arena)
    ask("set", arena, "w4", "store", 9)
    with waiting(arena, "w4", 9) as sleeper:
        value, microseconds = sleeper.rest()
        assert value == "9" and int(microseconds) < CAP_MICROSECONDS
    assert Cell(arena, "w4").event == (False, 0)


@pytest.mark.parametrize("access", ["rw", "observe"])
@pytest.mark.parametrize("milliseconds", [0, 20, 120])
def test_the_time_is_kept(arena, access, milliseconds):
    make_widths(arena)

    def lateness():
        with waiting(arena, "w8", 1, milliseconds, access) as sleeper:
            said, microseconds = sleeper.rest()
        assert said == "TIMED_OUT" and int(microseconds) >= milliseconds * 1000
        return int(microseconds) - milliseconds * 1000

    # A busy machine wakes some late, not all.
    assert any(lateness() < 200_000 for _ in range(10))


@pytest.mark.parametrize("access, width", [("rw", 8), ("observe", 1), ("observe", 16)])
def test_values_that_nobody_was_told_about_are_seen_at_the_next_look(arena, access, width):
    """A stranger's plain store; for observers every change, as they cannot say that they wait."""
    make_widths(arena)
    cell = Cell(arena, f"w{width}")
    with waiting(arena, f"w{width}", 7, access=access) as sleeper:
        if access == "rw":
            cell.await_sleeper()
        cell.bytes[0] = 7
        value, microseconds = sleeper.rest()
        assert value == "7" and int(microseconds) < 10_000_000
    assert cell.event == (access == "rw", 0)


def test_an_event_word_that_a_stranger_changes_all_the_time_delays_nobody(arena):
    make_widths(arena)
    cell = Cell(arena, "w8")
    with waiting(arena, "w8", 7) as sleeper:
        cell.await_sleeper()
        for turn in range(2000):
            struct.pack_into("<I", cell.bytes, 16, turn * 77777 & 0xFFFFFFFF)
        ask("set", arena, "w8", "store", 7)
        assert sleeper.rest()[0] == "7"


def test_a_deleted_register_is_no_reason_to_wait(arena):
    make_widths(arena)
    for _ in range(3):
        cell = Cell(arena, "w8")
        with waiting(arena, "w8", 1) as sleeper:
            cell.await_sleeper()
            command_line("rm", "w8", server=f"shm:{arena}")
            assert sleeper.rest()[0] == "DELETED"
        make(arena, w8="u64")


@pytest.mark.parametrize("width", WIDTHS)
def test_two_processes_take_turns(arena, width):
    make_widths(arena)
    rounds = 3_000
    with Talk(tool(), "answer", arena, f"w{width}", rounds) as answerer, \
            Talk(tool(), "ask", arena, f"w{width}", rounds) as asker:
        lost = int(asker.rest()[0]) + int(answerer.rest()[0])
    assert lost <= 2, lost


def test_a_barrier_comes_before_each_sleep(tmp_path, arena):
    """The program's system calls, told by a library before the C library's: without the barrier a
    wake-up is lost so seldom that only this shows it."""
    make_widths(arena)
    library = tmp_path / "calls.so"
    run("gcc", "-std=c11", "-O2", "-shared", "-fPIC", SOURCES / "arena_calls.c", "-o", library)
    preloaded = ["env", f"LD_PRELOAD={library}", tool()]
    register, barrier = "barrier 4", "barrier 2"  # MEMBARRIER_CMD_..._GLOBAL_EXPEDITED
    sleep, wake = "sleep 0 ", f"wake 1 {2 ** 31 - 1}"  # without FUTEX_PRIVATE_FLAG
    sleeper = Talk(*preloaded, "wait", arena, "w8", 5, 20_000, "rw")
    try:
        assert [sleeper.line(), sleeper.line()] == [register, "ready"]
        Cell(arena, "w8").await_sleeper()
        assert run(*preloaded, "set", arena, "w8", "store", 5).splitlines() == [register, wake]
        calls = sleeper.process.stdout.read().splitlines()[:-2]
    finally:
        sleeper.__exit__()
    assert calls[0] == barrier and calls.count(barrier) == 1, calls
    # The word did not change between the sleeps, so the one barrier holds for all of them.
    assert all(call.startswith(sleep) for call in calls[1:]), calls
    assert all(int(call.split()[2]) <= 50 for call in calls[1:]), calls
