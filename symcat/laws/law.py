"""A law: a name, a statement, a source, and the equations that it asks of given morphisms."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import sympy as sp

from symcat.category.expression import At
from symcat.category.functions import Smooth
from symcat.category.morphism import Builder, Morphism
from symcat.category.space import Space
from symcat.laws.claim import Claim, Goal


@dataclass(frozen=True)
class Law:
    """`goal(*instance)` is what the law asks of its instance: morphisms, spaces or lenses, as the law's signature says."""

    name: str
    statement: str
    source: str
    goal: Callable[..., Goal]

    def claim(self, instance: str, arguments: Callable[[], Sequence[object]], expected: str = "proved") -> Claim:
        """The claim that the law holds at an instance, whose morphisms are made when the claim is decided."""
        return Claim(f"{self.name} {instance}", self.statement, self.source, lambda: self.goal(*arguments()), expected)


def after(f: Morphism) -> Morphism:
    """f followed by an arbitrary pointwise map: a smooth function over the reals, y^3 + y over Z_n.

    Laws about two morphisms take it as the second one, so that they are about more than f with itself.
    """
    return f >> pointwise(f.cod)


def pointwise(a: Space) -> Morphism:
    """An arbitrary smooth function on every entry (over Z_n, where smooth means polynomial: y^3 + y)."""
    phi = Smooth.named("phi")
    build = Builder()
    outs = []
    for name in build.inputs(a):
        wire = build.wires[name]
        entry = (lambda y: y**3 + y) if wire.base.modulus else phi
        outs.append(build.gather(wire.shape, lambda *i, n=name, entry=entry: sp.sympify(entry(At(n, *i))), name="phi", base=wire.base))
    return build.build(outs, a.names)


def program(*spaces: Space) -> tuple[Builder, list[tuple[str, ...]]]:
    """A builder with inputs for each space, and the names of each."""
    build = Builder()
    return build, [build.inputs(space) for space in spaces]
