"""Inequalities decided: exact points that refute, certificates that anyone can replay, Z3 where there is none.

A proof stands on one exact point at least that satisfies the assumptions and at which both sides are defined, so that
assumptions that contradict each other prove nothing.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import sympy as sp

from symcat.category.comprehension import Requirement
from symcat.category.expression import At
from symcat.errors import DataError, DomainError, UsageError
from symcat.laws.claim import Inequality
from symcat.prove import points
from symcat.prove.inequality.cells import conditions_of
from symcat.prove.inequality.goal import SIGNS, canonical, dump_inequality
from symcat.prove.inequality.grid import Grid, symbols_back
from symcat.prove.inequality.problem import Problem, formula, problems
from symcat.prove.inequality.ranges import Ranges
from symcat.prove.inequality.replay import flaw
from symcat.prove.inequality.search import LEVELS, certify
from symcat.prove.order import Open
from symcat.prove.points import Point
from symcat.prove.translate import Translation, translate

QUICK_MS, ALL_QUICK_MS, PATIENT_MS = 300, 3000, 4000
SECONDS = 8.0
TRUSTED = "trusted: z3"
WORDS = {"==": "="}
BY_Z3 = "Z3"
METHODS = {(True, False): "sums of squares", (False, True): BY_Z3, (True, True): f"sums of squares; {BY_Z3}"}


@dataclass(frozen=True)
class Shown:
    """A proof: the method, the premises in words, and the data from which it is replayed."""

    method: str
    premises: tuple[str, ...]
    trace: Mapping[str, Any]


Outcome = Shown | Open | dict[str, Any]


def decide_inequality(goal: Inequality, seconds: float = SECONDS) -> Outcome:
    """A proof, a witness against the goal as it was given, or why there is neither."""
    both = translate(goal.lhs, goal.rhs, goal.assuming)
    if both.undefined:
        return Open("an undefined function occurs: nothing is known of its values")
    try:
        plain = canonical(goal)
        dump_inequality(plain)
        grid = Grid.of(plain)
        for point in grid.suspects():
            witness = points.violated(goal.lhs, goal.rhs, goal.rel, both, symbols_back(point, goal.symbols))
            if witness:
                return witness
        found = problems(plain)
    except (DomainError, UsageError, DataError) as error:
        return points.violation(goal.lhs, goal.rhs, goal.rel, both) or Open(str(error))
    return _decided(Search(goal, both, plain, grid, found, time.monotonic() + seconds))


@dataclass(frozen=True)
class Search:
    """A goal on its way."""

    goal: Inequality
    both: Translation
    plain: Inequality
    grid: Grid
    problems: Sequence[Problem]
    deadline: float

    @property
    def left(self) -> float:
        return max(0.0, self.deadline - time.monotonic())

    def refuted_near(self, model: Mapping[str, Any]) -> dict[str, Any] | None:
        """The witness that rational points near a model are, evaluated on the goal as it was given."""
        for point in _near(model, self.goal.symbols):
            witness = points.violated(self.goal.lhs, self.goal.rhs, self.goal.rel, self.both, point)
            if witness:
                return witness
        return None


def _decided(search: Search) -> Outcome:
    """Z3 for a moment, for a model that refutes; then certificates; then Z3 for as long as is left."""
    quick: list[str] = []
    for problem in search.problems:
        status, witness = _ask(search, problem, min(QUICK_MS, ALL_QUICK_MS // len(search.problems)))
        if witness:
            return witness
        quick.append(status)
    sample = _sample(search)
    if sample is None:
        return Open("assumptions not shown satisfiable: no exact point was found that satisfies them and where both sides are defined")
    cells: list[dict[str, Any]] = []
    for number, (problem, status) in enumerate(zip(search.problems, quick, strict=True)):
        share = search.left / (len(search.problems) - number)
        levels = LEVELS if status != "open" else LEVELS[:3]
        certificate, tried = certify(problem, 0.7 * share, levels)
        if certificate is None and status == "unknown":
            status, witness = _ask(search, problem, min(PATIENT_MS, int(500 * share) + 1))
            if witness:
                return witness
        if certificate is None and status != "proved":
            return Open(f"neither proved nor refuted{_of(number, search.problems)}: exact points, sums of squares ({'; '.join(tried)}), Z3 "
                        f"({'a model that is none of the goal' if status == 'open' else 'no answer in time'})")
        cells.append({"problem": problem, "certificate": certificate} if certificate else {"problem": problem, "certificate": TRUSTED})
    return _shown(search.plain, cells, sample)


def _ask(search: Search, problem: Problem, milliseconds: int) -> tuple[str, dict[str, Any] | None]:
    """Z3's word on a problem, and the witness that its model leads to."""
    from symcat.prove.smt import entails

    status, model = entails(*formula(problem), milliseconds)
    return status, search.refuted_near(model) if status == "open" else None


def _of(number: int, problems: Sequence[Problem]) -> str:
    return f" in cell {number + 1} of {len(problems)}" if len(problems) > 1 else ""


def _shown(plain: Inequality, cells: Sequence[Mapping[str, Any]], sample: Point) -> Shown:
    by_z3 = [cell["certificate"] == TRUSTED for cell in cells]
    method = METHODS[(not all(by_z3), any(by_z3))] + (f" in {len(cells)} cells" if len(cells) > 1 else "")
    trace = {"cells": list(cells), "sample": {symbol.name: [int(v.p), int(v.q)] for symbol, v in sample.items()},
             "trust": TRUSTED if any(by_z3) else "none: every step is replayed in exact arithmetic"}
    return Shown(method, premises(plain), trace)


# ---- premises
def premises(plain: Inequality) -> tuple[str, ...]:
    """The assumptions, and the conditions under which both sides are defined that do not follow from them and from those before."""
    domain = translate(plain.lhs, plain.rhs)
    place = {At(name): symbol for symbol, name in domain.names.items()}
    known = [condition for relation in plain.assuming for condition in conditions_of(relation)]
    kept = []
    for r in (*domain.lhs.requirements, *domain.rhs.requirements):
        condition = (r.expr.xreplace(place), r.relation)
        if not _holds_by_signs(r, domain, plain) and not Ranges(known).shows(*condition):
            kept.append(str(r))
        known.append(condition)
    return tuple(dict.fromkeys([*map(_words, plain.assuming), *kept]))


def _words(relation: sp.Basic) -> str:
    left, right = relation.args
    return f"{left} {WORDS.get(relation.rel_op, relation.rel_op)} {right}"


def _holds_by_signs(requirement: Requirement, domain: Translation, plain: Inequality) -> bool:
    """Whether SymPy knows a requirement from the signs of the symbols."""
    place = {}
    for symbol, name in domain.names.items():
        signs = [sign for sign, relation in SIGNS if symbol.is_Symbol and relation(symbol, 0) in plain.assuming]
        known = {**dict.fromkeys(signs[:1], True), "integer" if symbol.is_integer else "real": True}
        place[At(name)] = sp.Symbol(symbol.name, **known) if symbol.is_Symbol else symbol
    e = requirement.expr.xreplace(place)
    return points.meets(e, requirement.relation) is True


# ---- points
def _sample(search: Search) -> Point | None:
    """An exact point that satisfies the assumptions and where both sides are defined."""
    goal, symbols = search.goal, search.goal.symbols
    for drawn in search.grid.admitted():
        point = symbols_back(drawn, symbols)
        if points.admits(goal.lhs, goal.rhs, search.both, point):
            return point
    for problem in search.problems:
        from symcat.prove.smt import entails

        status, model = entails(formula(problem)[0], sp.false, QUICK_MS)
        for point in _near(model, symbols) if status == "open" else ():
            if points.admits(goal.lhs, goal.rhs, search.both, point):
                return point
    return None


def _near(model: Mapping[str, Any], symbols: Sequence[sp.Symbol]) -> Iterator[Point]:
    """Rational points near a model, simple ones first."""
    for denominator in (1, 10, 1000, 10**6, 10**12, None):
        values = [model.get(symbol.name, 0) for symbol in symbols]
        near = [v if denominator is None or not v else v.limit_denominator(denominator) for v in values]
        yield {symbol: sp.Rational(v.numerator, v.denominator) for symbol, v in zip(symbols, near, strict=True)}


# ---- certificates
def fault(goal: Inequality, stated: Sequence[str], trace: object) -> str:
    """Why a trace does not prove a goal; the empty text when it does.

    The problems are made again from the goal and compared with those of the trace; then each certificate is replayed.  What has a
    `replay` is left to the checker.
    """
    parts = "replay" if isinstance(trace, dict) and "replay" in trace else "cells"
    if not isinstance(trace, dict) or not isinstance(trace.get(parts), (list, dict)) or not isinstance(trace.get("sample"), dict):
        return "the trace of an inequality has cells and a sample"
    try:
        both = translate(goal.lhs, goal.rhs, goal.assuming)
        found = problems(canonical(goal)) if parts == "cells" else []
        sample = {symbol: sp.Rational(*trace["sample"][symbol.name]) for symbol in goal.symbols}
    except (DomainError, UsageError, KeyError, TypeError) as error:
        return f"the goal has no such proof: {error}"
    if not points.admits(goal.lhs, goal.rhs, both, sample):
        return "the sample does not satisfy the assumptions, or a side is not defined there"
    if unstated := [premise for premise in premises(canonical(goal)) if premise not in stated]:
        return f"the proof needs premises that the certificate does not state: {'; '.join(unstated)}"
    if parts == "replay":
        return ""
    if [cell.get("problem") for cell in trace["cells"] if isinstance(cell, dict)] != found or len(trace["cells"]) != len(found):
        return "the certificate is about other polynomials than the goal"
    for number, (cell, problem) in enumerate(zip(trace["cells"], found, strict=True)):
        why = _cell_fault(problem, cell.get("certificate"))
        if why:
            return f"cell {number + 1} of {len(found)}: {why}"
    return ""


def trusted(trace: Mapping[str, Any]) -> int:
    """How many cells rest on Z3's word."""
    return sum(cell["certificate"] == TRUSTED for cell in trace["cells"])


def _cell_fault(problem: Problem, certificate: object) -> str:
    if certificate == TRUSTED:
        from symcat.prove.smt import entails

        status, _ = entails(*formula(problem), 5 * PATIENT_MS)
        return "" if status == "proved" else "Z3 does not repeat its word"
    return flaw(problem, certificate) if isinstance(certificate, dict) else "there is no certificate"
