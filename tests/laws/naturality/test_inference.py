"""Transports: what is found by running, against what units and tensors say they must be; declared functors against formulas."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp

from symcat.category.evaluate import evaluate
from symcat.category.morphism import Builder
from symcat.category.space import Real, Space
from symcat.laws.naturality import families as rows
from symcat.laws.naturality.functors import STILL, Transport, candidates, declared
from symcat.laws.naturality.inference import inferred, transports
from symcat.laws.naturality.spelling import functors
from symcat.learn.optimisers import OPTIMISERS, optimiser
from symcat.learn.optimisers.adam import adahessian, adam
from symcat.learn.optimisers.second_order import bfgs, online_newton

N = Real["n"]
EXPECTED = {
    ("adam", "uniform_scaling"): "m -> m/scale, v -> v/scale^2, t -> t",
    ("adam", "loss_scale"): "m -> m/scale, v -> v/scale^2, t -> t",
    ("adam", "diagonal_scaling"): "m -> m/scales, v -> v/scales^2, t -> t",
    ("adam", "sign_flips"): "m -> J^-T m, v -> v, t -> t",
    ("adam", "rotation"): "m -> J^-T m, v -> v (no candidate goes with its own steps), t -> t",
    ("adam", "translation"): "m -> m, v -> v, t -> t",
    ("adahessian", "uniform_scaling"): "m -> m/scale, v -> v/scale^4, t -> t",
    ("adahessian", "loss_scale"): "m -> m/scale, v -> v/scale^2, t -> t",
    ("dog", "uniform_scaling"): "x0 -> scale x0, r -> scale r, s -> s/scale^2",
    ("dog", "translation"): "x0 -> x0 + shift, r -> r, s -> s",
    ("online_newton", "linear"): "m -> J^-T m, V -> J^-T V J^-1",
    ("bfgs", "loss_scale"): "B -> B/scale, s -> s, h -> h/scale, t -> t",
}
RULES = {**OPTIMISERS, "adam": adam, "adahessian": adahessian, "online_newton": online_newton, "bfgs": bfgs}


@pytest.mark.parametrize(("name", "law"), EXPECTED)
def test_transports_are_those_of_units_and_tensors(name, law):
    rule = RULES[name]
    family = getattr(rows, law)(rule.wire)[0]
    assert functors(family, transports(rule, family)) == EXPECTED[name, law]


def test_a_misdeclared_functor_stays_as_it_is_declared():
    from symcat.learn.optimisers.state import state

    rule = optimiser(lambda p, g, m=state(0, "vector"), *, lr=0.1, b=0.9: (p - lr * (b * m + g), b * m + g), name="misdeclared")
    (family,) = rows.diagonal_scaling(rule.wire)
    assert functors(family, transports(rule, family)) == "m -> scales m"


def test_going_together_is_told_apart_from_finding_transports():
    descent, rule = OPTIMISERS["gradient_descent"], OPTIMISERS["momentum"]
    assert inferred(descent, *rows.rotation(N)).together
    assert not inferred(rule, *rows.uniform_scaling(N)).together
    assert transports(rule, *rows.uniform_scaling(N))["v"].how == "inferred"


A = np.diag([2.0, 3.0])
FORMULAS = {
    "point": lambda z: A @ z, "vector": lambda z: A @ z, "covector": lambda z: np.linalg.inv(A) @ z, "scalar": lambda z: z,
    "diagonal": lambda z: np.diagonal(np.linalg.inv(A) @ np.diag(z) @ np.linalg.inv(A)),
}


@pytest.mark.parametrize("functor", FORMULAS)
def test_declared_functors_are_their_formulas(functor):
    (family,) = rows.diagonal_scaling(N)
    build = Builder()
    p, z = build.inputs(Space((("p", N), ("z", N))))
    moved = family.move(family.at(family.site(build, N), p), z, declared(functor, family, N))
    found = evaluate(build.build([moved]), [[1, 1], [5.0, 7.0], [2.0, 3.0]])[0]
    np.testing.assert_allclose(found, FORMULAS[functor](np.array([5.0, 7.0])))


def test_functors_without_an_action_are_refused_by_name():
    (turn,), (scales,) = rows.rotation(N), rows.diagonal_scaling(N)
    assert declared("diagonal", turn, N) is None
    assert declared("length", scales, N) is None
    assert declared("length", turn, N) == STILL
    assert declared("length", *rows.uniform_scaling(N), N) == Transport(((0, 1),))


def test_candidates_of_a_matrix_state_take_each_axis():
    (family,) = rows.rotation(N)
    assert Transport(((0, -1), (1, -1))) in list(candidates(family, N, Real["n", "n"]))
    assert list(candidates(family, N, Real[()])) == [STILL]


@pytest.mark.parametrize(("rule", "powers"), [
    (optimiser(lambda p, g, a=1, b=1, c=1, d=1, *, lr=0.1, be=0.9:
               (p - lr * g / np.sqrt(d), be * a + g**2, be * b + np.abs(g), be * c + g**2, be * d + g**2), name="four ones"),
     (-2, -1, -2, -2)),
    (optimiser(lambda p, g, k=1, *, lr=0.1, b=0.9: (p - lr * g / np.sqrt(np.sqrt(k)), b * k + g**4), name="fourth powers"), (-4,)),
    (optimiser(lambda p, g, r=0, *, lr=0.1, b=0.9: (p - lr * g / r**2, b * r + np.sqrt(np.abs(g))), name="roots"), (-sp.Rational(1, 2),)),
], ids=lambda one: getattr(one, "name", ""))
def test_powers_of_the_scale_are_found_whatever_numbers_states_start_at(rule, powers):
    found = transports(rule, *rows.loss_scale(rule.wire))
    assert tuple(dict(one.transport.blocks).get(0, 0) for one in found.values()) == powers
