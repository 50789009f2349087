"""Affine forms with integer coefficients, and contradictions between them shown by multipliers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from math import gcd
from typing import Any

Form = tuple[int, tuple[tuple[int, int], ...]]    # (constant, ((variable, coefficient), ...)); as a guard: "is at least 0"
ZERO: Form = (0, ())


class Refused(Exception):
    """What a certificate says does not follow from its data."""


@contextmanager
def refusing() -> Iterator[None]:
    """Data of another form than expected is refused like data that says something wrong."""
    try:
        yield
    except Refused:
        raise
    except Exception as error:
        raise Refused(f"malformed: {type(error).__name__}: {error}") from error


def plus(left: Form, right: Form, k: int = 1) -> Form:
    total = dict(left[1])
    for v, q in right[1]:
        total[v] = total.get(v, 0) + k * q
    return left[0] + k * right[0], tuple(sorted(item for item in total.items() if item[1]))


def form(v: int) -> Form:
    return 0, ((v, 1),)


def fails(guard: Form) -> Form:
    return plus((-1, ()), guard, -1)


def tight(guard: Form) -> Form:
    divisor = gcd(*[q for _, q in guard[1]]) or 1
    return guard[0] // divisor, tuple((v, q // divisor) for v, q in guard[1])


def solved(e: Form, v: int) -> Form:
    """The value of a variable of coefficient 1 or -1 that makes a form 0."""
    k = dict(e[1])[v]
    return plus(ZERO, plus(e, form(v), -k), -k)


def contradiction(rows: Sequence[Form], steps: Sequence[Any]) -> None:
    """Refused unless the steps, sums of rows with positive multipliers, divided by their content and rounded down, end below 0."""
    rows = list(rows)
    for step in steps:
        total = ZERO
        for k, times in step:
            if type(k) is not int or type(times) is not int or times < 1 or not 0 <= k < len(rows):
                raise Refused("a multiplier is not a positive integer at a row")
            total = plus(total, rows[k], times)
        rows.append(tight(total))
    if rows[-1][1] or rows[-1][0] >= 0:
        raise Refused("the multipliers of guards do not give a contradiction")
