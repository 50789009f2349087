"""Optimisers that scale each coordinate by the size of its past gradients."""

from __future__ import annotations

import numpy as np

from symcat.learn.optimisers.optimiser import optimiser


@optimiser
def adagrad(p, g, s=0, *, lr=0.01, eps=1e-7):
    """s <- s + g^2; p <- p - lr g / (sqrt(s) + eps).  Duchi, Hazan and Singer 2011, the diagonal form.

    torch.optim.Adagrad is this; optax.adagrad has eps inside the root, and s starts at 1/10 there.
    """
    s = s + g**2
    return p - lr * g / (np.sqrt(s) + eps), s


@optimiser
def rmsprop(p, g, v=0, *, lr=0.001, rho=0.9, eps=1e-7):
    """v <- rho v + (1 - rho) g^2; p <- p - lr g / (sqrt(v) + eps).  Tieleman and Hinton 2012; eps outside the root, as in PyTorch."""
    v = rho * v + (1 - rho) * g**2
    return p - lr * g / (np.sqrt(v) + eps), v


@optimiser
def rmsprop_inside(p, g, v=0, *, lr=0.001, rho=0.9, eps=1e-7):
    """RMSProp with eps inside the root: p <- p - lr g / sqrt(v + eps), as in optax and TensorFlow."""
    v = rho * v + (1 - rho) * g**2
    return p - lr * g / np.sqrt(v + eps), v


@optimiser
def rmsprop_centred(p, g, v=0, a=0, *, lr=0.001, rho=0.9, eps=1e-7):
    """v, a <- averages of g^2 and g; p <- p - lr g / sqrt(v - a^2 + eps), the variance under the root.  Graves 2013, section 4.

    optax.rmsprop(centered=True) is this; PyTorch adds eps to the root.
    """
    v = rho * v + (1 - rho) * g**2
    a = rho * a + (1 - rho) * g
    return p - lr * g / np.sqrt(v - a**2 + eps), v, a


@optimiser
def adadelta(p, g, v=0, u=0, *, lr=1, rho=0.95, eps=1e-6):
    """v <- rho v + (1 - rho) g^2; d = sqrt(u + eps) / sqrt(v + eps) g; u <- rho u + (1 - rho) d^2; p <- p - lr d.

    Zeiler 2012, algorithm 1, where lr = 1.
    """
    v = rho * v + (1 - rho) * g**2
    d = np.sqrt(u + eps) / np.sqrt(v + eps) * g
    return p - lr * d, v, rho * u + (1 - rho) * d**2
