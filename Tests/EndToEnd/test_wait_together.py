# SPDX-License-Identifier: Apache-2.0
"""Who waits in one language is woken by all others. Each test looks at the event word: a value that
is merely found at a look of one's own counts no wake-up."""

import pathlib
import shutil

import pytest
from atr_client import Client
from c_arena import WIDTHS, Cell, Talk, ask, make, run, tool
from support import BINARIES, command_line

HERE = pathlib.Path(__file__).resolve().parent


@pytest.fixture(scope="module")
def swift(tmp_path_factory):
    """The waiter in Swift, built with the very objects of the release."""
    if "release" not in BINARIES.resolve().parts:
        pytest.skip("ATOMICS_BIN is no release build")
    program = tmp_path_factory.mktemp("waiter") / "waiter"
    modules = [f"-fmodule-map-file={BINARIES}/{name}.build/module.modulemap"
               for name in ("CAtomics", "CLinux")]
    objects = [file for name in ("SharedArena", "AtomicsCore", "CAtomics", "CLinux")
               for file in (BINARIES / f"{name}.build").glob("*.o")]
    run(shutil.which("swiftc"), "-O", "-parse-as-library", "-I", BINARIES / "Modules",
        *(part for module in modules for part in ("-Xcc", module)), HERE / "waiter.swift",
        *objects, "-o", program)
    return program


def waiting(waiter, arena, name, least, request):
    if waiter == "c":
        return Talk(tool(), "wait", arena, name, least, 20_000, "rw")
    return Talk(request.getfixturevalue("swift"), arena, name, least)


WAITERS = pytest.mark.parametrize("waiter", ["c", "swift"])


@WAITERS
@pytest.mark.parametrize("waker", ["c", "command"])
@pytest.mark.parametrize("width", WIDTHS)
def test_on_the_map(arena, request, waiter, waker, width):
    make(arena, w=f"u{8 * width}")
    cell = Cell(arena, "w")
    with waiting(waiter, arena, "w", 5, request) as sleeper:
        cell.await_sleeper()
        if waker == "c":
            ask("set", arena, "w", "store", 5)
        else:
            command_line("set", "w", 5, server=f"shm:{arena}")
        assert cell.event == (False, 1)
        assert sleeper.rest()[0] == "5"


@WAITERS
@pytest.mark.parametrize("waker", ["http", "atr"])
def test_by_a_server(own_server, request, waiter, waker):
    own_server.create("w")
    cell = Cell(own_server.arena, "w")
    with waiting(waiter, own_server.arena, "w", 1, request) as sleeper:
        cell.await_sleeper()
        if waker == "http":
            own_server.request("POST", "/v1/registers/w/inc")
        else:
            with Client(own_server.host, own_server.port) as client:
                client.operate(client.open("w"), "inc")
        assert cell.event == (False, 1)
        assert sleeper.rest()[0] == "1"


@WAITERS
@pytest.mark.parametrize("waker", ["command", "http"])
def test_by_the_end_of_the_register(own_server, request, waiter, waker):
    own_server.create("w")
    cell = Cell(own_server.arena, "w")
    with waiting(waiter, own_server.arena, "w", 1, request) as sleeper:
        cell.await_sleeper()
        if waker == "http":
            own_server.request("DELETE", "/v1/registers/w")
        else:
            command_line("rm", "w", server=f"shm:{own_server.arena}")
        assert cell.event == (False, 1)
        assert sleeper.rest()[0] == "DELETED"
