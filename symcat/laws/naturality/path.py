"""The whole path of the parameter along a family: both ends of a map start from the initial states of a rule and take every step.

A step can be natural and the path not, when the initial states do not move as the states do: a length that starts at a fixed number,
a matrix that starts at the identity.  The first steps may refute; what is claimed of all steps goes by induction, with S(phi) as the
relation between the states of the two ends.
"""

from __future__ import annotations

from collections.abc import Mapping

import sympy as sp

from symcat.category.morphism import Builder, Morphism
from symcat.category.space import Space, Wire
from symcat.laws.induction import Induction, Machine
from symcat.laws.naturality.actions import Site
from symcat.laws.naturality.families import Family
from symcat.laws.naturality.functors import Transport, of_data
from symcat.laws.naturality.squares import LOOK, bring, bring_datum
from symcat.learn.optimisers import Optimiser

RELATIONS = {">0": sp.Gt, ">=0": sp.Ge}


def path(rule: Optimiser, family: Family, transports: Mapping[str, Transport], wire: Wire | None = None) -> Induction:
    """That the two ends put out the same parameters at every step, for any gradients and data that come in.

    Where the gradient is taken somewhere else than at the parameter, that these places correspond is a part of it.

    >>> from symcat.laws.naturality.families import translation
    >>> from symcat.learn.optimisers import gradient_descent
    >>> print(path(gradient_descent, *translation(gradient_descent.wire), {}).f.step.dom)
    p: Real[n] * shift: Real[n] * g: Real[n]
    """
    wire = wire or rule.wire
    machines = [_machine(rule, family, wire, end) for end in (False, True)]
    names = machines[0].states.names
    count = 1 + len(rule.states)
    own = zip(names[count:], family.action.inputs(family.extents(wire)), strict=True)
    conditions = tuple(RELATIONS[condition[1]](condition[0](sp.Symbol(name, real=True)), 0) for name, (_, _, condition) in own if condition)
    return Induction(*machines, _relation(rule, family, transports, wire, machines[0].states), conditions)


def _states(rule: Optimiser, family: Family, wire: Wire) -> tuple[Builder, list[str], Site]:
    """A builder whose inputs are the parameter, the states, and the arrays of the family."""
    build = Builder()
    step = rule.step(wire)
    own = [build.input(name, kept) for name, kept in zip(("p", *rule.state_names), step.cod.types, strict=True)]
    return build, own, family.site(build, wire, [row.name for row in rule.hypers], conditions=False)


def _machine(rule: Optimiser, family: Family, wire: Wire, end: bool) -> Machine:
    build, (p, *states), site = _states(rule, family, wire)
    g = build.input("g", wire)
    data = [build.input(row.name, row.wire(wire)) for row in rule.data]
    whole = [build.input(f"{row.name}_whole", Wire(wire.base, wire.shape * 2)) if of_data(row.kind, family, wire) is None else None
             for row in rule.data]
    here = site if end else family.at(site, p)
    gradient = bring(family, here, g, of_data("gradient", family, wire), end)
    own = [bring_datum(family, here, row.kind, wire, one, full, end, g) for row, one, full in zip(rule.data, data, whole, strict=True)]
    new, *kept = build.call(rule.step(wire), (p, gradient, *own, *states))
    outs = [new, *(build.call(rule._look(wire), (p, *states)) if rule.look else ())]
    outs = outs if end else [family.move(family.at(site, out), out, family.point()) for out in outs]
    names = (*(name for name, _ in build.dom[:1 + len(states) + len(site.given)]), *("out", LOOK)[:len(outs)])
    return Machine(build.build((new, *kept, *site.given.values(), *outs), names), _start(rule, family, wire, end))


def _start(rule: Optimiser, family: Family, wire: Wire, end: bool) -> Morphism:
    build = Builder()
    p = build.input("p", wire)
    site = family.site(build, wire, [row.name for row in rule.hypers])
    if end:
        p = family.move(family.at(site, p), p, family.point())
    states = build.call(rule.start(wire), (p,)) if rule.states else ()
    return build.build((p, *states, *site.given.values()), ("p", *rule.state_names, *site.given.values()))


def _relation(rule: Optimiser, family: Family, transports: Mapping[str, Transport], wire: Wire, states: Space) -> Morphism:
    build, (p, *kept), site = _states(rule, family, wire)
    here = family.at(site, p)
    moved = [family.move(here, array, transports[name]) for name, array in zip(rule.state_names, kept, strict=True)]
    return build.build((family.move(here, p, family.point()), *moved, *site.given.values()), states.names)
