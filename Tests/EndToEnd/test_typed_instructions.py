# SPDX-License-Identifier: Apache-2.0
"""What the compiler makes of the typed face in a program of somebody else that is built for
release: of each operation its instruction, and nothing beside it but moves between registers."""

import platform
import re
import shutil
import subprocess

import pytest
from support import BINARIES
from test_instructions import HERE

pytestmark = [
    pytest.mark.skipif(platform.machine() != "x86_64", reason="instructions of x86-64"),
    pytest.mark.skipif(
        "release" not in BINARIES.resolve().parts, reason="ATOMICS_BIN is no release build"),
]


@pytest.fixture(scope="module")
def functions(tmp_path_factory):
    """The instructions of each function of typed.swift, built as the release was."""
    built = tmp_path_factory.mktemp("typed") / "typed.o"
    subprocess.run(
        [shutil.which("swiftc"), "-O", "-parse-as-library", "-module-name", "typed", "-I",
         BINARIES / "Modules", "-Xcc",
         f"-fmodule-map-file={BINARIES}/CAtomics.build/module.modulemap", "-c",
         HERE / "typed.swift", "-o", built], check=True, timeout=120)
    listing = subprocess.run(
        ["objdump", "-d", "--no-show-raw-insn", built], check=True, capture_output=True,
        text=True).stdout
    found, current = {}, None
    for line in listing.splitlines():
        if header := re.fullmatch(r"[0-9a-f]+ <(.*)>:", line):
            # Swift's mangling spells a name after its length.
            symbol = re.match(r"\$s5typed(\d+)(\w+)", header[1])
            current = found.setdefault(
                symbol[2][:int(symbol[1])] if symbol else header[1], [])
        elif "\t" in line and current is not None:
            current.append(" ".join(line.split("\t", 1)[1].split()))
    return found


# What touches memory, of each function. Its other instructions are checked to touch none.
EXPECTED = {
    "loadRelaxed": "mov",
    "loadSequentially": "mov",
    "loadByte": "mov",
    "storeReleasing": "mov",
    "storeSequentially": "xchg",
    "storeFloat": "mov",
    "exchange": "xchg",
    "exchangeBytes": "xchg",
    "compareExchange": "lock cmpxchg",
    "weakCompareExchange": "lock cmpxchg",
    "compareExchangePair": "lock cmpxchg16b",
    "fetchAdd": "lock xadd",
    "fetchAddSigned": "lock xadd",
    "fetchSub": "lock xadd",
    "addFetch": "lock xadd",
    "fetchInc": "lock xadd",
    "decFetch": "lock xadd",
    "add": "lock add",
    "sub": "lock sub",
    "inc": "lock inc",
    "or": "lock or",
    "and": "lock and",
    "xor": "lock xor",
    "not": "lock xor",
    "andnot": "lock and",
    "bitTest": "mov",
    "bitTestAndSet": "lock bts",
    "bitTestAndReset": "lock btr",
    "bitTestAndComplement": "lock btc",
}


def operation(instruction):
    """The instruction's name, without operands and the suffixes that tell its size."""
    words = instruction.split()
    name = " ".join(words[:2]) if words[0] == "lock" else words[0]
    for plain in sorted(set(EXPECTED.values()), key=len, reverse=True):
        if re.fullmatch(plain + r"([bwlq]|zbl|sbl|sd|q)?", name):
            return plain
    return name


@pytest.mark.parametrize("function", EXPECTED)
def test_an_operation_is_one_instruction(functions, function):
    code = functions[function]
    # A word at the view's address; what other brackets there are belongs to no memory (lea).
    touching = [line for line in code if "(%rdi)" in line]
    assert [operation(line) for line in touching] == [EXPECTED[function]], code
    for line in code:
        assert not re.match(r"(j|call|ud2|.*fence)", line), code
    assert len(code) <= 10, code


def test_an_owned_atomic_adds_to_its_memory_and_frees_it(functions):
    code = functions["owned"]
    locked = [operation(line) for line in code if line.startswith("lock")]
    assert locked == ["lock add", "lock xadd"], code
    assert sum(line.startswith("call") for line in code) == 2, code


def test_nothing_is_left_of_the_way_to_the_instruction(functions):
    """No C function, and nothing specialised, stays behind to be called."""
    assert set(functions) == {*EXPECTED, "owned"}
