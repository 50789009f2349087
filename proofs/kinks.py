"""Every function's declared derivative is its true derivative off its kinks; what is detached does not matter."""

from collections.abc import Callable

import numpy as np

from symcat.category.space import Real, dims, space
from symcat.category.trace import trace
from symcat.derivative.reverse import R
from symcat.laws.claim import Claim, Equation
from symcat.laws.detachment import detach_claim
from symcat.laws.instances import generators
from symcat.laws.kinks import SOURCE, declared_derivatives

n = dims("n")
MADE = generators()
POWERS: dict[str, tuple[Callable, Callable]] = {
    "cube": (lambda x: x**3, lambda x: x * x * x),
    "square of a root": (lambda x: np.sqrt(x) ** 2, lambda x: x + 0 * np.log(x)),
    "inverse": (lambda x: x**-1 * x**2, lambda x: x + 0 * np.log(x)),
    "power 3/2": (lambda x: x**1.5, lambda x: x * np.sqrt(x)),
    "exp of a sum": (lambda x: np.exp(x + x), lambda x: np.exp(x) * np.exp(x)),
}


def reversed_sides(name: str) -> tuple[Equation, ...]:
    left, right = (trace(side, space(x=Real[n])) for side in POWERS[name])
    return Equation(left, right), Equation(R(left), R(right))


CLAIMS = (
    *declared_derivatives(),
    *(Claim(f"power rule, {name}", "two ways to write a power have one reverse derivative", SOURCE, lambda name=name: reversed_sides(name))
      for name in POWERS),
    *(detach_claim(name, MADE[name]()) for name in ("softmax", "log_softmax", "cross_entropy")),
)
