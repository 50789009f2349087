"""Denominators of several terms under roots: positive ones come out, in the engine and in the checker's replay."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp

from symcat.category.space import Real, space
from symcat.category.trace import trace
from symcat.prove.decide import decide

v, g, t, b, K = sp.symbols("v g t b K", real=True)
VECTOR, ONE = Real["n"], Real[()]
moment = lambda v, g, b: b * v + (1 - b) * g * g
# Each row: the wires, what is divided and by what, as functions, and conditions under which the divisor is positive.
ROWS = {
    "a wire": ({"v": VECTOR, "g": VECTOR, "K": ONE}, lambda v, g, K, *, b=0.9: (moment(v, g, b), K), (v >= 0, K > 0)),
    "a sum": ({"v": VECTOR, "g": VECTOR, "K": ONE}, lambda v, g, K, *, b=0.9: (moment(v, g, b), 1 + K), (v >= 0, K >= 0)),
    "a bias correction": ({"v": VECTOR, "g": VECTOR, "t": ONE}, lambda v, g, t, *, b=0.9: (moment(v, g, b), 1 - b ** (t + 1)),
                          (v >= 0, t >= 0, 1 - b ** (t + 1) > 0)),
    "two of them": ({"v": VECTOR, "g": VECTOR, "K": ONE}, lambda v, g, K, *, b=0.9: (v / (1 + K) + g * g, 1 + K * K), (v >= 0, K >= 0)),
}


@pytest.mark.parametrize("name", ROWS)
@pytest.mark.parametrize("off", [0, 1])
def test_a_positive_denominator_comes_out_of_a_root(name, off):
    wires, parts, conditions = ROWS[name]
    dom = space(**wires)

    def whole(x, y, z, *, b=0.9):
        over, under = parts(x, y, z, b=b)
        return np.sqrt(over / under)

    def apart(x, y, z, *, b=0.9):
        over, under = parts(x, y, z, b=b)
        return np.sqrt(over) / np.sqrt(under + off)
    verdict = decide(trace(whole, dom), trace(apart, dom), assuming=conditions)
    assert verdict.status == ("refuted" if off else "proved"), str(verdict)
    assert "trusted" not in verdict.method


def test_a_denominator_of_unknown_sign_stays():
    dom = space(v=VECTOR, K=ONE)
    whole = trace(lambda v, K: np.sqrt((v * v + 1) / (1 + K * K * K) ** 2), dom)
    apart = trace(lambda v, K: np.sqrt(v * v + 1) / (1 + K * K * K), dom)
    assert not decide(whole, apart).proved
