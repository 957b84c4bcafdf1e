# SPDX-License-Identifier: Apache-2.0
"""What include/atomics_arena.h says of arenas that are broken, each in its own way."""

import os
import pathlib
import shutil
import socket
import struct

import pytest
from arena_reader import crc32c
from c_arena import ask, make

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")


def write(path, offset, data):
    with open(path, "r+b") as file:
        file.seek(offset)
        file.write(data)


def write_header(arena, offset, format, *values):
    """Changes the header of `dir` and makes its checksum right again."""
    write(f"{arena}/dir", offset, struct.pack(f"<{format}", *values))
    header = pathlib.Path(f"{arena}/dir").open("rb").read(176)
    write(f"{arena}/dir", 176, struct.pack("<I", crc32c(header)))


def replace_by_link(arena, name):
    os.rename(f"{arena}/{name}", f"{arena}/{name}.moved")
    os.symlink(f"{name}.moved", f"{arena}/{name}")


def replace_by_link_itself(arena):
    os.rename(arena, f"{arena}.moved")
    os.symlink(f"{arena}.moved", arena)


def replace_by_pipe(arena, name):
    os.remove(f"{arena}/{name}")
    os.mkfifo(f"{arena}/{name}")


def replace_by_directory(arena, name):
    os.remove(f"{arena}/{name}")
    os.mkdir(f"{arena}/{name}")


def replace_by_socket(arena, name):
    os.remove(f"{arena}/{name}")
    socket.socket(socket.AF_UNIX).bind(f"{arena}/{name}")


def replace_by_file(arena):
    shutil.rmtree(arena)
    pathlib.Path(arena).touch()


def parent(arena):
    return os.path.dirname(arena)


INDEX, RECORDS, DOORBELLS, CELLS = 120, 136, 152, 160
BROKEN = {
    "another magic": ("NOT_AN_ARENA", lambda a: write(f"{a}/dir", 0, b"\x88")),
    "an empty dir": ("NOT_AN_ARENA", lambda a: os.truncate(f"{a}/dir", 0)),
    "half a header": ("TRUNCATED", lambda a: os.truncate(f"{a}/dir", 100)),
    "the other byte order": (
        "FOREIGN_BYTE_ORDER", lambda a: write(f"{a}/dir", 8, bytes((1, 2, 3, 4)))),
    "the next version": ("WRONG_VERSION", lambda a: write_header(a, 12, "I", 2)),
    "an incompatible feature": ("UNKNOWN_FEATURES", lambda a: write_header(a, 16, "Q", 1 << 63)),
    "a read-only feature": ("READ_ONLY_FEATURES", lambda a: write_header(a, 24, "Q", 1)),
    "a wrong checksum": ("WRONG_CHECKSUM", lambda a: write(f"{a}/dir", 176, b"\0\0\0\0")),
    "another byte under the checksum": ("WRONG_CHECKSUM", lambda a: write(f"{a}/dir", 80, b"KEY")),
    "another record stride": ("MALFORMED", lambda a: write_header(a, 104, "I", 128)),
    "another cell stride": ("MALFORMED", lambda a: write_header(a, 108, "I", 16)),
    "no capacity": ("MALFORMED", lambda a: write_header(a, 112, "Q", 0)),
    "too much capacity": ("MALFORMED", lambda a: (
        write_header(a, 144, "Q", 1 << 45), write_header(a, 168, "Q", 1 << 45),
        write_header(a, 112, "Q", (1 << 31) + 1))),
    "more capacity than room": ("MALFORMED", lambda a: write_header(a, 112, "Q", 1 << 31)),
    "an index over the header": ("MALFORMED", lambda a: write_header(a, INDEX, "Q", 0)),
    "an index between pages": ("MALFORMED", lambda a: write_header(a, INDEX, "QQ", 4104, 8192)),
    "an endless index": ("MALFORMED", lambda a: write_header(a, INDEX + 8, "Q", (1 << 64) - 4096)),
    "records outside": ("MALFORMED", lambda a: write_header(a, RECORDS, "Q", 1 << 62)),
    "doorbells outside": ("MALFORMED", lambda a: write_header(a, DOORBELLS, "Q", 1 << 62)),
    "cells outside": ("MALFORMED", lambda a: write_header(a, CELLS, "Q", 1 << 62)),
    "a level outside the index": ("MALFORMED", lambda a: write(
        f"{a}/dir", 264, struct.pack("<Q", 1 << 50 | 10))),
    "a level without words": ("MALFORMED", lambda a: write(
        f"{a}/dir", 264, struct.pack("<Q", 4096))),
    "a dir that was cut": (
        "TRUNCATED", lambda a: os.truncate(f"{a}/dir", os.path.getsize(f"{a}/dir") - 1)),
    "a val that was cut": (
        "TRUNCATED", lambda a: os.truncate(f"{a}/val", os.path.getsize(f"{a}/val") - 1)),
    "an empty val": ("TRUNCATED", lambda a: os.truncate(f"{a}/val", 0)),
    "another val's magic": ("MISPAIRED", lambda a: write(f"{a}/val", 0, b"\x88")),
    "another arena's val": ("MISPAIRED", lambda a: write(f"{a}/val", 23, b"~~")),
    "a val of another length": ("MISPAIRED", lambda a: write(f"{a}/val", 24, bytes(8))),
    "no arena": ("NO_ARENA", shutil.rmtree),
    "no dir": ("NO_ARENA", lambda a: os.remove(f"{a}/dir")),
    "no val": ("NO_ARENA", lambda a: os.remove(f"{a}/val")),
    "a file in its place": ("NOT_A_DIRECTORY", replace_by_file),
    "a link in its place": ("LINK", replace_by_link_itself),
    "a link for dir": ("LINK", lambda a: replace_by_link(a, "dir")),
    "a link for val": ("LINK", lambda a: replace_by_link(a, "val")),
    "a pipe for dir": ("NOT_A_FILE", lambda a: replace_by_pipe(a, "dir")),
    "a pipe for val": ("NOT_A_FILE", lambda a: replace_by_pipe(a, "val")),
    "a directory for val": ("NOT_A_FILE", lambda a: replace_by_directory(a, "val")),
    "a socket for dir": ("NOT_A_FILE", lambda a: replace_by_socket(a, "dir")),
    "a directory that others write": ("WRITABLE_BY_OTHERS", lambda a: os.chmod(a, 0o777)),
    "a directory that the group writes": ("WRITABLE_BY_OTHERS", lambda a: os.chmod(a, 0o770)),
    "a parent that others write": (
        "WRITABLE_BY_OTHERS", lambda a: os.chmod(parent(a), 0o1777)),
}
# An observer may look at what writers must not touch; its first look-up meets the index.
OBSERVED = {"a read-only feature": "OK"}


@pytest.mark.parametrize("what", BROKEN)
def test_each_defect_has_its_error(arena, what):
    error, damage = BROKEN[what]
    make(arena, one="u64")
    damage(arena)
    is_lookup = what.startswith("a level")
    for access in ("rw", "observe"):
        expected = OBSERVED.get(what, error) if access == "observe" else error
        words = ask("open", arena, access, status=int(expected != "OK" and not is_lookup))
        assert words[0] == ("OK" if is_lookup else expected)
    if is_lookup:
        assert ask("find", arena, "one", status=1) == [error]


OTHER = 12345


@needs_root
@pytest.mark.parametrize("what, error", [
    ("dir", "WRONG_OWNER"), ("val", "WRONG_OWNER"), ("parent", "WRONG_OWNER"), ("own", "OK")])
def test_owners(arena, what, error):
    """All of an arena belongs to one user, who need not be the caller; root may own the parent."""
    make(arena, one="u64")
    if what == "own":
        for path in (arena, f"{arena}/dir", f"{arena}/val"):
            os.chown(path, OTHER, -1)
    else:
        os.chown({"parent": parent(arena)}.get(what, f"{arena}/{what}"), OTHER, -1)
    assert ask("open", arena, "rw", status=int(error != "OK"))[0] == error


@needs_root
def test_a_stranger_cannot_make_the_arena_that_bears_the_callers_number(arena):
    own = f"{arena}-parent/atomics-{os.geteuid()}"
    os.makedirs(own, 0o755)
    make(f"{own}/default", one="u64")
    assert ask("open", f"{own}/default", "rw")[0] == "OK"
    for path in (own, f"{own}/default", f"{own}/default/dir", f"{own}/default/val"):
        os.chown(path, OTHER, -1)
    assert ask("open", f"{own}/default", "rw", status=1) == ["WRONG_OWNER"]


def test_a_disk_is_no_place_for_an_arena(tmp_path):
    if os.statvfs(tmp_path).f_fsid == os.statvfs("/dev/shm").f_fsid:
        pytest.skip("temporary files are on tmpfs")
    (tmp_path / "arena").mkdir(mode=0o755)
    assert ask("open", tmp_path / "arena", "rw", status=1) == ["NOT_TMPFS"]


def test_paths_that_name_no_arena(arena):
    make(arena, one="u64")
    assert ask("open", arena + "///", "rw")[0] == "OK"
    for path in ("", "/", f"{arena}/..", f"{arena}/.", f"{parent(arena)}/.hidden",
                 f"{parent(arena)}/{'x' * 65}", "x" * 5000 + "/arena"):
        assert ask("open", path, "rw", status=1) == ["WRONG_PATH"]


def test_what_makes_no_sense_is_not_there(arena):
    """An index word may lead to any slot, and a record hold anything."""
    make(arena, one_of_three_words="u64")
    name = "one_of_three_words"
    slot = int(ask("find", arena, name)[0])
    with open(f"{arena}/dir", "rb") as file:
        file.seek(RECORDS)
        records, = struct.unpack("<Q", file.read(8))
        file.seek(records + 256 * slot)
        record = file.read(256)
    for offset, byte in (
            (0, 2), (0, 0), (0, 3), (12, 4), (13, 5), (14, 17), (14, 19), (16 + 17, ord("S")),
            (16, ord("O"))):
        write(f"{arena}/dir", records + 256 * slot + offset, bytes([byte]))
        assert ask("find", arena, name, status=1) == ["NO_REGISTER"], (offset, byte)
        write(f"{arena}/dir", records + 256 * slot, record)
        assert ask("find", arena, name)[0] == str(slot)
    write(f"{arena}/dir", 256, struct.pack("<Q", slot))
    assert ask("find", arena, name, status=1) == ["NO_REGISTER"]
