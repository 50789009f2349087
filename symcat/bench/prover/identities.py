"""Identities of optimisers, activations and cross-entropy, with numbers and sizes from a seed."""

from __future__ import annotations

import random
from collections.abc import Callable

import sympy as sp

from symcat.bench.prover.families import another, sigmoid, softplus, variables

Sides = tuple[sp.Expr, sp.Expr]
Named = dict[str, Callable[[], Sides]]
p, g, v, lr, beta, x, y = sp.symbols("p g v lr beta x y", real=True)
q, s, r = sp.symbols("q s r", positive=True)
half = sp.Rational(1, 2)


def optimiser(pick: random.Random, family: str, size: int) -> Sides:
    """Two ways of writing one optimiser's step."""
    n, k = pick.randint(2, 5), pick.randint(1, 4)
    gs = variables(size, "g")
    norm = sp.sqrt(sp.Add(*(one**2 for one in gs)) + q)
    table: Named = {
        "momentum unrolled": lambda: (p - lr * (beta * (beta * v + g) + k * g), p - lr * beta**2 * v - lr * (k + beta) * g),
        "nesterov": lambda: (p + beta * (beta * v - k * lr * g) - lr * g, p + beta**2 * v - lr * (1 + k * beta) * g),
        "bias correction": lambda: ((1 - beta**n) / (1 - beta), sp.Add(*(beta**j for j in range(n)))),
        "scaled rmsprop": lambda: (n * q * g / (sp.sqrt(q**2 * s) + k * q), n * g / (sp.sqrt(s) + k)),
        "first adam step": lambda: (k * g * (1 - beta) / ((1 - beta) * sp.sqrt(g**2)), k * sp.sign(g) * g**2 / g**2),
        "clipping": lambda: (k * g * sp.Min(1, s / sp.Abs(k * g)), sp.Max(-s, sp.Min(s, k * g))),
        "weight decay": lambda: (p - lr * (g + n * q * p), p * (1 - n * lr * q) - lr * g),
        "moving average": lambda: (beta * (beta * v + (1 - beta) * g) + (1 - beta) * p, beta**2 * v + (1 - beta) * (beta * g + p)),
        "exponentiated gradient": lambda: (s * sp.exp(-lr * g) / (s * sp.exp(-lr * g) + k * q), 1 / (1 + k * q / s * sp.exp(lr * g))),
        "normalised step": lambda: (gs[0] / norm * (sp.Add(*(one**2 for one in gs)) + q), gs[0] * norm),
        "adagrad scaled": lambda: (k * g / sp.sqrt(k**2 * g**2 + k**2 * s), g / sp.sqrt(g**2 + s)),
        "sign step": lambda: (p - lr * sp.sign(g) * sp.Abs(g), p - lr * g),
        "proximal step": lambda: (sp.Max(p - s, 0) + sp.Min(p + s, 0), sp.sign(p) * sp.Max(sp.Abs(p) - s, 0)),
        "mirror step": lambda: (sp.exp(sp.log(s) - lr * g) ** n, s**n * sp.exp(-n * lr * g)),
        "heavy ball": lambda: (sp.sqrt((1 + beta) ** 2) - sp.Abs(beta), sp.Abs(1 + beta) - sp.sqrt(beta**2)),
    }
    return _picked(pick, table)


def activation(pick: random.Random, family: str, size: int) -> Sides:
    """Two ways of writing an activation, or its slope."""
    a = pick.choice((1, 2, 3, half))
    u = a * x + pick.choice((0, y, 1))
    mish = x * sp.tanh(softplus(a * x))
    table: Named = {
        "sigmoid by tanh": lambda: (sigmoid(u), (1 + sp.tanh(u / 2)) / 2),
        "sigmoid mirrored": lambda: (sigmoid(u), 1 - sigmoid(-u)),
        "softplus mirrored": lambda: (softplus(u) - softplus(-u), u),
        "tanh of a sum": lambda: (sp.tanh(a * x + y), (sp.tanh(a * x) + sp.tanh(y)) / (1 + sp.tanh(a * x) * sp.tanh(y))),
        "slope of sigmoid": lambda: (sp.diff(sigmoid(u), x), a * sigmoid(u) * (1 - sigmoid(u))),
        "slope of tanh": lambda: (sp.diff(sp.tanh(u), x), a * (1 - sp.tanh(u) ** 2)),
        "slope of swish": lambda: (sp.diff(x * sigmoid(a * x), x), sigmoid(a * x) * (1 + a * x * (1 - sigmoid(a * x)))),
        "mish": lambda: (mish, x * ((1 + sp.exp(a * x)) ** 2 - 1) / ((1 + sp.exp(a * x)) ** 2 + 1)),
        "soft threshold": lambda: (sp.sign(x) * sp.Max(sp.Abs(x) - a, 0), sp.Max(x - a, 0) - sp.Max(-x - a, 0)),
        "huber": lambda: (sp.Piecewise((x**2 / 2, sp.Abs(x) <= a), (a * sp.Abs(x) - a**2 / sp.Integer(2), True)),
                          sp.Min(sp.Abs(x), a) * (sp.Abs(x) - sp.Min(sp.Abs(x), a) / 2)),
        "maximum": lambda: (sp.Max(a * x, y), (a * x + y + sp.Abs(a * x - y)) / 2),
        "elu": lambda: (sp.Piecewise((x, x > 0), (a * (sp.exp(x) - 1), True)), sp.Max(x, 0) + a * sp.Min(sp.exp(x) - 1, 0)),
        "relu twice": lambda: (sp.Max(u, 0) - sp.Max(-u, 0), u),
        "hard sigmoid": lambda: (sp.Max(0, sp.Min(1, u / 4 + half)), half + (sp.Abs(u / 4 + half) - sp.Abs(u / 4 - half)) / 2),
        "softsign": lambda: ((1 + sp.Abs(u)) * (u / (1 + sp.Abs(u))), sp.sign(u) * sp.Abs(u)),
        "hyperbola": lambda: (sp.cosh(a * x) ** 2 * y, y + y * sp.sinh(a * x) ** 2),
        "turn": lambda: (sp.sin(a * x + y), sp.sin(a * x) * sp.cos(y) + sp.cos(a * x) * sp.sin(y)),
        "roots": lambda: (sp.sqrt(x**2 + a**2) - sp.Abs(x), a**2 / (sp.sqrt(x**2 + a**2) + sp.Abs(x))),
        "nested root": lambda: (sp.sqrt(s + a**2 + 2 * a * sp.sqrt(s)), sp.sqrt(s) + a),
        "cube root": lambda: ((s**3 + 3 * a * s**2 + 3 * a**2 * s + a**3) ** sp.Rational(1, 3), s + a),
    }
    return _picked(pick, table)


def cross_entropy(pick: random.Random, family: str, size: int) -> Sides:
    """Cross-entropy and softmax of several logits."""
    zs = variables(max(size, 2), "z")[:5]
    z, last = zs[0], zs[-1]
    whole = sp.Add(*map(sp.exp, zs))
    logsumexp, softmax = sp.log(whole), sp.exp(z) / whole
    target = half + pick.choice((0, sp.Rational(1, 4)))
    table: Named = {
        "negative log-likelihood": lambda: (-sp.log(softmax), sp.log(1 + sp.Add(*(sp.exp(o - z) for o in zs[1:])))),
        "gradient": lambda: (sp.diff(logsumexp - target * z - (1 - target) * last, z), softmax - target),
        "shift": lambda: (softmax, sp.exp(z + x) / sp.Add(*(sp.exp(o + x) for o in zs))),
        "shift of log-sum-exp": lambda: (sp.log(sp.Add(*(sp.exp(o + x) for o in zs))), x + logsumexp),
        "temperature": lambda: (sp.log(softmax**2 / (sp.exp(last) / whole) ** 2), 2 * (z - last)),
        "slope of softmax": lambda: (sp.diff(softmax, last), -softmax * sp.exp(last) / whole),
        "curvature": lambda: (sp.diff(logsumexp, z, 2), softmax * (1 - softmax)),
        "maximum taken out": lambda: (sp.log(sp.exp(z) + sp.exp(last)), sp.Max(z, last) + sp.log(1 + sp.exp(-sp.Abs(z - last)))),
        "binary": lambda: (-target * sp.log(sigmoid(z)) - (1 - target) * sp.log(1 - sigmoid(z)), softplus(z) - target * z),
        "stable binary": lambda: (softplus(z) - y * z, sp.Max(z, 0) - y * z + sp.log(1 + sp.exp(-sp.Abs(z)))),
        "two classes": lambda: (sp.exp(z) / (sp.exp(z) + sp.exp(last)), sigmoid(z - last)),
        "divergence": lambda: (s * sp.log(s / q) + r * sp.log(r / q), s * sp.log(s) + r * sp.log(r) - (s + r) * sp.log(q)),
        "probabilities": lambda: (sp.Add(*(sp.exp(o) / whole for o in zs)) * y, y),
    }
    return _picked(pick, table)


def _picked(pick: random.Random, table: Named) -> Sides:
    left, right = table[pick.choice(list(table))]()
    return left, another(pick, right)


IDENTITIES = {"optimiser": optimiser, "activation": activation, "cross-entropy": cross_entropy}
