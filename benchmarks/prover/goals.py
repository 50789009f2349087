"""Goals for the provers from a seed: laws of reverse derivatives, lenses, optimisers and activations, each beside a mutant that differs.

A goal is true by construction: two ways of computing one function.  A mutant has one number or sign of the right-hand side
changed and is kept when mpmath finds the sides apart at some point.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import mpmath
import sympy as sp

DIGITS = 40
FAR = mpmath.mpf(10) ** -20


@dataclass(frozen=True)
class Goal:
    """`lhs = rhs`, whether it is true, and what it was made from."""

    name: str
    lhs: sp.Expr
    rhs: sp.Expr
    true: bool


def goals(seed: int, count: int) -> list[Goal]:
    """So many goals, half of them true."""
    pick = random.Random(seed)
    found: list[Goal] = []
    while len(found) < count:
        law = pick.choice(LAWS)
        size = pick.randint(1, 8)
        for name, lhs, rhs in law(pick, size):
            mutant = _mutant(pick, lhs, rhs)
            if lhs != rhs and mutant is not None and len(found) < count:
                found += [Goal(name, lhs, rhs, True), Goal(f"{name}, mutant", lhs, mutant, False)]
    return found[:count]


# ---- functions
def variables(size: int) -> list[sp.Symbol]:
    return list(sp.symbols(f"x1:{size + 1}", real=True))


def _linear(pick: random.Random, xs: Sequence[sp.Expr]) -> sp.Expr:
    some = pick.sample(list(xs), min(len(xs), pick.randint(1, 3)))
    return sum(sp.Rational(pick.choice((1, -1, 2, 3)), pick.choice((1, 1, 2))) * x for x in some) + pick.choice((0, 0, 1))


def _polynomial(pick: random.Random, xs: Sequence[sp.Expr]) -> sp.Expr:
    return _linear(pick, xs) * _linear(pick, xs) + _linear(pick, xs)


def _rational(pick: random.Random, xs: Sequence[sp.Expr]) -> sp.Expr:
    return _linear(pick, xs) / (1 + _linear(pick, xs) ** 2)


def _exponential(pick: random.Random, xs: Sequence[sp.Expr]) -> sp.Expr:
    return sp.exp(_linear(pick, xs)) * pick.choice(list(xs)) + sp.log(1 + sp.exp(_linear(pick, xs)))


def _activation(pick: random.Random, xs: Sequence[sp.Expr]) -> sp.Expr:
    u = _linear(pick, xs)
    return pick.choice((sp.tanh(u), 1 / (1 + sp.exp(-u)), sp.log(1 + sp.exp(u)))) * pick.choice((1, pick.choice(list(xs))))


def _root(pick: random.Random, xs: Sequence[sp.Expr]) -> sp.Expr:
    return sp.sqrt(1 + _linear(pick, xs) ** 2) * pick.choice((1, pick.choice(list(xs))))


def _piecewise(pick: random.Random, xs: Sequence[sp.Expr]) -> sp.Expr:
    u = _linear(pick, xs)
    return pick.choice((sp.Piecewise((u, u > 0), (u / 10, True)), sp.Piecewise((u, u > 0), (sp.exp(u) - 1, True)))) + _linear(pick, xs)


def _softmax(pick: random.Random, xs: Sequence[sp.Expr]) -> sp.Expr:
    some = list(xs)[:3]
    return sp.exp(some[0]) / sum(map(sp.exp, some)) * pick.choice((1, pick.choice(list(xs))))


def _wave(pick: random.Random, xs: Sequence[sp.Expr]) -> sp.Expr:
    return pick.choice((sp.sin, sp.cos))(_linear(pick, xs)) * pick.choice(list(xs))


FAMILIES = (_polynomial, _rational, _exponential, _activation, _root, _piecewise, _softmax, _wave)
Triple = tuple[str, sp.Expr, sp.Expr]


def _reverse(f: sp.Expr, xs: Sequence[sp.Symbol], b: sp.Expr) -> list[sp.Expr]:
    return [b * sp.diff(f, x) for x in xs]


def _at(e: sp.Expr, xs: Sequence[sp.Symbol], values: Sequence[sp.Expr]) -> sp.Expr:
    return e.subs(dict(zip(xs, values, strict=True)), simultaneous=True)


# ---- laws
def rd1(pick: random.Random, size: int) -> Iterator[Triple]:
    xs = variables(size)
    b = sp.Symbol("b", real=True)
    f, g = (pick.choice(FAMILIES)(pick, xs) for _ in range(2))
    k = pick.randrange(size)
    yield "RD.1", _reverse(sp.together(f + g), xs, b)[k], _reverse(f, xs, b)[k] + _reverse(g, xs, b)[k]


def rd2(pick: random.Random, size: int) -> Iterator[Triple]:
    xs = variables(size)
    b, c = sp.symbols("b c", real=True)
    f, k = pick.choice(FAMILIES)(pick, xs), pick.randrange(size)
    yield "RD.2", _reverse(f, xs, b + c)[k], sp.expand(_reverse(f, xs, b)[k]) + _reverse(f, xs, c)[k]


def rd4(pick: random.Random, size: int) -> Iterator[Triple]:
    """The derivative of a pair is the sum of the derivatives, here of a product through its logarithm."""
    xs = variables(size)
    b = sp.Symbol("b", real=True)
    f, g = (pick.choice((_rational, _activation, _exponential, _root))(pick, xs) for _ in range(2))
    k = pick.randrange(size)
    yield "RD.4", _reverse(f * g, xs, b)[k], b * f * sp.diff(g, xs[k]) + b * g * sp.diff(f, xs[k])


def rd5(pick: random.Random, size: int) -> Iterator[Triple]:
    xs, inner = variables(size), pick.randint(1, 3)
    ys = list(sp.symbols(f"y1:{inner + 1}", real=True))
    b = sp.Symbol("b", real=True)
    smooth = tuple(family for family in FAMILIES if family is not _piecewise)
    fs = [pick.choice(smooth)(pick, xs) for _ in ys]
    g, k = pick.choice((*smooth, _piecewise))(pick, ys), pick.randrange(size)
    whole = sp.diff(_at(g, ys, fs), xs[k]) * b
    yield "RD.5", whole, sum(b * _at(sp.diff(g, y), ys, fs) * sp.diff(f, xs[k]) for y, f in zip(ys, fs, strict=True))


def rd7(pick: random.Random, size: int) -> Iterator[Triple]:
    xs = variables(max(size, 2))
    smooth = tuple(family for family in FAMILIES if family is not _piecewise)
    f, g = (pick.choice(smooth)(pick, xs) for _ in range(2))
    i, j = pick.sample(range(len(xs)), 2)
    a, b = xs[i], xs[j]
    mixed = sp.diff(f, a) * sp.diff(g, b) + sp.diff(f, b) * sp.diff(g, a)
    yield "RD.7", sp.diff(sp.diff(f * g, a), b), sp.diff(sp.diff(f, b), a) * g + mixed + f * sp.diff(sp.diff(g, b), a)


def optimiser(pick: random.Random, size: int) -> Iterator[Triple]:
    p, g, v, b, lr = sp.symbols("p g v b lr", real=True)
    q, s = sp.symbols("q s", positive=True)
    n = pick.randint(2, 5)
    yield from pick.sample([
        ("momentum unrolled", p - lr * (b * (b * v + g) + g), p - lr * b**2 * v - lr * (1 + b) * g),
        ("nesterov rewritten", p + b * (b * v - lr * g) - lr * g, p + b**2 * v - lr * (1 + b) * g),
        ("bias correction", (1 - b**n) / (1 - b), sum(b**k for k in range(n))),
        ("scaled rmsprop", n * q * g / (sp.sqrt(q**2 * s) + q), n * g / (sp.sqrt(s) + 1)),
        ("first adam step", g * (1 - q) / ((1 - q) * sp.sqrt(g**2)), sp.sign(g) * g**2 / g**2),
        ("clipping", g * sp.Min(1, s / sp.Abs(g)), sp.Max(-s, sp.Min(s, g))),
        ("weight decay", p - lr * (g + n * q * p), p * (1 - n * lr * q) - lr * g),
        ("moving average", b * v + (1 - b) * g, v + (1 - b) * (g - v)),
        ("exponentiated gradient", s * sp.exp(-lr * g) / (s * sp.exp(-lr * g) + q), 1 / (1 + q / s * sp.exp(lr * g))),
    ], 3)


def activation(pick: random.Random, size: int) -> Iterator[Triple]:
    x, y = sp.symbols("x y", real=True)
    a = pick.choice((1, 2, 3, sp.Rational(1, 2)))
    sigmoid = 1 / (1 + sp.exp(-a * x))
    yield from pick.sample([
        ("sigmoid by tanh", sigmoid, (1 + sp.tanh(a * x / 2)) / 2),
        ("softplus", sp.log(1 + sp.exp(a * x)) - sp.log(1 + sp.exp(-a * x)), a * x),
        ("tanh of a sum", sp.tanh(a * x + y), (sp.tanh(a * x) + sp.tanh(y)) / (1 + sp.tanh(a * x) * sp.tanh(y))),
        ("cross-entropy", -sp.log(sp.exp(a * x) / (sp.exp(a * x) + sp.exp(y))), sp.log(1 + sp.exp(y - a * x))),
        ("log-sum-exp", sp.log(sp.exp(a * x) + sp.exp(y)), sp.Max(a * x, y) + sp.log(1 + sp.exp(-sp.Abs(a * x - y)))),
        ("soft threshold", sp.sign(x) * sp.Max(sp.Abs(x) - a, 0), sp.Max(x - a, 0) - sp.Max(-x - a, 0)),
        ("huber", sp.Piecewise((x**2 / 2, sp.Abs(x) <= a), (a * sp.Abs(x) - a**2 / sp.Integer(2), True)),
         sp.Min(sp.Abs(x), a) * (sp.Abs(x) - sp.Min(sp.Abs(x), a) / 2)),
        ("maximum", sp.Max(x, y) + a, (x + y + sp.Abs(x - y)) / 2 + a),
        ("slope of sigmoid", sp.diff(sigmoid, x), a * sigmoid * (1 - sigmoid)),
        ("hyperbola", sp.cosh(a * x)**2 * y, y + y * sp.sinh(a * x)**2),
        ("turn", sp.sin(a * x + y), sp.sin(a * x) * sp.cos(y) + sp.cos(a * x) * sp.sin(y)),
    ], 3)


def lens(pick: random.Random, size: int) -> Iterator[Triple]:
    """put of a composite is put of the second through put of the first."""
    x, w, v, t = sp.symbols("x w v t", real=True)
    s, e = (pick.choice([sp.tanh, lambda u: 1 / (1 + sp.exp(-u)), sp.sin, lambda u: sp.log(1 + sp.exp(u))]) for _ in range(2))
    h = sp.Symbol("h", real=True)
    inner, outer = s(w * x), e(v * h)
    back = (outer.subs(h, inner) - t) * sp.diff(outer, h).subs(h, inner)
    yield "lens", sp.diff((outer.subs(h, inner) - t)**2 / 2, w), back * sp.diff(inner, w)


LAWS: tuple[Callable[[random.Random, int], Iterator[Triple]], ...] = (rd1, rd2, rd4, rd5, rd5, rd7, lens, optimiser, activation)


# ---- mutants
def _mutant(pick: random.Random, lhs: sp.Expr, rhs: sp.Expr) -> sp.Expr | None:
    """The right-hand side with one number or one variable changed, when it then differs from the left."""
    for _ in range(4):
        spots = [part for part in sp.preorder_traversal(rhs) if part.is_Integer or part.is_Symbol]
        if not spots:
            return None
        spot = pick.choice(spots)
        mutant = rhs.xreplace({spot: spot + 1 if spot.is_Integer else spot + spot}) if pick.random() < 0.5 else rhs + pick.choice(
            (sp.Rational(1, 100), rhs, spot))
        if not mutant.has(sp.zoo, sp.nan, sp.oo) and _apart(pick, lhs, mutant):
            return mutant
    return None


def _apart(pick: random.Random, lhs: sp.Expr, rhs: sp.Expr) -> bool:
    symbols = sorted(lhs.free_symbols | rhs.free_symbols, key=str)
    sides = [sp.lambdify(symbols, side, "mpmath") for side in (lhs, rhs)]
    with mpmath.workdps(DIGITS):
        for _ in range(6):
            point = [mpmath.mpf(pick.randint(1 if s.is_positive else -40, 40) or 7) / 13 for s in symbols]
            try:
                left, right = (side(*point) for side in sides)
            except (ZeroDivisionError, ValueError, OverflowError, TypeError):
                continue
            if mpmath.im(left) == 0 and mpmath.im(right) == 0 and abs(left - right) > FAR * (1 + abs(left)):
                return True
    return False
