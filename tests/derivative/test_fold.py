"""R and D of folds against central differences, and against jax.lax.scan where JAX is installed."""

from __future__ import annotations

import numpy as np
import pytest

from symcat.category.evaluate import evaluate
from symcat.derivative.forward import D
from symcat.derivative.reverse import R
from symcat.lens.para import batch
from tests.category.fold_programs import BY_NAME, FOLDED, B, Folded

EACH = pytest.mark.parametrize("one", FOLDED, ids=lambda one: one.name)
STEP = 1e-5


def slopes(one: Folded, inputs: list[np.ndarray], direction: list[np.ndarray]) -> list[np.ndarray]:
    ahead, behind = (one.expected([x + sign * STEP * v for x, v in zip(inputs, direction, strict=True)]) for sign in (1, -1))
    return [(a - b) / (2 * STEP) for a, b in zip(ahead, behind, strict=True)]


@EACH
def test_r_of_a_fold_is_its_gradient(one: Folded) -> None:
    inputs, rng = one.inputs(5), np.random.default_rng(6)
    covectors = [rng.normal(size=y.shape) for y in one.expected(inputs)]
    gradients = evaluate(R(one.f), [*inputs, *covectors])
    for wire, array in enumerate(inputs):
        for place in np.ndindex(array.shape):
            direction = [np.zeros(x.shape) for x in inputs]
            direction[wire][place] = 1.0
            expected = sum((b * s).sum() for b, s in zip(covectors, slopes(one, inputs, direction), strict=True))
            assert gradients[wire][place] == pytest.approx(expected, rel=1e-6, abs=1e-7)


@EACH
def test_d_of_a_fold_is_its_slope(one: Folded) -> None:
    inputs, rng = one.inputs(7), np.random.default_rng(8)
    direction = [rng.normal(size=x.shape) for x in inputs]
    for found, expected in zip(evaluate(D(one.f), [*inputs, *direction]), slopes(one, inputs, direction), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-7)


@EACH
def test_the_direction_is_negated(one: Folded) -> None:
    forward = [node.backward for node in one.f.folds]
    assert sorted([*forward, *(not direction for direction in forward)]) == sorted(node.backward for node in R(one.f).folds)


@EACH
@pytest.mark.parametrize("mapped", ["first", "last", "all"])
def test_a_batch_goes_through_a_fold(one: Folded, mapped: str) -> None:
    count = len(one.dom)
    chosen = {"first": [0], "last": [count - 1], "all": list(range(count))}[mapped]
    samples = [one.inputs(seed) for seed in range(3)]
    shared = samples[0]
    each = [[sample[k] if k in chosen else shared[k] for k in range(count)] for sample in samples]
    inputs = [np.array([sample[k] for sample in each]) if k in chosen else shared[k] for k in range(count)]
    f = batch(one.f, B, chosen)
    for found, expected in zip(evaluate(f, inputs), zip(*(one.expected(sample) for sample in each), strict=True), strict=True):
        np.testing.assert_allclose(found, np.array(expected), rtol=1e-12)
    covectors = [np.ones(y.shape) for y in evaluate(f, inputs)]
    found = evaluate(R(f), [*inputs, *covectors])
    one_by_one = [evaluate(R(one.f), [*sample, *(c[0] for c in covectors)]) for sample in each]
    for k in range(count):
        parts = [gradients[k] for gradients in one_by_one]
        np.testing.assert_allclose(found[k], np.array(parts) if k in chosen else sum(parts), rtol=1e-10, atol=1e-12)


def test_against_jax() -> None:
    jax = pytest.importorskip("jax")
    jax.config.update("jax_enable_x64", True)
    one = BY_NAME["elman"]
    inputs, rng = one.inputs(9), np.random.default_rng(10)

    def scanned(s, x, W, U, c):
        def cell(s, x):
            s = jax.numpy.tanh(x @ W + s @ U + c)
            return s, s
        return jax.lax.scan(cell, s, x)
    outs, pull = jax.vjp(scanned, *map(jax.numpy.asarray, inputs))
    covectors = tuple(jax.numpy.asarray(rng.normal(size=y.shape)) for y in outs)
    for found, expected in zip(evaluate(R(one.f), [*inputs, *covectors]), pull(covectors), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-14)
