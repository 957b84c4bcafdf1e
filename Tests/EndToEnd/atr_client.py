# SPDX-License-Identifier: Apache-2.0
"""A client of the binary protocol `atr/1`, written from its specification with Python's standard
library only: the proof that a stranger can. One connection, blocking, with pipelining.

    client = Client("127.0.0.1", 7070)
    hits = client.open("hits", create="u64")
    client.operate(hits, "fetch_add", operand=5)      -> 0, the old value
"""

import contextlib
import socket
import struct

MAGIC, BY_NAME, AS_REGISTERED = bytes((0xA7, 0x41, 0x54, 0x52)), 0xFFFFFFFF, 0x3F
FLAG_QUIET, FLAG_NAME, FLAG_BOUNDS, MORE, CREATED = 0x01, 0x02, 0x40, 0x02, 0x10
STATUSES = """OK MISMATCH TIMEOUT OVERFLOW NOT_FOUND EXISTS TYPE_MISMATCH BAD_FRAME BAD_ORDER
    BAD_OPERAND UNSUPPORTED AUTH_REQUIRED DENIED GONE STALE_TOKEN INDETERMINATE FENCED NOT_MANAGED
    LIMIT SHUTTING_DOWN NOT_OWNER CANCELLED INTERNAL VERSION READ_ONLY BAD_NAME ARENA_FULL
    BEYOND_GAP""".split()
NOP, PING, PONG, GOAWAY, BATCH, PING_CLIENT = 0, 1, 2, 4, 0x60, 0xE3
OPEN, CLOSE, CREATE, DELETE, STAT, LIST, DELETE_OWNED, ARENA_STAT, PIN = range(0x10, 0x19)
ORDERS = {"relaxed": 0, "acquire": 2, "release": 3, "acq_rel": 4, "seq_cst": 5}
OPERATIONS = {name: first + index for first, names in (
    (0x20, "load store exchange cmpxchg_strong cmpxchg_weak"),
    (0x30, "bit_test bit_test_set bit_test_reset bit_test_compl"),
    (0x38, "or xor and not nand andnot"), (0x40, "add sub inc dec neg min max"),
    (0x48, "byte_min byte_max"), (0x4C, "add_unless inc_if_not_zero dec_if_positive"),
) for index, name in enumerate(names.split())}
CAN_MISS = "cmpxchg_strong", "cmpxchg_weak", "add_unless", "inc_if_not_zero", "dec_if_positive"
POLICIES, RELATIONS = ["wrap", "saturate", "fail"], ["eq", "ne", "lt", "le", "gt", "ge"]
TYPES = {f"u{8 << w}": w for w in range(5)} | {f"i{8 << w}": 8 | w for w in range(5)}
TYPES |= {f"bytes{1 << w}": 16 | w for w in range(5)} | {"f32": 0x1A, "f64": 0x1B}


class Refused(Exception):  # with status, applied (0 no, 1 yes, 2 unknown) and a sentence
    status, applied, text = (property(lambda self, n=n: self.args[n]) for n in range(3))


class Reply:
    def __init__(self, header, body):
        (self.opcode, self.flags, status, self.type, length, self.sequence,
         self.auxiliary) = struct.unpack("<BBBBIII", header)
        self.status, self.argument, self.body = STATUSES[status], length >> 24, body
        self.bytes = header + body
        self.value = int.from_bytes(body, "little", signed=self.type >> 3 & 7 == 1)  # of a slot

    def check(self):
        if self.status not in ("OK", "MISMATCH", "OVERFLOW"):
            applied, length = struct.unpack_from("<II", self.body)
            raise Refused(self.status, applied, self.body[8:8 + length].decode())
        return self


def padded(data):
    return data + bytes(-len(data) % 8)


def name_block(name, policy=0):
    data = name.encode() if isinstance(name, str) else name
    return struct.pack("<HBBI", len(data), policy, 0, 0) + padded(data)


def frame(opcode, sequence, body=b"", flags=0, order=0, type=0, argument=0, handle=0):
    return struct.pack(
        "<BBBBIII", opcode, flags, order, type, len(body) | argument << 24, sequence, handle) + body


def slot(type_code, value):
    size = 16 if type_code & 7 == 4 else 8
    return padded(value) if isinstance(value, bytes) else (  # floats and bytes as in memory
        value & (1 << 8 * size) - 1).to_bytes(size, "little")


def operation(name):
    """(opcode, return bits) of a spelled operation."""
    plain = name.removeprefix("fetch_").removesuffix("_fetch")
    returns_old = name.startswith("fetch_") or name in ("load", "exchange", *CAN_MISS)
    return OPERATIONS[plain], 1 if returns_old else 2 if name.endswith("_fetch") else 0


def operation_frame(sequence, register, name, order="seq_cst", failure=None, index=0,
                    relation="eq", overflow="wrap", low=None, high=None, quiet=False, policy=0,
                    **values):
    """`register` is (handle, type code), or (name, type code), which with policy 1 may be made.
    `values`: operand, expected and desired, unless, mask. A bound left out is the type's."""
    (handle, type_code), (opcode, returns) = register, operation(name)
    block, flags = b"", FLAG_QUIET * quiet
    if isinstance(handle, str):
        handle, block, flags = BY_NAME, name_block(handle, policy), flags | FLAG_NAME
    failure_code = (ORDERS[failure] if failure else 7) if name in CAN_MISS else 0
    slots = [values[key] for key in "expected desired operand unless mask".split() if key in values]
    argument = 1 if "mask" in values else index | RELATIONS.index(relation)
    if is_bounded := low is not None or high is not None:
        span = 1 << (8 << (type_code & 7))
        least = -span // 2 if type_code >> 3 & 7 == 1 else 0
        slots += [least if low is None else low, least + span - 1 if high is None else high]
    return frame(
        opcode, sequence, block + b"".join(slot(type_code, value) for value in slots),
        flags | FLAG_BOUNDS * is_bounded, ORDERS[order] | failure_code << 3 | returns << 6,
        type_code | POLICIES.index(overflow) << 6, argument, handle)


class Client(contextlib.AbstractContextManager):
    def __init__(self, host, port=None, timeout=10, token=b""):
        """`host` and `port`, or the path of a Unix socket, or a connected socket."""
        new = lambda: socket.socket(socket.AF_INET if port else socket.AF_UNIX)
        self.socket = host if isinstance(host, socket.socket) else new()
        self.socket.settimeout(timeout)
        if host is not self.socket: self.socket.connect((host, port) if port else host)
        if port: self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sequence, token = 0, token and struct.pack("<HHI", 1, len(token), 0) + padded(token)
        self.socket.sendall(MAGIC + struct.pack("<BBHII16x", 1, 1, 0, 1 << 20, len(token)) + token)
        welcome = self.exactly(48)
        assert welcome[:4] == MAGIC, welcome
        if welcome[5]:
            raise Refused(STATUSES[welcome[5]], 0, "the server did not welcome us")
        self.version, self.maximum_frame, extensions = struct.unpack_from("<B3xII", welcome, 4)
        self.boot_epoch, self.keep_alive, self.in_flight = struct.unpack_from("<QII", welcome, 32)
        self.extensions, rest = {}, self.exactly(extensions)
        while rest:
            kind, length = struct.unpack_from("<HH", rest)
            self.extensions[kind] = rest[8:8 + length]
            rest = rest[8 + length + -length % 8:]

    def __exit__(self, *_):
        self.socket.close()

    def exactly(self, count):
        data = b""
        while len(data) < count:
            data += (more := self.socket.recv(count - len(data)))
            if not more:
                raise ConnectionError("the server closed the connection")
        return data

    def receive(self):
        header = self.exactly(16)
        return Reply(header, self.exactly(int.from_bytes(header[4:7], "little")))

    def send(self, opcode, body=b"", **fields):
        self.sequence += 1
        self.socket.sendall(frame(opcode, self.sequence, body, **fields))
        return self.sequence

    def ask(self, opcode, body=b"", **fields):
        """One request and its reply, whatever its status."""
        sequence, reply = self.send(opcode, body, **fields), self.receive()
        assert (reply.opcode, reply.sequence) in ((opcode, sequence), (GOAWAY, 0)), reply.bytes
        return reply

    def by_name(self, opcode, name, body=b"", policy=0, **fields):
        body = name_block(name, policy) + body
        return self.ask(opcode, body, flags=FLAG_NAME, handle=BY_NAME, **fields)

    def open(self, name, create=None):
        """(handle, type code) of a register, made at zero with the type `create` if missing."""
        type_code = AS_REGISTERED if create is None else TYPES[create]
        reply = self.by_name(OPEN, name, policy=0 if create is None else 1, type=type_code).check()
        return reply.auxiliary, reply.type

    def create(self, name, type, initial=0, exclusively=False, label="", tag=0):
        """Whether the register was made; else it was there, of this type."""
        text, body = label.encode(), initial.to_bytes(16, "little") + bytes(16)
        body += struct.pack("<QHHI", tag, len(text), 0, 0) + padded(text)
        reply = self.by_name(CREATE, name, body, 2 if exclusively else 1, type=TYPES[type]).check()
        return bool(reply.flags & CREATED)

    def operation_frame(self, register, name, **arguments):
        self.sequence += 1
        return operation_frame(self.sequence, register, name, **arguments)

    def batch(self, *frames, stop=False):
        """The replies to operation frames that are sent as one, and how many of them were run."""
        reply = self.ask(BATCH, b"".join(frames), argument=int(stop)).check()
        data, replies = reply.body, []
        while reply.flags & MORE:
            reply = self.receive()
            data += reply.body
        while data:
            end = 16 + int.from_bytes(data[4:7], "little")
            replies.append(Reply(data[:16], data[16:end]))
            data = data[end:]
        return replies, reply.auxiliary

    def barrier(self):
        """The replies to quiet requests that did not succeed; all have run when this returns."""
        sequence, replies = self.send(NOP), []
        while not replies or replies[-1].sequence != sequence:
            replies.append(self.receive())
        return replies[:-1]

    def operate(self, register, name, **arguments):
        """The value or bit that the operation returns; (success, value) of one that may fail."""
        self.socket.sendall(self.operation_frame(register, name, **arguments))
        reply = self.receive().check()
        may_fail = name in CAN_MISS or arguments.get("overflow") == "fail"
        value = reply.argument if name[:4] == "bit_" else reply.value if reply.body else None
        return (reply.status == "OK", value) if may_fail else value
