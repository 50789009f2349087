"""Arrays from outside: every way in which an array can be odd, taken or refused."""

from decimal import Decimal
from fractions import Fraction

import numpy as np
import pytest

from symcat.errors import DataError
from symcat.kernel.arrays import check_finite, real_array

PLAIN = np.arange(12.0).reshape(3, 4)


def read_only():
    array = PLAIN.copy()
    array.flags.writeable = False
    return array


def unaligned():
    return np.frombuffer(b"\0" + PLAIN.tobytes(), dtype=np.float64, offset=1).reshape(3, 4)


TAKEN = {
    "itself": lambda: PLAIN, "list": PLAIN.tolist, "tuple of rows": lambda: tuple(PLAIN),
    "integers": lambda: PLAIN.astype(np.int16), "unsigned": lambda: PLAIN.astype(np.uint64),
    "half": lambda: PLAIN.astype(np.float16), "long double": lambda: PLAIN.astype(np.longdouble),
    "big endian": lambda: PLAIN.astype(">f8"), "columns first": lambda: np.asfortranarray(PLAIN),
    "strided": lambda: np.repeat(PLAIN, 2, 1)[:, ::2], "backwards": lambda: PLAIN[::-1].copy()[::-1],
    "read only": read_only, "unaligned": unaligned, "nothing masked": lambda: np.ma.masked_array(PLAIN),
    "fractions": lambda: [[Fraction(int(x)) for x in row] for row in PLAIN], "decimals": lambda: [list(map(Decimal, row)) for row in PLAIN],
}


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("make", TAKEN.values(), ids=TAKEN)
def test_what_is_taken_becomes_what_machine_code_reads(make, dtype):
    given = make()
    made = real_array("x", given, dtype)
    assert made.dtype == np.dtype(dtype) and made.dtype.isnative
    assert made.flags.c_contiguous and made.flags.aligned and made.flags.writeable
    assert (made == PLAIN).all()


def test_nothing_is_copied_without_need():
    assert real_array("x", PLAIN, "float64") is PLAIN


def test_what_was_given_is_not_written():
    given = read_only()
    real_array("x", given)[0, 0] = 7
    assert given[0, 0] == 0


class Sparse:
    def toarray(self):
        return PLAIN


@pytest.mark.parametrize("given, words", [
    (PLAIN + 0j, r"x holds complex numbers \(complex128\)"), (PLAIN.astype(str), "x holds U32: expected real numbers"),
    (np.array(["1", 2], dtype=object), "x holds '1' in row 0"), (np.array([[1, None]], dtype=object), "None in row 0, column 1"),
    (np.array([1, 2j], dtype=object), "not real numbers"), (np.array([10**400], dtype=object), "not real numbers"),
    (np.array(["2020-01-01"], dtype="M8[D]"), r"x holds M8\[D\]"), ([[1, 2], [3]], "x is no array"),
    (Sparse(), r"x is sparse.*x\.toarray\(\)"),
    (np.ma.masked_array([1.0, 2.0], [False, True]), "masked entries"), (b"ab", "x holds S2"),
])
def test_what_is_refused(given, words):
    with pytest.raises(DataError, match=words):
        real_array("x", given)


def test_a_number_beyond_single_precision_is_named():
    with pytest.raises(DataError, match=r"x holds 1e\+300 in row 1, column 0, which float32 cannot hold"):
        real_array("x", [[1.0], [1e300]], "float32")
    assert real_array("x", [np.inf, np.nan], "float32")[0] == np.inf


def test_the_first_number_that_is_none_is_named():
    with pytest.raises(DataError, match="x holds nan in row 1, column 0, 1: remove"):
        check_finite("x", np.array([[[0.0, 1]], [[2, np.nan]]]))
    check_finite("x", PLAIN)
