"""Update rules as their papers print them, without the guards of implementations, for the table of naturality.

A guard such as "where |p| is 0 the ratio is 1" breaks scalings at that point alone; here a denominator that is 0 is outside of the domain.
"""

from __future__ import annotations

import numpy as np

from symcat.learn.optimisers import optimiser
from symcat.learn.optimisers.state import state


def norm(x):
    """The root of the sum of squares."""
    return np.sqrt(np.sum(x**2))


@optimiser
def lars_printed(p, g, *, lr=0.1):
    """p <- p - lr |p| g / |g|.  You, Gitman and Ginsburg 2017, without momentum and decay."""
    return p - lr * norm(p) * g / norm(g)


@optimiser
def lamb_printed(p, g, m=0, v=0, *, lr=0.1, b1=0.9, b2=0.999):
    """u = m / sqrt(v), p <- p - lr |p| u / |u|.  You et al. 2020, without decay and correction."""
    m, v = b1 * m + (1 - b1) * g, b2 * v + (1 - b2) * g**2
    u = m / np.sqrt(v)
    return p - lr * norm(p) * u / norm(u), m, v


@optimiser
def prodigy_printed(p, g, x0=state(lambda p: p, "point"), m=0, v=0, s=0, r=0, d=state(1e-6, "length"), *, b1=0.9, b2=0.999, b3=0.99):
    """Adam at a rate d that grows to r / |s|_1.  Mishchenko and Defazio 2023, algorithm 4 with lr = 1 and eps = 0."""
    m = b1 * m + (1 - b1) * d * g
    v = b2 * v + (1 - b2) * d**2 * g**2
    r = b3 * r + (1 - b3) * d**2 * np.sum(g * (x0 - p))
    s = b3 * s + (1 - b3) * d**2 * g
    return p - d * m / np.sqrt(v), x0, m, v, s, r, np.maximum(d, r / np.sum(np.abs(s)))


@optimiser
def adam_without_root(p, g, m=0, v=0, *, lr=0.1, b1=0.9, b2=0.999):
    """p <- p - lr m / v: the diagonal of the empirical Fisher matrix."""
    m, v = b1 * m + (1 - b1) * g, b2 * v + (1 - b2) * g**2
    return p - lr * m / v, m, v


@optimiser(data={"h": "hessian_diagonal"})
def diagonal_newton(p, g, h, *, lr=1.0):
    """p <- p - lr g / h, h the diagonal of the Hessian.  Becker and LeCun 1988."""
    return p - lr * g / h


@optimiser(data={"h": "hessian_diagonal"}, shape=(2,))
def adahessian_blocks(p, g, h, m=0, v=0, *, lr=0.1, b1=0.9, b2=0.999):
    """AdaHessian with the diagonal averaged over blocks, here one of two coordinates.  Yao et al. 2021, section 3.2."""
    mean = np.mean(h) + 0 * h
    m, v = b1 * m + (1 - b1) * g, b2 * v + (1 - b2) * mean**2
    return p - lr * m / np.sqrt(v), m, v


@optimiser
def schedule_free_averages(p, g, z=state(lambda p: p, "point"), t=0, *, lr=0.1):
    """z <- z - lr g, p <- p + (z - p) / (t + 1).  Defazio et al. 2024, with beta = 0: the primal average."""
    z, t = z - lr * g, t + 1
    return p + (z - p) / t, z, t


@optimiser(shape=(2, 2), data={"a": "activation", "s": "output_gradient"})
def kfac_summed(p, g, a, s, A=0, S=0, *, lr=0.1, rho=0.9):
    """A <- rho A + a a^T, S <- rho S + s s^T, p <- p - lr S^-1 g A^-1.  Martens and Grosse 2015, from empty factors."""
    A, S = rho * A + np.outer(a, a), rho * S + np.outer(s, s)
    return p - lr * (np.linalg.inv(S) @ g @ np.linalg.inv(A)), A, S
