"""Scalar parts ahead of their loops: Adam's bias corrections folded, proved equal; what is shown positive, and what is not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import sympy as sp

import symcat as sc
from symcat.category.evaluate import evaluate
from symcat.category.expression import At
from symcat.category.morphism import Builder, Morphism
from symcat.category.space import Real, space
from symcat.kernel.passes import counters, fuse, hoist, lowered, simplify, specialise
from symcat.kernel.passes.hoist import Signs
from symcat.kernel.program import exact
from symcat.learn.optimisers import OPTIMISERS
from tests.kernel.steps import learner, learner_step, learner_values

COUNT = At("t")
FOLDED = ("adam", "adamw", "adabelief", "nadam")


def rule(name: str) -> Morphism:
    """One step of an optimiser on two entries, at its own hyperparameters, as one pointwise comprehension for each output."""
    made = OPTIMISERS[name]
    values = {symbol: exact(value, symbol.name) for symbol, value in made.assignment().items()}
    return fuse(simplify(specialise(made.step(Real[2]), values)))


def folded(f: Morphism) -> Morphism:
    return simplify(hoist(f, [name for name in f.dom.names if name == "t"]))


@pytest.mark.parametrize("name", FOLDED)
def test_a_folded_update_is_proved_equal(name):
    before = rule(name)
    after = folded(before)
    average = "s" if name == "adabelief" else "v"
    assert sc.decide(before, after, assuming=[sp.Symbol(wire, real=True) >= 0 for wire in ("t", average)]).proved


@pytest.mark.parametrize("name", FOLDED)
def test_entries_cost_one_root_and_one_division(name):
    (update,) = [node for node in folded(rule(name)).nodes if node.extents and node.name == folded(rule(name)).outs[0]]
    powers = [part for part in update.body.atoms(sp.Pow) if not (part.exp.is_Integer and part.exp > 0)]
    assert sorted(part.exp for part in powers) == [-1, sp.Rational(1, 2)]


def test_a_wrong_fold_is_refuted():
    before = rule("adam")
    after = folded(before)
    wrong = replace(after, nodes=tuple(replace(node, body=node.body / 2) if node.body.has(sp.sqrt(At("sub1"))) else node
                                       for node in after.nodes))
    assert wrong != after and sc.decide(before, wrong, assuming=[sp.Symbol("t", real=True) >= 0]).refuted


@pytest.mark.parametrize("name", (*FOLDED, "radam", "lamb", "yogi", "amsgrad", "adamax", "rmsprop_centred", "adadelta", "prodigy", "bfgs"))
def test_floats_agree(name):
    made = OPTIMISERS[name]
    values = {symbol: exact(value, symbol.name) for symbol, value in made.assignment().items()}
    f = specialise(made.step(Real[2]), values)
    g = lowered(f, [name for name in ("t", "k") if name in f.dom.names and not f.dom[name].shape])
    draw = np.random.default_rng(1)
    inputs = [draw.uniform(0.5, 2, tuple(map(int, wire.shape))) if wire.shape else draw.integers(3, 9) * 1.0 for wire in f.dom.types]
    for ours, theirs in zip(evaluate(g, inputs), evaluate(f, inputs), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-10, atol=1e-12)


@pytest.mark.parametrize(("e", "positive"), [
    (sp.Rational(1, 3), True), (sp.S.Zero, False), (COUNT + 1, True), (COUNT, False), (At("p"), False), (At("p") ** 2, False),
    (1 - sp.Rational(9, 10) ** (COUNT + 1), True), (1 - sp.Rational(9, 10) ** COUNT, False),
    (1 - sp.Rational(11, 10) ** (COUNT + 1), False),
    (1 - sp.Rational(9, 10) ** (COUNT - 1), False), (2 - sp.Rational(9, 10) ** (COUNT + 1), True), (sp.Rational(9, 10) ** At("p"), True),
    (sp.exp(At("p")), False), (1 / (COUNT + 2), True), (sp.sqrt(COUNT + 1) * 3, True), (-COUNT - 1, False), (At("x", 0), False),
])
def test_what_is_shown_to_be_positive(e, positive):
    b = Builder()
    f = b.build(b.inputs(space(t=Real[()], p=Real[()], x=Real[2])))
    assert Signs(f, frozenset({"t"})).positive(e) is positive
    if positive:                            # never wrong: below, at counts and numbers of every size
        places = ({At("t"): t, At("p"): p} for t in (0, 1, sp.Rational(7, 2), 40) for p in (-3, 0, sp.Rational(1, 2), 5))
        assert all(e.xreplace(place) > 0 for place in places)


def test_nothing_is_pulled_out_of_a_root_without_a_premise():
    before = rule("adam")
    assert any(part.exp == sp.Rational(1, 2) and len(part.base.atoms(At)) == 2 for node in hoist(before).nodes
               for part in node.body.atoms(sp.Pow))


def test_counters_are_the_states_that_count():
    made = learner("adam", (3, 2))
    step = learner_step(made)
    f = specialise(step.step, step.values(learner_values(made, 2), None))
    assert counters(f, step.states) == ("t_b", "t_W")
    b = Builder()
    t, u = b.inputs(space(t=Real[()], u=Real[()]))
    outs = [b.gather((), lambda: At(u) + 1), b.gather((), lambda: At(t) - 1)]
    assert counters(b.build(outs), 2) == ()
