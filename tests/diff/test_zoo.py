"""The bug zoo: quick rows as documented, every size reproduced; `symcat bench zoo` compares all rows."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from symcat.bench.zoo import rules
from symcat.bench.zoo.rows import ROWS
from symcat.bench.zoo.run import faults
from symcat.bench.zoo.size import GRADIENTS, path, size
from symcat.diff.compare import diff

QUICK = ("3", "4", "8", "17", "18", "19", "21")
ROW = {case.name.split()[0]: case for case in ROWS}


@pytest.mark.parametrize("number", QUICK)
def test_a_row_is_as_documented(number):
    case = ROW[number]
    assert list(faults(case, diff(case.a, case.b))) == []


def test_a_wrong_row_has_faults():
    case = ROW["18"]
    other = diff(case.a, rules.descent)
    assert len(list(faults(case, other))) >= 3


@pytest.mark.parametrize("case", [case for case in ROWS if case.size is not None], ids=lambda case: case.name)
def test_a_size_is_reproduced(case):
    assert size(case) == pytest.approx(case.size, rel=0.1, abs=1e-12)


def test_a_path_is_that_of_the_plain_function():
    p, m, v, t = 1.0, 0.0, 0.0, 0
    for g in map(Fraction, GRADIENTS):
        g = float(g)
        t, m, v = t + 1, 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g**2
        p -= 0.001 * (m / (1 - 0.9**t)) / (np.sqrt(v / (1 - 0.999**t)) + 1e-8)
    assert path(rules.adam, {}) == pytest.approx(p, rel=1e-12)


def test_all_rows_have_names_of_their_own():
    assert len(ROW) == len(ROWS) == 21
