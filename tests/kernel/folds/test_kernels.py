"""Kernels of programs with folds: their text means what the folds mean, their machine code computes it, mistakes are caught."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import sympy as sp

from symcat.category.elementwise import sigmoid
from symcat.category.evaluate import evaluate
from symcat.category.expression import At
from symcat.category.morphism import Builder
from symcat.category.space import Real, space
from symcat.category.trace import trace
from symcat.category.tracing.folding import fold
from symcat.derivative.reverse import R
from symcat.errors import SymcatError, ValidationError
from symcat.kernel import emit, place
from symcat.kernel.compiler import compile, lower
from symcat.kernel.folds import lowering
from symcat.kernel.folds.lowering import closed, opened
from symcat.kernel.program import TrainingStep
from symcat.kernel.validate import field_check
from symcat.learn.learner import Learner
from symcat.learn.losses import loss
from symcat.learn.optimisers import gradient_descent
from symcat.lens.para import Para, batch
from tests.category.fold_programs import BY_NAME, FOLDED, B, Folded

SIZES = {"T": 3, "n": 2, "h": 3, "B": 2}


def step(one: Folded, batched: bool = False) -> TrainingStep:
    """One step of descent on the sum of the squares of the outputs, in all inputs."""
    f = batch(one.f, B, range(len(one.f.dom))) if batched else one.f
    f = f.substitute({symbol: sp.Integer(SIZES[symbol.name]) for symbol in f.dims})
    build = Builder()
    state = build.inputs(f.dom)
    outs = build.call(f, state)
    gradient = build.call(R(f), (*state, *outs))
    moved = [build.gather(wire.shape, lambda *i, p=p, g=g: At(p, *i) - At(g, *i) / 8, name="moved")
             for p, g, wire in zip(state, gradient, f.dom.types, strict=True)]
    squares = []
    for out in outs:
        shape = build.wires[out].shape
        squares.append(build.gather((), lambda *i, out=out: At(out, *i) ** 2, shape))
    loss = build.gather((), lambda: sp.Add(*(At(square) for square in squares)), name="loss")
    return TrainingStep(replace(build.build([*moved, loss]), requirements=()), len(state))


@pytest.mark.parametrize("batched", [False, True], ids=["one", "batch"])
@pytest.mark.parametrize("one", FOLDED, ids=lambda one: one.name)
def test_the_text_means_what_the_folds_mean(one: Folded, batched: bool) -> None:
    work = lower(step(one, batched), {})
    assert field_check(work, steps=2)
    assert work.plan.groups


@pytest.mark.parametrize("name", ["elman", "two states", "forth and back"])
def test_threads_mean_the_same(name: str) -> None:
    work = lower(step(BY_NAME[name], batched=True), {}, threads=2, worth=0.0)
    assert work.threads == 2 and field_check(work, steps=2)
    assert len(work.text.lines) == len(work.plan.nests)


@pytest.mark.parametrize("name", ["elman", "forth and back"])
def test_the_machine_code_computes_it(name: str) -> None:
    training = step(BY_NAME[name])
    kernel = compile(training, {}, {}, "float64", unproved=True, validate=False)
    rng = np.random.default_rng(0)
    state = [rng.normal(size=tuple(map(int, wire.shape))) / 4 for wire in training.state.types]
    found, losses = kernel.epoch(state, steps=3)
    expected = state
    for found_loss in losses:
        *expected, value = evaluate(training.step, expected)
        assert found_loss == pytest.approx(float(value), rel=1e-12)
    for ours, theirs in zip(found, expected, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-11, atol=1e-13)


MUTANTS = {
    "steps in the other direction": (emit, "_steps", lambda loop: str(loop.length) if loop.backward else f"{loop.length - 1}, -1, -1"),
    "a step too few": (emit, "_steps", lambda loop: f"{loop.length - 1}, 0, -1" if loop.backward else str(loop.length - 1)),
    "memory of a loop reused inside of it": (place, "_turns", lambda plan, position: (position, position)),
}


@pytest.mark.parametrize("name", MUTANTS)
def test_mistakes_are_caught(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(*MUTANTS[name])
    with pytest.raises((ValidationError, SymcatError)):
        for one in FOLDED:
            field_check(lower(step(one), {}), steps=2)


def test_a_pass_that_mixes_what_a_fold_keeps_apart_is_refused() -> None:
    f = step(BY_NAME["forth and back"]).step
    whole, folds = opened(f)
    back = closed(f, whole, folds)
    assert sorted(map(str, back.nodes)) == sorted(map(str, f.nodes)) and back.outs == f.outs
    early = replace(folds[0], arguments=(folds[0].names[0], *folds[0].arguments[1:]))
    swapped = replace(whole, outs=(*whole.outs[: len(f.outs)], early.names[0], *whole.outs[len(f.outs) + 1:]))
    with pytest.raises(SymcatError, match="wait for each other"):
        lowering.closed(f, swapped, folds)


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize(("steps", "width", "samples"), [(3, 17, 3), (1, 4, 2), (2, 1, 1)])
def test_a_gated_net_whose_loops_read_data(steps: int, width: int, samples: int, threads: int) -> None:
    def gated(c, U, x):
        def cell(s, x, c, U):
            gate = sigmoid(x * c + s @ U)
            s = gate * s + (1 - gate) * np.tanh(x + s)
            return s, s
        last, each = fold(cell, np.zeros_like(c), x, c, U)
        return np.max(each, axis=0) + last
    dom = space(c=Real["h"], U=Real["h", "h"], x=Real["T", "h"])
    model = Para(trace(gated, dom, names=("y",)), 2)
    learner = Learner(model, loss("quadratic", model.cod), gradient_descent)
    training = TrainingStep(learner.step, len(learner.kept))
    work = lower(training, training.values({"T": steps, "h": width, "B": samples}, learner.optimiser.assignment()), "float32",
                 threads=threads, worth=0.0)
    assert field_check(work, steps=1) and len(work.plan.groups) == 2
