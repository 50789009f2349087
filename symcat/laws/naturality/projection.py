"""Naturality under a projection: coordinates that the loss ignores are dropped.

The map is not invertible, so covectors move backwards: the gradient, and every state of the parameter's shape that starts at a
number, is that of the smaller space, extended by 0; points are restricted.  For elementwise rules these states may be anything at
the coordinates that are dropped.
"""

from __future__ import annotations

from symcat.category.expression import At, index
from symcat.category.morphism import Builder
from symcat.category.space import Space, Wire, dim
from symcat.errors import UsageError
from symcat.laws.claim import Equation
from symcat.laws.induction import Induction, Machine
from symcat.learn.optimisers import Optimiser, elementwise

DROPPED = dim("dropped")


def projected(rule: Optimiser) -> tuple[Equation, ...]:
    """One step on n + dropped coordinates against one on the first n of them: parameter and states.

    >>> from symcat.learn.optimisers import gradient_descent
    >>> print(projected(gradient_descent)[0].lhs.dom)
    p: Real[dropped + n] * g: Real[n]
    """
    wide, free = _wide(rule), elementwise(rule)
    step, large = rule.step(), rule.step(wide)
    names = ["p", *rule.state_names]
    restricted = {name: _restricts(rule, name, wide, free) for name in names}
    legs = []
    for small in (True, False):
        build = Builder()
        p, g = build.input("p", wide), build.input("g", rule.wire)
        data = [build.input(row.name, row.wire(rule.wire)) for row in rule.data]
        own = [build.input(name, (large if restricted[name] else step).cod[k + 1]) for k, name in enumerate(rule.state_names)]
        fit = _restricted if small else _extended
        arguments = [_restricted(build, p, wide, rule.wire) if small else p, g if small else _extended(build, g, rule.wire, wide)]
        arguments += [one if small else _extended(build, one, rule.wire, wide) for one in data]
        arguments += [fit(build, one, *((wide, rule.wire) if small else (rule.wire, wide))) if restricted[name] == small else one
                      for name, one in zip(rule.state_names, own, strict=True)]
        found = build.call(step if small else large, arguments)
        legs.append([build.build([_compared(build, one, restricted[name], small, rule.wire, wide)], [name])
                     for name, one in zip(names, found, strict=True)])
    return tuple(Equation(*pair) for pair in zip(*reversed(legs), strict=True))


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
    out = new[0] if small else _restricted(build, new[0], wide, rule.wire)
    whole = build.build((*new, out), (*step.cod.names, "out"))
    build = Builder()
    p = build.input("p", wide)
    p = _restricted(build, p, wide, rule.wire) if small else p
    states = build.call(rule.start(wire), (p,)) if rule.states else ()
    return Machine(whole, build.build((p, *states), step.cod.names))


def _wide(rule: Optimiser) -> Wire:
    if len(rule.shape) != 1 or rule.shape[0].is_Integer:
        raise UsageError(f"{rule.name} is written for parameters {rule.wire}: a projection drops coordinates of a vector of any length")
    return Wire(rule.wire.base, (rule.shape[0] + DROPPED,))


def _restricts(rule: Optimiser, name: str, wide: Wire, free: bool) -> bool:
    """Whether a leg is compared on the smaller space; else it is extended by 0 on the larger one."""
    kept = rule.step(wide).cod[name]
    row = next((row for row in rule.states if row.name == name), None)
    return row is None or free or callable(row.initial) or wide.shape[0] not in kept.shape


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


def _compared(build: Builder, array: str, restricted: bool, small: bool, wire: Wire, wide: Wire) -> str:
    """An output on the space on which its leg is compared."""
    if restricted:
        return array if small else _restricted(build, array, wide, wire)
    return _extended(build, array, wire, wide) if small else array
