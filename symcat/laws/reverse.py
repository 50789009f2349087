"""The axioms of a Cartesian reverse differential category, RD.1 to RD.7.

Source: Cockett, Cruttwell, Gallagher, Lemay, MacAdam, Plotkin and Pronk, "Reverse derivative categories" (2020).
Each function states one axiom of a morphism f; the second morphism, where there is one, is `after(f)`.
"""

from __future__ import annotations

from symcat.category.morphism import Morphism
from symcat.category.structure import discard, identity, pair, project, zero
from symcat.derivative.forward import D, at_zero
from symcat.derivative.reverse import R
from symcat.laws.claim import Additive, Equation
from symcat.laws.law import Law, additive_behind, after, pointwise, preserves_sums, program

SOURCE = "Cockett et al. 2020, Reverse derivative categories, definition of the axioms RD.1 to RD.7"


def sums(f: Morphism, R=R) -> tuple[Equation, ...]:
    return preserves_sums(R, f)


def additivity(f: Morphism, R=R) -> Additive:
    return additive_behind(R(f), len(f.dom))


def projections(f: Morphism, R=R) -> tuple[Equation, ...]:
    a, c = f.dom, f.cod
    w, (_, _, k) = program(a, c, a)
    first = w.build((*k, *w.zeros(c)))
    w, (_, _, k) = program(a, c, c)
    second = w.build((*w.zeros(a), *k))
    return (Equation(R(identity(a)), project(a, a, 1)), Equation(R(project(a, c, 0)), first), Equation(R(project(a, c, 1)), second))


def pairing(f: Morphism, R=R) -> tuple[Equation, ...]:
    g = after(f)
    w, (a, b, c) = program(f.dom, f.cod, g.cod)
    right = w.build(w.add_all(w.call(R(f), (*a, *b)), w.call(R(g), (*a, *c))))
    return Equation(R(pair(f, g)), right), Equation(R(discard(f.dom)), zero(f.dom, f.dom))


def chain(f: Morphism, R=R) -> tuple[Equation, ...]:
    g = pointwise(f.cod)
    w, (a, c) = program(f.dom, g.cod)
    right = w.build(w.call(R(f), (*a, *w.call(R(g), (*w.call(f, a), *c)))))
    return (Equation(R(f >> g), right),)


def linearity(f: Morphism, R=R) -> tuple[Equation, ...]:
    na, nb = len(f.dom), len(f.cod)
    third = R(R(R(f)))
    zeros = (*range(na, na + nb), *range(2 * na + nb, 3 * na + nb))
    left = at_zero(third, zeros, range(na + nb, 2 * na + nb))
    w, (a, _, b) = program(f.dom, f.dom, f.cod)
    return (Equation(left, w.build(w.call(R(f), (*a, *b)))),)


def symmetry(f: Morphism, D=D) -> tuple[Equation, ...]:
    second = D(D(f))
    w, (a, b, c, d) = program(f.dom, f.dom, f.dom, f.dom)
    return (Equation(second, w.build(w.call(second, (*a, *c, *b, *d)))),)


REVERSE: tuple[Law, ...] = (
    Law("RD.1", "R[f + g] = R[f] + R[g] and R[0] = 0", SOURCE, sums),
    Law("RD.2", "R[f](a; b + c) = R[f](a; b) + R[f](a; c) and R[f](a; 0) = 0", SOURCE, additivity),
    Law("RD.3", "R[1](a; b) = b, R[pi0]((x, y); c) = (c, 0), R[pi1]((x, y); c) = (0, c)", SOURCE, projections),
    Law("RD.4", "R[<f, g>](a; (b, c)) = R[f](a; b) + R[g](a; c) and R[!] = 0", SOURCE, pairing),
    Law("RD.5", "R[f ; g](a; c) = R[f](a; R[g](f(a); c))", SOURCE, chain),
    Law("RD.6", "R[R[R[f]]] at ((a, 0), a'), (0, b') has last component R[f](a; b')", SOURCE, linearity),
    Law("RD.7", "D[D[f]]((a, b), (c, d)) = D[D[f]]((a, c), (b, d))", SOURCE, symmetry),
)
