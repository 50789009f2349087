"""Twins of the primitives: what a generated program means over a large prime field and over SymPy expressions.

A program is written with ring operations, `S[address]` and the primitives of `elementary`; a twin gives each primitive another
meaning, and `Offset` and `Checked` give memory that knows the bounds of every buffer.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import partial

import numpy as np
import sympy as sp

from symcat.category.modular import PRIME, P
from symcat.category.objects import SYMBOLIC, Expressions
from symcat.category.scalars import FLOAT, Scalars, Undecided
from symcat.errors import ValidationError
from symcat.kernel.scalar import HIGHEST

NAMES = ("exp", "log", "tanh", "sin", "cos", "sigmoid", "softplus", "relu", "step", "absolute", "sign", "maximum", "minimum", "equal",
         "where")


class Offset(int):
    """The address of a buffer; adding it to an index checks that the sum stays in the buffer."""

    size: int
    name: str

    def __new__(cls, start: int, size: int, name: str) -> Offset:
        self = super().__new__(cls, start)
        self.size, self.name = size, name
        return self

    def __radd__(self, index: int) -> int:
        if not 0 <= index < self.size:
            raise ValidationError(f"entry {index} of {self.name[2:]}, which has {self.size} entries")
        return int(self) + index

    def _refused(self, other: object) -> int:
        raise ValidationError(f"the address of {self.name[2:]} is used in arithmetic: addresses are only added to an index")

    __add__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __neg__ = _refused


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
    "f_rational_power": lambda x, p, q: _field_power(Fraction(p, q))(x),
    "f_power": lambda x, y: Residue(int(PRIME.powers(np.asarray(x.v, dtype=np.int64), np.asarray(y.v, dtype=np.int64)))),
})


class Cell:
    """Real symbols near a sample point, with a name for each value of a function, so that expressions stay rational.

    Equal arguments give equal names, and comparisons are decided at the sample point: what is shown holds wherever the
    candidates of every maximum are in the order that they have there.
    """

    def __init__(self, sample: Mapping[sp.Symbol, float]) -> None:
        self.sample = dict(sample)
        self._names: dict[tuple, sp.Symbol] = {}
        self._calls: dict[sp.Symbol, tuple] = {}

    def call(self, name: str, *arguments: sp.Expr) -> sp.Expr:
        """The name of a function's value; the value itself at rational arguments that have a rational one."""
        if name not in ("power", "root") and all(a.is_Rational for a in arguments):
            return SYMBOLIC.table[name](*arguments)
        key = (name, *arguments)
        if key not in self._names:
            self._names[key] = sp.Symbol(f"{name}_{len(self._names)}_")
            self._calls[self._names[key]] = key
        return self._names[key]

    def value(self, e: sp.Expr) -> float:
        """The value of an expression at the sample point."""
        if e in self._calls and e not in self.sample:
            name, *arguments = self._calls[e]
            self.sample[e] = _float(name, [self.value(a) for a in arguments])
        if e in self.sample:
            return self.sample[e]
        if e.is_Rational:
            return e.p / e.q
        if e.is_Add:
            return sum(map(self.value, e.args))
        if e.is_Mul:
            return math.prod(map(self.value, e.args))
        if e.is_Pow:
            return self.value(e.base) ** self.value(e.exp)
        raise Undecided(f"{e} has no value at the sample point")

    def exceeds(self, left: sp.Expr, right: sp.Expr) -> bool:
        """Whether left > right at the sample point."""
        if left == right or right == sp.S.NegativeInfinity:
            return left != right
        try:
            gap = self.value(left) - self.value(right)
        except (TypeError, ValueError, ArithmeticError) as error:
            raise Undecided(f"a candidate of a maximum has no value at the sample point: {error}") from None
        if isinstance(gap, complex) or not abs(gap) > 1e-6:
            raise Undecided("two candidates of a maximum are not comparable at the sample point: draw another")
        return gap > 0


def _float(name: str, values: list[float]) -> float:
    if name == "power":
        return values[0] ** values[1]
    if name == "root":
        return values[0] ** (1 / values[1])
    return float(FLOAT.call(name, [np.asarray(v) for v in values]))


@dataclass(frozen=True)
class Located(Expressions):
    """The reference interpreter's SymPy expressions on a cell."""

    cell: Cell

    @property
    def table(self) -> Mapping[str, Callable]:
        return {**{name: partial(self.cell.call, name) for name in NAMES}, "detach": lambda x: x}

    def scalar_power(self, base: sp.Expr, exponent: sp.Expr | Fraction) -> sp.Expr:
        if not isinstance(exponent, Fraction):
            return self.cell.call("power", base, exponent)
        if exponent.denominator > 1 and max(abs(exponent.numerator), exponent.denominator) > HIGHEST:
            power = self.cell.call("power", base, sp.Rational(abs(exponent.numerator), exponent.denominator))
            return power if exponent > 0 else 1 / power
        root = base if exponent.denominator == 1 else self.cell.call("root", base, sp.Integer(exponent.denominator))
        return super().scalar_power(root, Fraction(exponent.numerator))

    def exceeds(self, left: sp.Expr, right: sp.Expr) -> bool:
        return self.cell.exceeds(left, right)

    def greatest(self, values: np.ndarray) -> np.ndarray:
        return Scalars.greatest(self, values)


def symbols_near(sample: Mapping[sp.Symbol, float]) -> Twin:
    """The twin over SymPy expressions on the cell of a sample point."""
    cell = Cell(sample)
    return Twin(Located("SymPy expressions near a point", cell), lambda value: value, lambda x: x, {
        **{f"f_{name}": partial(cell.call, name) for name in NAMES},
        "rational": lambda p, q: sp.Rational(p, q),
        "infimum": lambda: sp.S.NegativeInfinity,
        "f_real": sp.Integer,
        "f_bracket": lambda n: sp.Integer(int(n >= 0)),
        "f_delta": lambda n: sp.Integer(int(n == 0)),
        "f_greater": cell.exceeds,
        "f_sqrt": lambda x: cell.call("root", x, sp.Integer(2)),
        "f_root": lambda x, n: cell.call("root", x, sp.Integer(n)),
        "f_rational_power": lambda x, p, q: cell.call("power", x, sp.Rational(p, q)),
        "f_power": partial(cell.call, "power"),
    })
