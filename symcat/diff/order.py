"""Whether one of two elementwise rules never moves further than the other, given the same gradients.

The displacements of one step have common factors; what is left is followed through sums, roots and reciprocals, which are
monotone, to two quantities of which one is never greater than the other.  That is proved for every step by induction over a
machine that runs both rules and keeps what they have in common once; that this machine runs b is a second induction.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import sympy as sp

from symcat.category.expression import At
from symcat.category.morphism import Builder, Morphism
from symcat.category.space import Real, Space, Wire
from symcat.diff import machines
from symcat.diff.pair import Pair, foreign
from symcat.diff.paths import Screen
from symcat.diff.settle import corrections
from symcat.diff.term import partners
from symcat.laws.claim import Claim
from symcat.laws.induction import Induction, Invariance, Machine
from symcat.learn.optimisers.entry import entry
from symcat.prove.cache import Store, default_folder
from symcat.prove.induction import inductive
from symcat.prove.worker import settle_claim
from symcat.verdict import Verdict

ONE = Wire(Real, ())
UPPER, LOWER = "upper", "lower"
SLACK = 1 + 1e-9
Formulas = Mapping[str, sp.Expr]


@dataclass(frozen=True)
class Ordered:
    """Which rule moves less, the two quantities that say so, and the verdict."""

    less: str
    more: str
    text: str
    verdict: Verdict
    same: Verdict


def ordered(pair: Pair, screen: Screen, late: Callable[[], bool]) -> Ordered | None:
    """The order of the displacements, proved; None where there is none, or none is shown."""
    first = entry(pair.a), entry(pair.b)
    if pair.look or pair.data or None in first or late():
        return None
    directions = _directions(screen)
    formulas = _formulas(pair)
    if directions[0] == directions[1] or formulas is None:
        return None
    left, right, merged = formulas
    p = sp.Symbol("p", real=True)
    parts = Parts(pair).narrowed(left["p"] - p, right["p"] - p)
    if parts is None:
        return None
    x, y, up = parts
    less = 0 if directions[0] else 1
    low, high = (x, y) if up == (less == 0) else (y, x)
    both = _both(pair, merged, low, high)
    guesses = _guesses(pair, screen, merged)
    part = machines.following(both, (UPPER, LOWER))
    known = {*part.states.names, *(s.name for s in part.step.hypers)}
    mine = lambda c: {s.name for s in c.free_symbols} <= known
    facts = tuple(fact for fact in pair.facts if mine(fact.expr))
    signs = inductive(part, facts, tuple(filter(mine, corrections(both, both, pair))))
    signs = tuple(c for c in signs if not {s.name for s in c.free_symbols} & {UPPER, LOWER})
    condition = sp.Ge(sp.Symbol(UPPER, real=True), sp.Symbol(LOWER, real=True))
    verdict = None
    for guess in [(one,) for one in filter(mine, guesses)] or [()]:
        if not late() and (verdict is None or not verdict.proved):
            says = guess if guess and _says(guess[0], low, high, _news(left, right, merged)) else (condition,)
            verdict = _verdict(pair, "order", Invariance(part, says, (*signs, *guess), facts))
    if verdict is None or not verdict.proved or late():
        return None
    same = _verdict(pair, "one machine", _runs_b(pair, both, merged))
    if not same.proved:
        return None
    rules = (pair.a.name, pair.b.name)
    return Ordered(rules[less], rules[1 - less], f"{high} >= {low}", verdict, same)


def _news(left: Formulas, right: Formulas, merged: Mapping[str, str]) -> dict[sp.Symbol, sp.Expr]:
    """The states of the machine for both with what they are after a step."""
    theirs = {sp.Symbol(f"{name}_b", real=True): e for name, e in right.items() if name not in merged}
    return {sp.Symbol(name, real=True): e for name, e in left.items()} | theirs


def _says(guess: sp.Basic, low: sp.Expr, high: sp.Expr, news: Mapping[sp.Symbol, sp.Expr]) -> bool:
    """Whether a guess about states, s <= r e, says `low <= high` after a step by its form: high is the new r, and low the new s / e."""
    small, great = (side.subs(news, simultaneous=True) for side in guess.args)
    return isinstance(guess, sp.LessThan) and sp.cancel(small / low - great / high) == 0


def _verdict(pair: Pair, words: str, goal: Invariance | Induction) -> Verdict:
    claim = Claim(f"{pair.a.name} and {pair.b.name}: {words}", "one of two optimisers never moves further", "the two rules", lambda: goal,
                  equality="as functions")
    return settle_claim(claim, Store(default_folder())).verdict


def _directions(screen: Screen) -> tuple[bool, bool]:
    """Whether a never moves further than b, and b never further than a, in floats."""
    found = [True, True]
    for point in screen.points:
        moves = []
        for side in (0, 1):
            run = screen.run(side, point, {}, False, len(point.inputs))
            moves.append(np.abs(np.diff(np.stack([states[0] for states in run.states]), axis=0)))
        fine = np.isfinite(moves[0]) & np.isfinite(moves[1])
        one, other = moves[0][fine], moves[1][fine]
        found = [found[0] and bool(np.all(one <= other * SLACK + 1e-12)), found[1] and bool(np.all(other <= one * SLACK + 1e-12))]
    return found[0], found[1]


# ---- formulas
def _formulas(pair: Pair) -> tuple[Formulas, Formulas, dict[str, str]] | None:
    """The formulas of both in states of a and, for states that they do not share, of b with `_b` behind; and the states they share."""
    own, theirs = entry(pair.a), entry(pair.b)
    same = partners(pair.a.state_names, pair.b.state_names)
    starts = [{row.name: row.initial for row in rule.states} for rule in (pair.a, pair.b)]
    f, g = pair.machines(ONE)
    merged = {b: a for b, a in same.items() if a in f.states.names and b in g.states.names
              and not callable(starts[0][a]) and starts[0][a] == starts[1][b]}
    hypers = {row.symbol: pair.values[foreign(row.symbol)] for row in pair.b.hypers}
    left = {name: e.xreplace(dict(pair.premises)) for name, e in own.outputs.items()}
    while True:
        names = {sp.Symbol(b, real=True): sp.Symbol(merged.get(b, f"{b}_b"), real=True) for b in pair.b.state_names}
        right = {name: e.subs({**names, **hypers}, simultaneous=True) for name, e in theirs.outputs.items()}
        kept = {b: a for b, a in merged.items() if sp.expand(left[a] - right[b]) == 0}
        if kept == merged:
            p = sp.Symbol("p", real=True)
            moved = any(left[a].has(p) for a in merged.values()) or any(e.has(p) for n, e in (*left.items(), *right.items()) if n != "p")
            alike = {right[b]: left[a] for b, a in merged.items() if right[b] != left[a]}
            return None if moved else (left, {name: e.xreplace(alike) for name, e in right.items()}, merged)
        merged = kept


@dataclass(frozen=True)
class Parts:
    """The descent from two displacements to what decides their order."""

    pair: Pair

    def narrowed(self, x: sp.Expr, y: sp.Expr) -> tuple[sp.Expr, sp.Expr, bool] | None:
        """u and v such that |x| <= |y| wherever u <= v (or, when the last is false, u >= v)."""
        x, y = _without_common(sp.Mul, x, y)
        if not (self.sign(x) and self.sign(y)):
            return (x**2, y**2, True) if x != y else None
        up = True
        while True:
            if x == y:
                return None
            if x.is_Add and y.is_Add:
                u, v = _without_common(sp.Add, x, y)
            elif x.is_Pow and y.is_Pow and x.exp == y.exp and x.exp.is_Rational and self._monotone(x, y):
                u, v, up = x.base, y.base, up == (x.exp > 0)
            elif any(_rooted(e) for e in (x, y)) and self.sign(x) and self.sign(y):
                u, v = x**2, y**2
            else:
                return x, y, up
            if (u, v) == (x, y):
                return x, y, up
            x, y = u, v

    def _monotone(self, x: sp.Pow, y: sp.Pow) -> bool:
        strict = x.exp < 0
        rooted = x.exp.q == 2 and not strict
        return rooted or all(self.sign(e.base) in (("+",) if strict else ("+", "0")) for e in (x, y))

    def sign(self, e: sp.Expr) -> str:
        """"+" for positive, "0" for at least 0, "" for not known."""
        if e.is_number:
            return "+" if e > 0 else "0" if e == 0 else ""
        if e.is_Symbol:
            row = self.pair.hypers.get(e)
            low = None if row is None else row.low
            return "" if low is None or low < 0 else "+" if low > 0 or row.open_low else "0"
        if e.is_Pow:
            inner = self.sign(e.base)
            return inner if inner else "0" if e.exp.is_Rational and (e.exp.q == 2 or e.exp.p % 2 == 0) else ""
        signs = [self.sign(part) for part in e.args] if e.is_Add or e.is_Mul else [""]
        if "" in signs:
            return ""
        return ("+" if "+" in signs else "0") if e.is_Add else ("0" if "0" in signs else "+")


def _rooted(e: sp.Expr) -> bool:
    """Whether an expression is a product with a root among its factors."""
    return any(part.is_Pow and part.exp.is_Rational and part.exp.q == 2 for part in sp.Mul.make_args(e))


def _without_common(kind: type, x: sp.Expr, y: sp.Expr) -> tuple[sp.Expr, sp.Expr]:
    """Two sums or products without the parts that they share."""
    mine, yours = list(kind.make_args(x)), list(kind.make_args(y))
    for part in list(mine):
        if part in yours:
            mine.remove(part)
            yours.remove(part)
    return kind(*mine), kind(*yours)


# ---- one machine for both
def _both(pair: Pair, merged: Mapping[str, str], low: sp.Expr, high: sp.Expr) -> Machine:
    """Both rules on one entry: what they share once, the two quantities as states, b's parameter as output."""
    f, g = pair.machines(ONE)
    extra = [name for name in g.states.names if name not in merged]
    own = Space((*f.states.wires, *((f"{name}_b", ONE) for name in extra), (UPPER, ONE), (LOWER, ONE)))
    build = Builder()
    states = dict(zip(own.names, build.inputs(own), strict=True))
    g_in = build.input("g", ONE)
    left = build.call(f.step, (*(states[name] for name in f.states.names), g_in))
    theirs = [states[merged[name]] if name in merged else states[f"{name}_b"] for name in g.states.names]
    right = dict(zip((*g.states.names, "out"), build.call(g.step, (*theirs, g_in)), strict=True))
    place = {sp.Symbol(name, real=True): At(name) for name in (*own.names, "g")}
    quantities = [build.gather((), lambda e=e: e.xreplace(place), name=name) for name, e in ((UPPER, high), (LOWER, low))]
    outs = (*left[: len(f.states)], *(right[name] for name in extra), *quantities, right["out"])
    step = build.build(outs, (*own.names, "out"))
    start = Builder()
    p = start.input("p", ONE)
    first, second = start.call(f.start, (p,)), dict(zip(g.states.names, start.call(g.start, (p,)), strict=True))
    zero = start.zero(ONE)
    return Machine(step, start.build((*first, *(second[name] for name in extra), zero, zero), own.names))


def _runs_b(pair: Pair, both: Machine, merged: Mapping[str, str]) -> Induction:
    """That the machine for both puts out b's path."""
    _, g = pair.machines(ONE)
    build = Builder()
    given = dict(zip(both.states.names, build.inputs(both.states), strict=True))
    relation: Morphism = build.build([given[merged[name]] if name in merged else given[f"{name}_b"] for name in g.states.names],
                                     g.states.names)
    return Induction(both, g, relation, inductive(both, pair.facts), pair.facts)


def _guesses(pair: Pair, screen: Screen, merged: Mapping[str, str]) -> tuple[sp.Basic, ...]:
    """Orders between states that go together, perhaps up to a factor 1 - h^t, that hold in all runs."""
    same = {b: a for b, a in partners(pair.a.state_names, pair.b.state_names).items() if b not in merged}
    f, g = screen.machines
    runs = [[screen.run(side, point, {}, False, len(point.inputs)) for point in screen.points] for side in (0, 1)]
    values = lambda side, names, name: [np.stack([s[names.index(name)] for s in run.states]) for run in runs[side]]
    counters = [name for name in f.states.names if not f.states[name].shape]
    found: list[sp.Basic] = []
    for b, a in same.items():
        if a not in f.states.names or b not in g.states.names:
            continue
        x, y = values(0, f.states.names, a), values(1, g.states.names, b)
        xs, ys = sp.Symbol(a, real=True), sp.Symbol(f"{b}_b", real=True)
        factors = [(sp.S.One, [1.0] * len(x))]
        for t in counters:
            for symbol, row in pair.hypers.items():
                if row.high == 1:
                    powers = [1 - point.hypers[symbol] ** np.asarray(n, dtype=float).reshape(-1, *[1] * (x[0].ndim - 1))
                              for point, n in zip(screen.points, values(0, f.states.names, t), strict=True)]
                    factors.append((1 - symbol ** sp.Symbol(t, real=True), powers))
        for small, great, us, vs in ((ys, xs, y, x), (xs, ys, x, y)):
            found += [small <= great * e for e, scale in reversed(factors)
                      if all(np.all(u <= v * s * SLACK + 1e-12) for u, v, s in zip(us, vs, scale, strict=True))]
    return tuple(found)
