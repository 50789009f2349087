"""Schedules: factors of a rate that depend on the number t of the steps done so far, 0 at the first step."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from symcat.category.hyper import Hyper, hyper, infer
from symcat.category.morphism import Morphism
from symcat.category.space import Real, Space, Wire
from symcat.category.trace import trace
from symcat.errors import TraceError, UsageError
from symcat.learn.optimisers.joining import joined, parts, updated
from symcat.learn.optimisers.optimiser import Optimiser
from symcat.learn.optimisers.state import State


@dataclass(frozen=True)
class Schedule:
    """A factor of a rate as a function `(t, *, hyperparameters)`."""

    name: str
    factor: Callable
    hypers: tuple[Hyper, ...]

    def __call__(self, **values: object) -> Schedule:
        """The schedule with other values of its hyperparameters, each checked against its range.

        >>> from symcat.learn.optimisers.schedules import cosine
        >>> cosine(steps=50).hypers[0].default
        50
        """
        if unknown := [name for name in values if name not in {row.name for row in self.hypers}]:
            known = ", ".join(row.name for row in self.hypers) or "none"
            raise UsageError(f"the schedule {self.name} has no {', '.join(unknown)}: it has {known}")
        rows = tuple(replace(row, default=row.check(values[row.name])) if row.name in values else row for row in self.hypers)
        return replace(self, hypers=rows)

    @property
    def morphism(self) -> Morphism:
        """t -> factor, both of rank 0."""
        return trace(self.factor, Space((("t", Wire(Real, ())),)), hypers={row.name: row for row in self.hypers}, names=("factor",))


def schedule(function: Callable) -> Schedule:
    """Read a function `(t, *, hyper=default)` as a schedule; TraceError for one of another form."""
    rows = list(inspect.signature(function).parameters.values())
    if not rows or any(row.kind is not row.KEYWORD_ONLY or row.default is row.empty for row in rows[1:]):
        raise TraceError(f"{function.__name__}{inspect.signature(function)}: a schedule is (t, *, hyper=default)")
    hypers = [row.default.named(row.name) if isinstance(row.default, Hyper) else infer(row.name, row.default) for row in rows[1:]]
    return Schedule(function.__name__, function, tuple(hypers))


@schedule
def constant(t):
    """1 at every step."""
    return 1 + 0 * t


@schedule
def cosine(t, *, steps=hyper(1000, above=0), least=hyper(0, low=0, high=1)):
    """least + (1 - least)(1 + cos(pi t / steps)) / 2, and least from t = steps on.  Loshchilov and Hutter 2017, equation 5, one period.

    pi is its decimal 3.141592653589793, as in programs; optax.cosine_decay_schedule with alpha for least.
    """
    return least + (1 - least) * (1 + np.cos(np.pi * np.minimum(t, steps) / steps)) / 2


@schedule
def warmup(t, *, steps=hyper(100, above=0)):
    """(t + 1) / steps, and 1 from then on.  Goyal et al. 2017, section 2.2."""
    return np.minimum((t + 1) / steps, 1)


@schedule
def exponential(t, *, rate=hyper(0.99, above=0, high=1)):
    """rate^t.  optax.exponential_decay with one transition step."""
    return rate**t


@schedule
def drop(t, *, steps=hyper(1000, above=0), factor=hyper(0.1, above=0, high=1)):
    """1 before t = steps, and `factor` from then on.  optax.piecewise_constant_schedule with one boundary."""
    return np.where(t < steps, 1, factor)


SCHEDULES: dict[str, Schedule] = {one.name: one for one in (constant, cosine, warmup, exponential, drop)}


def with_schedule(rule: Optimiser, plan: Schedule, *, of: str = "lr", name: str | None = None) -> Optimiser:
    """The optimiser whose rate is multiplied by a schedule; a state `step` counts.

    As lenses: the rate is a parameter, reparametrised along the lens (K, K) -> (L, L') with get k = rate * factor(k) and
    put(k, _) = k + 1.  UsageError when the optimiser has no hyperparameter `of`.

    >>> from symcat.learn.optimisers import momentum
    >>> with_schedule(momentum, cosine).state_names
    ('step', 'v')
    """
    if of not in [row.name for row in rule.hypers]:
        raise UsageError(f"a schedule of {of}, which {rule.name} has not: it has {', '.join(row.name for row in rule.hypers) or 'none'}")
    (part,) = parts([rule])
    taken = set(part.names.values())
    count = next(label for label in ("step", *(f"step{k}" for k in range(2, 100))) if label not in taken)
    labels = {row.name: row.name if row.name not in taken else f"{plan.name}_{row.name}" for row in plan.hypers}

    def scheduled(given: dict) -> dict:
        own = {row.name: given[labels[row.name]] for row in plan.hypers}
        return {**given, part.names[of]: given[part.names[of]] * plan.factor(given[count], **own)}

    def step(p: object, g: object, given: dict) -> tuple:
        new, states = part.step(p, g, scheduled(given))
        return new, {count: given[count] + 1, **updated(part, states)}

    look = (lambda p, given: part.look(p, scheduled(given))) if rule.look else None
    return joined(name or f"{plan.name}({rule.name})", (part,), step, look=look, states=(State(count, 0, "scalar"),),
                  hypers=tuple(replace(row, name=labels[row.name]) for row in plan.hypers))
