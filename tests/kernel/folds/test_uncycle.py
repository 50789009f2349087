"""Taking folds apart keeps what they compute, and leaves in the loop what must be there."""

from __future__ import annotations

import numpy as np
import pytest
import sympy as sp

from symcat.category.evaluate import evaluate
from symcat.category.space import Real, dims, space
from symcat.category.trace import trace
from symcat.category.tracing.folding import fold
from symcat.derivative.reverse import R
from symcat.kernel.folds.uncycle import components, joined_sums, uncycle
from symcat.lens.para import batch
from symcat.prove.decide import decide
from tests.category.fold_programs import BY_NAME, FOLDED, B, Folded, variants

T, n, h = dims("T n h")
EACH = pytest.mark.parametrize("one", FOLDED, ids=lambda one: one.name)


@EACH
def test_the_meaning_is_kept(one: Folded) -> None:
    for f in variants(one):
        rng = np.random.default_rng(2)
        inputs = [rng.uniform(one.low, 1, tuple(map(int, wire.shape))) for wire in f.dom.types]
        for found, expected in zip(evaluate(uncycle(f), inputs), evaluate(f, inputs), strict=True):
            np.testing.assert_allclose(found, expected, rtol=1e-10, atol=1e-11)


@pytest.mark.parametrize("name", ["elman", "two lists", "forth and back", "nested", "initial states from the list"])
def test_the_meaning_is_kept_by_proof(name: str) -> None:
    one = BY_NAME[name]
    f = R(one.f)
    sizes = {symbol: sp.Integer(2) for symbol in f.dims}
    f = f.substitute({symbol: size for symbol, size in sizes.items() if symbol.name == "T" or name != "elman"})
    assert decide(f, uncycle(f)).proved


@EACH
def test_taking_apart_twice_changes_nothing(one: Folded) -> None:
    for f in (one.f, R(one.f)):
        once = uncycle(f)
        assert uncycle(once) == once


def test_what_an_elman_net_keeps_in_its_loops() -> None:
    f = uncycle(R(batch(BY_NAME["outputs alone"].f, B, [0, 1])))
    forward, backward = f.folds
    assert [backward.backward, forward.backward] == [True, False]
    products = [[node for node in one.cell.nodes if node.reduced] for one in (forward, backward)]
    assert [len(found) for found in products] == [1, 1]
    weights = [node for node in f.nodes if not hasattr(node, "cell") and node.shape in ((h, h), (n, h)) and len(node.extents) == 4]
    assert len(weights) == 2, "the gradients of U and W are one contraction each, over steps and samples"
    assert not any("matmul" in name for name in backward.lists), "nothing that the forward loop made is made again"


def test_states_that_do_not_depend_on_each_other_have_loops_of_their_own() -> None:
    f = trace(lambda s, t, u, x: fold(lambda stu, x: ((stu[0] * x, stu[1] + stu[0] ** 2, stu[2]), stu[1] * stu[2]), (s, t, u), x)[1],
              space(s=Real[h], t=Real[h], u=Real[h], x=Real[T, h]))
    assert components(f.folds[0].cell, 3) == [(0,), (2,), (1,)] or components(f.folds[0].cell, 3) == [(2,), (0,), (1,)]
    g = uncycle(f)
    assert [(node.states, len(node.cell.nodes)) for node in g.folds] == [(1, 1), (1, 1)]
    rng = np.random.default_rng(3)
    inputs = [rng.normal(size=3), rng.normal(size=3), rng.normal(size=3), rng.normal(size=(4, 3))]
    np.testing.assert_allclose(evaluate(g, inputs)[0], evaluate(f, inputs)[0])


def test_sums_of_sums_are_one_unless_the_inner_one_is_read_elsewhere() -> None:
    f = trace(lambda x: np.sum(np.sum(x, axis=2), axis=0), space(x=Real[T, n, h]))
    g = trace(lambda x: (lambda y: (np.sum(y, axis=0), y))(np.sum(x, axis=2)), space(x=Real[T, n, h]))
    joined = joined_sums(f)
    assert len(joined.nodes) == 1 and len(joined_sums(g).nodes) == 2
    assert decide(f, joined).proved
