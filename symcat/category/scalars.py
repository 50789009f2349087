"""The scalars over which the reference interpreter runs a morphism: floats, exact rationals and SymPy expressions.

`Scalars` is what the interpreter asks of a kind of number.  Integers modulo n and a large prime field are in
`category.modular`; real balls, which need python-flint, are in `prove.balls`.

To add a function: one row in each table here (`FLOAT_FUNCTIONS`, `EXACT_FUNCTIONS`), in `modular` if the default oracle does
not suit, and in `prove.balls`.
"""

from __future__ import annotations

import hashlib
import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
import sympy as sp
from sympy.core.symbol import Str

from symcat.category import functions
from symcat.errors import DomainError


class Irrational(DomainError):
    """A value that exact rationals cannot hold, such as exp(1)."""


class Undecided(DomainError):
    """A comparison that the scalars cannot decide, such as which of two SymPy symbols is the greater."""


def rational(value: object) -> Fraction:
    """An integer, fraction, SymPy rational, NumPy number or float as the exact rational that it is (0.5 is 1/2)."""
    if isinstance(value, sp.Basic):
        if value.is_Rational:
            return Fraction(int(value.p), int(value.q))
    elif isinstance(value, (int, float, Fraction, np.integer, np.floating, np.bool_)):
        if isinstance(value, (float, np.floating)) and not math.isfinite(value):
            raise DomainError(f"{value} came where a finite number is expected: exact scalars have no NaN and no infinity")
        return Fraction(float(value)) if isinstance(value, np.floating) else Fraction(int(value) if isinstance(value, np.bool_) else value)
    raise DomainError(f"{value!r} of type {type(value).__name__} is not a rational number: give an int, a Fraction or a float")


def stable_hash(text: str) -> int:
    """64 bits of a text, the same in every process."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")


def smooth_sample(name: str) -> tuple[Fraction, Fraction]:
    """The (a, b) of `sin(a x) + b x^3`, the function that stands for the arbitrary smooth function of this name."""
    seed = stable_hash(name)
    return Fraction(3 + seed % 7, 4), Fraction(1 + seed // 7 % 5, 8)


def cubic(order: int, x: object) -> object:
    """The derivative of x^3 of an order, at x, in the arithmetic of x."""
    return (x * x * x, 3 * x * x, 6 * x, 6)[order] if order < 4 else 0


@dataclass(frozen=True)
class Scalars(ABC):
    """A kind of number.  Methods take and return NumPy arrays of `dtype` unless they say otherwise."""

    name: str

    @property
    @abstractmethod
    def dtype(self) -> type:
        """The dtype of the arrays."""

    @property
    @abstractmethod
    def functions(self) -> Mapping[str, Callable]:
        """The functions of arrays, by the names of their SymPy classes."""

    @abstractmethod
    def convert(self, value: object) -> object:
        """One number as a scalar of this kind."""

    @abstractmethod
    def power(self, base: np.ndarray, exponent: Fraction) -> np.ndarray:
        """A constant rational power."""

    @abstractmethod
    def powers(self, base: np.ndarray, exponent: np.ndarray) -> np.ndarray:
        """A power whose exponent is itself an array."""

    @abstractmethod
    def smooth(self, name: str, order: int, x: np.ndarray) -> np.ndarray:
        """A derivative of the function that stands for an arbitrary smooth one."""

    def call(self, name: str, arguments: Sequence[np.ndarray]) -> np.ndarray:
        if name not in self.functions:
            raise DomainError(f"function {name} has no meaning over {self.name}; it has {', '.join(sorted(self.functions)) or 'none'}")
        return self.functions[name](*arguments)

    def array(self, values: object) -> np.ndarray:
        """An array of numbers as an array of these scalars."""
        return np.asarray(np.frompyfunc(self.convert, 1, 1)(np.asarray(values, dtype=object)), dtype=self.dtype)

    def integers(self, values: np.ndarray) -> np.ndarray:
        """An array of machine integers as scalars."""
        return self.array(values)

    def full(self, shape: tuple[int, ...], value: object) -> np.ndarray:
        result = np.empty(shape, dtype=self.dtype)
        result.fill(self.convert(value))
        return result

    def add(self, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        return left + right

    def multiply(self, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        return left * right

    def total(self, values: np.ndarray) -> np.ndarray:
        """The sum over the last axis."""
        return values.sum(axis=-1)

    def scatter(self, size: int, positions: np.ndarray, values: np.ndarray) -> np.ndarray:
        """`size` sums: the values at equal positions added up, 0 where there is none."""
        result = self.full((size,), 0)
        np.add.at(result, positions, values)
        return result

    def argmax(self, values: np.ndarray) -> np.ndarray:
        """The position of the first maximum in the last axis."""
        return np.argmax(values, axis=-1)

    def greatest(self, values: np.ndarray) -> np.ndarray:
        """The maximum of the last axis."""
        return np.take_along_axis(values, self.argmax(values)[..., None], -1)[..., 0]


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
    def scalar_power(self, base: object, exponent: object) -> object:
        """A power of scalars; the exponent is a scalar or a Fraction."""

    @abstractmethod
    def scalar_smooth(self, name: str, order: int, x: object) -> object:
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

    def sum(self, values: Sequence[object]) -> object:
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

    def exceeds(self, left: object, right: object) -> bool:
        """Whether left > right; raises Undecided."""
        return left > right

    def holds(self, value: object, relation: str) -> bool | None:
        """Whether `value relation` holds, for a relation of a requirement; None when undecided."""
        return bool({"!=0": value != 0, ">0": value > 0, ">=0": value >= 0}[relation])

    def first_maximum(self, values: Sequence[object]) -> int:
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


# ---- floats

FLOAT_FUNCTIONS: dict[str, Callable] = {
    "exp": np.exp,
    "log": np.log,
    "tanh": np.tanh,
    "sigmoid": lambda x: 1 / (1 + np.exp(-x)),
    "softplus": lambda x: np.logaddexp(0, x),
    "relu": lambda x: np.maximum(x, 0.0),
    "step": lambda x: (x > 0).astype(np.float64),
    "absolute": np.abs,
    "sign": np.sign,
    "maximum": np.maximum,
    "minimum": np.minimum,
    "equal": lambda x, y: (x == y).astype(np.float64),
    "where": lambda c, x, y: np.where(c != 0, x, y),
    "detach": lambda x: x,
}


@dataclass(frozen=True)
class Floats(Scalars):
    """IEEE double precision: undefined operations give NaN or infinity."""

    @property
    def dtype(self) -> type:
        return np.float64

    @property
    def functions(self) -> Mapping[str, Callable]:
        return FLOAT_FUNCTIONS

    def convert(self, value: object) -> float:
        if isinstance(value, (float, np.floating)):
            return float(value)
        exact = rational(value)
        return exact.numerator / exact.denominator

    def array(self, values: object) -> np.ndarray:
        given = np.asarray(values)
        return super().array(given) if given.dtype == object else given.astype(np.float64)

    def power(self, base: np.ndarray, exponent: Fraction) -> np.ndarray:
        if exponent == Fraction(1, 2):
            return np.sqrt(base)
        if exponent < 0:
            return 1 / self.power(base, -exponent)
        return np.power(base, int(exponent) if exponent.denominator == 1 else float(exponent))

    def powers(self, base: np.ndarray, exponent: np.ndarray) -> np.ndarray:
        return np.power(base, exponent)

    def smooth(self, name: str, order: int, x: np.ndarray) -> np.ndarray:
        a, b = map(float, smooth_sample(name))
        wave = (np.sin, np.cos)[order % 2](a * x) * (1, 1, -1, -1)[order % 4]
        return a**order * wave + b * cubic(order, x)


# ---- exact rationals

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


# ---- SymPy expressions

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
    "exp": sp.exp, "log": sp.log, "tanh": sp.tanh, "sigmoid": functions.sigmoid, "softplus": functions.softplus,
    "detach": lambda x: x, **{name: _symbolic(name) for name in KINKED},
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


FLOAT = Floats("float64")
EXACT = Rationals("exact rationals")
SYMBOLIC = Expressions("SymPy expressions")
