"""Optimisers made of others: one rule whose states and hyperparameters are those of its parts.

Names stay as they are where no two parts share one; a name that is taken gets the name of its part in front.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from symcat.category.hyper import Hyper
from symcat.errors import UsageError
from symcat.learn.optimisers.optimiser import Optimiser, keyword_only, optimiser
from symcat.learn.optimisers.state import Datum, State


@dataclass(frozen=True)
class Part:
    """An optimiser inside another: `names` gives its states and hyperparameters the names that they have outside."""

    rule: Optimiser
    names: Mapping[str, str]

    @property
    def states(self) -> tuple[State, ...]:
        return tuple(State(self.names[row.name], self._initial(row), row.functor) for row in self.rule.states)

    @property
    def hypers(self) -> tuple[Hyper, ...]:
        """The hyperparameters that are left, with the part's own values as defaults."""
        return tuple(replace(row, name=self.names[row.name], default=self.rule.value(row.name)) for row in self.rule.hypers)

    def keywords(self, function: Callable) -> dict[str, str]:
        """The names outside of a function's hyperparameters, by their own."""
        return {name: self.names[name] for name in keyword_only(function) if name not in self.rule.fixed}

    def step(self, p: Any, g: Any, given: Mapping[str, Any]) -> tuple[Any, list]:
        """What the part makes of parameter and gradient, and its new states; `given` holds all states, data and hyperparameters."""
        data = [given[row.name] for row in self.rule.data]
        found = self._call(self.rule.rule, (p, g, *data, *self._states(given)), given)
        first, *states = found if isinstance(found, (tuple, list)) else (found,)
        return first, states

    def look(self, p: Any, given: Mapping[str, Any]) -> Any:
        """Where the part takes its gradient."""
        return self._call(self.rule.look, (p, *self._states(given)), given) if self.rule.look else p

    def _states(self, given: Mapping[str, Any]) -> list:
        return [given[self.names[row.name]] for row in self.rule.states]

    def _call(self, function: Callable, arguments: Sequence[Any], given: Mapping[str, Any]) -> Any:
        constants = {name: value for name, value in self.rule.fixed.items() if name in keyword_only(function)}
        return function(*arguments, **constants, **{own: given[name] for own, name in self.keywords(function).items()})

    def _initial(self, row: State) -> Any:
        if not callable(row.initial):
            return row.initial

        def start(p: Any, **hypers: Any) -> Any:
            return self._call(row.initial, (p,), hypers)

        return _signed(start, ("p",), self.keywords(row.initial).values())


def parts(rules: Sequence[Optimiser]) -> tuple[Part, ...]:
    """The optimisers with names of their own for what they share a name of."""
    taken: set[str] = {"p", "g", *(row.name for rule in rules for row in rule.data)}
    found = []
    for rule in rules:
        names = {}
        for own in (*rule.state_names, *(row.name for row in rule.hypers)):
            names[own] = _free(own, _word(rule.name), taken)
            taken.add(names[own])
        found.append(Part(rule, names))
    return tuple(found)


def _word(name: str) -> str:
    """A name as one word."""
    return "".join(letter if letter.isalnum() else "_" for letter in name).strip("_")


def _free(own: str, prefix: str, taken: set[str]) -> str:
    name, count = own, 1
    while name in taken:
        name, count = f"{prefix}_{own}" if count == 1 else f"{prefix}{count}_{own}", count + 1
    return name


def joined(name: str, inside: Sequence[Part], step: Callable, *, look: Callable | None = None, states: Sequence[State] = (),
           hypers: Sequence[Hyper] = ()) -> Optimiser:
    """The optimiser with the states and hyperparameters of its parts, behind those given here.

    `step(p, g, given)` returns the new parameter and a mapping of new values of states; the others are as the parts left them.
    """
    rows = (*states, *(row for part in inside for row in part.states))
    settings = (*hypers, *(row for part in inside for row in part.hypers))
    data: dict[str, Datum] = {}
    for part in inside:
        for row in part.rule.data:
            if data.setdefault(row.name, row) != row:
                raise UsageError(f"{name}: data {row.name} of the kinds {data[row.name].kind} and {row.kind}: rename one of them")
    labels = ("p", "g", *data, *(row.name for row in rows))
    keywords = tuple(row.name for row in settings)

    def rule(*arguments: Any, **given: Any) -> tuple:
        known = {**dict(zip(labels, arguments, strict=True)), **given}
        p, new = step(known["p"], known["g"], known)
        return (p, *(new[row.name] for row in rows))

    def looked(*arguments: Any, **given: Any) -> Any:
        known = {**dict(zip(("p", *(row.name for row in rows)), arguments, strict=True)), **given}
        return look(known["p"], known)

    defaults = {row.name: row for row in (*rows, *settings)}
    read = _signed(rule, labels, keywords, defaults)
    seen = _signed(looked, ("p", *(row.name for row in rows)), keywords) if look else None
    shapes = dict.fromkeys(part.rule.shape for part in inside)
    return optimiser(read, name=name, look=seen, data={row.name: row.kind for row in data.values()}, shape=next(iter(shapes)))


def _signed(function: Callable, positional: Sequence[str], keywords: Any, defaults: Mapping[str, Any] | None = None) -> Callable:
    """The function with the signature that tracing reads."""
    kinds = inspect.Parameter
    known = defaults or {}
    rows = [kinds(name, kinds.POSITIONAL_OR_KEYWORD, default=known.get(name, kinds.empty)) for name in positional]
    rows += [kinds(name, kinds.KEYWORD_ONLY, default=known.get(name, kinds.empty)) for name in keywords]
    function.__signature__ = inspect.Signature(rows)     # type: ignore[attr-defined]
    return function


def updated(part: Part, states: Sequence[Any]) -> dict[str, Any]:
    """New states of a part by their names outside."""
    return dict(zip((part.names[row.name] for row in part.rule.states), states, strict=True))


def renamed(rule: Optimiser, names: Mapping[str, str]) -> Optimiser:
    """The optimiser with other names of states and hyperparameters; those without a new name keep theirs."""
    (part,) = parts([rule])
    if all(part.names[own] == name for own, name in names.items()):
        return rule
    other = replace(part, names={**part.names, **names})

    def step(p: Any, g: Any, given: Mapping[str, Any]) -> tuple:
        new, states = other.step(p, g, given)
        return new, updated(other, states)

    return joined(rule.name, (other,), step, look=other.look if rule.look else None)
