"""Training: epochs over shuffled data with a kernel, watched for numbers that are none, always with a valid state at hand."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, partial

import numpy as np

from symcat.errors import DataError, DivergenceError, UsageError
from symcat.kernel.arrays import check_finite
from symcat.kernel.kernel import Kernel, Run

Arrays = list[np.ndarray]


@dataclass(frozen=True, eq=False)
class History:
    """The state after training and the mean loss of each epoch; `steps` is the number of steps in all."""

    state: list[np.ndarray]
    losses: list[float]
    steps: int


@dataclass(frozen=True, eq=False)
class Reached:
    """Where training stands at the end of an epoch: the state, the number of finished epochs, and the generator of orders.

    `found` is the state, or what makes it from a copy of memory when it is wanted.  `order` is the state of the generator from
    which the next epoch's order is drawn, None before any was.
    """

    found: Arrays | Callable[[], Arrays]
    epochs: int = 0
    order: Mapping | None = None

    @cached_property
    def state(self) -> Arrays:
        return self.found() if callable(self.found) else self.found

    def __getstate__(self) -> dict[str, object]:
        return {"found": self.state, "epochs": self.epochs, "order": self.order}

    def __setstate__(self, state: dict[str, object]) -> None:
        vars(self).update(state)


def fit(kernel: Kernel, state: Sequence[np.ndarray], *data: np.ndarray, epochs: int, seed: int = 0, shuffle: bool = True,
        progress: Callable[[int, float], None] | None = None, rest: Kernel | None = None, start: Reached | None = None,
        reach: Callable[[Reached, float], None] | None = None, kinds: Mapping[str, str] | None = None) -> History:
    """Train for some epochs, each over all full batches of the data in an order drawn from `seed`.

    With N samples and batches of B an epoch has floor(N / B) steps; shuffling changes which samples the last, partial batch
    leaves out.  `rest` is a kernel for exactly N mod B samples: with it each epoch ends with a step on that partial batch,
    and an epoch's loss is the mean over all samples.  `start` says where to go on from, its generator in place of the seed.
    `progress(epoch, mean loss)` is called after each epoch, and before it `reach(where training stands, mean loss)`.

    DataError for NaN or infinity in the data, DivergenceError naming epoch, step and arrays (as `kinds` calls them) when a
    loss or a state stops being a finite number; its state is that of the end of the epoch before.
    """
    if not isinstance(epochs, (int, np.integer)) or epochs < 0:
        raise UsageError(f"epochs = {epochs}: expected a whole number, 0 or more")
    arrays = _checked(kernel, data)
    draw = np.random.default_rng(seed)
    if start is not None and start.order is not None:
        draw.bit_generator.state = start.order
    epoch, losses, steps = start.epochs if start else 0, [], 0
    run = Runs(kernel, state, rest)
    good = run.image()
    for _ in range(epochs):
        order = draw.permutation(len(arrays[0])) if shuffle and arrays else None
        taken = arrays if order is None else [array[order] for array in arrays]
        found = run.epoch(taken)
        epoch, steps = epoch + 1, steps + len(found)
        if not (np.isfinite(found).all() and run.finite):
            kept = run.state(good)
            raise _diverged(Runs(kernel, kept, rest), taken, kept, epoch, losses, kinds or {})
        good = run.image()
        losses.append(run.mean(found))
        if reach is not None:
            reach(Reached(partial(run.state, good), epoch, draw.bit_generator.state), losses[-1])
        if progress is not None:
            progress(epoch, losses[-1])
    return History(run.state(good), losses, steps)


class Runs:
    """A run of a kernel over full batches, followed, where there is a kernel for them, by one over the rows that are left."""

    def __init__(self, kernel: Kernel, state: Sequence[np.ndarray], rest: Kernel | None = None) -> None:
        self.kernel, self.rest = kernel, rest
        self.run = Run(kernel, state)

    def epoch(self, data: Sequence[np.ndarray]) -> np.ndarray:
        """The loss of each step."""
        if self.rest is None:
            return self.run.epoch(*data)
        full = len(data[0]) // self.kernel.batch * self.kernel.batch
        parts = [self.run.epoch(*(array[:full] for array in data))] if full else []
        last = Run(self.rest, self.run.state())
        parts.append(last.epoch(*(array[full:] for array in data)))
        self.run = Run(self.kernel, last.state())
        return np.concatenate(parts)

    def mean(self, losses: np.ndarray) -> float:
        """The mean over the samples of the losses of an epoch's steps."""
        if self.rest is None or len(losses) == 1:
            return float(np.add.reduce(losses, dtype=np.float64)) / len(losses)
        weights = np.full(len(losses), self.kernel.batch)
        weights[-1] = self.rest.batch
        return float(np.average(losses, weights=weights))

    def steps(self, data: Sequence[np.ndarray]) -> Iterator[float]:
        """The same epoch step by step: the loss of each."""
        batch, rows = self.kernel.batch, len(data[0]) if data else 1
        for first in range(0, rows - batch + 1, batch):
            yield self.run.epoch(*(array[first: first + batch] for array in data))[0]
        if self.rest is not None:
            self.run = Run(self.rest, self.run.state())
            yield self.run.epoch(*(array[rows // batch * batch:] for array in data))[0]

    @property
    def finite(self) -> bool:
        return self.run.finite

    def image(self) -> np.ndarray:
        return self.run.image()

    def state(self, image: np.ndarray | None = None) -> Arrays:
        return self.run.state(image)


def _checked(kernel: Kernel, data: Sequence[np.ndarray]) -> Arrays:
    """The data as the kernel reads them: as many rows in each, all numbers finite."""
    arrays = [kernel.checked(array, k) for k, array in enumerate(data)]
    names = kernel.interface.data
    for name, array in zip(names, arrays, strict=False):
        if len(array) != len(arrays[0]):
            raise DataError(f"{name} has {len(array)} rows and {names[0]} has {len(arrays[0])}: expected the same number")
        if not len(array):
            raise DataError(f"{name} has no rows: there is nothing to train on")
        check_finite(name, array)
    return arrays


def _diverged(run: Runs, data: Sequence[np.ndarray], good: Arrays, epoch: int, losses: Sequence[float],
              kinds: Mapping[str, str]) -> DivergenceError:
    """The epoch again, step by step, to the first step after which a number is none."""
    names = run.kernel.interface.states
    for step, value in enumerate(run.steps(data), start=1):
        if np.isfinite(value) and run.finite:
            continue
        lost = [name for name, array in zip(names, run.state(), strict=True) if not np.isfinite(array).all()]
        wires = (*lost, *([] if np.isfinite(value) else ["loss"]))
        shown = ", ".join(f"{kinds.get(name, 'state')} {name}" for name in lost)
        said = " and ".join([*([shown] if shown else []), *([] if np.isfinite(value) else [f"the loss ({value})"])])
        kept = f"the state as of the end of epoch {epoch - 1} is kept" if epoch > 1 else "the state is what it was before"
        return DivergenceError(f"not finite after step {step} of epoch {epoch}: {said}; training diverged; use a smaller learning rate; "
                               f"{kept}", wires, epoch, step, tuple(good), tuple(losses))
    return DivergenceError(f"a number stopped being finite in epoch {epoch}; training diverged; use a smaller learning rate",
                           (), epoch, 0, tuple(good), tuple(losses))
