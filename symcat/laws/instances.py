"""The generators that laws are claimed of: every layer and loss of the tables, and one program for each kind of access."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import numpy as np

from symcat.category.elementwise import generic, maximum, windows
from symcat.category.morphism import Morphism
from symcat.category.space import Real, Space, dims, space
from symcat.category.trace import trace
from symcat.learn.layers import LAYERS, attention, elementwise, layer, mlp
from symcat.learn.learner import Learner
from symcat.learn.losses import LOSSES, loss
from symcat.learn.optimisers import gradient_descent
from symcat.lens.para import Para, batch

n, m, k, h, w, c, o, a, b, B = dims("n m k h w c o a b B")


def correlate1d(kernel, x):
    """y[i] = sum over u of x[i + u] kernel[u]."""
    return windows(x, kernel.shape[0], axis=0) @ kernel


ACCESSES: dict[str, tuple[Callable, Space]] = {
    "generic": (lambda x: generic("phi")(x), space(x=Real[n])),
    "maximum": (lambda x, y: maximum(x, y), space(x=Real[n], y=Real[n])),
    "transpose": (lambda x: x.T, space(x=Real[n, m])),
    "slice": (lambda x: x[1:], space(x=Real[n + 1])),
    "stride": (lambda x: x[::2], space(x=Real[2 * n])),
    "reversal": (lambda x: x[::-1], space(x=Real[n])),
    "concatenation": (lambda x, y: np.concatenate([x, y]), space(x=Real[n], y=Real[m])),
    "diagonal": (lambda x: np.einsum("ii->i", x), space(x=Real[n, n])),
    "broadcast": (lambda x: x + np.sum(x), space(x=Real[n])),
    "square sum": (lambda x: np.sum(x * x), space(x=Real[n])),
    "prefix sums": (lambda x: np.cumsum(x), space(x=Real[n])),
    "correlate1d": (correlate1d, space(kernel=Real[a], x=Real[n + a - 1])),
    "bilinear": (lambda x, A, y: x @ A @ y, space(x=Real[n], A=Real[n, m], y=Real[m])),
    "division": (lambda x, y: x / y, space(x=Real[n], y=Real[n])),
    "root": (lambda x: np.sqrt(x), space(x=Real[n])),
    "logarithm": (lambda x: np.log(x), space(x=Real[n])),
    "maximum of all": (lambda x: np.max(x), space(x=Real[n])),
}


def generators() -> dict[str, Callable[[], Morphism]]:
    """Every layer and loss of the tables and every kind of access, by name, made on demand."""
    made = {name: lambda name=name: layer(name).body for name in LAYERS}
    made |= {name: lambda name=name: loss(name).body for name in LOSSES}
    made |= {name: partial(trace, function, dom) for name, (function, dom) in ACCESSES.items()}
    return made


def objective(model: Para, name: str) -> Morphism:
    """The mean loss of a model over a batch, of parameters, targets and inputs."""
    return Learner(model, loss(name, model.cod), gradient_descent).objective.body


def conv_net() -> Para:
    """Correlation, relu, max-pool, and a linear map of all that is left."""
    picture = layer("correlate2d", h=2 * h, w=2 * w)
    pooled = picture >> elementwise("relu", picture.cod) >> layer("max_pool", c=o)
    return pooled >> layer("full", c=o, o=k)


def attention_net() -> Para:
    wires = space(W_q=Real[n, k], W_k=Real[n, k], W_v=Real[n, m], x=Real[a, n])
    return Para(trace(attention, wires, names=("y",)), 3)


COMPOSITES: dict[str, Callable[[], Morphism]] = {
    "mlp": lambda: batched(mlp("n", "h", "m")),
    "mlp cross-entropy": lambda: objective(mlp("n", "h", "m"), "cross_entropy"),
    "mlp relu cross-entropy": lambda: objective(mlp("n", "h", "m", activation="relu"), "cross_entropy"),
    "conv net": lambda: batched(conv_net()),
    "attention": lambda: attention_net().body,
}


def batched(model: Para) -> Morphism:
    return batch(model.body, B, range(model.count, len(model.body.dom)))
