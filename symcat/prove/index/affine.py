"""Affine forms over numbered variables: `(constant, ((variable, coefficient), ...))`, variables ascending, no zeros.

As a guard a form says "is at least 0".  Forms are plain tuples of integers, hence hashable and ordered.
"""

from __future__ import annotations

from collections.abc import Mapping
from math import gcd

Affine = tuple[int, tuple[tuple[int, int], ...]]
ZERO: Affine = (0, ())


def number(value: int) -> Affine:
    """A constant form."""
    return value, ()


def variable(v: int) -> Affine:
    """The form of one variable."""
    return 0, ((v, 1),)


def make(constant: int, coefficients: Mapping[int, int]) -> Affine:
    """A form from a constant and coefficients, zeros dropped."""
    return constant, tuple(sorted([item for item in coefficients.items() if item[1]]))


def plus(left: Affine, right: Affine, factor: int = 1) -> Affine:
    """left + factor * right.

    >>> plus(variable(1), variable(2), -1)
    (0, ((1, 1), (2, -1)))
    """
    if not right[1]:
        return left[0] + factor * right[0], left[1]
    coefficients = dict(left[1])
    for v, k in right[1]:
        coefficients[v] = coefficients.get(v, 0) + factor * k
    return make(left[0] + factor * right[0], coefficients)


def times(form: Affine, factor: int) -> Affine:
    """The form multiplied by an integer."""
    if factor == 0:
        return ZERO
    return form[0] * factor, tuple([(v, k * factor) for v, k in form[1]])


def coefficient(form: Affine, v: int) -> int:
    """The coefficient of a variable, 0 when it is absent."""
    for w, k in form[1]:
        if w == v:
            return k
    return 0


def content(form: Affine) -> int:
    """The greatest common divisor of the coefficients; 0 for a constant."""
    return gcd(*[k for _, k in form[1]]) if form[1] else 0


def solve(form: Affine, v: int) -> Affine:
    """The value of a variable with coefficient 1 or -1 that makes the form zero."""
    k = coefficient(form, v)
    return times(plus(form, variable(v), -k), -k)


def signed(form: Affine) -> Affine:
    """The form or its negative, whichever has a positive first coefficient: the same zeros."""
    return times(form, -1) if form[1] and form[1][0][1] < 0 else form


def below(extent: Affine, form: Affine) -> Affine:
    """The guard form <= extent - 1."""
    return plus((extent[0] - 1, extent[1]), form, -1)


def negated(guard: Affine) -> Affine:
    """The guard that holds exactly where the given one fails."""
    return plus((-1, ()), guard, -1)
