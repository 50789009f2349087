"""Exact values and errors in ulps: hand-worked cases, and the wide functions against mpmath."""

import math

import mpmath
import numpy as np
import pytest

from symcat.bench.elementary.oracle import CASES, errors, exact, ulp, wider

EXACT = {
    "sigmoid": lambda x: 1 / (1 + mpmath.exp(-x)), "softplus": lambda x: mpmath.log1p(mpmath.exp(x)),
    "rsqrt": lambda x: 1 / mpmath.sqrt(x), "root": lambda x: mpmath.root(x, 3),
    "rational_power": lambda x: mpmath.power(x, mpmath.mpf(2) / 3),
    "power": mpmath.power,
}


@pytest.mark.parametrize("value, unit", [(1.0, 2.0**-23), (1.999, 2.0**-23), (2.0, 2.0**-22), (-3.0, 2.0**-22), (2.0**-126, 2.0**-149),
                                         (2.0**-140, 2.0**-149), (0.0, 2.0**-149)])
def test_units_in_the_last_place(value, unit):
    assert ulp(np.array([value]), "float32")[0] == unit == abs(np.spacing(np.float32(value)))


@pytest.mark.parametrize("ours, value, error", [
    (1.0, 1.0, 0.0), (1.0, 1 + 2.0**-24, 0.5), (math.inf, 1e40, 0.0), (math.inf, math.inf, 0.0), (1.0, 1e40, math.inf),
    (math.nan, 1.0, math.inf), (1.0, math.nan, math.inf), (math.nan, math.nan, 0.0), (-math.inf, math.inf, math.inf),
    (math.inf, float(np.finfo(np.float32).max), 1.0), (0.0, 2.0**-150, 0.5),
])
def test_errors(ours, value, error):
    found = errors(np.array([ours], np.float32), np.array([value]))[0]
    assert found == error or (found > 1e6 and error == math.inf)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", CASES)
def test_the_wide_functions_against_mpmath(name, dtype):
    if wider(dtype) is None:
        pytest.skip("no wider type")
    case = CASES[name]
    draw = np.random.default_rng(0)
    x = draw.uniform(max(case.span[0], -30), min(case.span[1], 30), 25).astype(dtype)
    arguments = (x, draw.normal(size=25).astype(dtype))[: case.arguments]
    values = exact(name, arguments)
    function = EXACT.get(name) or getattr(mpmath, name)
    digits = 10 if dtype == "float32" else 18.5
    with mpmath.workdps(50):
        for k, point in enumerate(zip(*arguments, strict=True)):
            value = function(*(mpmath.mpf(float(x)) for x in point))
            high = float(values[k])
            ours = mpmath.mpf(high) + mpmath.mpf(float(values[k] - values.dtype.type(high)))
            assert abs(ours - value) <= mpmath.mpf(10) ** -digits * abs(value)
