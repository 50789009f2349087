"""The rows of the card: names, legs, verdicts of rules that are easy to judge by hand, and the group that they make."""

from __future__ import annotations

import numpy as np
import pytest

from symcat.laws.claim import Claim
from symcat.laws.naturality import card_laws, group
from symcat.learn.optimisers import OPTIMISERS, optimiser
from symcat.learn.optimisers.state import state
from symcat.prove.decide import settle

VECTOR = ("zero_gradient", "loss_scale", "translation", "uniform_scaling", "diagonal_scaling", "sign_flips", "permutation", "rotation",
          "linear", "diffeomorphism", "projection")
MATRIX = ("row_scaling", "row_sign_flips", "row_permutation", "left_rotation", "left_linear", "column_scaling", "column_sign_flips",
          "column_permutation", "right_rotation", "right_linear")


def verdict(claim: Claim):
    return settle(claim.goal(), claim.equality)[0]


@optimiser
def fixed_step(p, g, *, lr=0.1):
    """A step of a fixed length in the first coordinate's favour: natural under nothing but translations and the scale of the loss."""
    return p - lr * g / abs(g[0])


def test_rows_are_named_as_documented():
    assert tuple(law.name for law in card_laws(OPTIMISERS["adam"])) == VECTOR
    matrix = optimiser(lambda p, g, *, lr=0.1: p - lr * g @ g.T @ g, name="cubic", shape=("m", "n"))
    assert set(MATRIX) < {law.name for law in card_laws(matrix)}


def test_laws_are_chosen_by_name():
    assert [law.name for law in card_laws(OPTIMISERS["momentum"], ["rotation", "translation"])] == ["translation", "rotation"]


@pytest.mark.parametrize(("law", "expected"), {"translation": "proved", "loss_scale": "proved", "uniform_scaling": "refuted",
                                               "permutation": "refuted", "rotation": "refuted"}.items())
def test_an_unseen_rule(law, expected):
    (row,) = card_laws(fixed_step, [law])
    assert verdict(row.step).status == expected


def test_a_refutation_names_its_leg():
    lost = optimiser(lambda p, g, m=0, *, lr=0.1, b=0.9: (p - lr * g, b * m + (1 - b) * abs(g)), name="absolute momentum")
    (row,) = card_laws(lost, ["sign_flips"])
    assert verdict(row.step).proved and row.functors == "m -> m"
    shifted = optimiser(lambda p, g, m=0, *, lr=0.1, b=0.9: (p - lr * g, b * m + (1 - b) * g + p), name="shifted momentum")
    (row,) = card_laws(shifted, ["translation"])
    found = verdict(row.step)
    assert found.refuted and row.legs[found.witness["equation"]] == found.witness["output"] == "m"


def test_where_the_gradient_is_taken_is_a_leg():
    ahead = optimiser(lambda p, g, v=0, *, lr=0.1, b=0.9: (p + b * v - lr * g, b * v - lr * g), look=lambda p, v: p + v * v, name="ahead")
    (row,) = card_laws(ahead, ["sign_flips"])
    found = verdict(row.step)
    assert row.legs == ("p", "v", "look")
    assert found.refuted and row.legs[found.witness["equation"]] == "look"


def test_the_path_needs_the_places_where_gradients_are_taken_too():
    fixed = optimiser(lambda p, g, *, lr=0.1: p - lr * g, look=lambda p: p + 1, name="fixed look")
    (row,) = card_laws(fixed, ["rotation"])
    assert verdict(row.step).refuted and verdict(row.path).refuted
    (row,) = card_laws(fixed, ["translation"])
    assert verdict(row.step).proved and verdict(row.path).proved
    ahead = optimiser(lambda p, g, v=0, *, lr=0.1, rho=0.1: (p - lr * np.sign(g), g), look=lambda p, v, *, rho: p + rho * v, name="ahead")
    (row,) = card_laws(ahead, ["loss_scale"])
    assert {verdict(claim).status for claim in (row.step, row.path, *row.levels.values())} == {"refuted"}
    whole = optimiser(lambda p, g, *, lr=0.1: p - lr * g, look=lambda p: p + np.sum(p**2), name="whole look")
    (row,) = card_laws(whole, ["projection"])
    assert verdict(row.step).refuted and row.legs[verdict(row.step).witness["equation"]] == "look" and verdict(row.path).refuted


@pytest.mark.parametrize(("law", "step", "path"), [("uniform_scaling", "proved", "refuted"), ("translation", "proved", "proved")])
def test_step_and_path_differ_where_an_initial_length_is_fixed(law, step, path):
    (row,) = card_laws(OPTIMISERS["dog"].at(eps=0), [law])
    assert (verdict(row.step).status, verdict(row.path).status) == (step, path)


@pytest.mark.parametrize(("rule", "law", "expected"), [
    (OPTIMISERS["gradient_descent"], "uniform_scaling", {"Fc": "proved", "rate": "proved", "O": "proved"}),
    (OPTIMISERS["momentum"], "uniform_scaling", {"Fc": "refuted", "rate": "proved"}),
    (OPTIMISERS["clipped_descent"], "loss_scale", {"Fc": "refuted", "rate": "refuted", "O": "proved"}),
])
def test_levels_below_an_exact_square(rule, law, expected):
    (row,) = card_laws(rule, [law])
    assert {name: verdict(row.levels[name]).status for name in expected} == expected


@pytest.mark.parametrize(("name", "expected"), [("gradient_descent", "proved"), ("lamb", "refuted")])
def test_projections(name, expected):
    (row,) = card_laws(OPTIMISERS[name], ["projection"])
    assert verdict(row.step).status == expected


GROUPS = {
    "O(n)⋉Rⁿ": "translation sign_flips permutation rotation",
    "O(n)": "sign_flips permutation rotation",
    "B_n⋉Rⁿ": "translation sign_flips permutation",
    "B_n": "sign_flips permutation",
    "monomial⋉Rⁿ": "translation uniform_scaling diagonal_scaling sign_flips permutation",
    "Aff(n)": "translation uniform_scaling diagonal_scaling sign_flips permutation rotation linear",
    "CO(n)⋉Rⁿ": "translation uniform_scaling sign_flips permutation rotation",
    "R^×·O(n)": "uniform_scaling sign_flips permutation rotation",
    "R^×·B_n": "uniform_scaling sign_flips permutation",
    "R_{>0}×B_n⋉Rⁿ": "translation uniform_scaling sign_flips permutation",
    "(O(m)×O(n))⋉T": "translation row_sign_flips row_permutation left_rotation column_sign_flips column_permutation right_rotation",
    "Rⁿ": "translation",
    "": "",
}


@pytest.mark.parametrize("name", GROUPS)
def test_groups_are_spelled_as_in_the_table(name):
    laws = dict.fromkeys((*VECTOR, *(MATRIX if "m" in name.replace("monomial", "") else ())), "refuted")
    laws |= dict.fromkeys(GROUPS[name].split(), "proved")
    assert group(laws) == name


def test_an_open_law_leaves_a_smaller_group():
    assert group({"translation": "proved", "sign_flips": "proved", "permutation": "unknown"}) == "at least {1, -1}^n⋉Rⁿ"


@optimiser
def powers(p, g, z=state(lambda p: 0 * np.sqrt(p**-3)), *, lr=0.1):
    """Natural under p -> p^3: logarithms are multiplied; under other charts it is not."""
    return np.exp(np.log(p) * (1 + lr * np.sign(g))), z


def test_what_goes_with_one_chart_alone_is_not_proved_of_all():
    (law,) = card_laws(powers, ("diffeomorphism",))
    assert "any smooth phi" in law.path.statement and settle(law.path.goal())[0].refuted
    (law,) = card_laws(OPTIMISERS["gradient_descent"], ("diffeomorphism",))
    assert "any smooth phi" not in law.path.statement and settle(law.path.goal())[0].refuted


def hidden(p, g, m_whole=0, *, lr=0.1, b1=0.9):
    m_whole = b1 * m_whole + (1 - b1) * g
    return p - lr * m_whole, m_whole


def plain(p, g, m=0, *, lr=0.1, b1=0.9):
    m = b1 * m + (1 - b1) * g
    return p - lr * m, m


def test_the_name_of_a_state_changes_no_level():
    equations = []
    for rule in (hidden, plain):
        (row,) = card_laws(optimiser(rule, name="average"), ["uniform_scaling"])
        equations.append([(equation.lhs, equation.rhs) for key in ("Fc", "rate", "O") for equation in row.levels[key].goal()])
    assert equations[0] == equations[1]
