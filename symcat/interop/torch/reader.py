"""A torch optimizer as an optimiser: its own `step`, run on symbolic tensors.

States are what the step leaves in `optimizer.state` (and what it changes in its group), with the values that they were first set
to.  A first step that differs from later ones on these values gets a state of its own, `started`.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
import sympy as sp
import torch

from symcat.category.comprehension import Fact
from symcat.category.hyper import exact_number
from symcat.category.space import Real, Space, Wire, dim
from symcat.category.trace import trace
from symcat.category.tracing.array import Scalar, Traced
from symcat.errors import SymcatError, TraceError
from symcat.interop.torch.number import Number, symbolic_names
from symcat.interop.torch.operations import full
from symcat.interop.torch.paths import explore
from symcat.interop.torch.plan import Plan, hyper_of, is_number, optimizer_class, planned
from symcat.interop.torch.rehearsal import rehearse
from symcat.interop.torch.tensor import Reading, Sized, Symbolic, unwrap
from symcat.learn.optimisers import Optimiser, optimiser
from symcat.learn.optimisers.state import State
from symcat.prove.decide import decide

FIRST = "started"
ROUNDED = {"Muon": "the matrix product of the orthogonalisation is read over the real numbers; torch computes it in bfloat16"}


@dataclass
class Found:
    """What a first run showed: the states with their initial values, and which of them are kept in the group."""

    initial: dict[str, Any] = field(default_factory=dict)
    tensors: dict[str, bool] = field(default_factory=dict)
    wires: dict[str, Wire] = field(default_factory=dict)
    grouped: tuple[str, ...] = ()
    first: bool = False


class Recorded(dict):
    """A parameter's part of the state, which remembers what every key was first set to."""

    def __init__(self, first: dict[str, Any]) -> None:
        super().__init__()
        self.first = first

    def __setitem__(self, key: str, value: Any) -> None:
        if key not in self.first:
            self.first[key] = unwrap(value) if not isinstance(value, torch.Tensor) or isinstance(value, Symbolic) else value.item()
        super().__setitem__(key, value)

    def setdefault(self, key: str, default: Any = None) -> Any:
        if key not in self:
            self[key] = default
        return self[key]

    def update(self, *others: Any, **values: Any) -> None:
        for key, value in dict(*others, **values).items():
            self[key] = value


def optimiser_of(given: object, arguments: dict[str, Any], shape: Sequence[Any] | None = None) -> Optimiser:
    """The optimiser of a name under torch.optim or of a class, with the arguments of a target."""
    cls = optimizer_class(given)
    matrix = arguments.pop("matrix", False)
    plan = planned(cls, arguments)
    shapes = [tuple(shape)] if shape else [("m", "n")] if matrix is True else [("n",), ("m", "n")]
    shape, found = _readable(plan, shapes)
    rule = _rule(plan, found, shape)
    constants = {name: value for name, value in arguments.items() if not isinstance(value, bool) and name in [h.name for h in rule.hypers]}
    rule = rule.at(**constants) if constants else rule
    if plan.cls.__name__ not in ROUNDED:
        rehearse(plan, rule)
    return rule


def _readable(plan: Plan, shapes: Sequence[tuple[str, ...]]) -> tuple[tuple[str, ...], Found]:
    """The first shape of a parameter on which a step can be read; the error is that of the first one."""
    errors = []
    for shape in shapes:
        try:
            return shape, _discovered(plan, shape)
        except Exception as error:
            errors.append(error)
    raise _named(plan.cls, errors[0]) from errors[0]


def _named(cls: type, error: Exception) -> SymcatError:
    kind = "" if isinstance(error, SymcatError) else f"{type(error).__name__}: "
    return TraceError(f"torch:{cls.__name__} cannot be read: {kind}{error}")


# ---- one run of a step
def _run(plan: Plan, p: Any, g: Any, hypers: Mapping[str, Any], found: Found | None, states: Sequence[Any] | None) -> tuple:
    """The new parameter, and the states as (record of first values, parameter's state, group)."""
    with symbolic_names(plan.names, {torch: Sized("torch")}), Reading():
        parameter = Symbolic.of(p, gradient=Symbolic.of(g))
        instance = plan.cls([parameter], **plan.keywords)
        group = instance.param_groups[0]
        for slot in plan.slots:
            entries = group[slot.key]
            group[slot.key] = Number(hypers[slot.name]) if slot.position is None else \
                (*entries[: slot.position], Number(hypers[slot.name]), *entries[slot.position + 1:])
        first: dict[str, Any] = {}
        own = Recorded(first)
        for key, value in instance.state.get(parameter, {}).items():
            own[key] = value
        if states is not None:
            for key, value in zip(found.initial, states, strict=True):
                if key in found.grouped:
                    group[key] = Number(value)
                elif key != FIRST:
                    own[key] = Symbolic.of(value) if found.tensors[key] else Number(value)
        instance.state[parameter] = own
        before, attributes = dict(group), _plain_attributes(instance)
        inspect.unwrap(plan.cls.step)(instance)
        if changed := [name for name, value in _plain_attributes(instance).items() if attributes.get(name) is not value]:
            raise TraceError(f"step changes self.{', self.'.join(changed)}: keep states in self.state[p], where they are seen")
        moved = tuple(key for key in group if key in before and group[key] is not before[key] and key != "params")
        if decided := [slot.name for slot in plan.slots if slot.key in moved]:
            raise TraceError(f"step changes the hyperparameter {', '.join(decided)} of its group: keep what moves in self.state[p]")
        return parameter.cell.read(), own, group, moved


def _plain_attributes(instance: object) -> dict[str, Any]:
    return {name: value for name, value in vars(instance).items() if isinstance(value, (int, float, torch.Tensor))}


def _discovered(plan: Plan, shape: Sequence[str]) -> Found:
    """A first run, on an empty state: which states there are and what they start from."""
    found = Found()

    def first_step(p: Any, g: Any, **hypers: Any) -> Any:
        recorded: dict[str, Any] = {}

        def once() -> list:
            new, own, group, moved = _run(plan, p, g, hypers, None, None)
            recorded.update({key: (group[key], plan.group[key], False) for key in moved})
            recorded.update({key: (value, own.first[key], isinstance(value, torch.Tensor)) for key, value in own.items()
                             if value is not None})
            found.grouped = moved
            return [new]

        result = explore(once, plan.values, plan.waived, plan.cls.__name__).results
        for key, (value, initial, tensor) in recorded.items():
            if not isinstance(value, (torch.Tensor, int, float)):
                raise TraceError(f"the state {key} is a {type(value).__name__}: expected a tensor or a number")
            found.tensors[key] = tensor
            found.initial[key] = _constant(initial, p, g)
            found.wires[key] = initial._value.wire if isinstance(initial, Traced) else Wire(Real, ())
        return result[0]

    trace(_signed(first_step, plan, ()), _dom(shape), hypers={s.name: hyper_of(plan.cls, s) for s in plan.slots})
    found.first = not _first_is_later(plan, found, shape)
    if found.first:
        found.initial[FIRST], found.tensors[FIRST] = sp.S.Zero, False
    return found


def _constant(initial: Any, p: Traced, g: Traced) -> Any:
    """What a state starts from: a number, an expression in hyperparameters, "p" for the parameter, or else its key in a first step.

    0 for what depends on the gradient, as a momentum that the first gradient starts.
    """
    if not isinstance(initial, Traced):
        return exact_number(initial)
    if isinstance(initial, Scalar):
        return initial.expr
    if initial._value.array == p._value.array:
        return "p"
    node = next((node for node in initial._value.tape.build.nodes if node.name == initial._value.array), None)
    if node is None or g._value.array in _needed([initial]):
        return sp.S.Zero
    return node.body if not node.sources and node.pointwise and all(not s.is_integer for s in node.body.free_symbols) else FIRST


def _firsts(plan: Plan, p: Traced, hypers: Mapping[str, Any]) -> dict[str, Any]:
    """What a first step, with the gradient 0, sets each state to."""
    first: dict[str, Any] = {}

    def once() -> list:
        first.update(_run(plan, p, np.zeros_like(p), hypers, None, None)[1].first)
        return []

    build = p._value.tape.build
    before = list(build.requirements)
    explore(once, plan.values, plan.waived, plan.cls.__name__)
    needed = _needed([value for value in first.values() if isinstance(value, Traced)])
    build.requirements[:] = [row for row in build.requirements if row in before or row.sources <= needed]    # not those of the step
    return first


def _needed(values: Sequence[Traced]) -> set[str]:
    """The arrays that traced values are computed from, themselves included."""
    found = {value._value.array for value in values if value._value.array is not None}
    for node in reversed(values[0]._value.tape.build.nodes if values else []):
        found |= node.sources if node.name in found else set()
    return found


def _start(initial: Any, wire: Wire, p: Traced) -> Any:
    """A state's initial value in a trace."""
    return p if initial == "p" else full(tuple(Scalar(p._value.tape.scalar(e)) for e in wire.shape), initial)


def _first_is_later(plan: Plan, found: Found, shape: Sequence[str]) -> bool:
    """Whether the step on an empty state is the step on the initial values: the same program, requirements apart."""
    hypers = {s.name: hyper_of(plan.cls, s) for s in plan.slots}
    keys = list(found.initial)

    def made(empty: bool) -> Any:
        def step(p: Any, g: Any, **given: Any) -> tuple:
            firsts = {} if empty or FIRST not in found.initial.values() else _firsts(plan, p, given)
            states = None if empty else [firsts[key] if found.initial[key] == FIRST else _start(found.initial[key], found.wires[key], p)
                                         for key in keys]
            return explore(lambda: _results(plan, found, keys, p, g, given, states), plan.values, plan.waived, plan.cls.__name__).results
        return trace(_signed(step, plan, ()), _dom(shape), hypers=hypers)

    first, later = made(True), made(False)
    return (first.canonical[2], first.canonical[3]) == (later.canonical[2], later.canonical[3]) or _proved(first, later)


def _proved(first: Any, later: Any) -> bool:
    with suppress(SymcatError):
        return decide(first, later).proved
    return False


def _results(plan: Plan, found: Found, keys: Sequence[str], p: Any, g: Any, hypers: Mapping, states: Sequence | None) -> list:
    new, own, group, moved = _run(plan, p, g, hypers, found, states)
    if extra := [key for key in (*own, *moved) if key not in found.initial and (key in moved or own[key] is not None)]:
        raise TraceError(f"the state {', '.join(extra)} appears in a later step only, or for this shape only: it has no initial value "
                         f"(for a matrix, read torch:{plan.cls.__name__}(matrix=True))")
    if lost := [key for key in keys if key not in found.grouped and key not in own]:
        raise TraceError(f"the state {', '.join(lost)} is gone after a step")
    return [new, *(unwrap(group[key] if key in found.grouped else own[key]) for key in keys)]


# ---- the rule
def _rule(plan: Plan, found: Found, shape: Sequence[str]) -> Optimiser:
    """The optimiser, with as few premises on hyperparameters as are needed."""
    premises: dict[Fact, None] = {}
    rule = _optimiser(plan, found, shape, premises)
    if not _shaped(rule, found):
        found = replace(found, initial={key: FIRST if key in found.wires and found.wires[key].shape and value != "p" else value
                                        for key, value in found.initial.items()})
        rule = _optimiser(plan, found, shape, premises)
    step = rule.step()
    for fact in list(premises):
        waived = replace(plan, waived=plan.waived | {fact})
        if _harmless(_optimiser(waived, found, shape, {}), rule, fact, step):
            plan = waived
    return _optimiser(plan, found, shape, {}) if plan.waived else rule


def _shaped(rule: Optimiser, found: Found) -> bool:
    """Whether states that start as numbers get the shapes that the step gives them: it may need these before, or never show them."""
    with suppress(SymcatError):
        wires = dict(zip(rule.state_names, rule.state_wires(rule.wire), strict=True))
        return all(wires[key] == wire for key, wire in found.wires.items() if wire.shape)
    return False


def _harmless(without: Optimiser, rule: Optimiser, fact: Fact, step: Any) -> bool:
    """Whether the branch that a premise on one hyperparameter excludes agrees with the other one there."""
    names = [symbol.name for symbol in fact.expr.free_symbols]
    if len(names) != 1 or fact.relation == ">=0" or fact.expr != sp.Symbol(names[0], real=True):
        return False
    with suppress(SymcatError):
        there = rule.at(**{names[0]: 0}).step()
        here = without.step().substitute({fact.expr: sp.S.Zero})
        return (there.canonical[2], there.canonical[3]) == (here.canonical[2], here.canonical[3])
    return False


def _optimiser(plan: Plan, found: Found, shape: Sequence[str], premises: dict[Fact, None]) -> Optimiser:
    keys = [key for key in found.initial if key != FIRST]

    def step(p: Any, g: Any, *states: Any, **hypers: Any) -> tuple:
        given = dict(zip(found.initial, states, strict=True))
        hypers = {slot.name: hypers[slot.name] for slot in plan.slots}

        def explored(values: Sequence[Any] | None) -> tuple:
            outcome = explore(lambda: _results(plan, found, keys, p, g, hypers, values), plan.values, plan.waived, plan.cls.__name__)
            premises.update(dict.fromkeys(outcome.premises))
            return outcome.results

        later = explored([*(given[key] for key in keys), *([None] if found.first else [])])
        if not found.first:
            return later
        first = explored(None)
        return (*(np.where(given[FIRST] == 0, a, b) for a, b in zip(first, later, strict=True)), np.ones_like(given[FIRST]))

    states = [inspect.Parameter(key, inspect.Parameter.POSITIONAL_OR_KEYWORD,
                                default=State(key, _initial(key, value, found.wires.get(key), plan)))
              for key, value in found.initial.items()]
    notes = _notes(plan, shape, found.grouped)
    return optimiser(_signed(step, plan, states), name=f"torch:{plan.cls.__name__}", shape=tuple(shape), notes=notes)


def _initial(key: str, value: Any, wire: Wire, plan: Plan) -> Any:
    """A state's initial value as an optimiser takes it."""
    if not isinstance(value, str) and value.is_number:
        return value
    hypers = [slot for slot in plan.slots if value == FIRST or (value != "p" and sp.Symbol(slot.name, real=True) in value.free_symbols)]

    def initial(p: Any, **given: Any) -> Any:
        if isinstance(value, str):
            return p if value == "p" else _firsts(plan, p, given)[key]
        symbols = {sp.Symbol(name, real=True): item.expr if isinstance(item, Scalar) else exact_number(item)
                   for name, item in given.items()}
        return np.full_like(p, value.xreplace(symbols)) if wire.shape else value.xreplace(symbols)

    keywords = [inspect.Parameter(s.name, inspect.Parameter.KEYWORD_ONLY, default=hyper_of(plan.cls, s)) for s in hypers]
    initial.__signature__ = inspect.Signature([inspect.Parameter("p", inspect.Parameter.POSITIONAL_OR_KEYWORD), *keywords])
    return initial


def _signed(function: Any, plan: Plan, states: Sequence[inspect.Parameter]) -> Any:
    """The function with the signature of a rule."""
    two = [inspect.Parameter(name, inspect.Parameter.POSITIONAL_OR_KEYWORD) for name in ("p", "g")]
    keywords = [inspect.Parameter(s.name, inspect.Parameter.KEYWORD_ONLY, default=hyper_of(plan.cls, s)) for s in plan.slots]
    function.__signature__ = inspect.Signature([*two, *states, *keywords])
    function.__name__ = plan.cls.__name__
    return function


def _dom(shape: Sequence[str]) -> Space:
    wire = Wire(Real, tuple(map(dim, shape)))
    return Space((("p", wire), ("g", wire)))


def _notes(plan: Plan, shape: Sequence[str], grouped: Sequence[str]) -> list[str]:
    """What was decided on the way."""
    fixed = [f"{key}={value}" for key, value in plan.group.items()
             if key not in {*grouped, *(slot.key for slot in plan.slots)} and (is_number(value) or isinstance(value, (bool, str)))]
    notes = [f"fixed as the constructor has them: {', '.join(fixed)}"] if fixed else []
    if plan.cls.__name__ in ROUNDED and plan.cls.__module__.startswith("torch."):
        notes.append(ROUNDED[plan.cls.__name__])
    if len(shape) == 2:
        notes.append("read on a matrix")
    return notes
