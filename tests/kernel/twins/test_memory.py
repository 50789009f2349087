"""Memory of twins: every access is held to the buffer in which it starts."""

import numpy as np
import pytest

from symcat.errors import ValidationError
from symcat.kernel.twins import FIELD, Offset

ARENA = "AAAAAAAAAABBBBBBBBBBBBBBBBBBBBCCCCC"         # A has 10 entries, B 20, C 5


def space(*names: str) -> dict[str, object]:
    made = FIELD.namespace(names)
    made.update({f"o_{name}": Offset(ARENA.index(name), ARENA.count(name), f"o_{name}") for name in "ABC"})
    return made | {"S": FIELD.memory(range(1, len(ARENA) + 1)), "b_X": FIELD.memory(range(1, 9), "a batch")}


NAMES = ("load_1x2x1x4", "gather_1x2x1x4", "zero_1x2x1x4", "store", "scatter", "outer")
INSIDE = [
    "load_1x2x1x4(S, 0 + o_B, 16, 16)", "load_1x2x1x4(S, 12 + o_B, 0, 4)", "load_1x2x1x4(b_X, 0, 0, 4)", "load_1x2x1x4(S, o_A, 0, 6)",
    "gather_1x2x1x4(S, 0 + o_B, 0, 1, 6)", "gather_1x2x1x4(S, 19 + o_B, 0, -1, -6)", "gather_1x2x1x4(S, 0 + o_C, 0, 4, 0)",
    "store(S, 2 + o_A, 0, 4, zero_1x2x1x4())", "scatter(S, 0 + o_B, 0, 10, 3, zero_1x2x1x4())",
    "outer(zero_1x2x1x4(), S, 0 + o_C, 0, 4, S, 16 + o_B)", "S[9 + o_A]", "S[o_C]", "b_X[7]",
]
OUTSIDE = [
    ("load_1x2x1x4(S, 0 + o_B, 0, 17)", "entry 20 of B, which has 20"), ("load_1x2x1x4(S, 0 + o_A, 0, 7)", "entry 10 of A, which has 10"),
    ("load_1x2x1x4(S, 3 + o_B, 0, -4)", "entry -1 of B"), ("load_1x2x1x4(b_X, 1, 0, 4)", "entry 8 of a batch, which has 8"),
    ("load_1x2x1x4(b_X, -1, 0, 4)", "entry -1 of a batch"), ("gather_1x2x1x4(S, 0 + o_B, 0, 2, 6)", "entry 20 of B"),
    ("gather_1x2x1x4(S, 17 + o_B, 0, 0, -6)", "entry -1 of B"), ("gather_1x2x1x4(S, 0 + o_C, 0, 5, 0)", "entry 5 of C"),
    ("store(S, 3 + o_A, 0, 4, zero_1x2x1x4())", "entry 10 of A"), ("scatter(S, 0 + o_B, 0, 11, 3, zero_1x2x1x4())", "entry 20 of B"),
    ("scatter(S, 0 + o_B, 0, 11, 0, zero_1x2x1x4())", "lane stride 0"),
    ("outer(zero_1x2x1x4(), S, 1 + o_C, 0, 4, S, 0 + o_B)", "entry 5 of C"),
    ("outer(zero_1x2x1x4(), S, 0 + o_C, 0, 4, S, 17 + o_B)", "entry 20 of B"),
    ("S[10 + o_A]", "entry 10 of A"), ("S[-1 + o_B]", "entry -1 of B"), ("b_X[8]", "entry 8"), ("b_X[-1]", "entry -1"),
    ("S[3]", "not an index plus the address"), ("load_1x2x1x4(S, 3, 0, 4)", "not an index plus the address"),
    ("S[(1 + o_A) + 1]", "arithmetic"), ("S[o_A + 1]", "arithmetic"), ("S[o_A + o_B]", "arithmetic"), ("S[2 * o_A]", "arithmetic"),
    ("S[(1 + o_A) + o_B]", "arithmetic"), ("S[0 + o_B - 1]", "arithmetic"), ("S[-o_A]", "arithmetic"),
]


@pytest.mark.parametrize("text", INSIDE)
def test_accesses_inside_their_buffer(text):
    eval(text, space(*NAMES))


@pytest.mark.parametrize("text, words", OUTSIDE)
def test_accesses_outside_their_buffer(text, words):
    with pytest.raises(ValidationError, match=words):
        eval(text, space(*NAMES))


def test_values_read_and_written():
    names = space(*NAMES)
    assert eval("load_1x2x1x4(S, 1 + o_B, 0, 5)", names).values.tolist() == [[12, 13, 14, 15], [17, 18, 19, 20]]
    assert eval("gather_1x2x1x4(S, 8 + o_A, 0, 1, -2)", names).values.tolist() == [[9, 7, 5, 3], [10, 8, 6, 4]]
    eval("scatter(S, 0 + o_B, 0, 1, 2, load_1x2x1x4(b_X, 0, 0, 4))", names)
    assert names["S"].values[10:19].tolist() == [1, 5, 2, 6, 3, 7, 4, 8, 19]
    names["S"][2 + names["o_C"]] = names["S"][Offset(10, 20, "o_B")]
    assert names["S"].values[30:].tolist() == [31, 32, 1, 34, 35]
    assert names["S"].values.dtype == np.int64
