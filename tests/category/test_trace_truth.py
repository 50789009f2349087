"""Truth values and dtypes: where NumPy's meaning of an operation depends on the dtype, the trace means the same or is refused."""

import numpy as np
import pytest

from symcat.category.evaluate import evaluate
from symcat.category.space import Real, space
from symcat.category.trace import trace
from symcat.errors import TraceError

x = np.array([[0.5, -1.0, 2.0], [0.0, 3.0, -0.25]])

MEANINGS = {
    "full_like of a comparison": lambda a: np.full_like(a > 0, 3) * 1.0,
    "ones_like of a comparison": lambda a: (np.ones_like(a > 0) + np.ones_like(a > 0)) * 1.0,
    "padded comparison": lambda a: (np.pad(a > 0, 1) + np.pad(a > 0, 1)) * 1.0,
    "maximum of comparisons": lambda a: (np.maximum(a > 0, a > 1) + np.maximum(a > 0, a > 1)) * 1.0,
    "absolute of a comparison": lambda a: (np.abs(a > 0) + np.abs(a > 0)) * 1.0,
    "sum over no axes": lambda a: np.sum(a > 0, axis=()) + np.sum(a > 0, axis=()),
    "vdot of matrices": lambda a: np.vdot(a, a + 1),
    "vdot of different shapes": lambda a: np.vdot(a, a.T),
    "sum as floats": lambda a: np.sum(a > 0, dtype=float),
}

REFUSED = {
    "sum as integers": lambda a: np.sum(a, dtype=int),
    "method sum as integers": lambda a: a.sum(dtype=int),
    "mean as integers": lambda a: np.mean(a, dtype=int),
    "cumsum as integers": lambda a: np.cumsum(a, axis=0, dtype=np.int32),
    "reduce as truth values": lambda a: np.add.reduce(a, dtype=bool),
    "full_like as integers": lambda a: np.full_like(a, 0.5, dtype=int),
    "einsum sum of comparisons": lambda a: np.einsum("ij->i", a > 0),
    "divmod": lambda a: divmod(a, 2)[0],
}


@pytest.mark.parametrize("name", MEANINGS)
def test_means_what_numpy_computes(name):
    function = MEANINGS[name]
    (found,) = evaluate(trace(function, space(a=Real[2, 3])), [x])
    np.testing.assert_allclose(np.asarray(found, dtype=float), np.asarray(function(x), dtype=float), rtol=1e-12)


@pytest.mark.parametrize("name", REFUSED)
def test_is_refused(name):
    with pytest.raises(TraceError, match=r"truth|logical|remainders|real numbers"):
        trace(REFUSED[name], space(a=Real[2, 3]))
