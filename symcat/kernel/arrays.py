"""Arrays from outside: what a user hands over, as arrays that machine code may read, or a clear refusal."""

from __future__ import annotations

import numpy as np

from symcat.errors import DataError

NUMBERS = "biuf"    # NumPy's kinds of booleans, integers and floats


def real_array(name: str, given: object, dtype: str = "float64") -> np.ndarray:
    """Real numbers as an array of a dtype: C order, aligned, native byte order, writable; a copy only where it must be one.

    Booleans, integers, floats and lists of them are taken, also views and read-only arrays.  DataError for complex numbers,
    text, dates, masked entries, sparse matrices and ragged lists, and for a finite number that the dtype cannot hold.

    >>> real_array("x", [[1, 2], [3, 4]], "float32").dtype
    dtype('float32')
    >>> real_array("x", ["1", "2"])
    Traceback (most recent call last):
    ...
    symcat.errors.DataError: x holds U1: expected real numbers
    """
    if isinstance(given, np.ma.MaskedArray) and np.ma.is_masked(given):
        raise DataError(f"{name} has masked entries: fill them, or leave their rows out")
    if hasattr(given, "toarray"):
        raise DataError(f"{name} is sparse, a {type(given).__name__}: give {name}.toarray()")
    try:
        array = np.asarray(given)
    except (TypeError, ValueError, RuntimeError) as error:
        raise DataError(f"{name} is no array: {error}") from None
    if array.dtype.kind == "O":
        array = _numbers(name, array)
    if array.dtype.kind not in NUMBERS:
        raise DataError(f"{name} holds {_kind(array)}: expected real numbers")
    with np.errstate(over="ignore"):
        made = np.require(array, np.dtype(dtype), ["C_CONTIGUOUS", "ALIGNED", "WRITEABLE"])
    if np.dtype(dtype).itemsize < array.dtype.itemsize:
        lost = np.argwhere(np.isinf(made) & ~np.isinf(array))
        if len(lost):
            raise DataError(f"{name} holds {array[tuple(lost[0])]} {_place(lost[0])}, which {dtype} cannot hold: "
                            "scale the data, or use float64")
    return made


def check_finite(name: str, array: np.ndarray) -> None:
    """DataError that names the first entry which is NaN or infinite."""
    finite = np.isfinite(array)
    if not finite.all():
        bad = np.argwhere(~finite)[0]
        raise DataError(f"{name} holds {array[tuple(bad)]} {_place(bad)}: remove or replace what is not a finite number")


def _numbers(name: str, array: np.ndarray) -> np.ndarray:
    """Python numbers in an array of objects; text is not read as a number."""
    for place, value in np.ndenumerate(array):
        if isinstance(value, (str, bytes)) or value is None:
            raise DataError(f"{name} holds {value!r} {_place(place)}: expected real numbers")
    try:
        return array.astype(np.float64)
    except (TypeError, ValueError, OverflowError) as error:
        raise DataError(f"{name} holds objects that are not real numbers: {error}") from None


def _kind(array: np.ndarray) -> str:
    return f"complex numbers ({array.dtype})" if array.dtype.kind == "c" else array.dtype.str.lstrip("<>=|")


def _place(index: np.ndarray | tuple[int, ...]) -> str:
    if not len(index):
        return "as its number"
    row, *column = map(int, index)
    return f"in row {row}" + (f", column {', '.join(map(str, column))}" if column else "")
