"""Exact linear algebra for the rounding of numerical guesses: linear systems over the rationals, L D L^T, null spaces."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from sympy.polys.domains import QQ
from sympy.polys.matrices import DomainMatrix

Matrix = list[list[Fraction]]


@dataclass(frozen=True)
class Solutions:
    """All solutions of a linear system: each pivot unknown as a constant plus multiples of the free ones."""

    size: int
    free: tuple[int, ...]
    pivots: Mapping[int, tuple[Fraction, Mapping[int, Fraction]]]

    def at(self, values: Mapping[int, Fraction]) -> list[Fraction]:
        """The solution with these values of the free unknowns."""
        solution = [values.get(k, Fraction(0)) for k in range(self.size)]
        for pivot, (constant, row) in self.pivots.items():
            solution[pivot] = constant + sum((factor * values[k] for k, factor in row.items()), Fraction(0))
        return solution

    def numeric(self) -> tuple[np.ndarray, np.ndarray]:
        """The shortest solution, and an orthonormal basis of the directions: (U,), (U, P)."""
        start, basis = np.zeros(self.size), np.zeros((self.size, len(self.free)))
        column = {k: number for number, k in enumerate(self.free)}
        for k in self.free:
            basis[k, column[k]] = 1.0
        for pivot, (constant, row) in self.pivots.items():
            start[pivot] = float(constant)
            for k, factor in row.items():
                basis[pivot, column[k]] = float(factor)
        orthonormal = np.linalg.qr(basis)[0] if self.free else basis
        return start - orthonormal @ (orthonormal.T @ start), orthonormal


def solutions(rows: Sequence[tuple[Mapping[int, Fraction], Fraction]], size: int) -> Solutions | None:
    """The solutions of `sum of coefficient * unknown = constant` for each row, or None when there are none.

    >>> solutions([({0: Fraction(2), 1: Fraction(1)}, Fraction(4))], 2).at({1: Fraction(1)})
    [Fraction(3, 2), Fraction(1, 1)]
    """
    entries = {number: {k: QQ(v.numerator, v.denominator) for k, v in row.items() if v} for number, (row, _) in enumerate(rows)}
    for number, (_, constant) in enumerate(rows):
        if constant:
            entries[number][size] = QQ(constant.numerator, constant.denominator)
    entries = {number: row for number, row in entries.items() if row}
    if not entries:
        return Solutions(size, tuple(range(size)), {})
    packed = dict(enumerate(entries.values()))
    reduced, pivots = DomainMatrix(packed, (len(packed), size + 1), QQ).to_sparse().rref()
    if size in pivots:
        return None
    found = reduced.rep.to_sdm()
    table = {}
    for number, pivot in enumerate(pivots):
        row = {k: Fraction(int(v.numerator), int(v.denominator)) for k, v in found[number].items()}
        table[pivot] = (row.get(size, Fraction(0)), {k: -v for k, v in sorted(row.items()) if k not in (pivot, size)})
    return Solutions(size, tuple(k for k in range(size) if k not in table), table)


def squares(matrix: Matrix) -> list[tuple[Fraction, list[Fraction]]] | None:
    """Q = sum of d l l^T with d > 0, or None when Q is not positive semidefinite.

    >>> one = Fraction(1)
    >>> squares([[one, -one], [-one, one]])
    [(Fraction(1, 1), [Fraction(1, 1), Fraction(-1, 1)])]
    >>> squares([[0 * one, one], [one, one]]) is None
    True
    """
    rest = [list(row) for row in matrix]
    found = []
    for k in range(len(rest)):
        pivot = rest[k][k]
        if pivot < 0 or (pivot == 0 and any(rest[k][j] for j in range(k, len(rest)))):
            return None
        if pivot == 0:
            continue
        column = [rest[j][k] / pivot if j >= k else Fraction(0) for j in range(len(rest))]
        found.append((pivot, column))
        for i in range(k, len(rest)):
            for j in range(k, len(rest)):
                rest[i][j] -= pivot * column[i] * column[j]
    return found


def complement(matrix: np.ndarray, threshold: float) -> Matrix | None:
    """Rational rows that span what is orthogonal to the eigenvectors of small eigenvalues; None when there are no such.

    The null vectors are brought to echelon form numerically, and their entries rounded.
    """
    values, vectors = np.linalg.eigh(matrix)
    small = [k for k in range(len(values)) if values[k] < threshold]
    if not small:
        return None
    null = vectors[:, small].T.copy()
    pivots: list[int] = []
    for row in range(len(null)):
        place = np.unravel_index(np.argmax(np.abs(null[row:])), null[row:].shape)
        i, j = int(place[0]), int(place[1])
        null[[row, row + i]] = null[[row + i, row]]
        null[row] /= null[row, j]
        for other in range(len(null)):
            if other != row:
                null[other] -= null[other, j] * null[row]
        pivots.append(j)
    rows: Matrix = []
    for column in range(len(values)):
        if column not in pivots:
            free = [Fraction(int(k == column)) for k in range(len(values))]
            for number, pivot in enumerate(pivots):
                free[pivot] = -Fraction(float(null[number, column])).limit_denominator(60)
            rows.append(free)
    return rows
