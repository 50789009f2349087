"""Real balls: scalars that enclose the true value, so that two that do not meet are certainly different.

The only file that imports python-flint.  A comparison that a ball cannot decide gives an enclosure of both outcomes where
the function has one, and raises Undecided where a position in an array depends on it.  What is undefined is not finite.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from fractions import Fraction

import flint
import numpy as np
from flint import arb, fmpq

from symcat.category.objects import Objects
from symcat.category.scalars import Undecided, cubic, rational, smooth_sample
from symcat.errors import DomainError

NAN = arb("nan")
LONGEST = 4000    # bits of a number that is written out
EITHER = arb(0.5, 0.5)


@contextmanager
def precision(bits: int) -> Iterator[None]:
    """Ball arithmetic at a precision, within the block."""
    before = flint.ctx.prec
    flint.ctx.prec = bits
    try:
        yield
    finally:
        flint.ctx.prec = before


def bits_in_force() -> int:
    """The precision within the innermost block."""
    return flint.ctx.prec


def enclose(value: Fraction) -> arb:
    return arb(fmpq(value.numerator, value.denominator))


def finite(function: Callable[..., arb]) -> Callable[..., arb]:
    """A function that decides by comparison, made undefined where an argument is."""
    return lambda *arguments: function(*arguments) if all(a.is_finite() for a in arguments) else NAN


def _step(x: arb) -> arb:
    return arb(1) if x > 0 else arb(0) if x <= 0 else EITHER


def _sign(x: arb) -> arb:
    return arb(1) if x > 0 else arb(-1) if x < 0 else arb(0) if x == 0 else arb(0, 1)


def _equal(x: arb, y: arb) -> arb:
    return arb(1) if x == y else arb(0) if x != y else EITHER


def _where(c: arb, x: arb, y: arb) -> arb:
    if not c.is_finite():
        return NAN
    return y if c == 0 else x if c != 0 else x.union(y)


BALL_FUNCTIONS: dict[str, Callable[..., arb]] = {
    "exp": lambda x: x.exp(),
    "log": lambda x: x.log(),
    "tanh": lambda x: x.tanh(),
    "sin": lambda x: x.sin(),
    "cos": lambda x: x.cos(),
    "sigmoid": lambda x: 1 / (1 + (-x).exp()),
    "softplus": lambda x: x.exp().log1p(),
    "relu": finite(lambda x: x.max(arb(0))),
    "step": finite(_step),
    "absolute": finite(abs),
    "sign": finite(_sign),
    "maximum": finite(lambda x, y: x.max(y)),
    "minimum": finite(lambda x, y: x.min(y)),
    "equal": finite(_equal),
    "where": _where,
    "detach": lambda x: x,
}


@dataclass(frozen=True)
class Balls(Objects):
    """`arb` of python-flint; evaluate within `precision(bits)`."""

    bits: int

    @property
    def table(self) -> Mapping[str, Callable]:
        return BALL_FUNCTIONS

    def convert(self, value: object) -> arb:
        return value if isinstance(value, arb) else enclose(rational(value))

    def scalar_power(self, base: arb, exponent: arb | Fraction) -> arb:
        if isinstance(exponent, arb):
            whole = exponent.unique_fmpz() if exponent.is_integer() else None
            if whole is None:
                return base**exponent if base > 0 else NAN
            exponent = Fraction(int(whole))
        if exponent < 0 and base == 0:
            raise DomainError(f"0 to the power {exponent}: division by zero")
        if exponent < 0:
            return 1 / self.scalar_power(base, -exponent)
        root = base if exponent.denominator == 1 else base.root(exponent.denominator) if base >= 0 else NAN
        return root**exponent.numerator

    def scalar_smooth(self, name: str, order: int, x: arb) -> arb:
        a, b = map(enclose, smooth_sample(name))
        wave = ((a * x).sin(), (a * x).cos())[order % 2] * (1, 1, -1, -1)[order % 4]
        return a**order * wave + b * cubic(order, x)

    def holds(self, value: arb, relation: str) -> bool | None:
        if not value.is_finite():
            return None
        yes = {"!=0": value != 0, ">0": value > 0, ">=0": value >= 0}[relation]
        no = {"!=0": value == 0, ">0": value <= 0, ">=0": value < 0}[relation]
        return True if yes else False if no else None

    def exceeds(self, left: arb, right: arb) -> bool:
        if left > right:
            return True
        if left <= right:
            return False
        raise Undecided(f"whether {left} > {right} is open at {self.bits} bits: evaluate at a higher precision")

    def greatest(self, values: np.ndarray) -> np.ndarray:
        def fold(row: Sequence[arb]) -> arb:
            result = row[0]
            for value in row[1:]:
                result = BALL_FUNCTIONS["maximum"](result, value)
            return result
        return self._rows(fold, values)


def balls(bits: int) -> Balls:
    return Balls(f"balls of {bits} bits", bits)


def apart(left: arb, right: arb) -> bool | None:
    """Whether two balls certainly hold different numbers; None where one of them is undefined."""
    if not (left.is_finite() and right.is_finite()):
        return None
    return not left.overlaps(right)


def exact(value: arb) -> Fraction | None:
    """The rational number that a ball without a radius is, unless it is too long to be written; None for other balls."""
    if not (value.is_exact() and value.is_finite()):
        return None
    mantissa, exponent = map(int, value.man_exp())
    if abs(exponent) > LONGEST:
        return None
    return mantissa * Fraction(2) ** exponent


def digits(value: arb, count: int = 20) -> str:
    """The midpoint in decimals; 0 for a ball around zero."""
    return "0" if value.contains(0) else value.mid().str(count, radius=False)
