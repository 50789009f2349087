"""Quadratic polynomials: signs against eigenvalues by NumPy, and values at random points."""

from __future__ import annotations

import random
from fractions import Fraction

import numpy as np
import pytest

from symcat.prove.field.polynomial import constant, fraction, generator
from symcat.prove.field.quadratic import _matrix, signs

X, Y, Z = map(generator, range(3))


@pytest.mark.parametrize("p, expected", [
    (X**2, {0, 1}), (X**2 + 1, {1}), (-X**2 - 1, {-1}), (X**2 - 1, None), (X * Y, None), (X**2 + X, None), (X**2 + X + 1, {1}),
    (4 * X**2 + 4 * X + 1, {0, 1}), (X**2 + Y**2 - 2 * X * Y, {0, 1}), (X**2 + 2 * X * Y + Y**2 + 2 * X + 2 * Y + 2, {1}),
    (X**2 + Y, None), (X**3 + 1, None), (X**2 + Y**2 + Z**2 + X * Y + Y * Z + constant(Fraction(1, 7)), {1}), (Y**2 - X**2 + 5, None),
    (X + 1, None), (Y**2 + Z**2 + Y * Z - Y + 1, {1}),
])
def test_signs(p, expected):
    assert signs(p) == expected


def test_random_polynomials_against_eigenvalues_and_values():
    pick, sharp = random.Random(5), 0
    for _ in range(400):
        forms = [sum(pick.randint(-2, 2) * g for g in (X, Y, Z)) + pick.randint(-2, 2) for _ in range(pick.randint(1, 4))]
        p = sum((pick.choice((1, 1, 1, -1)) * form**2 for form in forms), constant(pick.choice((0, 0, 1, -1))))
        found = signs(p)
        values = [fraction(p(*point)) for point in [[pick.randint(-4, 4) for _ in range(40)] for _ in range(30)]]
        seen = {(v > 0) - (v < 0) for v in values}
        if found is not None:
            sharp += 1
            assert seen <= found
        elif p.total_degree() == 2:
            unknowns = [k for k, degree in enumerate(p.degrees()) if degree]
            eigenvalues = np.linalg.eigvalsh(np.array(_matrix(p, unknowns), dtype=float))
            assert eigenvalues.min() < 1e-9 and eigenvalues.max() > -1e-9
            assert eigenvalues.min() < -1e-9 or eigenvalues.max() < 1e-9 or abs(eigenvalues).min() < 1e-9
    assert sharp > 80
