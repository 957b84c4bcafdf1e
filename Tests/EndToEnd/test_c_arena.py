# SPDX-License-Identifier: Apache-2.0
"""include/atomics_arena.h in programs of C and C++: operations, layout, look-ups, attachments."""

import fcntl
import os
import platform
import re
import shutil
import struct

import pytest
from atr_client import DELETE, Client
from c_arena import (
    CLANG, CLANGXX, HEADERS, Talk, ask, compile, lock_bytes, make, make_widths, run, tool)
from support import ROOT, command_line, poll, variants

AARCH64 = "aarch64-linux-gnu-gcc"
EMULATE_AARCH64 = ["qemu-aarch64", "-L", "/usr/aarch64-linux-gnu"]
HOWS = {
    "gcc": ("gcc", "-std=c11", "-O2"),
    "gcc, not optimised": ("gcc", "-std=c11", "-O0"),
    "gcc, as C++": ("g++", "-x", "c++", "-std=c++11", "-O2"),
    "clang": (CLANG, "-std=c11", "-O2"),
    "clang, with cmpxchg16b": (CLANG, "-std=c11", "-O2", "-mcx16"),
    "clang, as C++": (CLANGXX, "-x", "c++", "-std=c++11", "-O2"),
    "clang, as C++20": (CLANGXX, "-x", "c++", "-std=c++20", "-O1"),
    "gcc for AArch64": (AARCH64, "-std=c11", "-O2"),
    "gcc for AArch64, not optimised": (AARCH64, "-std=c11", "-O0"),
}

pytestmark = pytest.mark.skipif(
    platform.machine() != "x86_64", reason="the other processor's tools are those of x86-64")


def compiled(directory, source, how, *options):
    """The command that runs a program compiled that way."""
    compiler, *flags = HOWS[how]
    if compiler is None or shutil.which(compiler) is None:
        pytest.skip(f"no compiler for {how}")
    program = compile(directory, source, compiler, *flags, *options)
    return [*EMULATE_AARCH64, program] if compiler == AARCH64 else [program]


# MARK: operations


@pytest.mark.parametrize("how", variants(
    HOWS, ["gcc", "gcc, as C++", "clang", "clang, as C++20", "gcc for AArch64"]))
def test_every_operation_width_and_order(tmp_path, arena, how):
    command = compiled(tmp_path, "arena_operations", how)
    # Its lock for 16 bytes is known to this process alone: useless in shared memory.
    tools = "aarch64-linux-gnu-" if "AArch64" in how else ""
    assert "__atomic_" not in run(f"{tools}nm", command[-1])
    assert "__atomic_" not in run(f"{tools}objdump", "-d", command[-1])
    said = run(*command, make_widths(arena)).splitlines()
    assert re.fullmatch(r"arena: \d{7} checks passed", said[-1]), said
    for width in (1, 2, 4, 8, 16):
        assert command_line("get", f"w{width}", server=f"shm:{arena}") == "77\n"


@pytest.mark.parametrize("model, refused", [
    ("Nehalem", ["sixteen bytes are not observed here"]),
    ("qemu64,-cx16", [
        "sixteen bytes are not exchanged here", "sixteen bytes are not observed here"]),
])
def test_a_processor_that_can_do_less_refuses_sixteen_bytes(tmp_path, arena, model, refused):
    program = compile(tmp_path, "arena_operations", "gcc", "-std=c11", "-O2")
    said = run("qemu-x86_64", "-cpu", model, program, make_widths(arena)).splitlines()
    assert said[:-1] == refused and said[-1].endswith("checks passed"), said


def test_a_wrong_result_is_reported(tmp_path, arena):
    program = compile(tmp_path, "arena_operations", "gcc", "-std=c11", "-DARENA_TEST_BREAK")
    said = run(program, make_widths(arena), status=1)
    assert "arena: FAILED: fetch_xor, 1 bytes" in said


def test_what_nobody_waits_for_costs_one_load_more(tmp_path):
    """One locked instruction, no fence, no question to the processor; the wake-up stands apart."""
    source = tmp_path / "bump.c"
    source.write_text("""
        #include "atomics_arena.h"
        atomics_error bump(const atomics_register *target) {
          return atomics_fetch_add_64(target, 1, ATOMICS_RELAXED, NULL);
        }
        """)
    for compiler in filter(None, ["gcc", CLANG]):
        run(compiler, "-std=c11", "-O2", "-I", HEADERS, "-c", source, "-o", tmp_path / "bump.o")
        code = run("objdump", "-d", "--no-show-raw-insn", tmp_path / "bump.o")
        body = code.partition("<bump>:")[2].partition("\n\n")[0].strip()
        assert body.count("lock") == 1, body
        # One exchange is the assembler's padding.
        assert not re.search(r"fence|cpuid|xchg(?! +%ax,%ax)|syscall", body), body
        # A width, a generation and the event word are looked at, once each.
        assert len(body.splitlines()) <= 24, body
        assert len(re.findall(r"\b(?:cmp|cmpb|test|testb)\b", body)) == 3, body


def test_the_header_asks_for_what_it_needs(tmp_path):
    """After the C library's headers without _GNU_SOURCE it says so; two files may include it."""
    (tmp_path / "late.c").write_text('#include <fcntl.h>\n#include "atomics_arena.h"\n')
    said = run("gcc", "-std=c11", "-I", HEADERS, "-c", tmp_path / "late.c", "-o",
               tmp_path / "late.o", status=1)
    assert "define _GNU_SOURCE, or include atomics_arena.h before" in said
    for name in ("one", "two"):
        call = "int two(void); int main(void) { return two(); }" if name == "one" else (
            "int two(void) { atomics_arena a; return atomics_open(&a, \"\", 0) == ATOMICS_OK; }")
        (tmp_path / f"{name}.c").write_text(f'#include "atomics_arena.h"\n{call}\n')
    run("gcc", "-std=c11", "-D_GNU_SOURCE", "-Wall", "-Wextra", "-Werror", "-I", HEADERS,
        tmp_path / "one.c", tmp_path / "two.c", "-o", tmp_path / "both")
    run(tmp_path / "both")


# MARK: layout


def swift_constants():
    """`Enum.name` of every number in the Swift sources of the layout."""
    found, scope = {}, {}
    for file in ("ArenaLayout", "ArenaHeader", "ArenaName", "RegisterName", "Arena", "Arena+Wait",
                 "EventWord"):
        source = ROOT / f"Sources/SharedArena/{file}.swift"
        text = source.read_text() if source.exists() else ""
        for line in text.splitlines():
            if opened := re.match(r"(?:\w+ )*(?:enum|struct|class|extension) (\w+)", line):
                owner, scope = opened[1], {}
            constant = re.match(
                r"\s+(?:@?\w+ )*static let (\w+)(?:: [\w\[\]]+)? = ([^/]+)", line)
            if constant:
                try:
                    value = eval(constant[2], {"__builtins__": {}}, scope)
                except (NameError, SyntaxError, AttributeError):
                    continue
                scope[constant[1]] = found[f"{owner}.{constant[1]}"] = value
    return found


SAME = {
    "HeaderLayout": {
        "endianTag": "DIR_ENDIAN_TAG", "version": "DIR_VERSION",
        "incompatibleFeatures": "DIR_INCOMPATIBLE", "readOnlyFeatures": "DIR_READ_ONLY",
        "uuid": "DIR_UUID", "hashSeed": "DIR_HASH_KEY", "recordStride": "DIR_RECORD_STRIDE",
        "cellStride": "DIR_CELL_STRIDE", "capacity": "DIR_CAPACITY",
        "indexOffset": "DIR_INDEX_OFFSET", "indexLength": "DIR_INDEX_LENGTH",
        "recordsOffset": "DIR_RECORDS_OFFSET", "directoryLength": "DIR_LENGTH",
        "doorbellsOffset": "DIR_DOORBELLS_OFFSET", "cellsOffset": "DIR_CELLS_OFFSET",
        "valuesLength": "DIR_VAL_LENGTH", "checksum": "DIR_CHECKSUM",
        "immutableEnd": "DIR_FIXED_END", "watermark": "DIR_WATERMARK",
        "indexWord": "DIR_INDEX_WORD", "deleteEpoch": "DIR_DELETE_EPOCH",
        "endianTagValue": "ENDIAN_TAG", "currentVersion": "LAYOUT_VERSION"},
    "RecordLayout": {
        "state": "RECORD_STATE", "description": "RECORD_DESCRIPTION", "name": "RECORD_NAME",
        "stride": "RECORD_STRIDE"},
    "ValuesLayout": {"uuid": "VAL_UUID", "length": "VAL_OWN_LENGTH"},
    "DoorbellLayout": {
        "bell": "DOORBELL_BELL", "changed": "DOORBELL_CHANGED", "bucketCount": "DOORBELL_BUCKETS"},
    "EventWord": {"awaited": "EVENT_AWAITED", "watched": "EVENT_WATCHED"},
    "CellLayout": {"generation": "CELL_GENERATION", "stride": "CELL_STRIDE"},
    "IndexLayout": {"firstLevelLog2": "LEVEL_LOG2_MIN"},
    "ArenaHeader": {"maximumCapacity": "CAPACITY_LIMIT"},
    "RegisterName": {"maximumByteCount": "NAME_LIMIT"},
    "Arena": {"firstLockByte": "FIRST_LOCK_BYTE"},
}


def test_the_layout_is_the_one_of_swift(tmp_path):
    program = compile(tmp_path, "arena_layout", "gcc", "-std=c11")
    header = {name: int(value) for name, value in map(str.split, run(program).splitlines())}
    swift = swift_constants()
    compared = {"CELL_EVENT": 16, "ARENA_NAME_LIMIT": 64, "WAIT_CAP_MILLISECONDS": 50}
    for owner, names in SAME.items():
        compared |= {ours: swift[f"{owner}.{theirs}"] for theirs, ours in names.items()}
    for file, owner in (("DIR", "HeaderLayout"), ("VAL", "ValuesLayout")):
        compared |= {
            f"{file}_MAGIC_{i}": byte for i, byte in enumerate(swift[f"{owner}.magicBytes"])}
    compared["TOMBSTONE"] = swift.get("IndexLayout.tombstone", 0xFFFFFFFF)
    assert header == compared


# MARK: look-ups


def test_registers_of_every_kind_are_found(arena):
    kinds = {"unsigned": "u64", "signed": "i16", "bytes": "bytes16", "float": "f32"}
    make(arena, **kinds)
    for kind, (name, width) in enumerate(zip(kinds, (8, 2, 16, 4))):
        slot, generation, *type = map(int, ask("find", arena, name))
        assert type == [kind, width]
        info = dict(line.split(maxsplit=1) for line in command_line(
            "info", name, server=f"shm:{arena}").splitlines())
        assert int(info["generation"]) == generation and int(info["slot"]) == slot
    for absent in ("unsigne", "unsignedd", "x" * 128, "x" * 200, ""):
        assert ask("find", arena, absent, status=1) == ["NO_REGISTER"]


def test_names_of_every_length_are_found(own_server):
    names = [("long/" * 26)[:length].rstrip("/").ljust(length, "x") for length in range(1, 129)]
    with Client(own_server.host, own_server.port) as client:
        for name in names:
            client.create(name, "u8")
    for name in names:
        assert len(ask("find", own_server.arena, name)) == 4
        assert ask("find", own_server.arena, name[:-1] + "~", status=1) == ["NO_REGISTER"]


def test_all_are_found_while_the_index_grows_and_empties(own_server):
    count = 3000
    with Client(own_server.host, own_server.port) as client:
        for number in range(count):
            client.create(f"n{number}", "u8")
        assert ask("names", own_server.arena, count + 50) == [str(count)]
        for number in range(0, count, 3):
            client.by_name(DELETE, f"n{number}")
    assert ask("names", own_server.arena, count) == [str(count - count // 3)]


def test_a_server_and_c_see_each_others_values(own_server):
    own_server.create("hits")
    ask("set", own_server.arena, "hits", "store", 41)
    own_server.request("POST", "/v1/registers/hits/inc")
    assert own_server.value("hits") == 42
    assert ask("get", own_server.arena, "hits") == ["42"]


# MARK: attachments


def test_an_attachment_locks_one_byte_and_quiescing_moves_it(arena):
    make(arena, one="u64", other="u64", third="u64")
    values = f"{arena}/val"
    with Talk(tool(), "hold", arena, "one") as holder:
        [[byte, last]] = lock_bytes(values)
        assert byte == last == int(ask("open", arena, "observe")[1])
        command_line("rm", "other", server=f"shm:{arena}")
        assert lock_bytes(values) == [[byte, byte]]
        assert holder.say("quiesce") == "OK"
        assert lock_bytes(values) == [[byte + 1, byte + 1]]
        assert holder.say("add") == "OK"
        command_line("rm", "third", server=f"shm:{arena}")
        # The lock belongs to the open file, which a child shares with its parent.
        assert holder.say("fork") == "OK FORKED"
        assert holder.say("quiesce") == "FORKED", "the child may still be there"
        assert lock_bytes(values) == [[byte + 1, byte + 1]]
    assert poll(lambda: lock_bytes(values) == [])
    assert command_line("get", "one", server=f"shm:{arena}") == "2\n"


def test_a_handle_of_a_deleted_register_changes_nobody(arena):
    make(arena, gone="u64")
    with Talk(tool(), "hold", arena, "gone") as holder:
        assert holder.say("add") == "OK"
        command_line("rm", "gone", server=f"shm:{arena}")
        assert holder.say("add") == "DELETED"
        assert holder.say("find") == "NO_REGISTER"
        make(arena, gone="u64", other="u64")
        assert holder.say("add") == "DELETED"
        assert holder.say("quiesce") == "OK"
        assert holder.say("add") == "DELETED"
        assert holder.say("find") == "OK"
        assert holder.say("add") == "OK"
    for name, value in {"gone": "1\n", "other": "0\n"}.items():
        assert command_line("get", name, server=f"shm:{arena}") == value


def test_a_lock_in_the_way_is_an_error(arena):
    """Somebody who may write `val` keeps others from attaching, and no more."""
    make(arena, one="u64")
    with open(f"{arena}/val", "r+b") as values:
        lock = struct.pack("hhqqi4x", fcntl.F_WRLCK, os.SEEK_SET, 1 << 62, 1 << 20, 0)
        fcntl.fcntl(values, fcntl.F_OFD_SETLK, lock)
        assert ask("open", arena, "rw", status=1)[0] == "SYSTEM"
    assert ask("open", arena, "rw")[0] == "OK"
