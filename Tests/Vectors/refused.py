# SPDX-License-Identifier: Apache-2.0
"""The vectors of requests that are refused and leave the register as it was. Of each, one thing
is wrong, so that no face's order of checks is asked for."""

from model import (
    ARITHMETIC, BIT_OPERATIONS, BOUNDS, CAN_MISS, COMPARE_EXCHANGES, DERIVED, FLOAT_ARITHMETIC,
    MASKED, OPCODES, ORDERS, POLICIES, RETURN_NOTHING, TAKE_OPERAND, TYPES, exists, forms,
    legal_failures, legal_orders, request,
)


def inputs_of(base, type):
    """Wire slots and JSON members of any legal call."""
    if base in COMPARE_EXCHANGES:
        return [type.slot(0), type.slot(1)], {"expected": type.text(0), "desired": type.text(1)}
    if base == "add_unless":
        return [type.slot(1), type.slot(2)], {"operand": type.text(1), "unless": type.text(2)}
    if base in TAKE_OPERAND:
        return [type.slot(1)], {"operand": type.text(1)}
    return [], {"index": 0} if base in BIT_OPERATIONS else {}


def derived(base):
    return DERIVED if base in CAN_MISS else 0


def refusal(name, base, returns, type, status, slug, frame=None, body=None):
    """The line of a request that is refused and leaves the register as it was."""
    line = {
        "op": name, "type": type.name, "initial": type.text(3), "final": type.text(3),
        "status": status,
    }
    if frame is not None:
        arguments = {"order": 5, "failure": 0, "slots": []} | frame
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
        failure = derived(base)
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
    bases = ["store", "cmpxchg_strong", "or" if type.kind != "f" else "exchange"]
    if exists("add_unless", type.kind):
        bases.append("add_unless")
    for base in bases:
        name, returns = forms(base)[0]
        failure = derived(base)
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
                {"argument": index}, {"index": index})
    yield refusal(
        "bit_test", "bit_test", RETURN_NOTHING, type, "BAD_OPERAND", "invalid-index",
        body={"index": 256})


def bad_policy(type, base, slug, frame=None, body=None):
    """A refusal of arithmetic. The three forms are refused alike, so they take turns."""
    name, returns = forms(base)[ARITHMETIC.index(base) % 3]
    slots, members = inputs_of(base, type)
    if frame is not None:
        frame = frame | {"slots": slots + frame.get("slots", [])}
    return refusal(name, base, returns, type, "BAD_OPERAND", slug, frame,
                   None if body is None else members | body)


def refused_policies(type):
    """Policies that do not exist, bounds that nothing asks for, and bounds in part."""
    low, high = type.slot(1), type.slot(5)
    least, most = {"min": type.text(1)}, {"max": type.text(5)}
    for base in ARITHMETIC:
        def bad(*arguments, **body):
            return bad_policy(type, base, *arguments, **body)

        yield bad("invalid-value", {"overflow": 3}, {"overflow": "clamp"})
        yield bad("invalid-value", {"flags": BOUNDS, "slots": [low, high]}, least | most)
        yield bad("invalid-value", body=least)
        yield bad("invalid-value", body=most | {"overflow": "wrap"})
        for policy in ("saturate", "fail"):
            code = {"overflow": POLICIES[policy]}
            # Bounds without their flag, the flag without its bounds, and one bound alone.
            yield bad(None, code | {"slots": [low, high]})
            yield bad(None, code | {"flags": BOUNDS})
            yield bad(None, code | {"flags": BOUNDS, "slots": [low]})
            yield bad("invalid-value", body={"overflow": policy, "min": "one"})


def refused_bounds(type):
    """Bounds that are no values of the type, or the wrong way round."""
    low, high = type.slot(1), type.slot(5)
    # By number: of a signed type, the second pair would be in order by its bits.
    wrong = [(5, 1), (type.encode(type.greatest), type.encode(type.least))]
    for turn, (one, other) in enumerate(wrong * 2):
        policy = "fail" if turn % 2 else "saturate"
        base = ARITHMETIC[(turn + type.size) % len(ARITHMETIC)]
        yield bad_policy(
            type, base, "invalid-value",
            {"overflow": POLICIES[policy], "flags": BOUNDS,
             "slots": [type.slot(one), type.slot(other)]},
            {"overflow": policy, "min": type.text(one), "max": type.text(other)})
    for base in ("sub", "inc"):
        for text in too_large(type):
            for bounds in ({"min": text, "max": type.text(5)}, {"min": type.text(1), "max": text}):
                yield bad_policy(
                    type, base, "value-out-of-range", body={"overflow": "fail"} | bounds)
        for slot in wide_slots(type):
            for slots in ([slot, high], [low, slot]):
                yield bad_policy(
                    type, base, None,
                    {"overflow": POLICIES["fail"], "flags": BOUNDS, "slots": slots})


def refused_masks(type):
    slots, members = inputs_of("exchange", type)

    def bad(slug, frame=None, body=None):
        return refusal("exchange", "exchange", 1, type, "BAD_OPERAND", slug, frame, body)

    mask = type.unsigned()
    slug = "invalid-value" if type.kind == "bytes" else "value-out-of-range"
    for text in too_large(mask):
        yield bad(slug, body=members | {"mask": text})
    # A mask is never sign-extended, so all ones in a signed type's slot are too many.
    for slot in wide_slots(mask):
        yield bad(None, {"argument": MASKED, "slots": slots + [slot]})
    yield bad("invalid-value", body=members | {"mask": "all"})
    yield bad("missing-member", {"argument": MASKED, "slots": [mask.slot(1)]},
              {"mask": mask.text(1)})
    yield bad(None, {"slots": slots + [mask.slot(1)]})
    yield bad(None, {"argument": MASKED, "slots": slots + [mask.slot(1)] * 2})
    for argument in (2, 255):
        yield bad(None, {"argument": argument, "slots": slots + [mask.slot(1)]})


def refused_relations(type):
    for base in COMPARE_EXCHANGES:
        slots, members = inputs_of(base, type)
        for argument, text in ((6, "=="), (7, "EQ"), (255, "")):
            yield refusal(
                base, base, 1, type, "BAD_OPERAND", "invalid-value",
                {"argument": argument, "failure": DERIVED, "slots": slots},
                members | {"relation": text})


def refused_modifiers(type):
    """What an operation takes, given to the others: by HTTP a member that is not known."""
    one = type.slot(1)
    for base in OPCODES:
        if not exists(base, type.kind):
            continue
        name, returns = forms(base)[0]
        slots, members = inputs_of(base, type)

        def bad(frame, body):
            if frame is not None:
                frame = {"failure": derived(base), "slots": slots} | frame
            return refusal(
                name, base, returns, type, "BAD_OPERAND", "unknown-member", frame, members | body)

        if base not in ARITHMETIC:
            yield bad({"overflow": POLICIES["saturate"]}, {"overflow": "saturate"})
            yield bad({"overflow": POLICIES["fail"], "flags": BOUNDS, "slots": slots + [one, one]},
                      {"overflow": "fail", "min": type.text(1), "max": type.text(1)})
            yield bad({"flags": BOUNDS, "slots": slots + [one, one]}, {"min": type.text(1)})
        if base != "exchange":
            takes_argument = base in BIT_OPERATIONS + COMPARE_EXCHANGES
            frame = {"argument": MASKED, "slots": slots + [one]}
            yield bad(None if takes_argument else frame, {"mask": type.text(1)})
        if base not in COMPARE_EXCHANGES:
            takes_argument = base in BIT_OPERATIONS + ["exchange"]
            yield bad(None if takes_argument else {"argument": 1}, {"relation": "ne"})
        if base != "add_unless":
            yield bad({"slots": slots + [one]}, {"unless": type.text(1)})


def refused_on_kind(type):
    """Modifiers of an operation that exists, on a kind that has not got them."""
    def bad(base, frame, body):
        slots, members = inputs_of(base, type)
        name, returns = forms(base)[-1]
        if frame is not None:
            frame |= {"slots": slots + [type.slot(1)] * frame.pop("more", 0)}
        return refusal(name, base, returns, type, "UNSUPPORTED", "unsupported-operation", frame,
                       members | body)

    least = {"min": type.text(1)}
    for base in FLOAT_ARITHMETIC:
        for policy in ("saturate", "fail"):
            yield bad(base, {"overflow": POLICIES[policy]}, {"overflow": policy})
            yield bad(base, {"overflow": POLICIES[policy], "flags": BOUNDS, "more": 2},
                      {"overflow": policy, "max": type.text(1)} | least)
        yield bad(base, None, least)
    yield bad("exchange", {"argument": MASKED, "more": 1}, {"mask": "255"})


def refused():
    for type in TYPES:
        # Orders are refused alike on every width: one integer, one of bytes, one float say it.
        # So are the members and the arguments that an operation does not take.
        if type.name in ("u64", "bytes16", "f32"):
            yield from refused_orders(type)
            yield from refused_modifiers(type)
            yield from refused_relations(type)
        yield from refused_values(type)
        if type.name in ("u64", "i32"):
            yield from refused_policies(type)
        if type.kind in "ui":
            yield from refused_bounds(type)
        if type.kind == "f":
            yield from refused_on_kind(type)
        else:
            yield from refused_indices(type)
            yield from refused_masks(type)
        for base in OPCODES:
            if exists(base, type.kind):
                continue
            for name, returns in forms(base)[:2]:
                slots, members = inputs_of(base, type)
                yield refusal(
                    name, base, returns, type, "UNSUPPORTED", "unsupported-operation",
                    {"slots": slots}, members)
