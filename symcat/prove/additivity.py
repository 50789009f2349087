"""The equations that additivity is: what linear typing shows, and therefore all that it may be taken as a proof of.

They are written here anew and not taken from the goal, whose own equations come from a law or from a certificate's file.
"""

from __future__ import annotations

from collections.abc import Sequence

from symcat.category.morphism import Builder, Morphism
from symcat.laws.claim import Additive


def states_additivity(goal: Additive) -> bool:
    """Whether the equations of a goal say that its morphism preserves sums in the goal's wires, and zero, and nothing else."""
    known, stated = laws(goal.f, goal.wires), [(equation.lhs, equation.rhs) for equation in goal.equations]
    return known[0] in stated and all(sides in known for sides in stated)


def laws(f: Morphism, wires: Sequence[int]) -> tuple[tuple[Morphism, Morphism], ...]:
    """f(a, b + c) = f(a, b) + f(a, c) and f(a, 0) = 0 as pairs of morphisms: a the wires held fixed, in order, then the others.

    >>> from symcat.category.space import Real, space
    >>> from symcat.category.structure import identity
    >>> [len(left.dom) for left, _ in laws(identity(space(x=Real["n"], y=Real["n"])), [1])]
    [3, 1]
    """
    build, held, first, second = _inputs(f, wires, 2)
    left = build.build(build.call(f, _arranged(f, wires, held, build.add_all(first, second))), f.cod.names)
    build, held, first, second = _inputs(f, wires, 2)
    parts = [build.call(f, _arranged(f, wires, held, part)) for part in (first, second)]
    right = build.build(build.add_all(*parts), f.cod.names)
    build, held = _inputs(f, wires, 0)
    nothing = build.build(build.call(f, _arranged(f, wires, held, _zeros(build, f, wires))), f.cod.names)
    build, _ = _inputs(f, wires, 0)
    return (left, right), (nothing, build.build(build.zeros(f.cod), f.cod.names))


def _inputs(f: Morphism, wires: Sequence[int], copies: int) -> tuple:
    """A builder with the wires held fixed as inputs, then the others as often as asked, and the names of each group."""
    build = Builder()
    moving = [item for k, item in enumerate(f.dom) if k in wires]
    groups = [[item for k, item in enumerate(f.dom) if k not in wires], *[moving] * copies]
    return build, *[tuple(build.input(name, wire) for name, wire in group) for group in groups]


def _zeros(build: Builder, f: Morphism, wires: Sequence[int]) -> list[str]:
    return [build.zero(wire) for k, wire in enumerate(f.dom.types) if k in wires]


def _arranged(f: Morphism, wires: Sequence[int], held: Sequence[str], moving: Sequence[str]) -> list[str]:
    """The arguments of f in its own order."""
    rest, moved = iter(held), iter(moving)
    return [next(moved if k in wires else rest) for k in range(len(f.dom))]
