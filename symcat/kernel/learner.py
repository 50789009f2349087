"""Learners as kernels: the step that was proved, compiled for a batch size, with data in and predictions out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np

from symcat.category.evaluate import evaluate
from symcat.errors import DataError, UnprovedError, UsageError
from symcat.kernel import compiler
from symcat.kernel.kernel import Kernel
from symcat.kernel.program import TrainingStep
from symcat.kernel.train import History, check_finite
from symcat.laws.claim import Claim
from symcat.laws.obligations import obligations as obligations_of
from symcat.learn.learner import Learner
from symcat.prove.record import goal_digest
from symcat.verdict import Verdict

BATCH = 32


class Decided(Protocol):
    """A claim with its verdict, as a ledger's entries are."""

    claim: Claim
    verdict: Verdict


class Decisions(Protocol):
    """Several of them, as a ledger holds."""

    entries: Sequence[Decided]


@dataclass(frozen=True)
class Obligation:
    """An obligation of a learner by name, with its status and, when it is proved, the certificate."""

    name: str
    status: str
    certificate: dict | None = None


@dataclass(eq=False)
class LearnerKernel:
    """A learner's kernels, one for each batch size that is asked for, and the state that they train.

    `state` is the optimiser's states and then the parameters; `fit` goes on from it.
    """

    learner: Learner
    dtype: str
    given: tuple[Obligation, ...]
    unproved: bool
    state: list[np.ndarray]
    kernels: dict[int, Kernel] = field(default_factory=dict)
    latest: Kernel | None = None

    def at(self, batch: int) -> Kernel:
        """The kernel for a batch size, compiled and validated on first use."""
        if not isinstance(batch, (int, np.integer)) or batch < 1:
            raise UsageError(f"batch = {batch!r}: expected a positive integer")
        if batch not in self.kernels:
            step = TrainingStep(self.learner.step, len(self.learner.kept))
            sizes = {symbol.name: size for symbol, size in self.learner.sizes.items()} | {str(self.learner.size): int(batch)}
            known = {symbol.name for symbol in step.step.dims}
            known_sizes = {name: size for name, size in sizes.items() if name in known}
            self.kernels[batch] = compiler.compile(step, known_sizes, self.learner.optimiser.assignment(), self.dtype,
                                                   obligations=self.given, unproved=self.unproved)
        self.latest = self.kernels[batch]
        return self.latest

    def fit(self, X: np.ndarray, Y: np.ndarray, *, epochs: int = 100, batch: int | None = None, seed: int = 0, shuffle: bool = True,
            progress: Callable[[int, float], None] | None = None) -> History:
        """Train on samples X (N, ...) with targets Y (N, ...) and keep the new state.

        Each epoch takes floor(N / batch) steps over the samples in an order drawn from `seed`.  DataError for shapes that do
        not fit the model, for NaN or infinity, and for a batch larger than the data.
        """
        X, Y = self.samples(X, "X"), np.asarray(Y, dtype=float)
        batch = batch or (self.latest.batch if self.latest else min(BATCH, len(X)))
        if batch > len(X):
            raise DataError(f"a batch of {batch} from {len(X)} samples: use a batch of at most {len(X)}")
        history = self.at(batch).fit(self.state, X, Y, epochs=epochs, seed=seed, shuffle=shuffle, progress=progress)
        self.state = history.state
        return history

    def predict(self, X: np.ndarray) -> np.ndarray:
        """The model's output for samples X (N, ...), by the reference interpreter."""
        values, = evaluate(self.learner.batched_model.body, [*self.params, self.samples(X, "X")])
        return values

    def samples(self, X: np.ndarray, name: str) -> np.ndarray:
        """An array of samples, checked against the model's input."""
        X = np.asarray(X, dtype=float)
        wire = self.learner.model.dom.types[0]
        sample = tuple(int(extent.xreplace(dict(self.learner.sizes))) for extent in wire.shape)
        if X.shape[1:] != sample or X.ndim != len(sample) + 1:
            raise DataError(f"{name} has shape {X.shape}: the model reads samples of shape {sample}, so expected "
                            f"(N{''.join(f', {extent}' for extent in sample)})")
        check_finite(name, X)
        return X

    @property
    def params(self) -> list[np.ndarray]:
        """The trained parameters."""
        return self.state[len(self.learner.states):]

    @property
    def kernel(self) -> Kernel:
        """The kernel that was used last."""
        if self.latest is None:
            raise UsageError("no kernel is compiled yet: give compile(batch=...), or call fit")
        return self.latest

    @property
    def source(self) -> str:
        return self.kernel.source

    @property
    def digest(self) -> str:
        return self.kernel.digest

    @property
    def path(self) -> Path:
        return self.kernel.path

    def explain(self) -> str:
        """The schedule of the kernel that was used last."""
        return self.kernel.explain()


def compile_learner(learner: Learner, obligations: Sequence[Decided] | Decisions = (), *, batch: int | None = None, dtype: str = "float64",
                    unproved: bool = False, seed: int = 0) -> LearnerKernel:
    """A learner's kernel, from its proved obligations: what `sc.prove(learner)` returns, or entries of a ledger.

    UnprovedError names every obligation that is missing, refuted or unknown, or was proved of another learner; with
    `unproved` the kernel is compiled all the same and stamped UNPROVED.
    """
    decided = getattr(obligations, "entries", obligations)
    given = tuple(checked(claim, decided) for claim in obligations_of(learner))
    missing = [f"{one.name} ({one.status})" for one in given if one.status != "proved"]
    if missing and not unproved:
        raise UnprovedError(f"obligations that are not proved: {', '.join(missing)}; prove them with sc.prove(learner) and pass what it "
                            "returns, or ask for an unproved kernel with unproved=True")
    made = LearnerKernel(learner, dtype, given, unproved, learner.initial(seed))
    if batch is not None:
        made.at(batch)
    return made


def checked(claim: Claim, decided: Sequence[Decided]) -> Obligation:
    """The status of an obligation among what was decided; a proof counts only when its goal is this claim's."""
    verdict = next((entry.verdict for entry in decided if entry.claim.name == claim.name), None)
    if verdict is None:
        return Obligation(claim.name, "not given")
    if verdict.proved and verdict.certificate.get("goal") != goal_digest(claim.goal()):
        return Obligation(claim.name, "proved of another learner")
    return Obligation(claim.name, verdict.status, dict(verdict.certificate) if verdict.proved else None)
