"""Entrywise programs as programs over scalars: where each entry of what comes out depends on the same entry of what goes in, one entry
stands for all of them, and so for all sizes.

Equality of values is all that is decided here: functions with kinks are told apart by the signs of their arguments.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import sympy as sp

from symcat.category.comprehension import Comprehension, Fact, Requirement
from symcat.category.expression import Argmax, At, Bracket, Delta, index, is_index
from symcat.category.morphism import Morphism
from symcat.category.space import Space, Wire
from symcat.prove.field.programs import prove_programs
from symcat.prove.index.equal import Failure, Proof, premises_of

METHOD = "one entry for all"


def prove_entries(lhs: Morphism, rhs: Morphism, facts: Sequence[Fact] = ()) -> Proof | Failure:
    """A proof that two entrywise programs have the same values wherever the requirements of both hold."""
    first, second = at_one_entry(lhs), at_one_entry(rhs)
    if first is None or second is None or _shape(lhs) != _shape(rhs):
        return Failure("as functions: entries depend on each other")
    found = prove_programs(first, second, [fact for fact in facts if not _sized(fact.expr)], kinks=True)
    if isinstance(found, Failure):
        return found
    stated = premises_of(lhs, rhs, (*facts, *lhs.facts, *rhs.facts))
    local = [f"at each entry: {premise}" for premise in found.premises if premise not in stated]
    return Proof(f"{METHOD}, {found.method}", (*stated, *local), found.trace)


def at_one_entry(f: Morphism) -> Morphism | None:
    """The program over scalars that an entrywise program is at each entry; None for another.

    >>> from symcat.category.space import Real, space
    >>> from symcat.category.trace import trace
    >>> print(at_one_entry(trace(lambda x, c: c * x, space(x=Real["n"], c=Real[()]))))
    x: Real[] * c: Real[] -> y: Real[]
      mul = c*x
      return mul
    >>> at_one_entry(trace(lambda x: x - x[0], space(x=Real["n"]))) is None
    True
    """
    shape = _shape(f)
    if shape is None or any(wire.base.modulus for wire in f.wires.values()):
        return None
    ranks = {name: len(wire.shape) for name, wire in f.wires.items()}
    if not all(node.pointwise and node.op == "sum" and _local(node.body, ranks, len(node.shape)) for node in f.nodes):
        return None
    if not all(not r.guards and r.extents in ((), shape) and _local(r.expr, ranks, len(r.extents)) for r in f.requirements):
        return None
    nodes = tuple(Comprehension(node.name, node.base, (), (), (), _bare(node.body)) for node in f.nodes)
    required = tuple(replace(r, extents=(), expr=_bare(r.expr)) for r in f.requirements)
    return Morphism(_scalars(f.dom), _scalars(f.cod), nodes, f.outs, _distinct(required), tuple(x for x in f.facts if not _sized(x.expr)))


def _shape(f: Morphism) -> tuple | None:
    """The one shape of all arrays that are no scalars; None where there are two."""
    shapes = dict.fromkeys(wire.shape for wire in f.wires.values() if wire.shape)
    return next(iter(shapes), ()) if len(shapes) < 2 else None


def _local(e: sp.Expr, ranks: dict[str, int], rank: int) -> bool:
    """Whether an expression reads arrays at the entry alone, and no index or size is a value in it."""
    here = tuple(index(k) for k in range(rank))
    reads = e.atoms(At)
    if e.has(Argmax, Bracket, Delta) or any(ranks[read.name] > rank or read.indices != here[:ranks[read.name]] for read in reads):
        return False
    return not _sized(e.xreplace({read: sp.Dummy(real=True) for read in reads}))


def _sized(e: sp.Expr) -> bool:
    return any(is_index(symbol) or (symbol.is_integer and symbol.is_positive) for symbol in e.free_symbols)


def _bare(e: sp.Expr) -> sp.Expr:
    return e.xreplace({read: At(read.name) for read in e.atoms(At)})


def _scalars(a: Space) -> Space:
    return Space(tuple((name, Wire(wire.base, ())) for name, wire in a))


def _distinct(requirements: Sequence[Requirement]) -> tuple[Requirement, ...]:
    return tuple(dict.fromkeys(requirements))
