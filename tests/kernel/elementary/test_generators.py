"""The generated functions: values against mpmath in ulps, exact ones bit for bit, and special values."""

import math

import mpmath
import numpy as np
import pytest

from symcat.kernel.elementary.machine import compiled

TYPES = ("float32", "float64")
NAN, INF = math.nan, math.inf
MP = {
    "exp": mpmath.exp, "expm1": mpmath.expm1, "log": mpmath.log, "log1p": mpmath.log1p, "tanh": mpmath.tanh, "sqrt": mpmath.sqrt,
    "rsqrt": lambda x: 1 / mpmath.sqrt(x), "sin": mpmath.sin, "cos": mpmath.cos, "sigmoid": lambda x: 1 / (1 + mpmath.exp(-x)),
    "softplus": lambda x: mpmath.log1p(mpmath.exp(x)),
}
ENDS = {    # values at the ends of the domain
    "exp": ((INF, INF), (-INF, 0.0), (1000.0, INF), (-1000.0, 0.0), (0.0, 1.0), (-0.0, 1.0)),
    "expm1": ((INF, INF), (-INF, -1.0), (1000.0, INF), (-1000.0, -1.0), (0.0, 0.0), (-0.0, -0.0)),
    "log": ((INF, INF), (-INF, NAN), (0.0, -INF), (-0.0, -INF), (-1e-30, NAN), (1.0, 0.0)),
    "log1p": ((INF, INF), (-INF, NAN), (-1.0, -INF), (-1.5, NAN), (0.0, 0.0), (-0.0, -0.0), (3e38, math.log(3e38))),
    "tanh": ((INF, 1.0), (-INF, -1.0), (0.0, 0.0), (-0.0, -0.0), (1e30, 1.0), (-1e30, -1.0)),
    "sigmoid": ((INF, 1.0), (-INF, 0.0), (0.0, 0.5), (-0.0, 0.5), (1e30, 1.0), (-1e30, 0.0)),
    "softplus": ((INF, INF), (-INF, 0.0), (1e30, 1e30), (-1e30, 0.0)),
    "sqrt": ((INF, INF), (-INF, NAN), (0.0, 0.0), (-0.0, -0.0), (-1.0, NAN)),
    "rsqrt": ((INF, 0.0), (-INF, NAN), (0.0, INF), (-0.0, -INF), (-1.0, NAN)),
    "sin": ((INF, NAN), (-INF, NAN), (0.0, 0.0), (-0.0, -0.0)),
    "cos": ((INF, NAN), (-INF, NAN), (0.0, 1.0), (-0.0, 1.0)),
}
DOMAIN = {"log": (0, INF), "log1p": (-1, INF), "sqrt": (0, INF), "rsqrt": (0, INF)}


def same(x, y):
    """Equal as numbers with signs of zeros, or both NaN."""
    x, y = np.asarray(x), np.asarray(y)
    return bool(np.all((np.isnan(x) & np.isnan(y)) | ((x == y) & (np.signbit(x) == np.signbit(y)))))


def ulps(ours, exact):
    """The distance in units in the last place of the exact value."""
    rounded = ours.dtype.type(exact)
    return float(abs((mpmath.mpf(float(ours)) - exact) / mpmath.mpf(float(abs(np.spacing(rounded))))))


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("name", MP)
def test_values(name, dtype):
    draw = np.random.default_rng(3)
    largest = 80 if dtype == "float32" else 700
    x = np.concatenate([draw.uniform(-largest, largest, 60), draw.uniform(-1, 1, 60), draw.normal(size=40) * 1e-6]).astype(dtype)
    low, high = DOMAIN.get(name, (-INF, INF))
    x = np.where((x <= low) | (x >= high), np.abs(x), x)
    ours = compiled(name, dtype)(x)
    with mpmath.workdps(50):
        assert max(ulps(y, MP[name](mpmath.mpf(float(v)))) for v, y in zip(x, ours, strict=True)) < 3


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("name", ENDS)
def test_ends(name, dtype):
    x, expected = np.array(ENDS[name]).astype(dtype).T
    assert same(compiled(name, dtype, lanes=1)(x), expected)
    assert math.isnan(compiled(name, dtype, lanes=1)(np.array([NAN], dtype))[0])
