"""Random functions: polynomials, quotients, exponentials and logarithms, activations, roots, branches, softmax; and waves.

Each takes variables and gives a small expression in all of them.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

import sympy as sp

Family = Callable[[random.Random, Sequence[sp.Expr]], sp.Expr]


def variables(size: int, letter: str = "x") -> list[sp.Symbol]:
    return list(sp.symbols(f"{letter}1:{size + 1}", real=True))


def sigmoid(u: sp.Expr) -> sp.Expr:
    return 1 / (1 + sp.exp(-u))


def softplus(u: sp.Expr) -> sp.Expr:
    return sp.log(1 + sp.exp(u))


def linear(pick: random.Random, xs: Sequence[sp.Expr], most: int = 3) -> sp.Expr:
    """A linear form in some of the variables, at times with a constant."""
    some = pick.sample(list(xs), min(len(xs), pick.randint(1, most)))
    return sp.Add(*(sp.Rational(pick.choice((1, -1, 2, 3, -2)), pick.choice((1, 1, 2))) * x for x in some), pick.choice((0, 0, 1)))


def polynomial(pick: random.Random, xs: Sequence[sp.Expr]) -> sp.Expr:
    return linear(pick, xs) * linear(pick, xs) ** pick.choice((1, 1, 2)) + linear(pick, xs)


def rational(pick: random.Random, xs: Sequence[sp.Expr]) -> sp.Expr:
    return linear(pick, xs) / (1 + linear(pick, xs) ** 2)


def exponential(pick: random.Random, xs: Sequence[sp.Expr]) -> sp.Expr:
    return sp.exp(linear(pick, xs)) * pick.choice(xs) + pick.choice((softplus(linear(pick, xs)), sp.log(1 + linear(pick, xs) ** 2)))


def activation(pick: random.Random, xs: Sequence[sp.Expr]) -> sp.Expr:
    return pick.choice((sp.tanh, sigmoid, softplus))(linear(pick, xs)) * pick.choice((1, pick.choice(xs)))


def root(pick: random.Random, xs: Sequence[sp.Expr]) -> sp.Expr:
    return (1 + linear(pick, xs) ** 2) ** sp.Rational(1, pick.choice((2, 2, 3))) * pick.choice((1, pick.choice(xs)))


def branches(pick: random.Random, xs: Sequence[sp.Expr]) -> sp.Expr:
    u = linear(pick, xs)
    return pick.choice((sp.Piecewise((u, u > 0), (u / 10, True)), sp.Piecewise((u, u > 0), (sp.exp(u) - 1, True)), sp.Max(u, 0),
                        sp.Abs(u), sp.Min(u, linear(pick, xs)))) + linear(pick, xs)


def softmax(pick: random.Random, xs: Sequence[sp.Expr]) -> sp.Expr:
    some = list(xs)[:3]
    return sp.exp(some[0]) / sp.Add(*map(sp.exp, some), 0 if len(some) > 1 else 1) * pick.choice((1, pick.choice(xs)))


def wave(pick: random.Random, xs: Sequence[sp.Expr]) -> sp.Expr:
    return pick.choice((sp.sin, sp.cos))(linear(pick, xs)) * pick.choice(xs)


FAMILIES: dict[str, Family] = {
    "polynomial": polynomial, "rational": rational, "exponential": exponential, "activation": activation, "root": root,
    "branches": branches, "softmax": softmax, "wave": wave,
}


def function(pick: random.Random, family: str, xs: Sequence[sp.Symbol]) -> sp.Expr:
    """A function of a family in all of the variables."""
    f = FAMILIES[family](pick, xs)
    missing = [x for x in xs if not f.has(x)]
    return f + pick.choice(xs) * linear(pick, missing, 8) + sp.Add(*missing) if missing else f


def another(pick: random.Random, e: sp.Expr) -> sp.Expr:
    """The same function in another form, when the form that is picked applies."""
    return pick.choice((lambda e: e, sp.expand, sp.together, _by_exp, _turned, _tied))(e)


def rewritten(pick: random.Random, f: sp.Expr, x: sp.Symbol) -> sp.Expr:
    """The same function in a form that is surely another: multiplied out over a denominator when no other form applies."""
    other = another(pick, f)
    return other if other != f else sp.expand(f * (1 + x**2)) / (1 + x**2)


def _by_exp(e: sp.Expr) -> sp.Expr:
    return e.replace(sp.tanh, lambda u: 1 - 2 / (1 + sp.exp(2 * u)))


def _turned(e: sp.Expr) -> sp.Expr:
    """log(1 + exp(u)) as u + log(1 + exp(-u))."""
    rest = sp.Wild("u")
    return e.replace(sp.log(1 + sp.exp(rest)), rest + sp.log(1 + sp.exp(-rest)))


def _tied(e: sp.Expr) -> sp.Expr:
    """Abs(u) as Max(u, -u)."""
    return e.replace(sp.Abs, lambda u: sp.Max(u, -u))
