"""Where a rule is stable on the quadratic h p^2 / 2, for rules that are linear in gradient and states.

There a step is a matrix, and the rule converges from every start if and only if the roots of its characteristic polynomial lie
inside the unit circle: by z = (1 + w)/(1 - w), if and only if the Hurwitz conditions on the coefficients in w hold.  The conditions
are derived, not decided by an engine; they are compared with the roots themselves on both sides of each bound.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import numpy as np
import sympy as sp

from symcat.card.influence import read_states
from symcat.card.relatives import RATES
from symcat.card.watched import watched
from symcat.category.evaluate import Evaluation
from symcat.category.hyper import Hyper, certainly
from symcat.category.objects import SYMBOLIC
from symcat.category.space import Real, Wire
from symcat.learn.optimisers import Optimiser
from symcat.learn.optimisers.entry import elementwise

CURVATURE = Hyper("h", sp.S.One, low=sp.S.Zero, open_low=True)
DEGREE = 4
BESIDE = (sp.Rational(99, 100), sp.Rational(101, 100))


@dataclass(frozen=True)
class Stability:
    """The region as conditions `... > 0`, in words; `bound` is what the rate times h must stay below when that is all there is."""

    conditions: tuple[sp.Expr, ...]
    polynomial: sp.Expr
    words: str
    bound: sp.Expr | None = None
    checked: bool = False


def stability(rule: Optimiser) -> Stability | None:
    """The region of stability; None for a rule that is not linear in gradient and states, or not the same at every step.

    >>> from symcat.learn.optimisers import gradient_descent, momentum
    >>> print(stability(gradient_descent).words, "|", stability(momentum).words)
    0 < lr h < 2 | 0 < lr h < 2*(gamma + 1)
    """
    matrix = companion(rule)
    if matrix is None or matrix.shape[0] > DEGREE:
        return None
    z, w = sp.symbols("z w")
    polynomial = matrix.charpoly(z).as_expr()
    hypers = {row.symbol: row for row in (*rule.hypers, CURVATURE)}
    conditions = []
    for e in _hurwitz(sp.Poly(polynomial, z), w):
        left = _left(e, hypers)
        if left is None:
            return Stability((e,), polynomial, "nowhere (a root stays on the unit circle or outside)")
        conditions += [one for one in left if one not in conditions]
    return _stated(rule, tuple(conditions), polynomial, hypers)


def companion(rule: Optimiser) -> sp.Matrix | None:
    """The matrix of one step on h p^2 / 2, over the states that the parameter depends on."""
    if rule.data or not elementwise(rule) or CURVATURE.name in [row.name for row in rule.hypers]:
        return None
    given = watched(rule, Wire(Real, ()))
    kept = read_states(given)
    symbols = [sp.Symbol(name, real=True) for name in given.step.dom.names]
    run = dict(zip(given.step.cod.names, (a.item() for a in Evaluation(given.step, symbols, {}, {}, SYMBOLIC).outputs()), strict=True))
    gradient = CURVATURE.symbol * run["taken"]
    states = [sp.Symbol(name, real=True) for name in kept]
    rows = [sp.expand(run[name].subs(sp.Symbol("g", real=True), gradient)) for name in kept]
    matrix = sp.Matrix([[sp.diff(row, state) for state in states] for row in rows])
    own = set(states)
    if any(e.free_symbols & own or e.has(sp.Function, sp.Derivative) for e in matrix):
        return None
    if any(sp.expand(row - part) != 0 for row, part in zip(rows, matrix * sp.Matrix(states), strict=True)):
        return None
    return matrix


def _hurwitz(polynomial: sp.Poly, w: sp.Symbol) -> list[sp.Expr]:
    """Expressions that are all positive if and only if all roots lie inside the unit circle."""
    degree = polynomial.degree()
    mapped = sum(c * (1 + w) ** k * (1 - w) ** (degree - k) for (k,), c in polynomial.terms())
    c = [sp.factor(sp.Poly(sp.expand(mapped), w).coeff_monomial(w**k)) for k in range(degree + 1)]
    size = max(degree - 1, 0)
    table = sp.Matrix(size, size, lambda i, j: c[degree - 1 - 2 * j + i] if 0 <= degree - 1 - 2 * j + i <= degree else 0)
    minors = [sp.factor(table[:k, :k].det()) for k in range(2, size + 1)]
    return [*c, *minors]


def _left(e: sp.Expr, hypers: dict[sp.Symbol, Hyper]) -> list[sp.Expr] | None:
    """The condition e > 0 without the factors that are positive for all hyperparameters in range; None when it never holds."""
    if e.is_number:
        return [] if e > 0 else None
    left = sp.S.One
    for factor, power in sp.factor_list(e)[1]:
        if certainly(factor, ">0", hypers) or (power % 2 == 0 and certainly(factor, "!=0", hypers)):
            continue
        if certainly(-factor, ">0", hypers):
            left *= -1 if power % 2 else 1
        else:
            left *= factor**power
    left *= sp.sign(sp.factor_list(e)[0])
    if left.is_number:
        return [] if left > 0 else None
    return [sp.expand(left)]


def _stated(rule: Optimiser, conditions: tuple[sp.Expr, ...], polynomial: sp.Expr, hypers: dict[sp.Symbol, Hyper]) -> Stability:
    """The region in words, as one bound on lr h where the conditions are such."""
    h = CURVATURE.symbol
    for lr in [row.symbol for row in rule.hypers if re.fullmatch(RATES, row.name)]:
        bounds = [_bound(condition, lr, h, hypers) for condition in conditions]
        least = [one for one in bounds if all(_below(one, other, hypers) for other in bounds)] if None not in bounds else []
        if least:
            bound = least[0]
            return Stability(conditions, polynomial, f"0 < {lr} h < {bound}", bound, _agrees(rule, polynomial, bound, lr, h))
    words = " and ".join(f"{condition} > 0" for condition in conditions) or "everywhere"
    return Stability(conditions, polynomial, words)


def _bound(condition: sp.Expr, lr: sp.Symbol, h: sp.Symbol, hypers: dict[sp.Symbol, Hyper]) -> sp.Expr | None:
    """What the product lr h has to stay below; None when the condition is about something else."""
    x = sp.Symbol("x", real=True)
    form = sp.expand(condition.subs(h, x / lr))
    if form.has(lr) or not form.is_polynomial(x) or sp.degree(form, x) != 1:
        return None
    slope, constant = form.coeff(x, 1), form.coeff(x, 0)
    return _ratio(sp.factor(constant / -slope), hypers) if certainly(-slope, ">0", hypers) else None


def _ratio(e: sp.Expr, hypers: dict[sp.Symbol, Hyper]) -> sp.Expr:
    """A quotient with a denominator that is not negative, where that is known."""
    above, below = sp.fraction(e)
    return sp.factor(-above) / -below if certainly(-below, ">0", hypers) else e


def _below(one: sp.Expr, other: sp.Expr, hypers: dict[sp.Symbol, Hyper]) -> bool:
    return one == other or certainly(other - one, ">=0", hypers)


def _agrees(rule: Optimiser, polynomial: sp.Expr, bound: sp.Expr, lr: sp.Symbol, h: sp.Symbol) -> bool:
    """Whether the roots at default hyperparameters lie inside the circle below the bound, and not above it."""
    values = {symbol: value for symbol, value in rule.assignment().items() if value is not None}
    found = []
    for factor in BESIDE:
        at = polynomial.subs(h, factor * bound / lr).subs(values)
        (z,) = at.free_symbols or {sp.Symbol("z")}
        found.append(max(map(abs, np.roots([float(c) for c in sp.Poly(at, z).all_coeffs()]))))
    return found[0] < 1 < found[1]


