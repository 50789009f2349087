"""The arguments that are looked at: all of them, or strata that hold every exponent and every special value."""

from itertools import islice

import numpy as np
import pytest

from symcat.bench.elementary.oracle import CASES
from symcat.bench.elementary.points import BLOCK, everything, strata


def test_everything_is_every_bit_pattern_once():
    first, second = islice(everything(), 2)
    assert first.view(np.uint32).tolist() == list(range(BLOCK)) and second.view(np.uint32)[0] == BLOCK
    assert (1 << 32) % BLOCK == 0


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", CASES)
def test_strata(name, dtype):
    arguments = strata(name, dtype, 20_000)
    x = arguments[0]
    info = np.finfo(dtype)
    assert len(arguments) == CASES[name].arguments and all(a.dtype == dtype and a.size == x.size and a.size % 64 == 0 for a in arguments)
    assert np.isnan(x).any() and {np.inf, -np.inf, 0.0, float(info.tiny), -float(info.smallest_subnormal)} <= set(x.tolist())
    bits = x.view(np.uint32 if dtype == "float32" else np.uint64)
    assert len(set((bits >> (info.bits - 1 - info.nexp)).tolist())) == 2 ** (1 + info.nexp)
    assert all(landmark in set(x.tolist()) for landmark in np.array(CASES[name].landmarks, dtype).tolist())
    assert all(np.array_equal(a, b, equal_nan=True) for a, b in zip(arguments, strata(name, dtype, 20_000), strict=True))
