"""Where one of two rules is defined and the other is not: conditions that a proof of equality states and one side alone asks for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import sympy as sp

from symcat.category.comprehension import Fact, Requirement
from symcat.category.morphism import Builder, Morphism
from symcat.category.spelling import spelled
from symcat.errors import DomainError
from symcat.laws.claim import Equation, Holds
from symcat.laws.induction import Induction
from symcat.prove.entailment import entailed
from symcat.prove.holds import entailments, gaps

SECONDS = 1.0
WHEN = {"base": "at the start: ", "step": "at every step: "}
KINDS = {"!=0": sp.Ne, ">0": sp.Gt, ">=0": sp.Ge}


def one_sided(goal: Induction, premises: Sequence[str]) -> tuple[str, ...]:
    """Those of the premises of a proof that one of the two machines asks for and that do not follow from what the other asks for."""
    found = []
    for label, part in goal.obligations():
        for equation in part if label in WHEN else ():
            stated = [text.removeprefix(WHEN[label]) for text in premises if text.startswith(WHEN[label])]
            found += [WHEN[label] + text for text in _apart(equation, stated, goal.facts)]
    return tuple(dict.fromkeys(found))


def _apart(equation: Equation, stated: Sequence[str], facts: tuple[Fact, ...]) -> list[str]:
    sides = equation.lhs, equation.rhs
    asked = [{str(spelled(side, r)): r for r in side.requirements} for side in sides]
    return [text for side, other, own, theirs in ((*sides, *asked), (*sides[::-1], *asked[::-1]))
            for text in stated if text in own and text not in theirs and not _follows(side, own[text], other, facts)]


def _follows(side: Morphism, asked: Requirement, other: Morphism, facts: tuple[Fact, ...]) -> bool:
    """Whether a condition of one side holds wherever the other side is defined."""
    value = Builder()
    value.call(replace(side, requirements=(asked,)), value.inputs(side.dom))
    out = [value.gather(one.extents, lambda *i, one=one: one.expr, name="asked") for one in value.requirements]
    if len(out) != 1:
        return False
    condition = replace(value.build(out, ["asked"]), requirements=())
    both = Builder()
    inputs = both.inputs(other.dom)
    both.call(other, inputs)
    program = both.build(both.call(condition, inputs), ["asked"])
    try:
        ((_, question),) = entailments(gaps(Holds(program, (KINDS[asked.relation](sp.Symbol("asked", real=True), 0),), facts)))
        return entailed(question, SECONDS) is not None
    except (DomainError, RecursionError):
        return False
