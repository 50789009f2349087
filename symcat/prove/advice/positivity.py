"""Why expressions are positive: certificates as the checker replays them, the simplest first."""

from __future__ import annotations

from fractions import Fraction
from typing import TYPE_CHECKING, Any

from symcat.checker import squares
from symcat.checker.expressions import ONE
from symcat.checker.forms import Refused
from symcat.checker.functions import IMPLIES
from symcat.checker.table import Expr
from symcat.prove.advice.identities import UNIT, Search, certificate, ratio, term
from symcat.prove.advice.laurent import data, kernels

if TYPE_CHECKING:
    from symcat.prove.advice.scalars import Recorder

SCALE = 10**40
DEPTH = 5
QUICK, PATIENT = 0.3, 6.0
WANTED = {">0": (1,), ">=0": (0, 1), "!=0": (-1, 1)}


class Positivity:
    """The certificates of one recorder."""

    def __init__(self, run: Recorder) -> None:
        self.run = run
        self.failed: set[tuple] = set()
        self.wanted: Expr = {}

    def of(self, e: Expr, relation: str) -> Any:
        """Advice that `e relation`; None when there is none."""
        run = self.run
        for k, (_, h, stated) in enumerate(run.hypotheses):
            c = ratio(e, h) if stated in IMPLIES[relation] else None
            if c is not None and (c > 0 or relation == "!=0"):
                return [k, []]
        if not any(run.kind(a) == "hyper" for a in self._leaves(e)):
            return self._number(e, relation) or self._by_monotony(e, relation)
        label = run.text(e), relation, len(run.hypotheses)
        if label in self.failed or run.depth > DEPTH or set(run.numeric.signs(e)) - {None, *WANTED[relation], 0}:
            return None
        ways = (self._by_equations, self._by_factors, self._by_monotony, self._by_identity)
        found = next((advice for way in ways if (advice := way(e, relation))), None)
        if found is None:
            self.failed.add(label)
        return found

    def _leaves(self, e: Expr) -> set[int]:
        run, found, waiting = self.run, set(), list(kernels(e))
        while waiting:
            a = waiting.pop()
            if a not in found:
                found.add(a)
                waiting += [b for part in run.inside(a) for b in kernels(run.thaw(part))]
        return found

    def _number(self, e: Expr, relation: str) -> list | None:
        for scale in (10**20, SCALE, 10**200):
            try:
                low, high = squares.bounds(self.run, e, scale)
            except Refused:
                return None
            if low > 0 or (relation == ">=0" and low == 0) or (relation == "!=0" and high < 0):
                return ["number", scale]
        return None

    def _by_equations(self, e: Expr, relation: str) -> list | None:
        """From what is left of it where equations hold."""
        run = self.run
        rest = run.eliminate(e) if run.equations() else e
        gap = run.add(e, run.scale(rest, -1))
        if not gap or any(k < 0 for _, factors in gap for _, k in factors):
            return None
        if not rest:
            return certificate([["zero", data(e)]], [term([])], [], [[0, UNIT]]) if relation == ">=0" else None
        if not run.knows(rest, relation):
            return None
        factor = UNIT if relation != "!=0" else data(run.add(e, rest))
        return certificate([["zero", data(gap)], ["shown", data(rest), relation]], [term([])], [term([1])], [[0, factor]])

    def _by_factors(self, e: Expr, relation: str) -> list | None:
        """From the signs of factors: each a row as often as it stands; an even power of what has none is a square."""
        parts = self.run.parts(e)
        if parts is None or (len(parts[1]) == 1 and abs(parts[1][0][1]) == 1 and relation != "!=0"):
            return None
        c, rows, left, right, root = parts[0], [], [], [], {ONE: Fraction(1)}
        twice = 2 if relation == "!=0" else 1
        for f, k in parts[1]:
            found = self._row(f, strict=relation != ">=0" or k < 0)
            if found is None and k % 2 == 0 and k > 0 and relation == ">=0":
                root = self.run.product(root, self.run.power(f, k // 2))
                continue
            if found is None or (found[1] == 2 and k * twice % 2):
                return None
            row, size = found
            c *= -1 if size == -1 and k % 2 else 1
            (right if k > 0 else left).extend([len(rows)] * (abs(k * twice) // abs(size)))
            rows.append(row)
        c **= twice
        return certificate(rows, [term(left)], [term(right, c, data(root))]) if c > 0 else None

    def _row(self, f: Expr, strict: bool) -> tuple[list, int] | None:
        """A row that says that f (1), -f (-1) or its square (2) is positive."""
        run = self.run
        for relation in (">0",) if strict else (">0", ">=0"):
            for sign in (1, -1):
                if run.knows(run.scale(f, sign), relation):
                    return ["shown", data(run.scale(f, sign)), relation], sign
        for k, (_, h, stated) in enumerate(run.hypotheses):
            if stated == "!=0" and ratio(h, f) == 1:
                return ["known", k], 2
        return None

    # ---- contradictions
    def contradiction(self, e: Expr, relation: str) -> list | None:
        """That a hypothesis, the last one, says what is known to be otherwise."""
        run = self.run
        minus = run.scale(e, -1)
        known = ["known", next(k for k, (_, h, stated) in enumerate(run.hypotheses) if (h, stated) == (e, relation))]
        if relation in (">0", ">=0") and run.knows(minus, ">0"):
            return certificate([["shown", data(minus), ">0"], known], [term([0])], [term([1])])
        if relation in (">0", "!=0") and run.works(run.vanish, e):
            return certificate([known, ["zero", data(e)]], [term([0])], [], [[1, [["-1", []]] if relation == ">0" else data(minus)]])
        if relation == "=0":
            for sign, stated in ((1, ">0"), (-1, ">0"), (1, "!=0")):
                if run.knows(run.scale(e, sign), stated):
                    factor = [[str(-sign), []]] if stated == ">0" else data(minus)
                    return certificate([["shown", data(run.scale(e, sign)), stated], known], [term([0])], [], [[1, factor]])
        return None

    def empty(self) -> list | None:
        """That the hypotheses contradict each other."""
        return Search(self.run, {ONE: Fraction(-1)}, ">=0", True).certificate(PATIENT)

    def _by_identity(self, e: Expr, relation: str) -> list | None:
        patient = e == self.wanted
        if relation == "!=0" or not (patient or self.run.eager or self.run.numeric.points):
            return None
        return Search(self.run, e, relation, patient).certificate(PATIENT if patient else QUICK)

    def _by_monotony(self, e: Expr, relation: str) -> list | None:
        """exp(u) > exp(v) for u > v, and log(f) > u for f > exp(u), by tangents."""
        if relation == "!=0":
            return None
        plain = [factors[0][0] for _, factors in e if len(factors) == 1 and factors[0][1] == 1]
        logs = [a for a in plain if self.run.things[a][:2] == ("call", "log")]
        return next((found for a in logs if (found := self._logarithm(e, a, relation))), None) or self._exponentials(e, relation)

    def _logarithm(self, e: Expr, a: int, relation: str) -> list | None:
        """f (log f - u) >= f - exp(u), and exp(u) (u - log f) >= exp(u) - f."""
        run, term_ = self.run, ((), ((a, 1),))
        q, f, log = Fraction(e[term_]), run.thaw(run.things[a][2][0]), {term_: Fraction(1)}
        u = run.scale({t: c for t, c in e.items() if t != term_}, -1 / q)
        with run.trial():
            power = run.exponential(u)
        gap = run.scale(run.add(f, run.scale(power, -1)), 1 if q > 0 else -1)
        below = any(k < 0 for part in (gap, power, u) for _, factors in part for _, k in factors)
        if below or max(kernels(gap, power), default=0) >= len(run.things) or not run.knows(gap, relation):
            return None
        left = f if q > 0 else power
        tangent = ["tangent", data(u), data(log)] if q > 0 else ["tangent", data(log), data(u)]
        rows = [tangent, ["shown", data(gap), relation], ["shown", data(left), ">0"]]
        return certificate(rows, [term([2])], [term([0], abs(q)), term([1], abs(q))]) if run.knows(left, ">0") else None

    def _exponentials(self, e: Expr, relation: str) -> list | None:
        """exp(u) - exp(v) >= exp(v) (u - v)."""
        run = self.run
        if len(e) != 2 or sum(e.values()) != 0 or any(run.things[a][:2] != ("call", "exp") for a in kernels(e)):
            return None
        (_, first), (_, second) = sorted(e, key=lambda t: -e[t])
        u, v = (run.add(*[run.scale(run.thaw(run.things[a][2][0]), k) for a, k in factors]) for factors in (first, second))
        gap, q = run.add(u, run.scale(v, -1)), max(e.values())
        if any(k < 0 for part in (u, v) for _, factors in part for _, k in factors) or not run.knows(gap, relation):
            return None
        rows = [["tangent", data(u), data(v)], ["shown", data(gap), relation], ["power", [list(item) for item in second]]]
        return certificate(rows, [term([])], [term([0], q), term([1, 2], q)])
