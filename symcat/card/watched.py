"""A rule as a machine that shows where its gradients are taken."""

from __future__ import annotations

from symcat.category.morphism import Builder
from symcat.category.space import Space, Wire
from symcat.laws.induction import Machine
from symcat.learn.optimisers import Optimiser


def watched(rule: Optimiser, wire: Wire | None = None) -> Machine:
    """The machine of a rule that puts out its new parameter and, behind it, the point at which the gradient was taken.

    >>> from symcat.learn.optimisers import nesterov
    >>> print(watched(nesterov).outputs)
    out: Real[n] * taken: Real[n]
    """
    wire = wire or rule.wire
    states = Space((("p", wire), *zip(rule.state_names, rule.state_wires(wire), strict=True)))
    build = Builder()
    p, *kept = build.inputs(states)
    step = rule.step(wire)
    read = build.inputs(step.dom[1: len(step.dom) - len(kept)])
    (taken,) = build.call(rule._look(wire), (p, *kept)) if rule.look else (p,)
    found = build.call(step, (p, *read, *kept))
    whole = build.build((*found, found[0], taken), (*states.names, "out", "taken"))
    build = Builder()
    p = build.input("p", wire)
    return Machine(whole, build.build((p, *(build.call(rule.start(wire), (p,)) if rule.states else ())), states.names))
