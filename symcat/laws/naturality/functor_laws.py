"""The state functors as what they are: S(1) = 1 and S(psi phi) = S(psi) S(phi), for Jacobians J of phi and K of psi.

What moves along the maps is pushed, what moves against them is pulled back, so that no Jacobian is inverted.  A diagonal second moment
moves along monomial maps only: the diagonal of J^T diag(v) J goes with products of scalings, and not with those of rotations.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from symcat.category.space import Real, Wire, space
from symcat.category.trace import trace
from symcat.laws.claim import Equation
from symcat.laws.law import Law

SOURCE = "derived here: the functors of tangent and cotangent spaces and their squares"
N, SQUARE, ONE = Real["n"], Real["n", "n"], Real[()]
Move = Callable[[Any, Any], Any]


def _diagonal(J: Any, v: Any) -> Any:
    return (J.T**2) @ v


MOVES: dict[str, tuple[Wire, Move, bool]] = {      # the wire of a state, how a Jacobian moves it, and whether along the map
    "vector": (N, lambda J, u: J @ u, True),
    "covector": (N, lambda J, m: J.T @ m, False),
    "tensor": (SQUARE, lambda J, V: J.T @ V @ J, False),
    "frame": (SQUARE, lambda J, E: J @ E, True),
    "scalar": (ONE, lambda J, s: s, True),
    "diagonal": (N, _diagonal, False),
}


def identity_law(name: str) -> tuple[Equation, ...]:
    """S(1) = 1."""
    wire, move, _ = MOVES[name]
    dom = space(x=wire, like=N)
    return (Equation(trace(lambda x, like: move(np.diag(np.ones_like(like)), x), dom), trace(lambda x, like: x, dom)),)


def composition_law(name: str) -> tuple[Equation, ...]:
    """S(psi phi) = S(psi) S(phi) for arbitrary Jacobians; in the other order for what is pulled back."""
    wire, move, along = MOVES[name]
    dom = space(J=SQUARE, K=SQUARE, x=wire)
    both = (lambda J, K, x: move(K, move(J, x))) if along else (lambda J, K, x: move(J, move(K, x)))
    return (Equation(trace(lambda J, K, x: move(K @ J, x), dom), trace(both, dom)),)


def monomial_composition() -> tuple[Equation, ...]:
    """The same for a diagonal second moment along scalings of the coordinates, d then e."""
    dom = space(d=N, e=N, v=N)
    move = lambda d, v: _diagonal(np.diag(d), v)
    return (Equation(trace(lambda d, e, v: move(d * e, v), dom), trace(lambda d, e, v: move(d, move(e, v)), dom)),)


def half_a_right_angle_and_back() -> tuple[Equation, ...]:
    """A rotation by 45 degrees and back again, whose squared entries are all 1/2, against staying: v = (1, 0) becomes (1/2, 1/2)."""
    dom = space(v=Real[2])
    half = lambda v: (v[0] + v[1]) / 2 + 0 * v
    return (Equation(trace(lambda v: half(half(v)), dom), trace(lambda v: v, dom)),)


FUNCTOR_LAWS: tuple[Law, ...] = (
    Law("identity", "S(1) = 1", SOURCE, identity_law),
    Law("composition", "S(psi phi) = S(psi) S(phi)", SOURCE, composition_law),
)
