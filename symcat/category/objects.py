"""Scalars that are Python objects: exact rationals and SymPy expressions."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp
from sympy.core.symbol import Str

from symcat.category import functions
from symcat.category.scalars import Irrational, Scalars, Undecided, cubic, rational, smooth_sample
from symcat.errors import DomainError


@dataclass(frozen=True)
class Objects(Scalars):
    """Scalars that are Python objects; a function's row is a Python function of scalars."""

    @property
    def dtype(self) -> type:
        return object

    @property
    @abstractmethod
    def table(self) -> Mapping[str, Callable]:
        """The functions of scalars."""

    @abstractmethod
    def scalar_power(self, base: Any, exponent: Any) -> Any:
        """A power of scalars; the exponent is a scalar or a Fraction."""

    @abstractmethod
    def scalar_smooth(self, name: str, order: int, x: Any) -> Any:
        """A derivative of the standing smooth function, at a scalar."""

    @property
    def functions(self) -> Mapping[str, Callable]:
        return {name: _each(function) for name, function in self.table.items()}

    def power(self, base: np.ndarray, exponent: Fraction) -> np.ndarray:
        return _each(lambda b: self.scalar_power(b, exponent))(base)

    def powers(self, base: np.ndarray, exponent: np.ndarray) -> np.ndarray:
        return _each(self.scalar_power)(base, exponent)

    def smooth(self, name: str, order: int, x: np.ndarray) -> np.ndarray:
        return _each(lambda a: self.scalar_smooth(name, order, a))(x)

    def sum(self, values: Sequence[Any]) -> Any:
        return sum(values, self.convert(0))

    def total(self, values: np.ndarray) -> np.ndarray:
        return self._rows(self.sum, values)

    def scatter(self, size: int, positions: np.ndarray, values: np.ndarray) -> np.ndarray:
        buckets: list[list] = [[] for _ in range(size)]
        for position, value in zip(positions, values, strict=True):
            buckets[position].append(value)
        result = self.full((size,), 0)
        for position, bucket in enumerate(buckets):
            if bucket:
                result[position] = self.sum(bucket)
        return result

    def exceeds(self, left: Any, right: Any) -> bool:
        """Whether left > right; raises Undecided."""
        return left > right

    def holds(self, value: Any, relation: str) -> bool | None:
        """Whether `value relation` holds, for a relation of a requirement; None when undecided."""
        return bool({"!=0": value != 0, ">0": value > 0, ">=0": value >= 0}[relation])

    def compares(self, values: np.ndarray, relation: str) -> bool | None:
        states = [self.holds(value, relation) for value in values.ravel()]
        return False if False in states else None if None in states else True

    def first_maximum(self, values: Sequence[Any]) -> int:
        best = 0
        for position in range(1, len(values)):
            if self.exceeds(values[position], values[best]):
                best = position
        return best

    def argmax(self, values: np.ndarray) -> np.ndarray:
        return self._rows(self.first_maximum, values).astype(np.int64)

    @staticmethod
    def _rows(function: Callable[[Sequence[object]], object], values: np.ndarray) -> np.ndarray:
        rows = values.reshape(-1, values.shape[-1])
        result = np.empty(len(rows), dtype=object)
        for position, row in enumerate(rows):
            result[position] = function(row)
        return result.reshape(values.shape[:-1])


def _each(function: Callable) -> Callable[..., np.ndarray]:
    """A function of scalars as a function of object arrays."""
    return lambda *arrays: np.asarray(np.frompyfunc(function, len(arrays), 1)(*arrays), dtype=object)


def _only_at(name: str, point: int, value: Fraction) -> Callable[[Fraction], Fraction]:
    def function(x: Fraction) -> Fraction:
        return value if x == point else _irrational(name, x)
    return function


def _irrational(name: str, x: Fraction) -> Fraction:
    raise Irrational(f"{name}({x}) is irrational: use floats, SymPy expressions or balls")


def _logarithm(x: Fraction) -> Fraction:
    if x <= 0:
        raise DomainError(f"log({x}): log needs a positive argument")
    return _only_at("log", 1, Fraction(0))(x)


EXACT_FUNCTIONS: dict[str, Callable] = {
    "exp": _only_at("exp", 0, Fraction(1)),
    "log": _logarithm,
    "tanh": _only_at("tanh", 0, Fraction(0)),
    "sin": _only_at("sin", 0, Fraction(0)),
    "cos": _only_at("cos", 0, Fraction(1)),
    "sigmoid": _only_at("sigmoid", 0, Fraction(1, 2)),
    "softplus": lambda x: _irrational("softplus", x),
    "relu": lambda x: max(x, Fraction(0)),
    "step": lambda x: Fraction(x > 0),
    "absolute": abs,
    "sign": lambda x: Fraction((x > 0) - (x < 0)),
    "maximum": max,
    "minimum": min,
    "equal": lambda x, y: Fraction(x == y),
    "where": lambda c, x, y: x if c != 0 else y,
    "detach": lambda x: x,
}


def exact_root(value: int, degree: int) -> int | None:
    """The integer root of a non-negative integer, or None when it is irrational."""
    root, exact = sp.integer_nthroot(value, degree)
    return int(root) if exact else None


@dataclass(frozen=True)
class Rationals(Objects):
    """`fractions.Fraction`; an irrational value raises Irrational, an undefined one DomainError."""

    @property
    def table(self) -> Mapping[str, Callable]:
        return EXACT_FUNCTIONS

    def convert(self, value: object) -> Fraction:
        return rational(value)

    def scalar_power(self, base: Fraction, exponent: Fraction) -> Fraction:
        if base == 0 and exponent < 0:
            raise DomainError(f"0 to the power {exponent}: division by zero")
        if exponent.denominator == 1:
            return base ** int(exponent)
        if base < 0:
            raise DomainError(f"({base}) to the power {exponent}: a root of a negative number")
        parts = [exact_root(part, exponent.denominator) for part in (base.numerator, base.denominator)]
        if None in parts:
            raise Irrational(f"({base}) to the power {exponent} is irrational: use floats, SymPy expressions or balls")
        return Fraction(*parts) ** exponent.numerator

    def scalar_smooth(self, name: str, order: int, x: Fraction) -> Fraction:
        if x != 0:
            raise Irrational(f"the sample of the smooth function {name} is irrational at {x}: use floats or balls")
        a, b = smooth_sample(name)
        return a**order * (0, 1, 0, -1)[order % 4] + b * cubic(order, x)


def _symbolic(name: str) -> Callable[..., sp.Expr]:
    """Our function at rational arguments by its exact value, elsewhere left as it is."""
    own, exact = getattr(functions, name), EXACT_FUNCTIONS[name]

    def apply(*arguments: sp.Expr) -> sp.Expr:
        if all(a.is_Rational for a in arguments):
            try:
                return _sympy(exact(*map(rational, arguments)))
            except Irrational:
                pass
        return own(*arguments)
    return apply


def _sympy(value: Fraction) -> sp.Rational:
    return sp.Rational(value.numerator, value.denominator)


KINKED = ("relu", "step", "absolute", "sign", "maximum", "minimum", "equal", "where")
SYMBOLIC_FUNCTIONS: dict[str, Callable] = {
    "exp": sp.exp, "log": sp.log, "tanh": sp.tanh, "sin": sp.sin, "cos": sp.cos, "sigmoid": functions.sigmoid,
    "softplus": functions.softplus, "detach": lambda x: x, **{name: _symbolic(name) for name in KINKED},
}


@dataclass(frozen=True)
class Expressions(Objects):
    """SymPy expressions; functions with kinks stay as they are until their arguments are numbers.

    A maximum of symbols is a nest of `maximum`; its position raises Undecided.
    """

    @property
    def table(self) -> Mapping[str, Callable]:
        return SYMBOLIC_FUNCTIONS

    def convert(self, value: object) -> sp.Expr:
        return value if isinstance(value, sp.Expr) and not value.has(sp.Float) else _sympy(rational(value))

    def scalar_power(self, base: sp.Expr, exponent: sp.Expr | Fraction) -> sp.Expr:
        power = _sympy(exponent) if isinstance(exponent, Fraction) else exponent
        if base == 0 and power.is_negative:
            raise DomainError(f"0 to the power {power}: division by zero")
        return sp.Pow(base, power)

    def scalar_smooth(self, name: str, order: int, x: sp.Expr) -> sp.Expr:
        return functions.Smooth(Str(name), sp.Integer(order), x)

    def sum(self, values: Sequence[sp.Expr]) -> sp.Expr:
        return sp.Add(*values)

    def exceeds(self, left: sp.Expr, right: sp.Expr) -> bool:
        if not (left.is_Rational and right.is_Rational):
            raise Undecided(f"whether {left} > {right} depends on the symbols: evaluate at numbers to select a maximum")
        return bool(left > right)

    def holds(self, value: sp.Expr, relation: str) -> bool | None:
        return {"!=0": value.is_nonzero, ">0": value.is_positive, ">=0": value.is_nonnegative}[relation]

    def greatest(self, values: np.ndarray) -> np.ndarray:
        def fold(row: Sequence[sp.Expr]) -> sp.Expr:
            result = row[0]
            for value in row[1:]:
                result = SYMBOLIC_FUNCTIONS["maximum"](result, value)
            return result
        return self._rows(fold, values)


EXACT = Rationals("exact rationals")
SYMBOLIC = Expressions("SymPy expressions")
