"""Exported code on the clock: the Numba loop against the traffic of its arrays, the optax export beside optax's own.

The bound of the loop is a kernel that reads four arrays and writes three in place, and computes next to nothing.  Both of a pair are
timed in turns, in processor time, so that a busy machine slows both alike; minimum and median are told.
"""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from importlib.util import find_spec
from types import ModuleType
from typing import Any

import numpy as np

from symcat.bench.report import Bar, Report, Row, microseconds
from symcat.interop.export import export
from symcat.interop.export.readback import load
from symcat.learn.optimisers import OPTIMISERS

SIZES = (1_000_000, 10_000_000)     # parameters of the loop
SHAPES = ((784, 256), (256,), (256, 128), (128,), (128, 10), (10,))      # of the tree of parameters
STEPS = len(SIZES) + 1
SHARE = 0.9         # of the speed of the bound
SLOWER = 1.05       # times optax's own, what is left to noise

TRAFFIC = '''import numpy as np
from numba import njit


@njit(fastmath={"contract", "nsz"}, error_model="numpy")
def traffic(p, g, m, v):
    for i in range(p.size):
        total = p[i] + g[i] + m[i] + v[i]
        p[i], m[i], v[i] = total, total, total
'''


def report(step: Callable[[str], None]) -> Report:
    """The figures of both exports of Adam."""
    found = Report()
    module = load(export(OPTIMISERS["adam"], "numba"), "adam_numba")
    bound = load(TRAFFIC, "traffic")
    for size in SIZES:
        found += _loop(module, bound, size)
        step(f"{size:,} parameters")
    return found + _optax(step)


def _loop(module: ModuleType, bound: ModuleType, size: int) -> Report:
    """The loop beside its bound."""
    draw = np.random.default_rng(0)
    arrays = [draw.normal(size=size).astype(np.float32) for _ in range(3)] + [np.zeros(size, np.float32)]
    still = [np.zeros(size, np.float32) for _ in range(4)]
    ours, theirs = in_turns(lambda k: module.update(*arrays, float(k)), lambda k: bound.traffic(*still), 60 if size <= 1_000_000 else 15)
    least, middle = min(theirs) / min(ours), statistics.median(theirs) / statistics.median(ours)
    row = Row("export", f"Numba Adam, float32, {size:,}", microseconds(ours), {"traffic": microseconds(theirs)}, {"traffic": middle})
    bar = Bar(f"Numba Adam at {size:,}: share of the traffic bound", least, at_least=SHARE, note=f"of minima; {middle:.2f} of medians")
    return Report((row,), (bar,))


def _optax(step: Callable[[str], None]) -> Report:
    """Both transformations under jit on a tree of parameters."""
    if find_spec("jax") is None or find_spec("optax") is None:
        return Report(bars=(Bar("optax export: time over optax's own", None, at_most=SLOWER, note="optax is not installed"),))
    module = load(export(OPTIMISERS["adam"], "optax"), "adam_optax")
    runs = [stepper(module.jax, made) for made in (module.adam(), module.optax.adam(1e-3))]
    ours, theirs = in_turns(runs[0], runs[1], 200)
    step("optax")
    least, middle = min(ours) / min(theirs), statistics.median(ours) / statistics.median(theirs)
    count = sum(int(np.prod(shape)) for shape in SHAPES)
    row = Row("export", f"optax Adam under jit, {len(SHAPES)} leaves, {count:,}", microseconds(ours), {"optax": microseconds(theirs)},
              {"optax": 1 / middle})
    bar = Bar("optax export: time over optax's own", least, at_most=SLOWER, note=f"of minima; {middle:.2f} of medians")
    return Report((row,), (bar,))


def stepper(jax: Any, made: Any) -> Callable[[int], None]:
    """One jitted step of a transformation, its state kept and given up to it."""
    draw = np.random.default_rng(0)
    tree = [jax.numpy.asarray(draw.normal(size=shape).astype(np.float32)) for shape in SHAPES]
    jitted = jax.jit(made.update, donate_argnums=(1,))
    held = [made.init(tree)]

    def run(k: int) -> None:
        updates, held[0] = jitted(tree, held[0], tree)
        jax.block_until_ready(updates)

    return run


def in_turns(first: Callable[[int], None], second: Callable[[int], None], count: int) -> tuple[list[float], list[float]]:
    """The processor times of two calls in turns, in seconds; the first calls, which compile, are not told."""
    times: tuple[list[float], list[float]] = ([], [])
    for k in range(-3, count):
        for which in (0, 1) if k % 2 else (1, 0):
            start = time.process_time()
            (first, second)[which](k + 4)
            times[which].extend([time.process_time() - start] if k >= 0 else [])
    return times
