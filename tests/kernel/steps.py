"""Training steps for the tests: descent on the squared outputs of any program, and learners."""

from __future__ import annotations

import numpy as np
import sympy as sp

from symcat.category.expression import At
from symcat.category.morphism import Builder, Morphism
from symcat.derivative.reverse import R
from symcat.kernel.compiler import lower
from symcat.kernel.program import TrainingStep
from symcat.kernel.tiles.host import Host
from symcat.kernel.validate import Compiled
from symcat.learn.layers import mlp
from symcat.learn.learner import Learner
from symcat.learn.losses import loss
from symcat.learn.optimisers import OPTIMISERS
from tests.category.programs import PROGRAMS, Program

REAL_PROGRAMS = [program for program in PROGRAMS if program.name != "smooth"]


def descent(f: Morphism) -> TrainingStep:
    """x - R[loss](x) / 10 for the loss that is half of the sum of f's squared outputs; all of f's inputs are the state."""
    build = Builder()
    point = build.inputs(f.dom)
    value, = build.call(objective(f), point)
    one = build.gather((), lambda: sp.S.One)
    gradient = build.call(R(objective(f)), (*point, one))
    moved = [build.gather(wire.shape, lambda *i, x=x, g=g: At(x, *i) - At(g, *i) / 10)
             for x, g, wire in zip(point, gradient, f.dom.types, strict=True)]
    return TrainingStep(build.build([*moved, value], [*f.dom.names, "loss"]), len(f.dom))


def objective(f: Morphism) -> Morphism:
    build = Builder()
    parts = []
    for name, wire in zip(build.call(f, build.inputs(f.dom)), f.cod.types, strict=True):
        parts.append(build.gather((), lambda *i, name=name: At(name, *i) ** 2 / 2, wire.shape))
    total = build.gather((), lambda: sp.Add(*[At(part) for part in parts]))
    return build.build([total], ["loss"])


def program_step(program: Program, sizes: dict[str, int] | None = None, processor: Host | None = None) -> Compiled:
    step = descent(program.f)
    return lower(step, step.values(sizes or program.sizes, program.hypers), processor=processor)


def learner(optimiser: str = "gradient_descent", widths: tuple[int, ...] = (4, 5, 3), activation: str = "tanh",
            criterion: str = "cross_entropy") -> Learner:
    net = mlp(*widths, activation=activation)
    return Learner(net, loss(criterion, net.cod), OPTIMISERS[optimiser])


def learner_step(made: Learner) -> TrainingStep:
    return TrainingStep(made.step, len(made.kept))


def learner_values(made: Learner, batch: int) -> dict[str, object]:
    """Dims and hyperparameters by symbol, for `compile` and `values`."""
    return {made.size: batch, **getattr(made, "sizes", {}), **made.optimiser.assignment()}


def learner_work(made: Learner, batch: int = 3, processor: Host | None = None) -> Compiled:
    step = learner_step(made)
    return lower(step, step.values(learner_values(made, batch), None), processor=processor)


def samples(count: int, widths: tuple[int, ...] = (4, 5, 3), seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Normal inputs and one-hot targets."""
    draw = np.random.default_rng(seed)
    return draw.normal(size=(count, widths[0])), np.eye(widths[-1])[draw.integers(0, widths[-1], count)]
