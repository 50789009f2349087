"""The forward derivative and linear maps, both from the reverse derivative."""

from __future__ import annotations

from collections.abc import Collection

from symcat.category.morphism import Builder, Morphism
from symcat.category.space import Space
from symcat.derivative.reverse import R
from symcat.errors import ShapeError


def D(f: Morphism) -> Morphism:
    """`D[f] : A * A -> B`, the directional derivative: D[f](a, v) is the B-part of R[R[f]]((a, 0), v).

    >>> from symcat.category.structure import add
    >>> from symcat.category.space import Real, space
    >>> A = space(x=Real["n"])
    >>> print(D(add(A)))
    x: Real[n] * x1: Real[n] * v_x: Real[n] * v_x1: Real[n] -> x: Real[n]
      d_d_x[i] = v_x[i] + v_x1[i]
      return d_d_x
    """
    second = R(R(f))
    build = Builder()
    point = build.inputs(f.dom)
    direction = build.inputs(f.dom.prefixed("v_"))
    outs = build.call(second, (*point, *build.zeros(f.cod), *direction))
    return build.build(outs[len(f.dom):], f.cod.names)


def dagger(f: Morphism, context: int = 0) -> Morphism:
    """The dagger of a map linear in all but its first `context` wires: f : C * A -> B gives C * B -> A.

    f^dag(c, b) is the A-part of R[f]((c, 0), b).  For a map that is not linear the result is R[f] at 0, not a dagger; the
    law "D[f] = pi1 ; f" says whether it is.
    """
    if not 0 <= context <= len(f.dom):
        raise ShapeError(f"context of {context} wires for a morphism from {f.dom}: expected 0 to {len(f.dom)}")
    held, moving = f.dom[:context], f.dom[context:]
    build = Builder()
    fixed = build.inputs(held)
    covector = build.inputs(f.cod)
    outs = build.call(R(f), (*fixed, *build.zeros(moving), *covector))
    return build.build(outs[context:], moving.names)


def at_zero(f: Morphism, wires: Collection[int], keep: range | None = None) -> Morphism:
    """A morphism with zeros fed into some wires; with `keep`, only those outputs."""
    build = Builder()
    arguments: list[str] = []
    for position, (name, wire) in enumerate(f.dom):
        arguments.append(build.zero(wire) if position in wires else build.input(name, wire))
    outs = build.call(f, arguments)
    names = f.cod.names
    chosen = list(keep) if keep is not None else list(range(len(outs)))
    return build.build([outs[k] for k in chosen], Space(tuple((names[k], f.cod.types[k]) for k in chosen)).names)
