"""The two rules of every row of the bug zoo, as the implementations had them.

Those that are about more than one entry, such as a counter that tensors share, are written for what one entry sees.
"""

from __future__ import annotations

import numpy as np

from symcat.category.hyper import hyper
from symcat.learn.optimisers import optimiser


def moments(g, m, v, b1, b2):
    return b1 * m + (1 - b1) * g, b2 * v + (1 - b2) * g**2


@optimiser
def adam(p, g, m=0, v=0, t=0, *, lr=0.001, b1=0.9, b2=0.999, eps=1e-8):
    t, (m, v) = t + 1, moments(g, m, v, b1, b2)
    return p - lr * (m / (1 - b1**t)) / (np.sqrt(v / (1 - b2**t)) + eps), m, v, t


@optimiser
def adam_eps_hat(p, g, m=0, v=0, t=0, *, lr=0.001, b1=0.9, b2=0.999, eps=1e-8):
    """Rows 1 and 2: the corrections folded into the rate, so that eps means eps / sqrt(1 - b2^t)."""
    t, (m, v) = t + 1, moments(g, m, v, b1, b2)
    return p - lr * np.sqrt(1 - b2**t) / (1 - b1**t) * m / (np.sqrt(v) + eps), m, v, t


@optimiser
def rmsprop(p, g, v=0, *, lr=0.001, rho=0.99, eps=1e-8):
    v = rho * v + (1 - rho) * g**2
    return p - lr * g / (np.sqrt(v) + eps), v


@optimiser
def rmsprop_inside(p, g, v=0, *, lr=0.001, rho=0.99, eps=1e-8):
    """Row 3: eps under the root."""
    v = rho * v + (1 - rho) * g**2
    return p - lr * g / np.sqrt(v + eps), v


@optimiser
def rmsprop_from_one(p, g, v=1, *, lr=0.001, rho=0.99, eps=1e-8):
    """Row 4: the average starts at 1."""
    v = rho * v + (1 - rho) * g**2
    return p - lr * g / (np.sqrt(v) + eps), v


@optimiser
def amsgrad_corrected(p, g, m=0, v=0, vmax=0, t=0, *, lr=0.001, b1=0.9, b2=0.999, eps=1e-8):
    """Row 5: the greatest of the corrected averages."""
    t, (m, v) = t + 1, moments(g, m, v, b1, b2)
    vmax = np.maximum(vmax, v / (1 - b2**t))
    return p - lr * (m / (1 - b1**t)) / (np.sqrt(vmax) + eps), m, v, vmax, t


@optimiser
def amsgrad(p, g, m=0, v=0, vmax=0, t=0, *, lr=0.001, b1=0.9, b2=0.999, eps=1e-8):
    """Rows 5 and 6: the greatest average, corrected."""
    t, (m, v) = t + 1, moments(g, m, v, b1, b2)
    vmax = np.maximum(vmax, v)
    return p - lr * (m / (1 - b1**t)) / (np.sqrt(vmax / (1 - b2**t)) + eps), m, v, vmax, t


@optimiser
def amsgrad_forgetful(p, g, m=0, v=0, vmax=0, t=0, *, lr=0.001, b1=0.9, b2=0.999, eps=1e-8):
    """Row 6: the greatest average is used and not written back."""
    t, (m, v) = t + 1, moments(g, m, v, b1, b2)
    return p - lr * (m / (1 - b1**t)) / (np.sqrt(np.maximum(vmax, v) / (1 - b2**t)) + eps), m, v, vmax, t


@optimiser
def adam_without_eps(p, g, m=0, v=0, t=0, *, lr=0.001, b1=0.9, b2=0.999, eps=1e-8):
    """Row 7, in the form of Adam: eps is accepted and not used."""
    t, (m, v) = t + 1, moments(g, m, v, b1, b2)
    return p - lr * (m / (1 - b1**t)) / np.sqrt(v / (1 - b2**t)), m, v, t


@optimiser
def lion(p, g, m=0, *, lr=0.0001, b1=0.9, b2=0.99, wd=0.1):
    update = np.sign(b1 * m + (1 - b1) * g)
    return p * (1 - lr * wd) - lr * update, b2 * m + (1 - b2) * g


@optimiser
def lion_coupled(p, g, m=0, *, lr=0.0001, b1=0.9, b2=0.99, wd=0.1):
    """Row 8: the decay joins the gradient under the sign."""
    g = g + wd * p
    return p - lr * np.sign(b1 * m + (1 - b1) * g), b2 * m + (1 - b2) * g


@optimiser
def adamw(p, g, m=0, v=0, t=0, *, lr=0.001, b1=0.9, b2=0.999, eps=1e-8, wd=0.01):
    t, (m, v) = t + 1, moments(g, m, v, b1, b2)
    return (1 - lr * wd) * p - lr * (m / (1 - b1**t)) / (np.sqrt(v / (1 - b2**t)) + eps), m, v, t


@optimiser
def adamw_plain(p, g, m=0, v=0, t=0, *, lr=0.001, b1=0.9, b2=0.999, eps=1e-8, wd=0.01):
    """Row 9: the decay is not multiplied by the rate."""
    t, (m, v) = t + 1, moments(g, m, v, b1, b2)
    return (1 - wd) * p - lr * (m / (1 - b1**t)) / (np.sqrt(v / (1 - b2**t)) + eps), m, v, t


@optimiser
def adam_l2(p, g, m=0, v=0, t=0, *, lr=0.001, b1=0.9, b2=0.999, eps=1e-8, wd=0.01):
    """Row 10: the decay joins the gradient."""
    t, (m, v) = t + 1, moments(g + wd * p, m, v, b1, b2)
    return p - lr * (m / (1 - b1**t)) / (np.sqrt(v / (1 - b2**t)) + eps), m, v, t


@optimiser
def adafactor_momentum(p, g, v=0, m=0, *, lr=0.01, b1=0.9, rho=0.99):
    """Row 11, without the factors of the second moment: the average is of gradients."""
    v, m = rho * v + (1 - rho) * g**2, b1 * m + (1 - b1) * g
    return p - lr * m / np.sqrt(v), v, m


@optimiser
def adafactor_momentum_of_updates(p, g, v=0, m=0, *, lr=0.01, b1=0.9, rho=0.99):
    """Row 11: the average is of updates that are scaled already."""
    v = rho * v + (1 - rho) * g**2
    m = b1 * m + (1 - b1) * lr * g / np.sqrt(v)
    return p - m, v, m


@optimiser
def adafactor_clip_update(p, g, v=0, *, lr=0.01, rho=0.99, bound=hyper(1.0, above=0)):
    """Row 12, entry by entry: the update is clipped."""
    v = rho * v + (1 - rho) * g**2
    return p - lr * np.clip(g / np.sqrt(v), -bound, bound), v


@optimiser
def adafactor_clip_gradient(p, g, v=0, *, lr=0.01, rho=0.99, bound=hyper(1.0, above=0)):
    """Row 12: the gradient is clipped."""
    g = np.clip(g, -bound, bound)
    v = rho * v + (1 - rho) * g**2
    return p - lr * g / np.sqrt(v), v


@optimiser
def adam_counting_tensors(p, g, m=0, v=0, t=0, *, lr=0.001, b1=0.9, b2=0.999, eps=1e-8):
    """Row 13: the counter goes on with every one of ten tensors; this is the last of them."""
    t, (m, v) = t + 10, moments(g, m, v, b1, b2)
    return p - lr * (m / (1 - b1**t)) / (np.sqrt(v / (1 - b2**t)) + eps), m, v, t


@optimiser
def adam_first_step_whole(p, g, m=0, v=0, t=0, *, lr=0.001, b1=0.9, b2=0.999, eps=1e-8):
    """Row 14: the first gradient enters the averages without the factors 1 - b."""
    first = np.where(t > 0, 0, 1)
    t, (m, v) = t + 1, moments(g, m, v, b1, b2)
    m, v = m + first * b1 * g, v + first * b2 * g**2
    return p - lr * (m / (1 - b1**t)) / (np.sqrt(v / (1 - b2**t)) + eps), m, v, t


@optimiser(shape=("m", "n"))
def adafactor_sums(p, g, *, lr=0.01, eps=1e-30):
    """Row 15: sums of rows and columns, and the sum of all."""
    square = g**2 + eps
    rows, columns = square.sum(axis=1), square.sum(axis=0)
    return p - lr * g / np.sqrt(rows[:, None] * columns[None, :] / rows.sum())


@optimiser(shape=("m", "n"))
def adafactor_means(p, g, *, lr=0.01, eps=1e-30):
    """Row 15: means instead of sums."""
    square = g**2 + eps
    rows, columns = square.mean(axis=1), square.mean(axis=0)
    return p - lr * g / np.sqrt(rows[:, None] * columns[None, :] / rows.mean())


@optimiser
def adam_uncorrected(p, g, m=0, v=0, *, lr=0.001, b1=0.9, b2=0.999, eps=1e-8):
    """Row 16: no corrections."""
    m, v = moments(g, m, v, b1, b2)
    return p - lr * m / (np.sqrt(v) + eps), m, v


@optimiser
def sign_descent(p, g, *, lr=0.001, wd=0.01):
    return p * (1 - lr * wd) - lr * np.sign(g)


@optimiser
def sign_descent_without_decay(p, g, *, lr=0.001, wd=0.01):
    """Row 17: the decay is accepted and not used."""
    return p - lr * np.sign(g)


@optimiser
def momentum(p, g, v=0, *, lr=0.01, mu=0.9):
    """Row 18: the rate outside of the velocity."""
    v = mu * v + g
    return p - lr * v, v


@optimiser
def momentum_inside(p, g, v=0, *, lr=0.01, mu=0.9):
    """Row 18: the rate inside."""
    v = mu * v - lr * g
    return p + v, v


@optimiser(look=lambda p, v, *, mu: p + mu * v)
def nesterov(p, g, v=0, *, lr=0.01, mu=0.9):
    """Row 19: the gradient is taken ahead."""
    v = mu * v - lr * g
    return p + v, v


@optimiser
def nesterov_substituted(p, g, v=0, *, lr=0.01, mu=0.9):
    """Row 19: the point ahead is the parameter."""
    v = mu * v + g
    return p - lr * (g + mu * v), v


@optimiser
def adam_root_twice(p, g, m=0, v=0, t=0, *, lr=0.001, b1=0.9, b2=0.999, eps=1e-8):
    """Row 20: one root too many."""
    t, (m, v) = t + 1, moments(g, m, v, b1, b2)
    return p - lr * (m / (1 - b1**t)) / (np.sqrt(np.sqrt(v / (1 - b2**t))) + eps), m, v, t


@optimiser
def descent(p, g, *, lr=0.01):
    return p - lr * g


@optimiser
def descent_of_magnitude(p, g, *, lr=0.01):
    """Row 21: the sign of the error is squared away."""
    return p - lr * np.sqrt(g**2)
