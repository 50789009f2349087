"""Maps between the states of two machines, read off their runs: candidates for an induction, which alone proves anything.

A state of b is sought as a multiple of a state of a, perhaps corrected by 1 - h^t, or as a combination of several; the
coefficients are products of powers of hyperparameters h and of 1 - h.  For rules that are linear in the gradient this is the map
between two realisations of one transfer function.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import combinations

import numpy as np
import sympy as sp

from symcat.diff.paths import Run, Screen

DRAWS = 18
STEPS = 4
CLOSE = 1e-8
MOST = 4            # states in one combination
Relation = Mapping[str, sp.Expr]


@dataclass(frozen=True)
class Term:
    """A quantity made from states of one machine, with its values: one array for each draw, over steps and entries."""

    expr: sp.Expr
    values: tuple[np.ndarray, ...]


class Fit:
    """The runs of both machines at many hyperparameters, and what can be read off them."""

    def __init__(self, screen: Screen, premises: Mapping[sp.Symbol, sp.Expr], varying: bool) -> None:
        wide = Screen(screen.pair, DRAWS)
        self.points = wide.points[1:]
        self.machines = screen.machines
        self.runs = [[wide.run(side, point, premises, varying, STEPS) for point in self.points] for side in (0, 1)]
        values = [wide.hypers(point, premises) for point in self.points]
        fixed = {screen.pair.rate} if varying else set()
        self.factors: list[tuple[sp.Expr, np.ndarray]] = []
        for symbol, row in screen.pair.hypers.items():
            if symbol in fixed or symbol in premises:
                continue
            own = np.array([value[symbol] for value in values])
            if np.all(own != 0):
                self.factors.append((symbol, own))
            if row.high == 1 and np.all(own < 1):
                self.factors.append((1 - symbol, 1 - own))
        self.decays = [(e, own) for e, own in self.factors if e.is_Symbol and np.all((own > 0) & (own < 1))]

    def relation(self, source: int) -> Relation | None:
        """The states of the other machine in terms of those of machine `source`; None when one of them is not found."""
        names = self.machines[1 - source].states.names
        states = [self._states(1 - source, k) for k in range(len(names))]
        terms = [Term(sp.Symbol(name, real=True), self._states(source, k))
                 for k, name in enumerate(self.machines[source].states.names)]
        found: dict[str, sp.Expr] = {}
        for name, values in zip(names, states, strict=True):
            preferred = sorted(terms, key=lambda term: term.expr.name != name)
            expr = self._found(values, preferred)
            if expr is None:
                return None
            found[name] = expr
        return found

    def _states(self, side: int, k: int) -> tuple[np.ndarray, ...]:
        def stacked(run: Run) -> np.ndarray:
            return np.stack([states[k] for states in run.states])
        return tuple(stacked(run) for run in self.runs[side])

    def _found(self, wanted: tuple[np.ndarray, ...], terms: Sequence[Term]) -> sp.Expr | None:
        if not all(np.isfinite(values).all() for values in wanted):
            return None
        fitting = [term for term in terms if all(_broadcasts(x, y) for x, y in zip(term.values, wanted, strict=True))]
        for term in fitting:
            if _equal(term.values, wanted):
                return term.expr
        for term in self._single(fitting, wanted):
            coefficient = self._ratio(wanted, term.values)
            if coefficient is not None:
                return coefficient * term.expr
        return self._combination(wanted, fitting)

    def _single(self, terms: Sequence[Term], wanted: Sequence[np.ndarray]) -> Iterator[Term]:
        """What a state may be a multiple of: states, their corrections by 1 - h^t, powers h^t, a constant."""
        yield from terms
        yield Term(sp.S.One, tuple(np.ones_like(values) for values in wanted))
        counters = [term for term in terms if all(values.ndim == 1 for values in term.values) and _counts(term.values)]
        for counter in counters:
            for decay, numbers in self.decays:
                powers = tuple(h**t for h, t in zip(numbers, counter.values, strict=True))
                power = decay**counter.expr
                yield Term(power, powers)
                yield Term(1 - power, tuple(1 - p for p in powers))
                for term in terms:
                    if term is not counter:
                        yield Term(term.expr * (1 - power), tuple(v * _spread(1 - p, v) for v, p in zip(term.values, powers, strict=True)))
                        with np.errstate(all="ignore"):
                            yield Term(term.expr / (1 - power),
                                       tuple(v / _spread(1 - p, v) for v, p in zip(term.values, powers, strict=True)))
        for term in terms:
            yield Term(term.expr**2, tuple(v**2 for v in term.values))
            if all((v >= 0).all() for v in term.values):
                yield Term(sp.sqrt(term.expr), tuple(np.sqrt(v) for v in term.values))

    def _ratio(self, wanted: Sequence[np.ndarray], given: Sequence[np.ndarray]) -> sp.Expr | None:
        """The coefficient by which one quantity is a multiple of the other at every draw."""
        found = []
        for x, y in zip(wanted, given, strict=True):
            y = np.broadcast_to(_spread(y, x), x.shape)
            usable = np.isfinite(y) & (np.abs(y) > 1e-9)
            if not usable.any() or np.any(np.abs(x[np.isfinite(y) & ~usable]) > 1e-9):
                return None
            ratios = x[usable] / y[usable]
            if np.ptp(ratios) > CLOSE * np.abs(ratios).max():
                return None
            found.append(ratios[0])
        return self._coefficient(np.array(found))

    def _combination(self, wanted: Sequence[np.ndarray], terms: Sequence[Term]) -> sp.Expr | None:
        """A sum of multiples of as few states as possible, a constant among them."""
        one = Term(sp.S.One, tuple(np.ones_like(x) for x in wanted))
        for count in range(2, min(MOST, len(terms) + 1) + 1):
            for chosen in combinations((*terms, one), count):
                solved = [_solved(x, [term.values[d] for term in chosen]) for d, x in enumerate(wanted)]
                if any(one is None for one in solved):
                    continue
                coefficients = [self._coefficient(np.array([s[k] for s in solved])) for k in range(count)]
                if None not in coefficients:
                    return sp.Add(*(c * term.expr for c, term in zip(coefficients, chosen, strict=True)))
        return None

    def _coefficient(self, values: np.ndarray) -> sp.Expr | None:
        return power_product(values, self.factors)


def power_product(values: np.ndarray, factors: Sequence[tuple[sp.Expr, np.ndarray]]) -> sp.Expr | None:
    """A rational times a product of powers of factors, with exponents that are halves, that takes given values; None for none.

    >>> h = np.array([0.2, 0.3, 0.7])
    >>> power_product(-2 / h**0.5, [(sp.Symbol("h"), h)])
    -2/sqrt(h)
    """
    if np.all(np.abs(values) < CLOSE):
        return sp.S.Zero
    if np.any(np.abs(values) < CLOSE) or not np.isfinite(values).all():
        return None
    logs = np.column_stack([np.log(np.abs(own)) for _, own in factors] + [np.ones(len(values))])
    target = np.log(np.abs(values))
    exponents, *_ = np.linalg.lstsq(logs, target, rcond=None)
    halves = [sp.Rational(round(2 * float(e)), 2) for e in exponents[:-1]]
    with np.errstate(all="ignore"):
        product = np.ones(len(values))
        for (_, own), h in zip(factors, halves, strict=True):
            product = product * own ** float(h)
    if not np.isfinite(product).all():
        return None
    number = Fraction(float(np.median(values / product))).limit_denominator(16)
    if not number or np.any(np.abs(float(number) * product - values) > CLOSE * np.abs(values)):
        return None
    return sp.Rational(number.numerator, number.denominator) * sp.Mul(*(e**h for (e, _), h in zip(factors, halves, strict=True)))


def _broadcasts(x: np.ndarray, y: np.ndarray) -> bool:
    return x.shape == y.shape or x.ndim == 1


def _spread(x: np.ndarray, like: np.ndarray) -> np.ndarray:
    """A quantity of rank 0, one number for each step, along the entries of another."""
    return x if x.ndim == like.ndim else x.reshape(-1, *[1] * (like.ndim - 1))


def _equal(xs: Sequence[np.ndarray], ys: Sequence[np.ndarray]) -> bool:
    return all(np.isfinite(x).all() and np.all(np.abs(_spread(x, y) - y) <= CLOSE * (1e-3 + np.abs(y)))
               for x, y in zip(xs, ys, strict=True))


def _counts(values: Sequence[np.ndarray]) -> bool:
    """Whether a state counts steps."""
    return all(np.allclose(np.diff(v), 1) for v in values)


def _solved(x: np.ndarray, columns: Sequence[np.ndarray]) -> np.ndarray | None:
    """The coefficients of a quantity as a combination of others, when there is exactly one."""
    matrix = np.column_stack([np.broadcast_to(_spread(c, x), x.shape).ravel() for c in columns])
    found, _, rank, _ = np.linalg.lstsq(matrix, x.ravel(), rcond=None)
    if rank < len(columns) or np.any(np.abs(matrix @ found - x.ravel()) > CLOSE * (1e-3 + np.abs(x.ravel()))):
        return None
    return np.where(np.abs(found) < CLOSE, 0.0, found)
