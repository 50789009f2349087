"""Identities between sums of squares, searched for numerically and written as the checker reads them."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from symcat.checker import squares
from symcat.checker.expressions import ONE
from symcat.checker.table import Expr
from symcat.prove.advice.hints import hinted
from symcat.prove.advice.laurent import cleared, data, kernels
from symcat.prove.inequality.search import LEVELS, Level, certify

if TYPE_CHECKING:
    from symcat.prove.advice.scalars import Recorder

UNIT = [["1", []]]
MULTIPLIED = Level(0, 2, 1, False)       # the goal times a sum of single rows
MOST_ROWS, MOST_TERMS, MOST_VARIABLES, PAIRS = 30, 60, 8, 5


def certificate(rows: list, left: list, right: list, ideal: Sequence[list] = (), squared: bool = False) -> list:
    return ["identity", rows, left, right, list(ideal), int(squared)]


def term(factors: list[int], weight: Fraction | int = 1, root: list | None = None) -> list:
    return [factors, [[str(Fraction(weight)), root or UNIT]]]


def ratio(e: Expr, h: Expr) -> Fraction | None:
    """c with e = c h."""
    if e.keys() != h.keys() or not e:
        return None
    found = {Fraction(e[t]) / h[t] for t in e}
    return found.pop() if len(found) == 1 else None


class Search:
    """The search for an identity between sums of squares: rows for the certificate, and products of them as constraints."""

    def __init__(self, run: Recorder, e: Expr, relation: str, lemmas: bool) -> None:
        self.run, self.relation, self.with_lemmas = run, relation, lemmas
        self.rows: list[list] = []
        self.constraints: list[tuple[list[int], Expr, str]] = []
        self.goal, self.below = cleared(run, e)

    def certificate(self, seconds: float) -> list | None:
        if len(self.goal) > MOST_TERMS:
            return None
        multiplier = self._denominators(self.below)
        if multiplier is None:
            return None
        for more in multiplier[1]:
            self.goal = self.run.product(self.goal, more)
        self._collect()
        places = kernels(self.goal, *[e for _, e, _ in self.constraints])
        if len(places) > MOST_VARIABLES or len(self.constraints) > MOST_ROWS:
            return None
        constraints = [{"relation": r, "polynomial": self._poly(e, places)} for _, e, r in self.constraints]
        problem = {"variables": [f"v{k}" for k in range(max(len(places), 1))], "goal": self._poly(self.goal, places),
                   "strict": self.relation == ">0", "cell": False, "constraints": constraints}
        levels = [level for level in (*LEVELS[:2], MULTIPLIED, *LEVELS[2:]) if not (self.below and level.squared)]
        names = [str(self.run.things[a][1]) if self.run.kind(a) == "hyper" else "" for a in places]
        hints = [] if self.below else self.run.recording.hints
        found = next((moved for hint in hints if (moved := hinted(*hint, problem, names))), None)
        if found is None:
            found, _ = certify(problem, seconds, levels if self.with_lemmas else levels[:3])
        return self._written(found, multiplier[0], places) if found else None

    # ---- rows
    def _collect(self) -> None:
        """Hypotheses and signs of kernels that have to do with the goal."""
        run, near = self.run, set(kernels(self.goal))
        waiting = [(["known", k], *squares.row(run, ["known", k])) for k in range(1, len(run.hypotheses))]
        everything = not near
        while True:
            more = [item for item in waiting if everything or near & set(kernels(item[1]))]
            waiting = [item for item in waiting if item not in more]
            for item in more:
                self._enter(*item)
            fresh = set(kernels(*[e for _, e, _ in self.constraints])) - near
            near |= fresh
            if not more and not fresh:
                break
        if self.with_lemmas:
            for data_, e, relation in self._lemmas(sorted(near)):
                self._enter(data_, e, relation)
            near |= set(kernels(*[e for _, e, _ in self.constraints]))
        for a in sorted(near):
            own = {((), ((a, 1),)): Fraction(1)}
            sign = next((r for r in (">0", ">=0") if run.knows(own, r)), None) if run.kind(a) == "call" else None
            if sign:
                self._enter(["shown", data(own), sign], own, sign)
            self._relation(a)

    def _enter(self, row: list, e: Expr, relation: str) -> None:
        """A row, times denominators that are positive, as a constraint."""
        top, below = cleared(self.run, e)
        multiplier = self._denominators(below)
        if multiplier is None or len(top) > MOST_TERMS or not top:
            return
        for more in multiplier[1]:
            top = self.run.product(top, more)
        if not any(ratio(top, other) == 1 and known in (relation, ">0") for _, other, known in self.constraints):
            self.rows.append(row)
            self.constraints.append(([len(self.rows) - 1, *multiplier[0]], top, relation))

    def _relation(self, a: int) -> None:
        """What the checker reduces by itself: powers of roots and sines."""
        run, thing = self.run, self.run.things[a]
        if thing[:1] == ("call",) and (thing[1].startswith("root") or thing[1] == "sin"):
            n = 2 if thing[1] == "sin" else int(thing[1][4:])
            square = run.scale(run.atom_power(a, n), -1)
            if not any(k < 0 for _, factors in square for _, k in factors):
                self.constraints.append(([], {**square, ((), ((a, n),)): Fraction(1)}, "=0"))

    def _denominators(self, below: dict[int, int]) -> tuple[list[int], list[Expr]] | None:
        """Rows whose product is what denominators are multiplied by, and by what more than their powers."""
        run, numbers, more = self.run, [], []
        for a, k in below.items():
            body = run.thaw(run.things[a][1]) if run.kind(a) == "several" else {((), ((a, 1),)): Fraction(1)}
            if run.knows(body, ">0"):
                self.rows.append(["shown", data(body), ">0"])
                numbers += [len(self.rows) - 1] * k
                continue
            square = next((j for j, (_, h, stated) in enumerate(run.hypotheses) if stated == "!=0" and ratio(h, body) == 1), None)
            if square is None:
                return None
            self.rows.append(["known", square])
            numbers += [len(self.rows) - 1] * ((k + 1) // 2)
            more += [body] if k % 2 else []
        return numbers, more

    def _lemmas(self, near: list[int]) -> list[tuple[list, Expr, str]]:
        """What is known of exponentials, logarithms and waves."""
        run, found = self.run, []
        pairs: list[tuple[Expr, Expr]] = [({ONE: Fraction(1)}, {})]
        for a in near:
            thing, own = run.things[a], {((), ((a, 1),)): Fraction(1)}
            if thing[:1] != ("call",) or not thing[2]:
                continue
            argument = run.thaw(thing[2][0])
            if thing[1] == "exp":
                pairs.append((own, argument))
            elif thing[1] == "log":
                pairs.append((argument, own))
            elif thing[1] in ("sin", "cos"):
                found += [[kind, data(argument)] for kind in ("sine", "cosine")]
            elif thing[1] == "tanh":
                found += [["tanh", kind, data(argument)] for kind in ("small", "large")]
                found += [["below one", s, data(argument)] for s in (1, -1)]
        found += [["tangent", data(u), data(v)] for _, u in pairs[:PAIRS] for _, v in pairs[:PAIRS] if u != v]
        rows = []
        for row in found:
            with run.trial():
                e, relation = squares.row(run, row)
            if all(a < len(run.things) for a in kernels(e)):
                rows.append((row, e, relation))
        return rows

    # ---- certificates
    def _poly(self, e: Expr, places: list[int]) -> list:
        return [[list(Fraction(q).as_integer_ratio()), [dict(factors).get(a, 0) for a in places] or [0]] for (_, factors), q in e.items()]

    def _back(self, p: list, places: list[int]) -> list:
        return [[str(Fraction(*c)), [[a, k] for a, k in zip(places, m, strict=False) if k]] for c, m in p]

    def _written(self, found: dict[str, Any], multiplier: list[int], places: list[int]) -> dict[str, Any]:
        def cone(terms: list, more: list[int]) -> list:
            return [[[j for k in part["factors"] for j in self.constraints[k][0]] + more,
                     [[str(Fraction(*w)), self._back(base, places)] for w, base in part["squares"]]] for part in terms]
        ideal = []
        for k, p in found["ideal"]:
            numbers = self.constraints[k][0]
            if numbers:
                ideal.append([numbers[0], self._back(p, places)])
        return certificate(self.rows, cone(found["left"], multiplier), cone(found["right"], []), ideal, found["squared"])
