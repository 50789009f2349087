"""What moves the parameters: claims about hyperparameters that do nothing, states that nothing reads, states that never change.

Influence is judged on the path of the parameters from the initial state, not by a derivative, which is 0 inside every sign.  Each
claim is a question; to prove it is a finding, to refute it is the rule.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import sympy as sp

from symcat.card.watched import watched
from symcat.category.morphism import Builder, Morphism
from symcat.category.space import Space
from symcat.category.structure import identity
from symcat.laws.claim import Claim, Equation
from symcat.laws.induction import Induction, Machine
from symcat.learn.optimisers import Optimiser

SOURCE = "findings"
LATER = 8    # the step that is looked at when the first three are the same and no induction succeeds


@dataclass(frozen=True)
class Question:
    """A claim, and the finding about a name that its proof is."""

    finding: str
    name: str
    claim: Claim


def questions(rule: Optimiser) -> tuple[Question, ...]:
    """What is asked of every rule: each hyperparameter, each state.

    >>> from symcat.learn.optimisers import momentum
    >>> [question.claim.name for question in questions(momentum)]
    ['no influence of lr', 'no influence of gamma', 'v is not read', 'v does not change']
    """
    asked = [Question("dead_hyperparameters", row.name, _dead(rule, row.name)) for row in rule.hypers]
    asked += [Question("unread_state", row.name, _unread(rule, row.name)) for row in rule.states]
    asked += [Question("lost_state", row.name, _unchanged(rule, row.name)) for row in rule.states if not callable(row.initial)]
    return tuple(asked)


def read_states(given: Machine) -> tuple[str, ...]:
    """The states that the output depends on, directly or through other states, in their order.

    >>> from symcat.learn.optimisers import adam, optimiser
    >>> read_states(watched(adam))
    ('p', 'm', 'v', 't')
    >>> read_states(watched(optimiser(lambda p, g, m=0, *, lr=0.1, b=0.9: (p - lr * g, b * m + g), name="idle")))
    ('p',)
    """
    sources = {name: _inputs(given.step, out) for name, out in zip(given.step.cod.names, given.step.outs, strict=True)}
    found = set().union(*(sources[name] for name in given.outputs.names))
    for requirement in given.step.requirements:
        found |= set().union(*(_inputs(given.step, name) for name in requirement.sources))
    found &= set(given.states.names)
    while True:
        more = found.union(*(sources[name] & set(given.states.names) for name in found))
        if more == found:
            return tuple(name for name in given.states.names if name in found)
        found = more


def _inputs(f: Morphism, name: str) -> set[str]:
    """The inputs that an array depends on."""
    nodes, waiting, found = {node.name: node for node in f.nodes}, [name], set()
    while waiting:
        one = waiting.pop()
        if one not in found:
            found.add(one)
            waiting += nodes[one].sources if one in nodes else ()
    return found & set(f.dom.names)


def reduced(given: Machine, kept: Sequence[str]) -> Machine:
    """The machine without the states that are not kept, on which those that are do not depend."""
    whole = given.states.names
    build = Builder()
    states = dict(zip(kept, build.inputs(Space(tuple((name, given.states[name]) for name in kept))), strict=True))
    inputs = build.inputs(given.inputs)
    for name in whole:
        if name not in states:
            states[name] = build.zero(given.states[name])
    found = dict(zip(given.step.cod.names, build.call(given.step, (*(states[name] for name in whole), *inputs)), strict=True))
    outs = (*kept, *given.outputs.names)
    step = build.build([found[name] for name in outs], outs)
    return Machine(step, given.start >> _projection(given.start.cod, kept, whole))


def _projection(states: Space, kept: Sequence[str], names: Sequence[str]) -> Morphism:
    build = Builder()
    given = dict(zip(names, build.inputs(states), strict=True))
    return build.build([given[name] for name in kept], kept)


def _same_path(first: Machine, second: Machine) -> Induction:
    """The two put out the same at every step, along the states that are read."""
    return Induction(first, second, _projection(first.states, second.states.names, first.states.names))


def other(rule: Optimiser, name: str) -> Machine:
    """The rule's machine, reduced to what is read, with another value of a hyperparameter, called `name_other`."""
    own = reduced(watched(rule), read_states(watched(rule)))
    swap = {sp.Symbol(name, real=True): sp.Symbol(f"{name}_other", real=True)}
    return Machine(own.step.substitute(swap), own.start.substitute(swap))


def _dead(rule: Optimiser, name: str) -> Claim:
    return Claim(f"no influence of {name}", f"the path of the parameters is the same for every {name}", SOURCE,
                 lambda: _same_path(watched(rule), other(rule, name)), "either", "as functions")


def dead_later(rule: Optimiser, name: str) -> Claim:
    """The same question about a later step alone, the other hyperparameters at their defaults: what refutes it is an influence."""
    defaults = {row.name: rule.value(row.name) for row in rule.hypers if row.name != name and rule.value(row.name) is not None}
    plain = rule.at(**defaults) if defaults else rule

    def goal() -> tuple[Equation, ...]:
        return (Equation(watched(plain).run(LATER), other(plain, name).run(LATER)),)
    return Claim(f"no influence of {name} at step {LATER}", f"step {LATER} is the same for every {name}", SOURCE, goal, "either",
                 "as functions")


def _unread(rule: Optimiser, name: str) -> Claim:
    def goal() -> Induction:
        given = watched(rule)
        build = Builder()
        inputs = build.inputs(given.start.dom)
        states = dict(zip(given.states.names, build.call(given.start, inputs), strict=True))
        states[name] = build.input(f"{name}_start", given.states[name])
        anywhere = Machine(given.step, build.build([states[one] for one in given.states.names], given.states.names))
        own = reduced(given, read_states(given))
        build = Builder()
        inputs = build.inputs(anywhere.start.dom)
        return _same_path(anywhere, Machine(own.step, build.build(build.call(own.start, inputs[:-1]), own.states.names)))
    return Claim(f"{name} is not read", f"the path of the parameters is the same from every initial {name}", SOURCE, goal, "either",
                 "as functions")


def _unchanged(rule: Optimiser, name: str) -> Claim:
    def goal() -> tuple[Equation, ...]:
        given = watched(rule)
        advance = given.advance()
        position = given.states.names.index(name)
        build = Builder()
        after = build.build((build.call(advance, build.inputs(advance.dom))[position],), (name,))
        before = identity(advance.dom)
        build = Builder()
        return (Equation(after, build.build((build.call(before, build.inputs(advance.dom))[position],), (name,))),)
    return Claim(f"{name} does not change", f"a step returns {name} as it came", SOURCE, goal, "either", "as functions")
