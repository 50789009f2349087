"""Losses on one sample, each one function of (target, prediction) and one row in `LOSSES`."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from symcat.category.elementwise import detach, softplus
from symcat.category.space import Real, Space, Wire, space
from symcat.category.trace import trace
from symcat.errors import ShapeError, UsageError
from symcat.lens.para import Para


def quadratic(target, prediction):
    """1/2 sum (prediction - target)^2."""
    return np.sum((prediction - target) ** 2) / 2


def cross_entropy(target, prediction):
    """- sum_i target_i log softmax(prediction)_i, from logits."""
    shifted = prediction - detach(np.max(prediction))
    return np.sum(target * (np.log(np.sum(np.exp(shifted))) - shifted))


def binary_cross_entropy(target, prediction):
    """sum log(1 + exp(z)) - t z, from logits z."""
    return np.sum(softplus(prediction) - target * prediction)


def dot_product(target, prediction):
    """sum target_i prediction_i."""
    return np.sum(target * prediction)


@dataclass(frozen=True)
class Loss:
    """A row of the table."""

    function: Callable

    def at(self, wire: Wire) -> Para:
        """The loss on predictions of a wire: a parametric map whose parameter is the target."""
        return Para(trace(self.function, space(target=wire, prediction=wire), names=("loss",)), 1)


LOSSES: dict[str, Loss] = {
    "quadratic": Loss(quadratic),
    "cross_entropy": Loss(cross_entropy),
    "binary_cross_entropy": Loss(binary_cross_entropy),
    "dot_product": Loss(dot_product),
}


def loss(name: str, prediction: Space | None = None) -> Para:
    """A loss of the table by name, on a space of one wire.

    >>> print(loss("quadratic", space(y=Real[3])))
    [target: Real[3]] prediction: Real[3] -> loss: Real[]
    """
    if name not in LOSSES:
        raise UsageError(f"no loss {name!r}: there are {', '.join(LOSSES)}")
    prediction = prediction or space(y=Real["n"])
    if len(prediction) != 1:
        raise ShapeError(f"a loss compares one wire with its target, the prediction is {prediction}")
    return LOSSES[name].at(prediction.types[0])
