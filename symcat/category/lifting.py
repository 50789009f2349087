"""One more axis in front: comprehensions and requirements at every point of it at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import sympy as sp

from symcat.category.comprehension import Comprehension, Requirement
from symcat.category.expression import Argmax, At, index
from symcat.category.space import Dim


def lifted(node: Comprehension, size: Dim, axes: Mapping[str, bool]) -> Comprehension:
    """The comprehension with an axis of a size in front; `axes` says which of the arrays that it reads have that axis.

    >>> from symcat.category.space import Real, dim
    >>> node = Comprehension("y", Real, (dim("n"),), (dim("n"),), (index(0),), At("x", index(0)) * At("a"))
    >>> print(lifted(node, dim("b"), {"x": True, "a": False}))
    y[i, j] = a*x[i, j]
    """
    shifted = _shift(len(node.extents))
    lift = lambda e: _lift(e, axes, shifted)
    return Comprehension(node.name, node.base, (size, *node.shape), (size, *node.extents), (index(0), *map(lift, node.out)),
                         lift(node.body), node.op, tuple(map(lift, node.guards)))


def lifted_requirement(requirement: Requirement, size: Dim, axes: Mapping[str, bool]) -> Requirement:
    """The requirement at every point of an axis in front, or as it is when it reads no array with that axis."""
    if not any(axes[source] for source in requirement.sources):
        return requirement
    shifted = _shift(len(requirement.extents))
    lift = lambda e: _lift(e, axes, shifted)
    return replace(requirement, extents=(size, *requirement.extents), expr=lift(requirement.expr),
                   guards=tuple(map(lift, requirement.guards)))


def _shift(rank: int) -> dict[sp.Symbol, sp.Symbol]:
    """Loop index k becomes loop index k + 1, to make room for the new index in front."""
    return {index(k): index(k + 1) for k in range(rank)}


def _lift(expr: sp.Expr, axes: Mapping[str, bool], shifted: Mapping[sp.Symbol, sp.Symbol]) -> sp.Expr:
    """An expression with loop indices shifted and the new index in front of every access to an array with the new axis."""
    if not expr.args:
        return shifted.get(expr, expr)
    arguments = [_lift(argument, axes, shifted) for argument in expr.args]
    if isinstance(expr, (At, Argmax)) and axes[expr.name]:
        arguments.insert(1 if isinstance(expr, At) else 2, index(0))
    return expr.func(*arguments)
