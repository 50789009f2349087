"""Where a rule is not defined: denominators that vanish and roots of negative numbers, on paths from the initial state.

Every condition that was recorded while a rule was read becomes a claim: it holds at every step, from the initial state, for every
sequence of gradients.  To refute it is a finding, with the first step and the point at which it fails.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, replace

import sympy as sp
from sympy.core.relational import Relational

from symcat.category.comprehension import Requirement
from symcat.category.expression import At, Bracket, is_index
from symcat.category.morphism import Builder, Morphism
from symcat.category.space import Real, Wire
from symcat.category.spelling import spelled
from symcat.errors import DomainError, TraceError
from symcat.laws.claim import Claim
from symcat.laws.induction import Invariance, Machine, machine
from symcat.learn.optimisers import Optimiser
from symcat.prove.induction import inductive

SOURCE = "conditions recorded while the rule was read"
KINDS = {"!=0": sp.Ne, ">0": sp.Gt, ">=0": sp.Ge}
EVENTS = {"!=0": "division by zero", ">0": "a root or logarithm of a number that is not positive", ">=0": "the root of a negative number"}


@dataclass(frozen=True)
class Condition:
    """A condition in words, what happens when it fails, the claim that it never does, and the edge that the rule was moved to."""

    words: str
    event: str
    claim: Claim
    edge: str = ""


def conditions(rule: Optimiser, carried: Sequence[Relational] | None = None) -> tuple[Condition, ...]:
    """The conditions of a rule, then those in which a hyperparameter that cannot be 0 would be.

    `carried` are the conditions on states that proofs go by; those of signs are looked for when none are given.

    >>> from symcat.learn.optimisers import adagrad
    >>> [(one.words, one.edge) for one in conditions(adagrad)]
    [('g**2 + s >= 0', ''), ('eps + sqrt(g**2 + s) != 0', ''), ('eps + sqrt(g**2 + s) != 0', 'eps = 0')]
    """
    carried = inductive(machine(rule)) if carried is None else carried
    found = _of(rule, carried)
    for row in rule.hypers:
        if row.low == 0 and row.open_low:
            with suppress(TraceError, DomainError):      # a rule that cannot be written down at the edge
                found += tuple(replace(one, edge=f"{row.name} = 0") for one in _of(rule.at(**{row.name: 0}), carried, row.name, rule))
    return found


def _of(rule: Optimiser, carried: Sequence[Relational], edge: str = "", whole: Optimiser | None = None) -> tuple[Condition, ...]:
    """The conditions of a rule; at an edge only those that the hyperparameter at the edge is in."""
    step = machine(rule).step
    stated = [row for row in step.requirements if row.sources]
    found = []
    for number, row in enumerate(stated):
        words = phrase(step, row)
        if whole is not None:
            before = machine(whole).step
            own = [one for one in before.requirements if one.sources]
            if len(own) != len(stated) or edge not in _symbols(before, own[number]):
                continue
            words = phrase(before, own[number])
        statement = f"{words} at every step" + (f", for {edge} = 0" if edge else "")
        title = f"defined {words}" + (f" for {edge} = 0" if edge else "")
        claim = Claim(title, statement, SOURCE, lambda number=number: _goal(machine(rule), [number], carried), "either", "as functions")
        found.append(Condition(words, EVENTS[row.relation], claim))
    return tuple(found)


def everywhere(rule: Optimiser, carried: Sequence[Relational]) -> Claim | None:
    """That all conditions hold at every step, in one claim; None where there are none.  It is tried before they are asked one by one."""
    stated = [row for row in machine(rule).step.requirements if row.sources]
    if len(stated) < 2:
        return None
    return Claim("defined everywhere", "every denominator, root and logarithm is defined at every step", SOURCE,
                 lambda: _goal(machine(rule), range(len(stated)), carried), "either", "as functions")


def _goal(given: Machine, numbers: Sequence[int], carried: Sequence[Relational]) -> Invariance:
    """The machine with what conditions are about as further states, and without those conditions and the ones behind them."""
    step, count = given.step, len(given.states)
    stated = [row for row in step.requirements if row.sources]
    kept = tuple(one for one in step.requirements if one not in stated[numbers[0]:])
    names = {number: f"required{number}" for number in numbers}
    build = Builder()
    states = build.inputs(given.states)
    for number in numbers:
        build.input(names[number], Wire(Real, stated[number].extents))
    inputs = build.inputs(given.inputs)
    found = build.call(replace(step, requirements=kept), (*states, *inputs))
    arrays = dict(zip(step.dom.names, (*states, *inputs), strict=True))
    values = [_value(build, step, arrays, stated[number]) for number in numbers]
    advance = build.build((*found[:count], *values), (*given.states.names, *names.values()))
    build = Builder()
    start = build.call(given.start, build.inputs(given.start.dom))
    ones = [build.gather(stated[number].extents, lambda *i: sp.S.One, name="one") for number in numbers]
    watched = Machine(advance, build.build((*start, *ones), (*given.states.names, *names.values())))
    asked = tuple(KINDS[stated[number].relation](sp.Symbol(name, real=True), 0) for number, name in names.items())
    return Invariance(watched, asked, tuple(carried))


def _value(build: Builder, step: Morphism, names: dict[str, str], row: Requirement) -> str:
    """The array of what a condition is about, 1 where a guard excludes it, in a program in which the step was called."""
    for node in step.nodes:
        moved = node.rename({old: new for old, new in names.items() if old != node.name})
        names[node.name] = build.append(moved)
    moved = row.rename(names)
    inside = sp.Mul(*(Bracket(guard) for guard in moved.guards))
    return build.gather(row.extents, lambda *i: inside * moved.expr + (1 - inside), name="required")


def phrase(f: Morphism, row: Requirement) -> str:
    """A condition without the indices of its reads."""
    return f"{bare(spelled(f, row).expr)} {row.relation[:-1]} 0"


def bare(e: sp.Expr) -> sp.Expr:
    """An expression without the indices of reads of a generic entry.

    >>> from symcat.category.expression import index
    >>> bare(At("x", index(0)) + At("H", 0, 1))
    H[0, 1] + x
    """
    generic = lambda read: all(is_index(i) for i in read.indices if i.is_Symbol) and all(i.is_Symbol for i in read.indices)
    return e.xreplace({read: sp.Symbol(read.name if generic(read) else str(read), real=True) for read in e.atoms(At)})


def _symbols(f: Morphism, row: Requirement) -> set[str]:
    """The hyperparameters that a condition is made of."""
    nodes, waiting, found = {node.name: node for node in f.nodes}, list(row.sources), {s.name for s in row.expr.free_symbols}
    while waiting:
        node = nodes.get(waiting.pop())
        if node is not None:
            found |= {s.name for s in node.body.free_symbols}
            waiting += node.sources
    return found
