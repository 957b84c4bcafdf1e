# SPDX-License-Identifier: Apache-2.0
"""A client of the binary protocol `atr/1`, written from its specification with Python's standard
library only: the proof that a stranger can. One connection, blocking, with pipelining.

    client = Client("127.0.0.1", 7070)
    hits = client.open("hits", create="u64")
    client.operate(hits, "fetch_add", operand=5)      -> 0, the old value
    client.send(...); client.send(...); client.receive(); client.receive()
"""

import socket
import struct

MAGIC = bytes((0xA7, 0x41, 0x54, 0x52))
BY_NAME = 0xFFFFFFFF
AS_REGISTERED = 0x3F
FLAG_NAME, FLAG_BOUNDS = 0x02, 0x40
STATUSES = [
    "OK", "MISMATCH", "TIMEOUT", "OVERFLOW", "NOT_FOUND", "EXISTS", "TYPE_MISMATCH", "BAD_FRAME",
    "BAD_ORDER", "BAD_OPERAND", "UNSUPPORTED", "AUTH_REQUIRED", "DENIED", "GONE", "STALE_TOKEN",
    "INDETERMINATE", "FENCED", "NOT_MANAGED", "LIMIT", "SHUTTING_DOWN", "NOT_OWNER", "CANCELLED",
    "INTERNAL", "VERSION", "READ_ONLY", "BAD_NAME", "ARENA_FULL", "BEYOND_GAP",
]
NOP, PING, GOAWAY = 0, 1, 4
OPEN, CLOSE, CREATE, DELETE, STAT, LIST, DELETE_OWNED, ARENA_STAT, PIN = range(0x10, 0x19)
ORDERS = {"relaxed": 0, "acquire": 2, "release": 3, "acq_rel": 4, "seq_cst": 5}
OPERATIONS = {
    "load": 0x20, "store": 0x21, "exchange": 0x22, "cmpxchg_strong": 0x23, "cmpxchg_weak": 0x24,
    "bit_test": 0x30, "bit_test_set": 0x31, "bit_test_reset": 0x32, "bit_test_compl": 0x33,
    "or": 0x38, "xor": 0x39, "and": 0x3A, "not": 0x3B, "nand": 0x3C, "andnot": 0x3D,
    "add": 0x40, "sub": 0x41, "inc": 0x42, "dec": 0x43, "neg": 0x44,
    "min": 0x45, "max": 0x46, "byte_min": 0x48, "byte_max": 0x49,
    "add_unless": 0x4C, "inc_if_not_zero": 0x4D, "dec_if_positive": 0x4E,
}
CAN_MISS = "cmpxchg_strong", "cmpxchg_weak", "add_unless", "inc_if_not_zero", "dec_if_positive"
POLICIES, RELATIONS = ["wrap", "saturate", "fail"], ["eq", "ne", "lt", "le", "gt", "ge"]
TYPES = {f"u{8 << w}": w for w in range(5)} | {f"i{8 << w}": 8 | w for w in range(5)}
TYPES |= {f"bytes{1 << w}": 16 | w for w in range(5)} | {"f32": 0x1A, "f64": 0x1B}


class Refused(Exception):
    def __init__(self, status, applied, text):
        super().__init__(f"{status}: {text}")
        self.status, self.applied, self.text = status, applied, text


class Reply:
    def __init__(self, header, body):
        (self.opcode, self.flags, status, self.type, length, self.sequence,
         self.auxiliary) = struct.unpack("<BBBBIII", header)
        self.status, self.argument, self.body = STATUSES[status], length >> 24, body
        self.bytes = header + body

    def check(self):
        if self.status not in ("OK", "MISMATCH", "OVERFLOW"):
            applied, length = struct.unpack_from("<II", self.body)
            raise Refused(self.status, applied, self.body[8:8 + length].decode())
        return self

    @property
    def value(self):
        """The operand slot as an integer: signed where the register's kind is."""
        return int.from_bytes(self.body, "little", signed=self.type >> 3 & 7 == 1)


def padded(data):
    return data + bytes(-len(data) % 8)


def name_block(name, policy=0):
    data = name.encode() if isinstance(name, str) else name
    return struct.pack("<HBBI", len(data), policy, 0, 0) + padded(data)


def frame(opcode, sequence, body=b"", flags=0, order=0, type=0, argument=0, handle=0):
    return struct.pack(
        "<BBBBIII", opcode, flags, order, type, len(body) | argument << 24, sequence, handle) + body


def slot(type_code, value):
    if isinstance(value, bytes):  # of a float or of bytes, as they lie in memory
        return padded(value)
    size = 16 if type_code & 7 == 4 else 8
    return (value & (1 << 8 * size) - 1).to_bytes(size, "little")


def operation(name):
    """(opcode, return bits) of a spelled operation."""
    if name.startswith("fetch_"):
        return OPERATIONS[name[6:]], 1
    if name.endswith("_fetch"):
        return OPERATIONS[name[:-6]], 2
    return OPERATIONS[name], 1 if name in ("load", "exchange", *CAN_MISS) else 0


def operation_frame(sequence, register, name, order="seq_cst", failure=None, index=0,
                    relation="eq", overflow="wrap", low=None, high=None, **values):
    """`values`: operand, expected and desired, unless, mask. A bound left out is the type's."""
    (handle, type_code), (opcode, returns) = register, operation(name)
    failure_code = (ORDERS[failure] if failure else 7) if name in CAN_MISS else 0
    names = ("expected", "desired", "operand", "unless", "mask")
    slots = [values[key] for key in names if key in values]
    argument = 1 if "mask" in values else index | RELATIONS.index(relation)
    if is_bounded := low is not None or high is not None:
        span = 1 << (8 << (type_code & 7))
        least = -span // 2 if type_code >> 3 & 7 == 1 else 0
        slots += [least if low is None else low, least + span - 1 if high is None else high]
    return frame(
        opcode, sequence, b"".join(slot(type_code, value) for value in slots),
        FLAG_BOUNDS * is_bounded, ORDERS[order] | failure_code << 3 | returns << 6,
        type_code | POLICIES.index(overflow) << 6, argument, handle)


class Client:
    def __init__(self, host, port=None, timeout=10):
        """`host` and `port`, or the path of a Unix socket, or a connected socket."""
        if port is None:
            self.socket = host if isinstance(host, socket.socket) else socket.socket(socket.AF_UNIX)
            self.socket.settimeout(timeout)
            if host is not self.socket: self.socket.connect(host)
        else:
            self.socket = socket.create_connection((host, port), timeout)
            self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sequence = 0
        self.socket.sendall(MAGIC + struct.pack("<BBHII16x", 1, 1, 0, 1 << 20, 0))
        welcome = self.exactly(48)
        assert welcome[:4] == MAGIC, welcome
        self.version, status = welcome[4], welcome[5]
        if status:
            raise Refused(STATUSES[status], 0, "the server did not welcome us")
        self.maximum_frame, extensions = struct.unpack_from("<II", welcome, 8)
        self.boot_epoch, _, self.in_flight = struct.unpack_from("<QII", welcome, 32)
        self.extensions, rest = {}, self.exactly(extensions)
        while rest:
            kind, length = struct.unpack_from("<HH", rest)
            self.extensions[kind] = rest[8:8 + length]
            rest = rest[8 + length + -length % 8:]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def exactly(self, count):
        data = b""
        while len(data) < count:
            more = self.socket.recv(count - len(data))
            if not more:
                raise ConnectionError("the server closed the connection")
            data += more
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
        sequence = self.send(opcode, body, **fields)
        reply = self.receive()
        assert reply.opcode in (opcode, GOAWAY), reply.bytes.hex()
        assert reply.opcode == GOAWAY or reply.sequence == sequence, reply.bytes.hex()
        return reply

    def by_name(self, opcode, name, body=b"", policy=0, **fields):
        return self.ask(
            opcode, name_block(name, policy) + body, flags=FLAG_NAME, handle=BY_NAME, **fields)

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
        return bool(reply.flags & 0x10)

    def operation_frame(self, register, name, **arguments):
        self.sequence += 1
        return operation_frame(self.sequence, register, name, **arguments)

    def operate(self, register, name, **arguments):
        """The value or bit that the operation returns; (success, value) of one that may fail."""
        self.socket.sendall(self.operation_frame(register, name, **arguments))
        reply = self.receive().check()
        if name.startswith("bit_"):
            return reply.argument
        value = reply.value if reply.body else None
        may_fail = name in CAN_MISS or arguments.get("overflow") == "fail"
        return (reply.status == "OK", value) if may_fail else value
