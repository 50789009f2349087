"""Families of coordinate changes, the rows of the table of naturality.

Groups are given by generators at symbolic places where that suffices: reversals of the first coordinates, or transpositions, generate
the permutations, rotations of two coordinates SO(n), transvections and scalings of the coordinates GL+(n), with reflections GL(n).
A composite of squares that commute commutes, so what holds of generators holds of the group they generate.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import sympy as sp
from sympy.core.symbol import Str

from symcat.category.expression import At, index
from symcat.category.functions import Smooth
from symcat.category.morphism import Builder
from symcat.category.space import Dim, Wire, dim, unused
from symcat.laws.naturality.actions import (
    COSINE,
    Action,
    Chart,
    Chosen,
    Coordinates,
    Entry,
    Flip,
    Negation,
    Reversal,
    Scale,
    Shift,
    Site,
    Sparse,
)
from symcat.laws.naturality.functors import STILL, Transport

FIRST, APART = dim("first"), dim("apart")      # a place counted from 1, and the distance to a second one


@dataclass(frozen=True)
class Family:
    """One family of maps phi; `axes` are the axes of the parameter that make the block on which its action acts.

    `kind` is one of shift, scale, loss (the maps leave the parameter alone and scale the loss), block and chart.
    """

    words: str
    action: Action
    axes: tuple[int, ...] = (0,)
    kind: str = "block"
    isometric: bool = False

    @property
    def place(self) -> int:
        return self.axes[0]

    def extents(self, wire: Wire) -> tuple[Dim, ...]:
        """The extents of the block in a parameter of a wire."""
        return tuple(wire.shape[axis] for axis in self.axes)

    def point(self) -> Transport:
        """How the parameter moves."""
        if self.kind in ("shift", "chart"):
            return Transport(point=True)
        return STILL if self.kind == "loss" else Transport(((self.place, 1),))

    def site(self, build: Builder, wire: Wire, taken: Sequence[str] = (), conditions: bool = True) -> Site:
        """The arrays of the family as inputs of a builder, with the conditions on their entries; names that are taken are avoided."""
        given = {}
        for name, shape, condition in self.action.inputs(self.extents(wire)):
            given[name] = build.input(unused(name, {*build.wires, *taken}), Wire(wire.base, shape))
            if condition and conditions:
                build.require(shape, condition[0](At(given[name], *map(index, range(len(shape))))), condition[1])
        return Site(build, given)

    def at(self, site: Site, point: str) -> Site:
        """The site with the Jacobian taken at a point, which has to be in the domain of a chart."""
        if self.kind == "chart":
            self.action.require(site.build, point)
        return replace(site, point=point)

    def move(self, site: Site, array: str, transport: Transport, inverse: bool = False) -> str:
        """The array on the other side: along the maps, or back when `inverse`."""
        if transport.point:
            return self.action.image(site, array, inverse)
        for place, power in transport.blocks:
            array = self.action.move(site, array, place, power, inverse)
        return array


# ---- entries of generators
def _pair(places: tuple[sp.Expr, sp.Expr] | None) -> tuple[sp.Expr, sp.Expr]:
    return places or (FIRST - 1, FIRST + APART - 1)


def transposition(places: tuple[sp.Expr, sp.Expr] | None = None) -> Sparse:
    """Two coordinates change places."""
    a, b = _pair(places)

    def entries(site: Site, inverse: bool) -> tuple[Entry, ...]:
        return (a, b, sp.S.One), (b, a, sp.S.One), (a, a, sp.S.NegativeOne), (b, b, sp.S.NegativeOne)
    return Sparse(entries, powers="permutation")


def reflection(place: sp.Expr | None = None) -> Sparse:
    """One coordinate changes its sign."""
    a = FIRST - 1 if place is None else place
    return Sparse(lambda site, inverse: ((a, a, sp.Integer(-2)),), powers="parity")


def plane_rotation(places: tuple[sp.Expr, sp.Expr] | None = None) -> Sparse:
    """A rotation of two coordinates, by the tangent u of half the angle: cos = (1 - u^2)/(1 + u^2), sin = 2u/(1 + u^2)."""
    a, b = _pair(places)

    def entries(site: Site, inverse: bool) -> tuple[Entry, ...]:
        u = site.read("half")
        cos, sin = (1 - u**2) / (1 + u**2), (-2 if inverse else 2) * u / (1 + u**2)
        return (a, a, cos - 1), (a, b, -sin), (b, a, sin), (b, b, cos - 1)
    return Sparse(entries, (("half", None),), provable=("two coordinates are rotated by an angle up to pi", turn(places)))


def turn(places: tuple[sp.Expr, sp.Expr] | None = None) -> Sparse:
    """The same by the cosine of an angle up to pi; the sine is a root, whose square needs no denominator."""
    a, b = _pair(places)

    def entries(site: Site, inverse: bool) -> tuple[Entry, ...]:
        cos = site.read("cosine")
        sin = (-1 if inverse else 1) * sp.sqrt(1 - cos**2)
        return (a, a, cos - 1), (a, b, -sin), (b, a, sin), (b, b, cos - 1)
    return Sparse(entries, (("cosine", COSINE),))


def transvection(places: tuple[sp.Expr, sp.Expr] | None = None, upper: bool = True) -> Sparse:
    """A multiple of one coordinate is added to another."""
    a, b = _pair(places) if upper else _pair(places)[::-1]

    def entries(site: Site, inverse: bool) -> tuple[Entry, ...]:
        return ((a, b, -site.read("shear") if inverse else site.read("shear")),)
    return Sparse(entries, (("shear", None),), orthogonal=False)


def _pairs(extent: Dim) -> list[tuple[sp.Expr, sp.Expr] | None]:
    """The places of generators: two symbolic ones, or neighbours among a number of coordinates."""
    return [(sp.Integer(k), sp.Integer(k + 1)) for k in range(int(extent) - 1)] if extent.is_Integer else [None]


def _singles(extent: Dim) -> list[sp.Expr | None]:
    return [sp.Integer(k) for k in range(int(extent))] if extent.is_Integer else [None]


# ---- families
def translation(wire: Wire) -> tuple[Family, ...]:
    return (Family("p -> p + shift", Shift(), tuple(range(len(wire.shape))), "shift", True),)


def uniform_scaling(wire: Wire) -> tuple[Family, ...]:
    return (Family("p -> scale p for scale > 0", Scale(), tuple(range(len(wire.shape))), "scale"),)


def loss_scale(wire: Wire) -> tuple[Family, ...]:
    return (Family("L -> L / scale for scale > 0", Scale(), tuple(range(len(wire.shape))), "loss"),)


def diagonal_scaling(wire: Wire, axes: tuple[int, ...] | None = None) -> tuple[Family, ...]:
    axes = axes or tuple(range(len(wire.shape)))
    return (Family("p[i] -> scales[i] p[i] for scales > 0", Coordinates(), axes),)


def sign_flips(wire: Wire, axis: int = 0, alike: bool = False, bent: bool = False) -> tuple[Family, ...]:
    """Reflections; `alike` for elementwise rules, whose entries are all one recursion.

    `bent` for rules that apply functions to entries before they are added up: changes of the first ones suit proofs about these.
    """
    if alike:
        return (Family("any entries change their sign (every entry is one recursion: seen at entries that do)", Negation(),
                       tuple(range(len(wire.shape))), isometric=True),)
    if bent and len(wire.shape) == 1 and not wire.shape[0].is_Integer:
        return (Family("all coordinates change their signs", Negation(), isometric=True),
                Family("the first ones change their signs", Flip(FIRST), isometric=True))
    return tuple(Family("one coordinate changes its sign", reflection(place), (axis,), isometric=True)
                 for place in _singles(wire.shape[axis]))


def permutation(wire: Wire, axis: int = 0, alike: bool = False, bent: bool = False) -> tuple[Family, ...]:
    """Permutations; `alike` for elementwise rules, for which any map of indices will do.

    `bent` for rules that apply functions to entries before they are added up: reversals, cut at one place, suit proofs about these.
    """
    if alike and len(wire.shape) == 1:
        return (Family("p[i] -> p[s(i)] for every map s of indices", Chosen(), isometric=True),)
    if bent and len(wire.shape) == 1 and not wire.shape[0].is_Integer:
        return (Family("all coordinates are put in reverse order", Reversal(), isometric=True),
                Family("the first ones are put in reverse order", Reversal(FIRST), isometric=True))
    return tuple(Family("two coordinates change places", transposition(places), (axis,), isometric=True)
                 for places in _pairs(wire.shape[axis]))


def rotation(wire: Wire, axis: int = 0) -> tuple[Family, ...]:
    """Rotations of two coordinates; the rational ones, which make witnesses, know those with a root for the sine, which make proofs."""
    return tuple(Family("two coordinates are rotated by an angle other than pi", plane_rotation(places), (axis,), isometric=True)
                 for places in _pairs(wire.shape[axis]))


def linear(wire: Wire, axis: int = 0) -> tuple[Family, ...]:
    """Transvections both ways and scalings of each coordinate; reflections are the law of sign flips."""
    shears = [Family("a multiple of one coordinate is added to another", transvection(places, upper), (axis,))
              for places in _pairs(wire.shape[axis]) for upper in (True, False)]
    return (*shears, *diagonal_scaling(wire, (axis,)))


CHARTS = {
    "cube": ("p[i] -> p[i]^3 for p > 0", Chart(lambda x: x**3, lambda x: 3 * x**2, lambda x: 6 * x, lambda x: x)),
    "exp": ("p[i] -> exp(p[i])", Chart(sp.exp, sp.exp, sp.exp)),
    "phi": ("p[i] -> phi(p[i]) for any smooth phi with phi' > 0",
            Chart(Smooth.named("phi"), lambda x: Smooth(Str("phi"), sp.S.One, x), lambda x: Smooth(Str("phi"), sp.Integer(2), x),
                  lambda x: Smooth(Str("phi"), sp.S.One, x))),
}


def diffeomorphism(wire: Wire, names: Sequence[str] = ("cube", "phi")) -> tuple[Family, ...]:
    """Changes of each coordinate on its own."""
    return tuple(Family(CHARTS[name][0], CHARTS[name][1], tuple(range(len(wire.shape))), "chart") for name in names)
