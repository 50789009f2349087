"""Sines and cosines: angles are sums, each summand a multiple of a common part, and parts of a full turn are algebraic numbers."""

from __future__ import annotations

from fractions import Fraction
from functools import cache
from typing import TYPE_CHECKING

import sympy as sp

from symcat.prove.field.polynomial import Limit, Poly, constant
from symcat.prove.field.term import ONE, Term, call, number, power, root
from symcat.prove.field.tower import COSINE, SINE, Generator

if TYPE_CHECKING:
    from symcat.prove.field.values import Values

MOST_MULTIPLE = 64
MOST_PRIME = 10**12
Turn = tuple[Poly, Poly]


def turn(values: Values, angle: Poly) -> Turn:
    """Cosine and sine of an angle."""
    result = constant(1), constant(0)
    for c, p, below, label in values.summands(angle):
        one = values.tower.single(p)
        plain = one is not None and not below
        if plain and one.term.op == "pi":
            part = _part_of_a_turn(values, c, label)
        elif plain and one.term.op in INVERSES and c.denominator == 1:
            inner = INVERSES[one.term.op](one.term.args[0])
            part = multiple(values, (values.value(inner[0]), values.value(inner[1])), int(c))
        else:
            part = _kernel(values, c, label)
        result = compose(values, result, part)
    return result


def compose(values: Values, first: Turn, second: Turn) -> Turn:
    """The turn by the sum of two angles."""
    product = values.tower.product
    (a, b), (c, d) = first, second
    return product(a, c) - product(b, d), product(a, d) + product(b, c)


def multiple(values: Values, one: Turn, n: int) -> Turn:
    """The turn by n times an angle."""
    if abs(n) > MOST_MULTIPLE:
        raise Limit(f"the multiple {n} of an angle")
    cosine, sine = one
    one = (cosine, sine if n >= 0 else -sine)
    result = constant(1), constant(0)
    for _ in range(abs(n)):
        result = compose(values, result, one)
    return result


def _kernel(values: Values, c: Fraction, label: Term) -> Turn:
    """A multiple of the common part of an angle, whose cosine and sine are generators."""
    order = values.plan.order(call("cos", label), c.denominator)
    part = label if order == 1 else number(Fraction(1, order)) * label
    cosine = values.tower.generator(("cos", label), Generator(call("cos", part), COSINE))
    sine = values.tower.generator(("sin", label), Generator(call("sin", part), SINE, 2, cosine))
    return multiple(values, (cosine, sine), int(c * order))


def _part_of_a_turn(values: Values, c: Fraction, label: Term) -> Turn:
    """Cosine and sine of c*pi: radicals where c has a denominator that divides 120."""
    c -= 2 * (c.numerator // (2 * c.denominator))
    scaled = c * 120
    if scaled.denominator != 1:
        return _kernel(values, c, label)
    eighths, thirds, fifths = _parts(int(scaled))
    result = constant(1), constant(0)
    while eighths and eighths % 2 == 0 and eighths > 2:
        eighths, quarters = eighths % 2, eighths // 2
        result = compose(values, result, multiple(values, _numbers(values, 4), quarters))
    if eighths == 2:
        result, eighths = compose(values, result, _numbers(values, 4)), 0
    for count, order in ((eighths, 8), (thirds, 3), (fifths, 5)):
        result = compose(values, result, multiple(values, _numbers(values, order), count) if count else (constant(1), constant(0)))
    return result


@cache
def _parts(scaled: int) -> tuple[int, int, int]:
    """Whole numbers with scaled/120 = a/8 + b/3 + c/5 up to multiples of 2."""
    return next((a, b, c) for c in range(10) for b in range(6) for a in range(16) if (15 * a + 40 * b + 24 * c - scaled) % 240 == 0)


def _numbers(values: Values, order: int) -> Turn:
    cosine, sine = BASES[order]
    return values.value(cosine), values.value(sine)


HALF = number(Fraction(1, 2))
QUARTER = number(Fraction(1, 4))
ROOT_2, ROOT_5 = root(number(2), 2), root(number(5), 2)
BASES: dict[int, tuple[Term, Term]] = {
    3: (HALF, HALF * root(number(3), 2)),
    4: (HALF * ROOT_2, HALF * ROOT_2),
    5: (QUARTER * (ONE + ROOT_5), QUARTER * root(number(10) - number(2) * ROOT_5, 2)),
    8: (HALF * root(number(2) + ROOT_2, 2), HALF * root(number(2) - ROOT_2, 2)),
}
INVERSES = {
    "atan": lambda u: (ONE / root(ONE + power(u, 2), 2), u / root(ONE + power(u, 2), 2)),
    "asin": lambda u: (root(ONE - power(u, 2), 2), u),
}


@cache
def primes(c: Fraction) -> tuple[tuple[int, int], ...]:
    """A positive rational as a product of powers of primes; large numbers without small factors stay whole."""
    found: dict[int, int] = {}
    for value, sign in ((c.numerator, 1), (c.denominator, -1)):
        parts = sp.factorint(value, limit=None if value < MOST_PRIME else 1000)
        for prime, count in parts.items():
            found[int(prime)] = found.get(int(prime), 0) + sign * int(count)
    return tuple(sorted((prime, count) for prime, count in found.items() if count and prime > 1))
