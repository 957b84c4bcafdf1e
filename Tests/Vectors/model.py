# SPDX-License-Identifier: Apache-2.0
"""What the service promises, said a second time: types, values as text, operations on big
integers and floats, and the frames of `atr/1`. Shares nothing with the Swift sources, so that a
mistake would have to be made twice. Python's standard library only."""

import decimal
import math
import operator
import struct

RETURN_NOTHING, RETURN_OLD, RETURN_NEW = 0, 1, 2

KINDS = {"u": 0, "i": 1, "bytes": 2, "f": 3}
ORDERS = {"relaxed": 0, "acquire": 2, "release": 3, "acq_rel": 4, "seq_cst": 5}
LOAD_ORDERS = ["relaxed", "acquire", "seq_cst"]
STORE_ORDERS = ["relaxed", "release", "seq_cst"]
STATUSES = {
    "OK": 0, "MISMATCH": 1, "OVERFLOW": 3, "TYPE_MISMATCH": 6, "BAD_ORDER": 8, "BAD_OPERAND": 9,
    "UNSUPPORTED": 10,
}
POLICIES = {"wrap": 0, "saturate": 1, "fail": 2}
RELATIONS = {"eq": 0, "ne": 1, "lt": 2, "le": 3, "gt": 4, "ge": 5}
BOUNDS = 0x40  # the flag of a request that carries bounds
MASKED = 1  # the argument of an exchange that carries a mask

OPCODES = {
    "load": 0x20, "store": 0x21, "exchange": 0x22, "cmpxchg_strong": 0x23, "cmpxchg_weak": 0x24,
    "bit_test": 0x30, "bit_test_set": 0x31, "bit_test_reset": 0x32, "bit_test_compl": 0x33,
    "or": 0x38, "xor": 0x39, "and": 0x3A, "not": 0x3B, "nand": 0x3C, "andnot": 0x3D,
    "add": 0x40, "sub": 0x41, "inc": 0x42, "dec": 0x43, "neg": 0x44,
    "min": 0x45, "max": 0x46, "byte_min": 0x48, "byte_max": 0x49,
    "add_unless": 0x4C, "inc_if_not_zero": 0x4D, "dec_if_positive": 0x4E,
}
BIT_OPERATIONS = [name for name, code in OPCODES.items() if code & 0xFC == 0x30]
COMPARE_EXCHANGES = ["cmpxchg_strong", "cmpxchg_weak"]
CONDITIONAL = ["add_unless", "inc_if_not_zero", "dec_if_positive"]
CAN_MISS = COMPARE_EXCHANGES + CONDITIONAL  # so they take a failure order
BITWISE = ["or", "xor", "and", "not", "nand", "andnot"]
ARITHMETIC = ["add", "sub", "inc", "dec", "neg"]
COMPARE_NUMBERS = ["min", "max"]
COMPARE_BYTES = ["byte_min", "byte_max"]
FLOAT_ARITHMETIC = ["add", "sub"]
FETCH_FORMS = BITWISE + ARITHMETIC + COMPARE_NUMBERS + COMPARE_BYTES
TAKE_OPERAND = ["store", "exchange", "add_unless", *(base for base in FETCH_FORMS if base not in (
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
        return OPCODES[base] < 0x30 or base in FLOAT_ARITHMETIC + COMPARE_NUMBERS
    if kind == "bytes":
        return base not in ARITHMETIC + COMPARE_NUMBERS + CONDITIONAL
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
        # The numbers at both ends, of an integer type.
        self.least, self.greatest = self.integer(self.top), self.top - 1
        if kind == "u":
            self.least, self.greatest = 0, self.max
        self.layout = "<f" if size == 4 else "<d"

    def integer(self, bits):
        return bits - (1 << self.bits) if self.kind == "i" and bits & self.top else bits

    def number(self, bits):
        """What values of this type are compared by: the number, or the bytes as a string."""
        data = bits.to_bytes(self.size, "little")
        if self.kind == "bytes":
            return data
        if self.kind == "f":
            return struct.unpack(self.layout, data)[0]
        return self.integer(bits)

    def encode(self, number):
        """The bits of an integer, modulo the width, or of a float, rounded to this precision."""
        if self.kind != "f":
            return number & self.max
        if number != number:
            return 0x7FC00000 if self.size == 4 else 0x7FF8 << 48
        try:
            data = struct.pack(self.layout, number)
        except OverflowError:
            data = struct.pack(self.layout, math.copysign(math.inf, number))
        return int.from_bytes(data, "little")

    def text(self, bits):
        if self.kind == "bytes":
            return bits.to_bytes(self.size, "little").hex()
        if self.kind == "f":
            return self.float_text(bits)
        return str(self.integer(bits))

    def float_text(self, bits):
        value = self.number(bits)
        if math.isnan(value):
            return "NaN"
        if math.isinf(value):
            return "inf" if value > 0 else "-inf"
        for digits in range(17):
            text = f"{value:.{digits}e}"
            if self.encode(float(text)) == bits:
                break
        # An exponent is written where there are zeros to save, or the digits are not all exact.
        plain = 1e-4 <= abs(value) <= 2 ** (24 if self.size == 4 else 53) or value == 0
        return format(decimal.Decimal(text), "f") if plain else text

    def slot(self, bits):
        """8 bytes, sign-extended where signed, or 16."""
        if self.size == 16:
            return bits.to_bytes(16, "little")
        return (self.integer(bits) & (1 << 64) - 1).to_bytes(8, "little")

    def unsigned(self):
        """The type that a mask is written in: its bits have no sign."""
        return Type("u", self.size) if self.kind == "i" else self


TYPES = [
    Type(kind, size)
    for kind in KINDS
    for size in (1, 2, 4, 8, 16)
    if kind != "f" or size in (4, 8)
]


def run(base, type, initial, operand=0, expected=0, index=0, unless=0, mask=None,
        relation="eq", overflow="wrap", low=None, high=None):
    """(old, new, success, final): of a bit operation, old and new are the bit."""
    if base in BIT_OPERATIONS:
        bit = initial >> index & 1
        after = {"bit_test": bit, "bit_test_set": 1, "bit_test_reset": 0,
                 "bit_test_compl": 1 - bit}[base]
        return bit, after, True, initial - (bit << index) + (after << index)
    new = None
    if base in COMPARE_EXCHANGES:
        if holds(type, relation, initial, expected):
            new = operand
    elif base in CONDITIONAL:
        new = stepped(base, type, initial, operand, unless)
    elif base in ARITHMETIC:
        new = calculated(base, type, initial, operand, overflow, low, high)
    elif base in COMPARE_NUMBERS + COMPARE_BYTES:
        new = chosen(base, type, initial, operand)
    elif mask is not None:
        new = initial - (initial & mask) + (operand & mask)
    else:
        new = {
            "load": initial, "store": operand, "exchange": operand,
            "or": initial | operand, "xor": initial ^ operand, "and": initial & operand,
            "nand": type.max - (initial & operand), "andnot": initial - (initial & operand),
            "not": type.max - initial,
        }[base]
    if new is None:
        return initial, initial, False, initial
    return initial, new, True, new


def holds(type, relation, value, expected):
    if relation in ("eq", "ne"):
        return (value == expected) == (relation == "eq")  # by bits, floats too
    return getattr(operator, relation)(type.number(value), type.number(expected))


def stepped(base, type, value, operand, unless):
    """What a conditional operation makes of the value; None where its condition fails."""
    number = type.integer(value)
    if base == "add_unless":
        return None if value == unless else type.encode(number + type.integer(operand))
    if base == "inc_if_not_zero":
        return None if number == 0 else type.encode(number + 1)
    return type.encode(number - 1) if number > 0 else None


def calculated(base, type, value, operand, overflow, low, high):
    """What arithmetic makes of the value; None where the policy is to fail, and it does."""
    number, other = type.number(value), type.number(operand)
    # Two float32 added in double precision and rounded once more are rounded correctly.
    exact = {
        "add": number + other, "sub": number - other, "inc": number + 1, "dec": number - 1,
        "neg": -number,
    }[base]
    if overflow != "wrap":
        bottom = type.least if low is None else type.number(low)
        top = type.greatest if high is None else type.number(high)
        within = min(max(exact, bottom), top)
        if overflow == "fail" and within != exact:
            return None
        exact = within
    return type.encode(exact)


def chosen(base, type, value, operand):
    """The lesser or the greater of the two: of a number and a NaN the number, of two NaNs the
    old value."""
    choose = min if base.endswith("min") else max
    if type.kind != "f":
        return choose(value, operand, key=type.number)
    numbers = [bits for bits in (value, operand) if not math.isnan(type.number(bits))]
    # The sign decides between zeros, which are equal as numbers.
    return choose(numbers, default=value, key=lambda bits: (
        type.number(bits), math.copysign(1, type.number(bits))))


def header(opcode, order_or_status, type_byte, length, argument=0, last=0, flags=0):
    return struct.pack(
        "<BBBBIII", opcode, flags, order_or_status, type_byte, length | argument << 24, SEQUENCE,
        last)


def request(base, returns, type_code, order, failure, slots, argument=0, overflow=0, flags=0):
    """The frame by handle; everything is a code, so that illegal ones can be said. `argument`
    is the bit index, the code of the relation, or MASKED."""
    body = b"".join(slots)
    order_byte = order | failure << 3 | returns << 6
    return header(
        OPCODES[base], order_byte, type_code | overflow << 6, len(body), argument, HANDLE, flags,
    ) + body


def status_name(base, success):
    if success:
        return "OK"
    return "OVERFLOW" if base in ARITHMETIC else "MISMATCH"


def reply(base, returns, type, old, new, success):
    status = STATUSES[status_name(base, success)]
    if base in BIT_OPERATIONS:
        return header(OPCODES[base], status, type.code, 0, old)
    if returns == RETURN_NOTHING and success:
        return header(OPCODES[base], status, type.code, 0)
    body = type.slot(new if returns == RETURN_NEW else old)
    return header(OPCODES[base], status, type.code, len(body)) + body
