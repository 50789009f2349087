"""The linear half of the proofs about naturality: functors, the 496 matrices, whole paths, and quick rows of the table."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest

from symcat.prove.claim import Claim, as_expected
from symcat.prove.decide import settle
from symcat.prove.module import load

FOLDER = Path(__file__).parents[2] / "proofs" / "naturality"
MODULES = {name: load(FOLDER / f"{name}.py") for name in ("functors", "groups", "paths", "table")}
QUICK = ("gradient descent", "sign descent", "Polyak step", "normalised descent", "diagonal Newton", "LARS", "descent with decay")
ROWS = [claim for claim in MODULES["table"].claims if claim.name.split(":")[0] in QUICK]
PATHS = [claim for claim in MODULES["paths"].claims if claim.name.split(":")[0] in ("gradient descent", "heavy ball", "DoG", "momentum")]
COUNTS = [claim for claim in MODULES["groups"].claims if not claim.name.endswith("commute")]
EVERY = [*MODULES["functors"].claims, *ROWS, *PATHS, *COUNTS]


@pytest.mark.parametrize("claim", EVERY, ids=[claim.name for claim in EVERY])
def test_a_claim_comes_out_as_expected(claim: Claim):
    verdict = settle(claim.goal(), claim.equality)[0]
    assert as_expected(claim, verdict), verdict


def _sign(x: int) -> int:
    return (x > 0) - (x < 0)


DIRECTIONS = {"gradient descent": lambda g: g, "sign descent": lambda g: tuple(map(_sign, g))}


@pytest.mark.parametrize(("name", "expected"), [("gradient descent", 8), ("sign descent", 8)])
def test_eight_of_the_496_matrices_by_plain_integers(name, expected):
    """A u(A^T g) = u(g) at two generic g, without any of our code; at one alone, 16 matrices pass for the sign."""
    assert sum(all(_natural(DIRECTIONS[name], matrix, g) for g in ((13, -29), (31, 17))) for matrix in product(range(-2, 3), repeat=4)
               if matrix[0] * matrix[3] != matrix[1] * matrix[2]) == expected


def _natural(u, matrix, g) -> bool:
    a, b, c, d = matrix
    x, y = u((a * g[0] + c * g[1], b * g[0] + d * g[1]))
    return (a * x + b * y, c * x + d * y) == u(g)


def test_every_row_of_the_table_has_true_and_false_neighbours():
    rows = {claim.name.split(":")[0] for claim in MODULES["table"].claims}
    assert len(rows) == 42
    expected = [claim.expected for claim in MODULES["table"].claims]
    assert expected.count("proved") > 100
    assert expected.count("refuted") > 100
