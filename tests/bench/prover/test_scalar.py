"""Reports about goals over scalars: what counts as right, wrong and late, and which bars are met."""

from __future__ import annotations

from dataclasses import replace

import pytest
import sympy as sp

from symcat.bench.limited import Timed
from symcat.bench.prover.goals import Goal, goals
from symcat.bench.prover.scalar import OURS, PEERS, Outcome, equals, measure, ours, report, simplify, times_faster

x = sp.Symbol("x", real=True)
TRUE = Goal(1, "RD.5", "wave", sp.sin(x) ** 2, 1 - sp.cos(x) ** 2, True, True)
FALSE = replace(TRUE, rhs=1 + sp.cos(x) ** 2, true=False)


def outcome(goal: Goal, answer: str, seconds: float = 0.01, peer: str = "late", peer_seconds: float = 2.0) -> Outcome:
    return Outcome(goal, {OURS: Timed(answer, seconds), **{name: Timed(peer, peer_seconds) for name in PEERS}})


def figures(*outcomes: Outcome) -> dict[str, tuple]:
    return {bar.name: (bar.figure, bar.met) for bar in report(outcomes).bars}


def test_tools_answer():
    assert (ours(TRUE), ours(FALSE)) == ("proved", "refuted")
    assert (simplify(TRUE), simplify(FALSE)) == ("proved", "unknown")
    assert (equals(TRUE), equals(FALSE)) == ("proved", "refuted")


def test_all_is_well():
    found = figures(outcome(TRUE, "proved"), outcome(FALSE, "refuted"))
    assert set(found.values()) == {(0, True), (100.0, True), (200.0, True)}


@pytest.mark.parametrize("answers, missed", [
    (("refuted", "refuted"), {"wrong verdicts, all goals", "held out: true goals proved"}),
    (("proved", "proved"), {"wrong verdicts, all goals", "held out: false goals refuted"}),
    (("unknown", "refuted"), {"held out: true goals proved", "RD.5 goals decided"}),
    (("late", "refuted"), {"held out: true goals proved", "RD.5 goals decided"}),
    (("proved", "unknown"), {"held out: false goals refuted", "RD.5 goals decided"}),
])
def test_what_is_missed(answers, missed):
    found = report([outcome(TRUE, answers[0]), outcome(FALSE, answers[1])])
    assert {bar.name for bar in found.bars if bar.met is False} == missed
    assert not found.met and found.details


def test_ratio_is_of_total_times_and_only_of_goals_that_the_peers_ran():
    slow = outcome(TRUE, "proved", seconds=0.1)
    assert times_faster([slow, outcome(FALSE, "refuted", peer_seconds=0.2)], "sympy.simplify") == pytest.approx(2.2 / 0.11)
    alone = replace(slow, found={OURS: slow.found[OURS]})
    assert figures(alone)["held out: total time of sympy.simplify over ours"] == (None, None)


def test_goals_that_are_held_out_are_named_and_not_shown():
    shown = report([outcome(replace(TRUE, held_out=False), "unknown")]).details[0]
    hidden = report([outcome(TRUE, "unknown")]).details[0]
    assert "sin(x)**2" in shown and "sin" not in hidden and TRUE.name in hidden
    assert "sin(x)**2" in report([outcome(TRUE, "refuted")]).details[0]       # a wrong verdict is a defect, wherever it is


def test_measure_asks_the_peers_about_so_many_of_those_held_out():
    chosen = [goal for goal in goals(3, 24) if goal.kind not in ("RD.5", "RD.7")][:8]
    notes: list[str] = []
    found = measure([replace(goal, held_out=number > 3) for number, goal in enumerate(chosen)], 1, notes.append)
    assert [len(one.found) for one in found] == [1] * 4 + [3] + [1] * 3
    assert notes == [goal.name for goal in chosen]
    assert all(one.right(OURS) for one in found)
