"""Every invertible 2 x 2 matrix with entries from -2 to 2 against one exact square of each rule."""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction
from functools import cache
from itertools import product

import _rules as printed
import numpy as np

from symcat.category.evaluate import evaluate
from symcat.category.objects import EXACT
from symcat.learn.optimisers import Optimiser, gradient_descent
from symcat.learn.optimisers.adam import adahessian, adam
from symcat.learn.optimisers.second_order import newton
from symcat.learn.optimisers.signs import sign_descent

Matrix = tuple[tuple[int, int], tuple[int, int]]
RATE = {"lr": Fraction(1, 3)}
MEMORY = RATE | {"b1": Fraction(1, 2), "b2": Fraction(0)}     # b2 = 0 makes the root of v rational, whatever v was
RULES: dict[str, tuple[Optimiser, dict[str, Fraction]]] = {
    "sign descent": (sign_descent, RATE),
    "Adam": (adam.at(eps=0), MEMORY),
    "gradient descent": (gradient_descent, RATE),
    "Adam without root": (printed.adam_without_root, RATE | {"b1": Fraction(1, 2), "b2": Fraction(1, 3)}),
    "AdaHessian": (adahessian.at(eps=0), MEMORY),
    "Newton": (newton, RATE),
}
EXPECTED = {"sign descent": 8, "Adam": 8, "gradient descent": 8, "Adam without root": 32, "AdaHessian": 32, "Newton": 496}
POINTS = (((5, 3), (2, -7), ((3, 1), (1, 11)), (1, 4), (13, 17)), ((1, 1), (1, 9), ((2, 1), (1, 3)), (3, -2), (5, 2)))


def matrices() -> list[Matrix]:
    """The invertible ones, 496 of 625."""
    found = []
    for a, b, c, d in product(range(-2, 3), repeat=4):
        if a * d != b * c:
            found.append(((a, b), (c, d)))
    return found


@cache
def passing(name: str) -> tuple[Matrix, ...]:
    """The matrices whose squares commute at every one of the points, exactly."""
    every = matrices()
    kept = np.ones(len(every), dtype=bool)
    for point in POINTS:
        kept &= _commute(*RULES[name], every, *point)
    return tuple(matrix for matrix, ok in zip(every, kept, strict=True) if ok)


def _commute(rule: Optimiser, hypers: dict[str, Fraction], every: list[Matrix], p: tuple, g: tuple, curvature: tuple, m: tuple,
             v: tuple) -> np.ndarray:
    """Which squares commute at one point: p at the start of the maps; gradient, Hessian, momentum m and squares v at their end.

    The parameter alone is compared.  Squares v at the start are those of the end over the squares of the matrix's entries where it
    is monomial; elsewhere they are v, and where b2 = 0 they do not matter.
    """
    A = np.array([[[Fraction(x) for x in row] for row in matrix] for matrix in every], dtype=object)
    exact = lambda values: np.array([Fraction(int(x)) for x in np.ravel(values)], dtype=object).reshape(np.shape(values))
    p, g, curvature, m, v = map(exact, (p, g, curvature, m, v))
    start = {"p": np.broadcast_to(p, (len(every), 2)), "g": _times(A, g, transposed=True), "m": _times(A, m, transposed=True),
             "v": np.stack([_squares(one, v) for one in A]), "H": np.stack([one.T @ curvature @ one for one in A])}
    end = {"p": _times(A, p), "g": _repeat(g, every), "m": _repeat(m, every), "v": _repeat(v, every), "H": _repeat(curvature, every)}
    first, second = (_moved(rule, hypers, side) for side in (start, end))
    return np.array([bool(np.all(one @ moved == target)) for one, moved, target in zip(A, first, second, strict=True)])


def _squares(matrix: np.ndarray, v: np.ndarray) -> np.ndarray:
    return (matrix.T**2) @ v if all(np.count_nonzero(row) == 1 for row in matrix) else v


def _times(A: np.ndarray, x: np.ndarray, transposed: bool = False) -> np.ndarray:
    return np.stack([(one.T if transposed else one) @ x for one in A])


def _repeat(x: np.ndarray, every: list[Matrix]) -> np.ndarray:
    return np.broadcast_to(x, (len(every), *x.shape))


def _moved(rule: Optimiser, hypers: dict[str, Fraction], side: dict[str, np.ndarray]) -> np.ndarray:
    """The parameters after a step from each of the points: entries of elementwise rules are one long vector."""
    step = rule.step()
    if not rule.shape[0].is_Integer:
        arrays = [_flat(name, side) for name in step.dom.names]
        return evaluate(step, arrays, hypers=hypers, scalars=EXACT)[0].reshape(-1, 2)
    each: Callable = lambda k: evaluate(step, [side[name][k] for name in step.dom.names], hypers=hypers, scalars=EXACT)[0]
    return np.stack([each(k) for k in range(len(side["p"]))])


def _flat(name: str, side: dict[str, np.ndarray]) -> np.ndarray:
    if name == "t":
        return np.array(Fraction(2), dtype=object)
    if name == "h":
        return np.stack([np.diagonal(one) for one in side["H"]]).reshape(-1)
    return side[name].reshape(-1)
