"""Combinators: optimisers from optimisers, as composites and products of lenses.

A `Transformation` changes the gradient before an optimiser reads it, `clip_by_norm >> decay >> adam`; `Tensor` takes another
optimiser for each layer, and `freeze` leaves some of them alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import sympy as sp

from symcat.category.hyper import Hyper, hyper
from symcat.category.morphism import Builder
from symcat.category.space import Space
from symcat.errors import UsageError
from symcat.learn.optimisers.joining import joined, parts, renamed, updated
from symcat.learn.optimisers.optimiser import Optimiser, optimiser
from symcat.learn.optimisers.state import State
from symcat.lens.lens import Lens


@dataclass(frozen=True)
class Transformation:
    """A lens (S * P, S * P') -> (P, P'): get p, put(s, p, g) = (s', g').  `rule` returns the new gradient where others return p."""

    rule: Optimiser

    @property
    def name(self) -> str:
        return self.rule.name

    def __call__(self, **values: object) -> Transformation:
        """The transformation with other hyperparameter values."""
        return Transformation(self.rule(**values))

    def __rshift__(self, other: Transformation | Optimiser) -> Transformation | Optimiser:
        """This one first, on the gradient; then a transformation, or the optimiser that takes the step.

        >>> from symcat.learn.optimisers import momentum
        >>> both = clip_by_norm >> decay >> momentum
        >>> both.name, both.state_names, [row.name for row in both.hypers]
        ('clip_by_norm >> decay >> momentum', ('v',), ['bound', 'wd', 'lr', 'gamma'])
        """
        if isinstance(other, Transformation):
            return Transformation(chain(self, other.rule))
        return chain(self, other) if isinstance(other, Optimiser) else NotImplemented

    def lens(self, params: Space) -> Lens:
        """put keeps the states first, then the gradients."""
        space, count = self.rule.state_space(params), len(self.rule.states)
        forward = Builder()
        get = forward.build(forward.inputs(space * params)[len(space):], params.names)
        back = Builder()
        arguments = back.inputs(space * params)
        gradients = back.inputs(params.prefixed("d_"))
        changed, kept = [], []
        for k, (_, wire) in enumerate(params):
            new, *rest = back.call(self.rule.step(wire), (arguments[len(space) + k], gradients[k], *arguments[k * count:(k + 1) * count]))
            changed.append(new)
            kept += rest
        return Lens(get, back.build((*kept, *changed), (space * params.prefixed("d_")).names))


def transformation(function: Callable) -> Transformation:
    """Read a function `(p, g, state=initial, ..., *, hyper=default)` that returns the new gradient, or it and the new states."""
    return Transformation(optimiser(function))


def chain(first: Transformation, rule: Optimiser, name: str | None = None) -> Optimiser:
    """The optimiser that reads the transformed gradient: the composite of the two lenses, the optimiser's first.

    The transformation reads the parameter where the optimiser looks.
    """
    before, after = parts([first.rule, rule])

    def step(p: object, g: object, given: dict) -> tuple:
        changed, kept = before.step(after.look(p, given), g, given)
        new, states = after.step(p, changed, given)
        return new, {**updated(before, kept), **updated(after, states)}

    look = after.look if rule.look else None
    return joined(name or f"{first.name} >> {rule.name}", (before, after), step, look=look)


def direction(rule: Optimiser) -> Transformation:
    """What an optimiser subtracts at lr = 1, as a transformation: `direction(adam) >> decay >> gradient_descent` is AdamW."""
    if rule.look:
        raise UsageError(f"the direction of {rule.name}, which looks at another point than its parameter: use its substituted form")
    (part,) = parts([rule.at(lr=1) if "lr" in [row.name for row in rule.hypers] else rule])

    def step(p: object, g: object, given: dict) -> tuple:
        new, states = part.step(p, g, given)
        return p - new, updated(part, states)

    return Transformation(joined(f"direction({rule.name})", (part,), step))


def lookahead(rule: Optimiser, name: str | None = None) -> Optimiser:
    """After every `period` steps of a rule: slow <- slow + alpha (p - slow), and p starts from there.  Zhang et al. 2019, algorithm 1.

    The rule keeps its own states, as in the authors' program.
    """
    settings = (hyper(0.5, name="alpha", above=0, high=1), hyper(5, name="period", low=1))
    slow, count = State("slow", lambda p: p, "point"), State("count", 0, "scalar")
    (part,) = parts([rule])
    if taken := sorted({"slow", "count", "alpha", "period"} & set(part.names.values())):
        raise UsageError(f"lookahead of {rule.name}, which has {', '.join(taken)} itself: rename what it has")

    def step(p: object, g: object, given: dict) -> tuple:
        fast, states = part.step(p, g, given)
        done = given["count"] + 1
        due = np.equal(done, given["period"])
        kept = np.where(due, given["slow"] + given["alpha"] * (fast - given["slow"]), given["slow"])
        return np.where(due, kept, fast), {"slow": kept, "count": np.where(due, 0, done), **updated(part, states)}

    look = part.look if rule.look else None
    return joined(name or f"lookahead({rule.name})", (part,), step, look=look, states=(slow, count), hypers=settings)


@transformation
def clip_by_norm(p, g, *, bound=hyper(1, above=0)):
    """g min(1, bound / |g|), the norm over all entries of a tensor.  Pascanu, Mikolov and Bengio 2013, algorithm 1."""
    return g * (bound / np.maximum(np.sqrt(np.sum(g**2)), bound))


@transformation
def clip_by_value(p, g, *, bound=hyper(1, above=0)):
    """Every entry cut off at -bound and bound."""
    return np.clip(g, -bound, bound)


@transformation
def decay(p, g, *, wd=0.01):
    """g + wd p: weight decay, coupled when the optimiser's states read it, decoupled behind `direction(rule)`."""
    return g + wd * p


@transformation
def trace_of(p, g, v=0, *, gamma=0.9):
    """v <- gamma v + g: momentum as a transformation, optax.trace."""
    v = gamma * v + g
    return v, v


@optimiser
def frozen(p, g):
    """p <- p."""
    return p


@dataclass(frozen=True)
class Tensor:
    """Another optimiser for each wire of the parameters, the product of their lenses: `rules` by wire, `other` for the rest.

    It stands where learners take an optimiser.  Hyperparameters of two rules that share a name get the rule's name in front,
    as in `parts`; equal rules are one.

    >>> from symcat.category.space import Real, space
    >>> from symcat.learn.optimisers import adam, momentum
    >>> both = Tensor({"W": momentum}, adam)
    >>> both.state_space(space(b=Real["n"], W=Real["m", "n"])).names
    ('m_b', 'v_b', 't_b', 'v_W')
    >>> [row.name for row in both.hypers]
    ['lr', 'gamma', 'adam_lr', 'b1', 'b2', 'eps']
    """

    rules: Mapping[str, Optimiser]
    other: Optimiser

    @property
    def name(self) -> str:
        given = ", ".join(f"{wire}: {rule.name}" for wire, rule in self.rules.items())
        return f"tensor({given}, otherwise {self.other.name})"

    @property
    def distinct(self) -> dict[str, Optimiser]:
        """The rules in use by name, under the names of hyperparameters that they have here."""
        used = list(dict.fromkeys([*map(_key, self.rules.values()), _key(self.other)]))
        rules = [next(rule for rule in (*self.rules.values(), self.other) if _key(rule) == key) for key in used]
        stateless = [replace(rule, states=()) for rule in rules]
        return {key: renamed(rule, part.names) for key, rule, part in zip(used, rules, parts(stateless), strict=True)}

    def of(self, wire: str) -> Optimiser:
        """The optimiser of a wire."""
        return self.distinct[_key(self.rules.get(wire, self.other))]

    @property
    def hypers(self) -> tuple[Hyper, ...]:
        return tuple(row for rule in self.distinct.values() for row in rule.hypers)

    def value(self, name: str) -> sp.Rational:
        """The value of a hyperparameter that a kernel is compiled with."""
        return next(rule.value(name) for rule in self.distinct.values() if name in [row.name for row in rule.hypers])

    def assignment(self) -> dict[sp.Symbol, sp.Rational]:
        """All hyperparameter symbols with their values."""
        return {row.symbol: self.value(row.name) for row in self.hypers}

    def state_space(self, params: Space) -> Space:
        self.check(params)
        result = Space(())
        for name, wire in params:
            result = result * self.of(name).state_space(Space(((name, wire),)))
        return result

    def lens(self, params: Space) -> Lens:
        """(S * P, S * P) -> (P, P'): states of all wires, wire by wire, then the parameters."""
        space = self.state_space(params)
        lenses = [self.of(name).lens(Space(((name, wire),))) for name, wire in params]
        forward, back = Builder(), Builder()
        ends = [builder.inputs(space * params) for builder in (forward, back)]
        gradients = back.inputs(params.prefixed("d_"))
        looked, states, moved, start = [], [], [], 0
        for k, one in enumerate(lenses):
            count = len(one.get.dom) - 1
            own = [[*arguments[start:start + count], arguments[len(space) + k]] for arguments in ends]
            looked += forward.call(one.get, own[0])
            *rest, new = back.call(one.put, (*own[1], gradients[k]))
            states, moved, start = [*states, *rest], [*moved, new], start + count
        return Lens(forward.build(looked, params.names), back.build((*states, *moved), (space * params).names))

    def initial(self, params: Sequence[np.ndarray], names: Sequence[str]) -> list[np.ndarray]:
        """The initial states for parameters of these values, wire by wire."""
        return [array for name, value in zip(names, params, strict=True) for array in self.of(name).initial([value])]

    def check(self, params: Space) -> None:
        """UsageError for wires that are not there, and for what a rule cannot train."""
        if unknown := [wire for wire in self.rules if wire not in params.names]:
            raise UsageError(f"optimisers for {', '.join(unknown)}: the parameters are {', '.join(params.names)}")
        for name, wire in params:
            self.of(name).check(Space(((name, wire),)))

    def __repr__(self) -> str:
        return self.name


def freeze(rule: Optimiser, *wires: str) -> Tensor:
    """The optimiser, except that some wires of the parameters stay as they are."""
    return Tensor(dict.fromkeys(wires, frozen), rule)


def _key(rule: Optimiser) -> str:
    """What makes two optimisers the same in a tensor: name and values."""
    return repr(rule) + repr(sorted(rule.fixed.items()))
