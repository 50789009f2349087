"""What a family of maps does to one block of axes of an array, written into a program.

The variance is the power of the map: 1 for vectors, -1 for covectors, -2 for the squares of covectors entry by entry.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import sympy as sp

from symcat.category.expression import Argmax, At, Delta, index
from symcat.category.morphism import Builder
from symcat.category.space import Dim
from symcat.errors import UsageError

Shape = tuple[Dim, ...]
Condition = tuple[Callable[[sp.Expr], sp.Expr], str]
Input = tuple[str, Shape, Condition | None]      # a name, a shape, and what holds of all entries x: f(x) > 0, or >= 0
Entry = tuple[sp.Expr, sp.Expr, sp.Expr]     # row, column, and what is added to the identity there

HALF = sp.Rational(1, 2)
POSITIVE: Condition = (lambda x: x, ">0")
COSINE: Condition = (lambda x: 1 - x**2, ">=0")


@dataclass(frozen=True)
class Site:
    """A builder, the arrays that parametrise the family, and the point at which a Jacobian is taken."""

    build: Builder
    given: Mapping[str, str]
    point: str = ""

    def read(self, name: str, *indices: sp.Expr) -> At:
        return At(self.given[name], *indices)

    def mapped(self, array: str, body: Callable[..., sp.Expr]) -> str:
        """An array of the same shape."""
        return self.build.gather(self.build.wires[array].shape, body, name="moved")


@dataclass(frozen=True)
class Action:
    """Nothing happens.  `options` are the variances that can be told apart, the likeliest first."""

    @property
    def options(self) -> tuple[int, ...]:
        return (0,)

    @property
    def upper(self) -> int:
        """The variance of vectors; that of covectors where the two move alike."""
        return 1 if self.reduced(1) is None else self.reduced(1)

    def inputs(self, extents: Shape) -> tuple[Input, ...]:
        """The arrays that parametrise the family on a block."""
        return ()

    def reduced(self, variance: int) -> int | None:
        """The variance among those told apart; None where this power of the map acts on nothing."""
        return variance if variance in self.options else None

    def move(self, site: Site, array: str, place: int, variance: int, inverse: bool) -> str:
        """The array with the block that starts at axis `place` moved, or moved back."""
        return array

    def image(self, site: Site, array: str, inverse: bool) -> str:
        """A point moved, where that is no power of a linear map."""
        return array


@dataclass(frozen=True)
class Shift(Action):
    """p -> p + shift; only points move."""

    def inputs(self, extents: Shape) -> tuple[Input, ...]:
        return (("shift", extents, None),)

    def image(self, site: Site, array: str, inverse: bool) -> str:
        sign = -1 if inverse else 1
        return site.mapped(array, lambda *i: At(array, *i) + sign * site.read("shift", *i))


@dataclass(frozen=True)
class Scale(Action):
    """p -> scale p, with one positive number; the variance is the power of the scale."""

    @property
    def options(self) -> tuple[sp.Rational | int, ...]:
        return (0, -1, 1, -2, 2, -3, 3, -4, 4, -HALF, HALF)

    def inputs(self, extents: Shape) -> tuple[Input, ...]:
        return (("scale", (), POSITIVE),)

    def move(self, site: Site, array: str, place: int, variance: int, inverse: bool) -> str:
        power = -variance if inverse else variance
        return site.mapped(array, lambda *i: site.read("scale") ** power * At(array, *i))


@dataclass(frozen=True)
class Coordinates(Action):
    """p[i] -> scales[i] p[i], with positive scales."""

    @property
    def options(self) -> tuple[int, ...]:
        return (-1, 1, -2, 2, 0, -4, 4)

    def inputs(self, extents: Shape) -> tuple[Input, ...]:
        return (("scales", extents, POSITIVE),)

    def move(self, site: Site, array: str, place: int, variance: int, inverse: bool) -> str:
        power, width = -variance if inverse else variance, len(site.build.wires[site.given["scales"]].shape)
        return site.mapped(array, lambda *i: site.read("scales", *i[place:place + width]) ** power * At(array, *i))


@dataclass(frozen=True)
class Negation(Action):
    """p -> -p in every entry: for elementwise rules as good as the reflection of any set of entries."""

    @property
    def options(self) -> tuple[int, ...]:
        return (-1, 0)

    def reduced(self, variance: int) -> int:
        return -(variance % 2)

    def move(self, site: Site, array: str, place: int, variance: int, inverse: bool) -> str:
        return site.mapped(array, lambda *i: -At(array, *i))


@dataclass(frozen=True)
class Flip(Action):
    """The first `length` coordinates change their signs: with the change of all, these generate the sign flips."""

    length: sp.Expr

    @property
    def options(self) -> tuple[int, ...]:
        return (-1, 0)

    def reduced(self, variance: int) -> int:
        return -(variance % 2)

    def move(self, site: Site, array: str, place: int, variance: int, inverse: bool) -> str:
        shape, k = site.build.wires[array].shape, self.length
        here = [index(axis) for axis in range(len(shape))]
        parts = []
        for extent, at, sign in ((k, index(place), -1), (shape[place] - k, k + index(place), 1)):
            box = [(symbol, extent if axis == place else shape[axis]) for axis, symbol in enumerate(here)]
            there = [at if axis == place else symbol for axis, symbol in enumerate(here)]
            parts.append(site.build.node(shape, box, there, sign * At(array, *there), name="part"))
        return site.build.add(*parts, name="moved")


@dataclass(frozen=True)
class Chosen(Action):
    """p[i] -> p[s(i)] for an arbitrary map s of indices, the places of the greatest entries in the rows of `choice`.

    That is the action of a permutation on vectors, covectors and squares alike; for elementwise rules alone it makes sense for
    maps that are no permutations.
    """

    @property
    def options(self) -> tuple[int, ...]:
        return (1, 0)

    def reduced(self, variance: int) -> int:
        return int(variance != 0)

    def inputs(self, extents: Shape) -> tuple[Input, ...]:
        return (("choice", (*extents, *extents), None),)

    def move(self, site: Site, array: str, place: int, variance: int, inverse: bool) -> str:
        shape = site.build.wires[site.given["choice"]].shape
        top = site.build.gather(shape[:1], lambda i, k: site.read("choice", i, k), shape[1:], op="max", name="greatest")
        return site.mapped(array, lambda *i: At(array, *i[:place], Argmax(top, 0, i[place]), *i[place + 1:]))


@dataclass(frozen=True)
class Reversal(Action):
    """The first `length` coordinates in reverse order, or all of them: reversals of all lengths generate the permutations."""

    length: sp.Expr | None = None

    @property
    def options(self) -> tuple[int, ...]:
        return (-1, 0)

    def reduced(self, variance: int) -> int:
        return -int(variance != 0)

    def move(self, site: Site, array: str, place: int, variance: int, inverse: bool) -> str:
        shape = site.build.wires[array].shape
        n, k = shape[place], self.length
        if k is None:
            return site.mapped(array, lambda *i: At(array, *i[:place], n - 1 - i[place], *i[place + 1:]))
        here = [index(axis) for axis in range(len(shape))]
        parts = []
        for extent, to, source in ((k, index(place), k - 1 - index(place)), (n - k, k + index(place), k + index(place))):
            box = [(symbol, extent if axis == place else shape[axis]) for axis, symbol in enumerate(here)]
            parts.append(site.build.node(shape, box, [to if axis == place else symbol for axis, symbol in enumerate(here)],
                                         At(array, *here[:place], source, *here[place + 1:]), name="part"))
        return site.build.add(*parts, name="moved")


@dataclass(frozen=True)
class Sparse(Action):
    """The identity plus some entries: `entries(site, inverse)` are those of the map or of its inverse.

    Powers other than 1 and -1 act where the map is monomial, `powers`: those of a reflection by their parity, those of a
    permutation as the permutation itself.
    """

    entries: Callable[[Site, bool], tuple[Entry, ...]]
    parameters: tuple[tuple[str, Condition | None], ...] = ()
    orthogonal: bool = True
    powers: str = ""
    provable: tuple[str, Sparse] | None = None      # the same maps with parameters that suit proofs, and how they are called

    @property
    def options(self) -> tuple[int, ...]:
        return (-1, 0) if self.orthogonal else (-1, 1, 0)

    def inputs(self, extents: Shape) -> tuple[Input, ...]:
        return tuple((name, (), condition) for name, condition in self.parameters)

    def reduced(self, variance: int) -> int | None:
        if self.powers:
            return -(variance % 2) if self.powers == "parity" else -int(variance != 0)
        return None if abs(variance) > 1 else variance

    def move(self, site: Site, array: str, place: int, variance: int, inverse: bool) -> str:
        rows = self.entries(site, inverse != (variance < 0))
        if variance < 0:
            rows = tuple((column, row, value) for row, column, value in rows)

        def moved(*i: sp.Expr) -> sp.Expr:
            added = [Delta(i[place] - row) * value * At(array, *i[:place], column, *i[place + 1:]) for row, column, value in rows]
            return At(array, *i) + sp.Add(*added)
        return site.mapped(array, moved)


BENT = ("hessian", "hessian_diagonal", "christoffel")


@dataclass(frozen=True)
class Chart(Action):
    """p[i] -> phi(p[i]) with slope phi'(p[i]) > 0; where `point` is the point, variances are powers of the slope.

    `bend` is the second derivative, which second derivatives of the loss and connections move by beside these powers.
    """

    value: Callable[[sp.Expr], sp.Expr]
    slope: Callable[[sp.Expr], sp.Expr]
    bend: Callable[[sp.Expr], sp.Expr]
    domain: Callable[[sp.Expr], sp.Expr] | None = None
    inverse: Callable[[sp.Expr], sp.Expr] | None = None

    @property
    def options(self) -> tuple[int, ...]:
        return (-1, 1, -2, 2, 0)

    def require(self, build: Builder, point: str) -> None:
        """That a point is in the domain: where `domain` is positive, the slope is."""
        if self.domain is not None:
            shape = build.wires[point].shape
            build.require(shape, self.domain(At(point, *map(index, range(len(shape))))), ">0")

    def image(self, site: Site, array: str, inverse: bool) -> str:
        if inverse and self.inverse is None:
            raise UsageError("the inverse of an arbitrary map has no formula: take points on the side where the map starts")
        return site.mapped(array, lambda *i: (self.inverse if inverse else self.value)(At(array, *i)))

    def move(self, site: Site, array: str, place: int, variance: int, inverse: bool) -> str:
        power, width = -variance if inverse else variance, len(site.build.wires[site.point].shape)
        return site.mapped(array, lambda *i: self.slope(At(site.point, *i[place:place + width])) ** power * At(array, *i))

    def bent(self, site: Site, kind: str, array: str, gradient: str, end: bool) -> str:
        """A datum that was moved along as a tensor, with what the second derivative adds: g~ phi'' to a Hessian at the start of the
        maps, -phi'' / phi'^2 to Christoffel symbols at their end."""
        if kind not in BENT or end != (kind == "christoffel"):
            return array
        width = len(site.build.wires[site.point].shape)

        def body(*i: sp.Expr) -> sp.Expr:
            first, *others = (i[k:k + width] for k in range(0, len(i), width))
            point = At(site.point, *first)
            added = -self.bend(point) / self.slope(point) ** 2 if end else At(gradient, *first) * self.bend(point)
            alike = sp.Mul(*(Delta(a - b) for other in others for a, b in zip(first, other, strict=True)))
            return At(array, *i) + alike * added
        return site.mapped(array, body)
