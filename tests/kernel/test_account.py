"""Arithmetic and memory of nests against counts by hand; speeds that are consistent with each other."""

import math
import re
from functools import cache

import numpy as np
import pytest

from symcat.category.expression import At
from symcat.category.morphism import Builder
from symcat.category.space import Real, space
from symcat.kernel.account import account
from symcat.kernel.compiler import compile, lower
from symcat.kernel.measure import Speed, speed
from symcat.kernel.tiles.host import AVX2, AVX512, PORTABLE, SSE2
from tests.category.fold_programs import BY_NAME as FOLDS
from tests.category.programs import BY_NAME
from tests.kernel.folds import test_kernels
from tests.kernel.steps import descent, learner, learner_step, learner_values, program_step


def work(optimiser="gradient_descent", widths=(7, 10, 3), batch=6, processor=AVX512, **options):
    made = learner(optimiser, widths, **options)
    step = learner_step(made)
    return lower(step, step.values(learner_values(made, batch), None), "float32", processor)


def products(found):
    return [row for row in found.rows if row.mode in ("product", "dot")]


@pytest.mark.parametrize("processor", [AVX512, AVX2, SSE2, PORTABLE], ids=lambda host: host.name)
def test_products_are_counted_as_they_are_meant(processor):
    """Forward twice, the gradients of both weights, and that of the hidden layer; what finishes a product is counted beside it."""
    found = account(work(processor=processor))
    n, m, k, b = 7, 10, 3, 6
    plain = sorted([2 * b * n * m, 2 * b * m * k, 2 * b * n * m, 2 * b * m * k, 2 * b * m * k])
    for ours, theirs in zip(sorted(row.flops for row in products(found)), plain, strict=True):
        assert theirs <= ours <= theirs + 4 * b * max(n * m, m * k)
    if processor is PORTABLE:
        assert sorted(row.flops for row in products(found)) == plain


def test_arithmetic_does_not_depend_on_the_processor():
    """Padding is not counted; where maxima or vectors are, only the order differs."""
    counts = {account(work(processor=host)).flops for host in (AVX512, AVX2, SSE2)}
    assert len(counts) == 1


def test_a_contraction_by_hand():
    b = Builder()
    A, B = b.inputs(space(A=Real[5, 7], B=Real[7, 3]))
    C = b.gather((5, 3), lambda i, j, k: At(A, i, k) * At(B, k, j), (7,))
    D = b.gather((5, 3), lambda i, j: At(C, i, j) * At(C, i, j) + 1)
    first = account(lower(step := descent(b.build([D])), step.values({}, None), processor=AVX512)).rows[0]
    finish = 15 * 2 * (len(first.targets) - 1)      # z^2 + 1 and 2 z d are two operations each
    assert first.mode == "product" and first.flops == 15 * 14 + finish
    assert first.form.startswith("tiles of 5 rows by 1 vectors of ") and ("finished by" in first.form) == bool(finish)


def test_bytes_are_those_of_the_arrays_a_nest_touches():
    case = work(processor=PORTABLE)
    shapes = case.plan.shapes
    for nest, row in zip(case.plan.nests, account(case).rows, strict=True):
        touched = [*(nest.reads - case.plan.local), *(set(nest.targets) - case.plan.local)]
        assert row.bytes == 4 * sum(math.prod(shapes[name]) for name in touched)


@pytest.mark.parametrize("program", ["attention", "max pool", "masked", "convolution"])
def test_memory_adds_up(program):
    case = program_step(BY_NAME[program])
    found, arrays = account(case), case.layout.arrays
    used = np.zeros(case.layout.reals, dtype=int)
    for name, buffer in arrays.items():
        used[buffer.offset: buffer.offset + buffer.size] += name not in case.plan.states
    assert found.temporaries == 8 * used.sum() and found.reused == 8 * (used.sum() - (used > 0).sum())
    assert found.states == 8 * sum(arrays[name].size for name in case.plan.states)
    assert found.arena == 8 * case.layout.reals >= found.states + found.temporaries - found.reused


def test_a_recurrence_counts_every_step(monkeypatch):
    """Two steps more are the same work more, wherever one starts."""
    counts = {}
    for T in (3, 5, 7, 9):
        monkeypatch.setitem(test_kernels.SIZES, "T", T)
        found = account(lower(test_kernels.step(FOLDS["elman"], batched=True), {}, processor=PORTABLE))
        assert {row.times for row in found.rows} == {1, T}
        counts[T] = found.flops
    assert counts[9] - counts[7] == counts[7] - counts[5] == counts[5] - counts[3] > 0


@cache
def kernel():
    made = learner("adam")
    return compile(learner_step(made), learner_values(made, 3), dtype="float32", unproved=True, validate=False)


def test_explain_tells_what_each_nest_became():
    text = kernel().explain()
    found = account(kernel().work)
    assert f"arena {found.arena} bytes, {found.flops} flops a step" in text and f"states {found.states} bytes" in text
    for row in found.rows:
        assert f"program line {row.line}: {row.mode} over " in text and row.form in text and all(held in text for held in row.held)
    assert "us a step" not in text


def test_measured_speeds_fit_together():
    timed = speed(kernel())
    assert len(timed.nests) == len(timed.account.rows) and all(seconds > 0 for seconds in timed.nests)
    assert timed.peak > 1e8 and timed.stream > 1e8 and timed.step > 0
    slow = Speed(timed.account, 1.0, timed.nests, peak=timed.account.flops / 0.25, stream=timed.account.bytes / 0.5)
    assert slow.share() == pytest.approx(0.5) and slow.bound(timed.account.flops, 0) == pytest.approx(0.25)
    text = kernel().explain(measure=True)
    assert re.search(r"measured: \d+\.\d\d us a step, \d+\.\d GFLOP/s; one core reaches \d+ GFLOP/s and \d+ GB/s", text)
    assert len(re.findall(r"\d+\.\d\d us, ", text)) == len(timed.nests)
