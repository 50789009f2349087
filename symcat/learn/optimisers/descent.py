"""Gradient descent: plain, accelerated, with bounded steps, with weight decay, and with Polyak's step size."""

from __future__ import annotations

import numpy as np

from symcat.category.hyper import hyper
from symcat.learn.optimisers.optimiser import optimiser
from symcat.learn.optimisers.state import state


@optimiser
def gradient_descent(p, g, *, lr=0.1):
    """p <- p - lr g.  Cauchy 1847."""
    return p - lr * g


@optimiser
def momentum(p, g, v=0, *, lr=0.01, gamma=0.9):
    """v <- gamma v - lr g; p <- p + v.  Polyak 1964, heavy ball; the form of Keras: the rate goes into the velocity."""
    v = gamma * v - lr * g
    return p + v, v


@optimiser
def heavy_ball(p, g, q=state(lambda p: p, "point"), *, lr=0.01, gamma=0.9):
    """p <- p - lr g + gamma (p - q), q the parameter one step before.  Polyak 1964, section 2, as it is printed there."""
    return p - lr * g + gamma * (p - q), p


@optimiser
def momentum_torch(p, g, v=0, *, lr=0.01, gamma=0.9):
    """v <- gamma v + g; p <- p - lr v.  Sutskever et al. 2013 compare it with Polyak's; torch.optim.SGD without dampening."""
    v = gamma * v + g
    return p - lr * v, v


@optimiser
def momentum_ema(p, g, m=0, *, lr=0.1, b1=0.9):
    """m <- b1 m + (1 - b1) g; p <- p - lr m: the velocity as a moving average, without bias correction; optax.ema(debias=False)."""
    m = b1 * m + (1 - b1) * g
    return p - lr * m, m


@optimiser(look=lambda p, v, *, gamma: p + gamma * v)
def nesterov(p, g, v=0, *, lr=0.01, gamma=0.9):
    """Momentum with the gradient taken at p + gamma v.  Nesterov 1983; in this form Sutskever et al. 2013."""
    v = gamma * v - lr * g
    return p + v, v


@optimiser
def nesterov_substituted(p, g, v=0, *, lr=0.01, gamma=0.9):
    """v <- gamma v - lr g; p <- p + gamma v - lr g: p is where the gradient is taken.  Bengio et al. 2013; the form of Keras."""
    v = gamma * v - lr * g
    return p + gamma * v - lr * g, v


@optimiser
def nesterov_torch(p, g, v=0, *, lr=0.01, gamma=0.9):
    """v <- gamma v + g; p <- p - lr (g + gamma v).  torch.optim.SGD(nesterov=True) and optax.sgd(nesterov=True)."""
    v = gamma * v + g
    return p - lr * (g + gamma * v), v


@optimiser
def normalised_descent(p, g, *, lr=0.01):
    """p <- p - lr g / |g|, the norm over all entries; needs g != 0.  Nesterov 1984; Hazan, Levy and Shalev-Shwartz 2015."""
    return p - lr * g / np.sqrt(np.sum(g**2))


@optimiser
def clipped_descent(p, g, *, lr=0.1, bound=hyper(1, above=0)):
    """p <- p - lr g min(1, bound / |g|), the norm over all entries.  Pascanu, Mikolov and Bengio 2013, algorithm 1.

    The factor is written bound / max(|g|, bound), the same number, defined at g = 0 too.
    """
    return p - lr * g * (bound / np.maximum(np.sqrt(np.sum(g**2)), bound))


@optimiser
def value_clipped_descent(p, g, *, lr=0.1, bound=hyper(1, above=0)):
    """p <- p - lr clip(g, -bound, bound), entry by entry.  Mikolov 2012, thesis, section 3.3."""
    return p - lr * np.clip(g, -bound, bound)


@optimiser
def descent_l2(p, g, *, lr=0.1, wd=0.01):
    """p <- p - lr (g + wd p), coupled decay: the gradient of the loss and wd |p|^2 / 2.  Krogh and Hertz 1991."""
    return p - lr * (g + wd * p)


@optimiser
def descent_decoupled(p, g, *, lr=0.1, wd=0.01):
    """p <- (1 - wd) p - lr g, decoupled decay.  Loshchilov and Hutter 2019, equation 1; equal to the coupled one at wd / lr."""
    return (1 - wd) * p - lr * g


@optimiser
def polyak_step(p, g, loss, optimum):
    """p <- p - (L - L*) / |g|^2 g, with the least loss L* known; needs g != 0.  Polyak 1987, section 5.3."""
    return p - (loss - optimum) / np.sum(g**2) * g
