"""Pieces of vector loops, bounds that depend on other loops, chains of sums, and the choice of the loop that runs in vectors."""

import re

import pytest
import sympy as sp

from symcat.category.expression import Argmax, At, Bracket, Delta
from symcat.category.morphism import Builder
from symcat.category.space import Real, space
from symcat.kernel.block import pieces
from symcat.kernel.compiler import lower
from symcat.kernel.nest import padded
from symcat.kernel.program import TrainingStep
from symcat.kernel.tiles.host import AVX2, AVX512, HOSTS, SSE2
from symcat.kernel.validate import field_check

SIZES = (1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 100, 150)


@pytest.mark.parametrize("width", [1, 2, 4, 8, 16])
@pytest.mark.parametrize("block", [1, 2, 4])
def test_pieces_cover_every_entry_once(width, block):
    for start in (0, 3):
        for stop in (start + n for n in (0, *SIZES)):
            at = start
            for piece in pieces(start, stop, width, block):
                assert piece.start == at and (piece.stop - at) % piece.width == 0 and piece.stop > at
                assert piece.width == max(1, piece.vectors * piece.lanes) and piece.vectors <= block and piece.lanes <= width
                at = piece.stop
            assert at == stop


@pytest.mark.parametrize("width", [2, 4, 8, 16])
def test_a_piece_that_runs_over_stays_in_its_row(width):
    for extent in SIZES:
        *whole, last = pieces(0, extent, width, 4, over=True)
        assert all(piece.stop <= extent and piece.live == piece.width for piece in whole)
        assert last.start + (last.stop - last.start - 1) // last.width * last.width + last.width <= padded((extent,), width)[0]
        assert last.stop == extent and (last.live == extent - last.start or (extent - last.start) % last.width == 0)


def emitted(write, shapes: dict, processor=AVX512, dtype="float32"):
    """The text of a step whose loss is the sum of the squares of what `write` makes, checked over the prime field."""
    b = Builder()
    names = b.inputs(space(**{name: Real[shape] for name, shape in shapes.items()}))
    made = write(b, *names)
    shape = next(node.shape for node in b.nodes if node.name == made)
    loss = b.gather((), lambda *i: At(made, *i) ** 2, shape)
    work = lower(TrainingStep(b.build([*names, loss], [*names, "loss"]), len(names)), {}, dtype, processor)
    assert field_check(work, steps=1)
    return work


def nest_of(work, target: str):
    return next(nest for nest in work.plan.nests if target in nest.targets)


def test_loops_that_step_as_one_are_merged():
    work = emitted(lambda b, x: b.gather((6, 32), lambda i, j: At(x, i, j) * 2 + At(x, i, j) ** 3), {"x": (6, 32)})
    assert [nest.extents for nest in work.plan.nests if nest.mode == "assign" and nest.loops] in ([(192,)], [])
    work = emitted(lambda b, x: b.gather((6, 16), lambda i, j: sp.exp(At(x, i, j))), {"x": (6, 20)})
    assert nest_of(work, "z").extents == (6, 16)


def test_padding_is_run_over_and_merged():
    work = emitted(lambda b, x: b.gather((6, 20), lambda i, j: sp.exp(At(x, i, j))), {"x": (6, 20)})
    assert nest_of(work, "z").extents == (6 * 32,)


def test_an_index_that_is_a_value_is_not_merged():
    work = emitted(lambda b, x: b.gather((6, 32), lambda i, j: sp.exp(At(x, i, j)) * (i + 1)), {"x": (6, 32)})
    assert nest_of(work, "z").extents == (6, 32)


@pytest.mark.parametrize("turned", [False, True])
def test_the_loop_of_stride_one_runs_in_vectors(turned):
    body = (lambda i, k: sp.exp(At("x", k, i))) if turned else (lambda i, k: sp.exp(At("x", i, k)))
    work = emitted(lambda b, x: b.gather((40,), body, (24,)), {"x": (24, 40) if turned else (40, 24)})
    nest = nest_of(work, "z")
    assert nest.mode == "reduce" and [read.args[1].coeff(nest.lanes) for read in nest.stores[0].accesses] == [1]


def test_sums_down_a_column_run_in_chains():
    work = emitted(lambda b, x: b.gather((20,), lambda j, i: sp.exp(At(x, i, j)), (24,)), {"x": (24, 20)})
    assert re.search(r"full_1x8x1x16\(F_0\)|full_1x4x2x16\(F_0\)", work.text.program) and "rsum(" in work.text.program


@pytest.mark.parametrize("processor", HOSTS)
@pytest.mark.parametrize("size", [3, 5, 8, 13, 17, 33, 40])
def test_bounds_that_other_loops_move(processor, size):
    """Triangles: below, above, and a band, summed and written."""
    def write(b, x):
        below = b.gather((size,), lambda i, j: Bracket(i - j) * At(x, i, j), (size,))
        above = b.gather((size, size), lambda i, j: Bracket(j - i - 1) * At(x, i, j))
        band = b.gather((size,), lambda i, j: Bracket(j - i + 2) * Bracket(i + 3 - j) * At(above, i, j), (size,))
        return b.gather((size,), lambda i: At(below, i) * At(band, i))
    emitted(write, {"x": (size, size)}, HOSTS[processor])


@pytest.mark.parametrize("processor", [SSE2, AVX2, AVX512])
def test_conditions_that_are_no_bounds(processor):
    def write(b, x):
        steep = b.gather((9,), lambda i, j: Bracket(3 * j - 2 * i) * At(x, i, j), (17,))
        apart = b.gather((9, 17), lambda i, j: Delta(2 * i - 3 * j) * At(x, i, j) * At(steep, i))
        return b.gather((17,), lambda j, i: At(apart, i, j), (9,))
    emitted(write, {"x": (9, 17)}, processor)


@pytest.mark.parametrize("shape", [(1, 1), (1, 17), (17, 1), (5, 3), (3, 40)])
def test_maxima_and_their_places(shape):
    n, m = shape
    def write(b, x, y):
        along = b.gather((n,), lambda i, j: At(x, i, j), (m,), op="max")
        down = b.gather((m,), lambda j, i: At(x, i, j), (n,), op="max")
        if shape == (3, 40):
            picked = b.gather((n,), lambda i: At(y, i, Argmax(along, 0, i)))
            spread = b.node((m,), ((sp.Symbol("_0", integer=True), n),), (Argmax(along, 0, sp.Symbol("_0", integer=True)),),
                            At(picked, sp.Symbol("_0", integer=True)))
            return b.gather((m,), lambda j: At(down, j) * At(spread, j))
        return b.gather((n, m), lambda i, j: At(along, i) * At(down, j))
    for processor in (SSE2, AVX512):
        emitted(write, {"x": shape, "y": shape}, processor)


def test_data_are_not_read_beyond_their_rows():
    """Rows of data are not padded: their tails are read in pieces of their own."""
    b = Builder()
    W, x = b.inputs(space(W=Real[7], x=Real[5, 7]))
    new = b.gather((7,), lambda j, i: At(x, i, j), (5,))
    moved = b.gather((7,), lambda j: At(W, j) + At(new, j))
    loss = b.gather((), lambda i, j: At(x, i, j) * At(W, j), (5, 7))
    work = lower(TrainingStep(b.build([moved, loss], ["W", "loss"]), 1), {}, "float32", AVX512)
    widths = {int(shape) for shape in re.findall(r"(?:load|gather)_1x\d+x1x(\d+)\(b_x", work.text.program)}
    assert field_check(work) and widths <= {1, 2, 4, 8} and 8 not in {w for w in widths if w > 7}
