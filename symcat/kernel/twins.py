"""Twins of the primitives: what a generated program means over a large prime field and over SymPy expressions.

A program is written with ring operations, `S[address]` and the primitives of `elementary`; a twin gives each primitive another
meaning, and `Offset` and `Checked` give memory that knows the bounds of every buffer.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import sympy as sp

from symcat.category.modular import PRIME, P
from symcat.category.objects import SYMBOLIC, Expressions
from symcat.category.scalars import FLOAT, Scalars, Undecided
from symcat.errors import ValidationError

NAMES = ("exp", "log", "tanh", "sigmoid", "softplus", "relu", "step", "absolute", "sign", "maximum", "minimum", "equal", "where")


class Offset(int):
    """The address of a buffer; adding it to an index checks that the sum stays in the buffer."""

    def __new__(cls, start: int, size: int, name: str) -> Offset:
        self = super().__new__(cls, start)
        self.size, self.name = size, name
        return self

    def __radd__(self, index: int) -> int:
        if not 0 <= index < self.size:
            raise ValidationError(f"entry {index} of {self.name[2:]}, which has {self.size} entries")
        return int(self) + index


class Checked(list):
    """The data of one batch: no negative index."""

    def __getitem__(self, position: int) -> object:
        if not 0 <= position < len(self):
            raise ValidationError(f"entry {position} of a batch with {len(self)} entries")
        return super().__getitem__(position)


class Residue:
    """An element of the field of 2^61 - 1 elements."""

    __slots__ = ("v",)

    def __init__(self, v: int) -> None:
        self.v = v

    def __add__(self, other: Residue) -> Residue:
        return Residue((self.v + other.v) % P)

    def __sub__(self, other: Residue) -> Residue:
        return Residue((self.v - other.v) % P)

    def __mul__(self, other: Residue) -> Residue:
        return Residue(self.v * other.v % P)

    def __truediv__(self, other: Residue) -> Residue:
        if other.v == 0:
            raise ZeroDivisionError("division by zero in the prime field")
        return Residue(self.v * pow(other.v, -1, P) % P)

    def __neg__(self) -> Residue:
        return Residue(-self.v % P)


@dataclass(frozen=True)
class Twin:
    """A ring for programs: the reference interpreter's scalars, and how its elements enter and leave the program."""

    scalars: Scalars
    wrap: Callable[[object], object]
    unwrap: Callable[[object], object]
    primitives: Mapping[str, Callable]

    def memory(self, values: Iterable[object]) -> list[object]:
        return [self.wrap(value) for value in values]

    def namespace(self) -> dict[str, object]:
        return dict(self.primitives)


def _of_field(name: str) -> Callable[..., Residue]:
    """A function of the reference interpreter on single residues."""
    function = PRIME.functions[name]
    return lambda *arguments: Residue(int(function(*(np.asarray(a.v, dtype=np.int64) for a in arguments))))


def _residue(value: object) -> Residue:
    return Residue(int(PRIME.convert(value)))


def _field_power(exponent: Fraction) -> Callable[[Residue], Residue]:
    return lambda x: Residue(int(PRIME.power(np.asarray(x.v, dtype=np.int64), exponent)))


FIELD = Twin(PRIME, lambda value: Residue(int(value)), lambda x: x.v, {
    **{f"f_{name}": _of_field(name) for name in NAMES},
    "rational": lambda p, q: _residue(Fraction(p, q)),
    "infimum": lambda: Residue(-1),
    "f_real": _residue,
    "f_bracket": lambda n: Residue(int(n >= 0)),
    "f_delta": lambda n: Residue(int(n == 0)),
    "f_greater": lambda x, y: x.v > y.v,
    "f_sqrt": _field_power(Fraction(1, 2)),
    "f_root": lambda x, n: _field_power(Fraction(1, n))(x),
    "f_power": lambda x, y: Residue(int(PRIME.powers(np.asarray(x.v, dtype=np.int64), np.asarray(y.v, dtype=np.int64)))),
})


@dataclass(frozen=True)
class Located(Expressions):
    """SymPy expressions near a sample point: comparisons are decided by the values there."""

    sample: tuple[tuple[sp.Symbol, float], ...] = ()

    def exceeds(self, left: sp.Expr, right: sp.Expr) -> bool:
        return exceeds(left, right, dict(self.sample))

    def greatest(self, values: np.ndarray) -> np.ndarray:
        return Scalars.greatest(self, values)


def exceeds(left: sp.Expr, right: sp.Expr, sample: Mapping[sp.Symbol, float]) -> bool:
    """Whether left > right at the sample point."""
    if left == right or right == sp.S.NegativeInfinity:
        return right == sp.S.NegativeInfinity and left != right
    gap = located(left, sample) - located(right, sample)
    if not abs(gap) > 1e-6:
        raise Undecided("two candidates of a maximum are as good as equal at the sample point: draw another")
    return gap > 0


def located(e: sp.Expr, sample: Mapping[sp.Symbol, float]) -> float:
    """The value of an expression at the sample point."""
    if e in sample:
        return sample[e]
    if e.is_Rational:
        return e.p / e.q
    values = [located(a, sample) for a in e.args]
    if e.is_Add:
        return sum(values)
    if e.is_Mul:
        return math.prod(values)
    if isinstance(e, sp.exp):
        return math.exp(values[0])
    if e.is_Pow:
        return values[0] ** values[1]
    return float(FLOAT.call(type(e).__name__, [np.asarray(v) for v in values]))


def symbols_near(sample: Mapping[sp.Symbol, float]) -> Twin:
    """The twin over SymPy expressions on the cell of a sample point."""
    table = SYMBOLIC.table
    return Twin(Located("SymPy expressions near a point", tuple(sample.items())), lambda value: value, lambda x: x, {
        **{f"f_{name}": table[name] for name in NAMES},
        "rational": lambda p, q: sp.Rational(p, q),
        "infimum": lambda: sp.S.NegativeInfinity,
        "f_real": sp.Integer,
        "f_bracket": lambda n: sp.Integer(int(n >= 0)),
        "f_delta": lambda n: sp.Integer(int(n == 0)),
        "f_greater": lambda x, y: exceeds(x, y, sample),
        "f_sqrt": sp.sqrt,
        "f_root": lambda x, n: sp.root(x, n),
        "f_power": sp.Pow,
    })
