"""Optimisers that keep an average of points."""

from __future__ import annotations

import numpy as np

from symcat.category.hyper import hyper
from symcat.learn.optimisers.optimiser import optimiser
from symcat.learn.optimisers.state import state


@optimiser
def polyak_averaging(p, g, mean=state(lambda p: p, "point"), t=0, *, lr=0.1):
    """Gradient descent; `mean` is the average of all points so far, the start not counted.  Polyak and Juditsky 1992."""
    t, p = t + 1, p - lr * g
    return p, mean + (p - mean) / t, t


@optimiser
def ema_averaging(p, g, mean=state(lambda p: p, "point"), *, lr=0.1, decay=0.99):
    """Gradient descent; `mean` is an exponential moving average of the points.  Ruppert 1988; Izmailov et al. 2018 average weights so."""
    p = p - lr * g
    return p, decay * mean + (1 - decay) * p


@optimiser(look=lambda p, z, t, *, b1: (1 - b1) * z + b1 * p)
def schedule_free(p, g, z=state(lambda p: p, "point"), t=0, *, lr=0.1, b1=0.9):
    """Gradient at y = (1 - b1) z + b1 x; z <- z - lr g; x <- (1 - c) x + c z, c = 1 / (t + 1).  Defazio et al. 2024, equations 3 to 5.

    The parameter is x, the average that is evaluated; the lens looks at y.
    """
    t, z = t + 1, z - lr * g
    return p + (z - p) / (t + 1), z, t


@optimiser
def schedule_free_training(p, g, z=state(lambda p: p, "point"), t=0, *, lr=0.1, b1=hyper(0.9, above=0, below=1)):
    """Schedule-free descent with y as the parameter, x = (y - (1 - b1) z) / b1, and c = 1 / t: the authors' program, and optax.

    The paper's c = 1 / (t + 1) counts the starting point in the average.
    """
    t, x = t + 1, (p - (1 - b1) * z) / b1
    z = z - lr * g
    x = x + (z - x) / t
    return b1 * x + (1 - b1) * z, z, t


@optimiser
def lookahead(p, g, slow=state(lambda p: p, "point"), t=0, *, lr=0.1, alpha=hyper(0.5, above=0, high=1), period=hyper(5, low=1)):
    """Gradient descent; after every `period` steps slow <- slow + alpha (p - slow), and p starts from there.

    Zhang et al. 2019, algorithm 1, with gradient descent inside; `combinators.lookahead` takes any rule.
    """
    t, p = t + 1, p - lr * g
    due = np.equal(t, period)
    slow = np.where(due, slow + alpha * (p - slow), slow)
    return np.where(due, slow, p), slow, np.where(due, 0, t)
