# SPDX-License-Identifier: Apache-2.0
"""What the compiler refuses in a program that uses the typed face. Beside each refused snippet
stands one that differs in nothing else and compiles: else a broken check would pass."""

import re
import shutil
import subprocess
import textwrap

import pytest
from support import BINARIES

# Each: the snippet with SPOT in it, what compiles there, what does not, and a part of the
# compiler's message. A snippet is the body of a function of `pointer`, a mutable raw pointer.
CASES = {
    "adding to an atomic by an operator": (
        "var a = unsafe AtomicInt<Int32>(at: pointer)\nSPOT\n_ = a",
        "a.add(1)", "a += 1", "operator"),
    "assigning a value to an atomic": (
        "var a = unsafe AtomicInt<Int32>(at: pointer)\nSPOT\n_ = a",
        "a.store(1)", "a = 1", "cannot assign value of type 'Int'"),
    "keeping a borrowed atomic beyond its closure": (
        """
        var counts: [UInt64] = [0]
        var span = counts.mutableSpan
        let kept = try span.withAtomic(at: 0) { a in SPOT }
        _ = kept
        """,
        "a.load()", "a", "'a' is borrowed and cannot be consumed"),
    "keeping a borrowed cell beyond its closure": (
        """
        var counts: [UInt64] = [0]
        var span = counts.mutableSpan
        var raw = unsafe span.mutableBytes
        let kept = try raw.withCell(kind: .unsigned) { cell in SPOT }
        _ = kept
        """,
        "cell.width", "cell", "'cell' is borrowed and cannot be consumed"),
    "touching the array inside the closure that borrows it": (
        """
        var counts: [UInt64] = [0, 0]
        var span = counts.mutableSpan
        try span.withAtomic(at: 0) { a in
          a.inc()
          SPOT
        }
        """,
        "a.inc()", "counts[1] = 2", "overlapping accesses to 'counts'"),
    "copying an owned atomic": (
        "let a = OwnedAtomic(0)\nlet b = SPOT\n_ = a.load()\n_ = b",
        "a.load()", "a", "'a' used after consume"),
    "storing through a read-only view": (
        "let a = unsafe ReadOnlyAtomicView<Int32>(at: pointer)\nSPOT",
        "_ = a.load()", "a.store(1)", "has no member 'store'"),
    "adding through a read-only view": (
        "let a = unsafe ReadOnlyAtomicView<Int32>(at: pointer)\nSPOT",
        "_ = a.bitTest(1)", "a.fetchAdd(1)", "has no member 'fetchAdd'"),
    "storing through a read-only cell": (
        "let a = try unsafe ReadOnlyCell(\n"
        "  over: UnsafeRawBufferPointer(start: pointer, count: 4), kind: .signed)\nSPOT",
        "_ = a.load()", "a.store(1)", "has no member 'store'"),
    "adding to bytes": (
        "let a = unsafe AtomicBytes<4>(at: pointer)\nSPOT",
        "a.fetchOr([0, 0, 0, 1])", "a.fetchAdd([0, 0, 0, 1])", "fetchAdd"),
    "testing a bit of a float": (
        "let a = unsafe AtomicFloat<Double>(at: pointer)\n_ = SPOT",
        "a.fetchAdd(1)", "a.bitTest(1)", "bitTest"),
    "a literal beyond the width": (
        "let a = unsafe AtomicInt<Int8>(at: pointer)\na.store(SPOT)",
        "127", "128", "overflows when stored into 'Int8'"),
    "a value of another width": (
        "let a = unsafe AtomicInt<Int32>(at: pointer)\nlet wide: Int64 = 1\na.store(SPOT)",
        "Int32(wide)", "wide", "cannot convert value of type 'Int64'"),
    "a negative number on an unsigned atomic": (
        "let a = unsafe AtomicUInt<UInt8>(at: pointer)\na.add(SPOT)",
        "1", "-1", "cannot be negative|negative integer|overflows"),
    "bytes of another length": (
        "let a = unsafe AtomicBytes<4>(at: pointer)\na.store(SPOT)",
        "[1, 2, 3, 4]", "[1, 2, 3]", "expected '?4'? elements"),
    "a number as an order": (
        "let a = unsafe AtomicInt<Int32>(at: pointer)\na.inc(order: SPOT)",
        ".relaxed", "5", "cannot convert value of type 'Int'"),
    "an atomic as a condition": (
        "let a = unsafe AtomicInt<Int32>(at: pointer)\nif SPOT {}",
        "a.load() == 0", "a", "cannot convert value of type"),
    "comparing two atomics": (
        "let a = unsafe AtomicInt<Int32>(at: pointer)\n_ = SPOT",
        "a.load() == a.load()", "a == a", "'=='"),
    "an atomic of what is none": (
        "let a = unsafe AtomicView<SPOT>(at: pointer)\n_ = a",
        "Int16", "String", "'String' does not conform to protocol 'AtomicValue'"),
}


def compiler_says(folder, snippet):
    """What the compiler prints where it refuses; nothing where it compiles. The whole front end
    runs: borrowing and exclusive access are checked after the types."""
    source = folder / "snippet.swift"
    body = textwrap.indent(textwrap.dedent(snippet).strip(), "  ")
    source.write_text(
        "import AtomicsCore\n\n"
        f"public func snippet(_ pointer: UnsafeMutableRawPointer) throws {{\n{body}\n}}\n")
    done = subprocess.run(
        [shutil.which("swiftc"), "-emit-sil", "-o", "/dev/null", "-parse-as-library",
         "-swift-version", "6", "-module-name", "snippet", "-I", BINARIES / "Modules", "-Xcc",
         f"-fmodule-map-file={BINARIES}/CAtomics.build/module.modulemap", source],
        capture_output=True, text=True, timeout=60)
    assert (done.returncode == 0) == (": error:" not in done.stderr), done.stderr
    return done.stderr if done.returncode else ""


@pytest.mark.parametrize("what", CASES)
def test_it_does_not_compile(tmp_path, what):
    snippet, good, bad, message = CASES[what]
    assert snippet.count("SPOT") == 1
    assert compiler_says(tmp_path, snippet.replace("SPOT", good)) == ""
    said = compiler_says(tmp_path, snippet.replace("SPOT", bad))
    errors = [line for line in said.splitlines() if ": error:" in line]
    assert errors and any(re.search(message, error) for error in errors), said
