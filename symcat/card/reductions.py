"""What a rule reduces to: at which edges of its hyperparameters it moves parameters exactly as one of its relatives does.

Candidates are found in floats, on a random sequence of gradients: the edges, the relative's rate, and a scale for each of its
states.  Each becomes a claim, that the path of the parameters is the same at every step, for all shapes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import combinations, permutations, product

import numpy as np
import sympy as sp
from sympy.core.relational import Relational

from symcat.card.relatives import RATES, RELATIVES, VARIANTS, written
from symcat.card.watched import watched
from symcat.category.evaluate import evaluate
from symcat.category.expression import At, scalar
from symcat.category.morphism import Builder, Morphism
from symcat.laws.claim import Claim
from symcat.laws.induction import Induction, Machine, machine
from symcat.learn.optimisers import Optimiser
from symcat.prove.induction import inductive

STEPS = 7
MOST_EDGES = 5      # hyperparameters that are moved to edges together
NEAR = 1e-9
SOURCE = "searched among edges of the hyperparameters"


@dataclass(frozen=True)
class Reduction:
    """`rule` at the edges `when` is `relative` with `hypers`, whose states are multiples of the rule's; `claim` says so."""

    relative: str
    when: Mapping[str, sp.Rational]
    hypers: Mapping[str, sp.Expr]
    claim: Claim


def reductions(rule: Optimiser, carried: Sequence[Relational] | None = None) -> tuple[Reduction, ...]:
    """The relatives that a rule reduces to, each at its fewest edges; none for rules that read more than a gradient.

    `carried` are the conditions on states that proofs go by; those of signs are looked for when none are given.

    >>> from symcat.learn.optimisers import momentum
    >>> [(found.relative, dict(found.when)) for found in reductions(momentum)]
    [('plain descent', {'gamma': 0}), ('momentum', {})]
    """
    if rule.data or len(rule.hypers) > 12:
        return ()
    given = _Numbers(rule)
    found: list[Reduction] = []
    variant = written(rule)
    carried = inductive(machine(rule)) if carried is None else carried
    for relative in RELATIVES:
        if relative in VARIANTS and relative is not variant:
            continue
        seen: list[frozenset] = []
        for when in _edges(rule):
            if any(old <= set(when.items()) for old in seen):
                continue
            match = given.match(relative, when)
            if match is not None:
                seen.append(frozenset(when.items()))
                found.append(_reduction(rule, relative, when, *match, tuple(carried)))
    return tuple(found)


def _edges(rule: Optimiser) -> Iterator[dict[str, sp.Rational]]:
    """Hyperparameters at their edges: none, then one, then two, ..."""
    edges = {row.name: tuple(_edge_values(row)) for row in rule.hypers if not re.fullmatch(RATES, row.name)}
    names = [name for name, values in edges.items() if values]
    for count in range(min(len(names), MOST_EDGES) + 1):
        for chosen in combinations(names, count):
            for values in product(*(edges[name] for name in chosen)):
                yield dict(zip(chosen, values, strict=True))


def _edge_values(row) -> Iterator[sp.Rational]:
    if row.low is None or row.low == 0:
        yield sp.S.Zero
    if row.high is None and not (row.low == 0 and row.open_low):
        yield sp.S.One


class _Numbers:
    """Paths in floats, at one random point."""

    def __init__(self, rule: Optimiser) -> None:
        random = np.random.default_rng(7)
        self.rule = rule
        self.wire = rule.wire
        shape = tuple(int(extent) if extent.is_Integer else 3 for extent in rule.shape)
        self.p = random.normal(size=shape)
        self.gradients = random.normal(size=(STEPS, *shape))
        self.values = {row.name: _value(row, k) for k, row in enumerate(rule.hypers)}
        self.paths: dict[tuple, list | None] = {}

    @cached_property
    def scales(self) -> dict[sp.Expr, float]:
        """Products of rates and of 1 - b, with their values: what a rate or a state may be a multiple by."""
        symbols = {row.name: row.symbol for row in self.rule.hypers}
        betas = [row for row in self.rule.hypers if (row.low, row.high) == (0, 1)][:3]
        factors = [(1, 1 - b, 1 / (1 - b)) for b in (*(symbols[row.name] for row in betas), *_given(self.rule)[:2])]
        rates = [row.symbol for row in self.rule.hypers if row.low == 0 and row.open_low and row.high is None]
        factors.append((1, *rates, *(1 / rate for rate in rates)))
        found = {}
        for parts in product((1, -1), *factors):
            e = scalar(sp.Mul(*parts))
            found[e] = float(e.xreplace({symbols[name]: sp.Float(value) for name, value in self.values.items()}))
        return dict(sorted(found.items(), key=lambda item: sp.count_ops(item[0])))

    def match(self, relative: Optimiser, when: Mapping[str, sp.Rational]) -> tuple[dict[str, sp.Expr], dict[str, tuple]] | None:
        """The relative's hyperparameters and states in terms of the rule's, when the two agree for some steps."""
        own = self.path(self.rule, {**self.values, **{name: float(value) for name, value in when.items()}})
        if own is None or np.allclose(own[-1][0], self.p, rtol=NEAR, atol=NEAR):
            return None
        left = [row.name for row in self.rule.hypers if row.name not in when]
        for assigned in _assignments(relative, self.rule, left):
            values = {name: float(e) if e.is_number else self.values[e.name] for name, e in assigned.items()}
            theirs = self.path(relative, {**values, "lr": 1.0})
            if theirs is None:
                continue
            rate = _factor([here[0] - self.p for here in own], [there[0] - self.p for there in theirs])
            if rate is None:
                continue
            symbol = self.named(rate, when)
            if symbol is None:
                continue
            hypers = {"lr": symbol, **assigned}
            states = self.states(relative, own, self.path(relative, {**values, "lr": rate}), when)
            alike = states is not None and self.looks_alike(relative, {**values, "lr": rate}, own, when)
            if alike and self.agrees_at_defaults(relative, hypers, when):
                return hypers, states
        return None

    def agrees_at_defaults(self, relative: Optimiser, hypers: Mapping[str, sp.Expr], when: Mapping) -> bool:
        """Whether the paths agree at the default values, too, which may be another branch of the rule."""
        defaults = {row.symbol: self.rule.value(row.name) for row in self.rule.hypers}
        if any(value is None for value in defaults.values()):
            return True
        own = self.path(self.rule, {s.name: float(when.get(s.name, value)) for s, value in defaults.items()})
        theirs = self.path(relative, {name: float(e.xreplace(defaults)) for name, e in hypers.items()})
        return own is None or theirs is None or np.allclose([here[0] for here in own], [there[0] for there in theirs], rtol=NEAR, atol=NEAR)

    def states(self, relative: Optimiser, own: list, theirs: list | None, when: Mapping) -> dict[str, tuple] | None:
        """Each state of the relative as a multiple of one of the rule's."""
        found = {}
        for k, name in enumerate(relative.state_names, start=1):
            for j, candidate in enumerate(self.rule.state_names, start=1):
                if theirs is None or np.shape(own[0][j]) != np.shape(theirs[0][k]):
                    continue
                factor = _factor([there[k] for there in theirs], [here[j] for here in own])
                symbol = None if factor is None else self.named(factor, when)
                if symbol is not None:
                    found[name] = (candidate, symbol)
                    break
            else:
                return None
        return found

    def looks_alike(self, relative: Optimiser, hypers: Mapping[str, float], own: list, when: Mapping) -> bool:
        """Whether the two take their gradients at the same points."""
        if not (self.rule.look or relative.look):
            return True
        mine = {**self.values, **{name: float(value) for name, value in when.items()}}
        theirs = self.path(relative, hypers)
        return theirs is not None and all(np.allclose(self.looked(self.rule, here, mine), self.looked(relative, there, hypers), rtol=NEAR)
                                          for here, there in zip(own, theirs, strict=True))

    def looked(self, rule: Optimiser, here: Sequence[np.ndarray], hypers: Mapping[str, float]) -> np.ndarray:
        return _evaluated(rule._look(self.wire), here, hypers)[0] if rule.look else here[0]

    def named(self, value: float, when: Mapping) -> sp.Expr | None:
        """The simplest product of rates with a value, free of what is at an edge."""
        moved = {sp.Symbol(name, real=True) for name in when}
        near = (e for e, number in self.scales.items() if abs(number - value) <= NEAR * abs(value))
        return next((e for e in near if not e.free_symbols & moved), None)

    def path(self, rule: Optimiser, hypers: Mapping[str, float]) -> list | None:
        """Parameter and states after each step; None where they are not finite."""
        key = (id(rule.rule), tuple(sorted(hypers.items())))
        if key not in self.paths:
            self.paths[key] = self._run(rule, hypers)
        return self.paths[key]

    def _run(self, rule: Optimiser, hypers: Mapping[str, float]) -> list | None:
        here = [self.p, *(_evaluated(rule.start(self.wire), (self.p,), hypers) if rule.states else ())]
        found, step = [], rule.step(self.wire)
        for g in self.gradients:
            here = _evaluated(step, (here[0], g, *here[1:]), hypers)
            if not all(np.all(np.isfinite(array)) for array in here):
                return None
            found.append(here)
        return found


def _evaluated(f: Morphism, inputs: Sequence[np.ndarray], hypers: Mapping[str, float]) -> list[np.ndarray]:
    return evaluate(f, inputs, hypers={symbol: hypers[symbol.name] for symbol in f.hypers})


def _value(row, k: int) -> float:
    """A value in the range, unlike those of others."""
    low = 0.0 if row.low is None else float(row.low)
    high = low + 1.0 if row.high is None else float(row.high)
    return low + (high - low) * (0.31 + 0.61803398875 * (k + 1)) % 0.8 + 0.05 * (high - low)


def _factor(left: Sequence[np.ndarray], right: Sequence[np.ndarray]) -> float | None:
    """c with left = c right, at every step."""
    a, b = np.concatenate([np.ravel(x) for x in left]), np.concatenate([np.ravel(x) for x in right])
    size = float(b @ b)
    if not size:
        return None
    c = float(a @ b) / size
    return c if c and np.allclose(a, c * b, rtol=NEAR, atol=NEAR * np.max(np.abs(a))) else None


def _assignments(relative: Optimiser, rule: Optimiser, left: Sequence[str]) -> Iterator[dict[str, sp.Expr]]:
    """The relative's hyperparameters but its rate: each one of the rule's with the same range, or a value that it was fixed at.

    An eps that is not there is 0.
    """
    rows = {row.name: row for row in rule.hypers}
    wanted = [row for row in relative.hypers if row.name not in ("lr", "eps")]
    pool = [*(rows[name].symbol for name in left if (rows[name].low, rows[name].high) == (0, 1)), *_given(rule)]
    small = [name for name in left if name.startswith("eps")] if any(row.name == "eps" for row in relative.hypers) else None
    for chosen in permutations(pool, len(wanted)):
        found = {row.name: e for row, e in zip(wanted, chosen, strict=True)}
        for eps in [()] if small is None else [*small, None]:
            yield found if eps == () else found | {"eps": sp.S.Zero if eps is None else rows[eps].symbol}


def _given(rule: Optimiser) -> list[sp.Rational]:
    """Values strictly between 0 and 1 that the rule was fixed at."""
    return [value for value in dict.fromkeys(rule.fixed.values()) if 0 < value < 1]


def _reduction(rule: Optimiser, relative: Optimiser, when: Mapping[str, sp.Rational], hypers: Mapping[str, sp.Expr],
               states: Mapping[str, tuple], carried: tuple[Relational, ...]) -> Reduction:
    edges = ", ".join(f"{name} = {value}" for name, value in when.items())
    given = ", ".join(f"{name} = {e}" for name, e in hypers.items() if str(e) != name)
    words = relative.name + (f" with {given}" if given else "") + (f" when {edges}" if edges else "")
    claim = Claim(f"reduces to {words}", f"the path of the parameters is that of {words}", SOURCE,
                  lambda: _goal(rule.at(**when) if when else rule, relative, hypers, states, carried), "either", "as functions")
    return Reduction(relative.name, when, hypers, claim)


def _goal(rule: Optimiser, relative: Optimiser, hypers: Mapping[str, sp.Expr], states: Mapping[str, tuple],
          carried: tuple[Relational, ...]) -> Induction:
    numbers = {name: e for name, e in hypers.items() if e.is_number}
    first, second = watched(rule, rule.wire), watched(relative.at(**numbers) if numbers else relative, rule.wire)
    values = {sp.Symbol(name, real=True): e for name, e in hypers.items() if name not in numbers}
    fresh = {symbol: sp.Dummy(symbol.name, real=True) for symbol in values}      # a relative's lr may be a multiple of the rule's
    back = {fresh[symbol]: e for symbol, e in values.items()}
    changed = [f.substitute(fresh).substitute(back) for f in (second.step, second.start)]
    build = Builder()
    own = dict(zip(first.states.names, build.inputs(first.states), strict=True))
    outs = [own["p"]]
    for name in relative.state_names:
        source, factor = states[name]
        array = own[source]
        outs.append(build.gather(build.wires[array].shape, lambda *i, a=array, c=factor: c * At(a, *i), name=name))
    relation = build.build(outs, second.states.names)
    plain = Induction(first, Machine(*changed), relation)
    alike = all(equation.lhs == equation.rhs for _, part in plain.obligations() if isinstance(part, tuple) for equation in part)
    return plain if alike else replace(plain, invariants=carried)
