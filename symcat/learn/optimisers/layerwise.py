"""Optimisers that scale the update of a whole tensor by the norm of its parameter: norms are over all entries of the tensor."""

from __future__ import annotations

from typing import Any

import numpy as np

from symcat.category.hyper import hyper
from symcat.learn.optimisers.optimiser import optimiser


def norm(x: Any) -> Any:
    """The root of the sum of the squares of all entries."""
    return np.sqrt(np.sum(x**2))


def trust(weights: Any, update: Any) -> Any:
    """weights / update where both are positive, else 1: a tensor that is 0, such as a bias at the start, could never move."""
    free = (weights > 0) * (update > 0)
    return np.where(free, weights / np.where(free, update, 1), 1)


@optimiser
def lars(p, g, v=0, *, lr=0.1, gamma=0.9, eta=hyper(0.001, above=0), wd=0.0001):
    """v <- gamma v + lr r (g + wd p); p <- p - v, with r = eta |p| / (|g| + wd |p|).  You, Gitman and Ginsburg 2017, algorithm 1.

    Where |p| or |g| is 0, r is 1, as in optax, whose denominator is |g + wd p|.
    """
    size = norm(p)
    v = gamma * v + lr * trust(eta * size, norm(g) + wd * size) * (g + wd * p)
    return p - v, v


@optimiser
def lamb(p, g, m=0, v=0, t=0, *, lr=0.001, b1=0.9, b2=0.999, eps=1e-6, wd=0):
    """u = (m / c1) / (sqrt(v / c2) + eps) + wd p; p <- p - lr |p| / |u| u.  You et al. 2020, algorithm 2, with phi(z) = z.

    Where |p| or |u| is 0 the ratio is 1, as in optax.
    """
    t = t + 1
    m = b1 * m + (1 - b1) * g
    v = b2 * v + (1 - b2) * g**2
    u = m / (1 - b1**t) / (np.sqrt(v / (1 - b2**t)) + eps) + wd * p
    return p - lr * trust(norm(p), norm(u)) * u, m, v, t
