"""Points that satisfy all premises of some programs: from premises that nothing satisfies nothing is concluded.

A certificate keeps such a point, and it is looked at again when the certificate is verified.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from random import Random
from typing import Any

import numpy as np

from symcat.category.comprehension import Fact
from symcat.category.evaluate import Evaluation, fact_holds
from symcat.category.morphism import Morphism
from symcat.category.objects import EXACT
from symcat.category.sizes import size_of
from symcat.errors import DomainError, ShapeError
from symcat.prove.balls import balls, precision
from symcat.prove.sample import EDGE, GENERIC, HYPERS, Setting
from symcat.prove.witness import Point, written

POINTS, SIZES, BITS = 36, 3, 256


def candidates(setting: Setting) -> Iterator[Point]:
    """Points of all sizes in turn, in an order that is always the same: of both signs, without negative inputs, of any kind."""
    random = Random(0)
    sizes = setting.sizes(SIZES)
    kinds = ([GENERIC["signed"], GENERIC["small"], EDGE["integers"]], [GENERIC["positive"], GENERIC["unit"], EDGE["naturals"]],
             [*GENERIC.values(), *EDGE.values()])
    for attempt in range(POINTS if sizes else 0):
        dims = sizes[attempt % len(sizes)]
        hypers = setting.draw_hypers(dims, HYPERS, random)
        if hypers is not None:
            yield Point(dims, hypers, setting.draw_inputs(dims, kinds[attempt // len(sizes) % len(kinds)], random))


def runs_at(programs: Sequence[Morphism], point: Point) -> list[Evaluation] | None:
    """The programs at a point, exactly or in balls; None when a requirement does not certainly hold there."""
    for scalars in (EXACT, balls(BITS)):
        with precision(BITS):
            try:
                runs = [Evaluation(f, point.inputs, point.dims, point.hypers, scalars) for f in programs]
                if not all(run.holds(requirement) is True for run in runs for requirement in run.f.requirements):
                    continue
                for run in runs:
                    run.outputs()
                return runs
            except (DomainError, ZeroDivisionError):
                continue
    return None


def satisfied(programs: Sequence[Morphism], facts: Sequence[Fact]) -> Point | None:
    """A point at which all facts and requirements hold, or None."""
    setting = Setting.of(programs[0], programs[-1], facts)
    return next((point for point in candidates(setting) if runs_at(programs, point) is not None), None)


def data(point: Point, names: Sequence[str]) -> dict[str, Any]:
    """A point as JSON-able data."""
    return {"dims": dict(point.dims), "hypers": {k: str(v) for k, v in point.hypers.items()},
            "inputs": {name: written(value) for name, value in zip(names, point.inputs, strict=True)}}


def flaw(programs: Sequence[Morphism], facts: Sequence[Fact], given: object) -> str:
    """Why data are no point at which all premises hold; the empty text when they are one."""
    dom, every = programs[0].dom, dict.fromkeys((*facts, *(fact for f in programs for fact in f.facts)))
    try:
        dims = {name: int(value) for name, value in given["dims"].items()}
        hypers = {name: Fraction(value) for name, value in given["hypers"].items()}
        inputs = [_array(given["inputs"][name], tuple(size_of(d, dims, name) for d in wire.shape)) for name, wire in dom]
        if not all(fact_holds(fact, dims, hypers) for fact in every):
            return "the point that should satisfy the premises does not satisfy the facts"
        kept = runs_at(programs, Point(dims, hypers, inputs))
    except (KeyError, TypeError, ValueError, AttributeError, ArithmeticError, ShapeError, DomainError) as error:
        return f"the point that should satisfy the premises cannot be read: {type(error).__name__}: {error}"
    return "" if kept is not None else "the point that should satisfy the premises does not satisfy the requirements"


def _array(given: Any, shape: tuple[int, ...]) -> np.ndarray:
    if any(size < 1 for size in shape):
        raise ValueError("an axis without entries")
    found = np.empty(shape, dtype=object)
    for place in np.ndindex(shape):
        entry = given
        for i in place:
            entry = entry[i]
        if not isinstance(entry, str):
            raise ValueError(f"{str(entry)[:40]!r} is not the text of a rational")
        found[place] = Fraction(entry)
    return found


def mapping(given: object) -> Mapping[str, Any]:
    """Data that should be an object, or an empty one."""
    return given if isinstance(given, Mapping) else {}
