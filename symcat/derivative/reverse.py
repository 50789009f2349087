"""The reverse derivative: `R(f) : A * B -> A` for every morphism `f : A -> B` that can be written.

One rule serves every comprehension.  For `y[out] += body` over a box, a read `x[e]` in the body receives

    dx[e] += dy[out] * (partial of the body in that read)        over the same box and guards.

Nothing is solved for: slices, shifts, strides, diagonals, broadcasts and contractions differ only in `e` and `out`.  A
maximum passes its covector to the first maximiser, whose indices are the selectors `Argmax`.  Where the partial derivative
contains the body's own value it reads the result instead (tanh' = 1 - y^2).
"""

from __future__ import annotations

from collections.abc import Iterator

import sympy as sp

from symcat.category.comprehension import Comprehension
from symcat.category.expression import Argmax, At, partial, reads
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
        if node.name in received:
            dy = _total(build, node.name, received[node.name])
            for source, contribution in contributions(build, node, dy):
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


def _total(build: Builder, name: str, received: list[str]) -> str:
    """The sum of the contributions to an array, as one comprehension."""
    if len(received) == 1:
        return received[0]
    wire = build.wires[name]
    return build.gather(wire.shape, lambda *i: sp.Add(*[At(part, *i) for part in received]), name=f"d_{name}", base=wire.base)
