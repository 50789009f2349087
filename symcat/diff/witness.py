"""An exact point at which two parameter paths differ, with as few steps as possible."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from fractions import Fraction
from itertools import chain, combinations, islice
from typing import Any

import numpy as np

from symcat.category.morphism import Morphism
from symcat.diff.pair import Pair
from symcat.laws.induction import Machine
from symcat.prove.refute import Difference, Judge, refute
from symcat.prove.witness import Point, Witness

SYMBOLIC = 3        # steps that are searched thoroughly
STEPS = 12          # steps that are searched at all
FEW = 6             # points for each step beyond the first ones
SQUARES = tuple(map(Fraction, ("3", "3/4", "8", "5/4", "1/2", "15/16")))    # with 0 and 1 these make squares: 1 + 3, 1 - 3/4
TRIES = 60


def difference(pair: Pair, varying: bool = False, steps: Iterable[int] | None = None,
               late: Callable[[], bool] = lambda: False) -> tuple[Mapping[str, Any], int] | None:
    """A witness and the first step at which it shows; None when none is found before `late` says that time is over."""
    found = pair.machines(pair.small, varying)
    if found is None:
        return None
    for count in steps or range(1, STEPS + 1):
        if late():
            return None
        runs = [path(one, count) for one in found]
        outcome = refute(*runs, pair.facts, tries=20 if count <= SYMBOLIC else FEW)
        if isinstance(outcome, Witness):
            outcome = outcome if outcome.exact else rational(pair, runs, outcome)
            return {**outcome.data(), "step": count, "note": _note(pair, outcome, count)}, count
    return None


def rational(pair: Pair, runs: Sequence[Morphism], found: Witness) -> Witness:
    """A witness near another one at which both values are rational numbers, roots included; the same one when none is near."""
    judge = Judge(*runs)
    inputs = [_array(found.inputs[name]) for name in runs[0].dom.names]
    base = {name: Fraction(value) for name, value in found.hypers.items()}
    rows = {symbol.name: row for symbol, row in pair.hypers.items() if symbol.name in base}
    choices = [(name, value) for name, row in rows.items() for value in SQUARES if row.admits(value)]
    for changes in islice(chain(((one,) for one in choices), combinations(choices, 2)), TRIES):
        hypers = {**base, **dict(changes)}
        unlike = judge.judge(Point(found.dims, hypers, inputs), rational_first=True, bits=())
        if isinstance(unlike, Difference) and not unlike.at_kink:
            return replace(found, hypers={name: str(value) for name, value in hypers.items()}, output=runs[0].cod.names[unlike.wire],
                           index=unlike.index, left=unlike.left, right=unlike.right, exact=True)
    return found


def _array(value: object) -> np.ndarray:
    """Nested lists of strings as an array of fractions."""
    texts = np.array(value, dtype=object)
    return np.array([Fraction(text) for text in texts.ravel()], dtype=object).reshape(texts.shape)


def path(given: Machine, steps: int) -> Morphism:
    """What a machine puts out at a step, from a parameter and inputs that are numbered from 1."""
    run = given.run(steps)
    names = [f"{name}{k}" for k in range(1, steps + 1) for name in given.inputs.names]
    return run.renamed(dom=[*run.dom.names[: len(given.start.dom)], *names])


def _note(pair: Pair, outcome: Witness, count: int) -> str:
    where = {"place": "where the gradient is taken", "out": "where the gradient is taken next" if pair.look else "the parameter"}
    return "; ".join(filter(None, (f"{where.get(outcome.output, outcome.output)} after step {count}", outcome.note)))
