"""Optimisers against their textbook recursions, and against each other."""

import numpy as np
import sympy as sp

from symcat.category.space import Real, dims
from symcat.laws.card import reduces_to_descent
from symcat.laws.claim import Claim, Equation
from symcat.laws.premises import suppose
from symcat.learn.optimisers import OPTIMISERS, adam, momentum, optimiser

n = dims("n")
v, t = sp.symbols("v t", real=True)
SOURCE = "Kingma and Ba 2015, algorithm 1; Polyak 1964"
REDUCES = {"gradient_descent": "proved", "momentum": "proved", "nesterov": "proved",
           "adagrad": "refuted", "rmsprop": "refuted", "adam": "refuted"}


@optimiser
def momentum_as_printed(p, g, v=0, *, lr=0.01, gamma=0.9):
    """The velocity with the sign that the paper prints: v <- -gamma v - lr g."""
    v = -gamma * v - lr * g
    return p + v, v


@optimiser
def momentum_rearranged(p, g, v=0, *, lr=0.01, gamma=0.9):
    """The same update with the terms in another order."""
    step = lr * g - gamma * v
    return p - step, -step


@optimiser
def adam_with_one_correction(p, g, m=0, v=0, t=0, *, lr=0.001, b1=0.9, b2=0.999, eps=1e-8):
    """Adam with b2 in both bias corrections, as one published implementation has it."""
    t = t + 1
    m = b1 * m + (1 - b1) * g
    v = b2 * v + (1 - b2) * g**2
    return p - lr * (m / (1 - b2**t)) / (np.sqrt(v / (1 - b2**t)) + eps), m, v, t


@optimiser
def adam_rearranged(p, g, m=0, v=0, t=0, *, lr=0.001, b1=0.9, b2=0.999, eps=1e-8):
    """Adam with its moments written as moving averages: m + (1 - b1)(g - m)."""
    t = t + 1
    m = m + (1 - b1) * (g - m)
    v = v + (1 - b2) * (g * g - v)
    corrected = m / (1 - b1**t)
    return p - lr * corrected / (eps + np.sqrt(v / (1 - b2**t))), m, v, t


def same(a, b, states=()) -> tuple[Equation, ...]:
    """One step of both, for states that satisfy conditions."""
    return (Equation(*(suppose(rule.step(Real[n]), states) for rule in (a, b))),)


CLAIMS = (
    *(Claim(f"reduces_to_descent {name}", "with every rate of forgetting at 0, one step is p - lr g", SOURCE,
            lambda name=name: reduces_to_descent(OPTIMISERS[name]), REDUCES.get(name, "either")) for name in OPTIMISERS),
    Claim("momentum rearranged", "p - (lr g - gamma v) is heavy-ball momentum", SOURCE, lambda: same(momentum, momentum_rearranged)),
    Claim("momentum as printed", "v <- -gamma v - lr g is heavy-ball momentum", SOURCE,
          lambda: same(momentum, momentum_as_printed), "refuted"),
    Claim("Adam rearranged", "moving averages m + (1 - b)(g - m) give Adam, for v >= 0 and t >= 0", SOURCE,
          lambda: same(adam, adam_rearranged, (v >= 0, t >= 0))),
    Claim("Adam with one correction", "b2 in both bias corrections gives Adam", SOURCE,
          lambda: same(adam, adam_with_one_correction), "refuted"),
)
