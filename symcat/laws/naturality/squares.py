"""The naturality square of an update rule along a family of coordinate changes, as equations between morphisms.

    (p, s) ---- U at g = J^T g~ ----> (p', s')
      |                                  |
    phi, S(phi)                      phi, S(phi)
      v                                  v
    (p~, s~) -------- U at g~ -----> (p~', s~')

No loss is needed: with L = L~ . phi the gradient, Hessian and further data at p are given by those at phi(p), which are inputs of
the square and arbitrary.  States that move along the map are taken at its start, the others at its end, so that no map is inverted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import sympy as sp

from symcat.category.expression import At, Delta
from symcat.category.morphism import Builder, Morphism
from symcat.category.space import Space, Wire
from symcat.laws.claim import Equation
from symcat.laws.naturality.actions import Chart, Site
from symcat.laws.naturality.families import Family
from symcat.laws.naturality.functors import Transport, of_data
from symcat.learn.optimisers import Optimiser

LOOK = "look"


@dataclass(frozen=True)
class Side:
    """One way around a square: a program that is being written, at the start of the maps or at their end."""

    rule: Optimiser
    wire: Wire
    family: Family
    transports: Mapping[str, Transport]
    end: bool
    build: Builder
    site: Site
    p: str
    states: Mapping[str, str]
    gradient: str
    data: Mapping[str, str]

    @classmethod
    def of(cls, rule: Optimiser, family: Family, transports: Mapping[str, Transport], end: bool, wire: Wire) -> Side:
        """The inputs of the square, each brought to this side."""
        build = Builder()
        p, g, *rest = build.inputs(rule.step(wire).dom)
        data, states = rest[:len(rule.data)], rest[len(rule.data):]
        whole = {row.name: build.input(f"{row.name}_whole", Wire(wire.base, wire.shape * 2)) for row in rule.data
                 if of_data(row.kind, family, wire) is None}
        site = family.site(build, wire, [row.name for row in rule.hypers])
        at = family.at(site, p)
        place = family.move(at, p, family.point()) if end else p
        moved = {name: bring(family, at, state, transports[name], end) for name, state in zip(rule.state_names, states, strict=True)}
        own = {}
        for row, given in zip(rule.data, data, strict=True):
            own[row.name] = bring_datum(family, at, row.kind, wire, given, whole.get(row.name), end, g)
        gradient = bring(family, at, g, of_data("gradient", family, wire), end)
        return cls(rule, wire, family, transports, end, build, site, place, moved, gradient, own)

    def outputs(self) -> dict[str, str]:
        """What a step returns, and where the gradient is taken, brought to the side on which the two ways are compared."""
        step = self.rule.step(self.wire)
        found = self.build.call(step, (self.p, self.gradient, *self.data.values(), *self.states.values()))
        legs = dict(zip(step.cod.names, found, strict=True))
        after = self.site if self.end else self.family.at(self.site, legs["p"])
        return {name: self._compared(name, array, after) for name, array in legs.items()} | self._look()

    def displaced(self) -> dict[str, str]:
        """What a step adds to the parameter and to each state, and how far ahead it looks, where the two ways are compared."""
        found, before = self.outputs(), {"p": self.p, **self.states}
        here = self.site if self.end else self.family.at(self.site, self.p)
        moved = {name: self._difference(found[name], self._compared(name, array, here)) for name, array in before.items()}
        return moved | ({LOOK: self._difference(found[LOOK], self._compared("p", self.p, here))} if LOOK in found else {})

    def _difference(self, after: str, before: str) -> str:
        return self.build.gather(self.build.wires[after].shape, lambda *i: At(after, *i) - At(before, *i), name="moved_by")

    def _compared(self, name: str, array: str, after: Site) -> str:
        transport = self.family.point() if name == "p" else self.transports[name]
        along = transport.covariant or name == "p" or self.family.kind == "chart"
        if along == self.end:
            return array
        return self.family.move(after, array, transport, not along)

    def _look(self) -> dict[str, str]:
        if self.rule.look is None:
            return {}
        (point,) = self.build.call(self.rule._look(self.wire), (self.p, *self.states.values()))
        return {LOOK: point if self.end else self.family.move(self.family.at(self.site, point), point, self.family.point())}


def bring(family: Family, site: Site, array: str, transport: Transport, end: bool) -> str:
    """An input on a side: covariant ones are given at the start of the maps, the others at their end."""
    return family.move(site, array, transport, not transport.covariant) if transport.covariant == end else array


def bring_datum(family: Family, site: Site, kind: str, wire: Wire, given: str, whole: str | None, end: bool,
                gradient: str) -> str:
    """A datum on a side; the diagonal of a Hessian comes from the whole of it where it must.

    `gradient` is that at the end of the maps: what is no tensor depends on it.
    """
    if whole is None:
        moved = bring(family, site, given, of_data(kind, family, wire), end)
        return family.action.bent(site, kind, moved, gradient, end) if isinstance(family.action, Chart) else moved
    matrix = bring(family, site, whole, of_data("hessian", family, wire), end)
    return site.build.gather(wire.shape, lambda *i: At(matrix, *i, *i), name="diagonal")


def brought(rule: Optimiser, family: Family, wire: Wire) -> Morphism:
    """The gradient and the data of a square at the start of the maps, then at their end.

    The diagonal of a Hessian is taken of one that is diagonal at the end of the maps.
    """
    build = Builder()
    space = Space((("p", wire), ("g", wire), *((row.name, row.wire(wire)) for row in rule.data)))
    p, g, *data = build.inputs(space)
    site = family.at(family.site(build, wire), p)
    whole = [_whole(build, one) if of_data(row.kind, family, wire) is None else None for row, one in zip(rule.data, data, strict=True)]
    ends = []
    for end in (False, True):
        ends.append(bring(family, site, g, of_data("gradient", family, wire), end))
        ends += [bring_datum(family, site, row.kind, wire, one, full, end, g)
                 for row, one, full in zip(rule.data, data, whole, strict=True)]
    return build.build(ends, [f"end{k}" for k in range(len(ends))])


def _whole(build: Builder, diagonal: str) -> str:
    shape = build.wires[diagonal].shape
    return build.gather(shape * 2, lambda *i: At(diagonal, *i[:len(shape)]) * sp.Mul(*(Delta(a - b) for a, b in zip(
        i[:len(shape)], i[len(shape):], strict=True))), name="whole")


def square(rule: Optimiser, family: Family, transports: Mapping[str, Transport], wire: Wire | None = None) -> tuple[Equation, ...]:
    """One equation for each leg, the parameter first: each output of a step, and the place where the gradient is taken.

    The inputs are p at the start of the maps, gradient and data at their end, states, and what parametrises the family.

    >>> from symcat.laws.naturality.families import translation
    >>> from symcat.learn.optimisers import gradient_descent
    >>> (leg,) = square(gradient_descent, *translation(gradient_descent.wire), {})
    >>> print(leg.lhs.dom, "->", leg.lhs.cod)
    p: Real[n] * g: Real[n] * shift: Real[n] -> p: Real[n]
    """
    sides = []
    for end in (False, True):
        side = Side.of(rule, family, transports, end, wire or rule.wire)
        legs = side.outputs()
        sides.append({name: side.build.build([array], [name]) for name, array in legs.items()})
    return tuple(Equation(*_alike(left, sides[1][name])) for name, left in sides[0].items())


def displacements(rule: Optimiser, family: Family, transports: Mapping[str, Transport],
                  wire: Wire | None = None) -> tuple[dict[str, Morphism], dict[str, Morphism]]:
    """What a step adds to parameter and states, along a linear family: brought over from the start of the maps, and at their end."""
    sides = []
    for end in (False, True):
        side = Side.of(rule, family, transports, end, wire or rule.wire)
        sides.append({name: side.build.build([array], [name]) for name, array in side.displaced().items()})
    return sides[0], sides[1]


def _alike(left: Morphism, right: Morphism) -> tuple[Morphism, Morphism]:
    return left, replace(right, dom=Space(tuple(zip(left.dom.names, right.dom.types, strict=True)))) if left.dom != right.dom else right
