"""Random indices, reshapes, contractions and reductions of arrays with symbolic and numeric dims, against NumPy."""

from __future__ import annotations

import numpy as np
import pytest

from symcat.category.evaluate import evaluate
from symcat.category.space import Real, dims, space
from symcat.category.trace import trace
from symcat.errors import SymcatError

n, m = dims("n m")
DIMS = {"n": 4, "m": 3}
SHAPES = [(n,), (5,), (n, m), (2 * n, 3), (n + 1, m), (6, 4), (2, n, 3), (n, 2, 2), (2, 3, 4)]


def size(extent: object) -> int:
    return int(extent.subs({n: 4, m: 3})) if hasattr(extent, "subs") else extent


def sample(shape: tuple) -> np.ndarray:
    return np.random.default_rng(7).normal(size=tuple(map(size, shape)))


def agrees(function: object, shape: tuple) -> bool:
    """Whether tracing computes what NumPy computes; False when the tracer refuses."""
    data = sample(shape)
    expected = np.asarray(function(data), dtype=float)
    try:
        f = trace(function, space(x=Real[shape]))
    except SymcatError:
        return False
    for fact in f.facts:
        if not fact.expr.subs({n: 4, m: 3}) >= 0:
            return False
    np.testing.assert_allclose(evaluate(f, [data], DIMS)[0], expected, rtol=1e-12, atol=1e-12)
    assert evaluate(f, [data], DIMS)[0].shape == expected.shape
    return True


def entry(rng: np.random.Generator, extent: int) -> object:
    if rng.random() < 0.25:
        return int(rng.integers(-extent, extent))
    draw = lambda: None if rng.random() < 0.4 else int(rng.integers(-extent - 2, extent + 3))
    return slice(draw(), draw(), [None, 1, 2, 3, -1, -2][rng.integers(6)])


def test_random_indices() -> None:
    rng = np.random.default_rng(5)
    agreed = tried = 0
    while tried < 300:
        shape = SHAPES[rng.integers(len(SHAPES))]
        key = tuple(entry(rng, size(extent)) for extent in shape[: rng.integers(1, len(shape) + 1)])
        if rng.random() < 0.3:
            key = (*key, None)
        if rng.random() < 0.3:
            key = (*key, Ellipsis, *([None] if rng.random() < 0.5 else []))
        if sample(shape)[key].size == 0:
            continue
        tried += 1
        agreed += agrees(lambda x, key=key: x[key], shape)
    assert agreed > 200


def test_random_reshapes_of_numbers_all_work() -> None:
    rng = np.random.default_rng(6)
    for _ in range(60):
        factors = [2, 2, 3, 2]
        shapes = []
        for _ in range(2):
            cuts = np.flatnonzero(rng.random(3) < 0.5) + 1
            shape = [int(np.prod(part)) for part in np.split(np.array(rng.permutation(factors)), cuts)]
            for _ in range(rng.integers(3)):
                shape.insert(int(rng.integers(len(shape) + 1)), 1)
            shapes.append(tuple(shape))
        assert agrees(lambda x, target=shapes[1]: x.reshape(target), shapes[0])


@pytest.mark.parametrize(("shape", "target"), [
    ((n, 6), (n, 2, 3)), ((n, 2, 3), (n, 6)), ((n, 6), (6 * n,)), ((6, n), (6 * n,)), ((6 * n,), (6, n)), ((6 * n,), (n, 6)),
    ((6 * n,), (2, n, 3)), ((2, n, 3), (6 * n,)), ((2, n, 3), (3, n, 2)), ((2 * n, 3), (n, 6)), ((2 * n, 3), (3, 2 * n)),
    ((n, m, 2), (n, 2 * m)), ((n, m, 2), (n, 2, m)), ((n + 1, 2), (2 * n + 2,)), ((n, 1, m), (1, n, m, 1)), ((n, 4), (2 * n, 2)),
    ((m, 2 * n), (m, n, 2)), ((m, 2 * n), (m, 2, n)), ((4, n, m), (2, 2, n, m)), ((n, m, 4), (n, m, 2, 2)),
])
def test_reshapes_with_symbols(shape: tuple, target: tuple) -> None:
    data = sample(shape)
    f = trace(lambda x: x.reshape(target), space(x=Real[shape]))
    np.testing.assert_array_equal(evaluate(f, [data], DIMS)[0], data.reshape(tuple(map(size, target))))


def test_random_reductions() -> None:
    rng = np.random.default_rng(8)
    kinds = [np.sum, np.mean, np.max, np.min, np.var, np.linalg.norm]
    for _ in range(80):
        shape = SHAPES[rng.integers(len(SHAPES))]
        kind = kinds[rng.integers(len(kinds))]
        count = int(rng.integers(1, len(shape) + 1))
        axis = tuple(int(a) for a in rng.permutation(len(shape))[:count])
        axis = axis[0] if kind is np.linalg.norm or len(axis) == 1 else axis
        keep = bool(rng.integers(2))
        assert agrees(lambda x, kind=kind, axis=axis, keep=keep: kind(x, axis=axis, keepdims=keep), shape)


def test_random_einsums() -> None:
    rng = np.random.default_rng(9)
    extents = {"i": n, "j": m, "k": 2, "l": n + 1}
    for _ in range(80):
        terms = ["".join(rng.choice(list(extents), rng.integers(1, 4))) for _ in range(rng.integers(1, 4))]
        labels = sorted(set("".join(terms)))
        out = "".join(rng.permutation(labels)[: rng.integers(len(labels) + 1)])
        subscripts = ",".join(terms) + ("->" + out if rng.random() < 0.8 else "")
        shapes = [tuple(extents[label] for label in term) for term in terms]
        data = [sample(shape) for shape in shapes]
        f = trace(lambda *x, s=subscripts: np.einsum(s, *x), space(**{f"x{k}": Real[shape] for k, shape in enumerate(shapes)}))
        assert len(f.nodes) <= 1
        np.testing.assert_allclose(evaluate(f, data, DIMS)[0], np.einsum(subscripts, *data), rtol=1e-10, atol=1e-12)


def test_random_matmuls() -> None:
    rng = np.random.default_rng(10)
    for _ in range(40):
        batch = [n, 2, 3][: rng.integers(3)]
        left = [1 if rng.random() < 0.3 else b for b in batch[int(rng.integers(len(batch) + 1)):]] + [m, n + 1][int(rng.integers(2)):]
        right = [1 if rng.random() < 0.3 else b for b in batch[int(rng.integers(len(batch) + 1)):]] + [n + 1, 2]
        if len(left) > 1 and left[-2:] != [m, n + 1]:
            left = [n + 1]
        x, y = sample(tuple(left)), sample(tuple(right))
        f = trace(lambda a, b: a @ b, space(a=Real[tuple(left)], b=Real[tuple(right)]))
        np.testing.assert_allclose(evaluate(f, [x, y], DIMS)[0], x @ y, rtol=1e-12, atol=1e-12)
