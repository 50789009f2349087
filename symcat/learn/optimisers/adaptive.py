"""Optimisers that scale each coordinate by the size of its past gradients."""

from __future__ import annotations

import numpy as np

from symcat.learn.optimisers.optimiser import optimiser


@optimiser
def adagrad(p, g, s=0, *, lr=0.01, eps=1e-7):
    """s <- s + g^2; p <- p - lr g / (sqrt(s) + eps).  Duchi, Hazan and Singer 2011."""
    s = s + g**2
    return p - lr * g / (np.sqrt(s) + eps), s


@optimiser
def rmsprop(p, g, v=0, *, lr=0.001, rho=0.9, eps=1e-7):
    """v <- rho v + (1 - rho) g^2; p <- p - lr g / (sqrt(v) + eps).  Tieleman and Hinton 2012."""
    v = rho * v + (1 - rho) * g**2
    return p - lr * g / (np.sqrt(v) + eps), v


@optimiser
def adam(p, g, m=0, v=0, t=0, *, lr=0.001, b1=0.9, b2=0.999, eps=1e-8):
    """Moments m and v of the gradient, both corrected for their start at 0.  Kingma and Ba 2015, algorithm 1."""
    t = t + 1
    m = b1 * m + (1 - b1) * g
    v = b2 * v + (1 - b2) * g**2
    return p - lr * (m / (1 - b1**t)) / (np.sqrt(v / (1 - b2**t)) + eps), m, v, t
