# SPDX-License-Identifier: Apache-2.0
"""The reader in Python's standard library sees what `atomics-client ls` says."""

import json
import pathlib
import struct
import subprocess
import sys

import pytest
from arena_reader import ArenaReader, crc32c, siphash13
from support import command_line

HERE = pathlib.Path(__file__).resolve().parent
NAMES = {"u": "unsigned", "i": "signed", "b": "bytes", "f": "float"}


def listed(arena):
    """What the client lists, in the reader's terms."""
    found = json.loads(command_line("ls", "--json", server=f"shm:{arena}"))["registers"]
    for register in found:
        type = register["type"]
        size = int(type.lstrip("uifbytes"))
        width = size if type.startswith("bytes") else size // 8
        yield register["name"], NAMES[type[0]], width, bits(register["value"], type, width)


def bits(value, type, width):
    if type.startswith("bytes"):
        return int.from_bytes(bytes.fromhex(value.removeprefix("0x")), "little")
    if type.startswith("f"):
        return int.from_bytes(struct.pack("<f" if width == 4 else "<d", float(value)), "little")
    return int(value) & (1 << 8 * width) - 1


def test_it_lists_and_finds_what_the_client_does(arena):
    server = f"shm:{arena}"
    types = [f"{kind}{8 << log2}" for kind in "ui" for log2 in range(5)]
    for type in (*types, "f32", "f64", "bytes1", "bytes16"):
        command_line("create", f"a/{type}", type, server=server)
    for type in types:
        command_line("set", f"a/{type}", "100", server=server)
    command_line("set", "a/f64", "2.5", server=server)
    command_line("set", "a/i128", "-1", server=server)
    command_line("create", "gone", "u8", server=server)
    command_line("rm", "gone", server=server)
    expected = list(listed(arena))
    reader = ArenaReader(arena)
    assert reader.list() == expected and len(expected) == 14
    assert [reader.find(name) for name, *_ in expected] == expected
    assert reader.find("gone") is None and reader.find("a/u") is None
    printed = subprocess.run(
        [sys.executable, HERE / "arena_reader.py", arena, "a/i128"], check=True, timeout=20,
        capture_output=True, text=True).stdout
    assert printed == f"a/i128 signed 128 {(1 << 128) - 1}\n"


def test_it_follows_a_server(own_server):
    for number in range(40):
        own_server.create(f"n{number}", "u16", initial=number)
    reader = ArenaReader(own_server.arena)
    assert reader.list() == list(listed(own_server.arena))
    own_server.request("POST", "/v1/registers/n7/inc")
    assert reader.find("n7") == ("n7", "unsigned", 2, 8)
    own_server.request("DELETE", "/v1/registers/n7")
    assert reader.find("n7") is None and len(reader.list()) == 39


def test_it_refuses_what_is_no_arena(arena):
    command_line("create", "one", "u8", server=f"shm:{arena}")
    for file, offset, said in (("val", 9, "another dir"), ("dir", 90, "damaged"),
                               ("dir", 12, "version 1"), ("dir", 0, "not an arena")):
        with open(f"{arena}/{file}", "r+b") as broken:
            broken.seek(offset)
            broken.write(b"~")
        with pytest.raises(ValueError, match=said):
            ArenaReader(arena)


def test_its_checksum_and_its_hash_are_the_published_ones():
    assert crc32c(b"123456789") == 0xE3069283
    # Checked against the Swift implementation's known answers.
    assert siphash13((0x0706050403020100, 0x0F0E0D0C0B0A0908), b"") == 0xABAC0158050FC4DC
