"""Optimisers: an update rule written as its users write it, read as a lens (S * P, S * P) -> (P, P').

A rule is a function `(p, g, *states, *, hyperparameters)` of parameter, gradient and states (with initial values as defaults)
that returns the new parameter, or the tuple of it and the new states in order.  It is traced over arrays of any shape.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import partial

import sympy as sp

from symcat.category.hyper import Hyper, exact_number, infer
from symcat.category.morphism import Builder, Morphism
from symcat.category.space import Space, Wire
from symcat.category.trace import trace
from symcat.errors import TraceError, UsageError
from symcat.lens.lens import Lens


@dataclass(frozen=True)
class Optimiser:
    """An update rule with its states' initial values and its hyperparameters.

    `values` are what a kernel is compiled with; laws hold for all values that satisfy the hyperparameters' facts.  `fixed`
    hyperparameters are constants in every morphism, whatever their facts were.
    """

    name: str
    rule: Callable
    states: tuple[tuple[str, sp.Rational], ...]
    hypers: tuple[Hyper, ...]
    look: Callable | None = None
    values: Mapping[str, sp.Rational] = field(default_factory=dict)
    fixed: Mapping[str, sp.Rational] = field(default_factory=dict)
    traced: dict = field(init=False, repr=False, compare=False, default_factory=dict)    # what was traced already

    def __call__(self, **values: object) -> Optimiser:
        """The optimiser with other hyperparameter values, each checked against its range.

        >>> from symcat.learn.optimisers import OPTIMISERS
        >>> OPTIMISERS["adam"](lr=0.01).value("lr")
        1/100
        """
        return replace(self, values={**self.values, **{name: self._row(name).check(value) for name, value in values.items()}})

    def at(self, **values: object) -> Optimiser:
        """The optimiser with hyperparameters fixed as constants, edges outside their usual range included (eps = 0, say)."""
        given = {self._row(name).name: exact_number(value) for name, value in values.items()}
        left = tuple(row for row in self.hypers if row.name not in given)
        arguments = ", ".join(f"{name}={value}" for name, value in given.items())
        return replace(self, name=f"{self.name}({arguments})", hypers=left, fixed={**self.fixed, **given})

    def value(self, name: str) -> sp.Rational:
        """The value of a hyperparameter that a kernel is compiled with."""
        return self.values.get(name, self._row(name).default)

    def assignment(self) -> dict[sp.Symbol, sp.Rational]:
        """All hyperparameter symbols with their values."""
        return {row.symbol: self.value(row.name) for row in self.hypers}

    def step(self, wire: Wire) -> Morphism:
        """One step on one wire: (p, g, states...) -> (p, states...)."""
        wires = self.state_wires(wire)
        dom = Space((("p", wire), ("g", wire), *zip(self.state_names, wires, strict=True)))
        return self._trace(self.rule, dom, ("p", *self.state_names))

    def state_wires(self, wire: Wire) -> tuple[Wire, ...]:
        """The wire of each state: rank 0 when no step makes it depend on an entry of the parameter, else like what the step returns."""
        wires = tuple(Wire(wire.base, ()) for _ in self.states)
        for _ in range(len(self.states) + 1):
            dom = Space((("p", wire), ("g", wire), *zip(self.state_names, wires, strict=True)))
            found = self._trace(self.rule, dom, None).cod.types
            if len(found) != len(self.states) + 1:
                raise TraceError(f"{self.name} returns {len(found)} arrays: expected the new parameter and its {len(self.states)} states")
            if found[0] != wire:
                raise TraceError(f"{self.name} returns a parameter {found[0]} for one of {wire}")
            if found[1:] == wires:
                return wires
            wires = found[1:]
        raise TraceError(f"{self.name}: the shapes of its states {', '.join(self.state_names)} grow from step to step")

    @property
    def state_names(self) -> tuple[str, ...]:
        return tuple(name for name, _ in self.states)

    def lens(self, params: Space) -> Lens:
        """The lens (S * P, S * P) -> (P, P'): states of all wires, wire by wire, then the parameters."""
        space, count = self.state_space(params), len(self.states)
        forward = Builder()
        arguments = forward.inputs(space * params)
        looked = []
        for k, (_, wire) in enumerate(params):
            p, states = arguments[len(space) + k], arguments[k * count:(k + 1) * count]
            looked += forward.call(self._look(wire), (p, *states)) if self.look else [p]
        get = forward.build(looked, params.names)
        back = Builder()
        arguments = back.inputs(space * params)
        gradients = back.inputs(params.prefixed("d_"))
        moved, states_out = [], []
        for k, (_, wire) in enumerate(params):
            p, states = arguments[len(space) + k], arguments[k * count:(k + 1) * count]
            new, *rest = back.call(self.step(wire), (p, gradients[k], *states))
            moved.append(new)
            states_out += rest
        return Lens(get, back.build((*states_out, *moved), (space * params).names))

    def state_space(self, params: Space) -> Space:
        """S for a space of parameters: each wire's states, named state_wire."""
        result = Space(())
        for name, wire in params:
            states = zip(self.state_names, self.state_wires(wire), strict=True)
            result = result * Space(tuple((f"{state}_{name}", shaped) for state, shaped in states))
        return result

    def initial(self, params: Space) -> list[sp.Rational]:
        """The initial value of each wire of the state space."""
        return [value for _ in params for _, value in self.states]

    def _look(self, wire: Wire) -> Morphism:
        dom = Space((("p", wire), *zip(self.state_names, self.state_wires(wire), strict=True)))
        return self._trace(self.look, dom, ("p",))

    def _trace(self, function: Callable, dom: Space, names: tuple[str, ...] | None) -> Morphism:
        if (function, dom, names) not in self.traced:
            given = {row.name: row for row in self.hypers} | dict(self.fixed)
            hypers = {name: given[name] for name in keyword_only(function)}
            self.traced[function, dom, names] = trace(function, dom, hypers=hypers, names=names)
        return self.traced[function, dom, names]

    def _row(self, name: str) -> Hyper:
        for row in self.hypers:
            if row.name == name:
                return row
        raise UsageError(f"{self.name} has no hyperparameter {name!r}: it has {', '.join(row.name for row in self.hypers) or 'none'}")

    def __repr__(self) -> str:
        shown = ", ".join(f"{row.name}={self.value(row.name)}" for row in self.hypers)
        return f"{self.name}({shown})"


def keyword_only(function: Callable) -> tuple[str, ...]:
    return tuple(p.name for p in inspect.signature(function).parameters.values() if p.kind is p.KEYWORD_ONLY)


def optimiser(function: Callable | None = None, *, look: Callable | None = None, name: str | None = None) -> Optimiser | Callable:
    """Read a rule `(p, g, state=initial, ..., *, hyper=default, ...)` as an optimiser.

    `look(p, *states, *, hypers)` is where the gradient is taken, when that is not p itself.

    >>> from symcat.category.space import Real
    >>> @optimiser
    ... def descent(p, g, *, lr=0.1):
    ...     return p - lr * g
    >>> print(descent.step(Real["n"]))
    p: Real[n] * g: Real[n] -> p: Real[n]
      mul[i] = lr*g[i]
      sub[i] = -mul[i] + p[i]
      return sub
      assumes lr > 0
    """
    if function is None:
        return partial(optimiser, look=look, name=name)
    parameters = list(inspect.signature(function).parameters.values())
    positional = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    if len(positional) < 2 or any(p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD) for p in parameters):
        raise TraceError(f"{function.__name__}{inspect.signature(function)}: a rule is (p, g, state=initial, ..., *, hyper=default)")
    for p in positional[2:]:
        if p.default is p.empty:
            raise TraceError(f"{function.__name__}: state {p.name} has no initial value; write {p.name}=0")
    states = tuple((p.name, exact_number(p.default)) for p in positional[2:])
    hypers = []
    for p in parameters:
        if p.kind is p.KEYWORD_ONLY:
            if p.default is p.empty:
                raise TraceError(f"{function.__name__}: hyperparameter {p.name} has no default; write {p.name}=0.1 or sc.hyper(...)")
            hypers.append(p.default.named(p.name) if isinstance(p.default, Hyper) else infer(p.name, p.default))
    return Optimiser(name or function.__name__, function, states, tuple(hypers), look)


