"""Every primitive on tiles: the machine code does what its twin does, entry for entry and bit for bit."""

from fractions import Fraction

import numpy as np
import pytest
from numba.core.errors import TypingError

from symcat.errors import UsageError
from symcat.kernel.elementary import GENERATORS
from symcat.kernel.tiles import fingerprint, namespace
from symcat.kernel.tiles.host import host
from symcat.kernel.tiles.names import Shape, creating
from tests.kernel.tiles.programs import DTYPES, Program, alike, compiled, in_floats, numbers

CASES = [(dtype, Shape(*sizes)) for dtype, *sizes in (
    ("float32", 1, 1, 1, 1), ("float64", 1, 1, 3, 1), ("float32", 1, 1, 1, 8), ("float64", 1, 1, 3, 4), ("float32", 1, 2, 1, 16),
    ("float64", 2, 3, 2, 2), ("float32", 3, 1, 2, 8), ("float64", 2, 2, 1, 1))]
SIZE = 128          # at most this many entries for one result


def program(shape: Shape) -> Program:
    """All primitives on tiles of a shape, each result in its own part of R."""
    lines, t, w = [], f"{shape}", shape.width

    def put(tile: str, q: int = shape.q, width: int = w) -> None:
        lines.append(f"store(R, {SIZE * len(lines)} + o_R, {q * width}, {width}, {tile})")

    a, b = f"load_{t}(A, 3 + o_A, 31, 17)", f"load_{t}(B, 5 + o_B, 29, 13)"
    put(a)
    for tile in (f"zero_{t}()", f"full_{t}(A[7 + o_A])", f"iota_{t}(-5, 3)", f"iota_{t}(16777217, 1)"):
        put(tile)
    for stride in ("0", "1", "2", "-1", "-3", "4", "5", "q"):
        lines.append(f"q = 3; store(R, {SIZE * len(lines)} + o_R, {shape.q * w}, {w}, gather_{t}(A, 150 + o_A, 7, 19, {stride}))")
    for operation in "+-*/":
        put(f"{a} {operation} {b}")
        put(f"{a} {operation} B[2 + o_B]")
        put(f"A[1 + o_A] {operation} {b}")
    put(f"-{a}")
    put(f"outer({a}, A, 11 + o_A, 23, 6, B, 9 + o_B)")
    put(f"rsum({a})", 1)
    put(f"f_pick({a}, {b}, {b}, {a})")
    for stride, first in ((1, 0), (2, 0), (-1, w - 1), (-2, 2 * w - 2)):
        lines.append(f"scatter(R, {SIZE * len(lines) + first} + o_R, {shape.q * 2 * w}, {2 * w}, {stride}, {a})")
    if shape.rows == 1:
        for n in sorted({1, w // 2 + 1, max(w - 1, 1), w}):
            for name in (f"hsum({a}, {n})", f"hmax({a}, {n})", f"hpick({a}, {b}, {n})", f"hpick({a}, iota_{t}(0, 1), {n})"):
                lines.append(f"R[{SIZE * len(lines)} + o_R] = {name}")
    names = ["store", "scatter", "outer", "rsum", "hsum", "hmax", "hpick", "f_pick"]
    return Program(tuple(lines), (*names, *(f"{kind}_{t}" for kind in ("zero", "full", "load", "gather", "iota"))))


def inputs(seed: int) -> tuple[np.ndarray, np.ndarray]:
    draw = np.random.default_rng(seed)
    return numbers(draw, 400), numbers(draw, 400)


@pytest.mark.parametrize("dtype, shape", CASES, ids=str)
def test_machine_code_and_twin_agree(dtype, shape):
    made = program(shape)
    run = compiled(made, dtype)
    for seed in range(3):
        given, size = [array.astype(dtype) for array in inputs(seed)], SIZE * len(made.lines)
        if seed == 2:       # small integers: products and sums are exact, so that outer does not depend on how often it rounds
            given = [np.rint(np.clip(np.nan_to_num(array), -9, 9)) for array in given]
        ours, theirs = np.zeros(size, dtype), made.by_twin(in_floats(dtype), tuple(given), size)
        run(*given, ours)
        for k, line in enumerate(made.lines):
            if "outer" in line and seed < 2:
                continue
            part = slice(SIZE * k, SIZE * (k + 1))
            same = alike(ours[part], theirs[part])
            if "hmax" in line or "hpick" in line:
                same |= ours[part] == theirs[part]      # of two zeros either may be the maximum
            assert same.all(), (line, ours[part][~same], theirs[part][~same])


@pytest.mark.parametrize("dtype, size", [("float32", 8), ("float64", 4), ("float32", 2), ("float64", 1)])
def test_transposes(dtype, size):
    """Rows of the transpose, for every number of them."""
    lines = [f"store(R, {64 * n} + o_R, 0, {size}, turned(load_1x{size}x1x{size}(A, 3 + o_A, 0, 11), {n}))" for n in range(1, size + 1)]
    made = Program(tuple(lines), ("store", "turned", f"load_1x{size}x1x{size}"))
    given = np.random.default_rng(size).normal(size=120).astype(np.float32)
    found = made.by_machine(dtype, (given, given), 64 * (size + 1)).reshape(-1, 64)
    square = np.array([given[3 + 11 * r: 3 + 11 * r + size] for r in range(size)])
    for n in range(1, size + 1):
        assert found[n].tolist() == [*square.T[:n].ravel(), *[0] * (64 - n * size)]
    assert alike(found.ravel(), made.by_twin(in_floats(dtype), (given, given), found.size)).all()


@pytest.mark.skipif(not host().fma, reason="this processor does not fuse multiplication and addition")
@pytest.mark.parametrize("dtype", DTYPES)
def test_outer_rounds_once(dtype):
    made = Program(("store(R, 0 + o_R, 8, 8, outer(load_1x2x1x8(A, 0 + o_A, 8, 8), A, 20 + o_A, 0, 1, B, 0 + o_B))",),
                   ("store", "outer", "load_1x2x1x8"))
    draw = np.random.default_rng(0)
    a, b = draw.normal(size=22).astype(dtype), draw.normal(size=8).astype(dtype)
    exact = [Fraction(float(a[8 * q + k])) + Fraction(float(a[20 + q])) * Fraction(float(b[k])) for q in range(2) for k in range(8)]
    assert made.by_machine(dtype, (a, b), 16).tolist() == [np.dtype(dtype).type(float(value)) for value in exact]


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("n", [1, 5, 11])
def test_lanes_beyond_the_live_ones_do_not_matter(dtype, n):
    lines = [f"R[{k} + o_R] = {name}" for k, name in enumerate(
        (f"hsum(load_1x1x3x4(A, 0 + o_A, 0, 0), {n})", f"hmax(load_1x1x3x4(A, 0 + o_A, 0, 0), {n})",
         f"hpick(load_1x1x3x4(A, 0 + o_A, 0, 0), load_1x1x3x4(B, 0 + o_B, 0, 0), {n})"))]
    made = Program(tuple(lines), ("hsum", "hmax", "hpick", "load_1x1x3x4"))
    values = -1.0 - np.random.default_rng(n).permutation(12)
    positions = np.arange(12.0)
    expected = [values[:n].sum(), values[:n].max(), float(np.argmax(values[:n]))]
    for junk in (np.nan, np.inf, 0.0):
        values[n:] = junk
        assert made.by_machine(dtype, (values, np.where(np.arange(12) < n, positions, -np.inf)), 3).tolist() == expected


@pytest.mark.parametrize("values, maximum, position", [
    ([1, 5, 5, 0], 5, 1), ([5, np.nan, 7, np.nan], np.nan, 1), ([-np.inf] * 4, -np.inf, 0), ([np.inf, 1, np.inf, 2], np.inf, 0),
    ([np.nan, 9, 9, 9], np.nan, 0),
])
def test_the_first_maximum_and_nan_is_the_greatest(values, maximum, position):
    made = Program(("R[0 + o_R] = hmax(load_1x1x1x4(A, 0 + o_A, 0, 0), 4)",
                    "R[1 + o_R] = hpick(load_1x1x1x4(A, 0 + o_A, 0, 0), iota_1x1x1x4(0, 1), 4)"),
                   ("hmax", "hpick", "load_1x1x1x4", "iota_1x1x1x4"))
    given = (np.array(values, float), np.zeros(4))
    for found in (made.by_machine("float32", given, 2), made.by_twin(in_floats("float64"), given, 2)):
        assert found[1] == position
        assert np.isnan(found[0]) if np.isnan(maximum) else found[0] == maximum


INTEGERS = {"root": "3", "rational_power": "2, 3"}
ARGUMENTS = ("t", "u", "t", "x")


@pytest.mark.parametrize("dtype", DTYPES)
def test_element_functions_on_tiles_are_those_on_numbers(dtype):
    """A lane of f(tile) is f(number); a number among the arguments stands in every lane."""
    lines, count = ["t = load_1x2x1x4(A, 0 + o_A, 8, 4)", "u = load_1x2x1x4(B, 0 + o_B, 8, 4)", "x = A[8 + o_A]"], 0
    lanes = {"t": "A", "u": "B"}
    for name, generator in GENERATORS.items():
        real = generator.arity - generator.integers
        tiles = [*ARGUMENTS[:real], INTEGERS.get(name, "")][: real + bool(generator.integers)]
        variants = [tiles, ["x", "t", "x", "x"][:real]] if real > 1 and dtype == "float32" else [tiles]
        for arguments in variants:
            single = [f"{lanes[a]}[k + o_{lanes[a]}]" if a in lanes else a for a in arguments]
            lines += [f"store(R, {16 * count} + o_R, 8, 4, f_{name}({', '.join(arguments)}))",
                      f"for k in range(8): R[{16 * count + 8} + k + o_R] = f_{name}({', '.join(single)})"]
            count += 1
    made = Program(tuple(lines), ("store", "load_1x2x1x4", *(f"f_{name}" for name in GENERATORS)))
    given = np.array([0.3, -1.7, 2.5, -0.0, np.inf, -np.inf, np.nan, 1.0, 0.7]), np.array([0.3, 1.9, -4.0, 0.0, 0.0, np.nan, 2.0, 3.0])
    found = made.by_machine(dtype, given, 16 * count).reshape(count, 2, 8)
    for line, (tile, single) in zip(lines[3::2], found, strict=True):
        same = alike(tile, single)
        assert same.all() and np.isfinite(tile).any(), (line, tile[~same], single[~same])


@pytest.mark.parametrize("dtype", DTYPES)
def test_functions_of_integers_and_constants(dtype):
    real, space = np.dtype(dtype).type, namespace(dtype, ["rational", "infimum", "real"])
    assert type(space["rational"](1, 3)) is real is space["real"] and space["rational"](1, 3) == real(1 / 3)
    assert space["infimum"]() == -np.inf
    lines = ["for k in range(5):", "    R[k + o_R] = f_real(k - 2)", "    R[k + 5 + o_R] = f_bracket(k - 2)",
             "    R[k + 10 + o_R] = f_delta(k - 2)",
             "for k in range(4):", "    if f_greater(A[k + o_A], B[k + o_B]):", "        R[k + 15 + o_R] = f_real(1)"]
    made = Program(tuple(lines), ("f_real", "f_bracket", "f_delta", "f_greater"))
    found = made.by_machine(dtype, (np.array([2, 1, np.nan, np.nan]), np.array([1, np.nan, 1, np.nan])), 19)
    assert found.tolist() == [-2, -1, 0, 1, 2, 0, 0, 1, 1, 1, 0, 0, 1, 0, 0, 1, 0, 1, 0]


@pytest.mark.parametrize("line, words", [
    ("load_1x1x1x4(B, 0, 0, 0) + load_1x1x2x4(A, 0, 0, 0)", "one shape"),
    ("load_1x1x1x4(A, 0, 0, 0) * 0.5", "numbers of type float32"),
    ("load_1x1x1x4(A, 0, 0, 0) + 1", "numbers of type float32"),
    ("load_1x1x1x4(A, A[0], 0, 0)", "an integer"),
    ("full_1x1x1x4(1)", "a number of type float32"),
    ("hsum(load_1x1x1x4(A, 0, 0, 0), 5)", "from 1 to 4"),
    ("hsum(load_1x1x1x4(A, 0, 0, 0), len(A))", "literal number of lanes"),
    ("hmax(load_1x2x1x4(A, 0, 0, 0), 4)", "one row"),
    ("store(R, 0, 0, 0, A[0])", "a tile was expected"),
    ("f_exp(1)", "numbers of type float32"),
])
def test_what_does_not_fit_is_refused(line, words):
    loads = (f"load_{t}" for t in ("1x1x1x4", "1x1x2x4", "1x2x1x4"))
    made = Program((line,), ("store", "scatter", "hsum", "hmax", "f_exp", *loads, "full_1x1x1x4"))
    with pytest.raises(TypingError, match=words):
        compiled(made, "float32")


def test_names():
    assert creating("load_1x1x1x4") == ("load", Shape(1, 1, 1, 4))
    assert creating("outer_1x1x1x4") is None and creating("load_1x1x1") is None and creating("load_01x1x1x4") is None
    for name in ("pour", "f_gamma", "outer_1x1x1x4"):
        with pytest.raises(UsageError, match="is not a primitive"):
            namespace("float32", [name])
    with pytest.raises(UsageError, match="a tile of 1x1x1x3"):
        creating("load_1x1x1x3")
    with pytest.raises(UsageError, match="float16"):
        namespace("float16", [])
    assert len(fingerprint()) == 64
