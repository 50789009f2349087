"""Column Hermite form over the integers: a unimodular change of bound indices that makes given rows canonical."""

from __future__ import annotations

Matrix = list[list[int]]


def column_hermite(rows: Matrix, count: int) -> tuple[Matrix, list[tuple[int, int, int]]]:
    """U (count x count, unimodular) such that rows * U is in column echelon form, and the pivots (row, column, value).

    Pivots are positive and the entries to their left are reduced modulo the pivot.

    >>> column_hermite([[1, 1]], 2)
    ([[1, -1], [0, 1]], [(0, 0, 1)])
    """
    matrix = [list(row) for row in rows]
    change = [[int(i == j) for j in range(count)] for i in range(count)]
    both = matrix + change
    pivots: list[tuple[int, int, int]] = []
    for position, row in enumerate(matrix):
        column = len(pivots)
        if column == count:
            break
        if not _gather(row, both, column, count):
            continue
        if row[column] < 0:
            for line in both:
                line[column] = -line[column]
        for j in range(column):
            _subtract(both, j, column, row[j] // row[column])
        pivots.append((position, column, row[column]))
    return change, pivots


def _gather(row: list[int], both: Matrix, column: int, count: int) -> bool:
    """Column operations that leave only `row[column]` nonzero from that column on; False when all are zero."""
    while True:
        nonzero = [j for j in range(column, count) if row[j]]
        if not nonzero:
            return False
        least = min(nonzero, key=lambda j: abs(row[j]))
        if least != column:
            for line in both:
                line[least], line[column] = line[column], line[least]
        for j in range(column + 1, count):
            _subtract(both, j, column, row[j] // row[column])
        if not any(row[column + 1:count]):
            return True


def _subtract(both: Matrix, i: int, j: int, factor: int) -> None:
    """Column i minus factor times column j."""
    if factor:
        for line in both:
            line[i] -= factor * line[j]
