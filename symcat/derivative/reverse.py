"""The reverse derivative: `R(f) : A * B -> A` for every morphism `f : A -> B` that can be written.

One rule serves every comprehension.  For `y[out] += body` over a box, a read `x[e]` in the body receives

    dx[e] += dy[out] * (partial of the body in that read)        over the same box and guards.

Nothing is solved for: slices, shifts, strides, diagonals, broadcasts and contractions differ only in `e` and `out`.  A
maximum passes its covector to the first maximiser, whose indices are the selectors `Argmax`.  Where the partial derivative
contains the body's own value it reads the result instead (tanh' = 1 - y^2).

The reverse derivative of a fold is a fold of the reverse derivative of its cell in the other direction, from the covectors of
the last states to those of the initial ones, at the states that the fold hands out before each step.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import sympy as sp

from symcat.category.comprehension import Comprehension
from symcat.category.expression import Argmax, At, partial, reads
from symcat.category.fold import Fold
from symcat.category.functions import derivative
from symcat.category.morphism import Builder, Morphism
from symcat.errors import UsageError


def R(f: Morphism) -> Morphism:
    """The reverse derivative of a morphism: a point of A and a covector of B give a covector of A.

    Wires of the covector are named after the wires of B with `d_` in front.  A requirement for being defined becomes the
    requirement for being differentiable.  UsageError for anything else than a morphism.

    >>> from symcat.category.structure import copy, add
    >>> from symcat.category.space import Real, space
    >>> A = space(x=Real["n"])
    >>> print(R(copy(A)))
    x: Real[n] * d_x: Real[n] * d_x1: Real[n] -> x: Real[n]
      d_x2[i] = d_x[i] + d_x1[i]
      return d_x2
    """
    if not isinstance(f, Morphism):
        raise UsageError(f"the derivative of a {type(f).__name__} was asked for: expected a morphism; "
                         "read a function with sc.morphism(f, x=sc.Real['n'])")
    build = Builder()
    point = build.inputs(f.dom)
    covector = build.inputs(f.cod.prefixed("d_"))
    outs = build.call(f, point)
    build.requirements = [requirement.differentiated() for requirement in build.requirements]
    received: dict[str, list[str]] = {}
    for out, seed in zip(outs, covector, strict=True):
        received.setdefault(out, []).append(seed)
    for node in reversed(list(build.nodes)):
        covectors = {name: _total(build, name, received[name]) for name in node.makes if name in received}
        if covectors:
            sent = _through(build, node, covectors) if isinstance(node, Fold) else contributions(build, node, covectors[node.name])
            for source, contribution in sent:
                received.setdefault(source, []).append(contribution)
    return build.build([_total(build, name, received.get(name, [])) for name in point], f.dom.names)


def contributions(build: Builder, node: Comprehension, dy: str) -> Iterator[tuple[str, str]]:
    """What the covector `dy` of a comprehension sends to each array that it reads: (array, name of the contribution)."""
    box, select = node.box, {}
    if node.op == "max":
        select = {symbol: Argmax(node.name, k, *node.out) for k, (symbol, _) in enumerate(node.reduced)}
        box = tuple(item for item in box if item[0] not in select)
    for read in reads(node.body):
        slope = partial(node.body, read, derivative)
        if node.pointwise:
            slope = slope.xreplace({node.body: At(node.name, *node.out)})
        slope = node.base.reduce(slope)
        if slope == 0:
            continue
        yield read.name, build.node(
            build.wires[read.name].shape, box, [e.xreplace(select) for e in read.indices],
            At(dy, *node.out) * slope.xreplace(select), guards=node.guards, name=f"d_{read.name}", base=node.base)


def _through(build: Builder, fold: Fold, covectors: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """What the covectors of a fold's results send to its arguments: (array, name of the contribution)."""
    cell, count, behind = fold.cell, fold.states, fold.states + fold.entries
    seeds = [covectors.get(name) or build.zero(build.wires[name]) for name in fold.last]
    handed = [k for k, name in enumerate(fold.handed) if name in covectors]
    before = build.fold(_remembering(fold), fold.initial, fold.lists, fold.constants, fold.length, backward=fold.backward,
                        names=(*fold.names, *(f"{name}_before" for name in fold.last)))[len(fold.names):]
    lists = [*before, *fold.lists, *(covectors[fold.handed[k]] for k in handed)]
    found = build.fold(_backward_cell(fold, handed), seeds, lists, fold.constants, fold.length, backward=not fold.backward,
                       names=[f"d_{name}" for name in fold.arguments])
    yield from zip(fold.initial, found[:count], strict=True)
    yield from zip(fold.lists, found[count:behind], strict=True)
    for name, each, wire in zip(fold.constants, found[behind:], cell.dom.types[behind:], strict=True):
        entry = lambda *i, each=each: At(each, i[-1], *i[:-1])
        yield name, build.gather(wire.shape, entry, (fold.length,), name=f"d_{name}", base=wire.base)


def _remembering(fold: Fold) -> Morphism:
    """The cell of a fold, handing out the states before the step as well."""
    build = Builder()
    given = build.inputs(fold.cell.dom)
    return build.build((*build.call(fold.cell, given), *given[: fold.states]))


def _backward_cell(fold: Fold, handed: Sequence[int]) -> Morphism:
    """S' * (S * X * Y') * C -> S' * (X' * C'), the reverse derivative of a cell with covectors in the place of states.

    Of the outputs Y only those at the positions `handed` have a covector; that of the others is zero.
    """
    cell, count, behind = fold.cell, fold.states, fold.states + fold.entries
    build = Builder()
    covectors = list(build.inputs(cell.cod[:count].prefixed("d_")))
    point = build.inputs(cell.dom[:behind])
    for position, (name, wire) in enumerate(cell.cod[count:]):
        covectors.append(build.input(f"d_{name}", wire) if position in handed else build.zero(wire))
    outs = build.call(R(cell), (*point, *build.inputs(cell.dom[behind:]), *covectors))
    return build.build(outs, cell.dom.names)


def _total(build: Builder, name: str, received: list[str]) -> str:
    """The sum of the contributions to an array, as one comprehension."""
    if len(received) == 1:
        return received[0]
    wire = build.wires[name]
    return build.gather(wire.shape, lambda *i: sp.Add(*[At(part, *i) for part in received]), name=f"d_{name}", base=wire.base)
