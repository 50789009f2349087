"""The NumPy lenses: hand-written reverse parts against finite differences, and against the same nets in symcat."""

import numpy as np
import pytest

from symcat.bench.kernels.reference import BIAS, CORRELATE, FULL, LINEAR, MODELS, POOL, RELU, SIGMOID, epoch
from symcat.category.evaluate import evaluate
from symcat.learn.models import model

DRAW = np.random.default_rng(3)
MAPS = {
    "linear": (LINEAR, [(4, 3)], (4,)), "bias": (BIAS, [(4,)], (4,)), "sigmoid": (SIGMOID, [], (4,)), "relu": (RELU, [], (4,)),
    "correlate": (CORRELATE, [(3, 2, 2, 3)], (5, 4, 2)), "channel bias": (BIAS, [(2,)], (3, 4, 2)), "pool": (POOL, [], (4, 6, 2)),
    "full": (FULL, [(2, 3, 2, 4)], (2, 3, 2)), "hidden": (MODELS["hidden"], [(3,), (5, 3), (5,), (4, 5)], (4,)),
}


@pytest.mark.parametrize("name", MAPS)
def test_reverse_parts_agree_with_central_differences(name):
    one, shapes, shape = MAPS[name]
    point = [*(DRAW.normal(size=s) for s in shapes), DRAW.normal(size=shape)]
    covector = DRAW.normal(size=one.forward(point[:-1], point[-1]).shape)
    gradients, dx = one.reverse(point[:-1], point[-1], covector)
    for k, found in enumerate([*gradients, dx]):
        expected = np.empty(point[k].shape)
        for place in np.ndindex(*point[k].shape):
            moved = [[array.copy() for array in point] for _ in range(2)]
            for copy, step in zip(moved, (1e-6, -1e-6), strict=True):
                copy[k][place] += step
            up, down = (np.sum(covector * one.forward(copy[:-1], copy[-1])) for copy in moved)
            expected[place] = (up - down) / 2e-6
        np.testing.assert_allclose(np.reshape(found, expected.shape), expected, rtol=1e-6, atol=1e-8)


@pytest.mark.parametrize("name, inputs, form", [("hidden", 4, "hidden"), ("lenet", 256, "lenet")])
def test_models_are_those_of_symcat(name, inputs, form):
    net = model(name, inputs, 3)
    sizes = [tuple(int(extent.xreplace(dict(net.sizes))) for extent in wire.shape) for wire in net.para.params.types]
    params, x = [DRAW.normal(size=shape) for shape in sizes], DRAW.normal(size=net.input_shape)
    (expected,) = evaluate(net.para.body, (*params, x))
    np.testing.assert_allclose(MODELS[form].forward(params, x), expected, rtol=1e-11)


def test_an_epoch_descends():
    params, X = [DRAW.normal(size=s) for s in ((3,), (5, 3), (5,), (4, 5))], DRAW.normal(size=(6, 4))
    Y = np.eye(3)[[0, 1, 2, 0, 1, 2]]
    first = last = epoch(MODELS["hidden"], params, X, Y, 0.05)
    for _ in range(30):
        last = epoch(MODELS["hidden"], last[0], X, Y, 0.05)
    assert sum(last[1]) < sum(first[1]) / 2
