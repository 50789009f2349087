"""Products of matrices: which nests are, how they are cut, what finishes them, and that nothing beside their tiles is touched."""

import pytest
import sympy as sp

from symcat.category.expression import At
from symcat.category.functions import relu
from symcat.category.morphism import Builder
from symcat.category.space import Real, space
from symcat.kernel.compiler import lower
from symcat.kernel.program import TrainingStep
from symcat.kernel.tiles.host import AVX2, AVX512, NEON, SSE2
from symcat.kernel.tiling import tiling
from symcat.kernel.validate import field_check

HOSTS = {host.name: host for host in (AVX512, AVX2, NEON, SSE2)}


def emitted(write, shapes: dict, processor=AVX512, dtype="float32", check=True):
    """A step that keeps its state and whose loss is a sum over what `write` makes."""
    b = Builder()
    names = b.inputs(space(**{name: Real[shape] for name, shape in shapes.items()}))
    made = write(b, *names)
    shape = next(node.shape for node in b.nodes if node.name == made)
    loss = b.gather((), lambda *i: sp.tanh(At(made, *i)), shape)
    work = lower(TrainingStep(b.build([*names, loss], [*names, "loss"]), len(names)), {}, dtype, processor)
    assert not check or field_check(work, steps=1)
    return work


def products(work):
    return [nest for nest in work.plan.nests if nest.mode == "product"]


def matmul(n, m, p, finish=lambda b, z, *rest: z):
    def write(b, x, W, *rest):
        return finish(b, b.gather((n, p), lambda i, j, k: At(x, i, k) * At(W, k, j), (m,)), *rest)
    return write


@pytest.mark.parametrize("processor", HOSTS)
@pytest.mark.parametrize("shape", [(2, 1, 2), (3, 5, 7), (13, 9, 17), (15, 3, 33), (29, 2, 40), (1, 8, 16), (8, 16, 1)])
def test_products_of_any_shape(processor, shape):
    n, m, p = shape
    work = emitted(matmul(n, m, p), {"x": (n, m), "W": (m, p)}, HOSTS[processor])
    assert len(products(work)) <= 1 and (len(products(work)) == 1 or min(n, p, m) == 1)


@pytest.mark.parametrize("processor", [SSE2, AVX512])
def test_convolutions_are_products(processor):
    def write(b, x, K):
        return b.gather((5, 4, 9), lambda i, j, o, u, v, c: At(x, 2 * i + u, j + v, c) * At(K, u, v, c, o), (3, 2, 2))
    work = emitted(write, {"x": (11, 5, 2), "K": (3, 2, 2, 9)}, processor)
    nest, = products(work)
    cut = tiling(nest, work.plan.width, work.plan.registers)
    assert cut.total * max(1, len(cut.outer)) <= 20 and len(cut.contracted) >= 1


@pytest.mark.parametrize("processor", HOSTS)
def test_the_tile_fits_the_registers(processor):
    host = HOSTS[processor]
    for n, p in ((128, 256), (64, 10), (3, 17), (14, 160), (9, 33)):
        work = emitted(matmul(n, 8, p), {"x": (n, 8), "W": (8, p)}, host, check=False)
        for nest in products(work):
            cut = tiling(nest, work.plan.width, work.plan.registers)
            assert cut.rows * cut.vectors + cut.vectors <= host.registers - 2 and cut.rows <= cut.total


@pytest.mark.parametrize("steps", [401, 797, 820])
def test_long_contractions_run_in_blocks(steps):
    """With a finish, without one, and with a tail of columns."""
    bias = lambda b, z, c: b.gather((9, 19), lambda i, j: relu(At(z, i, j) + At(c, j)))
    for finish, more in ((bias, {"c": (19,)}), (lambda b, z: z, {})):
        work = emitted(matmul(9, steps, 19, finish), {"x": (9, steps), "W": (steps, 19), **more})
        nest, = products(work)
        assert tiling(nest, work.plan.width, work.plan.registers).blocks > 1


def test_packed_panels_lie_in_memory_of_their_own():
    work = emitted(matmul(70, 40, 150), {"x": (70, 40), "W": (40, 150)})
    assert work.layout.panel.size and "w_panel" in work.text.program
    assert all(buffer.offset + buffer.size <= work.layout.panel.offset for buffer in work.layout.arrays.values())


def test_a_bias_and_a_rectifier_finish_a_product():
    finish = lambda b, z, c: b.gather((9, 17), lambda i, j: relu(At(z, i, j) + At(c, j)))
    for processor in (SSE2, AVX2, AVX512):
        work = emitted(matmul(9, 5, 17, finish), {"x": (9, 5), "W": (5, 17), "c": (17,)}, processor)
        nest, = products(work)
        assert len(nest.stores) >= 2


def test_a_finish_that_reads_data_keeps_to_the_rows():
    """Data are not padded: a product that they finish does not run over the padding of the others."""
    b = Builder()
    W, x, y = b.inputs(space(W=Real[5, 7], x=Real[6, 5], y=Real[6, 7]))
    z = b.gather((6, 7), lambda i, j, k: At(x, i, k) * At(W, k, j), (5,))
    gap = b.gather((6, 7), lambda i, j: At(z, i, j) - At(y, i, j))
    new = b.gather((5, 7), lambda k, j: At(W, k, j) - At(gap, k, j) * At(gap, 0, j))
    loss = b.gather((), lambda i, j: At(gap, i, j) ** 2, (6, 7))
    step = TrainingStep(b.build([new, loss], ["W", "loss"]), 1)
    for processor in HOSTS.values():
        work = lower(step, {}, "float32", processor)
        assert field_check(work, steps=3)
        assert any(len(nest.stores) > 1 for nest in products(work))


def test_a_product_with_itself_and_products_of_one_array():
    gram = lambda b, x: b.gather((9, 9), lambda i, j, k: At(x, i, k) * At(x, j, k), (5,))
    square = lambda b, x: b.gather((9, 9), lambda i, j, k: At(x, i, k) * At(x, k, j), (9,))
    for processor in (SSE2, AVX512):
        emitted(gram, {"x": (9, 5)}, processor)
        emitted(square, {"x": (9, 9)}, processor)
        emitted(lambda b, x: b.gather((9,), lambda i, k: At(x, i, k) ** 2, (5,)), {"x": (9, 5)}, processor)


def test_batched_products_and_tiles_over_two_axes():
    batched = lambda b, x, y: b.gather((3, 5, 9), lambda h, i, j, k: At(x, h, i, k) * At(y, h, k, j), (7,))
    paired = lambda b, x, W: b.gather((4, 3, 9), lambda g, i, j, k: At(x, g, k, i) * At(W, k, j), (7,))
    for processor in HOSTS.values():
        emitted(batched, {"x": (3, 5, 7), "y": (3, 7, 9)}, processor)
        work = emitted(paired, {"x": (4, 7, 3), "W": (7, 9)}, processor)
        nest, = products(work)
        assert len(tiling(nest, work.plan.width, work.plan.registers).axes) == 2 or work.plan.registers < 32
