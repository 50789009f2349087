"""Optimisers that read or estimate curvature and precondition the gradient with its inverse.

The inverse is written out by cofactors, so these rules are traced for a parameter of a fixed small size: `shape` gives 2 entries,
and 1 and 3 work as well.  For a symbolic size the trace says that there is no such formula.
"""

from __future__ import annotations

import numpy as np

from symcat.category.hyper import hyper
from symcat.learn.optimisers.optimiser import optimiser
from symcat.learn.optimisers.state import state

SHAPE = (2,)
DAMPING = hyper(0.01, low=0)


def identity_like(p):
    """The identity matrix of a vector's length."""
    return np.diag(np.ones_like(p))


@optimiser(shape=SHAPE, data={"H": "hessian"})
def newton(p, g, H, *, lr=1.0):
    """p <- p - lr H^-1 g, H the Hessian of the loss.  Newton's method; Nocedal and Wright 2006, section 3.3.

    p, g: Real[n]; H: Real[n, n] with det H != 0.
    """
    return p - lr * np.linalg.solve(H, g)


@optimiser(shape=SHAPE, data={"H": "hessian"})
def damped_newton(p, g, H, *, lr=1.0, damping=DAMPING):
    """p <- p - lr (H + damping 1)^-1 g.  Levenberg 1944: damping by the identity."""
    return p - lr * np.linalg.solve(H + damping * identity_like(p), g)


@optimiser(shape=SHAPE, data={"H": "hessian"})
def marquardt(p, g, H, *, lr=1.0, damping=DAMPING):
    """p <- p - lr (H + damping diag H)^-1 g.  Marquardt 1963: damping by the diagonal, which scales with the parameter."""
    return p - lr * np.linalg.solve(H + damping * np.diag(np.diagonal(H)), g)


@optimiser(shape=SHAPE, data={"J": "jacobian"})
def gauss_newton(p, g, J, *, lr=1.0):
    """p <- p - lr (J^T J)^-1 g, J the Jacobian of as many residuals as parameters, g = J^T r.  Nocedal and Wright 2006, section 10.3."""
    return p - lr * np.linalg.solve(J.T @ J, g)


@optimiser(shape=SHAPE, data={"G": "metric"})
def natural_gradient(p, g, G, *, lr=0.1):
    """p <- p - lr G^-1 g, G the Fisher information or another metric.  Amari 1998, equation 2.3."""
    return p - lr * np.linalg.solve(G, g)


@optimiser(shape=SHAPE, data={"G": "metric"})
def damped_natural_gradient(p, g, G, *, lr=0.1, damping=DAMPING):
    """p <- p - lr (G + damping 1)^-1 g.  Martens 2020, section 6.3."""
    return p - lr * np.linalg.solve(G + damping * identity_like(p), g)


@optimiser(shape=SHAPE)
def online_newton(p, g, m=state(0, "covector"), V=state(lambda p, *, eps: eps * identity_like(p), "tensor"), *, lr=0.01, b1=0.9, b2=0.999,
                  eps=1e-4):
    """V <- b2 V + (1 - b2) g g^T, m <- b1 m + (1 - b1) g, p <- p - lr V^-1 m: the empirical Fisher matrix in Newton's place.

    Hazan, Agarwal and Kale 2007, whose V is a sum and starts at eps 1, with moving averages instead.  p, g, m: Real[n]; V: Real[n, n].
    """
    V = b2 * V + (1 - b2) * np.outer(g, g)
    m = b1 * m + (1 - b1) * g
    return p - lr * np.linalg.solve(V, m), m, V


@optimiser(shape=SHAPE)
def bfgs(p, g, B=state(identity_like, "tensor"), s=state(lambda p: 0 * p, "vector"), h=state(0, "covector"), t=0, *, lr=1.0):
    """B <- B - B s s^T B / (s^T B s) + y y^T / (y^T s) with y = g - h, then s <- -lr B^-1 g, p <- p + s.

    Broyden, Fletcher, Goldfarb and Shanno 1970; Nocedal and Wright 2006, equation 6.19, with a fixed rate in place of a line
    search.  s and h are the last step and gradient; there is no update of B at the first step, t = 0.  It requires that neither
    s^T B s nor y^T s is 0 from the second step on.
    """
    later, y, turned = t > 0, g - h, B @ s
    old = np.outer(turned, turned) / np.where(later, s @ turned, 1)
    new = np.outer(y, y) / np.where(later, y @ s, 1)
    B = B + np.where(later, new - old, 0)
    s = -lr * np.linalg.solve(B, g)
    return p + s, B, s, g, t + 1


SECOND_ORDER = (newton, damped_newton, marquardt, gauss_newton, natural_gradient, damped_natural_gradient, online_newton, bfgs)
