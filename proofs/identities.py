"""Identities for all sizes: sums, ranges, gradients, Hessians; each beside a neighbour that is refuted."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from symcat.category.elementwise import generic, windows
from symcat.category.space import Real, Space, dims, space
from symcat.category.trace import apply, trace
from symcat.derivative.forward import D
from symcat.derivative.reverse import R
from symcat.laws.claim import Claim, Equation

n, m, k, l, a, h = dims("n m k l a h")
SOURCE = "matrix calculus"
VECTOR = space(z=Real[n])


@dataclass(frozen=True)
class Identity:
    """left = right on a space, and a neighbour of the right side that is not equal to the left."""

    name: str
    words: str
    dom: Space
    left: Callable
    right: Callable
    wrong_words: str
    wrong: Callable

    def equation(self, right: Callable) -> tuple[Equation, ...]:
        return (Equation(trace(self.left, self.dom), trace(right, self.dom)),)

    @property
    def claims(self) -> tuple[Claim, Claim]:
        return (Claim(self.name, self.words, SOURCE, lambda: self.equation(self.right)),
                Claim(f"{self.name}, near miss", self.wrong_words, SOURCE, lambda: self.equation(self.wrong), "refuted"))


def softmax(z):
    e = np.exp(z)
    return e / np.sum(e)


def logsumexp(z):
    return np.log(np.sum(np.exp(z)))


def gradient(function: Callable, wire: str, **wires: object) -> Callable:
    """One component of R[function], made when it is used on traced arrays."""
    def component(*arrays):
        found = apply(R(trace(function, space(**wires))), *arrays)
        return found[list(wires).index(wire)] if isinstance(found, tuple) else found
    return component


# ---- softmax and cross-entropy
def jacobian(z):
    """s_i (d_ip - s_p)."""
    s = softmax(z)
    return s[:, None] * (np.diag(np.ones_like(z)) - s[None, :])


cross_entropy_slope = gradient(lambda y, z: -np.sum(y * np.log(softmax(z))), "z", y=Real[n], z=Real[n])


def hessian_of_logsumexp(z, v):
    slope = gradient(logsumexp, "z", z=Real[n])
    return apply(D(trace(lambda z: slope(z, 1), VECTOR)), z, v)


SOFTMAX = (
    Identity("softmax sums to 1", "sum_i s_i = 1", VECTOR, lambda z: np.sum(softmax(z)), lambda z: 1,
             "sum_i s_i^2 = 1", lambda z: 1 - np.sum(softmax(z)) + np.sum(softmax(z) ** 2)),
    Identity("softmax Jacobian", "ds_i / dz_p = s_i (d_ip - s_p)", space(z=Real[n], v=Real[n]),
             lambda z, v: apply(D(trace(softmax, VECTOR)), z, v), lambda z, v: jacobian(z) @ v,
             "ds_i / dz_p = s_i (d_ip - s_i)", lambda z, v: softmax(z) * (v - softmax(z) * np.sum(v))),
    Identity("cross-entropy gradient", "the gradient of -sum_i y_i log s_i is s sum(y) - y", space(y=Real[n], z=Real[n]),
             lambda y, z: cross_entropy_slope(y, z, 1), lambda y, z: softmax(z) * np.sum(y) - y,
             "it is s - y for every y", lambda y, z: softmax(z) - y),
    Identity("log-sum-exp shift", "log sum exp(z + c) = c + log sum exp(z)", space(z=Real[n], c=Real[()]),
             lambda z, c: logsumexp(z + c), lambda z, c: c + logsumexp(z), "it is n c + log sum exp(z)",
             lambda z, c: np.sum(c + 0 * z) + logsumexp(z)),
    Identity("log-sum-exp Hessian", "the Hessian of log sum exp is diag(s) - s s^T", space(z=Real[n], v=Real[n]),
             hessian_of_logsumexp, lambda z, v: softmax(z) * v - softmax(z) * np.sum(softmax(z) * v),
             "it is diag(s)", lambda z, v: softmax(z) * v),
)

# ---- layers
phi, psi = generic("phi"), generic("psi")
DENSE = space(W=Real[m, n], b=Real[m], x=Real[n], v=Real[m])
DENSE_WIRES = {"W": Real[m, n], "b": Real[m], "x": Real[n]}
in_weights, in_input = (gradient(lambda W, b, x: phi(W @ x + b), wire, **DENSE_WIRES) for wire in ("W", "x"))
in_first_weights = gradient(lambda W, U, x: psi(U @ phi(W @ x)), "W", W=Real[h, n], U=Real[m, h], x=Real[n])


def slope(f: Callable, size: object) -> Callable:
    """(y, v) -> v f'(y), entry by entry."""
    return gradient(f, "y", y=Real[size])


def above_first_weights(W, U, x, v):
    """U^T (v psi')."""
    return U.T @ slope(psi, m)(U @ phi(W @ x), v)


def second_derivative(W, x, v, u, w):
    """The derivative along u of <gradient of v . phi(W x), w>."""
    inward = gradient(lambda x, W: phi(W @ x), "x", x=Real[n], W=Real[n, n])
    forwards = D(trace(lambda x, W, v: inward(x, W, v), space(x=Real[n], W=Real[n, n], v=Real[n])))
    return np.sum(w * apply(forwards, x, W, v, u, np.zeros_like(W), np.zeros_like(v)))


CURVATURE = space(W=Real[n, n], x=Real[n], v=Real[n], u=Real[n], w=Real[n])

LAYERS = (
    Identity("dense layer, weights", "the gradient of v . phi(W x + b) in W is (v phi') x^T", DENSE,
             in_weights, lambda W, b, x, v: np.outer(slope(phi, m)(W @ x + b, v), x),
             "it is v x^T", lambda W, b, x, v: np.outer(v, x)),
    Identity("dense layer, input", "the gradient of v . phi(W x + b) in x is W^T (v phi')", DENSE,
             in_input, lambda W, b, x, v: W.T @ slope(phi, m)(W @ x + b, v),
             "it is W^T v", lambda W, b, x, v: W.T @ v),
    Identity("two layers, first weights", "the gradient of v . psi(U phi(W x)) in W is (U^T (v psi')) phi' x^T",
             space(W=Real[h, n], U=Real[m, h], x=Real[n], v=Real[m]), in_first_weights,
             lambda W, U, x, v: np.outer(slope(phi, h)(W @ x, above_first_weights(W, U, x, v)), x),
             "it is (U^T (v psi')) x^T", lambda W, U, x, v: np.outer(above_first_weights(W, U, x, v), x)),
    Identity("symmetry of second derivatives", "the Hessian of v . phi(W x) is symmetric", CURVATURE,
             second_derivative, lambda W, x, v, u, w: second_derivative(W, x, v, w, u),
             "the Jacobian of its gradient is antisymmetric", lambda W, x, v, u, w: -second_derivative(W, x, v, w, u)),
)

# ---- traces, least squares, attention
MATRICES = space(A=Real[n, n], X=Real[n, n], B=Real[n, n], C=Real[n, n])
trace_gradient = gradient(lambda A, X, B: np.trace(A @ X @ B), "X", A=Real[n, m], X=Real[m, m], B=Real[m, n])
least_squares = gradient(lambda A, x, b: np.sum((A @ x - b) ** 2), "x", A=Real[m, n], x=Real[n], b=Real[m])
ATTENTION = space(Q=Real[a, k], K=Real[a, k], V=Real[a, m], g=Real[a, m])


def weights(Q, K):
    e = np.exp(Q @ K.T)
    return e / np.sum(e, axis=1, keepdims=True)


attention = gradient(lambda Q, K, V: weights(Q, K) @ V, "V", Q=Real[a, k], K=Real[a, k], V=Real[a, m])

PRODUCTS = (
    Identity("gradient of a trace", "the gradient of tr(A X B) in X is (B A)^T", space(A=Real[n, m], X=Real[m, m], B=Real[m, n]),
             lambda A, X, B: trace_gradient(A, X, B, 1), lambda A, X, B: (B @ A).T, "it is B A", lambda A, X, B: B @ A),
    Identity("cyclic trace", "tr(A X B C) = tr(B C A X)", MATRICES, lambda A, X, B, C: np.trace(A @ X @ B @ C),
             lambda A, X, B, C: np.trace(B @ C @ A @ X), "tr(A X B C) = tr(A B X C)", lambda A, X, B, C: np.trace(A @ B @ X @ C)),
    Identity("least squares", "the gradient of |A x - b|^2 in x is 2 A^T (A x - b)", space(A=Real[m, n], x=Real[n], b=Real[m]),
             lambda A, x, b: least_squares(A, x, b, 1), lambda A, x, b: 2 * A.T @ (A @ x - b),
             "it is A^T (2 A x - b)", lambda A, x, b: A.T @ (2 * (A @ x) - b)),
    Identity("trace of the identity", "sum_ij d_ij^2 = n", VECTOR,
             lambda z: np.sum(np.diag(np.ones_like(z)) ** 2), lambda z: np.sum(np.ones_like(z)),
             "sum_ij d_ij^2 = n^2", lambda z: np.sum(np.ones_like(z)) ** 2),
    Identity("attention, gradient in V", "the gradient of g . A V in V is A^T g", ATTENTION,
             attention, lambda Q, K, V, g: weights(Q, K).T @ g,
             "it is A g", lambda Q, K, V, g: weights(Q, K) @ g),
    Identity("attention, rows", "every row of the attention matrix sums to 1", space(Q=Real[a, k], K=Real[a, k]),
             lambda Q, K: np.sum(weights(Q, K), axis=1), lambda Q, K: np.ones_like(Q[:, 0]),
             "every column does", lambda Q, K: np.ones_like(Q[:, 0]) + np.sum(weights(Q, K), axis=1) - np.sum(weights(Q, K), axis=0)),
)

# ---- ranges
def correlate(x, w):
    return windows(x, w.shape[0], axis=0) @ w


def full_convolution(w, v, x):
    """The adjoint of correlating with w, at v; it does not depend on x, the point that the adjoint asks for."""
    transposed = gradient(lambda w, x: correlate(x, w), "x", w=Real[k], x=Real[l + k - 1])
    return transposed(w, np.zeros_like(x[: k + l - 1]), v)


RANGES = (
    Identity("concatenation is associative", "((x, y), z) = (x, (y, z))", space(x=Real[n], y=Real[m], z=Real[k]),
             lambda x, y, z: np.concatenate([np.concatenate([x, y]), z]), lambda x, y, z: np.concatenate([x, np.concatenate([y, z])]),
             "((x, y), z) with y doubled", lambda x, y, z: np.concatenate([x, 2 * y, z])),
    Identity("two correlations are one", "correlating with w, then with v, is correlating with their full convolution",
             space(w=Real[k], v=Real[l], x=Real[n + k + l - 2]), lambda w, v, x: correlate(correlate(x, w), v),
             lambda w, v, x: correlate(x, full_convolution(w, v, x)),
             "with w reversed", lambda w, v, x: correlate(x, full_convolution(w[::-1], v, x))),
    Identity("variance", "mean((x - mean x)^2) = mean(x^2) - (mean x)^2", space(x=Real[n]),
             lambda x: np.mean((x - np.mean(x)) ** 2), lambda x: np.mean(x**2) - np.mean(x) ** 2,
             "mean((x - mean x)^2) = mean(x^2) - mean x", lambda x: np.mean(x**2) - np.mean(x)),
    Identity("reversal", "sum_i x_i w_i is the same with both reversed", space(x=Real[n], w=Real[n]),
             lambda x, w: np.sum(x * w), lambda x, w: np.sum(x[::-1] * w[::-1]), "with one of them reversed",
             lambda x, w: np.sum(x[::-1] * w)),
    Identity("causal mask", "a square is its lower triangle and what is above it", space(x=Real[n, n]),
             lambda x: np.sum(x), lambda x: np.sum(np.tril(x)) + np.sum(np.triu(x, 1)),
             "a square is its two triangles, diagonals included", lambda x: np.sum(np.tril(x)) + np.sum(np.triu(x))),
    Identity("masked sum", "the lower triangle of ones sums prefixes", space(x=Real[n]),
             lambda x: np.tril(np.ones_like(x)[:, None] * np.ones_like(x)[None, :]) @ x, np.cumsum,
             "the upper triangle of ones sums prefixes", lambda x: np.cumsum(x[::-1])[::-1]),
)

CLAIMS = tuple(claim for identity in (*SOFTMAX, *LAYERS, *PRODUCTS, *RANGES) for claim in identity.claims)
