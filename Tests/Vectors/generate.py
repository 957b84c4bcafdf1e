#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes operations.jsonl, the one file that drives the tests of every face of the service.

    generate.py            writes the file beside this script
    generate.py --check    exits 1 if the file is not what would be written

One JSON object a line; members that say nothing are left out:
  op, type, order, failure_order (left out = derived)    what is asked
  operand (of cmpxchg the desired value), expected, index
  initial, final                                         the register before and after
  old, new, success                                      what the operation found and left;
                                                         of a bit operation, the bit; a store
                                                         finds nothing
  status                                                 of the reply on the wire
  request_hex, reply_hex                                 whole frames, handle 7, sequence 1;
                                                         a refusal's reply has a free text, so
                                                         only its status is told
  http_body, http_reply                                  of POST /v1/registers/NAME/OP
  http_status, http_slug                                 of a refusal
Values are text as in the HTTP interface: decimal, hexadecimal in memory order for bytes,
shortest round trip for floats. A refusal lacks the half (frame or body) that cannot say it.
"""

import json
import pathlib
import sys

from model import (
    BIT_OPERATIONS, COMPARE_BYTES, COMPARE_EXCHANGES, COMPARE_NUMBERS, DERIVED, OPCODES, ORDERS,
    RETURN_NOTHING, TAKE_OPERAND, TYPES, exists, forms, legal_failures, legal_orders, reply,
    request, run,
)

FILE = pathlib.Path(__file__).with_name("operations.jsonl")


def vector(name, base, returns, type, order, initial, failure=None, **inputs):
    """The line of an operation that runs. `inputs`: operand, expected, index."""
    old, new, success, final = run(base, type, initial, **inputs)
    index = inputs.get("index")
    values = {key: type.text(inputs[key]) for key in ("operand", "expected") if key in inputs}
    text = str if base in BIT_OPERATIONS else type.text
    slots = [type.slot(inputs[key]) for key in ("expected", "operand") if key in inputs]
    failure_code = 0
    if base in COMPARE_EXCHANGES:
        failure_code = ORDERS[failure] if failure else DERIVED

    body = dict(values)
    if "expected" in body:
        body = {"expected": body["expected"], "desired": body["operand"]}
    answer = {"op": name}
    if base in BIT_OPERATIONS:
        body["index"] = index
        answer |= {"index": index, "old_bit": bool(old)}
        if base != "bit_test":
            answer["new_bit"] = bool(new)
    elif base in ("load", "store"):
        answer["value"] = text(new)
    else:
        if base in COMPARE_EXCHANGES:
            answer["success"] = success
        answer |= {"old": text(old), "new": text(new)}
    body["order"] = order
    if failure:
        body["failure_order"] = failure
    line = {
        "op": name, "type": type.name, "order": order, "failure_order": failure,
        "initial": type.text(initial), **values, "index": index,
        "old": None if base == "store" else text(old), "new": text(new), "success": success,
        "final": type.text(final), "status": "OK" if success else "MISMATCH",
        "request_hex": request(
            base, returns, type.code, ORDERS[order], failure_code, slots, index or 0).hex(),
        "reply_hex": reply(base, returns, type, old, new, success).hex(),
        "http_body": body, "http_reply": answer,
    }
    return {key: value for key, value in line.items() if value is not None}


def edges(type):
    """Values where carries, signs and single bits change."""
    if type.kind == "f":
        # 0, 1, -1.5, 0.1, the largest, the smallest subnormal, -0, inf, -inf, NaN
        return {
            4: [0, 0x3F800000, 0xBFC00000, 0x3DCCCCCD, 0x7F7FFFFF, 1, 0x80000000, 0x7F800000,
                0xFF800000, 0x7FC00000],
            8: [0, 0x3FF << 52, 0xBFF8 << 48, 0x3FB999999999999A, 0x7FEFFFFFFFFFFFFF, 1, 1 << 63,
                0x7FF << 52, 0xFFF << 52, 0x7FF8 << 48],
        }[type.size]
    return [0, type.max, 1, type.top, type.top - 1, 0x55 * (type.max // 255)]


def operand_pairs(base, type):
    """(initial, operand) of the operations that combine two values."""
    top, most = type.top, type.max
    if base == "add":
        return [(0, 0), (0, 1), (0, most), (1, 1), (1, most), (2, most), (most, most),
                (most - 1, 1), (most, 1), (top - 1, 1), (top, top), (top, most)]
    if base == "sub":
        return [(0, 0), (0, 1), (0, most), (1, 1), (1, 2), (1, most), (most, 1), (most, most),
                (most - 1, most), (top, 1), (top - 1, most), (0, top)]
    if base in COMPARE_NUMBERS:
        # Equal, both ways round, and across the sign, where the unsigned order is another.
        return [(0, 0), (0, 1), (1, 0), (0, most), (most, 0), (top - 1, top), (top, top - 1),
                (top, most), (most, top), (most - 1, most)]
    if base in COMPARE_BYTES:
        # The last byte in memory decides last, though it is the highest of the number.
        last = 1 << type.bits - 8
        return [(0, 0), (0, most), (most, 0), (1, last), (last, 1), (most - last, most),
                (0x7F, 0x80), (0x80, 0x7F), (2 * last, last + 1), (last, 2 * last)]
    single = 1 << type.bits // 2
    return [(0, 0), (0, most), (most, 0), (most, most), (0, single), (most - single, single),
            (most, most - 1), (top, top), (0x55 * (most // 255), 0x0F * (most // 255))]


def chain(base, type):
    """The inputs of `base` at one order: what each operation's edges are."""
    values = edges(type)
    following = values[1:] + values[:1]
    if base == "load":
        return [{"initial": value} for value in values]
    if base in ("store", "exchange"):
        return [{"initial": a, "operand": b} for a, b in zip(values, following)]
    if base in COMPARE_EXCHANGES:
        matching = [{"initial": a, "expected": a, "operand": b} for a, b in zip(values, following)]
        return matching + [
            {"initial": a, "expected": b, "operand": b} for a, b in zip(values, following)]
    if base in BIT_OPERATIONS:
        return [
            {"initial": value, "index": index}
            for value in (0, type.max)
            for index in (0, 1, type.bits // 2, type.bits - 1)]
    if base == "not":
        return [{"initial": value} for value in values]
    if base in ("inc", "dec", "neg"):
        return [
            {"initial": value}
            for value in (0, 1, type.top - 1, type.top, type.max - 1, type.max)]
    return [{"initial": a, "operand": b} for a, b in operand_pairs(base, type)]


def order_pairs(base):
    for order in legal_orders(base):
        yield order, None
        if base in COMPARE_EXCHANGES:
            for failure in legal_failures(order):
                yield order, failure


def running():
    """Each operation × type: every order with one input, every input with one order."""
    for type in TYPES:
        for base in OPCODES:
            if not exists(base, type.kind):
                continue
            inputs = chain(base, type)
            # The form that returns the old value stands for the others, which get a few each.
            name, returns = forms(base)[len(forms(base)) // 2]
            for turn, (order, failure) in enumerate(order_pairs(base)):
                yield vector(name, base, returns, type, order, failure=failure,
                             **inputs[turn % len(inputs)])
                if base in COMPARE_EXCHANGES:
                    mismatch = inputs[len(inputs) // 2 + turn % (len(inputs) // 2)]
                    yield vector(name, base, returns, type, order, failure=failure, **mismatch)
            for turn, one in enumerate(inputs):
                order = legal_orders(base)[turn % len(legal_orders(base))]
                yield vector(name, base, returns, type, order, **one)
            for other, returns in forms(base):
                if other == name:
                    continue
                for turn, one in enumerate(inputs[1::3]):
                    order = legal_orders(base)[(turn + 1) % len(legal_orders(base))]
                    yield vector(other, base, returns, type, order, **one)


def inputs_of(base, type):
    """Wire slots and JSON members of any legal call."""
    if base in COMPARE_EXCHANGES:
        return [type.slot(0), type.slot(1)], {"expected": type.text(0), "desired": type.text(1)}
    if base in TAKE_OPERAND:
        return [type.slot(1)], {"operand": type.text(1)}
    return [], {"index": 0} if base in BIT_OPERATIONS else {}


def refusal(name, base, returns, type, status, slug, frame=None, body=None):
    """The line of a request that is refused and leaves the register as it was."""
    line = {
        "op": name, "type": type.name, "initial": type.text(3), "final": type.text(3),
        "status": status,
    }
    if frame is not None:
        arguments = {"order": 5, "failure": 0, "slots": [], "index": 0} | frame
        line["request_hex"] = request(base, returns, type.code, **arguments).hex()
    if body is not None:
        line |= {"http_body": body, "http_status": 400, "http_slug": slug}
    return line


def refused_orders(type):
    for base in OPCODES:
        if not exists(base, type.kind):
            continue
        name, returns = forms(base)[0]
        slots, members = inputs_of(base, type)
        failure = DERIVED if base in COMPARE_EXCHANGES else 0
        codes = {**ORDERS, "consume": 1}
        for order in codes:
            if order not in legal_orders(base):
                yield refusal(
                    name, base, returns, type, "BAD_ORDER", "invalid-order",
                    {"order": codes[order], "failure": failure, "slots": slots},
                    members | {"order": order})
        for order in ORDERS if failure else []:
            for other in codes:
                if other not in legal_failures(order):
                    yield refusal(
                        name, base, returns, type, "BAD_ORDER", "invalid-order",
                        {"order": ORDERS[order], "failure": codes[other], "slots": slots},
                        members | {"order": order, "failure_order": other})
        if not failure:
            yield refusal(
                name, base, returns, type, "BAD_ORDER", "unknown-member",
                {"failure": ORDERS["acquire"], "slots": slots},
                members | {"failure_order": "acquire"})


def too_large(type):
    """Texts of values that do not fit."""
    if type.kind == "bytes":
        return ["00" * (type.size + 1), "00" * (type.size - 1) + "0"]
    if type.kind == "f":
        return ["1e39" if type.size == 4 else "1e309", "-1e400"]
    if type.kind == "u":
        return [str(type.max + 1), "-1", hex(type.max + 1)]
    return [str(type.top), str(-type.top - 1), hex(type.max)]


def wide_slots(type):
    """Slots of 8 bytes that are no extension of a value of the type."""
    if type.size >= 8:
        return []
    words = [1 << type.bits, 1 << 63]
    # A negative number that is zero-extended, or a positive one that is sign-extended.
    words.append(type.max if type.kind == "i" else (1 << 64) - 1)
    return [word.to_bytes(8, "little") for word in words]


def refused_values(type):
    slug = "invalid-value" if type.kind == "bytes" else "value-out-of-range"
    for base in ("store", "cmpxchg_strong", "or" if type.kind != "f" else "exchange"):
        name, returns = forms(base)[0]
        failure = DERIVED if base in COMPARE_EXCHANGES else 0
        _, members = inputs_of(base, type)
        for text in too_large(type):
            for member in members:
                yield refusal(
                    name, base, returns, type, "BAD_OPERAND", slug, body=members | {member: text})
        for slot in wide_slots(type):
            good = type.slot(1)
            for slots in ([slot, good], [good, slot]) if failure else ([slot],):
                yield refusal(
                    name, base, returns, type, "BAD_OPERAND", slug,
                    {"failure": failure, "slots": slots})
        for slots in ([], [type.slot(1)] * 3):
            yield refusal(
                name, base, returns, type, "BAD_OPERAND", slug,
                {"failure": failure, "slots": slots})
        missing = list(members)[0]
        yield refusal(
            name, base, returns, type, "BAD_OPERAND", "missing-member",
            body={key: value for key, value in members.items() if key != missing})
    yield refusal(
        "load", "load", 1, type, "BAD_OPERAND", "unknown-member", {"slots": [type.slot(1)]},
        {"operand": type.text(1)})


def refused_indices(type):
    for base in BIT_OPERATIONS:
        for index in (type.bits, 255):
            yield refusal(
                base, base, RETURN_NOTHING, type, "BAD_OPERAND", "invalid-index",
                {"index": index}, {"index": index})
    yield refusal(
        "bit_test", "bit_test", RETURN_NOTHING, type, "BAD_OPERAND", "invalid-index",
        body={"index": 256})


def refused():
    for type in TYPES:
        # Orders are refused alike on every width: one integer, one of bytes, one float say it.
        if type.name in ("u64", "bytes16", "f32"):
            yield from refused_orders(type)
        yield from refused_values(type)
        if type.kind != "f":
            yield from refused_indices(type)
        for base in OPCODES:
            if exists(base, type.kind):
                continue
            for name, returns in forms(base)[:2]:
                slots, members = inputs_of(base, type)
                yield refusal(
                    name, base, returns, type, "UNSUPPORTED", "unsupported-operation",
                    {"slots": slots}, members)


def main():
    lines = []
    for line in [*running(), *refused()]:
        text = json.dumps(line, separators=(",", ":")) + "\n"
        lines.append(text)
    lines = list(dict.fromkeys(lines))  # an order's turn may repeat a chain's
    written = "".join(lines)
    if "--check" in sys.argv[1:]:
        if not FILE.exists() or FILE.read_text() != written:
            print(f"{FILE} is not what {sys.argv[0]} writes; run it", file=sys.stderr)
            return 1
        return 0
    FILE.write_text(written)
    print(f"{len(lines)} vectors, {len(written)} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
