"""How far two rules are apart after five steps, in balls of 40 digits and more."""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction

import numpy as np

from symcat.bench.zoo.rows import Case
from symcat.category.evaluate import Evaluation
from symcat.category.hyper import exact_number
from symcat.category.morphism import Morphism
from symcat.category.space import Real, Wire
from symcat.learn.optimisers import Optimiser
from symcat.prove.balls import balls, precision

GRADIENTS = ("3/10", "-1/5", "1/20", "2/5", "-1/100")
DROPPED = 2         # the first step, counted from 0, of the lower rate
BITS = 200          # 60 digits
POINT = Wire(Real, ())


def size(case: Case) -> float:
    """|x_A - x_B| over the displacement after the five steps, where the gradient is taken when that is not the parameter."""
    first, second = (path(rule, case.at, case.drop) for rule in (case.a, case.b))
    return abs(first - second) / abs((second if case.over_b else first) - 1)


def path(rule: Optimiser, at: Mapping[str, float], drop: float = 1.0) -> float:
    """The place of the next gradient after the five steps from 1."""
    step, start = rule.step(POINT), rule.start(POINT)
    with precision(BITS):
        scalars = balls(BITS)
        states = [np.array(1, dtype=object), *_run(start, [1], _values(rule, at, 1.0), scalars)]
        for k, g in enumerate(GRADIENTS):
            values = _values(rule, at, drop if k >= DROPPED else 1.0)
            states = _run(step, [states[0], Fraction(g), *states[1:]], values, scalars)
        place = _run(rule._look(POINT), states, values, scalars)[0] if rule.look else states[0]
        return float(place.item().mid())


def _run(f: Morphism, inputs: list, values: Mapping[str, object], scalars: object) -> list[np.ndarray]:
    return Evaluation(f, inputs, {}, values, scalars).outputs()


def _values(rule: Optimiser, at: Mapping[str, float], factor: float) -> dict[str, object]:
    found = {row.name: exact_number(at[row.name]) if row.name in at else row.default for row in rule.hypers}
    if "lr" in found:
        found["lr"] *= exact_number(factor)
    return found
