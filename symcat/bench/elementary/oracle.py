"""Exact values to compare with: NumPy's functions at twice the precision or more, and errors in units in the last place.

float32 is compared with float64, where NumPy is off by at most 4 of its ulps, 2^-27 of ours; float64 with the long double of the C
library, where that is wider.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

Arrays = tuple[np.ndarray, ...]


@dataclass(frozen=True)
class Case:
    """A function: its exact values at a wide precision, NumPy's own way to it,
    and where it changes its form.

    `span` is an interval on which it is neither constant nor outside its domain; `numbers` are its integer arguments.
    """

    wide: Callable[..., np.ndarray]
    span: tuple[float, float]
    plain: Callable[..., np.ndarray] | None = None
    landmarks: tuple[float, ...] = ()
    arguments: int = 1
    numbers: tuple[int, ...] = ()

    @property
    def beside(self) -> Callable[..., np.ndarray]:
        return self.plain or self.wide


def _sigmoid(x: np.ndarray) -> np.ndarray:
    e = np.exp(-np.abs(x))
    return np.where(x >= 0, 1, e) / (1 + e)


def _softplus(x: np.ndarray) -> np.ndarray:
    return np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x)))


def rational_power(x: np.ndarray, p: int, q: int) -> np.ndarray:
    """x^(p/q) where x >= 0, with one step of Newton's for the rounding of p/q; small p and q."""
    x = np.where(x < 0, x.dtype.type(np.nan), x)
    root = np.power(x, 1 / x.dtype.type(q))
    moved = root - (root**q - x) / (q * root ** (q - 1)) if q > 1 else root
    return np.where(np.isfinite(moved), moved, root) ** p


HALVES = tuple((k + 0.5) * 0.6931471805599453 for k in (-149, -126, -100, -2, -1, 0, 1, 126, 127))
RATIOS = tuple(0.7071067811865476 * 2.0**k for k in (-126, -1, 0, 1, 127))
QUARTERS = tuple(k * 0.7853981633974483 for k in (*range(1, 20), 1e3, 65537, 1e6, 2**30, 2**40))
CASES: dict[str, Case] = {
    "exp": Case(np.exp, (-105, 90), landmarks=HALVES),
    "expm1": Case(np.expm1, (-20, 90), landmarks=HALVES),
    "log": Case(np.log, (1e-3, 1e3), landmarks=(1.0, *RATIOS)),
    "log1p": Case(np.log1p, (-0.999, 100), landmarks=tuple(x - 1 for x in RATIOS)),
    "tanh": Case(np.tanh, (-10, 10), landmarks=(0.625, 10.0, 22.0, *HALVES)),
    "sigmoid": Case(_sigmoid, (-105, 20), lambda x: 1 / (1 + np.exp(-x)), HALVES),
    "softplus": Case(_softplus, (-105, 20), lambda x: np.logaddexp(x.dtype.type(0), x), (-0.881373587, *HALVES)),
    "sqrt": Case(np.sqrt, (0, 1e3), landmarks=(1.0, 4.0)),
    "rsqrt": Case(lambda x: 1 / np.sqrt(x), (0, 1e3), landmarks=(1.0, 4.0)),
    "sin": Case(np.sin, (-30, 30), landmarks=QUARTERS),
    "cos": Case(np.cos, (-30, 30), landmarks=QUARTERS),
    "power": Case(np.power, (0, 30), landmarks=(1.0, *RATIOS), arguments=2),
    "root": Case(lambda x, n: rational_power(x, 1, n), (0, 1e3), lambda x, n: x ** x.dtype.type(1 / n), (1.0, *RATIOS), numbers=(3,)),
    "rational_power": Case(rational_power, (0, 1e3), lambda x, p, q: x ** x.dtype.type(p / q), (1.0, *RATIOS), numbers=(2, 3)),
}


def wider(dtype: str) -> type | None:
    """The type to compare with; None where the machine has none that is wide enough."""
    if dtype == "float32":
        return np.float64
    return np.longdouble if np.finfo(np.longdouble).nmant >= 63 else None


def exact(name: str, arguments: Arrays) -> np.ndarray:
    """The values of a function at floats, in the wider type."""
    case, wide = CASES[name], wider(arguments[0].dtype.name)
    with np.errstate(all="ignore"):
        return case.wide(*(x.astype(wide) for x in arguments), *case.numbers)


def ulp(values: np.ndarray, dtype: str) -> np.ndarray:
    """The unit in the last place of the float of a type next to each value.

    >>> import numpy as np
    >>> ulp(np.array([1.0, 1.5, 1e-300]), "float32").tolist() == [2.0**-23, 2.0**-23, 2.0**-149]
    True
    """
    exponents = np.finfo(np.float64)
    power = (values.astype(np.float64).view(np.int64) & (0x7FF << exponents.nmant)).view(np.float64).astype(values.dtype)
    target = np.finfo(dtype)
    return np.maximum(power * values.dtype.type(2.0**-target.nmant), values.dtype.type(target.smallest_subnormal))


def errors(ours: np.ndarray, values: np.ndarray) -> np.ndarray:
    """Errors in ulps; infinite where only one is NaN, or where a finite value stands for one beyond all finite ones.

    >>> import numpy as np
    >>> errors(np.array([1, np.inf, 2, np.nan], np.float32), np.array([1 + 2.0**-23, 1e99, 1e99, 0.0])).tolist()
    [1.0, 0.0, inf, inf]
    """
    top = values.dtype.type(2) ** np.finfo(ours.dtype).maxexp
    with np.errstate(all="ignore"):
        wide, near = ours.astype(values.dtype), np.clip(values, -top, top)
        found = np.abs(np.clip(wide, -top, top) - near) / ulp(near, ours.dtype.name)
        lost = np.isnan(values)
        beyond = np.isfinite(wide) & (np.abs(values) >= top)
    found[lost] = 0
    found[beyond | (np.isnan(wide) != lost)] = np.inf
    return found
