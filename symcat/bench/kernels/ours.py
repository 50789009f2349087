"""What symcat itself runs: learners and optimisers as compiled kernels, through the interface that users have."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from symcat.bench.kernels.cases import SEEN, Training, Updates, classes
from symcat.bench.kernels.rounds import Contender
from symcat.category.morphism import Builder, Morphism
from symcat.category.space import Real, Space
from symcat.kernel import compiler
from symcat.kernel.kernel import Run
from symcat.kernel.program import TrainingStep
from symcat.learn.learner import Learner
from symcat.learn.optimisers import OPTIMISERS
from symcat.learn.optimisers.optimiser import Optimiser

OURS = "symcat"


def training(case: Training, learner: Learner, state: Sequence[np.ndarray], X: np.ndarray, labels: np.ndarray) -> Contender:
    """Epochs of a learner's kernel, in float32."""
    made = learner.compile(batch=case.batch, dtype="float32", unproved=True)
    run = Run(made.kernel, state)
    targets = np.eye(classes(case.make()), dtype="float32")[labels]
    data = [made.kernel.checked(array, k) for k, array in enumerate((X, targets))]
    return Contender(OURS, lambda: run.epoch(*data))


def per_sample(learner: Learner, state: Sequence[np.ndarray], X: np.ndarray, Y: np.ndarray) -> Contender:
    """Epochs of a learner's kernel, one sample a step, in float64."""
    made = learner.compile(batch=1, unproved=True)
    run = Run(made.kernel, state)
    data = [made.kernel.checked(array, k) for k, array in enumerate((X, Y))]
    return Contender(OURS, lambda: run.epoch(*data))


def updates(case: Updates, p: np.ndarray, g: np.ndarray) -> Contender:
    """One step of an optimiser's kernel after the other, in float32."""
    rule = OPTIMISERS[case.rule]
    kernel = compiler.compile(update_step(rule), {"n": case.count}, rule.assignment(), "float32", unproved=True)
    run = Run(kernel, [*rule.initial([p]), p])
    gradient = kernel.checked(g, 0)

    def epoch() -> None:
        run.epoch(gradient)

    return Contender(OURS, epoch, lambda _: run.state()[-1][:SEEN])


def update_step(rule: Optimiser) -> TrainingStep:
    """A rule on one parameter of n entries as a training step: states, p, g -> states, p, 0."""
    params = Space((("p", Real["n"]),))
    states = rule.state_space(params)
    put = rule.lens(params).put
    build = Builder()
    outs = build.call(put, build.inputs(put.dom))
    nothing = build.gather((), lambda: 0, name="nothing", base=Real)
    step: Morphism = build.build((*outs, nothing), (*(states * params).names, "loss"))
    return TrainingStep(step, len(states) + 1)
