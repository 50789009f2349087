"""The claims about matrix optimisers: their goals come back as they were written, and the quick ones are as expected."""

from __future__ import annotations

from pathlib import Path

import pytest

from symcat.prove.decide import settle
from symcat.prove.matrices import METHOD
from symcat.prove.module import load
from symcat.prove.record import goal_json, load_goal

CLAIMS = {claim.name: claim for claim in load(Path(__file__).parents[2] / "proofs" / "matrix_optimisers.py").claims}
SLOW = ("square root", "inverse root", "eigenbasis diagonalises")


@pytest.mark.parametrize("name", CLAIMS)
def test_goals_come_back_as_they_were_written(name):
    data = goal_json(CLAIMS[name].goal())
    assert goal_json(load_goal(data)) == data


@pytest.mark.parametrize("name", [name for name in CLAIMS if name not in SLOW])
def test_each_is_as_expected(name):
    claim = CLAIMS[name]
    verdict = settle(claim.goal(), claim.equality)[0]
    assert verdict.status == claim.expected, str(verdict)
    assert verdict.refuted or METHOD in verdict.method or "field normal form" in verdict.method


def test_each_truth_has_a_false_neighbour():
    true = {name for name, claim in CLAIMS.items() if claim.expected == "proved"}
    assert {name for name in CLAIMS if name not in true} == {f"{name}, near miss" for name in true}
