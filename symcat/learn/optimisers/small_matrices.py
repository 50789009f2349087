"""Functions of small symmetric matrices in closed form, by ordinary operations: roots, the polar factor, an eigenbasis.

Optimisers that precondition with a matrix need its root or its eigenvectors.  For two rows these are written out here, so that
such a rule is a program like any other, differentiated, proved about and compiled; their domains are requirements of the program.
They take traced arrays and NumPy arrays alike.  The inverse is `np.linalg.inv`, for sizes up to 3.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np

from symcat.errors import TraceError

Matrix = Any     # a traced array, or one of NumPy's, of the shape (2, 2)


def root(s: Matrix) -> Matrix:
    """S^(1/2) of a positive definite S: Real[2, 2], as (S + sqrt(det S) 1) / sqrt(tr S + 2 sqrt(det S)).

    >>> root(np.array([[5.0, 4.0], [4.0, 5.0]]))
    array([[2., 1.],
           [1., 2.]])
    """
    a, b, c, d = _entries(s)
    half = np.sqrt(a * d - b * c)
    return _matrix(a + half, b, c, d + half) / np.sqrt(a + d + 2 * half)


def inverse_root(s: Matrix) -> Matrix:
    """S^(-1/2) of a positive definite S: Real[2, 2]: the adjugate of the root over its determinant, sqrt(det S)."""
    a, b, c, d = _entries(s)
    half = np.sqrt(a * d - b * c)
    return _matrix(d + half, -b, -c, a + half) / (half * np.sqrt(a + d + 2 * half))


def power(s: Matrix, exponent: Fraction | int | float) -> Matrix:
    """S^exponent of a positive definite S: Real[2, 2] for an exponent that is a whole number of quarters.

    >>> power(np.array([[16.0, 0.0], [0.0, 81.0]]), Fraction(-1, 4)).round(12)[0, 0]
    np.float64(0.5)
    """
    quarters = Fraction(exponent) * 4
    if quarters.denominator != 1 or not 0 < abs(quarters) <= 4:
        raise TraceError(f"a matrix to the power {exponent}: expected a quarter, a half, three quarters or 1, with either sign")
    count, sign = abs(int(quarters)), int(quarters > 0)
    if count == 4:
        return s if sign else np.linalg.inv(s)
    if count == 2:
        return root(s) if sign else inverse_root(s)
    fourth = root(root(s)) if sign else inverse_root(root(s))
    return fourth if count == 1 else fourth @ fourth @ fourth


def polar_factor(x: Matrix) -> Matrix:
    """The orthogonal U nearest to an invertible X: Real[2, 2], as (X + |det X| X^-T) / sqrt(|X|^2 + 2 |det X|).

    For X = U1 S U2^T it is U1 U2^T, the matrix sign that Muon approximates.

    >>> polar_factor(np.array([[0.0, -3.0], [2.0, 0.0]]))
    array([[ 0., -1.],
           [ 1.,  0.]])
    """
    size = abs(np.linalg.det(x))
    return (x + size * np.linalg.inv(x).T) / np.sqrt(np.sum(x * x) + 2 * size)


def eigenbasis(s: Matrix) -> Matrix:
    """An orthogonal Q: Real[2, 2] with Q^T S Q diagonal and the larger eigenvalue first, for a symmetric S.

    By half angles: with h = (a - d)/2 and r = sqrt(h^2 + b^2) the first column is (r + h, b) over its length.  It requires that
    this length is not 0: two equal eigenvalues have no basis of their own, and of the diagonal matrices those with a <= d are
    left out as well.

    >>> q = eigenbasis(np.array([[3.0, 4.0], [4.0, -3.0]]))
    >>> (q.T @ np.array([[3.0, 4.0], [4.0, -3.0]]) @ q).round(12) + 0.0
    array([[ 5.,  0.],
           [ 0., -5.]])
    """
    a, b, _, d = _entries(s)
    half = (a - d) / 2
    along = np.sqrt(half**2 + b**2) + half
    return _matrix(along, -b, b, along) / np.sqrt(along**2 + b**2)


def _entries(s: Matrix) -> tuple[Any, Any, Any, Any]:
    if tuple(s.shape) != (2, 2):
        shown = ", ".join(map(str, s.shape))
        raise TraceError(f"a closed form for matrices of 2 rows and 2 columns, the shape is ({shown}): trace the rule at shape=(2, 2)")
    return s[0, 0], s[0, 1], s[1, 0], s[1, 1]


def _matrix(a: Any, b: Any, c: Any, d: Any) -> Matrix:
    return np.stack([np.stack([a, b]), np.stack([c, d])])
