"""Naturality under a projection: coordinates that the loss ignores are dropped.

The map is not invertible, so covectors move backwards: the gradient, and every state of the parameter's shape that starts at a
number, is that of the smaller space, extended by 0; points differ from the parameter by such a vector.  For elementwise rules states
may be anything at the coordinates that are dropped.
"""

from __future__ import annotations

from dataclasses import dataclass

from symcat.category.expression import At, index
from symcat.category.morphism import Builder
from symcat.category.space import Space, Wire, dim
from symcat.errors import UsageError
from symcat.laws.claim import Equation
from symcat.laws.induction import Induction, Machine
from symcat.laws.naturality.squares import LOOK
from symcat.learn.optimisers import Optimiser, elementwise

DROPPED = dim("dropped")
RESTRICTED, EXTENDED, TIED = "restricted", "extended", "tied"


def projected(rule: Optimiser) -> tuple[Equation, ...]:
    """One step on n + dropped coordinates against one on the first n of them: parameter and states.

    >>> from symcat.learn.optimisers import gradient_descent
    >>> print(projected(gradient_descent)[0].lhs.dom)
    p: Real[dropped + n] * g: Real[n]
    """
    wide = _wide(rule)
    ways = {name: _way(rule, name, wide) for name in rule.state_names}
    legs = []
    for small in (False, True):
        wire = rule.wire if small else wide
        build = Builder()
        p, g = build.input("p", wide), build.input("g", rule.wire)
        data = [build.input(row.name, row.wire(rule.wire)) for row in rule.data]
        kept = rule.step(wide if not small else rule.wire).cod
        fitted = {name: (rule.step(wide) if way == RESTRICTED else rule.step()).cod[name] for name, way in ways.items()}
        states = {name: build.input(name, fitted[name]) for name in rule.state_names}
        short = _restricted(build, p, wide, rule.wire)
        side = _Side(build, rule.wire, wide, small, p, short)
        arguments = [short if small else p, *(one if small else _extended(build, one, rule.wire, wide) for one in (g, *data)),
                     *(side.brought(states[name], way) for name, way in ways.items())]
        found = dict(zip(kept.names, build.call(rule.step(wire), arguments), strict=True))
        outs = {name: side.compared(found[name], ways.get(name, RESTRICTED), found["p"]) for name in kept.names}
        if rule.look:
            (point,) = build.call(rule._look(wire), (arguments[0], *arguments[2 + len(data):]))
            outs[LOOK] = side.compared(point, RESTRICTED, found["p"])
        legs.append([build.build([array], [name]) for name, array in outs.items()])
    return tuple(Equation(*pair) for pair in zip(*legs, strict=True))


@dataclass(frozen=True)
class _Side:
    """One of the two programs: how states come to it, and how its outputs are compared.

    Restricted states are given on the larger space and compared on the smaller one, extended ones the other way round.  States that
    are tied to the parameter differ from it by something extended: where coordinates are dropped both have stayed where they were.
    """

    build: Builder
    wire: Wire
    wide: Wire
    small: bool
    p: str
    short: str

    def brought(self, array: str, way: str) -> str:
        if way == RESTRICTED:
            return _restricted(self.build, array, self.wide, self.wire) if self.small else array
        if self.small:
            return array
        if way == EXTENDED:
            return _extended(self.build, array, self.wire, self.wide)
        gap = _extended(self.build, self._sum(array, self.short, -1), self.wire, self.wide)
        return self._sum(gap, self.p, 1)

    def compared(self, array: str, way: str, after: str) -> str:
        if way == RESTRICTED:
            return array if self.small else _restricted(self.build, array, self.wide, self.wire)
        array = self._sum(array, after, -1) if way == TIED else array
        return _extended(self.build, array, self.wire, self.wide) if self.small else array

    def _sum(self, left: str, right: str, sign: int) -> str:
        return self.build.gather(self.build.wires[left].shape, lambda *i: At(left, *i) + sign * At(right, *i), name="gap")


def projected_path(rule: Optimiser) -> Induction:
    """All steps from the initial states, along the restriction of every state."""
    wide = _wide(rule)
    machines = [_machine(rule, wide, small) for small in (False, True)]
    build = Builder()
    kept = build.inputs(machines[0].states)
    return Induction(*machines, build.build([_restricted(build, one, wide, rule.wire) for one in kept], machines[0].states.names))


def _machine(rule: Optimiser, wide: Wire, small: bool) -> Machine:
    wire = rule.wire if small else wide
    step, build = rule.step(wire), Builder()
    p, *states = build.inputs(Space(tuple(zip(("p", *rule.state_names), step.cod.types, strict=True))))
    given = build.inputs(Space((("g", rule.wire), *((row.name, row.wire(rule.wire)) for row in rule.data))))
    given = given if small else tuple(_extended(build, one, rule.wire, wide) for one in given)
    new = build.call(step, (p, *given, *states))
    outs = [new[0], *(build.call(rule._look(wire), (p, *states)) if rule.look else ())]
    outs = outs if small else [_restricted(build, out, wide, rule.wire) for out in outs]
    whole = build.build((*new, *outs), (*step.cod.names, *("out", LOOK)[:len(outs)]))
    build = Builder()
    p = build.input("p", wide)
    p = _restricted(build, p, wide, rule.wire) if small else p
    states = build.call(rule.start(wire), (p,)) if rule.states else ()
    return Machine(whole, build.build((p, *states), step.cod.names))


def _wide(rule: Optimiser) -> Wire:
    if len(rule.shape) != 1 or rule.shape[0].is_Integer:
        raise UsageError(f"{rule.name} is written for parameters {rule.wire}: a projection drops coordinates of a vector of any length")
    return Wire(rule.wire.base, (rule.shape[0] + DROPPED,))


def _way(rule: Optimiser, name: str, wide: Wire) -> str:
    """How a state of the larger space goes with one of the smaller."""
    kept = rule.step(wide).cod[name]
    if elementwise(rule) or wide.shape[0] not in kept.shape:
        return RESTRICTED
    (row,) = (row for row in rule.states if row.name == name)
    return EXTENDED if not callable(row.initial) else TIED if kept == wide else RESTRICTED


def _restricted(build: Builder, array: str, wide: Wire, wire: Wire) -> str:
    shape = tuple(wire.shape[0] if extent == wide.shape[0] else extent for extent in build.wires[array].shape)
    return build.gather(shape, lambda *i: At(array, *i), name="restricted")


def _extended(build: Builder, array: str, wire: Wire, wide: Wire) -> str:
    """An array with zeros at the coordinates that are dropped."""
    (n,), (more,) = wire.shape, wide.shape
    own = build.wires[array].shape
    shape = tuple(more if extent == n else extent for extent in own)
    return build.node(shape, zip(_indices(len(own)), own, strict=True), _indices(len(own)),
                      At(array, *_indices(len(own))), name="extended")


def _indices(count: int) -> tuple:
    return tuple(index(k) for k in range(count))
