"""The primitives of portable programs, without a line of LLVM: Numba compiles Python functions, and NumPy's matrices are multiplied.

Products are `np.dot`, which Numba hands to the BLAS that SciPy brings, with as many threads as that takes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache, partial
from types import FunctionType

import numpy as np

from symcat.errors import UsageError

CONSTANTS = ("real", "rational", "infimum")


def namespace(dtype: str, names: Iterable[str]) -> dict[str, object]:
    """The primitives of these names for float32 or float64; UsageError for a name that is none.

    >>> space = namespace("float32", ["rational", "dot_nn"])
    >>> space["rational"](1, 4), sorted(space)
    (np.float32(0.25), ['dot_nn', 'rational'])
    """
    known = _known(str(np.dtype(dtype)))
    unknown = next((name for name in names if name not in known), None)
    if unknown is not None:
        raise UsageError(f"{unknown} is not a primitive of portable programs")
    return {name: known[name] for name in names}


@cache
def _known(dtype: str) -> dict[str, object]:
    """All primitives of a dtype; Numba compiles those that a program calls."""
    import numba

    from symcat.kernel.elementary import source

    real = {"float32": np.float32, "float64": np.float64}.get(dtype)
    if real is None:
        raise UsageError(f"programs compute in float32 or float64, not in {dtype}")
    space = {**vars(source), "real": real, "ONE": real(1), "ZERO": real(0), "__name__": f"{source.__name__}.{dtype}"}
    quick = partial(numba.njit, error_model="numpy", nogil=True)
    functions = {name: FunctionType(made.__code__, space, name) for name, made in vars(source).items() if isinstance(made, FunctionType)}
    made = {name: function if name in CONSTANTS else quick(function) for name, function in functions.items()}
    space.update(made)
    matrix = quick(_matrix)
    return {"real": real, **made, **{f"dot_{a}{b}": quick(_dot(matrix, a == "t", b == "t")) for a in "nt" for b in "nt"}}


def _matrix(array, start, down, across, rows, columns):
    """The matrix of some rows and columns from a place in an array on, as it lies there, or as a copy where rows are apart."""
    if across == 1 and down == columns:
        return array[start: start + rows * columns].reshape((rows, columns))
    copy = np.empty((rows, columns), array.dtype)
    for i in range(rows):
        for j in range(columns):
            copy[i, j] = array[start + i * down + j * across]
    return copy


def _dot(matrix: Callable, left: bool, right: bool) -> Callable:
    """The product of two matrices, one or both of which may lie in memory column after column."""
    def dot(C, c, row, A, a, ai, at, B, b, bt, bj, m, k, n):
        first = matrix(A, a, at, ai, k, m).T if left else matrix(A, a, ai, at, m, k)
        second = matrix(B, b, bj, bt, n, k).T if right else matrix(B, b, bt, bj, k, n)
        if row == n or m == 1:
            np.dot(first, second, C[c: c + m * n].reshape((m, n)))
        else:
            product = np.dot(first, second)
            for i in range(m):
                C[c + i * row: c + i * row + n] = product[i]
    return dot
