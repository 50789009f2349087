"""A law: a name, a statement, a source, and the equations that it asks of given morphisms."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from symcat.category.expression import At
from symcat.category.functions import Smooth
from symcat.category.morphism import Builder, Morphism
from symcat.category.space import Space
from symcat.category.structure import zero
from symcat.laws.claim import Additive, Claim, Equation, Goal


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
        outs.append(build.gather(wire.shape, lambda *i, n=name, entry=entry: entry(At(n, *i)), name="phi", base=wire.base))
    return build.build(outs, a.names)


def preserves_sums(operator: Callable[[Morphism], Morphism], f: Morphism) -> tuple[Equation, ...]:
    """T(f + g) = T(f) + T(g) and T(0) = 0, with `after(f)` for g."""
    g, nothing = after(f), operator(zero(f.dom, f.cod))
    return Equation(operator(f + g), operator(f) + operator(g)), Equation(nothing, zero(nothing.dom, nothing.cod))


def additive_behind(t: Morphism, held: int) -> Additive:
    """t preserves sums and zero in its wires from position `held` on, those before held fixed."""
    a, b = t.dom[:held], t.dom[held:]
    w, (x, y, z) = program(a, b, b)
    left = w.build(w.call(t, (*x, *w.add_all(y, z))))
    w, (x, y, z) = program(a, b, b)
    right = w.build(w.add_all(w.call(t, (*x, *y)), w.call(t, (*x, *z))))
    w, (x,) = program(a)
    nothing = w.build(w.call(t, (*x, *w.zeros(b))))
    return Additive(t, tuple(range(held, len(t.dom))), (Equation(left, right), Equation(nothing, zero(a, t.cod))))


def program(*spaces: Space) -> tuple[Builder, list[tuple[str, ...]]]:
    """A builder with inputs for each space, and the names of each."""
    build = Builder()
    return build, [build.inputs(space) for space in spaces]
