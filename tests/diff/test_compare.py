"""Comparisons of pairs whose relation is known, each judged again by running the plain Python functions on NumPy numbers."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

import symcat as sc
from symcat.diff.compare import diff
from symcat.diff.difference import Difference
from symcat.errors import DomainError, SoundnessError, UsageError
from symcat.learn.optimisers import gradient_descent, momentum, optimiser, rmsprop
from tests.diff.rules import FUNCTIONS, rule

MAPPED, PREMISED = "equal-under-state-map", "equal-under-premises"
# a, b, relation, premises, map of states, first step
PAIRS = [
    ("heavy", "heavy_scaled", MAPPED, (), ("w_b = 3*v_a",), None),
    ("corrected", "corrected_weights", MAPPED, (), ("total_b = m_a/(1 - b1)", "weight_b = (1 - b1**k_a)/(1 - b1)"), None),
    ("rooted", "rooted_apart", "different", ("eps = 0",), (), 1),
    ("plain", "late", "ordered", (), (), 6),
    ("plain", "decayed", PREMISED, ("weight_decay = 0",), (), 1),
    ("decayed", "shrunk", PREMISED, ("weight_decay = 0",), (), 1),
    ("decayed", "fifth", PREMISED, ("weight_decay = 1/5",), (), 1),
    ("normed", "normed_squares", "equal", (), (), None),
    ("normed", "normed_entries", "different", (), (), 1),
    ("plain", "plain", "equal", (), (), None),
]
IDS = [f"{row[0]} {row[1]}" for row in PAIRS]


@pytest.fixture(scope="module")
def found():
    """Every pair compared once."""
    return {(row[0], row[1]): diff(rule(row[0]), rule(row[1])) for row in PAIRS}


@pytest.mark.parametrize("row", PAIRS, ids=IDS)
def test_the_relation_is_the_known_one(found, row):
    a, b, relation, premises, states, step = row
    one = found[a, b]
    assert (one.relation, one.premises, one.state_map, one.first_step) == (relation, premises, states, step)
    assert one.exit_code == (0 if relation.startswith("equal") else 1)


def run(name, gradients, p=0.7, **hypers):
    """The path of a plain function, in NumPy, from its own initial states."""
    function = FUNCTIONS[name]
    code, given = function.__code__, function.__defaults__ or ()
    states = list(given)
    own = {key: hypers.get(key, value) for key, value in function.__kwdefaults__.items()}
    path = []
    for g in gradients:
        result = function(p, g, *states, **own)
        p, *states = result if isinstance(result, tuple) else (result,)
        path.append(p)
    assert len(states) == code.co_argcount - 2
    return np.array(path, dtype=float)


RENAMED = {("plain", "decayed"): {"step_size": "lr"}, ("decayed", "shrunk"): {"lr": "step_size", "l2": "weight_decay"},
           ("decayed", "fifth"): {"lr": "step_size"}}


@pytest.mark.parametrize("row", [row for row in PAIRS if row[5]], ids=[one for one, row in zip(IDS, PAIRS, strict=True) if row[5]])
def test_a_witness_is_one_for_the_plain_functions(found, row):
    """At the witness the paths agree before the first step, and differ at it by what the witness says."""
    a, b = row[:2]
    witness, step = found[a, b].witness, found[a, b].first_step
    number = lambda value: np.array([float(Fraction(v)) for v in value]) if isinstance(value, list) else float(Fraction(value))
    hypers = {name: float(Fraction(value)) for name, value in witness["hypers"].items()}
    gradients = [number(witness["inputs"][f"g{k}"]) for k in range(1, step + 1)]
    paths = []
    for name in (a, b):
        own = {key: hypers[RENAMED.get((a, b), {}).get(key, key) if name == b else key] for key in FUNCTIONS[name].__kwdefaults__}
        paths.append(run(name, gradients, number(witness["inputs"]["p"]), **own))
    assert np.allclose(paths[0][: step - 1], paths[1][: step - 1])
    values = [path[step - 1][tuple(witness["index"])] if witness["index"] else path[step - 1] for path in paths]
    assert np.allclose(values, [float(Fraction(witness["left"])), float(Fraction(witness["right"]))], rtol=1e-9)
    assert abs(values[0] - values[1]) > 1e-9


@pytest.mark.parametrize("row", [row for row in PAIRS if row[2] in ("equal", MAPPED)],
                         ids=[one for one, row in zip(IDS, PAIRS, strict=True) if row[2] in ("equal", MAPPED)])
def test_what_is_equal_runs_alike(row):
    gradients = list(np.random.default_rng(0).normal(size=(30, 3)))
    assert np.allclose(run(row[0], gradients, np.ones(3)), run(row[1], gradients, np.ones(3)), rtol=1e-9)


@pytest.mark.parametrize("name, change", [
    ("heavy", lambda p, g, w=0, *, lr=0.1, mu=0.9: (p - lr * (mu * w + 3 * g) / 2, mu * w + 3 * g)),
    ("heavy", lambda p, g, v=0, *, lr=0.1, mu=0.9: (p - lr * v, mu * v + g)),
    ("heavy", lambda p, g, v=1, *, lr=0.1, mu=0.9: (p - lr * (mu * v + g), mu * v + g)),
    ("corrected", lambda p, g, m=0, k=1, *, lr=0.1, b1=0.9: (p - lr * (b1 * m + (1 - b1) * g) / (1 - b1 ** (k + 1)),
                                                             b1 * m + (1 - b1) * g, k + 1)),
])
def test_a_near_miss_is_different(name, change):
    one = diff(rule(name), optimiser(change, name="changed"))
    assert one.relation == "different" and one.witness


def test_the_initial_state_is_told_apart_from_the_recursion():
    one = diff(rule("heavy"), optimiser(lambda p, g, v=1, *, lr=0.1, mu=0.9: (p - lr * (mu * v + g), mu * v + g), name="from one"))
    assert one.initial_state == "v: 0 against 1" and one.recursion.startswith("equal")


def test_a_witness_is_rational_where_a_root_can_be():
    one = diff(rule("rooted"), rule("rooted_apart"))
    assert one.witness["exact"] and Fraction(one.witness["left"]) != Fraction(one.witness["right"])


def test_what_one_rule_fixes_is_a_premise_for_the_other():
    one = diff("rmsprop(eps=0)", "rmsprop_inside")
    assert (one.relation, one.premises) == (PREMISED, ("eps = 0",))


def test_hyperparameters_without_a_known_name_are_matched_by_what_they_do():
    one = diff(rule("swapped"), "lion(wd=0)")
    assert one.relation == "equal" and one.aligned == ("b1 of lion(wd=0) is first", "b2 of lion(wd=0) is second")


def test_a_rate_that_varies_tells_two_momenta_apart():
    one = diff(momentum, rule("heavy"))
    assert (one.relation, one.premises, one.first_step) == (MAPPED, ("constant lr",), 2)
    assert "rate1" in one.witness["inputs"]
    assert diff(momentum, rule("heavy"), given="constant lr").witness is None


def test_a_translation_is_found_and_proved():
    one = diff(rule("decayed"), rule("shrunk"), translate=True)
    assert (one.relation, dict(one.translation)) == (PREMISED, {"l2": "step_size*weight_decay"})
    assert one.certificate and "constant lr" in one.premises
    none = diff(rule("rooted"), rule("rooted_apart"), translate=True)
    assert none.relation == "different" and not none.translation


def test_premises_that_are_given_are_stated():
    one = diff(rule("rooted"), rule("rooted_apart"), given={"eps": 0})
    assert (one.relation, one.premises) == (PREMISED, ("eps = 0",))


def test_clipped_descent_never_moves_further():
    one = diff("gradient_descent", "value_clipped_descent")
    assert one.relation == "ordered" and one.note.startswith("value_clipped_descent never moves further than gradient_descent")
    assert one.certificate and one.witness


@pytest.mark.parametrize("given, words", [
    ("eps", "expected hyperparameter=number"), ("warmth=1", "no hyperparameter 'warmth'"), ("eps=-1", "outside of the range"),
    ("eps=0, eps=1", "given twice"),
])
def test_premises_that_make_no_sense_are_refused(given, words):
    with pytest.raises(UsageError, match=words):
        diff(rmsprop, rmsprop, given=given)


def test_rules_over_different_parameters_are_refused():
    with pytest.raises(UsageError, match="different parameters"):
        diff("muon_exact", "newton")


@pytest.mark.parametrize("factor", [
    lambda g: 1 + np.sum(g * g) - g[0] ** 2 - g[-1] ** 2,
    lambda g: np.where(np.sum(0 * g + 1) > 2, 3, 1),
], ids=["ends", "count"])
def test_what_holds_for_two_entries_alone_is_no_equality(factor):
    one = diff(optimiser(lambda p, g, *, lr=0.1: p - lr * g * factor(g) * np.sum(g * g) / np.sum(g * g), name="two entries"), rule("plain"))
    assert one.relation == "different"
    assert all(factor(np.array(g)) == 1 for g in ([0.5, 2.0], [-1.0, 3.0])) and factor(np.array([1.0, 2.0, 3.0])) != 1


@pytest.mark.parametrize("function, asked", [
    (lambda p, g, *, lr=0.1: p - lr * g * g / g, "g[i] != 0"),
    (lambda p, g, *, lr=0.1: p - lr * np.sqrt(g) * np.sqrt(g), "g[i] >= 0"),
    (lambda p, g, t=0, *, lr=0.1: (p - lr * g * (t - 4) / (t - 4), t + 1), "t - 4 != 0"),
], ids=["divided by g", "root of g", "fifth step"])
def test_what_one_rule_alone_needs_to_be_defined_is_a_premise(function, asked):
    one = diff(optimiser(function, name="narrow"), rule("plain"))
    assert one.relation == PREMISED and f"at every step: {asked}" in one.premises[0]


def test_a_difference_far_from_the_start_is_found_where_floats_show_it():
    seldom = optimiser(lambda p, g, t=0, *, lr=0.1: (p - lr * np.where(t == 16, 2, 1) * g, t + 1), name="seldom")
    one = diff(seldom, rule("plain"))
    assert (one.relation, one.first_step) == ("different", 17)
    assert Fraction(one.witness["inputs"]["g17"]) != 0


def test_rules_that_stand_still_are_not_alike_for_that():
    scaled, cubed = (optimiser(f, name=f.__name__) for f in (rule_scaled, rule_cubed))
    one = diff(scaled, cubed)
    assert (one.relation, one.premises) == ("different", ())


def rule_scaled(p, g, *, lr=0.1, k=1.0):
    return p - lr * k * g


def rule_cubed(p, g, *, lr=0.1, j=1.0):
    return p - lr * j * g**3


def test_a_comparison_is_neither_true_nor_false():
    one = sc.diff(gradient_descent, gradient_descent)
    assert isinstance(one, Difference) and one.same
    with pytest.raises(UsageError):
        bool(one)


@pytest.mark.parametrize("relation", ["equal", "equal-under-premises", "ordered", "different"])
def test_nothing_is_claimed_without_evidence(relation):
    with pytest.raises(SoundnessError):
        Difference("a", "b", relation)


def test_a_value_outside_its_range_is_refused():
    with pytest.raises((UsageError, DomainError)):
        diff("adam(b1=2)", "adam")
