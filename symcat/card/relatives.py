"""The rules that others reduce to, each in its plainest form."""

from __future__ import annotations

import numpy as np

from symcat.category.functions import absolute, sign
from symcat.learn.optimisers import Optimiser, optimiser

RATES = r"(learning_)?rate|lr|step_size"    # names of the hyperparameter that multiplies a step


@optimiser(name="plain descent")
def plain(p, g, *, lr=0.1):
    """p - lr g.  Cauchy 1847."""
    return p - lr * g


@optimiser(name="sign descent")
def signed(p, g, *, lr=0.1):
    """p - lr sign(g).  Riedmiller and Braun 1993; Bernstein et al. 2018."""
    return p - lr * np.sign(g)


@optimiser(name="sign descent")
def absolute_divided(p, g, *, lr=0.1):
    """p - lr g / |g|, the same."""
    return p - lr * g / np.abs(g)


@optimiser(name="normalised descent")
def normalised(p, g, *, lr=0.1):
    """p - lr g / |g|."""
    return p - lr * g / np.sqrt(np.sum(g**2))


@optimiser(name="sign descent")
def divided(p, g, *, lr=0.1):
    """p - lr g / sqrt(g^2), which is sign descent where no entry of the gradient is 0."""
    return p - lr * g / np.sqrt(g**2)


@optimiser(name="momentum")
def heavy_ball(p, g, v=0, *, lr=0.1, gamma=0.9):
    """v <- gamma v + g; p <- p - lr v.  Polyak 1964."""
    v = gamma * v + g
    return p - lr * v, v


@optimiser(name="Nesterov momentum", look=lambda p, v, *, lr, gamma: p - lr * gamma * v)
def look_ahead(p, g, v=0, *, lr=0.1, gamma=0.9):
    """Momentum with the gradient taken ahead.  Nesterov 1983; Sutskever et al. 2013."""
    v = gamma * v + g
    return p - lr * v, v


@optimiser(name="substituted Nesterov momentum")
def substituted(p, g, v=0, *, lr=0.1, gamma=0.9):
    """Nesterov momentum in the variable ahead.  Bengio et al. 2013."""
    v = gamma * v + g
    return p - lr * (g + gamma * v), v


@optimiser(name="sign of momentum")
def signum(p, g, m=0, *, lr=0.1, gamma=0.9):
    """m <- gamma m + (1 - gamma) g; p <- p - lr sign(m).  Bernstein et al. 2018."""
    m = gamma * m + (1 - gamma) * g
    return p - lr * np.sign(m), m


@optimiser(name="AdaGrad")
def adagrad(p, g, s=0, *, lr=0.1, eps=1e-8):
    """s <- s + g^2; p <- p - lr g / (sqrt(s) + eps).  Duchi, Hazan and Singer 2011."""
    s = s + g**2
    return p - lr * g / (np.sqrt(s) + eps), s


@optimiser(name="RMSProp")
def rmsprop(p, g, v=0, *, lr=0.1, b2=0.9, eps=1e-8):
    """v <- b2 v + (1 - b2) g^2; p <- p - lr g / (sqrt(v) + eps).  Tieleman and Hinton 2012."""
    v = b2 * v + (1 - b2) * g**2
    return p - lr * g / (np.sqrt(v) + eps), v


@optimiser(name="Adam")
def adam(p, g, m=0, v=0, t=0, *, lr=0.1, b1=0.9, b2=0.999, eps=1e-8):
    """Moments corrected for their start.  Kingma and Ba 2015."""
    t = t + 1
    m = b1 * m + (1 - b1) * g
    v = b2 * v + (1 - b2) * g**2
    return p - lr * (m / (1 - b1**t)) / (np.sqrt(v / (1 - b2**t)) + eps), m, v, t


@optimiser(name="Adam without correction")
def uncorrected(p, g, m=0, v=0, *, lr=0.1, b1=0.9, b2=0.999, eps=1e-8):
    """Adam's moments as they are."""
    m = b1 * m + (1 - b1) * g
    v = b2 * v + (1 - b2) * g**2
    return p - lr * m / (np.sqrt(v) + eps), m, v


VARIANTS: tuple[Optimiser, ...] = (signed, absolute_divided, divided)     # one rule, where no entry of the gradient is 0
RELATIVES: tuple[Optimiser, ...] = (plain, *VARIANTS, normalised, heavy_ball, look_ahead, substituted, signum, adagrad, rmsprop, adam,
                                    uncorrected)


def written(rule: Optimiser) -> Optimiser:
    """The way to write sign descent that is nearest to how a rule is written."""
    bodies = [node.body for node in rule.step().nodes]
    for function, variant in ((sign, signed), (absolute, absolute_divided)):
        if any(body.has(function) for body in bodies):
            return variant
    return divided
