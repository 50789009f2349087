"""What a rule keeps from step to step, and what it reads beside the gradient.

A state is a part of S in the lens (S * P, S * P) -> (P, P'); its functor says how it moves when the parameters are written in
other coordinates, phi with the Jacobian J.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

import sympy as sp

from symcat.category.hyper import exact_number
from symcat.category.space import Real, Wire
from symcat.errors import TraceError, UsageError

FUNCTORS: dict[str, str] = {
    "point": "z -> phi(z)",
    "vector": "u -> J u",
    "covector": "m -> J^-T m",
    "tensor": "V -> J^-T V J^-1",
    "diagonal": "v -> the diagonal of J^-T diag(v) J^-1, for monomial J only",
    "scalar": "s -> s",
    "length": "d -> c d, where J^T J = c^2 1",
    "frame": "E -> J E",
}

KINDS: dict[str, Callable[[Wire], tuple]] = {
    "loss": lambda wire: (),
    "optimum": lambda wire: (),
    "hessian_diagonal": lambda wire: wire.shape,
    "hessian": lambda wire: (*wire.shape, *wire.shape),
    "metric": lambda wire: (*wire.shape, *wire.shape),
    "cometric": lambda wire: (*wire.shape, *wire.shape),    # the inverse of a metric, C -> J C J^T
    "christoffel": lambda wire: wire.shape * 3,
    "jacobian": lambda wire: (*wire.shape, *wire.shape),
    "activation": lambda wire: wire.shape[1:],
    "output_gradient": lambda wire: wire.shape[:1],
}


@dataclass(frozen=True)
class State:
    """A state: its name, its initial value (a number, or a function `(p, *, hypers)` of the parameter), how it transports.

    A functor of None is to be inferred.
    """

    name: str
    initial: sp.Rational | Callable
    functor: str | None = None

    def __post_init__(self) -> None:
        if self.functor is not None and self.functor not in FUNCTORS:
            raise UsageError(f"state {self.name or '(unnamed)'} with the functor {self.functor!r}: expected one of {', '.join(FUNCTORS)}")

    def named(self, name: str) -> State:
        return replace(self, name=name)


def state(initial: object = 0, functor: str | None = None) -> State:
    """A state's default in a rule: `x0=state(lambda p: p, "point")`, `d=state(1e-6, "length")`.

    >>> state(0.5, "length").initial
    1/2
    """
    return State("", initial if callable(initial) else exact_number(initial), functor)


@dataclass(frozen=True)
class Datum:
    """What a rule reads beside the gradient: a name and a kind, which gives its shape and how it transports.

    >>> Datum("H", "hessian").wire(Real["n"])
    Real[n, n]
    """

    name: str
    kind: str

    def __post_init__(self) -> None:
        if self.kind not in KINDS:
            raise UsageError(f"data {self.name} of the kind {self.kind!r}: expected one of {', '.join(KINDS)}")

    def wire(self, parameter: Wire) -> Wire:
        """The wire of this datum for a parameter of a shape."""
        if self.kind in ("activation", "output_gradient") and len(parameter.shape) != 2:
            raise TraceError(f"data {self.name}: an {self.kind} belongs to a matrix W: Real[m, n], the parameter is {parameter}")
        return Wire(Real, KINDS[self.kind](parameter))
