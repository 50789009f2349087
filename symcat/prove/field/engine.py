"""The field engine: points first, then the normal form cell by cell, and no proof without a point at which all premises hold."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sympy as sp
from sympy.core.relational import Relational

from symcat.category.serialise import content_digest
from symcat.prove.domains import of_terms
from symcat.prove.field.cells import NotShown, Shown, prove
from symcat.prove.field.general import generalised
from symcat.prove.field.goal import dump_scalar
from symcat.prove.field.read import ScalarGoal, read
from symcat.prove.field.sample import Point, admitted, sample, search
from symcat.verdict import Domains, Verdict, proved, refuted, unknown

AS_FUNCTIONS = "as functions"


def decide_scalar(lhs: sp.Expr, rhs: sp.Expr, relations: Sequence[Relational] = ()) -> Verdict:
    """Decide `lhs = rhs` for all real values of the symbols at which the relations hold and both sides are defined.

    DomainError when an expression has no translation to terms.  The premises of a proof are the assumptions and the conditions
    of divisions, logarithms and roots that are not consequences of them.

    >>> x = sp.Symbol("x", real=True)
    >>> print(decide_scalar(sp.Abs(x) / x, sp.sign(x)))
    PROVED by field normal form, cells 2 of 3, equal as functions under x != 0; equal on the common domain: x != 0 on the left only
    >>> print(decide_scalar(sp.sin(2*x), sp.sin(x)))
    REFUTED: at x=1 the two sides are 0.909297426826 and 0.841470984808
    """
    verdict = decide_goal(read(lhs, rhs, relations))
    if verdict.refuted and not _admits(lhs.free_symbols | rhs.free_symbols, verdict.witness["inputs"]):
        return unknown("the only difference found is at a point that the assumptions exclude", "ball arithmetic", AS_FUNCTIONS)
    return verdict


def _admits(symbols: set[sp.Symbol], inputs: Mapping[str, str]) -> bool:
    """Whether a point satisfies everything that is assumed of the symbols, by SymPy."""
    return all(getattr(sp.Rational(inputs[symbol.name]), f"is_{name}", None) == holds
               for symbol in symbols for name, holds in symbol.assumptions0.items())


def decide_goal(goal: ScalarGoal) -> Verdict:
    """Decide a goal in terms."""
    outcome = settle_goal(goal)
    if isinstance(outcome, Verdict):
        return outcome
    whole = {"goal": dump_scalar(goal), "method": outcome.method, "premises": list(outcome.premises), "trace": list(outcome.cells)}
    stub = {"digest": content_digest(whole), "goal": content_digest(whole["goal"])}
    return proved(outcome.method, stub, outcome.premises, AS_FUNCTIONS, outcome.tested, outcome.domains)


@dataclass(frozen=True)
class Settled:
    """A proof: its method, its premises, the cells with their kernels, how many points agree, one where the premises hold, and
    advice by which the checker replays it, if there is any."""

    method: str
    premises: tuple[str, ...]
    cells: tuple[dict, ...]
    tested: int
    inside: Point
    domains: Domains | None = None
    replay: Mapping[str, Any] | None = None


def settle_goal(goal: ScalarGoal) -> Verdict | Settled:
    """A proof of a goal, or the verdict that it is refuted or unknown."""
    sampled = sample(goal)
    if sampled.witness is not None:
        return _refuted(*sampled.witness)
    tested = len(sampled.inside)
    if not tested:
        return unknown("no point found at which the assumptions hold and both sides are defined", "ball arithmetic", AS_FUNCTIONS)
    shown = _shown(goal, sampled.inside)
    if isinstance(shown, NotShown):
        further = search(goal)
        if further.witness is not None:
            return _refuted(*further.witness)
        return unknown(shown.reason, "field normal form", AS_FUNCTIONS, tested)
    inside = next((point for point in sampled.inside if admitted(shown.premises, point)), None)
    if inside is None:
        return unknown("field normal form: premises not shown satisfiable", "field normal form", AS_FUNCTIONS, tested)
    premises = tuple(dict.fromkeys(str(c) for c in (*goal.assumptions, *shown.premises)))
    domains = None if goal.required else of_terms(goal.lhs, goal.rhs, goal.assumptions)
    return Settled(shown.method, premises, shown.trace, tested, inside, domains)


def _shown(goal: ScalarGoal, inside: Sequence[Point]) -> Shown | NotShown:
    """First a more general goal, which is often the shorter one; then the goal; at last one made general by its sums' values."""
    first = _shown_generally(goal)
    if first is not None:
        return first
    shown = prove(goal, inside)
    if isinstance(shown, Shown):
        return shown
    return _shown_generally(goal, expand=True) or shown


def _shown_generally(goal: ScalarGoal, expand: bool = False) -> Shown | None:
    """A more general goal shown without a condition on its variables."""
    general = generalised(goal, expand=expand)
    shown = prove(general.goal, (), general.meaning) if general else None
    return shown if isinstance(shown, Shown) and not shown.premises else None


def _refuted(point: Point, left: str, right: str, exact: bool) -> Verdict:
    where = {name: str(value) for name, value in point.items()}
    return refuted({"inputs": where, "left": left, "right": right, "exact": exact}, "ball arithmetic", AS_FUNCTIONS)
