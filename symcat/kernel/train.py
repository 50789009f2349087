"""Training: epochs over shuffled data with a kernel, watched for numbers that are none."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from symcat.errors import DataError, DomainError, UsageError
from symcat.kernel.kernel import Kernel, Run


@dataclass(frozen=True, eq=False)
class History:
    """The state after training and the mean loss of each epoch; `steps` is the number of steps in all."""

    state: list[np.ndarray]
    losses: list[float]
    steps: int


def fit(kernel: Kernel, state: Sequence[np.ndarray], *data: np.ndarray, epochs: int, seed: int = 0, shuffle: bool = True,
        progress: Callable[[int, float], None] | None = None) -> History:
    """Train for some epochs, each over all full batches of the data in an order drawn from `seed`.

    With N samples and batches of B an epoch has floor(N / B) steps; shuffling changes which samples the last, partial batch
    leaves out.  `progress(epoch, mean loss)` is called after each epoch.  DataError for NaN or infinity in the data,
    DomainError naming the epoch when a loss or a parameter stops being a number.
    """
    if epochs < 0:
        raise UsageError(f"epochs = {epochs}: expected 0 or more")
    arrays = [kernel.checked(array, k) for k, array in enumerate(data)]
    for (name, _), array in zip(kernel.step.data, arrays, strict=False):
        if len(array) != len(arrays[0]):
            raise DataError(f"{name} has {len(array)} rows and {kernel.step.data.names[0]} has {len(arrays[0])}: expected the same number")
        check_finite(name, array)
    run, draw, losses = Run(kernel, state), np.random.default_rng(seed), []
    steps = 0
    for epoch in range(1, epochs + 1):
        order = draw.permutation(len(arrays[0])) if shuffle and arrays else None
        found = run.epoch(*(array if order is None else array[order] for array in arrays))
        steps += len(found)
        _check_progress(run, found, epoch)
        losses.append(float(found.mean()))
        if progress is not None:
            progress(epoch, losses[-1])
    return History(run.state(), losses, steps)


def check_finite(name: str, array: np.ndarray) -> None:
    """DataError that names the first entry which is NaN or infinite."""
    bad = np.argwhere(~np.isfinite(array))
    if len(bad):
        row, *column = map(int, bad[0])
        where = f"row {row}" + (f", column {', '.join(map(str, column))}" if column else "")
        raise DataError(f"{name} holds {array[tuple(bad[0])]} in {where}: remove or replace what is not a finite number")


def _check_progress(run: Run, losses: np.ndarray, epoch: int) -> None:
    bad = np.flatnonzero(~np.isfinite(losses))
    if len(bad):
        raise DomainError(f"the loss is {losses[bad[0]]} in epoch {epoch}, step {bad[0] + 1}: training diverged; "
                          "use a smaller learning rate")
    if not run.finite:
        names = zip(run.kernel.work.plan.states, run.state(), strict=True)
        lost = ", ".join(name for name, array in names if not np.isfinite(array).all())
        raise DomainError(f"{lost} not finite after epoch {epoch}: training diverged; use a smaller learning rate")
