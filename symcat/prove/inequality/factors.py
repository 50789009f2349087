"""Goals taken apart before the search: factors whose sign is known are set aside, and multiplied back into what it finds; sums of
squares of free variables with coefficients in the others are proved coefficient by coefficient.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import sympy as sp

from symcat.prove.inequality.replay import Polynomial, polynomial, times

if TYPE_CHECKING:
    from symcat.prove.inequality.search import Certificate, Task


@dataclass(frozen=True)
class Signed:
    """A product of constraints, by number, and of the square of `root`."""

    arity: int
    rows: tuple[tuple[str, Polynomial], ...]
    factors: tuple[int, ...]
    root: Polynomial

    def back(self, certificate: Certificate) -> Certificate:
        """The certificate of the whole goal from that of what was left of it."""
        if not self.factors and self.root == {(0,) * self.arity: 1}:
            return certificate
        right = [{"factors": sorted([*term["factors"], *self.factors]),
                  "squares": [[weight, self._times(root, self.root)] for weight, root in term["squares"]]} for term in certificate["right"]]
        product = times(self.root, self.root)
        for number in self.factors:
            product = times(product, self.rows[number][1])
        ideal = [[number, self._times(multiplier, product)] for number, multiplier in certificate["ideal"]]
        return {**certificate, "right": right, "ideal": ideal}

    def _times(self, data: Sequence[Any], p: Polynomial) -> list[Any]:
        return listed(times(polynomial(data, self.arity), p))


def without_signed_factors(task: Task, strict: bool) -> tuple[Task, Signed]:
    """The task of the remaining factor of the goal; a strict goal keeps the factors that might be 0."""
    from dataclasses import replace

    one = {(0,) * task.arity: Fraction(1)}
    nothing = Signed(task.arity, task.rows, (), one)
    if not task.goal:
        return task, nothing
    symbols = sp.symbols(f"x:{task.arity}", real=True)
    constant, factors = _poly(task.goal, symbols).factor_list()
    rest, root, numbers = sp.Poly(constant, *symbols, domain="QQ"), dict(one), []
    for factor, power in factors:
        row = next((k for k, (relation, p) in enumerate(task.rows) if relation == ">0" and _ratio(factor, _poly(p, symbols)) > 0), None)
        weak = next((k for k, (relation, p) in enumerate(task.rows) if relation == ">=0" and _ratio(factor, _poly(p, symbols)) > 0), None)
        opposite = next((k for k, (relation, p) in enumerate(task.rows) if relation in (">0", ">=0")
                         and _ratio(factor, _poly(p, symbols)) < 0 and (relation == ">0" or not strict)), None)
        if row is None and not strict:
            row = weak
        if row is None and opposite is not None:
            row = opposite
        if power > 1 and not strict:
            root = times(root, _fractions(factor ** (power // 2)))
            power %= 2
        if row is not None:
            ratio = _ratio(factor, _poly(task.rows[row][1], symbols))
            numbers += [row] * power
            rest *= sp.Poly(1 / ratio**power, *symbols, domain="QQ")
        else:
            rest *= factor**power
    return replace(task, goal=_fractions(rest)), Signed(task.arity, task.rows, tuple(numbers), root)


def even_parts(task: Task) -> dict[tuple[int, ...], Polynomial]:
    """The coefficients of even monomials in the variables that no constraint has, by the root of the monomial; {} when there are
    odd ones."""
    free = [v for v in range(task.arity) if not any(m[v] for _, row in task.rows for m in row)]
    parts: dict[tuple[int, ...], Polynomial] = {}
    for m, c in task.goal.items():
        outer = tuple(e if v in free else 0 for v, e in enumerate(m))
        if any(e % 2 for e in outer):
            return {}
        inner = tuple(e - o for e, o in zip(m, outer, strict=True))
        parts.setdefault(tuple(e // 2 for e in outer), {})[inner] = c
    return parts if task.rows else {}


def joined(arity: int, found: Mapping[tuple[int, ...], Certificate | None]) -> Certificate | None:
    """One certificate from those of the coefficients, if there are all."""
    right: list[Any] = []
    ideal: list[Any] = []
    for root, certificate in found.items():
        if certificate is None or certificate["empty"]:
            return None
        whole = Signed(arity, (), (), {root: Fraction(1)}).back(certificate)
        right += whole["right"]
        ideal += whole["ideal"]
        left = whole["left"]
    return {"empty": False, "squared": False, "left": left, "right": right, "ideal": ideal}


def listed(p: Polynomial) -> list[Any]:
    """A polynomial as the replay reads it."""
    return [[[c.numerator, c.denominator], list(m)] for m, c in sorted(p.items())]


def _poly(p: Polynomial, symbols: Sequence[sp.Symbol]) -> sp.Poly:
    return sp.Poly({m: sp.Rational(c.numerator, c.denominator) for m, c in p.items()} or {(0,) * len(symbols): 0}, *symbols, domain="QQ")


def _fractions(p: sp.Poly) -> Polynomial:
    return {m: Fraction(int(c.p), int(c.q)) for m, c in p.terms() if c}


def _ratio(factor: sp.Poly, row: sp.Poly) -> sp.Rational:
    """row / factor when that is a number, else 0."""
    if row.is_zero or factor.monoms() != row.monoms():
        return sp.S.Zero
    ratio = row.LC() / factor.LC()
    return ratio if factor * ratio == row else sp.S.Zero
