"""Optimisers that take the sign of the gradient, or of an average of gradients."""

from __future__ import annotations

import numpy as np

from symcat.learn.optimisers.optimiser import optimiser


@optimiser
def sign_descent(p, g, *, lr=0.001):
    """p <- p - lr sign(g), sign(0) = 0.  Riedmiller and Braun 1993 (Manhattan); Bernstein et al. 2018, signSGD."""
    return p - lr * np.sign(g)


@optimiser
def signum(p, g, m=0, *, lr=0.001, b1=0.9):
    """m <- b1 m + (1 - b1) g; p <- p - lr sign(m).  Bernstein et al. 2018, algorithm 2."""
    m = b1 * m + (1 - b1) * g
    return p - lr * np.sign(m), m


@optimiser
def lion(p, g, m=0, *, lr=0.0001, b1=0.9, b2=0.99, wd=0):
    """p <- p - lr (sign(b1 m + (1 - b1) g) + wd p); m <- b2 m + (1 - b2) g.  Chen et al. 2023, algorithm 2.

    The decay is 0 unless it is given: the paper has no default, optax.lion decays by 1/1000.
    """
    direction = np.sign(b1 * m + (1 - b1) * g)
    return p - lr * (direction + wd * p), b2 * m + (1 - b2) * g
