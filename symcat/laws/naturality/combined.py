"""Several inductions as one: their machines side by side, so that a law with several generators has one claim about all steps."""

from __future__ import annotations

from collections.abc import Sequence

import sympy as sp

from symcat.category.morphism import Builder, Morphism
from symcat.category.space import UNIT, Space
from symcat.laws.induction import Induction, Machine


def together(goals: Sequence[Induction]) -> Induction:
    """The statement that all of several inductions make."""
    if len(goals) == 1:
        return goals[0]
    f, g = (_side_by_side([getattr(goal, end) for goal in goals]) for end in ("f", "g"))
    relation = goals[0].relation
    for goal in goals[1:]:
        relation = relation @ goal.relation
    renamed, names = [], list(f.states.names)
    for goal in goals:
        own, names = dict(zip(goal.f.states.names, names, strict=False)), names[len(goal.f.states):]
        renamed += [condition.xreplace({sp.Symbol(old, real=True): sp.Symbol(new, real=True) for old, new in own.items()})
                    for condition in goal.invariants]
    return Induction(f, g, relation, tuple(renamed), tuple(fact for goal in goals for fact in goal.facts))


def _side_by_side(machines: Sequence[Machine]) -> Machine:
    states, inputs = _product([one.states for one in machines]), _product([one.inputs for one in machines])
    build = Builder()
    every = build.inputs(states * inputs)
    kept, given = every[:len(states)], every[len(states):]
    new: list[str] = []
    out: list[str] = []
    for one in machines:
        count = len(one.states)
        found = build.call(one.step, (*kept[:count], *given[:len(one.inputs)]))
        kept, given = kept[count:], given[len(one.inputs):]
        new, out = [*new, *found[:count]], [*out, *found[count:]]
    names = (states * _product([one.outputs for one in machines])).names
    return Machine(build.build((*new, *out), names), _starts([one.start for one in machines], states))


def _starts(starts: Sequence[Morphism], states: Space) -> Morphism:
    whole = starts[0]
    for one in starts[1:]:
        whole = whole @ one
    return whole.renamed(cod=states.names)


def _product(spaces: Sequence[Space]) -> Space:
    whole = UNIT
    for one in spaces:
        whole = whole * one
    return whole
