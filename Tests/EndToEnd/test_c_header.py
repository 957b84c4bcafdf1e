# SPDX-License-Identifier: Apache-2.0
"""CAtomics.h in programs of C, for every compiler at hand and for AArch64, which is emulated."""

import pathlib
import platform
import shutil
import subprocess

import pytest
from support import ROOT, variants

SOURCES = sorted((ROOT / "Tests/CAtomics").glob("*.c"))
HEADER = ROOT / "Sources/CAtomics/include"
STRICT = ["-std=c11", "-Wall", "-Wextra", "-Wpedantic", "-Werror"]
CLANG = shutil.which("clang", path=pathlib.Path(shutil.which("swiftc") or "/").resolve().parent)
THREADS = ["-pthread"]  # swiftc does not know it.
AARCH64 = "aarch64-linux-gnu-gcc"
EMULATE_AARCH64 = ["qemu-aarch64", "-L", "/usr/aarch64-linux-gnu"]

pytestmark = pytest.mark.skipif(
    platform.machine() != "x86_64", reason="the other processor's tools are those of x86-64")


def run(*command, status=0):
    done = subprocess.run(
        [str(part) for part in command], capture_output=True, text=True, timeout=120)
    assert done.returncode == status, f"{command}: {done.returncode} {done.stdout}{done.stderr}"
    return done.stdout


def compile(directory, compiler, *options):
    objects = []
    for source in SOURCES:
        objects.append(directory / f"{source.stem}.o")
        run(compiler, *STRICT, *options, "-I", HEADER, "-c", source, "-o", objects[-1])
    return objects


def link(directory, linker, objects, *options):
    program = directory / "catomics_test"
    run(linker, *options, *objects, "-o", program)
    return program


def assert_passes(*command):
    last = run(*command).splitlines()[-1]
    assert last.startswith("catomics: ") and last.endswith(" checks passed"), last


def assert_no_lock(objects, nm="nm"):
    """Neither libatomic's nor the thread sanitizer's, which other processes know nothing of."""
    for file in objects:
        called = run(nm, "-u", file)
        assert "__atomic_" not in called and "__tsan_atomic128" not in called


NATIVE = {
    "gcc": ("gcc", "-O2"),
    "gcc, not optimised": ("gcc", "-O0"),
    "clang": (CLANG, "-O2"),
    "clang, as Swift calls it": (CLANG, "-O2", "-mcx16"),
}
EMULATED = {
    "gcc": (AARCH64, "-O2"),
    "gcc, not optimised": (AARCH64, "-O0"),
    "gcc for ARMv8.4": (AARCH64, "-O2", "-march=armv8.4-a"),
    "gcc, load by LDP": (AARCH64, "-O2", "-DCATOMICS_TEST_LSE2"),
    "clang": (CLANG, "-O2", "--target=aarch64-linux-gnu"),
}

SANITIZED = {
    # Fences the sanitizer does not know, and gcc says so.
    "gcc": ("gcc", "-O1", "-fsanitize=thread", "-Wno-tsan"),
    "clang": (CLANG, "-O1", "-fsanitize=thread"),
    "clang, as Swift calls it": (CLANG, "-O1", "-fsanitize=thread", "-mcx16"),
}


def needs(tool):
    if tool is None:
        pytest.skip("this Swift has no clang beside it")


@pytest.mark.parametrize("how", variants(NATIVE, ["gcc", "clang, as Swift calls it"]))
def test_every_operation_on_this_machine(tmp_path, how):
    compiler, *options = NATIVE[how]
    needs(compiler)
    objects = compile(tmp_path, compiler, *options)
    assert_no_lock(objects)
    assert_passes(link(tmp_path, compiler, objects, *THREADS))


@pytest.mark.parametrize("how", variants(EMULATED, ["gcc", "clang"]))
def test_every_operation_on_aarch64(tmp_path, how):
    compiler, *options = EMULATED[how]
    needs(compiler)
    objects = compile(tmp_path, compiler, *options)
    assert_no_lock(objects, "aarch64-linux-gnu-nm")
    program = link(tmp_path, AARCH64, objects, *THREADS)
    assert_passes(*EMULATE_AARCH64, program, 5000, "emulated")


@pytest.fixture(scope="module")
def native(tmp_path_factory):
    """The program for this processor, as gcc makes it."""
    directory = tmp_path_factory.mktemp("native")
    return link(directory, "gcc", compile(directory, "gcc", "-O2"), *THREADS)


@pytest.mark.parametrize("model, found", [
    ("Nehalem", "sixteen bytes yes, load of sixteen bytes writes back"),
    ("qemu64,-cx16", "sixteen bytes no, load of sixteen bytes writes back"),
])
def test_a_processor_that_can_do_less_is_recognised(native, model, found):
    said = run("qemu-x86_64", "-cpu", model, native, 5000, "emulated")
    assert found in said
    assert said.splitlines()[-1].endswith(" checks passed"), said


@pytest.mark.parametrize("how", variants(SANITIZED, ["clang, as Swift calls it"]))
def test_the_thread_sanitizer_sees_every_operation(tmp_path, how):
    """A bit of each width is a lock around plain memory: a race, if the sanitizer missed it."""
    # It lays out memory itself, which fails under strong address randomisation.
    fixed_layout = ["setarch", "-R"]
    if subprocess.run([*fixed_layout, "true"], capture_output=True).returncode != 0:
        fixed_layout = []
    compiler, *options = SANITIZED[how]
    needs(compiler)
    objects = compile(tmp_path, compiler, *options)
    assert_no_lock(objects)
    if compiler == CLANG:
        # Its sanitizer needs Swift's libraries.
        program = link(tmp_path, "swiftc", objects, "-sanitize=thread")
    else:
        program = link(tmp_path, compiler, objects, *THREADS, "-fsanitize=thread")
    assert_passes(*fixed_layout, program, 10000)


def test_a_wrong_result_is_reported(tmp_path):
    """The program's model of one operation is broken, which is as good as the operation."""
    objects = compile(tmp_path, "gcc", "-O2", "-DCATOMICS_TEST_BREAK")
    said = run(link(tmp_path, "gcc", objects, *THREADS), status=1)
    assert "catomics: FAILED: fetch_xor, 1 bytes" in said and "passed" not in said
