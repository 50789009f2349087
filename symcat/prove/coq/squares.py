"""Inequalities with a certificate by sums of squares: its squares, and the polynomials that they bound, as steps of the Coq proof.

The certificate is found anew, for goals of a single case without roots and exponentials; `problem` and `certificate` are as in
`inequality.replay`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from symcat.errors import SymcatError
from symcat.prove.claim import Inequality
from symcat.prove.coq.polynomial import product
from symcat.prove.coq.term import ZERO, Number, Plus, Power, Read, Term, Times, text
from symcat.prove.inequality.goal import canonical
from symcat.prove.inequality.problem import problems
from symcat.prove.inequality.replay import fraction
from symcat.prove.inequality.search import certify

SECONDS = 3.0
RELATIONS = {">=0": ">= 0", ">0": "> 0", "=0": "= 0"}


def steps(goal: Inequality, names: Mapping[str, str]) -> list[str]:
    """Tactics that end in the sign of the goal's polynomial; none when there is no certificate of this kind."""
    try:
        found = problems(canonical(goal))
        variables = found[0]["variables"] if len(found) == 1 else ["_"]
        if any(variable not in names for variable in variables):
            return []
        certificate, _ = certify(found[0], SECONDS)
    except SymcatError:
        return []
    if certificate is None or certificate["empty"] or certificate["squared"]:
        return []
    return _Steps([names[variable] for variable in variables], found[0]).lines(certificate)


class _Steps:
    """Polynomials of one problem, over named variables."""

    def __init__(self, variables: Sequence[str], problem: Mapping[str, Any]) -> None:
        self.variables, self.problem = variables, problem

    def lines(self, certificate: Mapping[str, Any]) -> list[str]:
        terms = [*certificate["left"], *certificate["right"]]
        used = sorted({k for term in terms for k in term["factors"]} | {k for k, _ in certificate["ideal"]})
        rows = [self.problem["constraints"][k] for k in used]
        lines = [f"assert ({text(self.polynomial(row['polynomial']))} {RELATIONS[row['relation']]}) by ordered." for row in rows]
        lines += [f"assert (0 <= {text(self.cone(term))}) by squares." for term in terms]
        goal = text(self.polynomial(self.problem["goal"]))
        return [*lines, f"assert (0 {'<' if self.problem['strict'] else '<='} {goal}) by (first [lra | nra])."]

    def cone(self, term: Mapping[str, Any]) -> Term:
        """A sum of squares times constraints."""
        squares = [Times((Number(fraction(weight)), Power(self.polynomial(root), 2))) for weight, root in term["squares"]]
        total = squares[0] if len(squares) == 1 else Plus(tuple(squares))
        factors = [self.polynomial(self.problem["constraints"][k]["polynomial"]) for k in term["factors"]]
        return product([*factors, total])

    def polynomial(self, data: Sequence[Any]) -> Term:
        parts = []
        for coefficient, exponents in data:
            value = fraction(coefficient)
            powers = [Read(v) if e == 1 else Power(Read(v), e) for v, e in zip(self.variables, exponents, strict=True) if e]
            parts.append(product(([Number(value)] if value != Fraction(1) or not powers else []) + powers))
        return ZERO if not parts else parts[0] if len(parts) == 1 else Plus(tuple(parts))
