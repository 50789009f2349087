"""Pairs of rules that differ in known ways, written apart from those of the package and of the bug zoo."""

import numpy as np

from symcat.learn.optimisers import optimiser


def heavy(p, g, v=0, *, lr=0.1, mu=0.9):
    v = mu * v + g
    return p - lr * v, v


def heavy_scaled(p, g, w=0, *, lr=0.1, mu=0.9):
    w = mu * w + 3 * g
    return p - lr * w / 3, w


def corrected(p, g, m=0, k=0, *, lr=0.1, b1=0.9):
    k = k + 1
    m = b1 * m + (1 - b1) * g
    return p - lr * m / (1 - b1**k), m, k


def corrected_weights(p, g, total=0, weight=0, *, lr=0.1, b1=0.9):
    """The same average as a quotient of two sums."""
    total, weight = b1 * total + g, b1 * weight + 1
    return p - lr * total / weight, total, weight


def rooted(p, g, s=0, *, lr=0.1, eps=1e-6):
    s = s + g * g
    return p - lr * g / np.sqrt(s + eps), s


def rooted_apart(p, g, s=0, *, lr=0.1, eps=1e-6):
    s = s + g * g
    return p - lr * g / (np.sqrt(s) + eps), s


def late(p, g, t=0, *, lr=0.1):
    """Halves its rate from the sixth step on."""
    t = t + 1
    return p - np.where(np.maximum(t - 5, 0), lr / 2, lr) * g, t


def plain(p, g, *, lr=0.1):
    return p - lr * g


def decayed(p, g, *, step_size=0.1, weight_decay=0.01):
    return p - step_size * (g + weight_decay * p)


def shrunk(p, g, *, lr=0.1, l2=0.01):
    return (1 - l2) * p - lr * g


def fifth(p, g, *, lr=0.1):
    return p - lr * (g + p / 5)


def swapped(p, g, m=0, *, lr=0.1, first=0.9, second=0.99):
    update = np.sign(first * m + (1 - first) * g)
    return p - lr * update, second * m + (1 - second) * g


def normed(p, g, *, lr=0.1):
    return p - lr * g / np.sqrt(np.sum(g * g))


def normed_entries(p, g, *, lr=0.1):
    return p - lr * g / np.abs(g)


def normed_squares(p, g, *, lr=0.1):
    return p - lr * g / (g @ g) ** 0.5


FUNCTIONS = {name: f for name, f in list(globals().items()) if callable(f) and getattr(f, "__module__", "") == __name__}


def rule(name):
    """One of the functions above as an optimiser."""
    return optimiser(FUNCTIONS[name])
