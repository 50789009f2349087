"""Branches on symbolic conditions: the code is run once for each outcome, and the results are joined by `where`.

A condition about numbers is decided; about sizes alone it is supposed to fail, about hyperparameters alone to be as at their
defaults, and both become premises; any other condition forks.  Within a fork, an operation with a domain is fed 1 where the
branch is not taken, so that a condition on its argument holds exactly when the branch keeps it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field

import numpy as np
import sympy as sp
from sympy.logic.boolalg import BooleanAtom

from symcat.category.comprehension import Fact
from symcat.category.tracing.array import Array, Scalar, Traced
from symcat.category.tracing.value import ACTIVE
from symcat.errors import SymcatError, TraceError

LARGEST = 32    # runs of one step
NEGATED = {">": "<=", "<=": ">", "<": ">=", ">=": "<", "==": "!=", "!=": "=="}
COMPARED: dict[str, Callable] = {">": lambda a, b: a > b, ">=": lambda a, b: a >= b, "<": lambda a, b: a < b, "<=": lambda a, b: a <= b,
                                 "==": lambda a, b: a == b, "!=": lambda a, b: a != b}


class Stopped(SymcatError):
    """A step that cannot be read, from within PyTorch's dispatch."""


@dataclass
class Run:
    """One run of the code: the outcomes of its forks that are prescribed, and those that were met."""

    prescribed: Sequence[bool]
    values: Mapping[sp.Symbol, sp.Rational]
    waived: frozenset[Fact] = frozenset()
    free: frozenset[tuple[str, str]] | None = None    # what every run puts to an operation, which needs no guard; None: nothing needs one
    asked: set[tuple[str, str]] = field(default_factory=set)
    met: list[tuple[Traced, bool]] = field(default_factory=list)
    premises: dict[Fact, None] = field(default_factory=dict)

    def fork(self, condition: Traced) -> bool:
        for seen, outcome in self.met:
            if seen._value.array is not None and seen._value.array == condition._value.array:
                return outcome
        outcome = self.prescribed[len(self.met)] if len(self.met) < len(self.prescribed) else True
        self.met.append((condition, outcome))
        return outcome

    def suppose(self, fact: Fact) -> None:
        """Record a premise, unless the result was shown not to need it."""
        if fact.expr.is_number or fact in self.waived:
            return
        self.premises[fact] = None
        ACTIVE.get().build.fact(fact.expr, fact.relation)


CURRENT: ContextVar[Run] = ContextVar("symcat_torch_run")


def compared(left: object, relation: str, right: object) -> object:
    """A comparison: a traced truth value, or a Python one where both sides are known."""
    found = COMPARED[relation](left, right)
    return bool(found) if isinstance(found, BooleanAtom) else found


def truth(left: object, relation: str, right: object) -> bool:
    """The truth of a comparison of traced numbers, in the sense of this module."""
    found = compared(left, relation, right)
    if isinstance(found, (bool, np.bool_)):
        return bool(found)
    if isinstance(found, Array):
        if found.ndim:
            raise TraceError(f"a branch on {found!r}, an array: a branch is taken on one number; use torch.where")
        return CURRENT.get().fork(found)
    return _supposed(left, relation, right, found)


def _supposed(left: object, relation: str, right: object, found: Scalar) -> bool:
    """The truth of a comparison of sizes and hyperparameters, with a premise."""
    run = CURRENT.get()
    difference = sp.expand(_expression(left) - _expression(right))
    if difference.is_number:
        return bool(COMPARED[relation](difference, 0))
    sizes = all(symbol.is_integer for symbol in difference.free_symbols)
    if sizes:
        difference = sp.fraction(sp.together(difference))[0]    # sizes are positive
    outcome = relation == "!=" if sizes else bool(COMPARED[relation](difference.xreplace(dict(run.values)), 0))
    held = relation if outcome else NEGATED[relation]
    if held == "==":
        raise TraceError(f"a branch asks whether {difference} is 0, and it is at the defaults: fix these hyperparameters as constants")
    expr = -difference if held in ("<", "<=") else difference
    if sizes and held in (">", "<"):
        expr, held = expr - 1, ">="
    run.suppose(Fact(sp.expand(expr), {"!=": "!=0", ">": ">0", "<": ">0", ">=": ">=0", "<=": ">=0"}[held]))
    return outcome


def _expression(item: object) -> sp.Expr:
    if isinstance(item, Scalar):
        return item.expr
    return ACTIVE.get().scalar(sp.Rational(str(item))).scalar


def kept(x: object, operation: str) -> object:
    """The argument of an operation with a domain: 1 where the branch in which it stands is not taken."""
    if isinstance(x, Array):
        run = CURRENT.get()
        key = (x._value.array, operation)
        run.asked.add(key)
        if run.free is None or key in run.free:
            return x
        for condition, outcome in run.met:
            x = np.where(condition, x, 1) if outcome else np.where(condition, 1, x)
    return x


@dataclass(frozen=True)
class Outcome:
    """What the runs of a step gave: the results joined, and the premises under which they are the step."""

    results: tuple[object, ...]
    premises: tuple[Fact, ...]


def explore(step: Callable[[], Sequence[object]], values: Mapping[sp.Symbol, sp.Rational], waived: frozenset[Fact], name: str) -> Outcome:
    """Run a step once for each outcome of its forks; every run returns as many arrays.

    A first round tells what each run puts to operations with a domain: what all of them do is defined on every branch.
    """
    build = ACTIVE.get().build
    conditions = list(build.requirements)
    runs: list[Run] = []
    results = _explored(step, (), lambda prefix: Run(prefix, values, waived), runs, name)
    if len(runs) > 1:
        build.requirements[:] = conditions
        free = frozenset.intersection(*(frozenset(run.asked) for run in runs))
        runs.clear()
        results = _explored(step, (), lambda prefix: Run(prefix, values, waived, free), runs, name)
    return Outcome(results, tuple(dict.fromkeys(fact for run in runs for fact in run.premises)))


def _explored(step: Callable[[], Sequence[object]], prefix: tuple[bool, ...], start: Callable[[tuple[bool, ...]], Run], runs: list[Run],
              name: str) -> tuple[object, ...]:
    """The joined results of all runs whose first forks go as the prefix says."""
    if len(runs) >= LARGEST:
        raise TraceError(f"{name} branches on data in more than {LARGEST} ways: write it with torch.where")
    run = start(prefix)
    runs.append(run)
    token = CURRENT.set(run)
    try:
        results = tuple(step())
    finally:
        CURRENT.reset(token)
    for depth in reversed(range(len(prefix), len(run.met))):
        other = _explored(step, (*(outcome for _, outcome in run.met[:depth]), False), start, runs, name)
        results = tuple(_joined(run.met[depth][0], yes, no) for yes, no in zip(results, other, strict=True))
    return results


def _joined(condition: Traced, yes: object, no: object) -> object:
    """`where`, unless both sides are the same value."""
    if isinstance(yes, Traced) and isinstance(no, Traced):
        a, b = yes._value, no._value
        if a.array == b.array and a.scalar == b.scalar:
            return yes
    elif not isinstance(yes, Traced) and not isinstance(no, Traced) and yes == no:
        return yes
    return np.where(condition, yes, no)
