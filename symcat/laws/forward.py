"""The axioms of a Cartesian differential category, CD.1 to CD.7, for D as derived from R, and R as the dagger of D.

Source: Blute, Cockett and Seely, "Cartesian differential categories" (2009); the dagger: Cockett et al. 2020.
"""

from __future__ import annotations

from symcat.category.morphism import Morphism
from symcat.category.structure import identity, pair, project
from symcat.derivative.forward import D, dagger
from symcat.derivative.reverse import R
from symcat.laws.claim import Additive, Equation
from symcat.laws.law import Law, additive_behind, after, pointwise, preserves_sums, program

SOURCE = "Blute, Cockett and Seely 2009, Cartesian differential categories, definition of the axioms CD.1 to CD.7"
DAGGER = "Cockett et al. 2020, Reverse derivative categories, theorem on contextual linear daggers"


def sums(f: Morphism, D=D) -> tuple[Equation, ...]:
    return preserves_sums(D, f)


def additivity(f: Morphism, D=D) -> Additive:
    return additive_behind(D(f), len(f.dom))


def projections(f: Morphism, D=D) -> tuple[Equation, ...]:
    a, c = f.dom, f.cod
    w, (_, _, u, _) = program(a, c, a, c)
    first = w.build(u)
    w, (_, _, _, v) = program(a, c, a, c)
    second = w.build(v)
    return Equation(D(identity(a)), project(a, a, 1)), Equation(D(project(a, c, 0)), first), Equation(D(project(a, c, 1)), second)


def pairing(f: Morphism, D=D) -> tuple[Equation, ...]:
    g = after(f)
    return (Equation(D(pair(f, g)), pair(D(f), D(g))),)


def chain(f: Morphism, D=D) -> tuple[Equation, ...]:
    g = pointwise(f.cod)
    w, (a, v) = program(f.dom, f.dom)
    right = w.build(w.call(D(g), (*w.call(f, a), *w.call(D(f), (*a, *v)))))
    return (Equation(D(f >> g), right),)


def linearity(f: Morphism, D=D) -> tuple[Equation, ...]:
    w, (a, d) = program(f.dom, f.dom)
    left = w.build(w.call(D(D(f)), (*a, *w.zeros(f.dom), *w.zeros(f.dom), *d)))
    return (Equation(left, D(f)),)


def symmetry(f: Morphism, D=D) -> tuple[Equation, ...]:
    second = D(D(f))
    w, (a, b, c, d) = program(f.dom, f.dom, f.dom, f.dom)
    return (Equation(second, w.build(w.call(second, (*a, *c, *b, *d)))),)


def reverse_is_dagger(f: Morphism, R=R, D=D) -> tuple[Equation, ...]:
    return (Equation(R(f), dagger(D(f), context=len(f.dom))),)


FORWARD: tuple[Law, ...] = (
    Law("CD.1", "D[f + g] = D[f] + D[g] and D[0] = 0", SOURCE, sums),
    Law("CD.2", "D[f](a, v + u) = D[f](a, v) + D[f](a, u) and D[f](a, 0) = 0", SOURCE, additivity),
    Law("CD.3", "D[1] = pi1 and D[pi_i] = pi1 ; pi_i", SOURCE, projections),
    Law("CD.4", "D[<f, g>] = <D[f], D[g]>", SOURCE, pairing),
    Law("CD.5", "D[f ; g](a, v) = D[g](f(a), D[f](a, v))", SOURCE, chain),
    Law("CD.6", "D[D[f]]((a, 0), (0, d)) = D[f](a, d)", SOURCE, linearity),
    Law("CD.7", "D[D[f]]((a, b), (c, d)) = D[D[f]]((a, c), (b, d))", SOURCE, symmetry),
    Law("R=D*", "R[f] is the dagger of D[f] in its second argument", DAGGER, reverse_is_dagger),
)
