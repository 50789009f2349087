"""The machines of proofs/folds.py against loops over NumPy arrays and derivatives by finite differences."""

import runpy
from pathlib import Path

import numpy as np
import pytest

from symcat.category.evaluate import evaluate
from symcat.derivative.reverse import R

PROOFS = runpy.run_path(str(Path(__file__).parents[2] / "proofs" / "folds.py"))
STEP = 1e-6


def phi(x: np.ndarray) -> np.ndarray:
    """The function that the interpreter takes for an arbitrary smooth one."""
    return np.asarray(evaluate(PROOFS["trace"](PROOFS["generic"]("phi"), PROOFS["space"](x=PROOFS["Real"]["n"])), [x])[0])


def last(s: np.ndarray, c: np.ndarray, As: np.ndarray, xs: np.ndarray) -> np.ndarray:
    for A, x in zip(As, xs, strict=True):
        s = phi(A @ s + c) * x
    return s


def jacobian(function, at: np.ndarray) -> np.ndarray:
    """Row j is the derivative in entry j."""
    return np.array([(function(at + STEP * e) - function(at - STEP * e)) / (2 * STEP) for e in np.eye(len(at))])


@pytest.mark.parametrize("make", ["forward", "reverse"])
def test_both_machines_hold_the_derivatives_of_all_steps(make):
    rng = np.random.default_rng(0)
    s, c, As, xs = rng.normal(size=2), rng.normal(size=2), rng.normal(size=(3, 2, 2)), rng.normal(size=(3, 2))
    run = PROOFS[make]().run(3)
    inputs = [s, c, *(array for A, x in zip(As, xs, strict=True) for array in (A, x))]
    moved, varied = evaluate(run, inputs)
    np.testing.assert_allclose(moved, jacobian(lambda s: last(s, c, As, xs), s), rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(varied, jacobian(lambda c: last(s, c, As, xs), c), rtol=1e-5, atol=1e-6)


def test_the_fold_of_these_steps_has_these_derivatives():
    rng = np.random.default_rng(1)
    s, c, As, xs, v = rng.normal(size=2), rng.normal(size=2), rng.normal(size=(3, 2, 2)), rng.normal(size=(3, 2)), rng.normal(size=2)
    ds, dc, _, _ = evaluate(R(PROOFS["steps"]("T")), [s, c, As, xs, v, np.zeros((3, 2))])
    np.testing.assert_allclose(ds, jacobian(lambda s: last(s, c, As, xs), s) @ v, rtol=1e-5, atol=1e-6)
    np.testing.assert_allclose(dc, jacobian(lambda c: last(s, c, As, xs), c) @ v, rtol=1e-5, atol=1e-6)
