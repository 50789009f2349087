"""The recorder for goals over scalars: the checker's own replay of each cell, every question answered by search and written down."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from fractions import Fraction
from math import lcm
from typing import Any

from symcat.checker.cells import Again, Closed, Split
from symcat.checker.expressions import ONE
from symcat.checker.forms import Refused
from symcat.checker.formulas import read, stated
from symcat.checker.scalars import Scalars
from symcat.checker.table import Expr, Term
from symcat.prove.advice.laurent import Laurent, cleared, data, kernels
from symcat.prove.advice.numeric import Numeric
from symcat.prove.advice.positivity import Positivity
from symcat.prove.field import polynomial
from symcat.prove.field.polynomial import Limit

SECONDS = 20.0
MOST_CELLS = 130
RERUNS, TACTICS, DEPTH = 60, 60, 4
LEAST, LONG = 30, 4
NOTHING: frozenset[str] = frozenset()
ALLOWED = {">0": (1,), ">=0": (0, 1), "!=0": (-1, 1), "=0": (0,)}
Point = Mapping[str, Fraction]
Hint = tuple[Mapping[str, Any], Mapping[str, Any]]


class Rerun(Exception):
    """Begin again: a kernel needs another order than it had."""


class Recording:
    """What the cells of one goal share."""

    def __init__(self, goal: Mapping[str, Any], points: Sequence[Point], seconds: float, named: frozenset[str] = NOTHING,
                 hints: Sequence[Hint] = ()) -> None:
        self.goal, self.points = goal, [{name: float(q) for name, q in point.items()} for point in points]
        self.deadline = time.monotonic() + seconds
        self.orders: dict[str, int] = {}
        self.named, self.hints = named, hints
        self.cells = 0

    def tree(self) -> dict[str, Any]:
        for _ in range(RERUNS):
            self.cells = 0
            try:
                return self._cells((), ())
            except Rerun:
                continue
        raise Refused("too many orders")

    def _cells(self, before: tuple, signs: tuple[int, ...]) -> dict[str, Any]:
        for eager in (False, True):
            run = Recorder(self, before, signs, eager)
            try:
                run.decide(self.goal)
            except Split:
                advice = (*before, *run.tape)
                return {"advice": run.tape, "cells": [self._cells(advice, (*signs, sign)) for sign in (-1, 0, 1)]}
            except Refused:
                if eager:
                    raise
                continue
            self.cells += 1
            if self.cells > MOST_CELLS:
                raise Refused("too many cells")
            return {"advice": run.tape, "cells": []}
        raise Refused("no advice")


def advice(goal: Mapping[str, Any], points: Sequence[Point] = (), seconds: float = SECONDS,
           hints: Sequence[Hint] = ()) -> dict[str, Any] | None:
    """A proof of an equation or an inequality as the checker replays it; None when none is found.

    `points` lie inside the domain; `hints` are problems about polynomials with their certificates, as `certify` gives them.
    """
    return shown(read(goal) if goal["kind"] == "inequality" else {**goal, "relation": "=0"}, points, seconds, hints)


def programs(equation: Mapping[str, Any], seconds: float = SECONDS) -> dict[str, Any] | None:
    """A proof that two programs over scalars have equal outputs; None when none is found."""
    try:
        goals = stated(equation)
    except (Refused, KeyError, TypeError, ValueError):
        return None
    found = [shown(goal, (), seconds) for goal in goals]
    return None if None in found else {"outputs": [{"cells": one["cells"]} for one in found]}


def shown(goal: Mapping[str, Any], points: Sequence[Point], seconds: float, hints: Sequence[Hint] = ()) -> dict[str, Any] | None:
    """A proof of a goal in terms.

    Sums that stand in several places are names at first in what is long, which keeps powers of them from being multiplied out.
    """
    names = repeated(goal)
    ways = [(names, seconds / 3), (NOTHING, seconds)] if names else [(NOTHING, seconds)]
    for named, share in ways:
        recording = Recording(goal, points, share, named, hints)
        try:
            cells = recording.tree()
        except (Refused, Limit, ArithmeticError, RecursionError):
            continue
        return {"cells": cells, "inside": next((found for point in points if (found := _inside(recording, point))), None)}
    return None


def repeated(goal: Mapping[str, Any]) -> frozenset[str]:
    """The sums that stand more than once among the arguments of other operations, up to a factor and a constant."""
    count: dict[str, int] = {}
    places: dict[str, str] = {}
    seen: set[str] = set()
    waiting = [goal["lhs"], goal["rhs"]]
    while waiting:
        t = waiting.pop()
        if repr(t) in seen:
            continue
        seen.add(repr(t))
        parts = [part for part in t[1:] if isinstance(part, list)]
        waiting += parts
        for part in parts if t[0] != "add" else ():
            if part[0] == "add" and (label := _label(part)):
                places[repr(part)] = label
                count[label] = count.get(label, 0) + (2 if t[0] == "power" or label.count("|") >= LONG else 1)
    return frozenset(text for text, label in places.items() if count[label] > 1) if len(seen) >= LEAST else NOTHING


def _label(sum_: Sequence[Any]) -> str:
    """The summands of a sum as multiples of the first one; nothing for one summand and a constant."""
    found: dict[str, Fraction] = {}
    for part in sum_[1:]:
        scale, rest = (Fraction(part[1][1]), part[2:]) if part[0] == "mul" and part[1][0] == "number" else (Fraction(1), [part])
        if part[0] != "number":
            found[repr(rest)] = found.get(repr(rest), Fraction(0)) + scale
    ordered = sorted((text, scale) for text, scale in found.items() if scale)
    return "".join(f"{scale / ordered[0][1]} {text}|" for text, scale in ordered) if len(ordered) > 1 else ""


def _inside(recording: Recording, point: Point) -> dict[str, Any] | None:
    run = Recorder(recording, (), (), False, point)
    try:
        run.gap(recording.goal)
    except (Refused, Split, Closed, Again, Rerun):
        return None
    return {"point": {name: str(q) for name, q in point.items()}, "advice": run.tape}


class Recorder(Scalars):
    """A replay of one cell that finds its own advice after what is given."""

    def __init__(self, recording: Recording, before: Sequence[Any], signs: Sequence[int], eager: bool, point: Point | None = None) -> None:
        super().__init__((), signs, point)
        self.recording, self.before, self.eager = recording, list(before), eager
        self.used = 0
        self.tape: list[Any] = []
        self.numeric = Numeric(self, recording.points)
        self.positivity = Positivity(self)
        self.texts: dict[int, str] = {}
        self.tactics = self.depth = 0

    def ask(self, kind: str, *about: Any) -> Any:
        if self.used < len(self.before):
            self.used += 1
            return self.before[self.used - 1]
        if time.monotonic() > self.recording.deadline:
            raise Limit("time is up")
        answer = getattr(self, f"find_{kind}")(*about)
        self.tape.append(answer)
        return answer

    @contextmanager
    def trial(self) -> Iterator[None]:
        """What is done inside is forgotten."""
        tables = (self.ids, self.memo, self.read, self.texts)
        sizes, things, tape, hypotheses = [len(table) for table in tables], len(self.things), len(self.tape), len(self.hypotheses)
        points, signs = self.numeric.points, self.signs
        self.signs = iter(())
        self.depth += 1
        try:
            yield
        finally:
            self.depth -= 1
            self.signs, self.numeric.points = signs, points
            for column in (self.things, self.free, self.depths):
                del column[things:]
            del self.tape[tape:]
            del self.hypotheses[hypotheses:]
            for table, size in zip(tables, sizes, strict=True):
                while len(table) > size:
                    table.popitem()

    def works(self, step: Any, *about: Any) -> bool:
        """Whether a step of the replay goes through."""
        with self.trial():
            try:
                return step(*about) is not False
            except (Refused, Split, Again, Closed, Limit):
                return False

    def knows(self, e: Expr, relation: str) -> bool:
        return self.works(self.shown, e, relation)

    def require(self, e: Expr, relation: str) -> Expr:
        self.numeric.keep(e, ALLOWED[relation])
        return super().require(e, relation)

    # ---- answers
    def find_test(self, e: Expr, relation: str) -> int:
        return int(relation != "=0" and self.knows(e, relation))

    def find_defined(self) -> int:
        return int(self.recording.goal["relation"] == "=0")

    def find_cut(self, t: Sequence[Any]) -> int:
        return int(repr(t) in self.recording.named)

    def find_order(self, term: Term | tuple[str, int], least: int) -> int:
        label = f"root {self.text(self.thaw(term[1]))}" if term[0] == "root" else self.text({term: 1})
        before = self.recording.orders.setdefault(label, least)
        common = self.recording.orders[label] = lcm(before, least)
        if common != before:
            raise Rerun
        return common

    def text(self, e: Expr) -> str:
        """An expression in words that do not depend on the numbers of the table."""
        terms = ["*".join([str(q), *sorted(f"{self.kernel_text(a)}^{k}" for a, k in factors)]) for (_, factors), q in e.items()]
        return "+".join(sorted(terms))

    def kernel_text(self, a: int) -> str:
        if a not in self.texts:
            kind, name = self.things[a][0], self.things[a][1] if self.kind(a) in ("call", "hyper") else ""
            self.texts[a] = f"{kind} {name}({','.join(self.text(self.thaw(part)) for part in self.inside(a))})"
        return self.texts[a]

    def inside(self, a: int) -> tuple[int, ...]:
        """The expressions inside a kernel."""
        match self.things[a]:
            case ("call", _, parts):
                return parts
            case ("several", part) | ("cut", _, part, _):
                return (part,)
        return ()

    def find_require(self, e: Expr, relation: str) -> list | None:
        """That the cell is empty, where it is seen at once, or where a proof is wanted."""
        if self.point is not None:
            return None
        found = self.positivity.contradiction(e, relation) if e and not self.numeric.points else None
        if found is None and self.eager and not self.numeric.points:
            found = self.positivity.empty()
        return ["closed", found] if found else None

    def conclude(self, gap: Expr, relation: str) -> None:
        self.positivity.wanted = gap if relation != "=0" else {}
        super().conclude(gap, relation)

    # ---- other forms
    def find_factors(self, e: Expr) -> list | None:
        """A content and irreducible factors."""
        parts = self.parts(e)
        if parts is None:
            return None
        c, found = parts
        return None if len(found) == 1 and found[0][1] == 1 else [str(c), [[data(f), k] for f, k in found]]

    def parts(self, e: Expr) -> tuple[Fraction, list[tuple[Expr, int]]] | None:
        """An expression as a number and powers of irreducible factors, those of denominators too."""
        top, below = cleared(self, e)
        ring = Laurent(self, kernels(top))
        c, found = polynomial.factors(ring.poly(top))
        powers = {tuple(sorted(ring.back(f).items())): k for f, k in found}
        for a, k in below.items():
            body = self.thaw(self.things[a][1]) if self.kind(a) == "several" else {((), ((a, 1),)): Fraction(1)}
            own = Laurent(self, kernels(body))
            d, inner = polynomial.factors(own.poly(body))
            c /= d**k
            for f, n in inner:
                label = tuple(sorted(own.back(f).items()))
                powers[label] = powers.get(label, 0) - n * k
        left = [(dict(label), k) for label, k in powers.items() if k]
        return (c, sorted(left, key=lambda item: (len(item[0]), self.text(item[0])))) if left else None

    def find_signed(self, e: Expr) -> list | None:
        """Factors that are not negative; or what to tell apart before there are some."""
        parts = self.parts(e)
        if parts is None:
            return None
        c, found = parts
        if len(found) == 1 and found[0][1] == 1:
            f = found[0][0]
            return None if c == 1 else [str(abs(c)), [[data(f if c > 0 else self.scale(f, -1)), 1]]]
        chosen = []
        for f, k in found:
            sign = self.side(f)
            if sign is None:
                return ["split", data(self.simpler(self.eliminate(f)))]
            c *= sign ** abs(k)
            chosen.append([data(self.scale(f, sign)), k])
        if c < 0:
            return self.opposed(e, [f for f, _ in found])
        return [str(c), chosen]

    def opposed(self, e: Expr, factors: Sequence[Expr]) -> list:
        """What is not negative and by its factors not positive: empty, or to be told apart further."""
        stated = next((r for _, h, r in self.hypotheses if h == e and r in (">0", ">=0")), None)
        found = self.positivity.contradiction(e, stated) if stated else None
        if found:
            return ["closed", found]
        rest = [f for f in factors if not self.knows(f, ">0") and not self.knows(self.scale(f, -1), ">0")]
        if not rest:
            raise Refused("a negative number under a root or a logarithm")
        return ["split", data(rest[0])]

    def side(self, f: Expr) -> int | None:
        """1 for what is not negative, -1 for what is not positive."""
        seen = set(self.numeric.signs(f)) - {None, 0}
        return next((s for s in (1, -1) if -s not in seen and self.knows(self.scale(f, s), ">0")), None) or \
            next((s for s in (1, -1) if -s not in seen and self.knows(self.scale(f, s), ">=0")), None)

    def find_restate(self, e: Expr) -> list | None:
        """The form of an argument that all equal arguments have."""
        if not any(k < 0 for _, factors in e for _, k in factors) and not self.equations():
            return None
        other = self.plainest(e)
        return data(other) if other != e and self.works(self.same, e, other) else None

    def plainest(self, e: Expr) -> Expr:
        """Without what equations eliminate, each denominator where it is needed."""
        e = self.eliminate(e)
        top, below = cleared(self, e)
        sums = {a: k for a, k in below.items() if self.kind(a) == "several"}
        single = {a: k for a, k in below.items() if a not in sums}
        if not sums:
            return e
        bodies = {a: self.thaw(self.things[a][1]) for a in sums}
        ring = Laurent(self, sorted(kernels(top, *bodies.values()), key=self.kernel_text))
        numerator, denominator = ring.poly(top), polynomial.constant(1)
        for a in sums:
            denominator *= ring.poly(bodies[a]) ** sums[a]
        whole, rest = divmod(numerator, denominator)
        parts = [ring.back(whole, single)]
        for monomial, c in polynomial.terms(rest):
            left, part = dict(sums), polynomial.build({monomial: polynomial.fmpq(c.numerator, c.denominator)})
            for a in sums:
                body = ring.poly(bodies[a])
                while left[a] and (smaller := polynomial.quotient(part, body)) is not None:
                    part, left[a] = smaller, left[a] - 1
            parts.append(ring.back(part, single | {a: k for a, k in left.items() if k}))
        return self.add(*parts)

    def eliminate(self, e: Expr) -> Expr:
        """What is left of an expression where the equations hold."""
        for _ in range(DEPTH):
            steps = [step for k, h in self.equations() if (step := self.divided(e, k, h))]
            if not steps:
                break
            e = steps[0][1]
        return e

    # ---- zero
    def equations(self) -> list[tuple[int, Expr]]:
        return [(k, h) for k, (_, h, relation) in enumerate(self.hypotheses) if relation == "=0" and h
                and not any(n < 0 for _, factors in h for _, n in factors)]

    def divided(self, e: Expr, k: int, h: Expr) -> tuple[list, Expr] | None:
        """The step that takes a multiple of an equation from an expression, and what is left; None when it changes nothing."""
        top, below = cleared(self, e)
        if any(self.kind(a) == "several" for a in below):
            return None
        first = self.eliminated(h)
        ring = Laurent(self, [*first, *sorted(set(kernels(top, h)) - set(first), reverse=True)])
        quotient, _ = divmod(ring.poly(top), ring.poly(h))
        if quotient == 0:
            return None
        factor = ring.back(quotient, below)
        return ["multiple", k, data(factor)], self.add(e, self.scale(self.product(h, factor), -1))

    def eliminated(self, h: Expr) -> list[int]:
        """The kernel that an equation is solved for: a variable, or the newest, that stands in it once and alone."""
        alone = [factors[0][0] for _, factors in h if len(factors) == 1 and factors[0][1] == 1]
        once = [a for a in alone if sum(a == b for _, factors in h for b, _ in factors) == 1]
        plain = [a for a in once if self.kind(a) == "hyper"]
        return [max(plain or once)] if once else []

    def find_vanish(self, e: Expr) -> list:
        self.tactics += 1
        if self.tactics > TACTICS:
            raise Refused("too many steps")
        for k, h in self.equations():
            if step := self.divided(e, k, h):
                return step[0]
        cuts = [a for a in kernels(e) if self.kind(a) == "cut"]
        if cuts:
            return ["open", max(cuts)]
        if not self.eager or self.numeric.points or self.depth:
            roots = [a for a in kernels(e) if self.things[a][:2] == ("call", "root2")]
            for a in sorted(roots, reverse=True) if self.depth < DEPTH else ():
                if self.works(self.conjugate, e, a):
                    return ["root", a]
        elif found := self.positivity.empty():
            return ["closed", found]
        raise Refused("the difference is not 0")

    # ---- signs
    def find_sign(self, e: Expr) -> Any:
        seen = set(self.numeric.signs(e)) - {None}
        for s in (1, -1):
            if seen <= {s} and self.knows(self.scale(e, s), ">0"):
                return s
        if seen <= {0} and self.works(self.vanish, e):
            return 0
        parts = self.parts(e)
        for f, _ in parts[1] if parts else ():
            if not (self.knows(f, ">0") or self.knows(self.scale(f, -1), ">0")) and not self.works(self.vanish, f):
                return ["split", data(self.simpler(self.eliminate(f)))]
        return ["split", data(e)]

    def simpler(self, f: Expr) -> Expr:
        """Something with the same sign: x - y for exp(x) - exp(y)."""
        monomials = [[self.things[a] for a, _ in factors] for _, factors in f]
        if len(f) == 1 and len(monomials[0]) == 1 and monomials[0][0][:2] == ("call", "log"):
            return self.add(self.thaw(monomials[0][0][2][0]), {ONE: Fraction(-1)})
        if len(f) == 2 and sum(f.values()) == 0 and all(thing[:2] == ("call", "exp") for one in monomials for thing in one):
            parts = [self.scale(self.thaw(self.things[a][2][0]), k * q) for (_, factors), q in f.items() for a, k in factors]
            return self.scale(self.add(*parts), 1 / max(f.values()))
        return f

    def find_granted(self, e: Expr, relation: str) -> Any:
        return self.positivity.of(e, relation)

    def find_conclude(self, gap: Expr) -> Any:
        if self.eager and (found := self.positivity.empty()):
            return ["closed", found]
        raise Refused("the inequality is not shown")
