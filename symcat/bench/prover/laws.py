"""Equations that are true by construction: two ways of computing one function, from laws of reverse derivatives and of lenses."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence

import sympy as sp

from symcat.bench.prover.families import FAMILIES, another, function, rewritten, sigmoid, softplus, variables

Sides = tuple[sp.Expr, sp.Expr]
Law = Callable[[random.Random, str, int], Sides]
SMOOTH = tuple(name for name in FAMILIES if name != "branches")
b, c, e = sp.symbols("b c e", real=True)


def at(f: sp.Expr, xs: Sequence[sp.Symbol], values: Sequence[sp.Expr]) -> sp.Expr:
    return f.subs(dict(zip(xs, values, strict=True)), simultaneous=True)


def sums(pick: random.Random, family: str, size: int) -> Sides:
    """R[f + g] = R[f] + R[g]."""
    xs = variables(size)
    f, g = function(pick, family, xs), function(pick, pick.choice(SMOOTH), xs)
    x = pick.choice(xs)
    return b * sp.diff(sp.together(f + g), x), another(pick, b * sp.diff(f, x)) + b * sp.diff(g, x)


def additive(pick: random.Random, family: str, size: int) -> Sides:
    """R[f](x; b + c) = R[f](x; b) + R[f](x; c)."""
    xs = variables(size)
    f, x = function(pick, family, xs), pick.choice(xs)
    return (b + c) * sp.diff(f, x), sp.expand(b * sp.diff(f, x)) + c * sp.diff(rewritten(pick, f, x), x)


def projections(pick: random.Random, family: str, size: int) -> Sides:
    """R[pi] is b at its own variable and 0 at the others, of a projection that hides behind what is added or multiplied and undone."""
    xs = variables(size)
    x, y = pick.choice(xs), pick.choice(xs)
    if pick.random() < 0.5:
        f = function(pick, family, xs)
        return b * sp.diff(sp.together(f + y), x), (b if x == y else 0) + another(pick, b * sp.diff(f, x))
    g = 1 + function(pick, family, xs[:3]) ** 2
    return b * sp.diff(sp.expand(y * g) / g, x), b if x == y else sp.S.Zero


def pairing(pick: random.Random, family: str, size: int) -> Sides:
    """R[<f, g>](x; (b, c)) = R[f](x; b) + R[g](x; c), and of the product of the two by the rule of products."""
    xs = variables(size)
    f, g = function(pick, family, xs), function(pick, pick.choice(SMOOTH), xs)
    x = pick.choice(xs)
    if pick.random() < 0.5:
        return sp.diff(sp.together(b * f + c * g), x), b * sp.diff(f, x) + another(pick, c * sp.diff(g, x))
    return b * sp.diff(f * g, x), another(pick, b * f * sp.diff(g, x) + b * g * sp.diff(f, x))


def chain(pick: random.Random, family: str, size: int) -> Sides:
    """R[f ; g](x; b) = R[f](x; R[g](f(x); b)); one of the two may have branches, not both."""
    xs, ys = variables(size), variables(pick.randint(1, 3), "y")
    inner = SMOOTH if family == "branches" else tuple(FAMILIES)
    fs = [function(pick, pick.choice(SMOOTH if k else inner), xs) for k in range(len(ys))]
    g, x = function(pick, family, ys), pick.choice(xs)
    return b * sp.diff(at(g, ys, fs), x), sp.Add(*(b * at(sp.diff(g, y), ys, fs) * sp.diff(f, x) for y, f in zip(ys, fs, strict=True)))


def linearity(pick: random.Random, family: str, size: int) -> Sides:
    """The third reverse derivative, where its second and fourth arguments are 0, is the first."""
    xs, cs, ds = variables(size), variables(size, "c"), variables(size, "d")
    f, k = function(pick, family, xs), pick.randrange(size)
    first = [b * sp.diff(f, x) for x in xs]
    whole = sp.Add(*(c * r for c, r in zip(cs, first, strict=True)))
    second = [sp.diff(whole, x) for x in (*xs, b)]
    third = sp.Add(*(d * r for d, r in zip((*ds, e), second, strict=True)))
    left = sp.diff(third, cs[k]).subs(dict.fromkeys((b, *ds), 0))
    return left, e * sp.diff(rewritten(pick, f, xs[k]), xs[k])


def symmetry(pick: random.Random, family: str, size: int) -> Sides:
    """Second derivatives, differentiated in one order, and by the rule of products or chains in the other."""
    xs = variables(max(size, 2))
    x, y = pick.sample(xs, 2)
    if pick.random() < 0.5:
        f, g = function(pick, family, xs), function(pick, pick.choice(SMOOTH), xs)
        mixed = sp.diff(f, x) * sp.diff(g, y) + sp.diff(f, y) * sp.diff(g, x)
        return sp.diff(sp.diff(f * g, x), y), sp.diff(sp.diff(f, y), x) * g + mixed + f * sp.diff(sp.diff(g, y), x)
    h = sp.Symbol("h", real=True)
    f, g = function(pick, pick.choice(SMOOTH), xs), pick.choice((sp.tanh, sigmoid, softplus, sp.exp, lambda u: u**3, sp.sin))(h)
    back = sp.diff(g, h, 2).subs(h, f) * sp.diff(f, y) * sp.diff(f, x) + sp.diff(g, h).subs(h, f) * sp.diff(f, y, x)
    return sp.diff(g.subs(h, f), x, y), back


def lens(pick: random.Random, family: str, size: int) -> Sides:
    """put of a composite lens, in either bracketing or by differentiating the whole."""
    x, w, v, t = sp.symbols("x w v t", real=True)
    h, u = sp.symbols("h u", real=True)
    inner, middle, outer = (pick.choice((sp.tanh, sigmoid, softplus, sp.sin, lambda z: z / (1 + z**2)))(z) for z in (w * x, v * h, u))
    whole = at(outer, [u], [at(middle, [h], [inner])])
    put = at(sp.diff(outer, u), [u], [at(middle, [h], [inner])]) * at(sp.diff(middle, h), [h], [inner]) * sp.diff(inner, w)
    if size % 2:
        return sp.diff((whole - t) ** 2 / 2, w), (whole - t) * put
    tail = sp.diff(at(outer, [u], [middle]), h)
    return another(pick, b * at(tail, [h], [inner]) * sp.diff(inner, w)), b * put


LAWS: dict[str, Law] = {
    "RD.1": sums, "RD.2": additive, "RD.3": projections, "RD.4": pairing, "RD.5": chain, "RD.6": linearity, "RD.7": symmetry, "lens": lens,
}
