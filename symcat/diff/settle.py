"""Equality of two machines for all steps: a map of states that was found, proved by induction."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import sympy as sp

from symcat.category.expression import At
from symcat.category.space import Wire
from symcat.category.trace import trace
from symcat.diff.domains import one_sided
from symcat.diff.pair import Pair
from symcat.diff.states import Relation
from symcat.errors import SymcatError
from symcat.laws.claim import Claim
from symcat.laws.induction import Induction, Machine
from symcat.prove.cache import Store, default_folder
from symcat.prove.induction import inductive
from symcat.prove.worker import settle_claim
from symcat.verdict import Verdict, unknown

ONE_SIZE = sp.Integer(2)      # of parameters, where no proof for all sizes is found


@dataclass(frozen=True)
class Proof:
    """A verdict, on parameters of which wire, the map of states that it goes along, and what one rule alone asks to be defined."""

    verdict: Verdict
    wire: Wire
    relation: Relation
    backwards: bool = False
    domain: tuple[str, ...] = ()


def by_induction(pair: Pair, relation: Relation, varying: bool, backwards: bool = False, gaps: bool = False) -> Proof:
    """Decide whether two machines put out the same at every step along a map of states; `gaps` asks where one alone is defined."""
    last: Verdict = unknown("no induction could be stated")
    for wire in _wires(pair):
        found = pair.machines(wire, varying)
        if found is None:
            break
        f, g = reversed(found) if backwards else found
        try:
            goal = Induction(f, g, mapped(f, g, relation), inductive(f, pair.facts, corrections(f, g, pair)), pair.facts)
        except SymcatError as error:
            last = unknown(f"an induction along {relation} cannot be stated: {error}")
            continue
        names = (pair.b.name, pair.a.name) if backwards else (pair.a.name, pair.b.name)
        claim = Claim(f"{names[0]} and {names[1]}", "two optimisers have the same parameter path for every sequence of gradients",
                      "the two rules", lambda goal=goal: goal, equality="as functions")
        last = settle_claim(claim, Store(default_folder())).verdict
        if last.proved:
            return Proof(last, wire, relation, backwards, one_sided(goal, last.premises) if gaps else ())
    return Proof(last, pair.wire, relation, backwards)


def _wires(pair: Pair) -> Iterator[Wire]:
    """All sizes, then one size where that is another question."""
    yield pair.wire
    if not pair.entrywise and one_size(pair):
        yield Wire(pair.wire.base, tuple(ONE_SIZE if extent.free_symbols else extent for extent in pair.wire.shape))


def one_size(pair: Pair) -> tuple[str, ...]:
    """The premises under which a proof for parameters of one size says something about a pair."""
    return tuple(f"{extent} = {ONE_SIZE}" for extent in pair.wire.shape if extent.free_symbols)


def mapped(f: Machine, g: Machine, relation: Relation) -> object:
    """A map of states as a morphism."""
    wires = dict(g.states)

    def function(*arrays: object) -> tuple[object, ...]:
        env = dict(zip(f.states.names, arrays, strict=True))
        first = arrays[0]
        found = []
        for name in g.states.names:
            expr = relation[name]
            flat = all(not f.states[s.name].shape for s in expr.free_symbols if s.name in env)
            value = _value(expr, env)
            found.append(value + 0 * first if flat and wires[name].shape else value)
        return tuple(found)
    return trace(function, f.states, names=g.states.names)


def _value(e: sp.Expr, env: dict[str, object]) -> object:
    """An expression over traced states; denominators are divided by, so that the trace sees them."""
    if not any(s.name in env for s in e.free_symbols):
        return e
    if e.is_Symbol:
        return env[e.name]
    if e.is_Add:
        first, *rest = [_value(part, env) for part in e.args]
        for part in rest:
            first = first + part
        return first
    if e.is_Mul:
        over, under = sp.fraction(e)
        if under != 1:
            return _value(over, env) / _value(under, env)
        first, *rest = sorted((_value(part, env) for part in e.args), key=lambda part: isinstance(part, sp.Basic))
        for part in rest:
            first = first * part
        return first
    if e.is_Pow:
        if e.exp.is_Rational and e.exp < 0:
            return 1 / _value(1 / e, env)
        if e.exp == sp.Rational(1, 2):
            return np.sqrt(_value(e.base, env))
        return _value(e.base, env) ** _value(e.exp, env)
    raise SymcatError(f"{e} in a map of states: expected sums, products and powers")


def corrections(f: Machine, g: Machine, pair: Pair) -> tuple[sp.Basic, ...]:
    """Candidates for what is kept from step to step: counts t are at least their first value, and 1 - h^(t+1) > 0 for decays h.

    Where t starts at 1 or later, 1 - h^t > 0 too.
    """
    bases: dict[sp.Symbol, None] = {}
    for one in (f, g):
        for node in one.step.nodes:
            for power in sorted(node.body.atoms(sp.Pow), key=sp.default_sort_key):
                if power.base.is_Symbol and power.base in pair.hypers and power.exp.has(At):
                    bases[power.base] = None
    found: list[sp.Basic] = []
    for name, first in _counters(f):
        t = sp.Symbol(name, real=True)
        found += [t >= first] if first > 0 else []
        found += [1 - base ** (t + shift) > 0 for base in bases for shift in ((0, 1) if first >= 1 else (1,))]
    return tuple(found)


def _counters(f: Machine) -> Iterator[tuple[str, sp.Expr]]:
    """The states of rank 0 that a step increases by 1, with the numbers at which they start."""
    begun = {node.name: node.body for node in f.start.nodes}
    nodes = {node.name: node for node in f.step.nodes}
    for name, out, start in zip(f.states.names, f.step.outs, f.start.outs, strict=False):
        if not f.states[name].shape and out in nodes and nodes[out].body == At(name) + 1 and begun.get(start, At(start)).is_number:
            yield name, begun[start]
