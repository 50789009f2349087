"""Gradient descent and its accelerated forms."""

from __future__ import annotations

from symcat.learn.optimisers.optimiser import optimiser


@optimiser
def gradient_descent(p, g, *, lr=0.1):
    """p <- p - lr g.  Cauchy 1847."""
    return p - lr * g


@optimiser
def momentum(p, g, v=0, *, lr=0.01, gamma=0.9):
    """v <- gamma v - lr g; p <- p + v.  Polyak 1964, heavy ball."""
    v = gamma * v - lr * g
    return p + v, v


@optimiser(look=lambda p, v, *, gamma: p + gamma * v)
def nesterov(p, g, v=0, *, lr=0.01, gamma=0.9):
    """Momentum with the gradient taken at p + gamma v.  Nesterov 1983."""
    v = gamma * v - lr * g
    return p + v, v
