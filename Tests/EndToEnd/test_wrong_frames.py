# SPDX-License-Identifier: Apache-2.0
"""Wrong frames get the documented status and harm nobody."""

import random

import pytest
from atr_client import (
    AS_REGISTERED, BY_NAME, CLOSE, CREATE, DELETE, FLAG_NAME, GOAWAY, LIST, MAGIC, NOP, OPEN, PING,
    STAT, TYPES, Client, Refused, frame, name_block, slot,
)
from support import raw

INC, ADD, LOAD, CMPXCHG = 0x42, 0x40, 0x20, 0x23
SEQ_CST = 5


@pytest.fixture
def client(server):
    with Client(server.host, server.port) as client:
        yield client


@pytest.fixture
def hits(server, client):
    """A register at 7, and its handle."""
    server.create("frames.hits")
    server.request("PUT", "/v1/registers/frames.hits/value", "7")
    handle, _ = client.open("frames.hits")
    yield handle
    assert server.value("frames.hits") == 7


def refused(reply, status):
    assert reply.status == status, (reply.status, reply.bytes)
    with pytest.raises(Refused) as caught:
        reply.check()
    assert caught.value.applied == 0 and caught.value.text
    assert len(caught.value.text.encode()) <= 200 and len(reply.body) % 8 == 0


def test_the_welcome_tells_what_is_there(client):
    assert client.version == 1 and client.in_flight > 0 and client.maximum_frame >= 4096
    opcodes = int.from_bytes(client.extensions[2], "little")
    known = [NOP, PING, OPEN, CLOSE, CREATE, DELETE, STAT, LIST, INC, ADD, LOAD, CMPXCHG]
    assert all(opcodes >> opcode & 1 for opcode in known)
    types = int.from_bytes(client.extensions[3], "little")
    assert types == sum(1 << code for code in TYPES.values())
    assert client.extensions[4][0] & 0b1111 == 0b1111
    assert len(client.extensions[5]) == 16 and client.extensions[1]


def test_opcodes_that_do_not_exist(client, hits):
    known = int.from_bytes(client.extensions[2], "little")
    for opcode in range(256):
        if known >> opcode & 1:
            continue
        refused(client.ask(opcode), "UNSUPPORTED")
    assert client.ask(PING, b"all well").check().body == b"all well"


def test_each_reserved_flag(client, hits):
    refused(client.ask(PING, flags=1), "UNSUPPORTED")
    for bit in set(range(8)) - {0, 1, 6}:
        refused(client.ask(INC, order=SEQ_CST, flags=1 << bit, handle=hits), "UNSUPPORTED")
        refused(client.ask(PING, flags=1 << bit), "UNSUPPORTED")
        reply = client.ask(
            INC, name_block("frames.hits"), flags=FLAG_NAME | 1 << bit, order=SEQ_CST,
            type=AS_REGISTERED, handle=BY_NAME)
        refused(reply, "UNSUPPORTED")


def test_handles(client, hits):
    for handle in (hits + 1, 1000, 0x7FFFFFFF, BY_NAME):
        refused(client.ask(INC, order=SEQ_CST, type=AS_REGISTERED, handle=handle), "NOT_FOUND")
        refused(client.ask(CLOSE, handle=handle), "NOT_FOUND")
        refused(client.ask(STAT, handle=handle), "NOT_FOUND")
    client.ask(CLOSE, handle=hits).check()
    refused(client.ask(INC, order=SEQ_CST, type=AS_REGISTERED, handle=hits), "NOT_FOUND")


def test_a_deleted_register_is_gone_and_its_name_is_free(client, server):
    client.create("frames.short", "u64", 1)
    handle, _ = client.open("frames.short")
    assert client.by_name(DELETE, "frames.short").check().status == "OK"
    refused(client.ask(INC, order=SEQ_CST, type=AS_REGISTERED, handle=handle), "GONE")
    assert client.create("frames.short", "i8", 5)
    refused(client.ask(INC, order=SEQ_CST, type=AS_REGISTERED, handle=handle), "GONE")
    assert server.value("frames.short") == 5
    refused(client.by_name(DELETE, "frames.nobody"), "NOT_FOUND")


def test_names(client, hits):
    for name in (b"", b"n" * 129, b"a b", b"a//b", b"../a", b"a/.", b"\xc3\xa9", b"a\0b", b"a\n"):
        refused(client.by_name(INC, name, order=SEQ_CST, type=AS_REGISTERED), "BAD_NAME")
        refused(client.by_name(OPEN, name, policy=1, type=3), "BAD_NAME")
    refused(client.by_name(OPEN, "frames.nobody", type=AS_REGISTERED), "NOT_FOUND")
    refused(client.by_name(STAT, "frames.nobody"), "NOT_FOUND")


def test_creation(client, hits):
    refused(client.by_name(OPEN, "frames.hits", policy=1, type=TYPES["i64"]), "TYPE_MISMATCH")
    refused(client.by_name(OPEN, "frames.hits", type=TYPES["i64"]), "TYPE_MISMATCH")
    with pytest.raises(Refused, match="EXISTS"):
        client.create("frames.hits", "u64", exclusively=True)
    with pytest.raises(Refused, match="TYPE_MISMATCH"):
        client.create("frames.hits", "u32")
    with pytest.raises(Refused, match="BAD_OPERAND"):
        client.create("frames.wide", "u8", 256)
    with pytest.raises(Refused, match="BAD_OPERAND"):
        client.create("frames.labelled", "u8", label="l" * 65)
    assert client.create("frames.hits", "u64") is False
    refused(client.by_name(STAT, "frames.wide"), "NOT_FOUND")


def test_names_and_handles_do_not_mix(client, hits):
    reply = client.ask(INC, name_block("frames.hits"), flags=FLAG_NAME, order=SEQ_CST, handle=hits)
    refused(reply, "BAD_OPERAND")
    for policy in (1, 2):
        reply = client.by_name(INC, "frames.hits", policy=policy, order=SEQ_CST, type=AS_REGISTERED)
        refused(reply, "BAD_OPERAND")
    reply = client.by_name(INC, "frames.hits", policy=3, order=SEQ_CST, type=AS_REGISTERED)
    refused(reply, "BAD_OPERAND")


def test_ping_and_list(client, hits):
    refused(client.ask(PING, bytes(72)), "BAD_OPERAND")
    refused(client.ask(NOP, bytes(8)), "BAD_OPERAND")
    for limit in (0, 1001):
        refused(client.ask(LIST, bytes(8) + limit.to_bytes(8, "little")), "BAD_OPERAND")
    reply = client.ask(LIST, bytes(8) + (10).to_bytes(8, "little")).check()
    assert reply.auxiliary >= 1 and reply.auxiliary <= 10


def test_a_length_that_is_no_length_ends_the_connection(server):
    for length in (1, 7, 12, 0xFFFFFF, 0xFFFFF8):
        with Client(server.host, server.port) as client:
            data = bytearray(frame(PING, 9))
            data[4:7] = length.to_bytes(3, "little")
            client.socket.sendall(data + frame(PING, 10))
            reply = client.receive()
            assert reply.sequence == 9
            refused(reply, "BAD_FRAME")
            with pytest.raises(ConnectionError):
                client.receive()


def test_a_name_longer_than_its_frame_ends_the_connection(server):
    with Client(server.host, server.port) as client:
        body = (200).to_bytes(8, "little") + b"abcdefgh"
        reply = client.ask(OPEN, body, flags=FLAG_NAME, type=3, handle=BY_NAME)
        refused(reply, "BAD_FRAME")
        with pytest.raises(ConnectionError):
            client.receive()


@pytest.mark.parametrize("change", [
    (1, b"X"), (4, bytes((2, 3))), (4, bytes((0, 0))), (4, bytes((3, 1))), (6, b"\2"), (7, b"\x80"),
    (8, (100).to_bytes(4, "little")), (12, (4).to_bytes(4, "little")),
    (12, (1 << 20).to_bytes(4, "little")), (16, b"\1"), (31, b"\1"),
])
def test_greetings_that_are_none(server, change):
    offset, data = change
    hello = bytearray(MAGIC + bytes((1, 1, 0, 0)) + (1 << 20).to_bytes(8, "little") + bytes(16))
    hello[offset:offset + len(data)] = data
    answer = raw(server, bytes(hello))
    if answer[:4] == MAGIC:  # a welcome that says VERSION
        assert offset == 4 and answer[5] == 23
    else:
        assert answer[0] == GOAWAY and answer[2] == 7, answer


def test_random_frames_do_no_harm(server, hits):
    """Whole frames with random contents: each is answered or ends its connection."""
    generator = random.Random(2)
    for _ in range(40):
        with Client(server.host, server.port) as client:
            handle, _ = client.open("frames.noise", create="u64")
            for number in range(50):
                body = generator.randbytes(8 * generator.choice([0, 0, 1, 1, 2, 4, 6]))
                header = generator.randbytes(4)
                if generator.random() < 0.8:
                    opcode = generator.choice([*range(0x20, 0x25), *range(0x30, 0x4A)])
                    header = bytes((opcode, 0, header[2], generator.choice([3, AS_REGISTERED])))
                client.socket.sendall(
                    header + len(body).to_bytes(3, "little") + generator.randbytes(1)
                    + number.to_bytes(4, "little") + handle.to_bytes(4, "little") + body)
            try:
                for number in range(50):
                    assert client.receive().sequence == number
            except ConnectionError:
                pass


def test_values_beyond_the_type(client, server):
    client.create("frames.small", "i8", 5)
    register = client.open("frames.small")
    for word in (0x80, 0xFF, 0x100, 1 << 63):
        reply = client.ask(
            ADD, word.to_bytes(8, "little"), order=SEQ_CST, type=register[1], handle=register[0])
        refused(reply, "BAD_OPERAND")
    assert client.operate(register, "add_fetch", operand=-6) == -1
    assert slot(register[1], -1) == b"\xff" * 8
