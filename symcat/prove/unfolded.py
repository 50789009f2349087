"""Goals about programs with folds, as goals that engines know: folds of constant length written out.

A fold of constant length *means* what it is written out to, so nothing is lost.  A goal with folds of symbolic length is refuted by
its first few lengths, and is otherwise unknown: it is proved for all lengths by an induction over the cell.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, is_dataclass, replace
from typing import Any

import sympy as sp

from symcat.category.comprehension import Fact
from symcat.category.fold import Fold
from symcat.category.morphism import Builder, Morphism
from symcat.category.unroll import unrolled
from symcat.errors import DomainError, ShapeError
from symcat.laws.claim import Additive, Equation

LENGTHS = (1, 2, 3)


def morphisms(goal: object) -> Iterator[Morphism]:
    """The programs that a goal is about."""
    if isinstance(goal, Morphism):
        yield goal
    elif isinstance(goal, tuple):
        for part in goal:
            yield from morphisms(part)
    elif is_dataclass(goal) and not isinstance(goal, type):
        for field in fields(goal):
            yield from morphisms(getattr(goal, field.name))


def folded(goal: object) -> bool:
    """Whether a goal is about a program with a fold."""
    return any(f.folds for f in morphisms(goal))


def written_out(goal: Any) -> Any:
    """The goal with its folds written out; ShapeError where a length is a symbol or the result is too long.

    >>> from symcat.category.structure import identity
    >>> from symcat.category.space import Real, space
    >>> f = identity(space(x=Real["n"]))
    >>> written_out(f) is f
    True
    """
    if isinstance(goal, Morphism):
        return unrolled(goal)
    if isinstance(goal, tuple):
        parts = tuple(map(written_out, goal))
        return tuple(_in_one_order(part) if isinstance(part, Equation) and folded(goal) else part for part in parts)
    if isinstance(goal, Additive):      # whose equations are those of its morphism, order included
        equations = tuple(replace(e, lhs=unrolled(e.lhs), rhs=unrolled(e.rhs)) for e in goal.equations)
        return replace(goal, f=unrolled(goal.f), equations=equations)
    if is_dataclass(goal) and not isinstance(goal, type) and folded(goal):
        return replace(goal, **{field.name: written_out(getattr(goal, field.name)) for field in fields(goal)
                                if folded(getattr(goal, field.name))})
    return goal


def _in_one_order(equation: Equation) -> Equation:
    lhs, rhs = aligned(equation.lhs, equation.rhs)
    return replace(equation, lhs=lhs, rhs=rhs)


def aligned(lhs: Morphism, rhs: Morphism) -> tuple[Morphism, Morphism]:
    """Two programs of one type with what they share in one order: equal ones that were written in two orders become identical."""
    build = Builder()
    point, sides = build.inputs(lhs.dom), []
    for f in (lhs, rhs):
        build.requirements = []
        sides.append((f, build.call(f, point), build.requirements))
    first, second = (list(dict.fromkeys(requirements)) for _, _, requirements in sides)
    order = {requirement: k for k, requirement in enumerate([*first, *second])}
    found = []
    for f, outs, requirements in sides:
        asked = sorted(dict.fromkeys(requirements), key=order.__getitem__)
        live, nodes = set(outs).union(*(r.sources for r in asked)), []
        for node in reversed(build.nodes):
            if live.intersection(node.makes):
                nodes.append(node)
                live |= node.sources
        facts = lhs.facts if set(f.facts) == set(lhs.facts) else f.facts
        found.append(Morphism(lhs.dom, f.cod, tuple(reversed(nodes)), tuple(outs), tuple(asked), facts))
    return found[0], found[1]


def plain(goal: Any) -> Any:
    """The goal with its folds written out where that is possible, else as it is."""
    try:
        return written_out(goal) if folded(goal) else goal
    except ShapeError:
        return goal


def at_lengths(goal: Any) -> Iterator[tuple[dict[str, int], Any]]:
    """The goal at the first few lengths of its folds of symbolic length, written out, those that its premises admit."""
    symbols = sorted({s for f in morphisms(goal) for node in _folds(f) for s in node.length.free_symbols}, key=lambda s: s.name)
    for length in LENGTHS if symbols else ():
        try:
            yield {symbol.name: length for symbol in symbols}, written_out(_at(goal, dict.fromkeys(symbols, sp.Integer(length))))
        except (ShapeError, DomainError):
            continue


def _folds(f: Morphism) -> Iterator[Fold]:
    for node in f.folds:
        yield node
        yield from _folds(node.cell)


def _at(goal: Any, sizes: dict[sp.Symbol, sp.Integer]) -> Any:
    """The goal with numbers for dims, its premises too; ShapeError where a premise fails, or where another part is about these dims."""
    if isinstance(goal, Morphism):
        return goal.substitute(sizes)
    if isinstance(goal, tuple):
        return tuple(found for part in goal for found in (_fact_at(part, sizes) if isinstance(part, Fact) else (_at(part, sizes),)))
    if isinstance(goal, sp.Basic) and goal.free_symbols & sizes.keys():
        raise ShapeError(f"{goal} is about every {', '.join(sorted(map(str, goal.free_symbols & sizes.keys())))}")
    if is_dataclass(goal) and not isinstance(goal, type):
        return replace(goal, **{field.name: _at(getattr(goal, field.name), sizes) for field in fields(goal)})
    return goal


def _fact_at(fact: Fact, sizes: dict[sp.Symbol, sp.Integer]) -> tuple[Fact, ...]:
    """What is left of a premise."""
    build = Builder()
    build.fact(fact.expr.xreplace(sizes), fact.relation)
    return tuple(build.facts)
