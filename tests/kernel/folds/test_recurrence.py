"""Recurrences compute what the folds compute, whatever stands in rows that no one has written."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
import sympy as sp

from symcat.category.bodies import Box, Reader
from symcat.category.comprehension import Comprehension
from symcat.category.evaluate import evaluate
from symcat.category.scalars import FLOAT
from symcat.category.space import Real, dims, space
from symcat.category.trace import trace
from symcat.category.tracing.folding import fold
from symcat.errors import UsageError
from symcat.kernel.folds.recurrence import Looped, Recurrence, recurrences
from symcat.kernel.folds.uncycle import uncycle
from tests.category.fold_programs import BY_NAME, FOLDED, Folded, variants

T, n, h = dims("T n h")
CYCLIC = {"nested"}      # whose inner fold lies on a cycle of the outer one


def run(program: Looped, inputs: Sequence[np.ndarray]) -> list[np.ndarray]:
    """A recurrence is a loop over time; all memory is NaN until it is written."""
    arrays = {name: np.full([int(d) for d in wire.shape], np.nan) for name, wire in program.wires.items()}
    arrays.update(zip(program.dom.names, map(np.asarray, inputs), strict=True))
    selections: dict[str, np.ndarray] = {}
    for step in program.steps:
        if isinstance(step, Recurrence):
            for t in (range(step.length - 1, -1, -1) if step.backward else range(step.length)):
                for name in step.local:
                    arrays[name][:] = np.nan
                for node in step.nodes:
                    execute(node, arrays, selections, [(t, t + 1)], program.rows)
        else:
            execute(step, arrays, selections, [], program.rows)
    return [arrays[out] for out in program.outs]


def execute(node: Comprehension, arrays: dict, selections: dict, first: list[tuple[int, int]], rows: frozenset) -> None:
    ranges = [*first, *((0, int(extent)) for extent in node.extents[len(first):])]
    reader = Reader(FLOAT, arrays, selections, {}, {})
    box = Box.of(ranges)
    values = np.broadcast_to(reader.value(node.body, box), box.shape)
    if node.op == "max":
        rank = len(node.shape)
        place = tuple(slice(*bounds) for bounds in ranges[:rank])
        flat = values.reshape(*box.shape[:rank], -1)
        arrays[node.name][place] = flat.max(axis=-1)
        chosen = np.unravel_index(flat.argmax(axis=-1), box.shape[rank:])
        selections.setdefault(node.name, np.zeros((*arrays[node.name].shape, len(chosen)), int))[place] = np.stack(chosen, axis=-1)
        return
    mask = reader.guarded(node.guards, box) if node.guards else np.ones(box.shape, bool)
    places = tuple(np.broadcast_to(one, box.shape)[mask] for one in reader.places(node.out, arrays[node.name].shape, box, node.name))
    if first:
        arrays[node.name][np.unique(places[0])] = 0.0
    elif node.name in rows:
        arrays[node.name][places] = 0.0
    else:
        arrays[node.name][:] = 0.0
    np.add.at(arrays[node.name], places, values[mask])


@pytest.mark.parametrize("one", [one for one in FOLDED if one.name not in CYCLIC], ids=lambda one: one.name)
def test_a_recurrence_is_its_fold(one: Folded) -> None:
    for f in variants(one):
        rng = np.random.default_rng(4)
        inputs = [rng.uniform(one.low, 1, tuple(map(int, wire.shape))) for wire in f.dom.types]
        expected = evaluate(f, inputs)
        for program in (recurrences(f), recurrences(uncycle(f))):
            for found, value in zip(run(program, inputs), expected, strict=True):
                np.testing.assert_allclose(found, value, rtol=1e-9, atol=1e-10)


def test_states_that_change_places() -> None:
    f = trace(lambda s, t, x: (lambda r: (*r[0], *r[1]))(fold(lambda st, x: ((st[1], st[0] + x), (st[0], st[1])), (s, t), x)),
              space(s=Real[2], t=Real[2], x=Real[5, 2]))
    g = trace(lambda s, x: fold(lambda s, x: (x, s), s, x), space(s=Real[2], x=Real[5, 2]))
    k = trace(lambda s, x, c: fold(lambda s, x, c: ((c, s[0] + s[1] * x), s[0]), (s, s), x, c)[1],
              space(s=Real[2], x=Real[5, 2], c=Real[2]))
    rng = np.random.default_rng(5)
    for one in (f, g.renamed(), k):
        inputs = [rng.normal(size=tuple(map(int, wire.shape))) for wire in one.dom.types]
        for found, value in zip(run(recurrences(one), inputs), evaluate(one, inputs), strict=True):
            np.testing.assert_allclose(found, value, rtol=1e-12)


def test_what_an_elman_net_stores() -> None:
    f = BY_NAME["last state alone"].f.substitute({T: sp.Integer(4), n: sp.Integer(2), h: sp.Integer(3)})
    (loop,) = recurrences(uncycle(f)).recurrences
    assert [name.rstrip("0123456789") for name in sorted(loop.local)] == ["add", "add", "matmul"]
    assert all(node.out[0] - sp.Symbol("_0", integer=True) in (0, 1) for node in loop.nodes)


def test_a_fold_on_a_cycle_of_another_is_refused() -> None:
    f = BY_NAME["nested"].f.substitute({T: sp.Integer(4), n: sp.Integer(2)})
    with pytest.raises(UsageError, match="a fold in the cell of a fold"):
        recurrences(uncycle(f))
