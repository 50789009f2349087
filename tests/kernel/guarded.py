"""A process in which every array ends where memory ends, or begins where it begins: what reaches beyond it dies.

    python -m tests.kernel.guarded "MODEL DTYPE BATCH" ...

Prints for each model and each side whether it trains to the state to which it trains in plain memory.
"""

from __future__ import annotations

import ctypes
import mmap
import sys
from collections.abc import Callable
from functools import partial

import numpy as np

from symcat.kernel import kernel as kernels
from symcat.kernel.compiler import compile
from symcat.kernel.program import TrainingStep
from symcat.learn.layers import mlp
from symcat.learn.learner import Learner
from symcat.learn.losses import loss
from symcat.learn.models import model
from symcat.learn.optimisers import OPTIMISERS

PAGE = mmap.PAGESIZE
HELD: list[mmap.mmap] = []


def fenced(size: int, dtype: str, side: str) -> np.ndarray:
    """Zeros that end (side "end") or begin ("start") at a page that may not be touched."""
    item = np.dtype(dtype).itemsize
    pages = -(-size * item // PAGE)
    region = mmap.mmap(-1, (pages + 2) * PAGE)
    HELD.append(region)
    base = ctypes.addressof(ctypes.c_char.from_buffer(region))
    protect = ctypes.CDLL(None, use_errno=True).mprotect
    for fence in (base, base + (pages + 1) * PAGE):
        if protect(ctypes.c_void_p(fence), ctypes.c_size_t(PAGE), 0):
            raise OSError(ctypes.get_errno(), "mprotect")
    start = PAGE if side == "start" else (pages + 1) * PAGE - size * item
    return np.frombuffer(region, dtype=dtype, count=size, offset=start)


def learner(name: str) -> Learner:
    if name == "conv":
        net = model("conv", 36, 3)
        return Learner(net.para, loss("cross_entropy", net.para.cod), OPTIMISERS["momentum"], sizes=net.sizes)
    net = mlp(*map(int, name.split("-")), activation="relu")
    return Learner(net, loss("quadratic", net.cod), OPTIMISERS["adam"])


def trained(kernel: kernels.Kernel, state: list[np.ndarray], place: Callable[[int, str], np.ndarray]) -> list[np.ndarray]:
    """The state after an epoch of two batches, the arena and the data in memory that `place` gives."""
    kernels._aligned = place
    draw, data = np.random.default_rng(1), []
    for wire in kernel.work.f.dom.types[kernel.step.states:]:
        shape = (2 * kernel.batch, *map(int, wire.shape[1:]))
        data.append(place(int(np.prod(shape)), kernel.dtype).reshape(shape))
        data[-1][...] = draw.random(size=shape)
    run = kernels.Run(kernel, state)
    run.epoch(*data)
    return run.state()


def main(*cases: str) -> None:
    plain = kernels._aligned
    for case in cases:
        name, dtype, batch = case.split()
        made = learner(name)
        step = TrainingStep(made.step, len(made.kept))
        values = {symbol.name: size for symbol, size in {**made.sizes, made.size: int(batch)}.items()} | {
            symbol.name: value for symbol, value in made.optimiser.assignment().items()}
        kernel = compile(step, values, None, dtype, unproved=True, validate=False)
        expected = trained(kernel, made.initial(0), plain)
        for side in ("end", "start"):
            print(case, side, end=" ", flush=True)
            found = trained(kernel, made.initial(0), partial(fenced, side=side))
            print("same" if all((a == b).all() for a, b in zip(found, expected, strict=True)) else "different", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
