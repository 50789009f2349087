"""The twin over the field of 2^61 - 1 elements: functions are random oracles, order is that of the residues."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import numpy as np

from symcat.category.modular import PRIME, P, oracle
from symcat.kernel.twins.grid import Grid, power
from symcat.kernel.twins.twin import NAMES, Twin

INTEGER_ARGUMENTS = ("root", "rational_power")
BY_ZERO = oracle("division by zero")


class Residue:
    """An element of the field of 2^61 - 1 elements."""

    __slots__ = ("v",)

    def __init__(self, v: int) -> None:
        self.v = v

    def __add__(self, other: Residue) -> Residue:
        return Residue((self.v + other.v) % P) if type(other) is Residue else _left(other)

    def __sub__(self, other: Residue) -> Residue:
        return Residue((self.v - other.v) % P) if type(other) is Residue else _left(other)

    def __mul__(self, other: Residue) -> Residue:
        return Residue(self.v * other.v % P) if type(other) is Residue else _left(other)

    def __truediv__(self, other: Residue) -> Residue:
        if type(other) is not Residue:
            return _left(other)
        if other.v == 0:
            raise ZeroDivisionError("division by zero in the prime field")
        return Residue(self.v * pow(other.v, -1, P) % P)

    def __neg__(self) -> Residue:
        return Residue(-self.v % P)

    def __int__(self) -> int:
        return self.v


def _left(other: object) -> object:
    """Tiles take over operations with a residue on the left; nothing else mixes with residues."""
    if isinstance(other, Grid):
        return NotImplemented
    raise TypeError(f"a residue meets {other!r}, which is none")


def _residue(value: object) -> Residue:
    return Residue(int(PRIME.convert(value)))


def _inverse(v: int) -> int:
    return pow(v, -1, P)


def quotient(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """left / right; where the divisor is 0, an oracle of the dividend."""
    inverses = np.asarray(np.frompyfunc(_inverse, 1, 1)(np.where(right == 0, 1, right)), dtype=np.int64)
    return np.where(right == 0, BY_ZERO(left), PRIME.multiply(left, inverses))


def _power(base: np.ndarray, exponent: Fraction) -> np.ndarray:
    """A constant power, dividing as `quotient` does."""
    if exponent >= 0:
        return PRIME.power(base, exponent)
    return quotient(np.ones_like(base), PRIME.power(base, -exponent))


ELEMENTS: dict[str, Callable[..., np.ndarray]] = {
    **{name: PRIME.functions[name] for name in NAMES},
    **power(_power),
    "power": PRIME.powers,
    "expm1": lambda x: PRIME.add(PRIME.functions["exp"](x), PRIME.full((), -1)),
    "log1p": lambda x: PRIME.functions["log"](PRIME.add(x, PRIME.full((), 1))),
    "pick": lambda v, a, x, y: np.where(v > a, x, y),
    "nonneg": lambda x: (x <= P // 2).astype(np.int64),
    "zero": lambda x: (x == 0).astype(np.int64),
}


def _single(name: str) -> Callable[..., Residue]:
    """An element function on single residues."""
    function = ELEMENTS[name]
    count = {"root": 1, "rational_power": 1}.get(name)

    def single(*arguments: object) -> Residue:
        numbers = [np.asarray(a.v, dtype=np.int64) for a in arguments[:count]]
        return Residue(int(function(*numbers, *(arguments[count:] if count else ()))))
    return single


FIELD = Twin(
    PRIME, wrap=lambda value: Residue(int(value)), unwrap=lambda x: x.v,
    primitives={
        **{f"f_{name}": _single(name) for name in ELEMENTS},
        "rational": lambda p, q: _residue(Fraction(p, q)),
        "infimum": lambda: Residue(-1),
        "f_real": _residue,
        "f_bracket": lambda n: Residue(int(n >= 0)),
        "f_delta": lambda n: Residue(int(n == 0)),
        "f_greater": lambda x, y: x.v > y.v,
    },
    elements=ELEMENTS, greater=np.greater, quotient=quotient,
    noise=lambda draw, size: draw.integers(1, P, size=size),
)
