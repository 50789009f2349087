"""The claims about all steps: their goals come back as they were written, the false ones are refuted, the quick true ones proved."""

from __future__ import annotations

from pathlib import Path

import pytest

from symcat.laws.induction import INDUCTIVE
from symcat.prove.decide import settle
from symcat.prove.module import load
from symcat.prove.record import goal_json, load_goal

CLAIMS = {claim.name: claim for claim in load(Path(__file__).parents[2] / "proofs" / "induction.py").claims}
SLOW = ("Adam rearranged", "Adam's second moment", "descent at every step", "a GRU is bounded", "an LSTM's cell", "RMSProp's average")


@pytest.mark.parametrize("name", CLAIMS)
def test_goals_come_back_as_they_were_written(name):
    goal = CLAIMS[name].goal()
    assert isinstance(goal, (*INDUCTIVE, tuple))
    data = goal_json(goal)
    assert goal_json(load_goal(data)) == data


@pytest.mark.parametrize("name", [name for name in CLAIMS if name not in SLOW])
def test_each_is_as_expected(name):
    claim = CLAIMS[name]
    verdict = settle(claim.goal(), claim.equality)[0]
    assert verdict.status == claim.expected, str(verdict)
    assert verdict.equality == "as functions"


def test_each_truth_has_a_false_neighbour():
    expected = [claim.expected for claim in CLAIMS.values()]
    assert expected == ["proved", "refuted"] * (len(expected) // 2)
