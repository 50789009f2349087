"""Compiled functions against the reference interpreter, on every program of the language, at sizes of the calls."""

import pickle
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import symcat as sc
from symcat.category.evaluate import evaluate
from symcat.category.space import Z2, Real, space
from symcat.category.structure import copy, identity, swap
from symcat.category.trace import trace
from symcat.errors import DataError, ShapeError, UsageError
from symcat.kernel.function import compiled, points

DRAW = np.random.default_rng(0)


def outer(x, y):
    return np.tanh(x[:, None] * y[None, :]), np.max(y) - np.sum(x)


OUTER = trace(outer, space(x=Real["n"], y=Real["m"]))
FUNCTIONS = {
    "outer": (OUTER, [(3,), (5,)]), "identity": (identity(space(x=Real["n", 3])), [(4, 3)]), "copy": (copy(space(x=Real["n"])), [(3,)]),
    "swap": (swap(space(x=Real["n"]), space(y=Real[2])), [(3,), (2,)]), "number": (trace(lambda x: np.exp(x), space(x=Real[()])), [()]),
    "fold": (trace(lambda h, x: sc.fold(lambda s, e: (np.tanh(s + e), s * e), h, x), space(h=Real[2], x=Real[5, 2])), [(2,), (5, 2)]),
    "softmax": (trace(lambda x: np.exp(x) / np.sum(np.exp(x), axis=1)[:, None], space(x=Real["b", "c"])), [(3, 4)]),
}


@pytest.mark.parametrize("f, shapes", FUNCTIONS.values(), ids=FUNCTIONS)
def test_a_compiled_function_is_the_interpreters(f, shapes):
    arrays = [DRAW.normal(size=shape) for shape in shapes]
    made = compiled(f)
    found = made(*arrays)
    expected = evaluate(f, arrays)
    assert isinstance(found, tuple) == (len(expected) > 1)
    for ours, theirs in zip(found if isinstance(found, tuple) else [found], expected, strict=True):
        assert ours.shape == theirs.shape and ours.dtype == np.float64
        np.testing.assert_allclose(ours, theirs, rtol=1e-13, atol=1e-14)


def test_sizes_are_those_of_the_call_and_each_is_compiled_once():
    made = compiled(OUTER, "float32")
    for n, m in [(2, 3), (1, 4), (2, 3)]:
        x, y = DRAW.normal(size=n), DRAW.normal(size=m)
        found = made(x, y=y)
        assert found[0].dtype == np.float32
        np.testing.assert_allclose(found[0], np.tanh(np.outer(x, y)), rtol=1e-5)
    assert len(made.calls) == 2 and "def epoch" in made.source and "float32" in made.explain()
    assert made.__doc__.startswith("x: Real[n] * y: Real[m] -> ")


def test_outputs_are_new_arrays_and_inputs_stay():
    made, x = compiled(FUNCTIONS["identity"][0]), np.ones((4, 3))
    one = made(x)
    two = made(2 * x)
    assert (one == 1).all() and (two == 2).all() and (x == 1).all()


def test_nan_and_infinity_go_through():
    found = compiled(FUNCTIONS["number"][0])(np.nan)
    assert np.isnan(found) and compiled(FUNCTIONS["number"][0])(1000.0) == np.inf


def test_threads_get_what_one_thread_gets():
    made = compiled(OUTER)
    inputs = [(DRAW.normal(size=3), DRAW.normal(size=5)) for _ in range(200)]
    alone = [made(*pair)[0] for pair in inputs]
    with ThreadPoolExecutor(4) as pool:
        together = list(pool.map(lambda pair: made(*pair)[0], inputs))
    assert all((a == b).all() for a, b in zip(alone, together, strict=True))
    assert (pickle.loads(pickle.dumps(made))(*inputs[0])[0] == alone[0]).all()


def test_the_facade_compiles_at_once_when_all_sizes_are_given():
    made = sc.compile(OUTER, n=3, m=5)
    assert len(made.calls) == 1 and made.kernel.batch == 1
    with pytest.raises(ShapeError, match="wire x, axis 0"):
        made(np.ones(4), np.ones(5))


HYPER = trace(lambda x, *, a: a * x, space(x=Real["n"]), hypers={"a": sc.hyper(0.5)})


@pytest.mark.parametrize("make, error, words", [
    (lambda: compiled(np.tanh), UsageError, "compile was given a ufunc: expected a morphism"),
    (lambda: compiled(OUTER, "float16"), UsageError, "dtype 'float16'"),
    (lambda: compiled(OUTER, k=3), UsageError, "'k' is no dim"),
    (lambda: compiled(HYPER), UsageError, "no value for a"),
    (lambda: compiled(identity(space(x=Z2[3]))), UsageError, "over Real"),
    (lambda: compiled(OUTER)([1.0]), UsageError, "1 arrays came, expected 2"),
    (lambda: compiled(OUTER)(1, 2, 3), UsageError, "3 arrays came"),
    (lambda: compiled(OUTER)([1.0], z=[2.0]), UsageError, "'z' is no input that is left"),
    (lambda: compiled(OUTER)([1.0], [[2.0]]), ShapeError, "wire y: .* has 1 axes"),
    (lambda: compiled(OUTER)(["a"], [1.0]), DataError, "x holds U1"),
    (lambda: compiled(OUTER)([1.0], []), ShapeError, "at least one entry|0 entries"),
    (lambda: compiled(OUTER).source, UsageError, "no kernel is compiled"),
])
def test_what_is_refused(make, error, words):
    with pytest.raises(error, match=words):
        make()


def test_hyperparameters_are_baked_in():
    assert compiled(HYPER, a=0.25)([2.0, 4.0]).tolist() == [0.5, 1.0]


def test_points_of_folds_are_counted_at_every_step():
    f = trace(lambda h, x: sc.fold(lambda s, e: (s + e, s * e), h, x), space(h=Real[2], x=Real["T", 2]))
    assert points(f, {f.dims[0]: 7}) == 7 * 4
