"""Optax transformations as optimisers, read through their jaxpr: hyperparameters and sizes stay symbols.

`read("rmsprop(eps_in_sqrt=False)")` reads a transformation by its call, from `optax` or `optax.contrib`; `read(optax.chain(...))`
one that is made already, whose numbers are then constants.  What the library decides on its own is told in `notes`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import Any

import sympy as sp

from symcat.category.morphism import Builder
from symcat.category.space import Dim, dim
from symcat.category.tracing.array import unwrap, wrap
from symcat.category.tracing.value import Tape, Value, lift, operands
from symcat.errors import TraceError, UsageError
from symcat.interop.calls import parse
from symcat.interop.jaxpr import Run
from symcat.interop.recipe import Kitchen, Recipe, titled
from symcat.interop.sizes import Pattern, number
from symcat.interop.transformation import Libraries, Reading, Traced, libraries, qualified
from symcat.learn.optimisers import Optimiser, optimiser
from symcat.learn.optimisers.state import state


def read(given: object, arguments: Mapping[str, object] | None = None, *, shape: Sequence[str | int] | None = None,
         symbolic: Sequence[str] = ()) -> Optimiser:
    """The optimiser that an optax call in text, a function of optax or a transformation stands for.

    `arguments` are further keywords of the call.  Numbers that are not given become hyperparameters, except those whose default
    is 0, which select what a rule is made of: `symbolic` names those to keep open.  `shape` is the parameter's shape in laws,
    Real[n] unless the rule treats a matrix otherwise than its entries.  UsageError for what cannot be read: it names the
    primitive and the transformation.
    """
    found = libraries()
    extra = {name: _item(value) for name, value in (arguments or {}).items()}
    if isinstance(given, str):
        subject = f"optax:{given}"
        recipe = _kitchen(found, subject, symbolic).recipe(parse(given), extra)
    elif callable(getattr(given, "init", None)) and callable(getattr(given, "update", None)):
        subject = f"optax:{qualified(given)}"
        if extra or symbolic:
            raise UsageError(f"{subject} is made already: {', '.join([*extra, *symbolic])} cannot be given; use the call in text instead")
        recipe = Recipe(given)
    elif callable(given):
        subject = f"optax:{titled(given)}" if str(getattr(given, "__module__", "")).startswith("optax") else titled(given)
        kitchen = _kitchen(found, subject, symbolic)
        recipe = kitchen.done(kitchen.call(given, (), extra))
    else:
        raise UsageError(f"{given!r:.60} is neither a call of optax in text nor a transformation with init and update")
    if extra and isinstance(given, str):
        subject += "".join(f", {name}={value}" for name, value in extra.items())
    return _optimiser(Reading(found, subject, recipe), shape)


def _kitchen(found: Libraries, subject: str, symbolic: Sequence[str]) -> Kitchen:
    return Kitchen((found.optax, found.optax.contrib), subject, symbolic)


def _item(value: object) -> Any:
    """An argument in Python as one in text: numbers exact."""
    if isinstance(value, float):
        return Fraction(repr(value))
    if isinstance(value, int) and not isinstance(value, bool):
        return Fraction(value)
    return Fraction(int(value.p), int(value.q)) if isinstance(value, sp.Rational) else value


def _optimiser(reading: Reading, shape: Sequence[str | int] | None) -> Optimiser:
    """The optimiser, at the shape given or the one that suits the rule."""
    shape = tuple(shape) if shape is not None else reading.shape()
    traced = reading.traced(tuple(map(dim, shape)))
    rule = Rule(reading, traced, *reading.parts(traced, reading.notes))
    made = optimiser(rule.function(), name=reading.subject, data={"loss": "loss"} if rule.valued else None, shape=shape)
    try:
        made.step()
        made.start()
    except TraceError as error:
        raise UsageError(f"{reading.subject} cannot be read: {error}") from error
    notes = tuple(dict.fromkeys((*_premises(traced, made.shape), *reading.told(traced))))
    return replace(made, notes=notes, fixed=reading.recipe.given)


def _premises(traced: Traced, shape: Sequence[Dim]) -> list[str]:
    named = Pattern.of(shape).sizes(shape)
    return [f"for sizes with {number(row.left, named)} {row.relation} {number(row.right, named)}" for row in traced.premises]


@dataclass(frozen=True)
class Rule:
    """The rule of a transformation as a function of traced arrays.

    `states` and `kept` number the leaves of its state that are states, and those that keep their initial value.
    """

    reading: Reading
    main: Traced
    states: tuple[int, ...]
    kept: tuple[int, ...]
    valued: bool

    def function(self) -> Callable:
        """The rule with a signature: parameter, gradient, data, states with initial values, hyperparameters."""
        def rule(p: Any, g: Any, *rest: Any, **hypers: Any) -> tuple:
            return self.step(p, g, rest, hypers)

        kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
        parameters = [inspect.Parameter(name, kind) for name in ("p", "g", *(("loss",) if self.valued else ()))]
        names = _names([self.main.leaves[k] for k in self.states], self.reading.taken)
        parameters += [inspect.Parameter(name, kind, default=state(self._initial(k))) for name, k in zip(names, self.states, strict=True)]
        return self._signed(rule, parameters)

    def _signed(self, function: Callable, parameters: Sequence[inspect.Parameter]) -> Callable:
        keywords = [inspect.Parameter(slot.name, inspect.Parameter.KEYWORD_ONLY, default=slot.hyper)
                    for k, slot in enumerate(self.reading.recipe.slots) if slot.hyper and k not in self.reading.closed]
        function.__signature__ = inspect.Signature([*parameters, *keywords])  # type: ignore[attr-defined]
        return function

    def step(self, p: Any, g: Any, rest: Sequence[Any], hypers: Mapping[str, Any]) -> tuple:
        """The new parameter and states."""
        traced, run, slots = self._run(unwrap(p), hypers, "step")
        given = iter(operands(unwrap(p), *map(unwrap, rest))[1:])
        zero = run.tape.scalar(sp.S.Zero)
        value = next(given) if self.valued else zero
        leaves = [zero] * len(traced.leaves)
        if self.kept:
            _, start, _ = self._run(unwrap(p), hypers, "init")
            initial = start.outputs([unwrap(p), *slots])
            leaves = [initial[k] if k in self.kept else zero for k in range(len(leaves))]
        for k in self.states:
            leaves[k] = next(given)
        outs = run.outputs([unwrap(p), *operands(unwrap(g)), value, *leaves, *slots])
        return tuple(wrap(out) for out in (outs[0], *(outs[k + 1] for k in self.states)))

    def _initial(self, k: int) -> sp.Rational | Callable:
        """The initial value of a leaf: a number, or a function of the parameter."""
        if not self.main.init.reads([k]):
            sizes = {f"d{axis}": dim(f"d{axis}") for axis in range(len(self.main.init.ins[0].shape))}
            scratch = Run(self.main.init, Tape(Builder()), sizes, self.reading.subject)
            try:
                value = scratch.outcome(k)
                if value.array is None and value.scalar.is_Rational:
                    return value.scalar
            except UsageError:
                pass

        def start(p: Any, **hypers: Any) -> Any:
            _, run, slots = self._run(unwrap(p), hypers, "init")
            return wrap(run.outputs([unwrap(p), *slots])[k])

        return self._signed(start, [inspect.Parameter("p", inspect.Parameter.POSITIONAL_OR_KEYWORD)])

    def _run(self, p: Value, hypers: Mapping[str, Any], which: str) -> tuple[Traced, Run, list[Value]]:
        """A run of the step or of the initial states at the shape of p, and the values of the open slots."""
        traced, reading = self.reading.traced(p.shape), self.reading
        if traced is not self.main:
            self._check(traced, p.shape)
        sizes = Pattern.of(p.shape).sizes(p.shape)
        for premise in traced.premises:
            difference = sp.expand(number(premise.left, sizes) - number(premise.right, sizes))
            p.tape.build.fact(difference, ">=0")
            if premise.relation == "==":
                p.tape.build.fact(-difference, ">=0")
        run = Run(traced.step if which == "step" else traced.init, p.tape, sizes, reading.subject, reading.notes)
        slots = [lift(p.tape, unwrap(hypers[slot.name]) if slot.hyper else slot.number)
                 for k, slot in enumerate(reading.recipe.slots) if k not in reading.closed]
        return traced, run, slots

    def _check(self, traced: Traced, shape: Sequence[Dim]) -> None:
        """That a rule at another shape has the states that it has at its own."""
        states, kept, valued = self.reading.parts(traced) if traced.leaves == self.main.leaves else ((), (), None)
        if valued is None or not set(states) <= {*self.states} or not {*self.kept} <= {*kept} or (valued and not self.valued):
            shown = ", ".join(map(str, shape))
            raise TraceError(f"{self.reading.subject} has other states for a parameter of shape [{shown}] than for its own: "
                             f"read it with shape=({shown},)")


def _names(paths: Sequence[tuple[str, ...]], taken: Sequence[str]) -> tuple[str, ...]:
    """A name for each leaf: the last word on its path and what numbers follow it, with a word before where that is not enough."""
    found: list[str] = []
    for path in paths:
        words = [word for word in path if not word.isdigit()] or ["state"]
        behind = path[len(path) - next((k for k, word in enumerate(reversed(path)) if not word.isdigit()), len(path)):]
        short = "_".join([words[-1], *behind])
        alike = [other for other in paths if [word for word in other if not word.isdigit()][-1:] == words[-1:] and not behind]
        longer = [f"{word}_{short}" for word in reversed(words[:-1])] if len(alike) > 1 else []
        choices = [*longer, short] if longer and short in found else [short, *longer]
        choices += [f"{short}_{k}" for k in range(1, len(paths) + 2)]
        found.append(next(name for name in map(_legal, choices) if name not in (*found, *taken)))
    return tuple(found)


def _legal(name: str) -> str:
    legal = "".join(letter if letter.isalnum() and letter.isascii() else "_" for letter in name).strip("_")
    return legal if legal[:1].isalpha() else f"state_{legal}".rstrip("_")
