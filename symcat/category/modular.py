"""Integers modulo n, and the prime field of 2^61 - 1 elements in which programs are compared by random evaluation.

In the prime field the ring operations and inverses are the field's own; a function that has no meaning there is a random
oracle: a fixed hash of its name and argument.  Two programs that apply the same operations to the same values agree at
every point; two that differ as rational functions of their oracles differ at nearly all points.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction

import numpy as np

from symcat.category.scalars import Scalars, rational, stable_hash
from symcat.errors import DomainError

P = 2**61 - 1
LOW = 2**31 - 1


@dataclass(frozen=True)
class Modular(Scalars):
    """The integers modulo n, as least non-negative residues."""

    modulus: int

    @property
    def dtype(self) -> type:
        return np.int64 if self.modulus < 2**31 else object

    @property
    def functions(self) -> Mapping[str, Callable]:
        return {"detach": lambda x: x}

    def convert(self, value: object) -> int:
        exact = rational(value)
        if exact.denominator == 1:
            return exact.numerator % self.modulus
        try:
            return exact.numerator * pow(exact.denominator, -1, self.modulus) % self.modulus
        except ValueError:
            raise DomainError(f"{exact} is not an integer modulo {self.modulus}: its denominator has no inverse there") from None

    def add(self, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        return (left + right) % self.modulus

    def multiply(self, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        return (left * right) % self.modulus

    def total(self, values: np.ndarray) -> np.ndarray:
        return values.sum(axis=-1) % self.modulus

    def scatter(self, size: int, positions: np.ndarray, values: np.ndarray) -> np.ndarray:
        return super().scatter(size, positions, values) % self.modulus

    def power(self, base: np.ndarray, exponent: Fraction) -> np.ndarray:
        if exponent.denominator != 1 or exponent < 0:
            raise DomainError(f"power {exponent} over {self.name}: only exponents 0, 1, 2, ... have a meaning there")
        return repeated(self, base, int(exponent))

    def powers(self, base: np.ndarray, exponent: np.ndarray) -> np.ndarray:
        raise DomainError(f"a variable exponent over {self.name}: only constant exponents have a meaning there")

    def smooth(self, name: str, order: int, x: np.ndarray) -> np.ndarray:
        raise DomainError(f"a smooth function over {self.name}: only polynomials have a meaning there")


def repeated(ring: Scalars, base: np.ndarray, exponent: int) -> np.ndarray:
    """A power by repeated squaring."""
    result, square = ring.full(base.shape, 1), base
    while exponent:
        if exponent & 1:
            result = ring.multiply(result, square)
        square = ring.multiply(square, square)
        exponent >>= 1
    return result


def product(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """The product modulo 2^61 - 1 of residues in int64 arrays, in 31-bit halves (2^62 is 2 there)."""
    a1, a0, b1, b0 = left >> 31, left & LOW, right >> 31, right & LOW
    middle = (a1 * b0 + a0 * b1) % P
    shifted = (middle >> 30) + ((middle & (2**30 - 1)) << 31)
    return ((2 * (a1 * b1) + shifted) % P + (a0 * b0) % P) % P


def scramble(x: np.ndarray, salt: int) -> np.ndarray:
    """A fixed pseudo-random residue for every residue (the finaliser of splitmix64, salted)."""
    with np.errstate(over="ignore"):
        z = np.asarray(x).astype(np.uint64) + np.uint64(salt)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z = (z ^ (z >> np.uint64(31))) + np.uint64(salt >> 1)
        z = (z ^ (z >> np.uint64(29))) * np.uint64(0x9E3779B97F4A7C15)
        return ((z ^ (z >> np.uint64(32))) % np.uint64(P)).astype(np.int64)


def oracle(name: str) -> Callable[..., np.ndarray]:
    """The random oracle of a name, a function of int64 arrays of residues.

    >>> int(oracle("exp")(np.int64(5))) == int(oracle("exp")(np.array([5]))[0])
    True
    """
    salt = stable_hash(name)

    def function(*arguments: np.ndarray) -> np.ndarray:
        state = scramble(arguments[0], salt)
        for argument in arguments[1:]:
            state = scramble((state + argument) % P, salt)
        return state
    return function


def through(name: str, *points: tuple[int, int]) -> Callable[..., np.ndarray]:
    """The random oracle of a name, except at some arguments, where the function has a value that everybody knows.

    >>> int(through("exp", (0, 1))(np.int64(0)))
    1
    """
    free = oracle(name)

    def function(x: np.ndarray) -> np.ndarray:
        result = free(x)
        for argument, value in points:
            result = np.where(x == argument, np.int64(value), result)
        return result
    return function


ORACLES = ("sigmoid", "softplus", "absolute", "sign")
KNOWN = {"exp": (0, 1), "log": (1, 0), "tanh": (0, 0), "sin": (0, 0), "cos": (0, 1)}
PRIME_FUNCTIONS: dict[str, Callable] = {
    **{name: oracle(name) for name in ORACLES},
    **{name: through(name, point) for name, point in KNOWN.items()},
    "relu": lambda x: x * (x & 1),
    "step": lambda x: x & 1,
    "maximum": np.maximum,
    "minimum": np.minimum,
    "equal": lambda x, y: (x == y).astype(np.int64),
    "where": lambda c, x, y: np.where(c != 0, x, y),
    "detach": lambda x: x,
}


@dataclass(frozen=True)
class PrimeField(Modular):
    """The field of 2^61 - 1 elements: order is that of the residues, `step` is parity, `relu(x)` is x times its parity.

    Functions are random oracles through the points that rewriting knows, such as exp(0) = 1.  So are roots, and `x^(a/b)` is the
    power a of the root b; a variable exponent is an oracle of two arguments.
    """

    @property
    def dtype(self) -> type:
        return np.int64

    @property
    def functions(self) -> Mapping[str, Callable]:
        return PRIME_FUNCTIONS

    def multiply(self, left: np.ndarray, right: np.ndarray) -> np.ndarray:
        return product(left, right)

    def total(self, values: np.ndarray) -> np.ndarray:
        return self._joined((values >> 31).sum(axis=-1), (values & LOW).sum(axis=-1))

    def scatter(self, size: int, positions: np.ndarray, values: np.ndarray) -> np.ndarray:
        high, low = np.zeros(size, np.int64), np.zeros(size, np.int64)
        np.add.at(high, positions, values >> 31)
        np.add.at(low, positions, values & LOW)
        return self._joined(high, low)

    @staticmethod
    def _joined(high: np.ndarray, low: np.ndarray) -> np.ndarray:
        return (product(np.asarray(high % P), np.asarray(np.int64(2**31))) + low % P) % P

    def power(self, base: np.ndarray, exponent: Fraction) -> np.ndarray:
        if exponent.denominator != 1:
            base = through(f"root {exponent.denominator}", (0, 0), (1, 1))(base)
        if exponent < 0:
            if np.any(base == 0):
                raise DomainError("division by zero in the prime field: draw another point")
            base = repeated(self, base, P - 2)
        return repeated(self, base, abs(exponent.numerator))

    def powers(self, base: np.ndarray, exponent: np.ndarray) -> np.ndarray:
        return oracle("pow")(base, exponent)

    def smooth(self, name: str, order: int, x: np.ndarray) -> np.ndarray:
        return oracle(f"smooth {name} {order}")(x)


def modular(n: int) -> Modular:
    """The scalars of the base Z[n]."""
    return Modular(f"Z[{n}]", n)


PRIME = PrimeField("the field of 2^61 - 1 elements", P)
