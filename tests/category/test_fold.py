"""Folds: what they mean, how they are built, shared, trimmed, written out and read back."""

from __future__ import annotations

import copy
from dataclasses import replace

import numpy as np
import pytest
import sympy as sp

from symcat.category.deserialise import load
from symcat.category.evaluate import evaluate, unmet
from symcat.category.expression import At
from symcat.category.fold import Fold, FoldError
from symcat.category.morphism import Builder, Morphism
from symcat.category.objects import EXACT
from symcat.category.serialise import dump
from symcat.category.space import Real, dims, space
from symcat.category.trace import trace
from symcat.category.tracing.folding import fold
from symcat.category.unroll import unrolled
from symcat.derivative.reverse import R
from symcat.errors import DataError, ShapeError, TraceError
from symcat.kernel.passes import specialise
from tests.category.fold_programs import BY_NAME, FOLDED, POSITIVE, Folded

T, n, h = dims("T n h")
EACH = pytest.mark.parametrize("one", FOLDED, ids=lambda one: one.name)


def at_sizes(f: Morphism, one: Folded) -> Morphism:
    return f.substitute({symbol: sp.Integer(one.sizes[symbol.name]) for symbol in f.dims})


@EACH
def test_a_fold_is_the_loop(one: Folded) -> None:
    inputs = one.inputs(1)
    for found, expected in zip(evaluate(one.f, inputs), one.expected(inputs), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-12)


@EACH
@pytest.mark.parametrize("derived", [False, True], ids=["itself", "R"])
def test_written_out_a_fold_means_the_same_exactly(one: Folded, derived: bool) -> None:
    f = at_sizes(R(one.f) if derived else one.f, one)
    written = unrolled(f)
    assert f.folds and not written.folds
    exact = not written.nodes or not any(node.body.has(sp.tanh, sp.exp, sp.Function) for node in written.nodes)
    rng = np.random.default_rng(3)
    shapes = [tuple(map(int, wire.shape)) for wire in f.dom.types]
    if exact and one is not POSITIVE:
        inputs = [np.vectorize(lambda k: sp.Rational(int(k), 7), otypes=[object])(rng.integers(-9, 10, shape)) for shape in shapes]
        pairs = zip(evaluate(f, inputs, scalars=EXACT), evaluate(written, inputs, scalars=EXACT), strict=True)
        assert all((a == b).all() for a, b in pairs)
    inputs = [rng.uniform(one.low, 1, shape) for shape in shapes]
    for a, b in zip(evaluate(f, inputs), evaluate(written, inputs), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-12)


@EACH
def test_the_way_to_json_and_back(one: Folded) -> None:
    for f in (one.f, R(one.f)):
        back = load(dump(f))
        assert back == f and back.digest == f.digest and back.nodes == f.nodes


@pytest.mark.parametrize("change", [
    {"states": 0}, {"states": 9}, {"entries": 2}, {"entries": -1}, {"backward": 1}, {"length": ["dim", "q"]}, {"length": ["index", 0]},
    {"arguments": []}, {"arguments": ["s", "x", "W", "U", "nothing"]}, {"names": ["y", "y"]}, {"names": ["s", "y"]}, {"cell": None},
], ids=str)
def test_malformed_folds_are_refused(change: dict) -> None:
    data = copy.deepcopy(dump(BY_NAME["elman"].f))
    data["nodes"][0] |= change
    with pytest.raises(DataError):
        load(data)


def test_a_cell_that_states_premises_is_refused() -> None:
    data = copy.deepcopy(dump(POSITIVE.f))
    data["nodes"][0]["cell"]["requirements"] = copy.deepcopy(data["requirements"][:1])
    with pytest.raises(DataError):
        load(data)


def elman() -> tuple[Morphism, Fold]:
    f = BY_NAME["elman"].f
    return f, f.folds[0]


@pytest.mark.parametrize("change", [{"backward": True}, {"length": T + 1}, {"states": 0}], ids=str)
def test_the_digest_sees_every_part(change: dict) -> None:
    f, node = elman()
    assert replace(f, nodes=(replace(node, **change),)).digest != f.digest
    assert replace(f, nodes=(replace(node, **change),)) != f


def test_the_digest_sees_the_cell() -> None:
    f, node = elman()
    other = trace(lambda s, x, W, U, c: (np.sin(x @ W + s @ U + c),) * 2, node.cell.dom, names=node.cell.cod.names)
    assert replace(f, nodes=(replace(node, cell=other),)).digest != f.digest


def scaled(symbol: sp.Symbol, state: str = "s", result: str = "z") -> Morphism:
    """Three steps of s <- symbol s, the arrays of the cell called as given."""
    cell, build = Builder(), Builder()
    s = cell.input(state, Real[()])
    step = cell.build([cell.gather((), lambda: At(s) * symbol, name=result)])
    return build.build(build.fold(step, [build.input("s", Real[()])], [], [], 3))


def test_the_digest_sees_kinds_of_symbols_and_not_names_of_arrays() -> None:
    size, real = sp.Symbol("n", integer=True, positive=True), sp.Symbol("n", real=True)
    assert scaled(size) != scaled(real) and scaled(size).digest != scaled(real).digest
    assert scaled(real) == scaled(real, "a", "b") and scaled(real).digest == scaled(real, "a", "b").digest


def test_what_knows_only_comprehensions_fails_loudly() -> None:
    f, node = elman()
    with pytest.raises(FoldError, match="fold over T steps"):
        _ = node.body
    with pytest.raises(FoldError):
        Builder().append(node)
    assert specialise(f, {s: sp.Integer(2) for s in f.dims}).folds


def test_folds_through_the_same_states_are_one() -> None:
    f = BY_NAME["elman"].f
    both = trace(lambda s, x, W, U, c: (fold(lambda s, x, W, U, c: (np.tanh(x @ W + s @ U + c), s * x.sum()), s, x, W, U, c)[1],
                                        fold(lambda s, x, W, U, c: (np.tanh(x @ W + s @ U + c), None), s, x, W, U, c)[0]), f.dom)
    (whole,) = both.folds
    assert len(whole.handed) == 1
    assert both.outs == (whole.handed[0], whole.last[0])
    different = trace(lambda s, x, W, U, c: (fold(lambda s, x, W, U, c: (np.tanh(x @ W + s @ U + c), None), s, x, W, U, c)[0],
                                             fold(lambda s, x, W, U, c: (np.sin(x @ W + s @ U + c), None), s, x, W, U, c)[0]), f.dom)
    assert len(different.folds) == 2


def test_equal_results_of_a_fold_keep_their_names_when_another_fold_joins_it() -> None:
    def both(s, x):
        first = fold(lambda s, x: (s + x, (s * x, s * x)), s, x)[1]
        return (*first, fold(lambda s, x: (s + x, s * s), s, x)[1])
    f = trace(both, space(s=Real[()], x=Real[T]))
    assert len(f.folds) == 1
    np.testing.assert_array_equal(evaluate(f, [1, [2, 3]]), [[2, 9], [2, 9], [1, 9]])


def test_a_fold_that_needs_what_the_other_makes_stays_apart() -> None:
    step = lambda s, x: (s + x, s)
    f = trace(lambda s, x: fold(lambda s, p: (s + p[0], p[1]), s, (x, fold(step, s, x)[1] * 2))[1], space(s=Real[()], x=Real[T]))
    x = [1.0, 2.0, 3.0]
    np.testing.assert_allclose(evaluate(f, [0, x])[0], 2 * np.array([0, 1, 3]))


def test_one_array_may_come_in_as_entries_and_as_a_constant() -> None:
    f = trace(lambda x: fold(lambda s, e, whole: (s + e * whole.sum(), None), 0, x, x)[0], space(x=Real[T]))
    x = np.array([1.0, 2.0, 4.0])
    assert evaluate(f, [x])[0] == x.sum() ** 2
    np.testing.assert_allclose(evaluate(R(f), [x, 1.0])[0], 2 * x.sum() * np.ones(3))


def test_results_that_nobody_reads_are_dropped() -> None:
    f = trace(lambda s, t, x: fold(lambda st, x: ((st[0] * x, st[1] + st[0]), (x, st[1])), (s, t), x)[0][0],
              space(s=Real[()], t=Real[()], x=Real[T]))
    (node,) = f.folds
    assert (len(node.names), len(node.arguments)) == (1, 2)


def test_requirements_of_a_cell_hold_at_every_step() -> None:
    f = POSITIVE.f
    assert {r.relation for r in f.requirements} == {">=0", "!=0"} and all(r.extents == (T, h) for r in f.requirements)
    assert {r.relation for r in R(f).requirements} == {">0", "!=0"}
    start = np.ones(3, int)
    assert not unmet(f, [start, np.array([[3] * 3, [2] * 3])])
    assert unmet(f, [start, np.array([[3] * 3, [-9] * 3])])
    assert unmet(f, [0 * start, np.array([[4] * 3])])


def test_a_requirement_about_entries_and_constants_alone_reads_them_where_they_are() -> None:
    f = trace(lambda s, x, a: fold(lambda s, x, a: (s / x + 1 / a, None), s, x, a)[0], space(s=Real[()], x=Real[T], a=Real[()]))
    assert {(str(r.expr), r.extents) for r in f.requirements} == {("x[_0]", (T,)), ("a", ())}


def test_hyperparameters_come_in_from_the_function_around() -> None:
    f = trace(lambda s, x, *, decay=0.5: fold(lambda s, x: (decay * s + x, None), s, x)[0], space(s=Real[()], x=Real[T]))
    assert [str(s) for s in f.hypers] == ["decay"]
    assert evaluate(f, [1, [1, 1]], hypers={"decay": 0.5})[0] == 1.75


ERRORS = [
    (lambda s, x: fold(lambda s, x: (np.outer(s, s), None), s, x)[0], ShapeError, r"state 0 .* Real\[h\] before .* Real\[h, h\] after"),
    (lambda s, x: fold(lambda s, x: ((s, s), None), s, x)[0], TraceError, "returned 2 states, but 1"),
    (lambda s, x: fold(lambda s, x: s * 2, s, x)[0], TraceError, "expected a pair"),
    (lambda s, x: fold(lambda s, e: (s + x[0], None), s, x)[0], TraceError, "two different traces"),
    (lambda s, x: fold(lambda s, e: (s, x), s, x)[1], TraceError, "pass it as a constant"),
    (lambda s, x: fold(lambda s, x: (s, None), s, None)[0], TraceError, "needs a length"),
    (lambda s, x: fold(lambda s, p: (s, None), s, (x, s))[0], ShapeError, "one length for all"),
    (lambda s, x: fold(lambda s, p: (s, None), s, x.sum())[0], ShapeError, "no axis"),
]


@pytest.mark.parametrize(("function", "error", "message"), ERRORS, ids=[message for _, _, message in ERRORS])
def test_errors_say_what_came_and_what_was_expected(function, error, message) -> None:
    with pytest.raises(error, match=message):
        trace(function, space(s=Real[h], x=Real[T, h]))


def test_a_symbolic_length_is_not_written_out() -> None:
    with pytest.raises(ShapeError, match="give T a size"):
        unrolled(BY_NAME["elman"].f)
    with pytest.raises(ShapeError, match="more than 3"):
        unrolled(at_sizes(BY_NAME["elman"].f, BY_NAME["elman"]), most=3)
