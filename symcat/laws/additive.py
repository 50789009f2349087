"""The laws of a Cartesian left-additive category.

Source: Blute, Cockett and Seely, "Cartesian differential categories" (2009), section 1.
"""

from __future__ import annotations

from symcat.category.morphism import Morphism
from symcat.category.structure import add, copy, discard, identity, inject, interchange, pair, project, swap, zero
from symcat.laws.claim import Equation
from symcat.laws.law import Law, after, pointwise

SOURCE = "Blute, Cockett and Seely 2009, Cartesian differential categories, section 1"


def products(f: Morphism) -> tuple[Equation, ...]:
    g, a, b = after(f), f.dom, f.cod
    both = pair(f, g)
    return (Equation(both >> project(b, b, 0), f), Equation(both >> project(b, b, 1), g),
            Equation(pair(project(a, b, 0), project(a, b, 1)), identity(a * b)), Equation(f >> discard(b), discard(a)),
            Equation(copy(a) >> (f @ g), both), Equation(both >> swap(b, b), pair(g, f)))


def monoid(f: Morphism) -> tuple[Equation, ...]:
    g, nothing = after(f), zero(f.dom, f.cod)
    h = after(g)
    return (Equation((f + g) + h, f + (g + h)), Equation(f + g, g + f), Equation(f + nothing, f))


def precomposition(f: Morphism) -> tuple[Equation, ...]:
    g, h = pointwise(f.cod), after(pointwise(f.cod))
    return (Equation(f >> (g + h), (f >> g) + (f >> h)), Equation(f >> zero(f.cod, f.cod), zero(f.dom, f.cod)))


def additive_projections(f: Morphism) -> tuple[Equation, ...]:
    a, b = f.dom, f.cod
    both = a * b
    sums = [Equation(add(both) >> project(a, b, k), interchange(a, b, a, b) >> (add(a) @ add(b)) >> project(a, b, k)) for k in (0, 1)]
    return (*sums, Equation(inject(a, b, 0) >> project(a, b, 0), identity(a)), Equation(inject(a, b, 0) >> project(a, b, 1), zero(a, b)),
            Equation(inject(a, b, 1) >> project(a, b, 1), identity(b)))


def postcomposition(f: Morphism) -> tuple[Equation, ...]:
    g = after(f)
    outer = pointwise(f.cod)
    return (Equation((f + g) >> outer, (f >> outer) + (g >> outer)),)


ADDITIVE: tuple[Law, ...] = (
    Law("products", "<f, g> ; pi_i gives f and g, <pi0, pi1> = 1, copy ; (f x g) = <f, g>", SOURCE, products),
    Law("monoid", "+ is associative and commutative with unit 0 on every hom-set", SOURCE, monoid),
    Law("L1", "x ; (f + g) = x ; f + x ; g and x ; 0 = 0", SOURCE, precomposition),
    Law("L2", "projections are additive, iota_i ; pi_i = 1, iota_0 ; pi_1 = 0", SOURCE, additive_projections),
)
NOT_A_LAW = Law("postcomposition", "(f + g) ; h = f ; h + g ; h, which fails unless h is additive", SOURCE, postcomposition)
