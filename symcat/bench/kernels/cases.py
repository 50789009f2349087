"""The work that is timed: models with their batches, and optimisers with their numbers of parameters; one row each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np

from symcat.learn.learner import Learner
from symcat.learn.losses import loss
from symcat.learn.models import Model, attention_block, elman, lenet, model
from symcat.learn.optimisers import adam, gradient_descent

RATE = 1e-3      # of Adam, in every library
SEEN = 1000      # entries of a parameter that are compared after the first step
SHARED = 1.1     # times ours that peers are to take on all cores, where the work is large enough to share


@dataclass(frozen=True)
class Training:
    """Adam steps of a model on the cross-entropy, `steps` batches an epoch; `form` names the peers' model.

    `bars` are the ratios peer / ours that are wanted on one core, `shared` asks for one on all cores too; `seconds` is what derivation,
    lowering and compilation may take.
    """

    name: str
    words: str
    form: str
    make: Callable[[], Model]
    batch: int
    steps: int
    bars: Mapping[str, float] = field(default_factory=dict)
    shared: bool = False
    seconds: float = 6.0

    def learner(self) -> Learner:
        made = self.make()
        return Learner(made.para, loss("cross_entropy", made.para.cod), adam, sizes=made.sizes)

    def data(self, dtype: str = "float32") -> tuple[np.ndarray, np.ndarray]:
        """Gaussian samples (steps * batch, ...) and random classes of them, as integers."""
        made, draw = self.make(), np.random.default_rng(1)
        count = self.steps * self.batch
        X = draw.standard_normal((count, *made.input_shape)).astype(dtype)
        return X, draw.integers(0, classes(made), count)


def classes(made: Model) -> int:
    """The number of outputs of a model."""
    return int(made.para.cod.types[0].shape[0].xreplace(dict(made.sizes)))


@dataclass(frozen=True)
class Updates:
    """Steps of one optimiser on a vector of so many parameters with a gradient that is given."""

    name: str
    words: str
    rule: str
    count: int
    bars: Mapping[str, float] = field(default_factory=dict)
    shared: bool = False


@dataclass(frozen=True)
class PerSample:
    """Gradient descent on the quadratic loss, one sample a step, beside NumPy; `form` names the model there."""

    name: str
    words: str
    form: str
    make: Callable[[], Model]
    samples: int
    bars: Mapping[str, float]
    shared: bool = False

    def learner(self) -> Learner:
        made = self.make()
        return Learner(made.para, loss("quadratic", made.para.cod), gradient_descent, sizes=made.sizes)

    def data(self) -> tuple[np.ndarray, np.ndarray]:
        """Gaussian samples and one-hot targets of random classes, in double precision."""
        made, draw = self.make(), np.random.default_rng(1)
        X = draw.standard_normal((self.samples, *made.input_shape))
        return X, np.eye(classes(made))[draw.integers(0, classes(made), self.samples)]


def mlp(widths: str) -> Callable[[], Model]:
    """A maker of dense layers with relu between them."""
    first, *_, last = map(int, widths.split("-"))
    return lambda: model(widths, first, last, "relu")


JAX, COMPILED, EAGER = "jax", "torch compile", "torch eager"

TRAINING: dict[str, Training] = {case.name: case for case in (
    Training("iris", "iris 4-16-3, batch 32, whole epoch", "mlp", mlp("4-16-3"), 32, 40, {JAX: 7, COMPILED: 50, EAGER: 140}, seconds=3),
    Training("digits", "digits 64-128-10, batch 64", "mlp", mlp("64-128-10"), 64, 28, {JAX: 2, COMPILED: 5, EAGER: 11}, seconds=3),
    Training("mlp", "784-256-128-10, batch 128", "mlp", mlp("784-256-128-10"), 128, 4, {JAX: 1.25, COMPILED: 2.1, EAGER: 2.2}, True, 3),
    Training("lenet", "LeNet-like, 28x28, batch 32", "lenet", lambda: lenet(28, 10), 32, 3, {JAX: 5, EAGER: 4.5}, True),
    Training("rnn", "Elman RNN, T 32, hidden 64, batch 32", "elman", lambda: elman(32, 16, 64, 10), 32, 8, {JAX: 2.5, EAGER: 5}, True),
    Training("attention", "attention block with layer norm, batch 16, T 32, width 64", "attention", lambda: attention_block(32, 64, 10),
             16, 4, {JAX: 2, EAGER: 2}, True),
)}

OPTAX, FUSED, FOREACH = "optax", "torch fused", "torch foreach"

UPDATES: dict[str, Updates] = {case.name: case for case in (
    Updates("adam-1e4", "Adam, 1e4 float32", "adam", 10_000, {OPTAX: 6, FUSED: 7}),
    Updates("adam-1e6", "Adam, 1e6 float32", "adam", 1_000_000, {OPTAX: 1.5, FUSED: 1.35}, True),
    Updates("adam-1e7", "Adam, 1e7 float32", "adam", 10_000_000, {OPTAX: 1.4, FUSED: 1.0}, True),
    Updates("adamw-1e6", "AdamW, 1e6 float32", "adamw", 1_000_000),
    Updates("momentum-1e6", "SGD with momentum, 1e6 float32", "momentum_torch", 1_000_000),
    Updates("lion-1e6", "Lion, 1e6 float32", "lion", 1_000_000),
)}

NUMPY = "numpy reference"

PER_SAMPLE: dict[str, PerSample] = {case.name: case for case in (
    PerSample("reference-iris", "iris 4-20-3, sigmoid, batch 1", "hidden", lambda: model("hidden", 4, 3), 120, {NUMPY: 30}),
    PerSample("reference-lenet", "LeNet-like, 28x28, batch 1", "lenet", lambda: lenet(28, 10), 8, {NUMPY: 100}),
)}
