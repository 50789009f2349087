"""Optimisers of matrices: those that precondition rows and columns, and those that move along orthogonal matrices.

Muon's polynomial and Adafactor are products, sums and entrywise operations, traced at a symbolic shape (m, n).  Roots, polar
factors, inverses and eigenvectors have closed forms for matrices of two rows and columns, see `small_matrices`: rules with these are
traced at shape=(2, 2), or (2,) for full-matrix AdaGrad.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

import numpy as np

from symcat.category.hyper import hyper
from symcat.learn.optimisers.optimiser import Optimiser, optimiser
from symcat.learn.optimisers.small_matrices import eigenbasis, inverse_root, polar_factor, power
from symcat.learn.optimisers.state import state

SYMBOLIC, SMALL = ("m", "n"), (2, 2)
STEPS = 5
EPS1, EPS2, CLIP = hyper(1e-30, above=0), hyper(1e-3, above=0), hyper(1.0, above=0)


def rows_identity(p):
    """The identity on the rows of a matrix."""
    return np.diag(np.ones_like(p[:, 0]))


def columns_identity(p):
    """The identity on the columns of a matrix."""
    return np.diag(np.ones_like(p[0]))


def small_rows(p, *, eps):
    return eps * rows_identity(p)


def small_columns(p, *, eps):
    return eps * columns_identity(p)


# ---- orthogonal directions
def newton_schulz(x, a, b, c, steps: int = STEPS):
    """X <- a X + (b A + c A^2) X with A = X X^T, some times: an odd polynomial in the singular values of X, which it drives to about 1."""
    for _ in range(steps):
        gram = x @ x.T
        x = a * x + (b * gram + c * (gram @ gram)) @ x
    return x


@optimiser(shape=SYMBOLIC)
def muon(p, g, m=0, *, lr=0.02, momentum=0.95, a=3.4445, b=-4.775, c=2.0315, eps=1e-7):
    """m <- momentum m + g, p <- p - lr NS5((g + momentum m) / (|g + momentum m| + eps)).  Jordan et al. 2024, with Nesterov's momentum.

    NS5 is five steps of `newton_schulz` with the coefficients a, b, c.  PyTorch's Muon averages, m <- momentum m + (1 - momentum) g,
    divides by max(|.|, eps), decays p and has a factor sqrt(max(1, m/n)) in the rate; optax corrects the average for its start.
    The iteration of the transposed matrix is the transposed iteration, so that it does not matter which of both is iterated.
    """
    m = momentum * m + g
    u = g + momentum * m
    return p - lr * newton_schulz(u / (np.linalg.norm(u) + eps), a, b, c), m


@optimiser(shape=SMALL)
def muon_exact(p, g, m=0, *, lr=0.02, momentum=0.95):
    """m <- momentum m + g, p <- p - lr U with U the polar factor of m, which Muon's polynomial approximates.

    Bernstein and Newhouse 2024: steepest descent in the spectral norm.  p, g, m: Real[2, 2]; it requires det m != 0.
    """
    m = momentum * m + g
    return p - lr * polar_factor(m), m


# ---- full and Kronecker-factored second moments
@optimiser(shape=(2,))
def adagrad_full(p, g, V=state(lambda p, *, eps: eps * np.diag(np.ones_like(p)), "tensor"), *, lr=0.01, eps=1e-4):
    """V <- V + g g^T, p <- p - lr V^(-1/2) g, V from eps 1.  Duchi, Hazan and Singer 2011, figure 1, full matrices, with eps in V.

    The paper has V^(1/2) + eps 1; eps in V itself is the form to which Gupta, Koren and Singer 2018 compare Shampoo.
    """
    V = V + np.outer(g, g)
    return p - lr * (inverse_root(V) @ g), V


def _shampoo(name: str, left: Fraction | int, right: Fraction | int, words: str) -> Optimiser:
    """Shampoo with exponents; an exponent 0 leaves its side out."""
    def both(p, g, L=state(small_rows), R=state(small_columns), *, lr=0.1, eps=1e-4):
        L, R = L + g @ g.T, R + g.T @ g
        return p - lr * (power(L, left) @ g @ power(R, right)), L, R

    def one(p, g, L=state(small_rows), *, lr=0.1, eps=1e-4):
        L = L + g @ g.T
        return p - lr * (power(L, left) @ g), L

    rule: Callable = both if right else one
    rule.__name__, rule.__doc__ = name, words
    return optimiser(rule, name=name, shape=SMALL)


shampoo = _shampoo("shampoo", Fraction(-1, 4), Fraction(-1, 4), """
    L <- L + g g^T, R <- R + g^T g, p <- p - lr L^(-1/4) g R^(-1/4), L and R from eps 1.  Gupta, Koren and Singer 2018, algorithm 1.""")
shampoo_half = _shampoo("shampoo_half", Fraction(-1, 2), Fraction(-1, 2), """
    Shampoo with the exponents -1/2, those of the factors' own root.  Morwani et al. 2024; an option in Anil et al. 2020.""")
shampoo_one_sided = _shampoo("shampoo_one_sided", Fraction(-1, 2), 0, """
    Shampoo of the rows alone: L <- L + g g^T, p <- p - lr L^(-1/2) g.  Gupta, Koren and Singer 2018, for a matrix with few rows.""")
shampoo_inverse = _shampoo("shampoo_inverse", -1, 0, """
    One-sided with the whole inverse: L <- L + g g^T, p <- p - lr L^-1 g.
    The online Newton step of Hazan, Agarwal and Kale 2007, for the rows.""")


@optimiser(shape=SMALL)
def soap(p, g, m=0, v=0, t=0, L=0, R=0, *, lr=0.003, b1=0.95, b2=0.95, b3=0.95, eps=1e-8):
    """Adam in the eigenbasis of Shampoo's L and R.  Vyas et al. 2024, algorithm 3, with exact eigenvectors at every step.

    L and R are moving averages of g g^T and g^T g; with Q_L, Q_R their eigenvectors, Adam's second moment v is that of Q_L^T g Q_R,
    the direction is Q_L (m' / (sqrt(v') + eps)) Q_R^T.  The paper takes the basis of the step before and renews it now and then by a
    QR step, and leaves the first update out; here L and R are renewed first.  Equal eigenvalues have no basis: they are outside of
    the domain.
    """
    t = t + 1
    L, R = b3 * L + (1 - b3) * (g @ g.T), b3 * R + (1 - b3) * (g.T @ g)
    left, right = eigenbasis(L), eigenbasis(R)
    m, v = b1 * m + (1 - b1) * g, b2 * v + (1 - b2) * (left.T @ g @ right) ** 2
    turned = (left.T @ m @ right / (1 - b1**t)) / (np.sqrt(v / (1 - b2**t)) + eps)
    return p - lr * (left @ turned @ right.T), m, v, t, L, R


# ---- K-FAC
@optimiser(shape=SMALL, data={"a": "activation", "s": "output_gradient"})
def kfac(p, g, a, s, A=state(columns_identity), S=state(rows_identity), *, lr=0.1, rho=0.95):
    """A <- rho A + (1 - rho) a a^T, S <- rho S + (1 - rho) s s^T, p <- p - lr S^-1 g A^-1.  Martens and Grosse 2015, without damping.

    p, g: Real[m, n], the weights of one layer; a: Real[n], what comes into it; s: Real[m], the gradient of what goes out.
    """
    A, S = rho * A + (1 - rho) * np.outer(a, a), rho * S + (1 - rho) * np.outer(s, s)
    return p - lr * (np.linalg.inv(S) @ g @ np.linalg.inv(A)), A, S


@optimiser(shape=SMALL, data={"a": "activation", "s": "output_gradient"})
def kfac_damped(p, g, a, s, A=state(columns_identity), S=state(rows_identity), *, lr=0.1, rho=0.95, damping=hyper(0.01, low=0)):
    """K-FAC with damping 1 added to both factors before they are inverted.  Martens and Grosse 2015, section 6.3, with pi = 1."""
    A, S = rho * A + (1 - rho) * np.outer(a, a), rho * S + (1 - rho) * np.outer(s, s)
    left, right = S + damping * rows_identity(p), A + damping * columns_identity(p)
    return p - lr * (np.linalg.inv(left) @ g @ np.linalg.inv(right)), A, S


# ---- Adafactor
def _rms(x):
    """The root of the mean square of the entries."""
    return np.sqrt(np.mean(x * x))


def _factored(g, r, c, t, decay, eps1):
    """The moments of rows and columns, and the gradient over the root of their product over their mean."""
    rate, squares = 1 - t ** (-decay), g * g + eps1
    r = rate * r + (1 - rate) * np.mean(squares, axis=1)
    c = rate * c + (1 - rate) * np.mean(squares, axis=0)
    return g / np.sqrt(r[:, None] * c[None, :] / np.mean(r)), r, c


def _clipped(u, d):
    return u / np.maximum(1, _rms(u) / d)


@optimiser(shape=SYMBOLIC)
def adafactor(p, g, r=0, c=0, t=0, *, lr=0.01, decay=0.8, eps1=EPS1, eps2=EPS2, d=CLIP):
    """Second moments of rows and columns, steps relative to the size of p.  Shazeer and Stern 2018, algorithm 4, with means for sums.

    rate = 1 - t^-decay; r, c: moving averages of the means of g^2 + eps1 over columns and rows; V = r c^T / mean(r); U = g / sqrt(V);
    p <- p - max(eps2, RMS(p)) min(lr, 1/sqrt(t)) U / max(1, RMS(U) / d).  optax has lr where this has min(lr, 1/sqrt(t)); PyTorch adds no
    eps1 but keeps V above eps1^2 and mean(r) above eps1.
    """
    t = t + 1
    u, r, c = _factored(g, r, c, t, decay, eps1)
    size = np.maximum(eps2, _rms(p)) * np.minimum(lr, 1 / np.sqrt(t))
    return p - size * _clipped(u, d), r, c, t


@optimiser(shape=SYMBOLIC)
def adafactor_absolute(p, g, r=0, c=0, t=0, *, lr=0.01, decay=0.8, eps1=EPS1, d=CLIP):
    """Adafactor with steps of a given size: p <- p - lr U / max(1, RMS(U) / d).  Shazeer and Stern 2018, section 8."""
    t = t + 1
    u, r, c = _factored(g, r, c, t, decay, eps1)
    return p - lr * _clipped(u, d), r, c, t


@optimiser(shape=SYMBOLIC)
def adafactor_momentum(p, g, m=0, r=0, c=0, t=0, *, lr=0.01, b1=0.9, decay=0.8, eps1=EPS1, d=CLIP):
    """Adafactor with a moving average of its updates: m <- b1 m + (1 - b1) lr U / max(1, RMS(U) / d), p <- p - m.

    Shazeer and Stern 2018; the average is that of fairseq and optax.
    """
    t = t + 1
    u, r, c = _factored(g, r, c, t, decay, eps1)
    m = b1 * m + (1 - b1) * lr * _clipped(u, d)
    return p - m, m, r, c, t


MATRIX = (muon, muon_exact, adagrad_full, shampoo, shampoo_half, shampoo_one_sided, shampoo_inverse, soap, kfac, kfac_damped, adafactor,
          adafactor_absolute, adafactor_momentum)
