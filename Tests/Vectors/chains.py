# SPDX-License-Identifier: Apache-2.0
"""The inputs that the vectors run on: what each operation's edges are. Values are bits."""

import math

from model import (
    BIT_OPERATIONS, COMPARE_BYTES, COMPARE_EXCHANGES, COMPARE_NUMBERS, CONDITIONAL,
    FLOAT_ARITHMETIC,
)


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
    if type.kind == "f" and base in FLOAT_ARITHMETIC:
        # A difference has the edges of a sum whose second part changes sign.
        sign = -1 if base == "sub" else 1
        return [(type.encode(a), type.encode(sign * b)) for a, b in float_sums(type)]
    if type.kind == "f":
        return [(type.encode(a), type.encode(b)) for a, b in float_comparisons(type)]
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


def float_marks(type):
    """(largest, smallest normal, smallest subnormal, distance from 1 to the next) as numbers."""
    fraction, exponents = (23, 127) if type.size == 4 else (52, 1023)
    step = 2.0 ** -fraction
    normal = 2.0 ** (1 - exponents)
    return (2 - step) * 2.0 ** exponents, normal, normal * step, step


def float_sums(type):
    largest, normal, subnormal, step = float_marks(type)
    inf, nan, half = math.inf, math.nan, largest / (2 - step) * step / 2
    return [
        (1, 1), (0.1, 0.2), (1, -0.1), (0.75, -1.5), (1e10, 1e-10), (3, -3),
        # Halfway between two neighbours: to the even one, down and up; then just beside halfway.
        (1, step / 2), (1 + step, step / 2), (1, step / 2 * (1 + step)), (-1, -step / 2),
        (1, -step / 4), (1, -step / 4 * (1 + step)), (1 / step, 0.5), (1 / step, 1.5),
        # At the largest: below half a step beyond it, which is nothing; half, which is inf; more.
        (largest, 1), (largest, half * (1 - step / 2)), (largest, half), (-largest, -half),
        (largest, largest), (-largest, -largest), (largest, -largest),
        (inf, 1), (-largest, inf), (inf, inf), (inf, -inf), (-inf, inf), (-inf, -inf),
        (nan, 1), (1, nan), (nan, nan), (nan, inf), (-inf, nan),
        (0.0, 0.0), (0.0, -0.0), (-0.0, 0.0), (-0.0, -0.0), (-0.0, subnormal),
        # Subnormals are exact: up to the smallest normal, and down from it.
        (subnormal, subnormal), (subnormal, -subnormal), (normal - subnormal, subnormal),
        (normal, -subnormal), (-normal, subnormal), (1, subnormal),
    ]


def float_comparisons(type):
    largest, normal, subnormal, step = float_marks(type)
    inf, nan = math.inf, math.nan
    return [
        (1, 1), (1, 2), (2, 1), (-1, 1), (1, -1), (-1, -2), (-2, -1), (1, 1 + step),
        (-1, -1 - step), (0.0, 0.0), (0.0, -0.0), (-0.0, 0.0), (-0.0, -0.0), (subnormal, 0.0),
        (-0.0, subnormal), (-subnormal, -0.0), (normal, subnormal), (largest, inf),
        (inf, largest), (-inf, -largest), (-inf, inf), (inf, inf), (nan, 1), (1, nan),
        (nan, nan), (nan, inf), (inf, nan), (-inf, nan), (nan, -inf), (nan, 0.0), (-0.0, nan),
    ]


def conditional_inputs(base, type):
    values = edges(type)
    if base != "add_unless":
        return [{"initial": value} for value in [*values, type.max - 1, 2]]
    top, most = type.top, type.max
    # The sum may be what the value was not to be, or may wrap; adding nothing is still adding.
    added = [(0, 1, most), (most, 1, 0), (top - 1, 1, top), (3, 0, 5), (0, most, 1),
             (top, most, most), (most, most, most - 1), (1, top, top + 1)]
    return [
        {"initial": a, "operand": b, "unless": c}
        for a, b, c in added + [(value, 1, value) for value in values] + [(7, 0, 7)]]


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
    if base in CONDITIONAL:
        return conditional_inputs(base, type)
    if base == "not":
        return [{"initial": value} for value in values]
    if base in ("inc", "dec", "neg"):
        return [
            {"initial": value}
            for value in (0, 1, type.top - 1, type.top, type.max - 1, type.max)]
    return [{"initial": a, "operand": b} for a, b in operand_pairs(base, type)]


def bounded_chain(base, type):
    """Inputs of arithmetic with a policy: every result that is on an end, or one past it."""
    least, greatest = type.least, type.greatest
    low, high = (-10, 10) if least < 0 else (5, 20)
    takes_operand = base in ("add", "sub")

    def fits(*numbers):
        return all(least <= number <= greatest for number in numbers)

    def start(result, operand):
        """The value of which `base` makes `result`."""
        return {"add": result - operand, "sub": result + operand, "inc": result - 1,
                "dec": result + 1, "neg": -result}[base]

    cases = []  # (initial, operand, low, high) as numbers
    targets = [  # (low, high, results at the low end, results at the high end)
        (None, None, (least - 1, least), (greatest, greatest + 1)),
        (low, high, (low - 1, low), (high, high + 1)),
        (None, high, (), (high, high + 1)), (low, None, (low - 1, low), ()), (7, 7, (6, 7), (8,)),
    ]
    for bottom, top, at_low, at_high in targets:
        for result in at_low + at_high:
            # A step of one towards the end, or away from it where no number has that sign.
            step = 1 if (result in at_high) == (base != "sub") or least == 0 else -1
            cases.append((start(result, step), step if takes_operand else 0, bottom, top))
    # From outside the bounds: staying there, and back inside.
    for outside, inside in ((high + 3, high - 2), (low - 3, low + 2)):
        back = inside - outside if base == "add" else outside - inside
        cases += [(outside, 0, low, high), (outside, back, low, high)]
    # The ends of the type, as value, as operand and as bounds.
    for a in (least, 0, greatest):
        cases += [(a, b, None, None) for b in ((least, greatest) if takes_operand else (0,))]
    cases += [(greatest, least, low, high), (least, greatest, least, high),
              (0, least, low, greatest), (0, greatest, low, high), (1, least, least, high)]
    inputs = []
    for initial, operand, bottom, top in cases:
        if not fits(initial, operand):
            continue
        one = {"initial": initial, "operand": operand, "low": bottom, "high": top}
        if not takes_operand:
            del one["operand"]
        one = {key: type.encode(value) for key, value in one.items() if value is not None}
        if one not in inputs:
            inputs.append(one)
    return inputs


def related_chain(type):
    """(value, expected) below, equal and above, and where only the kind says which it is."""
    top, most = type.top, type.max
    if type.kind == "f":
        inf, nan = math.inf, math.nan
        numbers = [
            (1.5, 1.5), (1, 2), (2, 1), (-2, -1), (-1, 1), (0.0, -0.0), (-0.0, 0.0), (inf, inf),
            (-inf, inf), (nan, 1), (1, nan), (nan, nan), (nan, inf)]
        pairs = [(type.encode(a), type.encode(b)) for a, b in numbers]
    elif type.kind == "bytes":
        last = 1 << type.bits - 8
        pairs = [(0x55, 0x55), (0x7F, 0x80), (0x80, 0x7F), (most - last, most),
                 (2 * last, last + 1)]
    else:
        pairs = [(5, 5), (3, 5), (5, 3), (top - 1, top), (top, top - 1), (most, 0)]
    desired = type.encode(7.5) if type.kind == "f" else 0x2A
    return [{"initial": a, "expected": b, "operand": desired} for a, b in pairs]


def masked_chain(type):
    """Exchanges through masks of no bit, every bit, one byte, and single bits."""
    most, byte = type.max, 0xFF << 8 * (type.size // 2)
    stripes = 0x55 * (most // 255)
    return [
        {"initial": a, "operand": b, "mask": mask}
        for a, b, mask in (
            (stripes, most, 0), (stripes, 0x0F * (most // 255), most), (0, most, byte & most),
            (most, 0, byte & most), (stripes, most - stripes, 0xFF << 8 * (type.size - 1)),
            (0, most, 1), (most, 0, 1), (0, type.top, type.top), (most, 0, type.top),
            (0, most, stripes), (most, stripes, most - stripes))]
