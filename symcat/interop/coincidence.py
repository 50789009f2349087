"""Sizes at which a program for all sizes may not be the rule: JAX takes two symbolic sizes, and a size and a number, as unequal.

A rule that asks whether a matrix is square, or an axis has one entry, is traced as if it were not so.  At such sizes the program
is compared with the one that JAX traces there; where they differ, the sizes are excluded by a premise.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
import sympy as sp

from symcat.category.evaluate import evaluate
from symcat.category.morphism import Morphism
from symcat.category.space import Real, Space, Wire, dim
from symcat.category.trace import trace
from symcat.category.tracing.array import unwrap, wrap
from symcat.errors import SymcatError
from symcat.interop.jaxpr import Run
from symcat.interop.program import Program
from symcat.interop.sizes import Pattern, Premise, number

COINCIDENCES: dict[int, tuple[tuple[int, ...], ...]] = {1: ((1,),), 2: ((2, 2), (1, 2), (2, 1), (1, 1))}
EXCLUDING: dict[int, tuple[Premise, ...]] = {
    1: (Premise("d0", ">=", "2"),),
    2: (Premise("d0", ">=", "2"), Premise("d1", ">=", "2"), Premise("d1", ">=", "d0 + 1")),
}
CLOSE = 1e-9


def excluded(general: Program, pattern: Pattern, premises: Sequence[Premise], special: Callable[[Pattern], Program],
             samples: Sequence[float]) -> tuple[Premise, ...]:
    """The premises that a program for all sizes needs so that it is the rule at every size that they admit.

    `special` gives the program that JAX traces at sizes that are numbers; `samples` are values for the last inputs.
    """
    found: list[Premise] = []
    for sizes in COINCIDENCES.get(len(pattern.names), ()):
        named = dict(zip(pattern.names, sizes, strict=True))
        if all(_holds(row, named) for row in (*premises, *found)):
            at = Pattern(tuple(named[entry] if isinstance(entry, str) else entry for entry in pattern.entries))
            if not _agree(general, lambda at=at: special(at), named, samples):
                found.append(next(row for row in EXCLUDING[len(pattern.names)] if not _holds(row, named)))
    return tuple(found)


def _holds(row: Premise, sizes: Mapping[str, int]) -> bool:
    left, right = number(row.left, sizes), number(row.right, sizes)
    return bool(left == right if row.relation == "==" else left >= right)


def _agree(general: Program, special: Callable[[], Program], sizes: Mapping[str, int], samples: Sequence[float]) -> bool:
    """Whether two programs give alike from values that coincide nowhere else."""
    try:
        one, other = _morphism(general, {name: dim(name) for name in sizes}), _morphism(special(), {})
        draw = np.random.default_rng(0)
        inputs = [draw.uniform(0.5, 1.5, [int(extent) for extent in wire.shape]) if wire.shape else np.asarray(1.0)
                  for wire in other.dom.types]
        inputs[len(inputs) - len(samples):] = [np.asarray(value) for value in samples]
        values = [evaluate(step, inputs, dims=sizes) for step in (one, other)]
    except SymcatError:
        return False
    return all(np.allclose(a, b, rtol=CLOSE, atol=CLOSE, equal_nan=True) for a, b in zip(*values, strict=True))


def _morphism(program: Program, sizes: Mapping[str, sp.Expr]) -> Morphism:
    """The program as a morphism from all its inputs."""
    dom = Space(tuple((f"x{k}", Wire(Real, tuple(sp.sympify(number(str(extent), sizes)) for extent in var.shape)))
                      for k, var in enumerate(program.ins)))

    def run(*arrays: object) -> tuple:
        values = [unwrap(array) for array in arrays]
        return tuple(map(wrap, Run(program, values[0].tape, sizes, "the rule").outputs(values)))

    return trace(run, dom)
