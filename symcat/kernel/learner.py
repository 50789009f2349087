"""Learners as kernels: the step that was proved, compiled for a batch size, with data in and predictions out."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from threading import RLock
from typing import Protocol

import numpy as np
import sympy as sp

from symcat.category.evaluate import evaluate
from symcat.category.space import Real, Space, space
from symcat.errors import DataError, UnprovedError, UsageError
from symcat.kernel import checkpoint as checkpoints
from symcat.kernel import compiler, remembered
from symcat.kernel.arrays import check_finite, real_array
from symcat.kernel.function import Function, points
from symcat.kernel.kernel import Kernel
from symcat.kernel.program import TrainingStep
from symcat.kernel.train import History, Reached, fit
from symcat.kernel.validate import Compiled
from symcat.laws.claim import Claim
from symcat.laws.obligations import obligations as obligations_of
from symcat.learn.learner import Learner
from symcat.learn.optimisers.optimiser import Optimiser
from symcat.prove.record import goal_digest
from symcat.verdict import Verdict

BATCH = 32
PARTIAL = ("drop", "train")
CHUNKS = (16, 256)            # rows that a compiled prediction takes at once
LOSS = space(loss=Real[()])
INTERPRETED = 20_000_000      # up to so many points of a prediction are left to the interpreter


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

    `state` is the optimiser's states and then the parameters; `fit` goes on from it, epoch by epoch, so that it is that of the
    last finished epoch whatever ends a call of `fit`: the last epoch, an error, Ctrl-C.  Kernels may be used from several
    threads; `fit` of one LearnerKernel is for one thread at a time.
    """

    learner: Learner
    dtype: str
    given: tuple[Obligation, ...]
    unproved: bool
    reached: Reached
    kernels: dict[int, Kernel] = field(default_factory=dict)
    batch: int | None = None
    forward: Function | None = None
    threads: int | None = None
    lock: AbstractContextManager = field(default_factory=RLock, repr=False)

    def at(self, batch: int) -> Kernel:
        """The kernel for a batch size, compiled and validated on first use; from then on the one that was used last."""
        kernel = self.compiled(batch)
        self.batch = kernel.batch
        return kernel

    def compiled(self, batch: int) -> Kernel:
        """The kernel for a batch size, compiled and validated on first use."""
        if isinstance(batch, bool) or not isinstance(batch, (int, np.integer)) or batch < 1:
            raise UsageError(f"batch = {batch!r}: expected a positive integer")
        with self.lock:
            if batch not in self.kernels:
                key = remembered.key_of([*self.identity, int(batch)])
                self.kernels[int(batch)] = remembered.recall(key, self.step, partial(self.lowered, int(batch))) or remembered.keep(
                    key, compiler.compile(self.step(), self.values(int(batch)), None, self.dtype, obligations=self.given,
                                          unproved=self.unproved, threads=self.threads))
            return self.kernels[int(batch)]

    def step(self) -> TrainingStep:
        return TrainingStep(self.learner.step, len(self.learner.kept))

    def lowered(self, batch: int, step: TrainingStep) -> Compiled:
        """The program of a step for a batch size."""
        return compiler.lower(step, step.values(self.values(batch), None), self.dtype, threads=self.threads)

    def values(self, batch: int) -> dict[str, object]:
        """Sizes of dims, the batch size among them, and values of hyperparameters, by name."""
        known = {**self.learner.sizes, self.learner.size: batch, **self.learner.optimiser.assignment()}
        return {str(symbol): value for symbol, value in known.items()}

    @property
    def identity(self) -> list[object]:
        """What its kernels depend on, but for the batch size, without deriving the step."""
        made = self.learner
        proofs = [(one.name, one.status, str((one.certificate or {}).get("digest"))) for one in self.given]
        names = (*made.kept.names, *made.model.dom.names, *made.loss.params.names)      # which digests do not see
        return [names, made.model.body.digest, made.model.count, made.loss.body.digest, made.loss.count,
                made.rate.lens(LOSS).put.digest, str(made.size),
                *_rule(made.optimiser, made.params), {name: str(value) for name, value in self.values(0).items()}, self.dtype,
                self.threads, self.unproved, proofs, *([] if type(made) is Learner else [made.step.digest])]

    def fit(self, X: np.ndarray, Y: np.ndarray, *, epochs: int = 100, batch: int | None = None, seed: int | None = None,
            shuffle: bool = True, progress: Callable[[int, float], None] | None = None, partial: str = "drop",
            resume: bool = False, checkpoint: str | Path | None = None, every: int = 1) -> History:
        """Train on samples X (N, ...) with targets Y (N, ...) and keep the new state.

        Each epoch takes floor(N / batch) steps over the samples in an order drawn from `seed` (0 when none is given); with
        `partial="train"` it ends with one more step on the N mod batch samples that are left, by a kernel of that batch size.
        `resume` goes on with the generator of the training before, that of this object or of the checkpoint that it loaded, so
        that 4 epochs and then 6 are 10, bit for bit; epochs are counted over all calls.  `checkpoint` names a file that is
        written after every `every`-th epoch and after the last one.

        DataError for arrays that do not fit the model, for NaN or infinity, and for a batch larger than the data;
        DivergenceError when a number stops being one.  `state` is always that of the last finished epoch.
        """
        X, Y = self.samples(X, "X"), real_array("Y", Y, self.dtype)
        if not len(X):
            raise DataError("X has no rows: there is nothing to train on")
        if partial not in PARTIAL:
            raise UsageError(f"partial = {partial!r}: expected one of {', '.join(PARTIAL)}")
        if every < 1:
            raise UsageError(f"every = {every}: expected a positive number of epochs")
        batch = (self.batch or min(BATCH, len(X))) if batch is None else batch
        if batch > len(X) and partial == "drop":
            raise DataError(f"a batch of {batch} from {len(X)} samples: use a batch of at most {len(X)}, or partial='train'")
        kernel, left = self.at(batch), len(X) % int(batch)
        start = self.started(seed, resume)
        last = start.epochs + epochs

        def reach(reached: Reached, loss: float) -> None:
            self.reached = reached
            if checkpoint is not None and (reached.epochs % every == 0 or reached.epochs == last):
                self.save(checkpoint)

        return fit(kernel, self.state, X, Y, epochs=epochs, seed=seed or 0, shuffle=shuffle, progress=progress,
                   rest=self.compiled(left) if partial == "train" and left else None, start=start, reach=reach, kinds=self.kinds)

    def untrained(self, seed: int = 0) -> LearnerKernel:
        """The same learner with the initial state of a seed; the two share their kernels."""
        return replace(self, reached=Reached(self.learner.initial(seed)))

    def resized(self, sizes: Mapping[sp.Symbol, int], seed: int = 0) -> LearnerKernel:
        """The same learner at other sizes of its dims, untrained: what was proved of it holds for all sizes."""
        learner = self.learner.resized(sizes)
        return replace(self, learner=learner, reached=Reached(learner.initial(seed)), kernels={}, batch=None, forward=None, lock=RLock())

    def started(self, seed: int | None, resume: bool) -> Reached:
        """Where a call of `fit` begins: with a fresh generator, or with the one that training stopped with."""
        if not resume:
            return Reached(self.state, self.reached.epochs)
        if seed is not None:
            raise UsageError(f"resume=True goes on with the order of the samples that training stopped at: leave out seed={seed}")
        if self.reached.order is None:
            raise UsageError("resume=True, but nothing was trained yet: call fit, or load a checkpoint, first")
        return self.reached

    def save(self, path: str | Path) -> Path:
        """Write a checkpoint: state, number of epochs, generator, and what model it is of; whole or not at all."""
        return checkpoints.write(Path(path), checkpoints.identity(self.learner, self.dtype), self.reached)

    def load(self, path: str | Path) -> LearnerKernel:
        """Go on from a checkpoint; DataError, and nothing changed, when it is damaged or of another model."""
        self.reached = checkpoints.read(Path(path), checkpoints.identity(self.learner, self.dtype), self.state)
        return self

    def predict(self, X: np.ndarray, compiled: bool | None = None) -> np.ndarray:
        """The model's output (N, ...) for samples X (N, ...), in the kernel's dtype.

        Many samples are worth a compiled function, which takes them in chunks, the last one filled up with zeros; few are left
        to the reference interpreter, which needs no compilation.  `compiled` decides otherwise.
        """
        X = self.samples(X, "X")
        body, params = self.learner.batched_model.body, [real_array("params", array, self.dtype) for array in self.params]
        sizes = {symbol: sp.Integer(size) for symbol, size in self.learner.sizes.items()}
        if not len(X):
            return np.empty((0, *(int(extent.xreplace(sizes)) for extent in self.learner.model.cod.types[0].shape)), dtype=self.dtype)
        if compiled is None:
            compiled = points(body, {**sizes, self.learner.size: sp.Integer(len(X))}) > INTERPRETED
        if not compiled:
            values, = evaluate(body, [*params, X])
            return values.astype(self.dtype)
        size = next((chunk for chunk in CHUNKS if chunk >= len(X)), CHUNKS[-1])
        with self.lock:
            if self.forward is None:
                self.forward = Function(body, self.dtype, {})
            call = self.forward.at([*(array.shape for array in params), (size, *X.shape[1:])])
        return np.concatenate([outs[0] for outs in call.over(params, _chunks(X, size))])[:len(X)]

    def samples(self, X: np.ndarray, name: str) -> np.ndarray:
        """An array of samples, checked against the model's input."""
        X = real_array(name, X, self.dtype)
        wire = self.learner.model.dom.types[0]
        sample = tuple(int(extent.xreplace(dict(self.learner.sizes))) for extent in wire.shape)
        if X.shape[1:] != sample or X.ndim != len(sample) + 1:
            raise DataError(f"{name} has shape {X.shape}: the model reads samples of shape {sample}, so expected "
                            f"(N{''.join(f', {extent}' for extent in sample)})")
        check_finite(name, X)
        return X

    @property
    def state(self) -> list[np.ndarray]:
        """The optimiser's states and then the parameters, as of the last finished epoch."""
        return self.reached.state

    @state.setter
    def state(self, arrays: Sequence[np.ndarray]) -> None:
        self.reached = Reached(list(arrays), self.reached.epochs, self.reached.order)

    @property
    def epochs(self) -> int:
        """The number of epochs that the state was trained for, over all calls of `fit`."""
        return self.reached.epochs

    @property
    def kinds(self) -> dict[str, str]:
        """What each array of the state is: a state of the optimiser or a parameter."""
        kept = self.learner.kept.names
        return {name: "state" if position < len(self.learner.states) else "parameter" for position, name in enumerate(kept)}

    def __getstate__(self) -> dict[str, object]:
        """Without machine code, which is compiled again, or found in the cache, when it is wanted."""
        return {**vars(self), "kernels": {}, "lock": None}

    def __setstate__(self, state: dict[str, object]) -> None:
        vars(self).update({**state, "lock": RLock()})

    @property
    def params(self) -> list[np.ndarray]:
        """The trained parameters."""
        return self.state[len(self.learner.states):]

    @property
    def kernel(self) -> Kernel:
        """The kernel that was used last."""
        if self.batch is None:
            raise UsageError("no kernel is compiled yet: give compile(batch=...), or call fit")
        return self.compiled(self.batch)

    @property
    def source(self) -> str:
        return self.kernel.source

    @property
    def digest(self) -> str:
        return self.kernel.digest

    @property
    def path(self) -> Path:
        return self.kernel.path

    def explain(self, measure: bool = False) -> str:
        """The schedule of the kernel that was used last; with `measure` how fast it runs on random data."""
        return self.kernel.explain(measure)


def _rule(optimiser: Optimiser, params: Space) -> tuple[str, ...]:
    """What tells an optimiser from others: the name of one of symcat's own, else the digests of what it does to the parameters."""
    found = optimiser.named() if isinstance(optimiser, Optimiser) else None     # a tensor of rules has no name
    if found and found[0].partition(".")[0] == "symcat":
        return tuple(map(str, found))
    lens = optimiser.lens(params)
    return lens.get.digest, lens.put.digest


def _chunks(X: np.ndarray, size: int) -> Iterator[np.ndarray]:
    """Rows in chunks of a size, the last one filled up with zeros."""
    for start in range(0, len(X), size):
        part = X[start: start + size]
        yield part if len(part) == size else np.concatenate([part, np.zeros((size - len(part), *X.shape[1:]), X.dtype)])


def compile_learner(learner: Learner, obligations: Sequence[Decided] | Decisions = (), *, batch: int | None = None, dtype: str = "float64",
                    unproved: bool = False, seed: int = 0, threads: int | None = None) -> LearnerKernel:
    """A learner's kernel, from its proved obligations: what `sc.prove(learner)` returns, or entries of a ledger.

    `threads` is the number of threads of a step, at most; None takes all processors where the work is large enough for them
    to pay.  The results are the same, bit for bit.

    UnprovedError names every obligation that is missing, refuted or unknown, or was proved of another learner; with
    `unproved` the kernel is compiled all the same and stamped UNPROVED.
    """
    decided = getattr(obligations, "entries", obligations)
    given = tuple(checked(claim, decided) for claim in obligations_of(learner))
    missing = [f"{one.name} ({one.status})" for one in given if one.status != "proved"]
    if missing and not unproved:
        raise UnprovedError(f"obligations that are not proved: {', '.join(missing)}; prove them with sc.prove(learner) and pass what it "
                            "returns, or ask for an unproved kernel with unproved=True")
    made = LearnerKernel(learner, dtype, given, unproved, Reached(learner.initial(seed)), threads=threads)
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
