# SPDX-License-Identifier: Apache-2.0
"""The specification of the binary protocol says what the server does: its worked examples byte for
byte, and each number of its tables."""

import re
import socket
import struct

import pytest
from atr_client import OPERATIONS, STATUSES, Client
from support import ROOT

SOURCES = ROOT / "Sources"
TEXT = (SOURCES / "WireProtocol/WireProtocol.docc/Specification.md").read_text()


def section(title):
    """The text under a heading, up to the next one as high."""
    level = title.split(" ")[0]
    return re.search(rf"^{re.escape(title)}\n(.*?)(?=^#{{1,{len(level)}}} |\Z)", TEXT, re.M | re.S)[1]


def rows(text):
    """The cells of the table rows in it."""
    return [[cell.strip() for cell in line.strip("|").split("|")]
            for line in text.splitlines() if line.startswith("|") and not line.startswith("|---")]


def parse(block):
    """The client's bytes and the server's: (value, or None where it varies) each."""
    sides = {">": [], "<": []}
    for line in block.splitlines():
        for pair in line[1:].split():
            sides[line[0]].append(None if pair == ".." else int(pair, 16))
    return sides[">"], sides["<"]


EXAMPLES = re.findall(
    r"^### (.*?)\n.*?^```\n(.*?)^```$", section("## Worked examples"), re.M | re.S)


def test_the_worked_examples_are_one_conversation(own_server):
    assert len(EXAMPLES) >= 10
    with socket.create_connection((own_server.host, own_server.port), 10) as connection:
        for title, block in EXAMPLES:
            sent, expected = parse(block)
            assert sent and None not in sent, title
            connection.sendall(bytes(sent))
            received = b""
            while len(received) < len(expected):
                more = connection.recv(len(expected) - len(received))
                assert more, f"{title}: the server closed after {received.hex(' ')}"
                received += more
            wrong = [index for index, (is_, should) in enumerate(zip(received, expected))
                     if should not in (None, is_)]
            assert not wrong, f"{title}: bytes {wrong} of {received.hex(' ')}"
        # The last one is the client's farewell, and nothing unexpected came before it.
        assert connection.recv(1) == b""


def squeezed(name):
    return name.replace("_", "").lower()


def cases(path, enumeration):
    """The numbers that the cases of an enumeration have in the sources."""
    text = (SOURCES / path).read_text()
    text = text[text.index(f"enum {enumeration}"):].partition("\n}")[0]
    return {squeezed(name): int(number, 0) for name, number in
            re.findall(r"^  case `?(\w+)`? = (\w+)", text, re.M)}


def test_statuses():
    table = {squeezed(row[1]): int(row[0]) for row in rows(section("## Statuses"))
             if row[0].isdigit() and len(row) == 4}
    source = cases("WireProtocol/Status.swift", "Status")
    source["authrequired"] = source.pop("authenticationrequired")
    assert table == source
    assert [squeezed(name) for name in STATUSES] == sorted(table, key=table.get)


def test_opcodes(server):
    table = {}
    for title in ("## Operations", "## Control requests", "## Waiting", "## Watching"):
        table |= {squeezed(row[1]): int(row[0], 16) for row in rows(section(title))
                  if re.fullmatch("[0-9A-F]{2}", row[0]) and re.fullmatch(r"\w+", row[1])}
    for name, code in re.findall(r"\b([A-Z_]{4,})\**\s\((\w\d)\)", TEXT):
        table.setdefault(squeezed(name), int(code, 16))
    for name, code in OPERATIONS.items():
        assert table[squeezed(name)] == code, name
    source = cases("WireProtocol/Opcode.swift", "Opcode")
    for name, code in source.items():
        assert table[name] == code, name
    with Client(server.host, server.port) as client:
        taken = int.from_bytes(client.extensions[2], "little")
    taken = {code for code in range(256) if taken >> code & 1}
    assert taken <= set(table.values())
    assert taken == set(OPERATIONS.values()) | {code for code in source.values() if code < 0xE0}


def test_flags():
    flags = {row[1]: 1 << int(row[0]) for row in rows(section("## Frames"))
             if row[0].isdigit() and row[1].isupper()}
    text = (SOURCES / "WireProtocol/FrameHeader.swift").read_text()
    for name, bit in re.findall(r"static let (quiet|name|bounds): UInt8 = 1 << (\d)", text):
        assert flags[name.upper()] == 1 << int(bit)
    reply = dict(re.findall(r"static let (more|created): UInt8 = 1 << (\d)", text))
    assert f"bit {reply['more']}, MORE" in TEXT and f"bit {reply['created']}, CREATED" in TEXT
    assert len(flags) == 8


def test_limits(server):
    table = {row[0]: row[1] for row in rows(section("## Limits"))}

    def number(name):
        return int(re.match(r"[\d,]+", table[name])[0].replace(",", ""))

    with Client(server.host, server.port) as client:
        limits = struct.unpack("<7I", client.extensions[6])
        assert client.maximum_frame == 1 << 20 and table["body of a frame"] == "1 MiB"
        assert client.in_flight == number("open waits")
        assert client.keep_alive == 1000 * number("silence of a client that answers")
    credits = re.findall(r"[\d,]+\d", table["event credits"])
    assert list(limits) == [
        number("handles"), 128, number("operations of a batch"), number("watches"),
        number("watched registers"), *(int(text.replace(",", "")) for text in credits)]
    assert "A name is 1 to 128 bytes" in TEXT


@pytest.mark.parametrize("table,name", [("## The greeting", "HELLO"), ("## Frames", "request")])
def test_tables_have_no_gaps(table, name):
    """Each offset is where the field before it ends."""
    end = None
    for row in rows(section(table)):
        if row[0] == "offset":
            end = 0
        elif end is not None and row[0].isdigit() and row[1].isdigit():
            assert int(row[0]) == end, row
            end += int(row[1])
