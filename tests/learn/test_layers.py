"""Every layer and loss of the tables against NumPy and SciPy, computed without symcat."""

import numpy as np
import pytest
from scipy import signal, special

from symcat.category.evaluate import evaluate
from symcat.derivative.reverse import R
from symcat.errors import ShapeError, UsageError
from symcat.learn.layers import LAYERS, layer, mlp, recurrent
from symcat.learn.losses import LOSSES, loss
from symcat.learn.models import model

DRAW = np.random.default_rng(0)
VECTOR, MATRIX = DRAW.normal(size=7), DRAW.normal(size=(7, 4))
SEQUENCE, TO, BACK = DRAW.normal(size=(5, 7)), DRAW.normal(size=(3, 7, 4)), DRAW.normal(size=(4, 7))
PICTURE, KERNEL, FULL = DRAW.normal(size=(8, 6, 2)), DRAW.normal(size=(3, 2, 2, 5)), DRAW.normal(size=(8, 6, 2, 4))


def correlation(kernel, picture):
    channels = [[signal.correlate2d(picture[:, :, c], kernel[:, :, c, o], mode="valid") for c in range(picture.shape[2])]
                for o in range(kernel.shape[3])]
    return np.moveaxis(np.array(channels).sum(axis=1), 0, -1)


def strided(kernel, picture):
    return correlation(kernel, picture)[::2, ::2]


def channels_first(kernel, picture):
    return np.moveaxis(correlation(np.transpose(kernel, (2, 3, 1, 0)), np.moveaxis(picture, 0, -1)), -1, 0)


def normalised(gain, shift, x):
    return (x - x.mean(1, keepdims=True)) / np.sqrt(x.var(1, keepdims=True) + 1e-5) * (1 + gain) + shift


def attended(W_q, W_k, W_v, W_o, x):
    return x + special.softmax((x @ W_q) @ (x @ W_k).T / np.sqrt(W_q.shape[1]), axis=1) @ (x @ W_v) @ W_o


ELMAN = (DRAW.normal(size=(7, 4)), DRAW.normal(size=(4, 4)), DRAW.normal(size=4))


def recurrence(W, U, c, x):
    state = np.zeros(4)
    for row in x:
        state = np.tanh(row @ W + state @ U + c)
    return state


def pooled(how, x):
    return how(x.reshape(x.shape[0] // 2, 2, x.shape[1] // 2, 2, -1), axis=(1, 3))


ORACLES = {
    "linear": ((MATRIX, VECTOR), lambda W, x: x @ W),
    "bias": ((VECTOR, VECTOR[::-1]), lambda b, x: b + x),
    "sigmoid": ((VECTOR,), special.expit),
    "tanh": ((VECTOR,), np.tanh),
    "relu": ((VECTOR,), lambda x: np.where(x > 0, x, 0)),
    "softplus": ((VECTOR,), lambda x: np.logaddexp(0, x)),
    "softmax": ((VECTOR,), special.softmax),
    "log_softmax": ((VECTOR,), special.log_softmax),
    "correlate2d": ((KERNEL, PICTURE), correlation),
    "strided_correlate2d": ((KERNEL, DRAW.normal(size=(9, 6, 2))), strided),
    "correlate2d_nchw": ((DRAW.normal(size=(5, 2, 3, 2)), DRAW.normal(size=(2, 8, 6))), channels_first),
    "channel_bias": ((VECTOR[:2], PICTURE), lambda b, x: x + b),
    "max_pool": ((PICTURE,), lambda x: pooled(np.max, x)),
    "mean_pool": ((PICTURE,), lambda x: pooled(np.mean, x)),
    "flatten": ((DRAW.normal(size=(3, 5)),), np.ravel),
    "full": ((FULL, PICTURE), lambda W, x: np.tensordot(x, W, 3)),
    "layer_norm": ((VECTOR, VECTOR[::-1], SEQUENCE), normalised),
    "self_attention": ((*TO, BACK, SEQUENCE), attended),
    "mean_over_time": ((SEQUENCE,), lambda x: x.mean(axis=0)),
    "elman": ((*ELMAN, SEQUENCE[:2]), recurrence),
}
LOSS_ORACLES = {
    "quadratic": lambda t, p: 0.5 * np.sum((p - t) ** 2),
    "cross_entropy": lambda t, z: -np.sum(t * special.log_softmax(z)),
    "binary_cross_entropy": lambda t, z: -np.sum(t * special.log_expit(z) + (1 - t) * special.log_expit(-z)),
    "dot_product": lambda t, p: t @ p,
}


@pytest.mark.parametrize("name", LAYERS)
def test_layer_agrees_with_numpy(name):
    inputs, oracle = ORACLES[name]
    (value,) = evaluate(layer(name).body, inputs)
    np.testing.assert_allclose(value, oracle(*inputs), rtol=1e-13, atol=1e-14)


@pytest.mark.parametrize("name", LOSSES)
def test_loss_agrees_with_numpy(name):
    target, prediction = DRAW.uniform(size=5), 3 * DRAW.normal(size=5)
    (value,) = evaluate(loss(name).body, (target, prediction))
    np.testing.assert_allclose(value, LOSS_ORACLES[name](target, prediction), rtol=1e-13)


def test_softmax_and_cross_entropy_do_not_overflow():
    large = np.array([1e4, -1e4, 0.0])
    assert np.isfinite(evaluate(layer("softmax").body, (large,))[0]).all()
    assert np.isfinite(evaluate(loss("cross_entropy").body, (np.eye(3)[1], large))[0])


def test_the_first_maximum_takes_the_derivative():
    tied, covector = np.zeros((2, 2, 1)), np.ones((1, 1, 1))
    (gradient,) = evaluate(R(layer("max_pool").body), (tied, covector))
    assert gradient[:, :, 0].tolist() == [[1, 0], [0, 0]]


def test_names_and_dims_that_do_not_exist():
    with pytest.raises(UsageError, match="no layer 'lniear': there are linear"):
        layer("lniear")
    with pytest.raises(UsageError, match="no dim q: its dims are n, m"):
        layer("linear", q=3)
    with pytest.raises(UsageError, match="no loss"):
        loss("l7")
    with pytest.raises(UsageError, match="at least an input and an output"):
        mlp(4)
    with pytest.raises(ShapeError, match="ends at y: Real"):
        layer("linear", n=4, m=20) >> layer("linear", n=21, m=3)


def test_models_carry_sizes_for_their_symbols():
    net = model("64-32-10", 64, 10)
    assert net.input_shape == (64,) and sorted(net.sizes.values()) == [10, 32, 64]
    assert model("conv", 64, 10).input_shape == (8, 8, 1)


def test_an_elman_net_of_any_length():
    (value,) = evaluate(recurrent("steps").body, (*ELMAN, SEQUENCE))
    np.testing.assert_allclose(value, recurrence(*ELMAN, SEQUENCE), rtol=1e-13)
    net = model("elman", 25, 3)
    assert net.input_shape == (5, 5) and net.para.cod.types[0].shape[0].name == "classes"


def test_lenet_agrees_with_its_layers_in_numpy():
    net = model("lenet", 256, 4)
    shapes = [tuple(int(extent.xreplace(dict(net.sizes))) for extent in wire.shape) for wire in net.para.params.types]
    params, picture = [DRAW.normal(size=shape) for shape in shapes], DRAW.normal(size=(16, 16, 1))
    b3, W, b2, K2, b1, K1 = params
    hidden = pooled(np.max, np.maximum(correlation(K1, picture) + b1, 0))
    hidden = pooled(np.max, np.maximum(correlation(K2, hidden) + b2, 0))
    (value,) = evaluate(net.para.body, (*params, picture))
    np.testing.assert_allclose(value, np.tensordot(hidden, W, 3) + b3, rtol=1e-12)


@pytest.mark.parametrize("name, inputs, words", [("lenet", 64, "a side that 4 divides, of at least 16"), ("lenet", 401, "at least 16"),
                                                 ("attention", 65, "a side of at least 1"), ("conv", 49, "an even side of at least 4")])
def test_models_on_images_say_which_they_read(name, inputs, words):
    with pytest.raises(ShapeError, match=words):
        model(name, inputs, 10)
    assert model("attention", 64, 10).input_shape == (8, 8)
