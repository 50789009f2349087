"""Optimisers that find their own rate from the distance travelled.  Norms and sums are over all entries of the tensor."""

from __future__ import annotations

import numpy as np

from symcat.learn.optimisers.layerwise import norm
from symcat.learn.optimisers.optimiser import optimiser
from symcat.learn.optimisers.state import state


@optimiser
def dog(p, g, x0=state(lambda p: p, "point"), r=state(1e-6, "length"), s=state(0), *, lr=1, eps=1e-8):
    """r <- max(r, |p - x0|); s <- s + |g|^2; p <- p - lr r / sqrt(s + eps) g.  Ivgi, Hinder and Carmon 2023, equation 1.

    r starts at a constant, the paper's r_eps; optax.contrib.dog(init_step=("distance", 1e-6)) is this.
    """
    r = np.maximum(r, norm(p - x0))
    s = s + np.sum(g**2)
    return p - lr * r / np.sqrt(s + eps) * g, x0, r, s


@optimiser
def prodigy(p, g, x0=state(lambda p: p, "point"), m=0, v=0, s=0, r=state(0), d=state(1e-6, "length"), *, lr=1, b1=0.9, b2=0.999,
            eps=1e-8):
    """Adam whose rate d is a growing estimate of the distance to the solution.  Mishchenko and Defazio 2023, algorithm 4.

    m and v are averages of d g and d^2 g^2; r <- sqrt(b2) r + (1 - sqrt(b2)) lr d^2 <g, x0 - p>;
    s <- sqrt(b2) s + (1 - sqrt(b2)) lr d^2 g; p <- p - lr d m / (sqrt(v) + d eps); d <- max(d, r / |s|_1).
    Where |s|_1 is 0 it counts as 1: there r is 0 too.
    """
    b3 = np.sqrt(b2)
    m = b1 * m + (1 - b1) * d * g
    v = b2 * v + (1 - b2) * (d * g) ** 2
    r = b3 * r + (1 - b3) * lr * d**2 * np.sum(g * (x0 - p))
    s = b3 * s + (1 - b3) * lr * d**2 * g
    size = np.sum(np.abs(s))
    longer = np.maximum(d, r / np.where(size > 0, size, 1))
    return p - lr * d * m / (np.sqrt(v) + d * eps), x0, m, v, s, r, longer
