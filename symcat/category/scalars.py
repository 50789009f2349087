"""The scalars over which the reference interpreter runs a morphism: what it asks of a kind of number, and floats.

Exact rationals and SymPy expressions are in `category.objects`, integers modulo n and a large prime field in
`category.modular`; real balls, which need python-flint, are in `prove.balls`.

To add a function: one row in `FLOAT_FUNCTIONS`, `EXACT_FUNCTIONS` and `SYMBOLIC_FUNCTIONS`, `PRIME_FUNCTIONS`, and
`BALL_FUNCTIONS`; a test compares their keys.
"""

from __future__ import annotations

import hashlib
import math
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import Any

import numpy as np
import sympy as sp

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


def cubic(order: int, x: Any) -> Any:
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

    def compares(self, values: np.ndarray, relation: str) -> bool | None:
        """Whether all values stand in a relation of a requirement to 0; None when some are undecided and none fails."""
        return bool(np.all({"!=0": np.not_equal, ">0": np.greater, ">=0": np.greater_equal}[relation](values, 0)))

    def argmax(self, values: np.ndarray) -> np.ndarray:
        """The position of the first maximum in the last axis."""
        return np.argmax(values, axis=-1)

    def greatest(self, values: np.ndarray) -> np.ndarray:
        """The maximum of the last axis."""
        return np.take_along_axis(values, self.argmax(values)[..., None], -1)[..., 0]


FLOAT_FUNCTIONS: dict[str, Callable] = {
    "exp": np.exp,
    "log": np.log,
    "tanh": np.tanh,
    "sin": np.sin,
    "cos": np.cos,
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


FLOAT = Floats("float64")
