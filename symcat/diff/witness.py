"""An exact point at which two parameter paths differ, with as few steps as possible."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from symcat.category.morphism import Morphism
from symcat.diff.pair import Pair
from symcat.laws.induction import Machine
from symcat.prove.refute import refute
from symcat.prove.witness import Witness

SYMBOLIC = 3        # steps that are searched thoroughly
STEPS = 12          # steps that are searched at all
FEW = 6             # points for each step beyond the first ones


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
            return {**outcome.data(), "step": count, "note": _note(pair, outcome, count)}, count
    return None


def path(given: Machine, steps: int) -> Morphism:
    """What a machine puts out at a step, from a parameter and inputs that are numbered from 1."""
    run = given.run(steps)
    names = [f"{name}{k}" for k in range(1, steps + 1) for name in given.inputs.names]
    return run.renamed(dom=[*run.dom.names[: len(given.start.dom)], *names])


def _note(pair: Pair, outcome: Witness, count: int) -> str:
    where = {"place": "where the gradient is taken", "out": "where the gradient is taken next" if pair.look else "the parameter"}
    return "; ".join(filter(None, (f"{where.get(outcome.output, outcome.output)} after step {count}", outcome.note)))
