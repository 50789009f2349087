"""The suite: each function over all float32 (where it has one argument) and over strata of float64, then on the clock."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from symcat.bench.elementary.library import by_library
from symcat.bench.elementary.oracle import CASES, Arrays, errors, exact, wider
from symcat.bench.elementary.points import BLOCK, everything, strata
from symcat.bench.report import Bar, Report, Row
from symcat.kernel.elementary.bounds import BOUNDS
from symcat.kernel.elementary.machine import compiled

DTYPES = ("float32", "float64")
MANY = 10_000_000           # arguments where not all are gone through
CHUNK = 1 << 19
BLOCKS_PER_STEP = 1024
TIMED, TURNS = 20_000, 41   # numbers in the cache, and times each is called
MILLION = 1_000_000
ALL = 1 << 32


@dataclass(frozen=True)
class Worst:
    """The worst error found, in ulps, and where."""

    error: float = -1.0
    at: tuple[float, ...] = ()
    looked_at: int = 0

    def __str__(self) -> str:
        return ", ".join(float(x).hex() for x in self.at)


def exhaustive(name: str, dtype: str) -> bool:
    """Whether every argument is looked at."""
    return dtype == "float32" and CASES[name].arguments == 1


def steps(name: str) -> int:
    """The steps of progress of a function."""
    return sum((ALL // BLOCK // BLOCKS_PER_STEP if exhaustive(name, dtype) else MANY // CHUNK + 1) + 1 for dtype in DTYPES)


def worst(name: str, dtype: str, step: Callable[[str], None]) -> Worst:
    """The worst error over all arguments that are looked at."""
    blocks, each = (((x,) for x in everything()), BLOCKS_PER_STEP) if exhaustive(name, dtype) else (_chunks(name, dtype), 1)
    return over(name, dtype, _told(blocks, each, lambda: step(f"{name}, {dtype}")))


def over(name: str, dtype: str, blocks: Iterable[Arrays]) -> Worst:
    """The worst error over some blocks of arguments."""
    run, found = compiled(name, dtype, numbers=CASES[name].numbers), Worst()
    for block in blocks:
        gaps = errors(run(*block), exact(name, block))
        k = int(gaps.argmax())
        best = (float(gaps[k]), tuple(float(x[k]) for x in block)) if gaps[k] > found.error else (found.error, found.at)
        found = Worst(*best, found.looked_at + gaps.size)
    return found


def _chunks(name: str, dtype: str) -> Iterator[Arrays]:
    for seed in range(MANY // CHUNK + 1):
        yield strata(name, dtype, CHUNK, seed)


def _told(blocks: Iterable[Arrays], each: int, step: Callable[[], None]) -> Iterator[Arrays]:
    """The blocks, with a step after so many."""
    for count, block in enumerate(blocks, 1):
        yield block
        if count % each == 0:
            step()


def report(name: str, step: Callable[[str], None]) -> Report:
    """Errors against bounds, and times beside NumPy and the C library."""
    found = Report()
    for dtype in DTYPES:
        label = f"{name}, {dtype}"
        if wider(dtype) is None:
            found += Report(bars=(Bar(f"{label}: worst error", None, "ulp", at_most=BOUNDS[name], note="no wider type to compare with"),))
        else:
            least = worst(name, dtype, step)
            found += Report(bars=(Bar(f"{label}: worst error", round(least.error, 4), "ulp", at_most=BOUNDS[name],
                                      note=f"at {least}; {least.looked_at:,} arguments"),))
        found += Report(rows=(clocked(name, dtype),))
        step(label)
    return found


def clocked(name: str, dtype: str) -> Row:
    """A million numbers by ours, NumPy and the C library in turns: medians, which in milliseconds are nanoseconds for a number."""
    case = CASES[name]
    draw, ends = np.random.default_rng(0), (max(case.span[0], -20), min(case.span[1], 20))
    arguments = [draw.uniform(*ends, TIMED).astype(dtype) for _ in range(case.arguments)]
    out = np.empty(TIMED, dtype)
    ours, theirs = compiled(name, dtype, numbers=case.numbers), by_library(name, dtype, case.numbers)
    ways = {"ours": lambda: ours(*arguments, out=out), "NumPy": lambda: case.beside(*arguments, *case.numbers),
            "C library": lambda: theirs(*arguments, out=out)}
    times: dict[str, list[float]] = {way: [] for way in ways}
    with np.errstate(all="ignore"):
        for turn in range(-2, TURNS):
            for way, call in ways.items():
                start = time.perf_counter()
                call()
                times[way].extend([time.perf_counter() - start] if turn >= 0 else [])
    figures = {way: 1e6 * statistics.median(found) * MILLION / TIMED for way, found in times.items()}
    peers = {way: figure for way, figure in figures.items() if way != "ours"}
    return Row("elementary", f"{name}, {dtype}, a million numbers", figures["ours"], peers,
               {way: figure / figures["ours"] for way, figure in peers.items()})
