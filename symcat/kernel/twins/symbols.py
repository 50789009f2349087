"""The twin over SymPy expressions near a sample point."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache, partial

import numpy as np
import sympy as sp

from symcat.category.objects import SYMBOLIC, Expressions
from symcat.category.scalars import FLOAT, Scalars, Undecided
from symcat.kernel.equality import terms
from symcat.kernel.scalar import HIGHEST
from symcat.kernel.twins.twin import NAMES, Twin

SHORT = 100     # terms up to which the arguments of functions are multiplied out


class Cell:
    """Real symbols near a sample point, with a name for each value of a function, so that expressions stay rational.

    Equal arguments give equal names, and comparisons are decided at the sample point: what is shown holds wherever the
    candidates of every maximum are in the order that they have there.
    """

    def __init__(self, sample: Mapping[sp.Symbol, float]) -> None:
        self.sample = dict(sample)
        self._names: dict[tuple, sp.Symbol] = {}
        self._calls: dict[sp.Symbol, tuple] = {}
        self._unknown: set[sp.Symbol] = set()

    def garbage(self, draw: np.random.Generator, size: int) -> np.ndarray:
        """Symbols that stand nowhere else, each with a value at the sample point."""
        symbols = np.array([sp.Dummy("garbage") for _ in range(size)], dtype=object)
        self.sample.update(zip(symbols, draw.normal(size=size).tolist(), strict=True))
        return symbols

    def unknown(self) -> sp.Symbol:
        """A symbol for a value that could not be decided."""
        self._unknown.add(symbol := sp.Dummy("unknown"))
        return symbol

    def undecided(self, e: sp.Expr) -> bool:
        """Whether the expression holds a value that could not be decided."""
        seen = set()
        pending = list(e.free_symbols)
        while pending:
            symbol = pending.pop()
            if symbol in self._unknown:
                return True
            if symbol not in seen and symbol in self._calls:
                pending += [s for a in self._calls[symbol][1:] for s in a.free_symbols]
            seen.add(symbol)
        return False

    def call(self, name: str, *arguments: sp.Expr) -> sp.Expr:
        """The name of a function's value; the value itself at rational arguments that have a rational one."""
        if name not in ("power", "root") and all(a.is_Rational for a in arguments):
            return SYMBOLIC.table[name](*arguments)
        key = (name, *map(canonical, arguments))
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


@lru_cache(maxsize=1 << 16)
def canonical(e: sp.Expr) -> sp.Expr:
    """The expression multiplied out where that is short, so that equal arguments of functions look alike."""
    return sp.expand(e) if (e.is_Add or e.is_Mul) and terms(e, {}) <= SHORT else e


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
    functions = _functions(cell)
    return Twin(
        Located("SymPy expressions near a point", cell), wrap=lambda value: value, unwrap=lambda x: x,
        primitives={
            **{f"f_{name}": function for name, function in functions.items()},
            "rational": lambda p, q: sp.Rational(p, q),
            "infimum": lambda: sp.S.NegativeInfinity,
            "f_real": sp.Integer,
            "f_bracket": lambda n: sp.Integer(int(n >= 0)),
            "f_delta": lambda n: sp.Integer(int(n == 0)),
            "f_greater": cell.exceeds,
        },
        elements={name: _each(partial(_or_garbage, cell, function)) for name, function in functions.items()},
        greater=np.frompyfunc(cell.exceeds, 2, 1), quotient=_each(partial(_or_garbage, cell, _quotient)), noise=cell.garbage,
    )


def _functions(cell: Cell) -> dict[str, Callable[..., sp.Expr]]:
    """The element functions of expressions."""
    return {
        **{name: partial(cell.call, name) for name in NAMES},
        "expm1": lambda x: cell.call("exp", x) - 1,
        "log1p": lambda x: cell.call("log", 1 + x),
        "sqrt": lambda x: cell.call("root", x, sp.Integer(2)),
        "rsqrt": lambda x: 1 / cell.call("root", x, sp.Integer(2)),
        "root": lambda x, n: cell.call("root", x, sp.Integer(n)),
        "rational_power": lambda x, p, q: cell.call("power", x, sp.Rational(p, q)),
        "power": partial(cell.call, "power"),
        "pick": lambda v, a, x, y: x if cell.exceeds(v, a) else y,
        "nonneg": lambda x: sp.Integer(int(_number(x).p >= 0)),
        "zero": lambda x: sp.Integer(int(_number(x) == 0)),
    }


def _number(x: sp.Expr) -> sp.Integer:
    if not x.is_Integer:
        raise Undecided(f"{x} came where an index is compared with 0")
    return x


def _quotient(left: sp.Expr, right: sp.Expr) -> sp.Expr:
    if right == 0:
        raise Undecided("division by zero")
    return left / right


def _or_garbage(cell: Cell, function: Callable[..., sp.Expr], *arguments: sp.Expr) -> sp.Expr:
    """A function's value in one lane; where it has none, a new symbol: the lane may be padding, and else it is seen in a result."""
    try:
        return function(*arguments)
    except Undecided:
        return cell.unknown()


def _each(function: Callable) -> Callable[..., np.ndarray]:
    """A function of expressions as one of object arrays and, at the end, integers."""
    return lambda *arrays: np.asarray(np.frompyfunc(function, len(arrays), 1)(*arrays), dtype=object)
