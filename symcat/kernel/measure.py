"""How fast a kernel's nests run, beside what one core can do: the rate of a product, and that of numbers through memory.

Each nest, or all nests of a recurrence, is compiled as a program of its own and run in the kernel's memory.  What a step cannot be
faster than, the roofline, is the longer of its arithmetic at the first rate and its memory at the second.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from itertools import groupby

import numpy as np

from symcat.category.expression import At
from symcat.category.morphism import Builder
from symcat.category.space import Real, space
from symcat.kernel import cache as files
from symcat.kernel import compiler, jit
from symcat.kernel.account import Account, account
from symcat.kernel.emit import emit
from symcat.kernel.kernel import Kernel, Run
from symcat.kernel.program import TrainingStep

ROUNDS = 5
SECONDS = 0.01      # of a round, about
STEPS = 64          # in one call, where the data for so many are small
DATA = 1 << 20      # bytes of data in one call, about
PRODUCT = (48, 256, 64)


@dataclass(frozen=True)
class Speed:
    """Seconds of a step and of each nest in it, all its runs together, None where it was measured with others.

    `peak` is in operations a second, `stream` in bytes a second, both of one core.
    """

    account: Account
    step: float
    nests: tuple[float | None, ...]
    peak: float
    stream: float

    def bound(self, flops: int, bytes: int) -> float:
        """The seconds that so much takes at least."""
        return max(flops / self.peak, bytes / self.stream)

    def share(self, position: int | None = None) -> float | None:
        """The share of the roofline that the step, or one nest, reaches."""
        row = None if position is None else self.account.rows[position]
        seconds = self.step if row is None else self.nests[position]
        if seconds is None:
            return None
        flops, bytes = (self.account.flops, self.account.bytes) if row is None else (row.flops * row.times, row.bytes * row.times)
        return self.bound(flops, bytes) / seconds


def speed(kernel: Kernel) -> Speed:
    """Run a kernel and each of its nests on random data."""
    plan, face = kernel.work.plan, kernel.interface
    draw = np.random.default_rng(0)
    state = [draw.uniform(0.1, 1.0, shape) for shape in face.shapes]
    batch = face.batch * sum(math.prod(sample) for sample in face.samples) * np.dtype(kernel.dtype).itemsize
    steps = min(STEPS, max(1, DATA // max(1, batch)))
    data = [kernel.checked(draw.uniform(size=(steps * face.batch, *sample)), k) for k, sample in enumerate(face.samples)]
    whole = _seconds(lambda: Run(kernel, state), lambda run: run.epoch(*data, steps=steps)) / steps
    found: list[float | None] = []
    for group, members in groupby(range(len(plan.nests)), key=lambda k: plan.nests[k].group):
        members = list(members)
        for part in ([members] if group is not None else [[k] for k in members]):
            alone = _alone(kernel, part)
            seconds = _seconds(lambda: Run(kernel, state), lambda run, alone=alone: _epoch(run, alone, data, steps)) / steps
            found += [seconds, *[None] * (len(part) - 1)]
    size = kernel.work.layout.reals
    return Speed(account(kernel.work), whole, tuple(found), peak(kernel.dtype), stream(kernel.dtype, 1 << max(10, size.bit_length())))


def _alone(kernel: Kernel, members: list[int]) -> Callable[..., None]:
    """Some nests of a kernel as a program of their own, for one thread."""
    work = kernel.work
    text = emit(replace(work.plan, nests=tuple(work.plan.nests[k] for k in members)), work.layout)
    module = text.module("Some nests of a kernel, to be measured.", kernel.dtype)
    path = files.write(files.cache_folder() / f"nests_{files.digest(module)[:16]}_{jit.build()[:8]}.py", module)
    return jit.compiled(path, module, len(work.plan.data), kernel.dtype)


def _epoch(run: Run, function: Callable[..., None], data: list[np.ndarray], steps: int) -> None:
    function(run.arena, np.empty(steps, run.arena.dtype), *(array.reshape(steps, -1) for array in data))


def _seconds(start: Callable[[], Run], call: Callable[[Run], object]) -> float:
    """The least seconds of a call, in memory that is set up anew for every round."""
    best = float("inf")
    for _ in range(ROUNDS):
        run, stop = start(), time.perf_counter() + SECONDS
        while True:
            begin = time.perf_counter()
            call(run)
            end = time.perf_counter()
            best = min(best, end - begin)
            if end > stop:
                break
    return best


# ---- what one core can do
@cache
def peak(dtype: str) -> float:
    """Operations a second of a product whose factors lie in the cache."""
    m, k, n = PRODUCT
    b = Builder()
    A, B, _ = b.inputs(space(A=Real[m, k], B=Real[k, n], C=Real[m, n]))
    product = b.gather((m, n), lambda i, j, t: At(A, i, t) * At(B, t, j), (k,))
    return 2 * m * k * n / _fastest(b, (A, B, product), ("A", "B", "C"), dtype)


@cache
def stream(dtype: str, size: int) -> float:
    """Bytes a second of x + y, written to x, for arrays of so many numbers in all."""
    b, n = Builder(), size // 2
    x, y = b.inputs(space(x=Real[n], y=Real[n]))
    total = b.gather((n,), lambda i: At(x, i) + At(y, i))
    return 3 * n * np.dtype(dtype).itemsize / _fastest(b, (total, y), ("x", "y"), dtype)


def _fastest(b: Builder, outs: tuple[str, ...], names: tuple[str, ...], dtype: str) -> float:
    """Seconds of a step without data, in one thread."""
    zero = b.gather((), lambda: At(outs[-1], *[0] * len(b.wires[outs[-1]].shape)))
    step = TrainingStep(b.build([*outs, zero], [*names, "loss"]), len(outs))
    made = compiler.compile(step, {}, {}, dtype, unproved=True, validate=False, threads=1)
    state = [np.zeros(shape) for shape in made.shapes]
    losses = np.empty(16, dtype)
    return _seconds(lambda: Run(made, state), lambda run: made.function(run.arena, losses)) / len(losses)
