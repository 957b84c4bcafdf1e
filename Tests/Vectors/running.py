# SPDX-License-Identifier: Apache-2.0
"""The vectors of operations that run: what is asked, what comes of it, and both replies."""

from chains import bounded_chain, chain, masked_chain, related_chain
from model import (
    ARITHMETIC, BIT_OPERATIONS, BITWISE, BOUNDS, CAN_MISS, COMPARE_EXCHANGES, CONDITIONAL,
    DERIVED, MASKED, OPCODES, ORDERS, POLICIES, RELATIONS, TYPES, exists, forms, legal_failures,
    legal_orders, reply, request, run, status_name,
)


def texts(type, inputs):
    """The inputs as members of a line."""
    values = {key: type.text(inputs[key]) for key in ("operand", "expected", "unless")
              if key in inputs}
    if "mask" in inputs:
        values["mask"] = type.unsigned().text(inputs["mask"])
    values |= {key: inputs[key] for key in ("relation", "overflow") if key in inputs}
    for key, member in (("low", "min"), ("high", "max")):
        if key in inputs:
            values[member] = type.text(inputs[key])
    return values


def frame_of(base, returns, type, order, failure, inputs):
    slots = [type.slot(inputs[key]) for key in ("expected", "operand", "unless") if key in inputs]
    argument, flags, failure_code = inputs.get("index", 0), 0, 0
    if "mask" in inputs:
        slots.append(type.unsigned().slot(inputs["mask"]))
        argument = MASKED
    if "relation" in inputs:
        argument = RELATIONS[inputs["relation"]]
    if "low" in inputs or "high" in inputs:
        # Both are always there: a bound that is not given is the type's own.
        flags = BOUNDS
        slots.append(type.slot(inputs.get("low", type.encode(type.least))))
        slots.append(type.slot(inputs.get("high", type.encode(type.greatest))))
    if base in CAN_MISS:
        failure_code = ORDERS[failure] if failure else DERIVED
    return request(base, returns, type.code, ORDERS[order], failure_code, slots, argument,
                   POLICIES[inputs.get("overflow", "wrap")], flags)


def vector(name, base, returns, type, order, initial, failure=None, spelt=None, **inputs):
    """The line of an operation that runs. `inputs` are what `run` takes; `spelt` are members of
    the HTTP body that are written another way than the line's."""
    old, new, success, final = run(base, type, initial, **inputs)
    index = inputs.get("index")
    values = texts(type, inputs)
    text = str if base in BIT_OPERATIONS else type.text

    body = dict(values)
    if "expected" in body:
        body |= {"desired": body.pop("operand")}
    answer = {"op": name}
    if base in BIT_OPERATIONS:
        body["index"] = index
        answer |= {"index": index, "old_bit": bool(old)}
        if base != "bit_test":
            answer["new_bit"] = bool(new)
    elif base in ("load", "store"):
        answer["value"] = text(new)
    else:
        if base in CAN_MISS:
            answer["success"] = success
        answer |= {"old": text(old), "new": text(new)}
    body["order"] = order
    if failure:
        body["failure_order"] = failure
    status = status_name(base, success)
    line = {
        "op": name, "type": type.name, "order": order, "failure_order": failure,
        "initial": type.text(initial), **values, "index": index,
        "old": None if base == "store" else text(old), "new": text(new), "success": success,
        "final": type.text(final), "status": status,
        "request_hex": frame_of(base, returns, type, order, failure, inputs).hex(),
        "reply_hex": reply(base, returns, type, old, new, success).hex(),
        "http_body": body | (spelt or {}),
    }
    if status == "OVERFLOW":
        line |= {"http_status": 409, "http_slug": "out-of-bounds", "http_value": text(old)}
    else:
        line["http_reply"] = answer
    return {key: value for key, value in line.items() if value is not None}


def order_pairs(base):
    for order in legal_orders(base):
        yield order, None
        if base in CAN_MISS:
            for failure in legal_failures(order):
                yield order, failure


def plain(base, type):
    """Every order with one input, every input with one order."""
    inputs = chain(base, type)
    hits = [one for one in inputs if run(base, type, **one)[2]]
    misses = [one for one in inputs if one not in hits]
    # The form that returns the old value stands for the others, which get a few each.
    name, returns = forms(base)[len(forms(base)) // 2]
    for turn, (order, failure) in enumerate(order_pairs(base)):
        chosen = [inputs[turn % len(inputs)]]
        if base in CONDITIONAL:
            # A hit and a miss in turn: each order has several failure orders, so it meets both.
            side = misses if turn % 2 else hits
            chosen = [side[turn // 2 % len(side)]]
        elif misses:
            chosen.append(misses[turn % len(misses)])
        for one in chosen:
            yield vector(name, base, returns, type, order, failure=failure, **one)
    for turn, one in enumerate(inputs):
        order = legal_orders(base)[turn % len(legal_orders(base))]
        yield vector(name, base, returns, type, order, **one)
    for other, returns in forms(base):
        if other == name:
            continue
        for turn, one in enumerate(inputs[1::3]):
            order = legal_orders(base)[(turn + 1) % len(legal_orders(base))]
            yield vector(other, base, returns, type, order, **one)


def bounded(base, type):
    """Arithmetic with an overflow policy, in all three forms."""
    orders = list(ORDERS)
    inputs = bounded_chain(base, type)
    if type.size in (2, 4):
        inputs = inputs[type.size // 4::2]  # between them, the two middle widths take each
    for policy in ("saturate", "fail"):
        name, returns = forms(base)[1]
        for turn, one in enumerate(inputs):
            yield vector(name, base, returns, type, orders[turn % 5], overflow=policy, **one)
        for turn, one in enumerate(inputs[::4]):
            name, returns = forms(base)[0 if turn % 2 else 2]
            yield vector(name, base, returns, type, orders[turn % 5], overflow=policy, **one)
    # To wrap is what happens anyway, so the frame does not tell that it was said.
    name, returns = forms(base)[1]
    for one in chain(base, type)[-2:]:
        yield vector(name, base, returns, type, "seq_cst", overflow="wrap", **one)


def related(base, type):
    """Compare-exchanges with each relation, on every order pair in turn."""
    name, returns = forms(base)[0]
    pairs = list(order_pairs(base))
    turn = 0
    inputs = related_chain(type)
    if base == "cmpxchg_weak" and type.kind != "f":
        inputs = inputs[:3]
    for relation in RELATIONS:
        for one in inputs:
            order, failure = pairs[turn % len(pairs)]
            turn += 1
            yield vector(name, base, returns, type, order, failure=failure, relation=relation,
                         **one)


def masked(type):
    """Exchanges with a mask: every order with one input, every input with one order."""
    inputs, orders = masked_chain(type), list(ORDERS)
    for turn in range(max(len(inputs), len(orders))):
        one, order = inputs[turn % len(inputs)], orders[turn % len(orders)]
        yield vector("exchange", "exchange", 1, type, order, **one)
        if turn % 4 == 1 and type.kind != "bytes":
            yield vector("exchange", "exchange", 1, type, order,
                         spelt={"mask": hex(one["mask"])}, **one)


def single_bits(type):
    """Every bit alone. Where the words are wide, the operations share the bits among them."""
    for turn, base in enumerate(BIT_OPERATIONS):
        orders = legal_orders(base)
        for index in range(type.bits):
            if type.bits > 64 and index % len(BIT_OPERATIONS) != turn:
                continue
            for initial in (0, type.max):
                yield vector(base, base, 0, type, orders[index % len(orders)], initial, index=index)
    for turn, base in enumerate(BITWISE):
        name, returns = forms(base)[2]
        for index in range(type.bits):
            if type.bits > 32 and index % len(BITWISE) != turn:
                continue
            bit = 1 << index
            # A bit shows what or and xor do among clear ones, what the rest do among set ones.
            one = {"initial": 0 if base in ("or", "xor") else type.max, "operand": bit}
            if base == "not":
                one = {"initial": bit}
            yield vector(name, base, returns, type, list(ORDERS)[index % 5], **one)


def running():
    for type in TYPES:
        for base in OPCODES:
            if not exists(base, type.kind):
                continue
            yield from plain(base, type)
            if base in COMPARE_EXCHANGES:
                yield from related(base, type)
            if base in ARITHMETIC and type.kind != "f":
                yield from bounded(base, type)
            if base == "exchange" and type.kind != "f":
                yield from masked(type)
        if type.kind == "u":
            yield from single_bits(type)
