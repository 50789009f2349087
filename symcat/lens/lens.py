"""Lenses: a forward map `get : A -> B` and a backward map `put : A * B' -> A'`."""

from __future__ import annotations

from dataclasses import dataclass

from symcat.category.morphism import Builder, Morphism
from symcat.category.space import Space
from symcat.category.structure import identity, project, swap
from symcat.derivative.reverse import R
from symcat.errors import ShapeError


@dataclass(frozen=True)
class Lens:
    """A lens (A, A') -> (B, B').  B' and A' are read off `put`, whose first wires must be those of A.

    >>> from symcat.category.space import Real, space
    >>> A = space(x=Real["n"])
    >>> (identity_lens(A) >> identity_lens(A)) == identity_lens(A)
    True
    """

    get: Morphism
    put: Morphism

    def __post_init__(self) -> None:
        a = self.get.dom
        if not self.put.dom[: len(a)].fits(a):
            raise ShapeError(f"put starts at {self.put.dom}, but it must start at A * B' with A = {a}; "
                             "did you mean put(a, db), in that order?")

    @property
    def dom(self) -> tuple[Space, Space]:
        """(A, A')."""
        return self.get.dom, self.put.cod

    @property
    def cod(self) -> tuple[Space, Space]:
        """(B, B')."""
        return self.get.cod, self.put.dom[len(self.get.dom):]

    def __rshift__(self, other: Lens) -> Lens:
        """Composition, this one first: get is get ; get, put(a, c') = f*(a, g*(f(a), c'))."""
        if not isinstance(other, Lens):
            return NotImplemented
        if not (self.cod[0].fits(other.dom[0]) and self.cod[1].fits(other.dom[1])):
            raise ShapeError(f"cannot compose lenses: the first ends at {pair_of(self.cod)}, the second starts at {pair_of(other.dom)}")
        build = Builder()
        a = build.inputs(self.get.dom)
        back = build.inputs(other.cod[1])
        middle = build.call(other.put, (*build.call(self.get, a), *back))
        outs = build.call(self.put, (*a, *middle))
        return Lens(self.get >> other.get, build.build(outs, self.put.cod.names))

    def __matmul__(self, other: Lens) -> Lens:
        """The product of two lenses, side by side."""
        if not isinstance(other, Lens):
            return NotImplemented
        get = self.get @ other.get
        build = Builder()
        points = build.inputs(get.dom)
        backs = build.inputs(self.cod[1] * other.cod[1])
        i, j = len(self.get.dom), len(self.cod[1])
        outs = (*build.call(self.put, (*points[:i], *backs[:j])), *build.call(other.put, (*points[i:], *backs[j:])))
        return Lens(get, build.build(outs, (self.put.cod * other.put.cod).names))

    def __str__(self) -> str:
        return f"{pair_of(self.dom)} -> {pair_of(self.cod)}"


def pair_of(ends: tuple[Space, Space]) -> str:
    return f"({ends[0]}, {ends[1]})"


def lens(f: Morphism) -> Lens:
    """The functor into lenses: f with its reverse derivative."""
    return Lens(f, R(f))


def identity_lens(a: Space) -> Lens:
    """get 1, put pi1."""
    return Lens(identity(a), project(a, a, 1))


def swap_lens(a: Space, b: Space) -> Lens:
    """The symmetry: get swaps, put swaps back."""
    build = Builder()
    build.inputs(a * b)
    back = build.inputs(b * a)
    return Lens(swap(a, b), build.build((*back[len(b):], *back[: len(b)]), (a * b).names))
