"""Whether a condition on a scalar expression follows from others: by ranges first, then by certificates of inequalities.

Everything is meant where the expressions are defined.  Powers with symbolic exponents, such as b^t, are ranges first and then
unknowns of these ranges, before polynomials see them.
"""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sympy as sp

from symcat.errors import SymcatError
from symcat.prove.claim import Inequality
from symcat.prove.formula import dump_term, load_term
from symcat.prove.inequality.cells import Condition
from symcat.prove.inequality.ranges import Range, Ranges

RANGES = "ranges"
RELATIONS = {">=0": sp.Ge, ">0": sp.Gt, "!=0": sp.Ne, "=0": sp.Eq}
LARGEST = 400       # operations in a conclusion that polynomials are asked about


@dataclass(frozen=True)
class Entailment:
    """The hypotheses imply the conclusion, each an expression and its relation to 0: >=0, >0, !=0 or =0 (of hypotheses)."""

    hypotheses: tuple[Condition, ...]
    conclusion: Condition


@dataclass(frozen=True)
class Entailed:
    """A proof: the method in words, and what is replayed."""

    method: str
    data: Mapping[str, Any]


def entailed(goal: Entailment, seconds: float = 0.0) -> Entailed | None:
    """A proof that a conclusion follows, or None; polynomials are asked, and their engine loaded, when there are seconds for them.

    >>> b, t, v = sp.symbols("b t v", real=True)
    >>> premises = ((b, ">=0"), (1 - b, ">0"), (t, ">0"), (v, ">=0"))
    >>> entailed(Entailment(premises, (v / (1 - b**t), ">=0"))).method
    'ranges'
    """
    if Ranges(goal.hypotheses).shows(*goal.conclusion):
        return Entailed(RANGES, {"method": RANGES})
    if seconds <= 0 or sp.count_ops(goal.conclusion[0]) > LARGEST:
        return None
    from symcat.prove.inequality.engine import Shown, decide_inequality

    for sign, problem in inequalities(goal):
        try:
            found = decide_inequality(problem, seconds)
        except (SymcatError, ArithmeticError, ValueError, TypeError):
            continue
        if isinstance(found, Shown):
            return Entailed(found.method, {"method": found.method, "sign": sign, "premises": list(found.premises), "trace": found.trace})
    return None


def flaw(goal: Entailment, data: object) -> str:
    """Why data do not prove an entailment; the empty text when they do."""
    if not isinstance(data, Mapping) or "method" not in data:
        return "the proof of a condition names no method"
    if data["method"] == RANGES:
        return "" if Ranges(goal.hypotheses).shows(*goal.conclusion) else f"ranges do not show {words(goal.conclusion)}"
    from symcat.prove.inequality.engine import fault

    problems = dict(inequalities(goal))
    if data.get("sign") not in problems or not isinstance(data.get("premises"), list):
        return "the proof of a condition has another form"
    return fault(problems[data["sign"]], data["premises"], data.get("trace"))


def dump_entailment(goal: Entailment) -> dict[str, Any]:
    """An entailment as JSON-able data; DataError when it holds what formulas cannot hold."""
    both = [[dump_term(e), relation] for e, relation in (*goal.hypotheses, goal.conclusion)]
    return {"kind": "entailment", "hypotheses": both[:-1], "conclusion": both[-1]}


def load_entailment(data: Mapping[str, Any]) -> Entailment:
    """The entailment that `dump_entailment` wrote."""
    found = [(load_term(e), relation) for e, relation in (*data["hypotheses"], data["conclusion"])]
    return Entailment(tuple(found[:-1]), found[-1])


def words(condition: Condition) -> str:
    """A condition for people to read."""
    e, relation = condition
    return f"{e} {relation[:-1]} 0"


def relevant(hypotheses: Sequence[Condition], conclusion: Condition) -> tuple[Condition, ...]:
    """The hypotheses about symbols of the conclusion alone; the others rarely help and cost time."""
    symbols = conclusion[0].free_symbols
    return tuple(dict.fromkeys(c for c in hypotheses if c[0].free_symbols and c[0].free_symbols <= symbols))


# ---- polynomials
def inequalities(goal: Entailment) -> list[tuple[int, Inequality]]:
    """The inequalities of which one suffices: for != 0 that it is positive, or negative."""
    conditions = _without_powers(goal)
    *given, (e, relation) = conditions
    try:
        assuming = tuple(r for r in (RELATIONS[relation](part, 0) for part, relation in given) if r != sp.true)
    except TypeError:
        return []
    if sp.false in assuming:
        return []
    order = "<=" if relation == ">=0" else "<"
    return [(sign, Inequality(sp.S.Zero, sign * e, order, assuming)) for sign in ((1, -1) if relation == "!=0" else (1,))]


def _without_powers(goal: Entailment) -> list[Condition]:
    """The hypotheses and the conclusion with an unknown for each power of symbolic exponent, and what its range says of it."""
    conditions = [*goal.hypotheses, goal.conclusion]
    ranges = Ranges(goal.hypotheses)
    conditions = [(_split(e, ranges), relation) for e, relation in conditions]
    powers = sorted(set().union(*(e.atoms(sp.Pow) for e, _ in conditions)), key=sp.default_sort_key)
    powers = [p for p in powers if not p.exp.is_Rational and p.base is not sp.S.Exp1]
    taken = {symbol.name for e, _ in conditions for symbol in e.free_symbols}
    free = (name for name in map("power{}".format, itertools.count(1)) if name not in taken)
    place = {p: sp.Symbol(next(free), real=True) for p in powers}
    known = [condition for p, symbol in place.items() for condition in _bounds(symbol, ranges.of(p))]
    *given, conclusion = [(e.xreplace(place), relation) for e, relation in conditions]
    return [*given, *known, conclusion]


def _split(e: sp.Expr, ranges: Ranges) -> sp.Expr:
    """b^(t + 1) as b b^t, where that is one for b = 0 too."""
    def apart(p: sp.Pow) -> sp.Expr:
        shift, rest = p.exp.as_coeff_Add()
        if shift.is_Integer and shift > 0 and (ranges.shows(p.base, ">0") or ranges.shows(rest, ">=0")):
            return p.base**shift * sp.Pow(p.base, rest)
        return p
    return e.replace(lambda part: part.is_Pow and part.exp.is_Add and part.base is not sp.S.Exp1, apart)


def _bounds(symbol: sp.Symbol, found: Range) -> list[Condition]:
    (low, closed), (high, shut) = found.low, found.high
    below = [] if low is None else [(symbol - sp.Rational(low.numerator, low.denominator), ">=0" if closed else ">0")]
    above = [] if high is None else [(sp.Rational(high.numerator, high.denominator) - symbol, ">=0" if shut else ">0")]
    return below + above
