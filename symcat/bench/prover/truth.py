"""Expressions at points by mpmath: the oracle that labels goals; it shares no code with the engines.

Real numbers only: a division by zero, the logarithm of what is not positive and a root of what is negative have no value, and
a comparison of numbers that rounding cannot tell apart has none either.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction

import mpmath
import sympy as sp
from mpmath import mpf

DIGITS = 60
SAME, FAR, TIE = mpf(10) ** -30, mpf(10) ** -20, mpf(10) ** -40
HUGE = 10**6
TIES = tuple(map(Fraction, ("0", "1", "-1", "2", "-2", "1/2", "3")))
POINTS, LEAST = 16, 5
Point = Mapping[sp.Symbol, Fraction]


class NoValue(ValueError):
    """The expression has no real value at the point, or rounding hides which."""


def agree(lhs: sp.Expr, rhs: sp.Expr, points: Sequence[Point]) -> bool | None:
    """Whether two expressions agree at all points where both have values, False when they clearly differ at one; else None.

    >>> x = sp.Symbol("x", real=True)
    >>> at = [{x: Fraction(k)} for k in range(-3, 4)]
    >>> agree(sp.Abs(x), sp.Max(x, -x), at), agree(sp.Abs(x), x, at)
    (True, False)
    """
    same = 0
    with mpmath.workdps(DIGITS):
        for point in points:
            try:
                left, right = Evaluation(point).value(lhs), Evaluation(point).value(rhs)
            except NoValue:
                continue
            gap = abs(left - right) / (1 + abs(left))
            if gap > FAR:
                return False
            if gap > SAME:
                return None
            same += 1
    return True if same >= LEAST else None


def points(pick: random.Random, symbols: Sequence[sp.Symbol], count: int = POINTS) -> list[Point]:
    """Points for symbols that are real or positive: half of them small, so that ties and zeros are met."""
    found = []
    for number in range(count):
        draw = (lambda: pick.choice(TIES)) if number % 2 else (lambda: Fraction(pick.randint(-60, 60), 13))
        found.append({symbol: abs(value) or Fraction(1) if symbol.is_positive else value for symbol in symbols for value in [draw()]})
    return found


class Evaluation:
    """Values at one point, each part once."""

    def __init__(self, point: Point) -> None:
        self.memo: dict[sp.Basic, mpf] = {symbol: mpf(value.numerator) / value.denominator for symbol, value in point.items()}

    def value(self, e: sp.Expr) -> mpf:
        """The real number that an expression is; NoValue where there is none."""
        if e not in self.memo:
            found = self._value(e)
            if not mpmath.isfinite(found):
                raise NoValue(e)
            self.memo[e] = found
        return self.memo[e]

    def _value(self, e: sp.Expr) -> mpf:
        if e.is_Rational:
            return mpf(int(e.p)) / int(e.q)
        if e.is_Add:
            return mpmath.fsum(map(self.value, e.args))
        if e.is_Mul:
            return mpmath.fprod(map(self.value, e.args))
        if e.is_Pow:
            return self._power(self.value(e.base), e.exp)
        if isinstance(e, sp.Piecewise):
            return self.value(next(value for value, condition in e.args if self._holds(condition)))
        if type(e) not in FUNCTIONS:
            raise TypeError(f"{e}, a {type(e).__name__}: the oracle has no rule for it")
        return FUNCTIONS[type(e)](*map(self.value, e.args))

    def _power(self, base: mpf, exponent: sp.Expr) -> mpf:
        power = self.value(exponent)
        if (base == 0 and power <= 0) or (base < 0 and not exponent.is_Integer) or abs(power * mpmath.log(abs(base) or 1)) > HUGE:
            raise NoValue
        return base ** int(exponent) if exponent.is_Integer else base**power

    def _holds(self, condition: sp.Basic) -> bool:
        if condition in (sp.true, sp.false):
            return condition == sp.true
        if isinstance(condition, (sp.And, sp.Or)):
            return (all if isinstance(condition, sp.And) else any)([self._holds(part) for part in condition.args])
        return COMPARISONS[type(condition)](sign(self.value(condition.lhs) - self.value(condition.rhs)))


def sign(x: mpf) -> int:
    """The sign of a number; NoValue when it may be a rounded zero."""
    if x != 0 and abs(x) < TIE:
        raise NoValue
    return (x > 0) - (x < 0)


def _log(x: mpf) -> mpf:
    if x <= 0:
        raise NoValue
    return mpmath.log(x)


def _exp(x: mpf) -> mpf:
    if abs(x) > HUGE:
        raise NoValue
    return mpmath.exp(x)


COMPARISONS: dict[type, Callable[[int], bool]] = {
    sp.StrictGreaterThan: lambda s: s > 0, sp.GreaterThan: lambda s: s >= 0, sp.StrictLessThan: lambda s: s < 0,
    sp.LessThan: lambda s: s <= 0, sp.Equality: lambda s: s == 0, sp.Unequality: lambda s: s != 0,
}
FUNCTIONS: dict[type, Callable[..., mpf]] = {
    sp.exp: _exp, sp.log: _log, sp.tanh: mpmath.tanh, sp.sinh: mpmath.sinh, sp.cosh: mpmath.cosh, sp.sin: mpmath.sin, sp.cos: mpmath.cos,
    sp.Abs: abs, sp.sign: lambda x: mpf(sign(x)), sp.Max: max, sp.Min: min, sp.erf: mpmath.erf, sp.atan: mpmath.atan,
    sp.Heaviside: lambda x, half: (mpf(0), half, mpf(1))[1 + sign(x)],
}
FUNCTIONS[type(sp.S.Exp1)] = lambda: mpmath.e
FUNCTIONS[type(sp.pi)] = lambda: +mpmath.pi
