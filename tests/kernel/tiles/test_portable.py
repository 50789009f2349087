"""The primitives of portable programs as Python functions: products of matrices that lie in memory in any way."""

import numpy as np
import pytest

from symcat.errors import UsageError
from symcat.kernel.tiles.portable import namespace

M, K, N = 3, 5, 4
LEFT = {"rows": (K, 1), "columns": (1, M), "apart": (8, 1), "steps": (20, 2), "equal": (0, 1), "back": (-K, 1)}
RIGHT = {"rows": (N, 1), "columns": (1, K), "apart": (9, 1), "steps": (1, 11), "back": (N, -1)}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("left", LEFT)
@pytest.mark.parametrize("right", RIGHT)
@pytest.mark.parametrize("row", [N, N + 3])
def test_products(dtype, left, right, row):
    letters = "".join("t" if lies == "columns" else "n" for lies in (left, right))
    dot = namespace(dtype, ["dot_" + letters])["dot_" + letters]
    draw = np.random.default_rng(0)
    A, B, C = (draw.integers(-9, 9, 200).astype(dtype) for _ in range(3))
    before, (ai, at), (bt, bj) = C.copy(), LEFT[left], RIGHT[right]
    dot.py_func(C, 7, row, A, 60, ai, at, B, 60, bt, bj, M, K, N)
    expected = before.copy()
    for i in range(M):
        for j in range(N):
            expected[7 + i * row + j] = sum(A[60 + i * ai + t * at] * B[60 + t * bt + j * bj] for t in range(K))
    assert C.tolist() == expected.tolist(), "entries of the product, and no others"


def test_numbers_have_the_dtype():
    space = namespace("float32", ["rational", "infimum", "real", "f_pick", "f_nonneg", "f_zero"])
    assert type(space["rational"](1, 3)) is type(space["infimum"]()) is type(space["real"](2)) is np.float32
    nan = float("nan")
    assert [space["f_pick"].py_func(*v, 1.0, 2.0) for v in ((2.0, 1.0), (1.0, 1.0), (nan, 1.0), (1.0, nan))] == [1, 2, 1, 2]
    assert [space[name].py_func(x) for name in ("f_nonneg", "f_zero") for x in (-1.0, 0.0, 2.0)] == [0, 1, 1, 0, 1, 0]


def test_other_names_and_dtypes_are_refused():
    with pytest.raises(UsageError, match="load_1x1x1x4 is not a primitive of portable programs"):
        namespace("float64", ["f_exp", "load_1x1x1x4"])
    with pytest.raises(UsageError, match="not in int64"):
        namespace("int64", [])
