"""Optimisers: an update rule written as its users write it, read as a lens (S * P, S * P) -> (P, P').

A rule is a function `(p, g, *data, *states, *, hyperparameters)` of parameter, gradient, further data (without defaults) and
states (with initial values as defaults) that returns the new parameter, or the tuple of it and the new states in order.  It is
traced over arrays of any shape, or over the shape for which its closed forms are written.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from importlib import import_module

import numpy as np
import sympy as sp

from symcat.category.evaluate import evaluate
from symcat.category.hyper import Hyper, exact_number, infer
from symcat.category.morphism import Builder, Morphism
from symcat.category.space import Dim, Real, Space, Wire, dim
from symcat.category.trace import trace
from symcat.errors import SymcatError, TraceError, UsageError
from symcat.learn.optimisers.state import KINDS, Datum, State
from symcat.lens.lens import Lens

# What may differ from the optimiser that a module has under the rule's name.
PICKLED = ("name", "hypers", "shape", "notes", "values", "fixed")


@dataclass(frozen=True)
class Optimiser:
    """An update rule with its states' initial values and its hyperparameters.

    `values` are what a kernel is compiled with; laws hold for all values that satisfy the hyperparameters' facts.  `fixed`
    hyperparameters are constants in every morphism, whatever their facts were.  `shape` is the parameter's shape in laws about
    the rule: symbols, unless its closed forms are those of small matrices.  `notes` say what a reader decided on its own.
    """

    name: str
    rule: Callable
    states: tuple[State, ...]
    hypers: tuple[Hyper, ...]
    look: Callable | None = None
    data: tuple[Datum, ...] = ()
    shape: tuple[Dim, ...] = (dim("n"),)
    notes: tuple[str, ...] = ()
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
        """The optimiser with hyperparameters fixed as constants, the open ends of their ranges included (eps = 0, say)."""
        given = {self._row(name).name: self._row(name).closed().check(value) for name, value in values.items()}
        left = tuple(row for row in self.hypers if row.name not in given)
        arguments = ", ".join(f"{name}={value}" for name, value in given.items())
        return replace(self, name=f"{self.name}({arguments})", hypers=left, fixed={**self.fixed, **given})

    def value(self, name: str) -> sp.Rational:
        """The value of a hyperparameter that a kernel is compiled with."""
        return self.values.get(name, self._row(name).default)

    def assignment(self) -> dict[sp.Symbol, sp.Rational]:
        """All hyperparameter symbols with their values."""
        return {row.symbol: self.value(row.name) for row in self.hypers}

    @property
    def wire(self) -> Wire:
        """The parameter's wire in laws about the rule."""
        return Wire(Real, self.shape)

    def step(self, wire: Wire | None = None) -> Morphism:
        """One step on one wire, that of `shape` unless another is given: (p, g, data..., states...) -> (p, states...)."""
        wire = wire or self.wire
        return self._trace(self.rule, self._dom(wire, self.state_wires(wire)), ("p", *self.state_names))

    def start(self, wire: Wire | None = None) -> Morphism:
        """The initial states, p -> states, each of the wire that steps keep."""
        wire = wire or self.wire
        build = Builder()
        p = build.input("p", wire)
        outs = []
        for row, kept in zip(self.states, self.state_wires(wire), strict=True):
            if callable(row.initial):
                (value,) = build.call(self._initial(row, wire), (p,))
                same = build.wires[value] == kept
                outs.append(value if same else build.gather(kept.shape, lambda *i, value=value: build.at(value), name=row.name))
            else:
                outs.append(build.gather(kept.shape, lambda *i, row=row: row.initial, name=row.name, base=kept.base))
        return build.build(outs, self.state_names)

    def state_wires(self, wire: Wire) -> tuple[Wire, ...]:
        """The wire of each state: that of its initial value unless a step makes it depend on further entries of the parameter."""
        if not self.states:
            self._returned(self._trace(self.rule, self._dom(wire, ()), None), wire)
            return ()
        wires = tuple(self._initial(row, wire).cod[0] if callable(row.initial) else Wire(wire.base, ()) for row in self.states)
        for _ in range(len(self.states) + 1):
            found = self._returned(self._trace(self.rule, self._dom(wire, wires), None), wire)
            if found == wires:
                return wires
            for row, old, new in zip(self.states, wires, found, strict=True):
                if old.shape and old != new:
                    raise TraceError(f"{self.name}: a step makes of its state {row.name}: {old} a {new}")
            wires = found
        raise TraceError(f"{self.name}: the shapes of its states {', '.join(self.state_names)} grow from step to step")

    def _dom(self, wire: Wire, states: Sequence[Wire]) -> Space:
        data = tuple((row.name, row.wire(wire)) for row in self.data)
        return Space((("p", wire), ("g", wire), *data, *zip(self.state_names, states, strict=True)))

    def _returned(self, step: Morphism, wire: Wire) -> tuple[Wire, ...]:
        """The wires of the states that a step returns, behind the parameter."""
        found = step.cod.types
        if len(found) != len(self.states) + 1:
            raise TraceError(f"{self.name} returns {len(found)} arrays: expected the new parameter and its {len(self.states)} states")
        if found[0] != wire:
            raise TraceError(f"{self.name} returns a parameter {found[0]} for one of {wire}")
        return found[1:]

    def _initial(self, row: State, wire: Wire) -> Morphism:
        return self._trace(row.initial, Space((("p", wire),)), (row.name,))

    @property
    def state_names(self) -> tuple[str, ...]:
        return tuple(row.name for row in self.states)

    def lens(self, params: Space) -> Lens:
        """The lens (S * P, S * P) -> (P, P'): states of all wires, wire by wire, then the parameters."""
        self.check(params)
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

    def check(self, params: Space) -> None:
        """UsageError for parameters that it cannot train: a rule that reads data, or one for matrices with a vector among them."""
        if self.data:
            read = ", ".join(f"{row.name} ({row.kind})" for row in self.data)
            raise UsageError(f"{self.name} reads {read}: a learner hands an optimiser the gradient alone")
        if len(self.shape) == 1 and self.shape[0].is_Symbol:
            return
        for name, wire in params:
            sizes = zip(self.shape, wire.shape, strict=False)
            if len(wire.shape) != len(self.shape) or any(own.is_Integer and own != given for own, given in sizes):
                raise UsageError(f"{self.name} is a rule for {self.wire}, the parameter {name} is {wire}: give this layer another "
                                 "optimiser, with combinators.Tensor")

    def state_space(self, params: Space) -> Space:
        """S for a space of parameters: each wire's states, named state_wire."""
        result = Space(())
        for name, wire in params:
            states = zip(self.state_names, self.state_wires(wire), strict=True)
            result = result * Space(tuple((f"{state}_{name}", shaped) for state, shaped in states))
        return result

    def initial(self, params: Sequence[np.ndarray], names: Sequence[str] = ()) -> list[np.ndarray]:
        """The initial states for parameters of these values, wire by wire, as floats; they do not depend on the wires' names."""
        found: list[np.ndarray] = []
        for array in map(np.asarray, params):
            if (constant := self._constant(array)) is not None:
                found += constant
                continue
            start = self.start(Wire(Real, tuple(map(dim, array.shape))))
            values = {symbol: value for symbol, value in self.assignment().items() if symbol in start.hypers}
            found += evaluate(start, (array,), hypers=values)
        return found

    def _constant(self, array: np.ndarray) -> list[np.ndarray] | None:
        """The initial states where they are numbers and their shapes follow from the parameter's rank; None where they may not."""
        if len(self.shape) != 1 or not self.shape[0].is_Symbol or any(callable(row.initial) for row in self.states) or 1 in array.shape:
            return None
        sizes = {dim(f"extent{k}"): sp.Integer(extent) for k, extent in enumerate(array.shape)}
        try:
            wires = self.state_wires(Wire(Real, tuple(sizes)))
        except SymcatError:
            return None
        shapes = [tuple(int(extent.xreplace(sizes)) for extent in wire.shape) for wire in wires]
        return [np.full(shape, float(row.initial)) for shape, row in zip(shapes, self.states, strict=True)]

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

    def named(self) -> tuple[str, str, dict[str, object]] | None:
        """Module and name of the decorated function, and what was set since; None when it is not there under that name."""
        module, name = self.rule.__module__, self.rule.__qualname__
        own = getattr(sys.modules.get(module), name, None)
        if type(self) is not type(own) or own.rule is not self.rule or own.look is not self.look or own.states != self.states:
            return None
        return module, name, {field: getattr(self, field) for field in PICKLED if getattr(self, field) != getattr(own, field)}

    def __reduce__(self) -> tuple:
        """By reference to the decorated function of its module, with what was set since; UsageError for any other rule."""
        found = self.named()
        if found is None:
            raise UsageError(f"the optimiser {self.name} cannot be pickled: its rule {self.rule.__qualname__} is not the one that "
                             f"{self.rule.__module__} has under that name; decorate a function at the top of a module")
        return _restored, found

    def __copy__(self) -> Optimiser:
        return self

    def __deepcopy__(self, memo: dict) -> Optimiser:
        return self

    def __repr__(self) -> str:
        shown = ", ".join(f"{row.name}={self.value(row.name)}" for row in self.hypers)
        return f"{self.name}({shown})"


def _restored(module: str, name: str, changed: Mapping[str, object]) -> Optimiser:
    """The optimiser of a module, with other values."""
    return replace(getattr(import_module(module), name), **changed)


def keyword_only(function: Callable) -> tuple[str, ...]:
    return tuple(p.name for p in inspect.signature(function).parameters.values() if p.kind is p.KEYWORD_ONLY)


def optimiser(function: Callable | None = None, *, look: Callable | None = None, name: str | None = None,
              data: Mapping[str, str] | None = None, shape: Sequence[str | int] = ("n",),
              notes: Sequence[str] = ()) -> Optimiser | Callable:
    """Read a rule `(p, g, data, ..., state=initial, ..., *, hyper=default, ...)` as an optimiser.

    `look(p, *states, *, hypers)` is where the gradient is taken, when that is not p itself; `data` gives the kind of each
    argument without default behind p and g (loss, hessian, metric, ...), which is its name when none is given.

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
        return partial(optimiser, look=look, name=name, data=data, shape=shape, notes=notes)
    title = name or function.__name__
    parameters = list(inspect.signature(function).parameters.values())
    positional = [p for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    if len(positional) < 2 or any(p.kind in (p.VAR_POSITIONAL, p.VAR_KEYWORD) for p in parameters):
        raise TraceError(f"{title}{inspect.signature(function)}: a rule is (p, g, state=initial, ..., *, hyper=default)")
    read = tuple(_datum(p.name, data or {}, title) for p in positional[2:] if p.default is p.empty)
    states = tuple(_state(p) for p in positional[2:] if p.default is not p.empty)
    if unused := [given for given in data or {} if given not in [row.name for row in read]]:
        names = ", ".join(row.name for row in read) or "none"
        raise UsageError(f"{title} has no argument {', '.join(unused)} without default: its data are {names}")
    hypers = tuple(_hyper(p, title) for p in parameters if p.kind is p.KEYWORD_ONLY)
    return Optimiser(title, function, states, hypers, look, read, tuple(map(dim, shape)), tuple(notes))


def _datum(name: str, kinds: Mapping[str, str], title: str) -> Datum:
    kind = kinds.get(name, name)
    if kind not in KINDS:
        raise TraceError(f"{title}: {name} is neither a state nor known data: write {name}=0 for a state that starts at 0, or give "
                         f"its kind, data={{{name!r}: kind}} with one of {', '.join(KINDS)}")
    return Datum(name, kind)


def _state(parameter: inspect.Parameter) -> State:
    given = parameter.default
    if isinstance(given, State):
        return given.named(parameter.name)
    return State(parameter.name, given if callable(given) else exact_number(given))


def _hyper(parameter: inspect.Parameter, title: str) -> Hyper:
    name, default = parameter.name, parameter.default
    if default is parameter.empty:
        raise TraceError(f"{title}: hyperparameter {name} has no default; write {name}=0.1 or sc.hyper(...)")
    return default.named(name) if isinstance(default, Hyper) else infer(name, default)
