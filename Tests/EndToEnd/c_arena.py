# SPDX-License-Identifier: Apache-2.0
"""Programs with include/atomics_arena.h: how they are compiled, and how they are talked to."""

import functools
import json
import mmap
import os
import pathlib
import shutil
import struct
import subprocess
import tempfile

from support import ROOT, command_line, poll, start

SOURCES = ROOT / "Tests/CArena"
HEADERS = ROOT / "include"
STRICT = ["-Wall", "-Wextra", "-Wpedantic", "-Wconversion", "-Wshadow", "-Werror"]
BESIDE_SWIFT = pathlib.Path(shutil.which("swiftc") or "/").resolve().parent
CLANG, CLANGXX = (shutil.which(name, path=BESIDE_SWIFT) for name in ("clang", "clang++"))
WIDTHS = 1, 2, 4, 8, 16


def run(*command, status=0):
    done = subprocess.run(
        [str(part) for part in command], capture_output=True, text=True, timeout=60)
    assert done.returncode == status, f"{command}: {done.returncode} {done.stdout}{done.stderr}"
    return done.stdout + (done.stderr if status else "")


def compile(directory, source, compiler, *options):
    program = directory / source
    run(compiler, *STRICT, *options, "-I", HEADERS, SOURCES / f"{source}.c", "-o", program)
    return program


@functools.cache
def _directory():
    """For what is compiled once; removed when the run ends."""
    return tempfile.TemporaryDirectory(prefix="atomics-test-")


@functools.cache
def tool():
    """The program `arena_tool`."""
    return compile(pathlib.Path(_directory().name), "arena_tool", "gcc", "-std=c11", "-O2")


def ask(*arguments, status=0):
    """The words of what `arena_tool` prints."""
    return run(tool(), *arguments, status=status).split()


def make(arena, **registers):
    """Registers of an arena without a server."""
    for name, type in registers.items():
        command_line("create", name, type, server=f"shm:{arena}")
    return arena


def make_widths(arena):
    """w1 to w16, one of each width."""
    return make(arena, **{f"w{width}": f"u{8 * width}" for width in WIDTHS})


def lock_bytes(path):
    """[first, last] of each lock that processes have on a file."""
    file = os.stat(path)
    device = f"{os.major(file.st_dev):02x}:{os.minor(file.st_dev):02x}:{file.st_ino}"
    rows = [line.split() for line in pathlib.Path("/proc/locks").read_text().splitlines()]
    return sorted([int(row[-2]), int(row[-1])] for row in rows if row[-3] == device)


class Talk:
    """A running `arena_tool`, or another program that says when it is ready."""

    def __init__(self, *command):
        self.process = start(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True)

    def __enter__(self):
        line = self.line()
        assert line == "ready", line
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait(10)
        self.process.stdin.close()
        self.process.stdout.close()

    def line(self):
        return self.process.stdout.readline().strip()

    def say(self, line):
        self.process.stdin.write(line + "\n")
        self.process.stdin.flush()
        return self.line()

    def rest(self):
        """What it still prints, until it ends."""
        self.process.stdin.close()
        output = self.process.stdout.read()
        assert self.process.wait(60) == 0, output
        return output.split()


class Cell:
    """A register's cell, for the event word in it and for values that nobody is told about."""

    def __init__(self, arena, name):
        found = json.loads(command_line("locate", name, "--json", server=f"shm:{arena}"))
        offset = found["offset"]
        with open(found["file"], "r+b") as file:
            page = offset // mmap.PAGESIZE * mmap.PAGESIZE
            pages = mmap.mmap(file.fileno(), mmap.PAGESIZE, offset=page)
        self.bytes = memoryview(pages)[offset - page:offset - page + 64]

    @property
    def event(self):
        """(whether somebody waits, wake-ups so far)"""
        word, = struct.unpack_from("<I", self.bytes, 16)
        return bool(word & 1), word >> 2

    def await_sleeper(self):
        assert poll(lambda: self.event[0])
