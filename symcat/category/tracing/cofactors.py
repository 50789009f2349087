"""Determinants, inverses and solutions of systems of a fixed small size, by cofactors.

`np.linalg.det`, `inv` and `solve` of a traced matrix with 1, 2 or 3 rows are programs like any other: the inverse has the
requirement det != 0.  For symbolic sizes there is no such formula, and the error says what to do instead.
"""

from __future__ import annotations

from collections.abc import Sequence

import sympy as sp

from symcat.category.expression import Delta
from symcat.category.tracing.arithmetic import divide
from symcat.category.tracing.contraction import matmul
from symcat.category.tracing.value import Value, needs_reals, operands
from symcat.errors import TraceError

LARGEST = 3


def det(a: Value) -> Value:
    """The determinant of a matrix with at most 3 rows, a polynomial in its entries.

    >>> from symcat.category.space import Real, space
    >>> from symcat.category.trace import trace
    >>> import numpy as np
    >>> print(trace(lambda a: np.linalg.det(a), space(a=Real[2, 2])))
    a: Real[2, 2] -> y: Real[]
      det = a[0, 0]*a[1, 1] - a[0, 1]*a[1, 0]
      return det
    """
    a, rows = _square(a, "det")
    everything = range(rows)
    return a.tape.gather((), lambda: _minor(a, everything, everything), name="det", base=a.base)


def inv(a: Value) -> Value:
    """The inverse of a matrix with at most 3 rows: the transposed cofactors over the determinant, which must not be 0."""
    a, rows = _square(a, "inv")
    needs_reals("an inverse", a)
    return divide(_adjugate(a, rows), det(a))


def solve(a: Value, b: object) -> Value:
    """The x with a @ x = b, a vector or a matrix, for a matrix with at most 3 rows whose determinant is not 0."""
    a, b = operands(a, b)
    square, rows = _square(a, "solve")
    if b.rank not in (1, 2) or b.shape[0] != square.shape[0]:
        raise TraceError(f"solve of {a} and {b}: expected a right side with {rows} rows")
    return matmul(inv(square), b)


def _square(a: object, name: str) -> tuple[Value, int]:
    """A square matrix of a fixed small size, and that size."""
    (a,) = operands(a)
    if a.rank != 2 or a.shape[0] != a.shape[1]:
        raise TraceError(f"np.linalg.{name} of {a}: expected one square matrix, of rank 2")
    if not a.shape[0].is_Integer or a.shape[0] > LARGEST:
        raise TraceError(f"np.linalg.{name} of {a}: sizes 1 to {LARGEST} are written out by cofactors, others have no closed form here; "
                         f"trace at a fixed size such as Real[2, 2], or take the {'determinant' if name == 'det' else 'inverse'} "
                         "as an input wire")
    return a, int(a.shape[0])


def _adjugate(a: Value, rows: int) -> Value:
    """The transposed matrix of cofactors."""
    places = [(i, j) for i in range(rows) for j in range(rows)]

    def cofactor(i: int, j: int) -> sp.Expr:
        return (-1) ** (i + j) * _minor(a, [k for k in range(rows) if k != j], [k for k in range(rows) if k != i])

    def body(p: sp.Expr, q: sp.Expr) -> sp.Expr:
        return sp.S.One if rows == 1 else sp.Add(*[Delta(p - i) * Delta(q - j) * cofactor(i, j) for i, j in places])

    return a.tape.gather(a.shape, body, name="adjugate", base=a.base)


def _minor(a: Value, rows: Sequence[int], columns: Sequence[int]) -> sp.Expr:
    """The determinant of some rows and columns, along the first row."""
    if not rows:
        return sp.S.One
    first, rest = rows[0], rows[1:]
    terms = [(-1) ** k * a.read((sp.Integer(first), sp.Integer(j))) * _minor(a, rest, [c for c in columns if c != j])
             for k, j in enumerate(columns)]
    return sp.expand(sp.Add(*terms))
