"""Layers, each one Python function on a single sample and one row in `LAYERS`.

A row gives the function, the space that it starts from (parameters first, then the input, with dims as symbols) and how many
wires are parameters.  `layer(name, n=4, m=20)` is the parametric map at given dims; every row is faced with every law.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from symcat.category.elementwise import detach, relu, sigmoid, softplus, windows
from symcat.category.space import Dim, Real, Space, Wire, dim, dims, space
from symcat.category.trace import trace
from symcat.category.tracing.folding import fold
from symcat.errors import UsageError
from symcat.learn.sequences import layer_norm, mean_over_time, self_attention
from symcat.lens.para import Para


def linear(W, x):
    """y = x W."""
    return x @ W


def bias(b, x):
    """y = x + b."""
    return x + b


def tanh(x):
    """Elementwise tanh."""
    return np.tanh(x)


def softmax(x):
    """exp(x_i) / sum_k exp(x_k), shifted by the maximum, on which the value does not depend."""
    e = np.exp(x - detach(np.max(x)))
    return e / np.sum(e)


def log_softmax(x):
    """x_i - log sum_k exp(x_k), shifted by the maximum."""
    shifted = x - detach(np.max(x))
    return shifted - np.log(np.sum(np.exp(shifted)))


def correlate2d(K, x):
    """y[i, j, o] = sum over u, v, c of x[i + u, j + v, c] K[u, v, c, o]; valid correlation, channels last."""
    patches = windows(windows(x, K.shape[0], axis=0), K.shape[1], axis=1)
    return np.einsum("ijcuv,uvco->ijo", patches, K)


def strided_correlate2d(K, x):
    """y[i, j, o] = sum over u, v, c of x[2i + u, 2j + v, c] K[u, v, c, o]: stride 2, channels last."""
    patches = windows(windows(x, K.shape[0], stride=2, axis=0), K.shape[1], stride=2, axis=1)
    return np.einsum("ijcuv,uvco->ijo", patches, K)


def correlate2d_nchw(K, x):
    """y[o, i, j] = sum over c, u, v of x[c, i + u, j + v] K[o, c, u, v]: channels first."""
    patches = windows(windows(x, K.shape[2], axis=1), K.shape[3], axis=2)
    return np.einsum("cijuv,ocuv->oij", patches, K)


def max_pool(x):
    """The maximum over 2 x 2 windows with stride 2; the first maximum takes the derivative."""
    return np.max(windows(windows(x, 2, stride=2, axis=0), 2, stride=2, axis=1), axis=(-2, -1))


def mean_pool(x):
    """The mean over 2 x 2 windows with stride 2."""
    return np.mean(windows(windows(x, 2, stride=2, axis=0), 2, stride=2, axis=1), axis=(-2, -1))


def flatten(x):
    """All axes as one, in row-major order."""
    return np.reshape(x, (-1,))


def full(W, x):
    """y_o = sum over i, j, c of x[i, j, c] W[i, j, c, o]: flatten, then linear, for symbolic dims."""
    return np.einsum("ijc,ijco->o", x, W)


def elman(W, U, c, x):
    """The last of the states h_t = tanh(x_t W + h_{t-1} U + c), which start at 0; x_t are the rows of x.

    Elman 1990, Finding structure in time.
    """
    return fold(lambda h, row, W, U, c: (np.tanh(row @ W + h @ U + c), None), np.zeros_like(c), x, W, U, c)[0]


@dataclass(frozen=True)
class Layer:
    """A row of the table: the function, where it starts, and how many of its wires are parameters."""

    function: Callable
    dom: Space
    params: int = 0

    def at(self, **sizes: int) -> Para:
        """The layer at given dims, as a parametric map; dims that are not given stay symbols."""
        known = {symbol.name: symbol for symbol in self.dom.dims}
        unknown = sorted(set(sizes) - set(known))
        if unknown:
            raise UsageError(f"layer {self.function.__name__} has no dim {unknown[0]}: its dims are {', '.join(known) or 'none'}")
        values = {known[name]: dim(size) for name, size in sizes.items()}
        wires = tuple((name, Wire(wire.base, tuple(dim(d.xreplace(values)) for d in wire.shape))) for name, wire in self.dom)
        return Para(trace(self.function, Space(wires), names=("y",)), self.params)


n, m, h, w, c, o, a, b, t = dims("n m h w c o a b t")
VECTOR = space(x=Real[n])

LAYERS: dict[str, Layer] = {
    "linear": Layer(linear, space(W=Real[n, m], x=Real[n]), 1),
    "bias": Layer(bias, space(b=Real[n], x=Real[n]), 1),
    "sigmoid": Layer(sigmoid, VECTOR),
    "tanh": Layer(tanh, VECTOR),
    "relu": Layer(relu, VECTOR),
    "softplus": Layer(softplus, VECTOR),
    "softmax": Layer(softmax, VECTOR),
    "log_softmax": Layer(log_softmax, VECTOR),
    "correlate2d": Layer(correlate2d, space(K=Real[a, b, c, o], x=Real[h + a - 1, w + b - 1, c]), 1),
    "strided_correlate2d": Layer(strided_correlate2d, space(K=Real[a, b, c, o], x=Real[2 * h + a - 2, 2 * w + b - 2, c]), 1),
    "correlate2d_nchw": Layer(correlate2d_nchw, space(K=Real[o, c, a, b], x=Real[c, h + a - 1, w + b - 1]), 1),
    "channel_bias": Layer(bias, space(b=Real[c], x=Real[h, w, c]), 1),
    "max_pool": Layer(max_pool, space(x=Real[2 * h, 2 * w, c])),
    "mean_pool": Layer(mean_pool, space(x=Real[2 * h, 2 * w, c])),
    "flatten": Layer(flatten, space(x=Real[3, n])),
    "full": Layer(full, space(W=Real[h, w, c, o], x=Real[h, w, c]), 1),
    "layer_norm": Layer(layer_norm, space(gain=Real[n], shift=Real[n], x=Real[t, n]), 2),
    "self_attention": Layer(self_attention, space(W_q=Real[n, m], W_k=Real[n, m], W_v=Real[n, m], W_o=Real[m, n], x=Real[t, n]), 4),
    "mean_over_time": Layer(mean_over_time, space(x=Real[t, n])),
    "elman": Layer(elman, space(W=Real[n, m], U=Real[m, m], c=Real[m], x=Real[2, n]), 3),
}


def layer(name: str, **sizes: int) -> Para:
    """A layer of the table by name.

    >>> print(layer("linear", n=4))
    [W: Real[4, m]] x: Real[4] -> y: Real[m]
    """
    if name not in LAYERS:
        raise UsageError(f"no layer {name!r}: there are {', '.join(LAYERS)}")
    return LAYERS[name].at(**sizes)


def recurrent(steps: int | str | Dim, **sizes: int | str | Dim) -> Para:
    """The Elman layer over a number of steps, which may be a symbol; the row of the table takes two.

    >>> print(recurrent(32, n=16, m=64))
    [W: Real[16, 64] * U: Real[64, 64] * c: Real[64]] x: Real[32, 16] -> y: Real[64]
    """
    row = LAYERS["elman"]
    return Layer(elman, row.dom[:3] * space(x=Real[steps, n]), row.params).at(**sizes)


def elementwise(name: str, like: Space) -> Para:
    """An activation on a space of one wire of any rank."""
    return Para(trace(LAYERS[name].function, like, names=("y",)), 0)


def dense(inputs: int, outputs: int, activation: str | None = None) -> Para:
    """linear >> bias >> activation."""
    model = layer("linear", n=inputs, m=outputs) >> layer("bias", n=outputs)
    return model >> layer(activation, n=outputs) if activation else model


def mlp(*widths: int, activation: str = "tanh") -> Para:
    """Dense layers of the given widths, with the activation between them and none at the end.

    >>> print(mlp(4, 20, 3))
    [b: Real[3] * W: Real[20, 3] * b1: Real[20] * W1: Real[4, 20]] x: Real[4] -> y: Real[3]
    """
    if len(widths) < 2:
        raise UsageError(f"a net needs at least an input and an output width, {widths} came")
    model = None
    for position, (inputs, outputs) in enumerate(zip(widths, widths[1:], strict=False)):
        piece = dense(inputs, outputs, activation if position < len(widths) - 2 else None)
        model = model >> piece if model else piece
    return model


def attention(W_q, W_k, W_v, x):
    """softmax(Q K^T / sqrt(d)) V with Q, K, V linear in x; rows of the score matrix sum to 1 by construction."""
    q, k, v = x @ W_q, x @ W_k, x @ W_v
    e = np.exp(q @ k.T / np.sqrt(W_q.shape[1]))
    return (e / np.sum(e, axis=1, keepdims=True)) @ v
