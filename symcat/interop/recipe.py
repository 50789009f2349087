"""What makes a transformation: calls of a library's functions in which some numbers are left open.

A number that is left open is a hyperparameter, or is known exactly and only bound when the program is read, so that 1 - 9/10 is
1/10 and not what floating point makes of it.
"""

from __future__ import annotations

import difflib
import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import partial
from numbers import Real as RealNumber
from types import ModuleType
from typing import Any

import sympy as sp

from symcat.category.hyper import Hyper, exact_number, hyper, infer
from symcat.errors import UsageError
from symcat.interop.calls import Call, Item, Name

REQUIRED: dict[str, Fraction] = {"learning_rate": Fraction(1, 1000), "step_size": Fraction(1, 1000), "decay": Fraction(9, 10),
                                 "max_norm": Fraction(1), "max_delta": Fraction(1), "threshold": Fraction(1), "clipping": Fraction(1, 100)}
RANGES: tuple[tuple[str, dict[str, int]], ...] = (
    (r"weight_decay.*|eps_root|initial_accumulator.*|.*regularizer.*|min_.*|l2|adam_eps_root", {"low": 0}),
    (r".*learning_rate|learning_rate_.*|eps.*|eps|adam_eps|trust_coefficient|max_.*|clipping.*|threshold|step_size|growth_rate|alpha",
     {"above": 0}),
    (r"b[0-9](_.*)?|adam_b[0-9]|beta.*|.*decay|decay_.*|momentum|rho|slow_step_size", {"low": 0, "below": 1}),
)


@dataclass(frozen=True)
class Slot:
    """An open number: a hyperparameter, or a number known exactly."""

    name: str
    hyper: Hyper | None
    number: sp.Rational

    @property
    def sample(self) -> float:
        return float(self.number)


@dataclass(frozen=True)
class Made:
    """A function of the library with arguments, some of them slots."""

    function: Callable
    positional: tuple
    keywords: tuple[tuple[str, Any], ...]


@dataclass
class Recipe:
    """How a transformation is made from values for the slots.  `notes` are the library's defaults."""

    root: object
    slots: list[Slot] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    @property
    def given(self) -> dict[str, sp.Rational]:
        """The numbers among the arguments of the outermost call."""
        keywords = self.root.keywords if isinstance(self.root, Made) else ()
        numbers = {name: value.number if isinstance(value, Slot) and value.hyper is None else value for name, value in keywords}
        return {name: exact_number(value) for name, value in numbers.items()
                if isinstance(value, (int, sp.Rational)) and not isinstance(value, bool)}

    def make(self, values: Sequence[object]) -> Any:
        """The transformation, at values for the slots in their order."""
        places = {id(slot): value for slot, value in zip(self.slots, values, strict=True)}
        return _made(self.root, places)


def _made(item: Any, values: Mapping[int, object]) -> Any:
    if isinstance(item, Slot):
        return values[id(item)]
    if isinstance(item, Made):
        return item.function(*(_made(entry, values) for entry in item.positional), **{k: _made(v, values) for k, v in item.keywords})
    if type(item) is tuple:       # a transformation is a named one
        return tuple(_made(entry, values) for entry in item)
    return {key: _made(value, values) for key, value in item.items()} if type(item) is dict else item


class Kitchen:
    """Makes a recipe from a call in text, or from a function of the library."""

    def __init__(self, places: Sequence[ModuleType], subject: str, symbolic: Sequence[str] = ()) -> None:
        self.places, self.subject, self.symbolic = places, subject, tuple(symbolic)
        self.slots: list[Slot] = []
        self.notes: list[str] = []

    def recipe(self, item: Call | Name, extra: Mapping[str, Item]) -> Recipe:
        """The recipe of a call; `extra` are further keywords of it."""
        call = item if isinstance(item, Call) else Call(item.name)
        if twice := [name for name in extra if name in dict(call.keywords)]:
            raise UsageError(f"{self.subject}: {', '.join(twice)} is given twice")
        return self.done(self.call(self.function(call.name), call.positional, {**dict(call.keywords), **extra}))

    def done(self, root: object) -> Recipe:
        if unknown := [name for name in self.symbolic if name not in [slot.name for slot in self.slots]]:
            raise UsageError(f"{self.subject} has no hyperparameter {', '.join(unknown)}: it has {', '.join(s.name for s in self.slots)}")
        return Recipe(root, self.slots, self.notes)

    def function(self, name: str) -> Callable:
        """The library's function of a name that makes transformations or schedules."""
        *path, last = name.removeprefix("optax.").split(".")
        for module in self.places:
            if path and path != [module.__name__.rpartition(".")[2]]:
                continue
            found = getattr(module, last, None)
            if found is not None and not last.startswith("_") and makes(found):
                return found
        known = sorted({n for module in self.places for n in vars(module) if not n.startswith("_") and makes(vars(module)[n])})
        near = difflib.get_close_matches(last, known, 4, 0.5)
        raise UsageError(f"{self.subject}: optax has no optimiser, transformation or schedule {name!r}"
                         + (f"; did you mean {', '.join(near)}?" if near else ""))

    def call(self, function: Callable, positional: Sequence[Item], keywords: Mapping[str, Item]) -> Made:
        """A call, what is not given left open or to the library."""
        title = titled(function)
        parameters = inspect.signature(function).parameters
        try:
            bound = inspect.signature(function).bind_partial(*positional, **keywords)
        except TypeError as error:
            takes = ", ".join(parameters) or "none"
            raise UsageError(f"{self.subject}: {title} has no such arguments ({error}); it takes {takes}") from None
        given = {name: value for name, value in bound.arguments.items() if parameters[name].kind is not inspect.Parameter.VAR_KEYWORD}
        for name in bound.kwargs:
            given.setdefault(name, bound.kwargs[name])
        many = next((p.name for p in parameters.values() if p.kind is p.VAR_POSITIONAL), None)
        rest = tuple(self.argument(title, entry) for entry in given.pop(many, ())) if many else ()
        arguments = {name: self.named(name, value) for name, value in given.items()}
        left = [p for p in parameters.values() if p.name not in arguments and p.kind in (p.POSITIONAL_OR_KEYWORD, p.KEYWORD_ONLY)]
        for parameter in left:
            arguments |= self.default(parameter, title, _schedules(function))
        if hidden := ", ".join(f"{p.name}={_shown(p.default)}" for p in left if p.default is not p.empty):
            self.notes.append(f"defaults of {title}: {hidden}")
        return Made(function, rest, tuple(arguments.items()))

    def named(self, name: str, value: Item) -> object:
        """A given argument: a number that is not whole is bound exactly."""
        if isinstance(value, Fraction) and name in self.symbolic:
            return self.slot(name, value)
        return self.argument(name, value)

    def argument(self, name: str, value: Item) -> object:
        if isinstance(value, Call):
            return self.call(self.function(value.name), value.positional, dict(value.keywords))
        if isinstance(value, Name):
            return self.call(self.function(value.name), (), {})
        if isinstance(value, tuple):
            return tuple(self.argument(name, entry) for entry in value)
        if isinstance(value, dict):
            return {self.argument(name, key): self.argument(name, entry) for key, entry in value.items()}
        if isinstance(value, Fraction) and value.denominator == 1:
            return int(value)
        if isinstance(value, Fraction):
            slot = Slot(name, None, exact_number(value))
            self.slots.append(slot)
            return slot
        return value

    def default(self, parameter: inspect.Parameter, title: str, schedule: bool) -> dict[str, object]:
        """What an argument that is not given becomes: a hyperparameter when its default is a number other than 0."""
        name, default = parameter.name, parameter.default
        if default is parameter.empty:
            if name not in REQUIRED:
                raise UsageError(f"{self.subject}: {title} needs {name}; give {name}=...")
            self.notes.append(f"{name} has no default in optax: kernels take {REQUIRED[name]}")
            return {name: self.slot(name, REQUIRED[name])}
        whole = isinstance(default, bool) or not isinstance(default, RealNumber) or isinstance(default, int)
        if (whole or not default or schedule) and name not in self.symbolic:
            return {}
        if isinstance(default, bool) or not isinstance(default, RealNumber):
            raise UsageError(f"{self.subject}: {name}={_shown(default)} is no number and cannot be symbolic")
        return {name: self.slot(name, default)}

    def slot(self, name: str, default: object) -> Slot:
        """A hyperparameter, renamed when the name is taken."""
        taken = [slot.name for slot in self.slots if slot.hyper]
        free = next(new for new in (name, *(f"{name}_{k}" for k in range(1, 99))) if new not in taken)
        number = exact_number(default)
        slot = Slot(free, ranged(name, number).named(free), number)
        self.slots.append(slot)
        return slot


def ranged(name: str, number: sp.Rational) -> Hyper:
    """The hyperparameter of a name with the range that optax's naming suggests, unless the default lies outside it."""
    for pattern, ends in RANGES:
        if re.fullmatch(pattern, name):
            row = hyper(name=name, **ends)
            if row.admits(number):
                return hyper(number, name=name, **ends)
    return infer(name, number)


def makes(found: object) -> bool:
    """Whether a name of the library makes a transformation or a schedule."""
    if isinstance(found, type):
        return found.__name__ == "MultiSteps"
    if not callable(found):
        return False
    unsaid = not _result(found) and "learning_rate" in getattr(_origin(found), "__annotations__", {})
    return unsaid or _schedules(found) or "GradientTransformation" in _result(found)


def _schedules(function: Callable) -> bool:
    """Whether a function makes schedules: those of one folder of the library whose result is a function of the count."""
    return "schedule" in (getattr(_origin(function), "__module__", "") or "") and "Callable" in _result(function)


def _result(function: Callable) -> str:
    """What a function says that it returns."""
    return str(getattr(_origin(function), "__annotations__", {}).get("return", ""))


def _origin(function: Callable) -> Callable:
    """The function itself, when some of its arguments are given."""
    return function.func if isinstance(function, partial) else function


def titled(function: Callable) -> str:
    """The name of a function of the library."""
    return getattr(_origin(function), "__name__", type(function).__name__)


def _shown(value: object) -> str:
    return getattr(value, "__name__", None) or repr(value)
