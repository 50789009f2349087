"""Search for a point at which two morphisms certainly differ.

Both original sides are run by the reference interpreter at exact small points.  Only values that certainly differ, as
rationals or as disjoint balls, make a witness; points outside the domain of either side, or where that is undecided, are
skipped.  More points are screened in floats, and what looks different there is judged exactly.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cached_property
from math import prod
from random import Random

import numpy as np
import sympy as sp

from symcat.category import functions as fn
from symcat.category.comprehension import Fact
from symcat.category.evaluate import Evaluation, Prepared, fact_holds
from symcat.category.morphism import Morphism
from symcat.category.objects import EXACT
from symcat.category.scalars import FLOAT, Scalars, smooth_sample
from symcat.category.sizes import size_of
from symcat.errors import DomainError, ShapeError
from symcat.prove.balls import apart, balls, digits, precision
from symcat.prove.formal import refute_formal
from symcat.prove.kinks import on_a_kink
from symcat.prove.sample import EDGE, EDGES, GENERIC, HYPERS, Setting
from symcat.prove.shrink import shrink
from symcat.prove.witness import Point, Tested, Witness, written

EXACT_POINTS = 4
EXACT_WORK = 400_000
BALL_WORK, BALL_POINTS = 10_000_000, 3
FLOAT_WORK = 30_000_000
SIZES = 5
LONGEST = 13_000    # bits; Python writes integers of up to 4300 decimal digits
BITS = (128, 512)
FINE, FINE_WORK = (2048,), 5_000    # the first point of a small goal, where two sides may differ very little
TRANSCENDENTAL = (sp.exp, sp.log, sp.tanh, sp.sin, sp.cos, fn.sigmoid, fn.softplus, fn.Smooth)


def refute(lhs: Morphism, rhs: Morphism, facts: Sequence[Fact] = (), *, tries: int = 20, seed: int = 0) -> Witness | Tested:
    """A witness that two morphisms of one type differ, or what was tested.

    Over Z[n] a difference is one of formal polynomials.  `tries` bounds the points drawn; the result depends on nothing but
    the arguments.

    >>> from symcat.category.space import Real, space
    >>> from symcat.category.structure import add, project
    >>> A = space(x=Real[()])
    >>> found = refute(add(A), project(A, A, 0))
    >>> found.left != found.right
    True
    """
    if not (lhs.dom.fits(rhs.dom) and lhs.cod.fits(rhs.cod)):
        raise ShapeError(f"{lhs.dom} -> {lhs.cod} and {rhs.dom} -> {rhs.cod}: both sides must have the same types")
    setting = Setting.of(lhs, rhs, facts)
    if all(wire.base.modulus for wire in (*lhs.dom.types, *lhs.cod.types)) and len(lhs.cod):
        return refute_formal(lhs, rhs, setting, SIZES)
    return Search(Judge(lhs, rhs), setting, Random(seed), tries).run()


@dataclass(frozen=True)
class Difference:
    """The first entry in which two sides differ, and the values there."""

    point: Point
    wire: int
    index: tuple[int, ...]
    left: str
    right: str
    exact: bool
    at_kink: bool


@dataclass(frozen=True)
class Judge:
    """Compares two morphisms at points."""

    lhs: Morphism
    rhs: Morphism

    @cached_property
    def sides(self) -> tuple[Prepared, Prepared]:
        return Prepared(self.lhs), Prepared(self.rhs)

    @cached_property
    def algebraic(self) -> bool:
        """Whether exact rationals have a chance at generic points."""
        return not any(e.has(*TRANSCENDENTAL) for f in (self.lhs, self.rhs)
                       for e in (*(node.body for node in f.nodes), *(r.expr for r in f.requirements)))

    def judge(self, point: Point, rational_first: bool = False, bits: Sequence[int] = BITS) -> Difference | str:
        """A certain difference, or "agree", "outside" the domain, "undecided"."""
        verdict: Difference | str = "undecided"
        if (self.algebraic and self.work(point.dims) <= EXACT_WORK) or rational_first:
            verdict = self._compare(point, EXACT)
        for count in bits:
            if verdict == "undecided":
                with precision(count):
                    verdict = self._compare(point, balls(count))
        return verdict

    def looks_different(self, point: Point) -> bool | None:
        """Whether floats differ by more than rounding explains; None where they are undefined."""
        runs = [Evaluation(f, point.inputs, point.dims, point.hypers, FLOAT) for f in self.sides]
        found = False
        for left, right in zip(*(run.outputs() for run in runs), strict=True):
            if not (np.all(np.isfinite(left)) and np.all(np.isfinite(right))):
                return None
            found |= bool(np.any(np.abs(left - right) > 1e-9 * (np.abs(left) + np.abs(right)) + 1e-11))
        return found

    def work(self, dims: Mapping[str, int]) -> int:
        """The number of points of all boxes of both sides."""
        return sum(prod(size_of(extent, dims, node.name) for extent in node.extents)
                   for f in (self.lhs, self.rhs) for node in f.nodes)

    def _compare(self, point: Point, scalars: Scalars) -> Difference | str:
        try:
            runs = [Evaluation(f, point.inputs, point.dims, point.hypers, scalars) for f in self.sides]
            states = [run.holds(requirement) for run in runs for requirement in run.f.requirements]
            if False in states:
                return "outside"
            if None in states:
                return "undecided"
            pairs = list(zip(*(run.outputs() for run in runs), strict=True))
        except (DomainError, ZeroDivisionError):
            return "undecided"
        for wire, (left, right) in enumerate(pairs):
            different = _different(scalars)
            for index in np.ndindex(left.shape):
                a, b = left[index], right[index]
                answer = different(a, b)
                if answer is None:
                    return "undecided"
                if answer and _too_long(a, b):
                    return "undecided"
                if answer:
                    try:
                        kink = any(on_a_kink(run) for run in runs)
                    except (DomainError, ZeroDivisionError):      # an array that no output needs has no value here
                        return "undecided"
                    return Difference(point, wire, index, *_texts(a, b), not hasattr(a, "overlaps"), kink)
        return "agree"


def _different(scalars: Scalars) -> Callable[[object, object], bool | None]:
    if scalars == EXACT:
        return lambda a, b: bool(a != b)
    return lambda a, b: apart(a, b) if hasattr(a, "overlaps") else bool(a != b)


def _too_long(*values: object) -> bool:
    """Whether rationals have more digits than are written out."""
    return any(max(abs(v.numerator), v.denominator).bit_length() > LONGEST for v in values if isinstance(v, Fraction))


def _texts(a: object, b: object) -> tuple[str, str]:
    if not hasattr(a, "overlaps"):
        return str(a), str(b)
    for count in (12, 30, 60, 150, 600):
        if digits(a, count) != digits(b, count):
            return digits(a, count), digits(b, count)
    return digits(a), f"{digits(a)} + {digits(b - a, 12)}"


@dataclass(frozen=True)
class Search:
    """One search for a witness."""

    judge: Judge
    setting: Setting
    random: Random
    tries: int

    def run(self) -> Witness | Tested:
        work = {tuple(s.items()): self.judge.work(s) for s in self.setting.sizes(SIZES)}
        sizes = [dict(s) for s, count in work.items() if count <= FLOAT_WORK]
        tested = screened = undecided = large = 0
        at_kink: Difference | None = None
        inside: Point | None = None
        for point in self._points(sizes):
            count = work[tuple(point.dims.items())]
            enough = tested >= EXACT_POINTS if count <= EXACT_WORK else tested > 0 or count > BALL_WORK or large >= BALL_POINTS
            suspicious = self.judge.looks_different(point)
            if large >= 2 * BALL_POINTS or (enough and not suspicious):
                screened += suspicious is False
                continue
            large += count > EXACT_WORK
            found = self.judge.judge(point, bits=BITS if tested else FINE if count <= FINE_WORK else BITS[1:])
            if isinstance(found, Difference):
                at_kink = at_kink or found
                if not found.at_kink:
                    return self._witness(found)
            tested += found == "agree"
            inside = inside or (point if found == "agree" else None)
            undecided += found == "undecided"
        if at_kink is not None:
            return self._witness(at_kink)
        return Tested(tested, tested > 0 or self._free(sizes), screened, undecided, inside)

    def _free(self, sizes: list) -> bool:
        """Whether there is nothing to satisfy."""
        sides = (self.judge.lhs, self.judge.rhs)
        return bool(sizes) and not self.setting.facts and not any(f.requirements for f in sides)

    def _points(self, sizes: list[dict[str, int]]) -> Iterator[Point]:
        """Points in order: sizes in turn; generic draws first, then edges."""
        for attempt in range(self.tries if sizes else 0):
            edge = attempt >= self.tries * 2 // 3
            draws = [*GENERIC.values(), *EDGE.values()] if edge else list(GENERIC.values())
            if attempt % 3 == 1 and not edge:
                draws = [GENERIC["positive"], GENERIC["unit"]]
            dims = sizes[attempt % len(sizes)]
            hypers = self.setting.draw_hypers(dims, EDGES + HYPERS if edge else HYPERS, self.random)
            if hypers is not None:
                yield Point(dims, hypers, self.setting.draw_inputs(dims, draws, self.random))

    def _witness(self, found: Difference) -> Witness:
        if self.judge.work(dict(found.point.dims)) <= EXACT_WORK:
            found = shrink(found, self.setting, self._still, self.random)
        lhs, point = self.judge.lhs, found.point
        named = zip(self.setting.names, point.inputs, strict=True)
        return Witness(dict(point.dims), {name: str(value) for name, value in point.hypers.items()},
                       {name: written(array) for name, array in named}, lhs.cod.names[found.wire], found.index,
                       found.left, found.right, found.exact, found.at_kink, _note((lhs, self.judge.rhs)))

    def _still(self, point: Point, instead_of: Difference) -> Difference | None:
        """A difference at a simpler point that satisfies the premises, not worse in kind than the one it replaces."""
        if not all(fact_holds(fact, point.dims, point.hypers) for fact in self.setting.facts):
            return None
        found = self.judge.judge(point, rational_first=True)
        if isinstance(found, Difference) and found.at_kink <= instead_of.at_kink and found.exact >= instead_of.exact:
            return found
        return None


def _note(sides: Sequence[Morphism]) -> str:
    """The functions that stand for arbitrary smooth ones, named."""
    names = sorted({call.args[0].name for f in sides for node in f.nodes for call in node.body.atoms(fn.Smooth)})
    return "; ".join(f"{name}(x) = sin({a}*x) + {b}*x^3" for name in names for a, b in [smooth_sample(name)])
