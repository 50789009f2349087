"""What is fixed of a torch optimizer and what is symbolic: its constructor's defaults and the arguments that are given."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import sympy as sp
import torch

from symcat.category.comprehension import Fact
from symcat.category.hyper import Hyper, exact_number, hyper, infer
from symcat.errors import UsageError

TUPLES = {"betas": ("beta1", "beta2"), "eps": ("eps1", "eps2"), "etas": ("etaminus", "etaplus"),
          "step_sizes": ("step_size_min", "step_size_max"), "ns_coefficients": ("ns_a", "ns_b", "ns_c")}
RANGES = {("RMSprop", "alpha"): hyper(low=0, below=1), ("ASGD", "alpha"): hyper(low=0), ("ASGD", "lambd"): hyper(low=0),
          ("ASGD", "t0"): hyper(low=0), ("Rprop", "etaminus"): hyper(above=0, below=1), ("Rprop", "etaplus"): hyper(above=1),
          ("Rprop", "step_size_min"): hyper(low=0), ("Rprop", "step_size_max"): hyper(low=0), ("NAdam", "momentum_decay"): hyper(low=0),
          ("Adafactor", "d"): hyper(above=0), ("Adagrad", "lr_decay"): hyper(low=0)}
UNCHOSEN = {"foreach": False, "fused": False, "capturable": False, "differentiable": False}    # how a step is run, not what it does


@dataclass(frozen=True)
class Slot:
    """A hyperparameter's place in a group: a key, and a position when a tuple stands there."""

    key: str
    position: int | None
    name: str
    value: Any


@dataclass(frozen=True)
class Plan:
    """An optimizer with what is fixed of it and what is symbolic."""

    cls: type
    keywords: Mapping[str, Any]
    slots: tuple[Slot, ...]
    group: Mapping[str, Any]
    values: Mapping[sp.Symbol, sp.Rational]
    waived: frozenset[Fact] = frozenset()

    @property
    def names(self) -> list[dict[str, Any]]:
        """The global names of the code that is run, below the base class of all optimizers."""
        found: dict[int, dict[str, Any]] = {}
        for base in self.cls.__mro__:
            if issubclass(base, torch.optim.Optimizer) and base is not torch.optim.Optimizer:
                functions = [inspect.unwrap(value) for value in vars(base).values() if callable(value)]
                found |= {id(f.__globals__): f.__globals__ for f in functions if hasattr(f, "__globals__")}
        return [names for names in found.values() if names is not vars(sys.modules[torch.optim.Optimizer.__module__])]


def optimizer_class(given: object) -> type:
    found = getattr(torch.optim, given, None) if isinstance(given, str) else given
    if not (isinstance(found, type) and issubclass(found, torch.optim.Optimizer)) or found is torch.optim.Optimizer:
        names = [name for name, value in vars(torch.optim).items()
                 if isinstance(value, type) and issubclass(value, torch.optim.Optimizer) and value is not torch.optim.Optimizer]
        raise UsageError(f"no optimizer {given!r} in torch.optim: there are {', '.join(sorted(names))}")
    closure = inspect.signature(found.step).parameters.get("closure")
    if closure is not None and closure.default is closure.empty:
        raise UsageError(f"torch:{found.__name__} needs a closure that evaluates the loss again: a step is read as a function of "
                         "parameter, gradient and states")
    return found


def planned(cls: type, arguments: Mapping[str, Any]) -> Plan:
    """The optimizer built once with numbers, so that its own checks speak, and its numbers sorted into symbols and constants."""
    accepted = inspect.signature(cls.__init__).parameters
    keywords = {name: value for name, value in UNCHOSEN.items() if name in accepted and name != "fused"}
    given, parts = {}, {}
    for name, value in arguments.items():
        place = next(((key, names.index(name)) for key, names in _tuples(accepted).items() if name in names), None)
        if place is not None:
            parts[place] = value
        elif name in accepted and name not in ("self", "params"):
            given[name] = value
        else:
            raise UsageError(f"torch:{cls.__name__} has no argument {name!r}: it has {', '.join(list(accepted)[2:])}")
    on = [name for name, value in given.items() if value is True and is_number(accepted[name].default)]
    keywords |= {name: _python(0.5 if name in on else value, accepted[name].default) for name, value in given.items()}
    for (key, position), value in parts.items():
        entries = list(keywords.get(key, accepted[key].default))
        keywords[key] = (*entries[:position], float(value), *entries[position + 1:])
    try:
        group = {key: value for key, value in cls([torch.nn.Parameter(torch.zeros(2, 2))], **keywords).param_groups[0].items()
                 if key not in ("params", *UNCHOSEN)}
    except Exception as error:
        raise UsageError(f"torch:{cls.__name__} with {dict(arguments)}: {error}") from error
    slots = tuple(slot for key, value in group.items() for slot in _slots(key, value, key in given, parts))
    return Plan(cls, keywords, slots, group, {sp.Symbol(s.name, real=True): exact_number(_default(s)) for s in slots})


def _tuples(accepted: Mapping[str, inspect.Parameter]) -> dict[str, tuple[str, ...]]:
    return {name: _names(name, p.default) for name, p in accepted.items() if isinstance(p.default, tuple)}


def _names(key: str, value: Sequence) -> tuple[str, ...]:
    return TUPLES[key] if len(TUPLES.get(key, ())) == len(value) else tuple(f"{key.removesuffix('s')}{k + 1}" for k in range(len(value)))


def is_number(value: object) -> bool:
    return isinstance(value, (int, float)) and not isinstance(value, bool)


def _python(value: Any, default: Any) -> Any:
    """A number of a target as the constructor takes it."""
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return value
    whole = isinstance(default, int) and default != 0 and value == int(value)
    return int(value) if whole else float(value)


def _slots(key: str, value: Any, given: bool, parts: Mapping[tuple[str, int], Any]) -> list[Slot]:
    """The hyperparameters at a key: floats that are not 0, and what was given."""
    if isinstance(value, tuple):
        names = _names(key, value)
        return [Slot(key, k, names[k], entry) for k, entry in enumerate(value)
                if entry is None or (is_number(entry) and (entry != 0 or (key, k) in parts))]
    return [Slot(key, None, key, value)] if isinstance(value, float) and (value != 0 or given) else []


def _default(slot: Slot) -> float:
    """The value of a slot; None is the machine's precision, as in torch's Adafactor."""
    return slot.value if slot.value is not None else float(2.0**-23)


def hyper_of(cls: type, slot: Slot) -> Hyper:
    declared = RANGES.get((cls.__name__, slot.name))
    number = exact_number(_default(slot))
    return replace(declared, name=slot.name, default=number) if declared else infer(slot.name, number)
