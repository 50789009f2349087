"""Folds of constant length written out: one copy of the cell for each step.  What a fold means, in comprehensions alone."""

from __future__ import annotations

import sympy as sp

from symcat.category.expression import At, Delta
from symcat.category.fold import Fold
from symcat.category.morphism import Builder, Morphism
from symcat.errors import ShapeError

MOST_NODES = 4000


def unrolled(f: Morphism, most: int = MOST_NODES) -> Morphism:
    """The program without folds; ShapeError where a length is a symbol, or where more than `most` comprehensions would come out.

    >>> from symcat.category.space import Real, space
    >>> from symcat.category.trace import trace
    >>> from symcat.category.tracing.folding import fold
    >>> f = trace(lambda s, x: fold(lambda s, x: (s * x, None), s, x)[0], space(s=Real[()], x=Real[2]))
    >>> print(unrolled(f))
    s: Real[] * x: Real[2] -> y: Real[]
      x1 = x[0]
      mul = s*x1
      x2 = x[1]
      mul1 = mul*x2
      return mul1
    """
    if not f.folds:
        return f
    build, names = Builder(), {}
    for name, wire in f.dom:
        names[name] = build.input(name, wire)
    for fact in f.facts:
        build.fact(fact.expr, fact.relation)
    for node in f.nodes:
        if isinstance(node, Fold):
            _write(build, node, names)
        else:
            build.follow(node, names)
        if len(build.nodes) > most:
            raise ShapeError(f"more than {most} comprehensions when the folds of a program are written out: take fewer steps")
    build.requirements += [r for r in (old.rename(names) for old in f.requirements) if r not in build.requirements]
    return build.build([names[out] for out in f.outs], f.cod.names)


def _write(build: Builder, fold: Fold, names: dict[str, str]) -> None:
    """Append the steps of a fold, whose arguments are called `names` here, and add its results to the names."""
    if not fold.length.is_Integer:
        raise ShapeError(f"a fold over {fold.length} steps cannot be written out: give {fold.length} a size, f.substitute({{...}})")
    cell, steps = unrolled(fold.cell), int(fold.length)
    states = [names[name] for name in fold.initial]
    constants = [names[name] for name in fold.constants]
    handed: dict[int, tuple[str, ...]] = {}
    for step in (range(steps - 1, -1, -1) if fold.backward else range(steps)):
        found = build.call(cell, (*states, *(_entry(build, names[name], step) for name in fold.lists), *constants))
        states, handed[step] = found[: fold.states], found[fold.states:]
    results = [_stacked(build, [handed[step][k] for step in range(steps)], name) for k, name in enumerate(fold.handed)]
    names.update(zip(fold.names, (*states, *results), strict=True))


def _entry(build: Builder, many: str, step: int) -> str:
    wire = build.wires[many]
    return build.gather(wire.shape[1:], lambda *i: At(many, step, *i), name=many, base=wire.base)


def _stacked(build: Builder, entries: list[str], name: str) -> str:
    """Arrays of one wire as the entries of a list."""
    wire = build.wires[entries[0]]
    shape = (sp.Integer(len(entries)), *wire.shape)
    return build.gather(shape, lambda t, *i: sp.Add(*(Delta(t - k) * At(entry, *i) for k, entry in enumerate(entries))), name=name,
                        base=wire.base)
