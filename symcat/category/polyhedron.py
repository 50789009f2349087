"""Affine inequalities over the integers: what follows from what, by Fourier-Motzkin with integer tightening.

A `Row` is `(constant, ((variable, coefficient), ...))` with integer variables in ascending order and no zero coefficient; as
a constraint it says "is at least 0".  `infeasible` and `implied` take forms over any variables, as mappings with the
constant under `sympy.S.One`.  `False` answers mean "not shown": the procedure is sound, and complete over the rationals up
to the cap on the number of constraints.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from math import gcd

import sympy as sp

Affine = Mapping[Hashable, int]
Row = tuple[int, tuple[tuple[int, int], ...]]
CAP = 400


def infeasible(constraints: Iterable[Affine]) -> bool:
    """Whether no integer point satisfies all constraints (shown), or not (not shown)."""
    system = list(constraints)
    variables = {v for form in system for v in form if v is not sp.S.One}
    number = {v: k for k, v in enumerate(sorted(variables, key=str))}
    return empty(_row(form, number) for form in system)


def implied(constraints: Iterable[Affine], goal: Affine) -> bool:
    """Whether the goal holds at every integer point of the constraints (shown), or not (not shown)."""
    negation = {variable: -coefficient for variable, coefficient in goal.items()}
    negation[sp.S.One] = negation.get(sp.S.One, 0) - 1
    return infeasible([*constraints, negation])


def empty(rows: Iterable[Row]) -> bool:
    """Whether no integer point satisfies all rows (shown), or not (not shown).

    >>> empty([(0, ((0, 1),)), (-1, ((0, -1),))])
    True
    """
    system = {tight(row) for row in rows}
    while True:
        tightest = _tightest(system)
        if tightest is None:
            return True
        if not tightest or len(tightest) > CAP:
            return False
        system = _eliminate(tightest)


def tight(row: Row) -> Row:
    """The row divided by the common divisor of its coefficients, the constant rounded down: the same integer points."""
    constant, terms = row
    if not terms:
        return row
    divisor = gcd(*[k for _, k in terms])
    return row if divisor == 1 else (constant // divisor, tuple([(v, k // divisor) for v, k in terms]))


def _row(form: Affine, number: Mapping[Hashable, int]) -> Row:
    terms = sorted((number[v], int(k)) for v, k in form.items() if v is not sp.S.One and k)
    return int(form.get(sp.S.One, 0)), tuple(terms)


def _tightest(system: Iterable[Row]) -> dict[tuple, int] | None:
    """The tightest constant for each direction; None when two directions contradict each other."""
    tightest: dict[tuple, int] = {}
    for constant, terms in system:
        if not terms:
            if constant < 0:
                return None
        elif terms not in tightest or constant < tightest[terms]:
            tightest[terms] = constant
    for terms, constant in tightest.items():
        against = tightest.get(tuple([(v, -k) for v, k in terms]))
        if against is not None and against + constant < 0:
            return None
    return tightest


def _eliminate(system: Mapping[tuple, int]) -> set[Row]:
    """The system without the variable whose elimination adds the fewest constraints."""
    signs: dict[int, list[int]] = {}
    for terms in system:
        for variable, coefficient in terms:
            signs.setdefault(variable, [0, 0])[coefficient < 0] += 1
    variable = min(signs, key=lambda v: (signs[v][0] * signs[v][1] - sum(signs[v]), v))
    lower: list[tuple[Row, int]] = []
    upper: list[tuple[Row, int]] = []
    rest: set[Row] = set()
    for terms, constant in system.items():
        coefficient = next((k for v, k in terms if v == variable), 0)
        if coefficient:
            (lower if coefficient > 0 else upper).append(((constant, terms), coefficient))
        else:
            rest.add((constant, terms))
    for low, k in lower:
        for high, j in upper:
            combined = {v: -j * c for v, c in low[1]}
            for v, c in high[1]:
                combined[v] = combined.get(v, 0) + k * c
            terms = tuple(sorted([(v, c) for v, c in combined.items() if c]))
            rest.add(tight((-j * low[0] + k * high[0], terms)))
    return rest
