"""Ranges: intervals with rational ends in which an expression lies, by its form and by conditions on its parts.

Everything holds at the points at which an expression is defined: a division by something that may be 0 is no obstacle, since it
is for others to ask for its domain.  Powers with a base in [0, 1) and a positive exponent of any form, as in 1 - b^t, are
among the forms; these are why intervals come before polynomials.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache, reduce

import sympy as sp

from symcat.category import functions as fn
from symcat.prove.inequality.cells import Condition

DEEPEST = 60
HIGHEST = 64
LARGEST = 120
End = tuple[Fraction | None, bool]      # None is infinite; whether the end belongs to the interval


@dataclass(frozen=True)
class Range:
    """From `low` to `high`.

    >>> print(Range((Fraction(0), True), (Fraction(1), False)) * Range((Fraction(-2), False), (None, False)))
    (-2, oo)
    """

    low: End = (None, False)
    high: End = (None, False)

    def __str__(self) -> str:
        (a, closed), (b, shut) = self.low, self.high
        return f"{'[' if closed else '('}{'-oo' if a is None else a}, {'oo' if b is None else b}{']' if shut else ')'}"

    def __neg__(self) -> Range:
        return Range(*((None if v is None else -v, closed) for v, closed in (self.high, self.low)))

    def __add__(self, other: Range) -> Range:
        ends = zip((self.low, self.high), (other.low, other.high), strict=True)
        return Range(*((None, False) if a is None or b is None else (a + b, c and d) for (a, c), (b, d) in ends))

    def __mul__(self, other: Range) -> Range:
        products = [_times(a, b) for a in ((-1, *self.low), (1, *self.high)) for b in ((-1, *other.low), (1, *other.high))]
        return Range(_least(products), _least([(-side, v if v is None else -v, closed) for side, v, closed in products], flip=True))

    def meets(self, relation: str) -> bool:
        """Whether all members are >0, >=0, !=0 or =0."""
        low, closed = self.low
        above = low is not None and (low > 0 or (low == 0 and not closed))
        if relation == ">0":
            return above
        if relation == ">=0":
            return low is not None and low >= 0
        if relation == "!=0":
            return above or (-self).meets(">0")
        return self == POINT

    def within(self, other: Range) -> Range:
        """The members that both have; an end is kept of the one that says more."""
        low = max(self.low, other.low, key=lambda end: (end[0] is not None, end[0] or 0, not end[1]))
        return Range(low, (-Range(_tighter((-self).low, (-other).low))).high)

    def hull(self, other: Range) -> Range:
        """The least interval with the members of both."""
        low = _looser(self.low, other.low)
        return Range(low, (-Range(_looser((-self).low, (-other).low))).high)


ALL, POINT = Range(), Range((Fraction(0), True), (Fraction(0), True))
NONNEGATIVE, POSITIVE = Range((Fraction(0), True)), Range((Fraction(0), False))
UNIT, OPEN_UNIT = Range((Fraction(0), True), (Fraction(1), True)), Range((Fraction(0), False), (Fraction(1), False))
FROM_ONE, ABOVE_ONE = Range((Fraction(1), True)), Range((Fraction(1), False))
SIGNED, OPEN_SIGNED = Range((Fraction(-1), True), (Fraction(1), True)), Range((Fraction(-1), False), (Fraction(1), False))
KNOWN = {">0": POSITIVE, ">=0": NONNEGATIVE, "=0": POINT}


def _tighter(a: End, b: End) -> End:
    return max(a, b, key=lambda end: (end[0] is not None, end[0] or 0, not end[1]))


def _looser(a: End, b: End) -> End:
    if a[0] is None or b[0] is None:
        return (None, False)
    return min(a, b, key=lambda end: (end[0], not end[1]))


def _times(a: tuple[int, Fraction | None, bool], b: tuple[int, Fraction | None, bool]) -> tuple[int, Fraction | None, bool]:
    """The product of two ends, each with the side that it is infinite on; 0 times infinite is 0."""
    (s, u, c), (t, v, d) = a, b
    if u == 0 or v == 0:
        return 0, Fraction(0), (u == 0 and c) or (v == 0 and d)
    if u is None or v is None:
        return (s if u is None else 1 if u > 0 else -1) * (t if v is None else 1 if v > 0 else -1), None, False
    return 0, u * v, c and d


def _least(ends: Sequence[tuple[int, Fraction | None, bool]], flip: bool = False) -> End:
    """The lowest of some ends, or with `flip` the highest, given with signs turned."""
    if any(v is None and side < 0 for side, v, _ in ends):
        return None, False
    value, closed = min(((v, not closed) for _, v, closed in ends if v is not None))
    return (-value if flip else value), not closed


class Ranges:
    """What conditions say, and what follows for expressions.

    >>> b, t = sp.symbols("b t", real=True)
    >>> ranges = Ranges([(b, ">=0"), (1 - b, ">0"), (t - 1, ">=0")])
    >>> print(ranges.of(1 - b**t), ranges.shows(1 - b**t, "!=0"))
    (0, 1] True
    """

    def __init__(self, conditions: Sequence[Condition]) -> None:
        self.known: dict[sp.Expr, Range] = {}
        self.apart: set[sp.Expr] = set()
        self.memo: dict[sp.Expr, Range] = {}
        for e, relation in conditions:
            self.learn(e, relation)

    def learn(self, e: sp.Expr, relation: str) -> None:
        """Enter a condition: about the one term that is no number, times its factor; or about the sum as a whole."""
        self.memo.clear()
        form, factor = normal(e)
        if relation == "!=0":
            self.apart.add(form)
            return
        shift, rest = form.as_coeff_Add()
        found = KNOWN[relation] if factor > 0 else -KNOWN[relation]
        if rest.is_number or not shift.is_Rational:
            return
        number = Fraction(int(shift.p), int(shift.q))
        found = found + Range((-number, True), (-number, True))
        self.known[rest] = self.known.get(rest, ALL).within(found)

    def shows(self, e: sp.Expr, relation: str) -> bool:
        """Whether a condition follows; no says nothing."""
        if self.of(e).meets(relation) or (relation == "!=0" and normal(e)[0] in self.apart):
            return True
        factors = sp.Mul.make_args(e)
        if len(factors) > 1 and relation == "!=0":
            return all(self.shows(factor, relation) for factor in factors)
        return any(self.of(form).meets(relation) for form in _forms(e))

    def of(self, e: sp.Expr, depth: int = 0) -> Range:
        """The range of an expression, as it is written: other forms of it may have another."""
        if e not in self.memo:
            found = self._form(e, depth) if depth < DEEPEST else ALL
            if not e.is_number and not e.is_Symbol:
                form, factor = normal(e)
                shift, rest = form.as_coeff_Add()
                if rest in self.known and shift.is_Rational:
                    found = found.within((self.known[rest] + _number(shift)) * _number(factor))
            self.memo[e] = found
        return self.memo[e]

    def _form(self, e: sp.Expr, depth: int) -> Range:
        if e.is_Rational:
            return _number(e)
        if e.is_Symbol:
            return self.known.get(e, ALL).within(_symbol(e))
        below = lambda part: self.of(part, depth + 1)
        if e.is_Add:
            return reduce(Range.__add__, map(below, e.args))
        if e.is_Mul:
            return reduce(Range.__mul__, map(below, e.args))
        if isinstance(e, sp.exp):
            argument = below(e.args[0])
            return ABOVE_ONE if argument.meets(">0") else FROM_ONE if argument.meets(">=0") else POSITIVE
        if e.is_Pow:
            return power(below(e.base), e.exp, below(e.exp))
        rule = FUNCTIONS.get(type(e))
        return rule(*map(below, e.args)) if rule else ALL


def _forms(e: sp.Expr) -> Iterator[sp.Expr]:
    """The expression written out, and collected by each of its symbols; a fraction with its parts so."""
    if sp.count_ops(e) > LARGEST:
        return
    top, bottom = sp.fraction(sp.together(e))
    expanded = sp.expand(top)
    yield expanded / bottom
    for symbol in sorted(expanded.free_symbols, key=lambda s: s.name):
        yield sp.collect(expanded, symbol, sp.factor) / bottom


@lru_cache(maxsize=4096)
def normal(e: sp.Expr) -> tuple[sp.Expr, sp.Rational]:
    """An expression as `form * factor`, the same form for all its rational multiples."""
    expanded = sp.expand(e)
    factor, form = expanded.primitive()
    leading = sp.Add.make_args(form - form.as_coeff_Add()[0])
    first = min(leading, key=sp.default_sort_key)
    if first.as_coeff_Mul()[0].is_negative:
        factor, form = -factor, -form
    return form, factor


def _number(value: sp.Rational) -> Range:
    exact = Fraction(int(value.p), int(value.q))
    return Range((exact, True), (exact, True))


def _symbol(s: sp.Symbol) -> Range:
    """What a symbol's assumptions say."""
    if s.is_positive:
        return FROM_ONE if s.is_integer else POSITIVE
    if s.is_nonnegative:
        return NONNEGATIVE
    return -POSITIVE if s.is_negative else -NONNEGATIVE if s.is_nonpositive else ALL


def power(base: Range, exponent: sp.Expr, exponents: Range) -> Range:
    """The range of a power, where it is defined."""
    if exponent.is_Integer and abs(int(exponent)) <= HIGHEST:
        return _whole(base, int(exponent))
    if exponent.is_Rational and exponent.q % 2 == 0 and not base.meets(">=0"):
        base = base.within(NONNEGATIVE)     # an even root is defined nowhere else
    if not base.meets(">=0"):
        return ALL
    if exponents.meets(">0") and base.within(UNIT) == base:
        closed = base.high == (Fraction(1), True)
        return Range((Fraction(0), base.low == (Fraction(0), True)), (Fraction(1), closed))
    if exponents.meets(">=0") and base.within(UNIT) == base:
        return UNIT
    if exponents.meets(">=0") and base.within(FROM_ONE) == base:
        return ABOVE_ONE if exponents.meets(">0") and base.meets(">0") and base.low == (Fraction(1), False) else FROM_ONE
    return POSITIVE if base.meets(">0") or (-exponents).meets(">0") else NONNEGATIVE


def _whole(base: Range, exponent: int) -> Range:
    if exponent < 0:
        return _inverse(_whole(base, -exponent))
    if exponent % 2 == 0:
        base = base if base.meets(">=0") else -base if (-base).meets(">=0") else Range((Fraction(0), True), _farther(base))
    raised = [(None, False) if v is None else (v**exponent, closed) for v, closed in (base.low, base.high)]
    return Range(*raised)


def _farther(base: Range) -> End:
    """The end of an interval around 0 that is farther from it, as a distance."""
    (a, closed), (b, shut) = base.low, base.high
    if a is None or b is None:
        return None, False
    return max((-a, closed), (b, shut))


def _inverse(base: Range) -> Range:
    """1/x for the members that are not 0."""
    if (-base).meets(">=0") and not base.meets(">=0"):
        return -_inverse(-base)
    if not base.meets(">=0"):
        return ALL
    (a, closed), (b, shut) = base.low, base.high
    low = (Fraction(0), False) if b is None or b == 0 else (1 / b, shut)
    return Range(low, (None, False) if not a else (1 / a, closed))


def _maximum(*args: Range) -> Range:
    return reduce(lambda x, y: Range(_tighter(x.low, y.low), (-Range(_looser((-x).low, (-y).low))).high), args)


def _minimum(*args: Range) -> Range:
    return -_maximum(*(-x for x in args))


def _absolute(x: Range) -> Range:
    if x.meets(">=0"):
        return x
    return -x if (-x).meets(">=0") else POSITIVE if x.meets("!=0") else Range((Fraction(0), True), _farther(x))


def _tanh(x: Range) -> Range:
    side = NONNEGATIVE if x.meets(">=0") else -NONNEGATIVE if (-x).meets(">=0") else ALL
    return OPEN_SIGNED.within(POSITIVE if x.meets(">0") else side)


FUNCTIONS: dict[type, Callable[..., Range]] = {
    sp.tanh: _tanh, sp.sin: lambda x: SIGNED, sp.cos: lambda x: SIGNED, sp.cosh: lambda x: FROM_ONE,
    sp.log: lambda x: NONNEGATIVE if x.within(FROM_ONE) == x else ALL,
    sp.Abs: _absolute, fn.absolute: _absolute, sp.sign: lambda x: SIGNED, fn.sign: lambda x: SIGNED,
    sp.Max: _maximum, sp.Min: _minimum, fn.maximum: _maximum, fn.minimum: _minimum,
    fn.relu: lambda x: _maximum(x, POINT), fn.step: lambda x: UNIT, fn.equal: lambda x, y: UNIT,
    fn.sigmoid: lambda x: OPEN_UNIT, fn.softplus: lambda x: POSITIVE, fn.detach: lambda x: x, fn.where: lambda c, x, y: x.hull(y),
}
