"""The way from expressions to polynomials, against exact evaluation; and the linear algebra, against NumPy."""

from __future__ import annotations

import itertools
from fractions import Fraction
from random import Random

import numpy as np
import pytest
import sympy as sp

from symcat.errors import DomainError
from symcat.prove.claim import Inequality
from symcat.prove.inequality import exact
from symcat.prove.inequality.cells import cells
from symcat.prove.inequality.grid import Grid
from symcat.prove.inequality.kernels import Cell, without_kernels
from symcat.prove.inequality.problem import formula, problems
from symcat.prove.points import value

x, y = sp.symbols("x y", real=True)
VALUES = tuple(map(sp.Rational, ("-2", "-1/2", "0", "1", "4/3", "9")))
POINTS = [{x: first, y: second} for first, second in itertools.product(VALUES, repeat=2)]

GAPS = [
    sp.Abs(x) - y, sp.Min(x, 2 * y) - sp.Max(x, y, 1) + 1, sp.sign(x) * y - x, sp.Piecewise((x, x > y), (y, sp.Eq(x, 0)), (1, True)) - y**2,
    1 / (x - y) + 1, (x - 1) / (y**2 + 1) - y, 1 / (x * y) - 2, x / y**3 - 1, -1 / x, sp.Heaviside(x, sp.Rational(1, 2)) - y,
    sp.Abs(sp.Max(x, y) - 1) / (1 + sp.Abs(x)) - sp.Rational(1, 2), (x + 1) / (x - y) / (2 - x), 1 / (1 + 1 / x) - y,
]


@pytest.mark.parametrize("gap", GAPS, ids=str)
def test_the_cells_say_what_the_goal_says(gap: sp.Expr) -> None:
    """At every point where the gap is defined: some cell holds, and every cell that holds has the gap's sign."""
    found = [formula(problem) for problem in problems(Inequality(0, gap))]
    seen = set()
    for point in POINTS:
        exact_value = value(gap, point)
        if exact_value is None:
            continue
        plain = {sp.Symbol(s.name, real=True): v for s, v in point.items()}
        verdicts = {conclusion.subs(plain) for premises, conclusion in found if all(premise.subs(plain) == sp.true for premise in premises)}
        assert verdicts == {sp.true if exact_value >= 0 else sp.false}, point
        seen |= verdicts
    assert seen == {sp.true, sp.false}


KERNELS = [sp.exp(x) - y, sp.exp(x / 2 - y) * sp.exp(x / 3), sp.log(x) + sp.exp(x), sp.tanh(x) * y, sp.sin(x) + sp.cos(x), sp.cosh(x) - 1,
           sp.sqrt(x) + x ** sp.Rational(-2, 3), sp.sqrt(1 + sp.sqrt(x)), sp.log(1 + sp.exp(x)) - sp.log(2), sp.exp(1) + sp.exp(x),
           sp.sin(x) - sp.pi]


@pytest.mark.parametrize("gap", KERNELS, ids=str)
def test_what_is_known_of_kernels_is_true(gap: sp.Expr) -> None:
    """The fresh variables, at the values that they stand for, satisfy every condition."""
    from symcat.prove.inequality import kernels as module

    made: list[module.Kernels] = []
    original = module.Kernels.__init__

    def remember(self: module.Kernels, *arguments: object) -> None:
        original(self, *arguments)
        made.append(self)
    module.Kernels.__init__ = remember
    try:
        cell = without_kernels(Cell(gap, ()))
    finally:
        module.Kernels.__init__ = original
    place = {symbol: kernel for kernel, symbol in made[0].names.items()}
    for text in ("1/3", "2", "5/2", "9"):
        point = {x: sp.Rational(text), y: sp.Rational(3)}
        assert abs(sp.N((cell.gap.subs(place) - gap).subs(point), 30)) < 1e-20
        for e, relation in cell.conditions:
            number = sp.N(e.subs(place).subs(point), 30)
            assert {">=0": number > -1e-20, ">0": number > 0, "=0": abs(number) < 1e-20, "!=0": number != 0}[relation], (e, point)


def test_limits_and_refusals() -> None:
    many = sum(sp.Abs(x + k) for k in range(8))
    with pytest.raises(DomainError, match="cells"):
        cells(many, ())
    with pytest.raises(DomainError, match="exponents up to"):
        problems(Inequality(0, x**1000))
    with pytest.raises(DomainError, match="no bounds"):
        problems(Inequality(0, sp.gamma(x)))
    with pytest.raises(DomainError, match="single relation"):
        problems(Inequality(0, sp.Piecewise((x, (x > 0) & (y > 0)), (1, True))))


def test_grids_suspect_what_is_false_and_nothing_else() -> None:
    assert list(Grid.of(Inequality(x, x**2)).suspects())
    assert not [point for point in Grid.of(Inequality(2 * x * y, x**2 + y**2)).suspects() if (point[x] - point[y]) ** 2 != 0]
    assert all(point[x] >= 2 for point in Grid.of(Inequality(x, y, "<=", (x > 2,))).admitted())
    assert list(Grid.of(Inequality(sp.Integer(2), sp.Integer(1))).suspects()) == [{}]


def test_squares_are_those_of_positive_semidefinite_matrices() -> None:
    random = Random(3)
    kinds = set()
    for _ in range(300):
        size = random.randint(1, 4)
        rows = [[random.randint(-2, 2) for _ in range(size)] for _ in range(random.randint(1, size))]
        matrix = np.array(rows).T @ np.array(rows)
        if random.random() < 0.5:
            k = random.randrange(size)
            matrix[k, k] -= random.randint(0, 2)
        found = exact.squares([[Fraction(int(v)) for v in row] for row in matrix])
        least = np.linalg.eigvalsh(matrix)[0]
        kinds.add(found is None)
        if found is None:
            assert least < -1e-9
        else:
            assert least > -1e-9
            columns = np.array([[float(c) for c in column] for _, column in found]).reshape(-1, size)
            assert np.allclose(columns.T @ np.diag([float(d) for d, _ in found]) @ columns, matrix)
            assert all(d > 0 for d, _ in found)
    assert kinds == {True, False}


def test_linear_systems() -> None:
    rows = [({0: Fraction(1), 1: Fraction(2), 2: Fraction(-1)}, Fraction(3)), ({1: Fraction(1), 2: Fraction(1)}, Fraction(1))]
    space = exact.solutions(rows, 3)
    (free,) = space.free
    for number in (Fraction(0), Fraction(7, 3)):
        solution = space.at({free: number})
        assert all(sum(c * solution[k] for k, c in row.items()) == constant for row, constant in rows)
    start, basis = space.numeric()
    assert np.allclose(basis.T @ basis, np.eye(1))
    assert np.allclose(basis.T @ start, 0)
    assert exact.solutions([*rows, ({0: Fraction(1), 1: Fraction(3)}, Fraction(5))], 3) is None
