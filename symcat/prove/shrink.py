"""Making a witness small: smaller dims, simple hyperparameters, zeros and small integers, while the two sides still differ."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from fractions import Fraction
from itertools import islice
from random import Random
from typing import TypeVar

import numpy as np

from symcat.category.evaluate import fact_holds
from symcat.prove.sample import GENERIC, HYPERS, Setting, possible
from symcat.prove.witness import Point

Found = TypeVar("Found")
BUDGET = 160
SIMPLE = tuple(map(Fraction, ("0", "1", "-1", "2", "-2", "1/2", "3")))


def complexity(value: Fraction) -> tuple[int, int, bool]:
    return value.denominator, abs(value.numerator), value < 0


def shrink(found: Found, setting: Setting, still: Callable[[Point, Found], Found | None], random: Random) -> Found:
    """A simpler difference; `still(point, found)` gives the difference at another point when there is one as good."""
    best = [found]
    points = (point for step in (_sizes, _hypers, _wires, _entries, _entries)
              for point in step(best[0].point, setting, random, lambda: best[0].point))
    for point in islice(points, BUDGET):
        best[0] = still(point, best[0]) or best[0]
    return best[0]


def _sizes(point: Point, setting: Setting, random: Random, current: Callable[[], Point]) -> Iterator[Point]:
    """At smaller sizes: the same point cropped, then generic points."""
    smaller = lambda sizes: sum(sizes.values()) < sum(current().dims.values())
    for sizes in setting.sizes(4) if point.dims else []:
        if smaller(sizes):
            yield replace(current(), dims=sizes, inputs=_cropped(point, setting.shapes(sizes)))
        for turn in range(9):
            if smaller(sizes):
                hypers = setting.draw_hypers(sizes, HYPERS, random)
                if hypers is not None:
                    draws = [GENERIC["signed"]] if turn % 3 else list(GENERIC.values())
                    yield Point(sizes, hypers, setting.draw_inputs(sizes, draws, random))


def _cropped(point: Point, shapes: list[tuple[int, ...]]) -> list[np.ndarray]:
    """The inputs cut, or repeated, to other shapes."""
    return [np.pad(array, [(0, max(0, size - have)) for size, have in zip(shape, array.shape, strict=True)], mode="edge")
            [tuple(map(slice, shape))] if shape else array for array, shape in zip(point.inputs, shapes, strict=True)]


def _hypers(point: Point, setting: Setting, random: Random, current: Callable[[], Point]) -> Iterator[Point]:
    """The same point with one hyperparameter simpler."""
    for symbol in setting.hypers:
        for value in SIMPLE:
            now = current()
            if possible(symbol, value) and complexity(value) < complexity(now.hypers[symbol.name]):
                hypers = {**now.hypers, symbol.name: value}
                facts = [fact for fact in setting.facts if symbol in fact.expr.free_symbols]
                if all(fact_holds(fact, now.dims, hypers) for fact in facts):
                    yield replace(now, hypers=hypers)


def _wires(point: Point, setting: Setting, random: Random, current: Callable[[], Point]) -> Iterator[Point]:
    """The same point with one input all 0, or all 1."""
    for wire, array in enumerate(point.inputs):
        for value in SIMPLE[:2]:
            if any(complexity(entry) > complexity(value) for entry in current().inputs[wire].ravel()):
                yield _with(current(), wire, np.full(array.shape, value, dtype=object))


def _entries(point: Point, setting: Setting, random: Random, current: Callable[[], Point]) -> Iterator[Point]:
    """The same point with one entry simpler."""
    for wire, array in enumerate(point.inputs):
        for place in np.ndindex(array.shape):
            for value in (*SIMPLE, Fraction(round(array[place]))):
                now = current()
                if complexity(value) < complexity(now.inputs[wire][place]):
                    changed = now.inputs[wire].copy()
                    changed[place] = value
                    yield _with(now, wire, changed)


def _with(point: Point, wire: int, array: np.ndarray) -> Point:
    return replace(point, inputs=[array if k == wire else other for k, other in enumerate(point.inputs)])
