# SPDX-License-Identifier: Apache-2.0
"""What the service promises, said a second time: types, values as text, operations on big
integers, and the frames of `atr/1`. Shares nothing with the Swift sources, so that a mistake
would have to be made twice. Python's standard library only."""

import struct

RETURN_NOTHING, RETURN_OLD, RETURN_NEW = 0, 1, 2

KINDS = {"u": 0, "i": 1, "bytes": 2, "f": 3}
ORDERS = {"relaxed": 0, "acquire": 2, "release": 3, "acq_rel": 4, "seq_cst": 5}
LOAD_ORDERS = ["relaxed", "acquire", "seq_cst"]
STORE_ORDERS = ["relaxed", "release", "seq_cst"]
STATUSES = {
    "OK": 0, "MISMATCH": 1, "TYPE_MISMATCH": 6, "BAD_ORDER": 8, "BAD_OPERAND": 9, "UNSUPPORTED": 10,
}

OPCODES = {
    "load": 0x20, "store": 0x21, "exchange": 0x22, "cmpxchg_strong": 0x23, "cmpxchg_weak": 0x24,
    "bit_test": 0x30, "bit_test_set": 0x31, "bit_test_reset": 0x32, "bit_test_compl": 0x33,
    "or": 0x38, "xor": 0x39, "and": 0x3A, "not": 0x3B, "nand": 0x3C, "andnot": 0x3D,
    "add": 0x40, "sub": 0x41, "inc": 0x42, "dec": 0x43, "neg": 0x44,
    "min": 0x45, "max": 0x46, "byte_min": 0x48, "byte_max": 0x49,
}
BIT_OPERATIONS = [name for name, code in OPCODES.items() if code & 0xFC == 0x30]
COMPARE_EXCHANGES = ["cmpxchg_strong", "cmpxchg_weak"]
BITWISE = ["or", "xor", "and", "not", "nand", "andnot"]
ARITHMETIC = ["add", "sub", "inc", "dec", "neg"]
COMPARE_NUMBERS = ["min", "max"]
COMPARE_BYTES = ["byte_min", "byte_max"]
FETCH_FORMS = BITWISE + ARITHMETIC + COMPARE_NUMBERS + COMPARE_BYTES
TAKE_OPERAND = ["store", "exchange", *(base for base in FETCH_FORMS if base not in (
    "not", "inc", "dec", "neg"))]

HANDLE, SEQUENCE = 7, 1
DERIVED = 7  # the failure order's code for "derive it from the success order"


def legal_orders(base):
    if base in ("load", "bit_test"):
        return LOAD_ORDERS
    if base == "store":
        return STORE_ORDERS
    return list(ORDERS)


def legal_failures(order):
    """Load orders that rank no higher than the success order: ten pairs in all."""
    return [failure for failure in LOAD_ORDERS if ORDERS[failure] <= ORDERS[order]]


def exists(base, kind):
    if kind == "f":
        return OPCODES[base] < 0x30
    if kind == "bytes":
        return base not in ARITHMETIC + COMPARE_NUMBERS
    return base not in COMPARE_BYTES


def forms(base):
    """(name, what it returns) of each spelling of the operation."""
    if base in FETCH_FORMS:
        return [
            (base, RETURN_NOTHING), (f"fetch_{base}", RETURN_OLD), (f"{base}_fetch", RETURN_NEW),
        ]
    if base == "store" or base in BIT_OPERATIONS:
        return [(base, RETURN_NOTHING)]
    return [(base, RETURN_OLD)]


class Type:
    """A register type. Values are bits: integers from 0 to `max`, whatever the kind."""

    def __init__(self, kind, size):
        self.kind, self.size, self.bits = kind, size, 8 * size
        self.name = f"{kind}{size if kind == 'bytes' else self.bits}"
        self.max = (1 << self.bits) - 1
        self.top = 1 << (self.bits - 1)
        self.code = size.bit_length() - 1 | KINDS[kind] << 3

    def integer(self, bits):
        return bits - (1 << self.bits) if self.kind == "i" and bits & self.top else bits

    def rank(self, bits):
        """What values of this type are compared by: the number, or the bytes as a string."""
        if self.kind == "bytes":
            return bits.to_bytes(self.size, "little")
        return self.integer(bits)

    def text(self, bits):
        if self.kind == "bytes":
            return bits.to_bytes(self.size, "little").hex()
        if self.kind == "f":
            return self.float_text(bits)
        return str(self.integer(bits))

    def float_text(self, bits):
        layout = "<f" if self.size == 4 else "<d"
        data = bits.to_bytes(self.size, "little")
        value = struct.unpack(layout, data)[0]
        if value != value:
            return "NaN"
        if value in (float("inf"), float("-inf")):
            return "inf" if value > 0 else "-inf"
        for digits in range(1, 18):
            text = f"{value:.{digits}g}"
            try:
                if struct.pack(layout, float(text)) == data:
                    return text
            except OverflowError:
                pass  # rounded up beyond the largest
        raise AssertionError(f"{self.name} {bits:x} has no text")

    def slot(self, bits):
        """8 bytes, sign-extended where signed, or 16."""
        if self.size == 16:
            return bits.to_bytes(16, "little")
        return (self.integer(bits) & (1 << 64) - 1).to_bytes(8, "little")


TYPES = [
    Type(kind, size)
    for kind in KINDS
    for size in (1, 2, 4, 8, 16)
    if kind != "f" or size in (4, 8)
]


def run(base, type, value, operand=0, expected=0, index=0):
    """(old, new, success, final): of a bit operation, old and new are the bit."""
    if base in BIT_OPERATIONS:
        bit = value >> index & 1
        after = {"bit_test": bit, "bit_test_set": 1, "bit_test_reset": 0,
                 "bit_test_compl": 1 - bit}[base]
        return bit, after, True, value - (bit << index) + (after << index)
    if base in COMPARE_EXCHANGES:
        new = operand if value == expected else value
        return value, new, value == expected, new
    if base in COMPARE_NUMBERS + COMPARE_BYTES:
        choose = min if base.endswith("min") else max
        new = choose(value, operand, key=type.rank)
        return value, new, True, new
    new = {
        "load": value, "store": operand, "exchange": operand,
        "or": value | operand, "xor": value ^ operand, "and": value & operand,
        "nand": type.max - (value & operand), "andnot": value - (value & operand),
        "not": type.max - value, "add": value + operand, "sub": value - operand,
        "inc": value + 1, "dec": value - 1, "neg": -value,
    }[base] % (type.max + 1)
    return value, new, True, new


def header(opcode, order_or_status, type_code, length, argument=0, last=0):
    return struct.pack(
        "<BBBBIII", opcode, 0, order_or_status, type_code, length | argument << 24, SEQUENCE, last)


def request(base, returns, type_code, order, failure, slots, index=0):
    """The frame by handle; `order` and `failure` are codes, so that illegal ones can be said."""
    body = b"".join(slots)
    order_byte = order | failure << 3 | returns << 6
    return header(OPCODES[base], order_byte, type_code, len(body), index, HANDLE) + body


def reply(base, returns, type, old, new, success):
    status = STATUSES["OK" if success else "MISMATCH"]
    if base in BIT_OPERATIONS:
        return header(OPCODES[base], status, type.code, 0, old)
    if returns == RETURN_NOTHING and success:
        return header(OPCODES[base], status, type.code, 0)
    body = type.slot(new if returns == RETURN_NEW else old)
    return header(OPCODES[base], status, type.code, len(body)) + body
