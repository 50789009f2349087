"""Where the gradient is zero the parameter stays: for every state, and along the whole path from the initial states."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from symcat.category.morphism import Builder, Morphism
from symcat.category.space import Space
from symcat.laws.claim import Equation
from symcat.laws.induction import Induction, Machine
from symcat.learn.optimisers import Optimiser


def stays(rule: Optimiser) -> tuple[Equation, ...]:
    """One step without gradient, from any state.

    >>> from symcat.learn.optimisers import gradient_descent
    >>> print(stays(gradient_descent)[0].rhs)
    p: Real[n] -> p: Real[n]
      return p
    """
    step, sides = rule.step(), []
    for moves in (True, False):
        build = Builder()
        p, *rest = build.inputs(Space(tuple(item for item in step.dom if item[0] != "g")))
        out = build.call(step, (p, build.zero(rule.wire), *rest))[0] if moves else p
        sides.append(build.build([out], ["p"]))
    return (Equation(*sides),)


def stays_for_ever(rule: Optimiser) -> Induction:
    """All steps without gradient, from the initial states: these stay as they are, but for states of rank 0, which may count."""
    step, wire = rule.step(), rule.wire
    names, types = rule.state_names, step.cod.types[1:]
    counts = [name for name, kept in zip(names, types, strict=True) if not kept.shape]
    still = Space((("p", wire), *((name, kept) for name, kept in zip(names, types, strict=True) if not kept.shape)))
    every = Space((("p", wire), *zip(names, types, strict=True)))
    return Induction(_machine(rule, still, counts, moves=False), _machine(rule, every, names, moves=True), _rest(rule, still, counts))


def _machine(rule: Optimiser, states: Space, own: Sequence[str], moves: bool) -> Machine:
    """The rule without gradient: with the states in `own`, the others at their initial values, and the parameter held unless it moves."""
    build = Builder()
    p, *kept = build.inputs(states)
    given = build.inputs(Space(tuple((row.name, row.wire(rule.wire)) for row in rule.data)))
    known = _filled(rule, build, p, dict(zip(own, kept, strict=True)))
    found = dict(zip(("p", *rule.state_names), build.call(rule.step(), (p, build.zero(rule.wire), *given, *known)), strict=True))
    out = found["p"] if moves else p
    step = build.build((out, *(found[name] for name in own), out), (*states.names, "out"))
    build = Builder()
    p = build.input("p", rule.wire)
    started = dict(zip(rule.state_names, build.call(rule.start(), (p,)) if rule.states else (), strict=True))
    return Machine(step, build.build((p, *(started[name] for name in own)), states.names))


def _filled(rule: Optimiser, build: Builder, p: str, own: Mapping[str, str]) -> list[str]:
    started = dict(zip(rule.state_names, build.call(rule.start(), (p,)) if rule.states else (), strict=True))
    return [own.get(name, started[name]) for name in rule.state_names]


def _rest(rule: Optimiser, states: Space, counts: Sequence[str]) -> Morphism:
    build = Builder()
    p, *kept = build.inputs(states)
    return build.build((p, *_filled(rule, build, p, dict(zip(counts, kept, strict=True)))), ("p", *rule.state_names))
