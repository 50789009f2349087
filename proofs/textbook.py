"""The derived reverse derivatives are the formulas of the textbooks."""

import numpy as np

from symcat.category.elementwise import sigmoid, step
from symcat.category.trace import trace
from symcat.derivative.reverse import R
from symcat.laws.claim import Claim, Equation
from symcat.laws.instances import generators

SOURCE = "matrix calculus; Goodfellow, Bengio and Courville 2016, chapter 6"
MADE = generators()


def softmax(x):
    e = np.exp(x)
    return e / np.sum(e)


FORMULAS = {
    "linear": (lambda W, x, y: (np.outer(x, y), W @ y), "(x y^T, W y)"),
    "bias": (lambda b, x, y: (y, y), "(y, y)"),
    "tanh": (lambda x, y: (1 - np.tanh(x) ** 2) * y, "(1 - tanh(x)^2) y"),
    "sigmoid": (lambda x, y: sigmoid(x) * (1 - sigmoid(x)) * y, "s (1 - s) y"),
    "relu": (lambda x, y: step(x) * y, "[x > 0] y"),
    "softplus": (lambda x, y: sigmoid(x) * y, "sigmoid(x) y"),
    "softmax": (lambda x, y: softmax(x) * (y - np.sum(softmax(x) * y)), "s_i (y_i - sum_j s_j y_j)"),
    "log_softmax": (lambda x, y: y - softmax(x) * np.sum(y), "y_i - s_i sum_j y_j"),
    "quadratic": (lambda t, p, a: ((t - p) * a, (p - t) * a), "a (t - p, p - t)"),
    "cross_entropy": (lambda t, z, a: (a * (np.log(np.sum(np.exp(z))) - z), a * (np.sum(t) * softmax(z) - t)),
                      "a (-log softmax(z), (sum t) softmax(z) - t)"),
    "binary_cross_entropy": (lambda t, z, a: (-z * a, (sigmoid(z) - t) * a), "a (-z, sigmoid(z) - t)"),
    "dot_product": (lambda t, p, a: (a * p, a * t), "a (p, t)"),
    "slice": (lambda x, y: np.concatenate([np.zeros_like(x[:1]), y]), "0 in front of y"),
    "transpose": (lambda x, y: y.T, "y^T"),
    "concatenation": (lambda x, z, y: (y[: x.shape[0]], y[x.shape[0]:]), "the two parts of y"),
}
NEAR_MISSES = {
    "linear": (lambda W, x, y: (np.outer(x, y), W @ y + y[0]), "(x y^T, W y + y_0)"),
    "softmax": (lambda x, y: softmax(x) * (1 - softmax(x)) * y, "s_i (1 - s_i) y_i, the diagonal alone"),
    "log_softmax": (lambda x, y: y - softmax(x), "y_i - s_i, without sum_j y_j"),
    "cross_entropy": (lambda t, z, a: (a * (np.log(np.sum(np.exp(z))) - z), a * (softmax(z) - t)), "a (.., softmax(z) - t), without sum t"),
    "quadratic": (lambda t, p, a: ((p - t) * a, (t - p) * a), "the two components in the other order"),
    "tanh": (lambda x, y: (1 - np.tanh(x)) * y, "(1 - tanh(x)) y"),
}


def against(name: str, formula) -> tuple[Equation, ...]:
    derived = R(MADE[name]())
    return (Equation(derived, trace(formula, derived.dom)),)


CLAIMS = (
    *(Claim(f"R of {name}", f"R[{name}] = {words}", SOURCE, lambda name=name, formula=formula: against(name, formula))
      for name, (formula, words) in FORMULAS.items()),
    *(Claim(f"R of {name}, near miss", f"R[{name}] = {words}", SOURCE, lambda name=name, formula=formula: against(name, formula), "refuted")
      for name, (formula, words) in NEAR_MISSES.items()),
)
