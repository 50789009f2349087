"""The Cartesian left-additive structure: identity, copy, discard, swap, projections, injections, pairing, zero, addition."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from symcat.category.morphism import Builder, Morphism
from symcat.category.space import UNIT, Space
from symcat.errors import ShapeError


def wiring(dom: Space, route: Callable[[Sequence[str], Builder], Sequence[str]], names: Sequence[str] | None = None) -> Morphism:
    """A morphism given by what it does with the names of its input arrays."""
    build = Builder()
    return build.build(list(route(build.inputs(dom), build)), names)


def identity(a: Space) -> Morphism:
    """1 : A -> A."""
    return wiring(a, lambda x, _: x, a.names)


def copy(a: Space) -> Morphism:
    """A -> A * A.

    >>> from symcat.category.space import Real, space
    >>> A = space(x=Real["n"])
    >>> copy(A) >> discard(A) @ identity(A) == identity(A)
    True
    """
    return wiring(a, lambda x, _: (*x, *x), (a * a).names)


def discard(a: Space) -> Morphism:
    """! : A -> 1."""
    return wiring(a, lambda x, _: ())


def swap(a: Space, b: Space) -> Morphism:
    """A * B -> B * A."""
    return wiring(a * b, lambda x, _: (*x[len(a):], *x[: len(a)]), (b * a).names)


def project(a: Space, b: Space, which: int) -> Morphism:
    """pi0 : A * B -> A or pi1 : A * B -> B."""
    return wiring(a * b, lambda x, _: x[: len(a)] if which == 0 else x[len(a):], (a, b)[which].names)


def inject(a: Space, b: Space, which: int) -> Morphism:
    """iota0 : A -> A * B or iota1 : B -> A * B: zero on the other factor."""
    source = (a, b)[which]
    return wiring(source, lambda x, w: (*x, *w.zeros(b)) if which == 0 else (*w.zeros(a), *x), (a * b).names)


def interchange(a: Space, b: Space, c: Space, d: Space) -> Morphism:
    """ex : (A * B) * (C * D) -> (A * C) * (B * D)."""
    i, j, k = len(a), len(a) + len(b), len(a) + len(b) + len(c)
    return wiring(a * b * c * d, lambda x, _: (*x[:i], *x[j:k], *x[i:j], *x[k:]), (a * c * b * d).names)


def pair(f: Morphism, g: Morphism) -> Morphism:
    """<f, g> : X -> A * B."""
    if not f.dom.fits(g.dom):
        raise ShapeError(f"cannot pair morphisms from {f.dom} and from {g.dom}: they must start at one space")
    return wiring(f.dom, lambda x, w: (*w.call(f, x), *w.call(g, x)), (f.cod * g.cod).names)


def zero(a: Space, b: Space) -> Morphism:
    """0 : A -> B."""
    return wiring(a, lambda x, w: w.zeros(b), b.names)


def add(a: Space) -> Morphism:
    """+ : A * A -> A."""
    return wiring(a * a, lambda x, w: w.add_all(x[: len(a)], x[len(a):]), a.names)


def unit() -> Space:
    """The unit of the product."""
    return UNIT
