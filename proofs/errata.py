"""Statements found in print or in published code that are wrong, each refuted, beside what is true."""

import numpy as np

from symcat.category.elementwise import equal, relu, windows
from symcat.category.space import Real, dims, space
from symcat.category.trace import trace
from symcat.derivative.reverse import R
from symcat.laws.claim import Claim, Equation
from symcat.learn.losses import loss

n = dims("n")
CRUTTWELL = "Cruttwell et al. 2022, Categorical foundations of gradient-based learning, softmax cross-entropy as transcribed"
PAIR = space(t=Real[n], z=Real[n])


def logsumexp(z):
    return np.log(np.sum(np.exp(z)))


def printed_cross_entropy(t, z):
    return np.sum(t * (z - (z - logsumexp(z))))


def pool(x):
    return np.max(windows(x, 2, stride=2, axis=0), axis=-1)


def to_every_maximum(x, y):
    """The covector sent to every tied maximum of its window."""
    w = windows(x, 2, stride=2, axis=0)
    chosen = equal(w, np.max(w, axis=-1, keepdims=True)) * y[:, None]
    return np.reshape(chosen, (-1,))


def pooling() -> tuple[Equation, ...]:
    derived = R(trace(pool, space(x=Real[2 * n])))
    return (Equation(derived, trace(to_every_maximum, derived.dom)),)


def relu_difference() -> tuple[Equation, ...]:
    return (Equation(trace(lambda x: relu(x) - relu(-x), space(x=Real[n])), trace(lambda x: x, space(x=Real[n]))),)


def relu_difference_reversed() -> tuple[Equation, ...]:
    (equation,) = relu_difference()
    return (Equation(R(equation.lhs), R(equation.rhs)),)


CLAIMS = (
    Claim("cross-entropy as printed", "sum t_i (z_i - log softmax(z)_i) is the cross-entropy", CRUTTWELL,
          lambda: (Equation(trace(printed_cross_entropy, PAIR), loss("cross_entropy", space(y=Real[n])).body),), "refuted"),
    Claim("cross-entropy as printed, what it is", "the printed loss is (sum t) logsumexp(z), blind to which label is right", CRUTTWELL,
          lambda: (Equation(trace(printed_cross_entropy, PAIR), trace(lambda t, z: np.sum(t) * logsumexp(z), PAIR)),)),
    Claim("max-pool to every tie", "max-pooling passes its covector to every tied maximum", "a published implementation, read 2022",
          pooling, "refuted"),
    Claim("R of relu(x) - relu(-x)", "the reverse derivative of relu(x) - relu(-x) is that of x: false at the kink",
          "no reverse derivative exists on functions with relu", relu_difference_reversed, "refuted"),
)
