"""Per-sample learning in plain NumPy, as lenses of closures: the manner of the reference implementation of parametric lenses.

A map has a forward part (params, x) -> y and a reverse part (params, x, dy) -> (dparams, dx), both written by hand; the reverse part
of a composite runs the first map forward again, as composition of lenses says.  One sample is one step of gradient descent.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import reduce

import numpy as np
from scipy.signal import convolve2d, correlate2d

Arrays = list[np.ndarray]


@dataclass(frozen=True)
class Map:
    """A parametric lens on arrays; a composite's parameters are those of the later map, then those of the first."""

    count: int
    forward: Callable[[Arrays, np.ndarray], np.ndarray]
    reverse: Callable[[Arrays, np.ndarray, np.ndarray], tuple[Arrays, np.ndarray]]

    def __rshift__(self, other: Map) -> Map:
        first, second, cut = self, other, other.count

        def forward(p: Arrays, x: np.ndarray) -> np.ndarray:
            return second.forward(p[:cut], first.forward(p[cut:], x))

        def reverse(p: Arrays, x: np.ndarray, dz: np.ndarray) -> tuple[Arrays, np.ndarray]:
            dq, dy = second.reverse(p[:cut], first.forward(p[cut:], x), dz)
            dp, dx = first.reverse(p[cut:], x, dy)
            return [*dq, *dp], dx

        return Map(self.count + other.count, forward, reverse)


def _sigmoid(x: np.ndarray) -> np.ndarray:
    return 1 / (1 + np.exp(-x))


LINEAR = Map(1, lambda p, x: x @ p[0], lambda p, x, dy: ([np.outer(x, dy)], p[0] @ dy))
BIAS = Map(1, lambda p, x: x + p[0], lambda p, x, dy: ([dy.reshape(-1, dy.shape[-1]).sum(0)], dy))
SIGMOID = Map(0, lambda p, x: _sigmoid(x), lambda p, x, dy: ([], dy * _sigmoid(x) * (1 - _sigmoid(x))))
RELU = Map(0, lambda p, x: np.maximum(x, 0), lambda p, x, dy: ([], dy * (x > 0)))
FULL = Map(1, lambda p, x: x.ravel() @ p[0].reshape(x.size, -1),
           lambda p, x, dy: ([np.multiply.outer(x, dy)], (p[0].reshape(x.size, -1) @ dy).reshape(x.shape)))


def _correlated(p: Arrays, x: np.ndarray) -> np.ndarray:
    K, = p
    channels = [sum(correlate2d(x[:, :, c], K[:, :, c, o], "valid") for c in range(K.shape[2])) for o in range(K.shape[3])]
    return np.stack(channels, axis=-1)


def _correlated_back(p: Arrays, x: np.ndarray, dy: np.ndarray) -> tuple[Arrays, np.ndarray]:
    K, = p
    dK, dx = np.empty_like(K), np.zeros_like(x)
    for c in range(K.shape[2]):
        for o in range(K.shape[3]):
            dK[:, :, c, o] = correlate2d(x[:, :, c], dy[:, :, o], "valid")
            dx[:, :, c] += convolve2d(dy[:, :, o], K[:, :, c, o], "full")
    return [dK], dx


def _halves(x: np.ndarray) -> np.ndarray:
    """The 2 x 2 windows of an image, in row-major order along a last axis."""
    h, w, c = x.shape
    return x.reshape(h // 2, 2, w // 2, 2, c).transpose(0, 2, 4, 1, 3).reshape(h // 2, w // 2, c, 4)


def _pooled_back(p: Arrays, x: np.ndarray, dy: np.ndarray) -> tuple[Arrays, np.ndarray]:
    h, w, c = x.shape
    first = np.argmax(_halves(x), axis=-1)[..., None] == np.arange(4)
    return [], (dy[..., None] * first).reshape(h // 2, w // 2, c, 2, 2).transpose(0, 3, 1, 4, 2).reshape(h, w, c)


CORRELATE = Map(1, _correlated, _correlated_back)
POOL = Map(0, lambda p, x: _halves(x).max(axis=-1), _pooled_back)


def composite(*maps: Map) -> Map:
    """The maps one after the other, nested from the last, so that a step back runs every map forward once."""
    return reduce(lambda rest, one: one >> rest, reversed(maps))


HIDDEN = composite(LINEAR, BIAS, SIGMOID, LINEAR, BIAS)
CONVOLUTIONAL = composite(CORRELATE, BIAS, RELU, POOL, CORRELATE, BIAS, RELU, POOL, FULL, BIAS)


def epoch(model: Map, params: Arrays, X: np.ndarray, Y: np.ndarray, rate: float) -> tuple[Arrays, list[float]]:
    """Descent on 1/2 |y - t|^2, sample by sample: the new parameters and the losses."""
    losses = []
    for x, target in zip(X, Y, strict=True):
        residual = model.forward(params, x) - target
        losses.append(float(residual @ residual) / 2)
        gradient, _ = model.reverse(params, x, residual)
        params = [p - rate * g for p, g in zip(params, gradient, strict=True)]
    return params, losses


MODELS: dict[str, Map] = {"hidden": HIDDEN, "lenet": CONVOLUTIONAL}


def runner(model: Map, params: Sequence[np.ndarray], X: np.ndarray, Y: np.ndarray, rate: float) -> Callable[[], list[float]]:
    """Epochs that go on from one another."""
    held = [list(params)]

    def run() -> list[float]:
        held[0], losses = epoch(model, held[0], X, Y, rate)
        return losses

    return run
