"""Squares against NumPy: a rule is run at both ends of a map in floating point, with matrices that share nothing with the actions."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from symcat.category.evaluate import evaluate
from symcat.category.space import Real, dim
from symcat.laws.naturality import families as rows
from symcat.laws.naturality.actions import Reversal
from symcat.laws.naturality.inference import transports
from symcat.laws.naturality.squares import square
from symcat.learn.optimisers import OPTIMISERS, optimiser
from symcat.prove.decide import settle

u = 0.4
TURN = np.array([[1 - u**2, 0, -2 * u], [0, 1 + u**2, 0], [2 * u, 0, 1 - u**2]]) / (1 + u**2)
SHEAR = np.array([[1, 0, 0.7], [0, 1, 0], [0, 0, 1]])
MAPS = {      # a family, the values of its inputs, and the matrix of the map of three coordinates; places 1 and 3
    "rotation": (rows.rotation, [u], TURN),
    "transvection": (lambda wire: rows.linear(wire)[:1], [0.7], SHEAR),
    "reflection": (rows.sign_flips, [], np.diag([-1.0, 1, 1])),
    "transposition": (rows.permutation, [], np.eye(3)[[2, 1, 0]]),
    "reversal": (lambda wire: rows.permutation(wire, bent=True)[:1], [], np.eye(3)[[2, 1, 0]]),
    "reversal of the first": (lambda wire: rows.permutation(wire, bent=True)[1:], [], np.eye(3)),
    "reversal of the first two": (lambda wire: (replace(rows.permutation(wire, bent=True)[1], action=Reversal(dim("apart"))),), [],
                                  np.eye(3)[[1, 0, 2]]),
    "scaling": (rows.uniform_scaling, [1.7], 1.7 * np.eye(3)),
    "coordinates": (rows.diagonal_scaling, [[2.0, 0.5, 3.0]], np.diag([2, 0.5, 3])),
}
PLACES = {"first": 1, "apart": 2}
HYPERS = {"lr": 0.3, "gamma": 0.6, "b1": 0.5, "b2": 0.8, "eps": 0.1, "rho": 0.7}
p, g, s = np.array([0.3, -1.1, 0.8]), np.array([1.2, 0.4, -0.7]), np.array([0.9, 0.2, -0.5])


def descent(p, g):
    return p - HYPERS["lr"] * g


def heavy(p, g, v):
    v = HYPERS["gamma"] * v - HYPERS["lr"] * g
    return p + v, v


@pytest.mark.parametrize("name", MAPS)
def test_both_ways_round_are_those_of_the_matrix(name):
    family_of, given, A = MAPS[name]
    rule = OPTIMISERS["gradient_descent"]
    (leg,) = square(rule, *family_of(rule.wire), {})
    ways = [evaluate(side, [p, g, *given], PLACES, HYPERS)[0] for side in (leg.lhs, leg.rhs)]
    np.testing.assert_allclose(ways[0], A @ descent(p, A.T @ g), atol=1e-12)
    np.testing.assert_allclose(ways[1], descent(A @ p, g), atol=1e-12)


@pytest.mark.parametrize("name", MAPS)
def test_a_covector_state_is_taken_at_the_end_and_compared_at_the_start(name):
    family_of, given, A = MAPS[name]
    rule = OPTIMISERS["momentum"]
    family = family_of(rule.wire)[0]
    found = {state: one.transport for state, one in transports(rule, family).items()}
    legs = square(rule, family, found)
    assert [leg.lhs.cod.names for leg in legs] == [("p",), ("v",)]
    start, end = heavy(p, A.T @ g, A.T @ s), heavy(A @ p, g, s)
    for leg, expected in zip(legs, ((A @ start[0], end[0]), (start[1], A.T @ end[1])), strict=True):
        for side, value in zip((leg.lhs, leg.rhs), expected, strict=True):
            np.testing.assert_allclose(evaluate(side, [p, g, s, *given], PLACES, HYPERS)[0], value, atol=1e-12)


@optimiser(data={"H": "hessian"})
def curved(p, g, H, *, lr=0.1):
    """Not a good rule: a step along H p."""
    return p - lr * (H @ p)


@pytest.mark.parametrize("name", MAPS)
def test_a_hessian_is_pulled_back(name):
    family_of, given, A = MAPS[name]
    (leg,) = square(curved, *family_of(curved.wire)[:1], {})
    H = np.arange(9.0).reshape(3, 3)
    H = H + H.T
    lhs = evaluate(leg.lhs, [p, g, H, *given], PLACES, HYPERS)[0]
    np.testing.assert_allclose(lhs, A @ (p - HYPERS["lr"] * (A.T @ H @ A @ p)), atol=1e-12)


@optimiser(data={"h": "hessian_diagonal"})
def along_diagonal(p, g, h, *, lr=0.1):
    return p - lr * h * g


@pytest.mark.parametrize("name", ["rotation", "transvection"])
def test_the_diagonal_of_a_hessian_comes_from_all_of_it(name):
    family_of, given, A = MAPS[name]
    (leg,) = square(along_diagonal, *family_of(along_diagonal.wire)[:1], {})
    H = np.array([[2.0, 1, 0], [1, 3, -1], [0, -1, 1]])
    expected = A @ (p - HYPERS["lr"] * np.diag(A.T @ H @ A) * (A.T @ g))
    np.testing.assert_allclose(evaluate(leg.lhs, [p, g, np.zeros(3), H, *given], PLACES, HYPERS)[0], expected, atol=1e-12)


@pytest.mark.parametrize(("left", "expected"), [(True, "proved"), (False, "refuted")])
def test_left_and_right_versions_for_matrices(left, expected):
    """p - lr (g g^T)... with a fixed matrix on the right of g is natural under rotations of rows, not of columns."""
    rule = optimiser(lambda p, g, *, lr=0.1: p - lr * g @ np.array([[1, 0], [0, 2]]), name="weighted", shape=(2, 2))
    families = rows.rotation(rule.wire, 0 if left else 1)
    assert settle(square(rule, *families, {}), "as functions")[0].status == expected


def test_a_chart_bends_the_parameter_at_its_own_point():
    rule = OPTIMISERS["gradient_descent"]
    (leg,) = square(rule, rows.diffeomorphism(Real["n"])[0], {})
    x = np.array([0.5, 1.5])
    lhs = evaluate(leg.lhs, [x, g[:2]], hypers=HYPERS)[0]
    np.testing.assert_allclose(lhs, (x - HYPERS["lr"] * 3 * x**2 * g[:2]) ** 3, atol=1e-12)
