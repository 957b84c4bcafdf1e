# SPDX-License-Identifier: Apache-2.0
"""The examples of OtherLanguages.md, as they stand there."""

import os
import pathlib
import re
import subprocess
import sys

import pytest
from arena_reader import ArenaReader
from c_arena import CLANG, HEADERS, STRICT, Talk, ask, lock_bytes, make, run
from support import BINARIES, ENVIRONMENT, ROOT, command_line, poll, start

HERE = pathlib.Path(__file__).resolve().parent
PAGE = (ROOT / "Sources/SharedArena/SharedArena.docc/OtherLanguages.md").read_text()


def example(language):
    found = re.findall(rf"```{language}\n(.*?)```", PAGE, re.DOTALL)
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize("compiler", ["gcc", CLANG] if CLANG else ["gcc"])
def test_the_program_in_c_waits_for_others(tmp_path, arena, compiler):
    (tmp_path / "hits.c").write_text(example("c"))
    run(compiler, "-std=c11", "-O2", *STRICT, "-I", HEADERS, tmp_path / "hits.c", "-o",
        tmp_path / "hits")
    assert "there is no arena at this path" in run(tmp_path / "hits", arena, status=1)
    make(arena, hits="u64")
    command_line("set", "hits", 4, server=f"shm:{arena}")
    program = start([tmp_path / "hits", arena], stdout=subprocess.PIPE, text=True)
    try:
        for _ in range(5):
            command_line("inc", "hits", server=f"shm:{arena}")
        assert program.communicate(timeout=20)[0].endswith("to 10\n")
    finally:
        program.kill()
        program.wait()


def test_the_program_in_python_adds(tmp_path, arena):
    (tmp_path / "hits.py").write_text(example("python"))
    make(arena, hits="u64")
    path = f"{BINARIES.resolve()}:{os.environ['PATH']}"
    for before in range(3):
        done = subprocess.run(
            [sys.executable, tmp_path / "hits.py", arena], env={**ENVIRONMENT, "PATH": path},
            capture_output=True, text=True, timeout=30)
        assert (done.returncode, done.stdout) == (0, f"{before}\n"), done.stderr
    assert command_line("get", "hits", server=f"shm:{arena}") == "3\n"


def test_python_locks_one_byte_for_as_long_as_it_maps(arena):
    make(arena, hits="u64")
    _, byte = ask("open", arena, "observe")
    expected = [[int(byte)] * 2]
    mapped = [sys.executable, HERE / "mapped.py", BINARIES / "atomics-client", arena, "hits"]
    with Talk(*mapped):
        assert lock_bytes(f"{arena}/val") == expected
    assert poll(lambda: lock_bytes(f"{arena}/val") == [])
    reader = ArenaReader(arena)
    assert lock_bytes(f"{arena}/val") == expected
    assert reader.lock_byte == int(byte)
    del reader
    assert lock_bytes(f"{arena}/val") == []
