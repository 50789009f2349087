"""Why expressions are positive: certificates as the checker replays them, the simplest first."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import TYPE_CHECKING, Any

from symcat.checker import squares
from symcat.checker.expressions import ONE
from symcat.checker.forms import Refused
from symcat.checker.functions import IMPLIES
from symcat.checker.table import Expr
from symcat.prove.advice.laurent import cleared, data, kernels
from symcat.prove.inequality.search import LEVELS, certify

if TYPE_CHECKING:
    from symcat.prove.advice.scalars import Recorder

UNIT = [["1", []]]
SCALE = 10**40
MOST_ROWS, MOST_TERMS, MOST_VARIABLES, DEPTH, PAIRS = 30, 60, 8, 5, 5
QUICK, PATIENT = 0.3, 6.0
WANTED = {">0": (1,), ">=0": (0, 1), "!=0": (-1, 1)}


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
            return self._number(e, relation)
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
        """exp(u) > exp(v) for u > v, and log(f) > 0 for f > 1, by tangents."""
        run = self.run
        own = [run.things[a] for a in kernels(e)]
        if relation == "!=0" or any(thing[:2] not in (("call", "exp"), ("call", "log")) for thing in own):
            return None
        if len(e) == 1 and own[0][1] == "log" and next(iter(e))[1][0][1] == 1:
            (q,), f = e.values(), run.thaw(own[0][2][0])
            gap = run.add(run.scale(f, 1 if q > 0 else -1), {ONE: Fraction(-1 if q > 0 else 1)})
            log = run.scale(e, 1 / Fraction(q))
            if run.knows(gap, relation):
                rows = [["tangent", [], data(log)] if q > 0 else ["tangent", data(log), []], ["shown", data(gap), relation],
                        ["shown", data(f), ">0"]]
                return certificate(rows, [term([2] if q > 0 else [])], [term([0], abs(q)), term([1], abs(q))])
        if len(e) == 2 and sum(e.values()) == 0 and all(thing[1] == "exp" for thing in own):
            (_, first), (_, second) = sorted(e, key=lambda t: -e[t])
            u, v = (run.add(*[run.scale(run.thaw(run.things[a][2][0]), k) for a, k in factors]) for factors in (first, second))
            gap, q = run.add(u, run.scale(v, -1)), max(e.values())
            if run.knows(gap, relation):
                rows = [["tangent", data(u), data(v)], ["shown", data(gap), relation], ["power", [list(item) for item in second]]]
                return certificate(rows, [term([])], [term([0], q), term([1, 2], q)])
        return None


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
        levels = [level for level in LEVELS if not (self.below and level.squared)]
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
