"""Proofs about scalars with the advice by which the checker replays them, where advice is found; else they say on whose word they rest."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction
from itertools import islice

from symcat.category.serialise import canonical_json
from symcat.laws.claim import Inequality
from symcat.prove.advice.scalars import advice
from symcat.prove.field.engine import Settled, settle_goal
from symcat.prove.field.goal import dump_scalar
from symcat.prove.field.read import ScalarGoal
from symcat.prove.field.sample import sample
from symcat.prove.inequality.engine import BY_Z3, Outcome, Shown, decide_inequality
from symcat.prove.inequality.goal import canonical, dump_inequality
from symcat.prove.inequality.grid import Grid
from symcat.verdict import Verdict

ON_ITS_WORD = "trusted: the engine"
PRUNED = ", pruning trusted: z3"
POINTS = 20
SECONDS, SHORT = 20.0, 15.0


def identity(goal: ScalarGoal) -> Verdict | Settled:
    """What the field engine says of an equation."""
    outcome = settle_goal(goal)
    if isinstance(outcome, Verdict):
        return outcome
    found = advice(_plain(dump_scalar(goal)), sample(goal).inside, SECONDS)
    if found is None:
        return replace(outcome, method=f"{outcome.method}, {ON_ITS_WORD}")
    return replace(outcome, method=outcome.method.removesuffix(PRUNED), replay=found)


def ordered(goal: Inequality) -> Outcome:
    """What the engines of inequalities say; Z3 is trusted no more where the checker replays the cells."""
    outcome = decide_inequality(goal)
    if not isinstance(outcome, Shown):
        return outcome
    sampled = {name: Fraction(*q) for name, q in outcome.trace["sample"].items()}
    drawn = islice(Grid.of(canonical(goal)).admitted(), POINTS)
    points = [sampled, *({symbol.name: Fraction(int(q.p), int(q.q)) for symbol, q in point.items()} for point in drawn)]
    by_z3 = BY_Z3 in outcome.method
    hints = [(cell["problem"], cell["certificate"]) for cell in outcome.trace["cells"] if isinstance(cell["certificate"], dict)]
    found = advice(_plain(dump_inequality(goal)), points, SHORT if by_z3 else SECONDS, hints)
    if found is not None:
        trace = {"sample": outcome.trace["sample"], "replay": found}
        return Shown("sums of squares, cell by cell" if by_z3 else outcome.method, outcome.premises, trace)
    return outcome if by_z3 else replace(outcome, method=f"{outcome.method}, {ON_ITS_WORD}")


def _plain(goal: dict) -> dict:
    return json.loads(canonical_json(goal))
