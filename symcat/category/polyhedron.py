"""Affine inequalities over the integers: what follows from what, by Fourier-Motzkin with integer tightening.

An affine form is a `dict` {variable: coefficient} with the constant under `sympy.S.One`; as a constraint it says "is at
least 0".  Variables are any hashable, comparable by `str`.  `False` answers mean "not shown": the procedure is sound for
`infeasible` and `implied` and complete over the rationals up to the cap on the number of constraints.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from math import gcd

import sympy as sp

Affine = Mapping[Hashable, int]
Frozen = tuple[int, tuple[tuple[Hashable, int], ...]]
CAP = 400


def infeasible(constraints: Iterable[Affine]) -> bool:
    """Whether no integer point satisfies all constraints (shown), or not (not shown)."""
    system = {_tight(_freeze(constraint)) for constraint in constraints}
    while True:
        tightest: dict[tuple, int] = {}
        for constant, terms in system:
            if not terms:
                if constant < 0:
                    return True
            elif terms not in tightest or constant < tightest[terms]:
                tightest[terms] = constant
        for terms, constant in tightest.items():
            opposite = tuple((v, -k) for v, k in terms)
            if opposite in tightest and tightest[opposite] + constant < 0:
                return True
        if not tightest:
            return False
        if len(tightest) > CAP:
            return False
        system = _eliminate({(constant, terms) for terms, constant in tightest.items()})


def implied(constraints: Iterable[Affine], goal: Affine) -> bool:
    """Whether the goal holds at every integer point of the constraints (shown), or not (not shown)."""
    negation = {variable: -coefficient for variable, coefficient in goal.items()}
    negation[sp.S.One] = negation.get(sp.S.One, 0) - 1
    return infeasible([*constraints, negation])


def _freeze(form: Affine) -> Frozen:
    terms = sorted(((v, k) for v, k in form.items() if v is not sp.S.One and k), key=lambda item: str(item[0]))
    return form.get(sp.S.One, 0), tuple(terms)


def _tight(form: Frozen) -> Frozen:
    constant, terms = form
    divisor = gcd(*[k for _, k in terms]) if terms else 1
    return (constant // divisor, tuple((v, k // divisor) for v, k in terms)) if divisor > 1 else form


def _eliminate(system: set[Frozen]) -> set[Frozen]:
    """The system without the variable whose elimination adds the fewest constraints."""
    signs: dict[Hashable, list[int]] = {}
    for _, terms in system:
        for variable, coefficient in terms:
            counts = signs.setdefault(variable, [0, 0])
            counts[coefficient < 0] += 1
    variable = min(signs, key=lambda v: (signs[v][0] * signs[v][1] - sum(signs[v]), str(v)))
    lower, upper, rest = [], [], set()
    for form in system:
        coefficient = dict(form[1]).get(variable, 0)
        (lower if coefficient > 0 else upper if coefficient < 0 else []).append((form, coefficient))
        if not coefficient:
            rest.add(form)
    for low, k in lower:
        for high, j in upper:
            combined = {v: -j * c for v, c in low[1]}
            for v, c in high[1]:
                combined[v] = combined.get(v, 0) + k * c
            combined[sp.S.One] = -j * low[0] + k * high[0]
            rest.add(_tight(_freeze(combined)))
    return rest
