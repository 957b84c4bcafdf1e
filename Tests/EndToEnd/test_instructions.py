# SPDX-License-Identifier: Apache-2.0
"""What the processor is really given for each memory order, in the release build: a program that is
linked with the very objects of the release performs one operation, single-stepped."""

import ctypes
import os
import pathlib
import platform
import shutil
import signal
import subprocess

import pytest
from support import BINARIES

HERE = pathlib.Path(__file__).resolve().parent
TRACEME, PEEKTEXT, CONTINUE, SINGLESTEP, GETREGS = 0, 1, 7, 9, 12
RIP = 16  # of user_regs_struct's 27 words

pytestmark = [
    pytest.mark.skipif(platform.machine() != "x86_64", reason="instructions of x86-64"),
    pytest.mark.skipif(
        "release" not in BINARIES.resolve().parts, reason="ATOMICS_BIN is no release build"),
]

libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.restype = ctypes.c_long
libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]


@pytest.fixture(scope="module")
def probe(tmp_path_factory):
    """The probe, built as the release was."""
    program = tmp_path_factory.mktemp("probe") / "probe"
    objects = [file for module in ("AtomicsCore", "CAtomics")
               for file in (BINARIES / f"{module}.build").glob("*.o")]
    assert objects, f"{BINARIES} holds no objects"
    subprocess.run(
        [shutil.which("swiftc"), "-O", "-parse-as-library", "-I", BINARIES / "Modules", "-Xcc",
         f"-fmodule-map-file={BINARIES}/CAtomics.build/module.modulemap", HERE / "probe.swift",
         *objects, "-o", program], check=True, timeout=120)
    return program


def ptrace(request, child, data=None):
    ctypes.set_errno(0)
    result = libc.ptrace(request, child, None, data)
    assert result != -1 or ctypes.get_errno() == 0, os.strerror(ctypes.get_errno())
    return result


def peek(child, address):
    ctypes.set_errno(0)
    word = libc.ptrace(PEEKTEXT, child, address, None)
    assert ctypes.get_errno() == 0, os.strerror(ctypes.get_errno())
    return (word & (1 << 64) - 1).to_bytes(8, "little")


def stopped_by(child):
    _, status = os.waitpid(child, 0)
    assert os.WIFSTOPPED(status), f"the probe ended with {status}"
    return os.WSTOPSIG(status)


def executed(probe, *arguments):
    """The first bytes of each instruction between the probe's two stops."""
    child = os.fork()
    if child == 0:
        try:
            libc.ptrace(TRACEME, 0, None, None)
            os.execv(probe, [str(probe), *arguments])
        finally:
            os._exit(127)
    try:
        assert stopped_by(child) == signal.SIGTRAP  # the exec
        ptrace(CONTINUE, child)
        assert stopped_by(child) == signal.SIGSTOP
        instructions, registers = [], (ctypes.c_ulonglong * 27)()
        while len(instructions) < 100_000:
            ptrace(GETREGS, child, registers)
            instructions.append(peek(child, registers[RIP]))
            ptrace(SINGLESTEP, child)
            if stopped_by(child) == signal.SIGSTOP:
                return instructions
        raise AssertionError("the operation does not end")
    finally:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


BIT_INSTRUCTIONS = {
    b"\x0f\xab": "lock bts", b"\x0f\xb3": "lock btr", b"\x0f\xbb": "lock btc",
}


def without_prefixes(code):
    while code[0] in (0x66, 0xF0) or 0x40 <= code[0] <= 0x4F:
        code = code[1:]
    return code


def reads_vector(code):
    """Whether it is a vmovdqa of sixteen bytes from memory, in either form of its prefix."""
    if code[0] == 0xC4 and code[1] & 0x1F == 1:
        code = code[1:]
    elif code[0] != 0xC5:
        return False
    return code[1] & 0x7F == 0x79 and code[2] == 0x6F and code[3] < 0xC0


def kinds(instructions):
    """Which instructions were executed that order or lock the memory, read sixteen bytes of it at
    once, or ask what the processor is."""
    found = set()
    for code in instructions:
        plain = without_prefixes(code)
        # The lock prefix, before or behind the operand size's: a second byte may mean another thing.
        if code[0] == 0xF0 or code[:2] == b"\x66\xf0":
            if plain[:2] in (b"\x0f\xc0", b"\x0f\xc1"):
                found.add("lock xadd")
            elif plain[:2] == b"\x0f\xc7":
                found.add("cmpxchg16b")
            elif plain[:2] in BIT_INSTRUCTIONS:
                found.add(BIT_INSTRUCTIONS[plain[:2]])
            else:
                found.add("lock")
        elif plain[0] in (0x86, 0x87) and plain[1] < 0xC0:
            found.add("xchg")
        elif plain[:3] == b"\x0f\xae\xf0":
            found.add("fence")
        elif reads_vector(code):
            found.add("vmovdqa")
        elif plain[:2] == b"\x0f\xa2":
            found.add("cpuid")
    return found


@pytest.mark.parametrize("type", ["u8", "i16", "f32", "u64", "bytes8"])
def test_only_a_seq_cst_store_is_more_than_a_mov(probe, type):
    assert kinds(executed(probe, type, "store", "relaxed")) == set()
    assert kinds(executed(probe, type, "store", "release")) == set()
    assert kinds(executed(probe, type, "store", "seq_cst")) & {"xchg", "fence"}


@pytest.mark.parametrize("order", ["relaxed", "acquire", "seq_cst"])
@pytest.mark.parametrize("type", ["u8", "i16", "f32", "u64"])
def test_every_load_is_a_mov(probe, type, order):
    assert kinds(executed(probe, type, "load", order)) == set()


@pytest.mark.parametrize("order", ["relaxed", "acquire", "release", "acq_rel", "seq_cst"])
def test_a_read_modify_write_is_one_locked_instruction(probe, order):
    for type in ("u8", "i16", "u32", "u64"):
        assert kinds(executed(probe, type, "fetch_add", order)) == {"lock xadd"}
    for type in ("i16", "bytes4", "u64"):
        assert kinds(executed(probe, type, "bit_test_set", order)) == {"lock bts"}
        assert kinds(executed(probe, type, "bit_test_reset", order)) == {"lock btr"}
        assert kinds(executed(probe, type, "bit_test_compl", order)) == {"lock btc"}
    assert kinds(executed(probe, "u64", "exchange", order)) == {"xchg"}


@pytest.mark.parametrize("order", ["relaxed", "acquire", "release", "acq_rel", "seq_cst"])
def test_what_leaves_the_value_still_writes_it(probe, order):
    """The least of 0 and 0 is there already: a mere load would lose the order."""
    for type, operations in {
        "u8": ["min", "max"], "i16": ["fetch_min"], "i64": ["max"], "u32": ["nand", "andnot"],
        "bytes4": ["byte_min"], "bytes8": ["byte_max", "andnot"],
    }.items():
        for operation in operations:
            assert kinds(executed(probe, type, operation, order)) == {"lock"}


@pytest.mark.parametrize(
    "operation", ["store", "exchange", "add", "cmpxchg_strong", "not", "nand", "andnot", "min"])
def test_sixteen_bytes_are_exchanged_by_the_processor_itself(probe, operation):
    found = kinds(executed(probe, "u128", operation, "seq_cst"))
    # A loop may begin with a load.
    assert found - {"vmovdqa"} == {"cmpxchg16b"}


@pytest.mark.skipif(
    "avx" not in pathlib.Path("/proc/cpuinfo").read_text().split(), reason="no AVX")
@pytest.mark.parametrize("order", ["relaxed", "acquire", "seq_cst"])
@pytest.mark.parametrize("operation", ["load", "bit_test"])
def test_sixteen_bytes_are_read_by_one_vector_load(probe, operation, order):
    """Nothing is written, and the processor was asked once, before."""
    assert kinds(executed(probe, "u128", operation, order)) == {"vmovdqa"}


@pytest.mark.parametrize("program", ["atomics-server", "atomics-client"])
def test_no_lock_of_libatomic_is_linked(program):
    """Its lock for 16 bytes is known to this process alone: useless in shared memory."""
    undefined = subprocess.run(
        ["nm", "-u", BINARIES / program], check=True, capture_output=True, text=True).stdout
    assert "__atomic_" not in undefined
    needed = subprocess.run(
        ["objdump", "-p", BINARIES / program], check=True, capture_output=True, text=True).stdout
    assert "NEEDED" in needed and "libatomic" not in needed
