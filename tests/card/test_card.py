"""Whole cards: of rules whose laws are known by hand, and of one that nobody has seen."""

import json

import numpy as np
import pytest

from symcat.card.card import card
from symcat.card.findings import KINDS
from symcat.errors import UsageError
from symcat.learn.optimisers import gradient_descent, momentum, optimiser, state

SYMMETRIES = ("loss_scale", "translation", "uniform_scaling", "diagonal_scaling", "sign_flips", "permutation", "rotation", "linear",
              "diffeomorphism", "projection")


def lazy_sign(p, g, m=0, slow=0, *, lr=0.01, beta=0.9, nu=0.5, decay=0.1):
    """A rule that is in no library: the sign of an average, with a decay that is never used and a state that nothing reads."""
    m = beta * m + (1 - beta) * g
    slow = nu * slow + m
    return p - lr * np.sign(m + g), m, slow


@pytest.fixture(scope="module")
def unseen():
    return card(lazy_sign)


def test_a_rule_that_nobody_has_seen(unseen):
    verdicts = {law["name"]: law["verdict"] for law in unseen.laws if law["name"] in SYMMETRIES}
    kept = {"loss_scale", "translation", "sign_flips", "permutation", "projection"}
    assert verdicts == {name: "proved" if name in kept else "refuted" for name in SYMMETRIES}
    accused = {(one["finding"], one["name"]) for one in unseen.findings if one.get("name")}
    assert accused == {("dead_hyperparameters", "decay"), ("dead_hyperparameters", "nu"), ("unread_state", "slow")}
    assert {one["relative"]: one["when"] for one in unseen.findings if one["finding"] == "reductions"} == {"sign descent": {"beta": "0"}}
    assert "[lr] = [p]" in next(one["detail"] for one in unseen.findings if one["finding"] == "units")
    assert unseen.group == "B_n⋉Rⁿ"


def test_every_law_says_how_states_move_and_what_the_path_does(unseen):
    for law in unseen.laws:
        if law["name"] in SYMMETRIES and law["name"] != "projection":
            assert law["path"]["verdict"] in ("proved", "refuted", "unknown") and "m -> " in law["functors"]
    assert "Fc" in unseen.law("uniform_scaling")["levels"]
    assert unseen.law("uniform_scaling")["leg"] == "p"


def test_the_data_is_json_and_has_the_fields_of_the_contract(unseen):
    data = json.loads(json.dumps(unseen.data(), allow_nan=False))
    assert set(data) == {"target", "laws", "group", "findings"}
    fields = {"name", "statement", "source", "expected", "verdict", "equality", "method", "premises", "witness", "seconds", "certificate"}
    assert all(fields <= set(law) for law in data["laws"]) and all(fields <= set(law["path"]) for law in data["laws"] if "path" in law)
    assert {finding["finding"] for finding in data["findings"]} <= set(KINDS)


def test_laws_and_findings_by_name():
    found = card(momentum, ["units", "loss_scale", "stability"])
    assert [entry.claim.name for entry in found] == ["loss_scale"] and found.group == ""
    assert [one["finding"] for one in found.findings] == ["units", "stability"]
    with pytest.raises(UsageError, match="no law 'gravity' in the card: there are GetPut"):
        card(momentum, ["gravity"])
    with pytest.raises(UsageError, match="no law 'gravity' in the card of momentum"):
        found.law("gravity")


def test_the_group_of_descent():
    found = card(gradient_descent)
    assert found.group == "O(n)⋉Rⁿ"
    assert found.law("loss_scale")["levels"]["Fc"]["verdict"] == "proved"


def test_notes_of_a_reader_are_findings():
    from dataclasses import replace

    noted = replace(gradient_descent, notes=("weight_decay is 1/1000 unless another value is given",))
    (found,) = card(noted, ["hidden_defaults"]).findings
    assert found["detail"].startswith("weight_decay")


def test_a_state_that_starts_at_a_number_still_moves_along_a_reflection():
    """The initial value does not change its sign with the map; that is a matter of the path, not of one step."""
    def started(p, g, m=1e-6, *, lr=0.1, b1=0.9):
        m = b1 * m + (1 - b1) * g
        return p - lr * m, m

    law = card(started, ["sign_flips"]).law("sign_flips")
    assert law["verdict"] == "proved" and law["path"]["verdict"] == "refuted", law["functors"]


def test_a_refutation_with_a_guess_of_how_states_move_leaves_the_step_open():
    size = state(lambda p: np.log(np.abs(p)))
    lengths = optimiser(lambda p, g, s=size, *, lr=0.1: (p - lr * np.exp(s) * np.sign(g), s), name="logarithms")
    law = card(lengths, ["uniform_scaling"], jobs=1).law("uniform_scaling")      # s -> s + log(scale) makes the square commute
    assert law["verdict"] == "unknown" and law["path"]["verdict"] != "refuted" and "guess" in law["reason"]
    empty = optimiser(lambda p, g, s=0, *, lr=0.1: (p - lr * g * np.exp(-s), s), name="empty state")
    law = card(empty, ["sign_flips"], jobs=1).law("sign_flips")
    assert law["verdict"] != "refuted"
