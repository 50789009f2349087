"""Order between morphisms, `lhs <= rhs` or `lhs < rhs` in every entry: refuted at an exact rational point, never proved here."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any

import numpy as np

from symcat.category.comprehension import Fact
from symcat.category.evaluate import Evaluation
from symcat.category.morphism import Morphism
from symcat.category.objects import EXACT
from symcat.errors import DomainError, UsageError
from symcat.prove.sample import EDGE, GENERIC, HYPERS, Setting
from symcat.prove.witness import Point, written

POINTS = 48
SIZES = 4


@dataclass(frozen=True)
class Open:
    """No proof of an order and no refutation, and why."""

    reason: str


def violation(lhs: Morphism, rhs: Morphism, rel: str, facts: Sequence[Fact] = ()) -> dict[str, Any] | None:
    """A witness against the order, or None; points where a side is irrational or undefined are skipped."""
    if any(wire.base.modulus for wire in lhs.cod.types):
        raise UsageError(f"{lhs.cod} has no order: {rel} is for real wires")
    setting = Setting.of(lhs, rhs, facts)
    for point in _points(setting):
        try:
            runs = [Evaluation(f, point.inputs, point.dims, point.hypers, EXACT) for f in (lhs, rhs)]
            if not all(run.holds(requirement) is True for run in runs for requirement in run.f.requirements):
                continue
            sides = [[run.array(name) for name in run.f.outs] for run in runs]
        except (DomainError, ZeroDivisionError):
            continue
        for name, left, right in zip(lhs.cod.names, *sides, strict=True):
            for index in np.ndindex(left.shape):
                a, b = left[index], right[index]
                if a > b or (rel == "<" and a == b):
                    return {"dims": dict(point.dims), "hypers": {k: str(v) for k, v in point.hypers.items()},
                            "inputs": {k: written(v) for k, v in zip(setting.names, point.inputs, strict=True)}, "output": name,
                            "index": list(index), "left": str(a), "right": str(b), "relation": rel, "exact": True}
    return None


def _points(setting: Setting) -> Iterator[Point]:
    """Points of all sizes in turn, in an order that is always the same."""
    random = Random(0)
    sizes = setting.sizes(SIZES)
    draws = [*GENERIC.values(), *EDGE.values()]
    for attempt in range(POINTS if sizes else 0):
        dims = sizes[attempt % len(sizes)]
        hypers = setting.draw_hypers(dims, HYPERS, random)
        if hypers is not None:
            yield Point(dims, hypers, setting.draw_inputs(dims, draws, random))
