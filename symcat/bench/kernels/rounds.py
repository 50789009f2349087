"""Contenders in turns: every round runs each of them, first without the clock, so that all of them meet the same machine."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

LEAST = 4e-3      # seconds that a contender runs for in a round, in as many epochs as that takes
MOST = 40         # epochs of a contender in a round


@dataclass(frozen=True)
class Contender:
    """Something that runs an epoch and returns when it is done; `after` makes of what it returned, off the clock, the numbers that are
    compared: the loss of each step, say."""

    name: str
    epoch: Callable[[], object]
    after: Callable[[object], Sequence[float]] = lambda losses: [float(loss) for loss in losses]


def first(contenders: Sequence[Contender]) -> dict[str, list[float]]:
    """What each contender's first epoch gave; it also compiles what it compiles."""
    return {one.name: list(map(float, one.after(one.epoch()))) for one in contenders}


def in_turns(contenders: Sequence[Contender], rounds: int, steps: int) -> dict[str, list[float]]:
    """Seconds per step of each contender's epochs, over interleaved rounds that each begin with another one."""
    times: dict[str, list[float]] = {one.name: [] for one in contenders}
    repeats = {one.name: min(MOST, max(1, round(LEAST / min(_timed(one) for _ in range(2))))) for one in contenders}
    for k in range(rounds):
        turn = k % len(contenders)
        for one in (*contenders[turn:], *contenders[:turn]):
            _timed(one)
            times[one.name] += [_timed(one) / steps for _ in range(repeats[one.name])]
    return times


def _timed(one: Contender) -> float:
    start = time.perf_counter()
    one.epoch()
    return max(time.perf_counter() - start, 1e-9)


def disagreement(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """The greatest relative difference of two sequences of losses; infinity when one is not finite or they differ in length.

    >>> disagreement([2.0, 1.0], [2.0, 1.1]), disagreement([1.0], [])
    (0.09090909090909098, inf)
    """
    mine, other = np.asarray(ours, dtype=float), np.asarray(theirs, dtype=float)
    if mine.shape != other.shape or not (np.isfinite(mine).all() and np.isfinite(other).all()):
        return float("inf")
    scale = np.maximum(np.abs(other), np.abs(mine))
    return float(np.max(np.abs(mine - other) / np.where(scale > 0, scale, 1.0), initial=0.0))


def least(times: Mapping[str, Sequence[float]]) -> dict[str, float]:
    """The minimum of each, in microseconds."""
    return {name: 1e6 * min(found) for name, found in times.items()}


def middle(times: Mapping[str, Sequence[float]]) -> dict[str, float]:
    """The median of each, in microseconds."""
    return {name: 1e6 * statistics.median(found) for name, found in times.items()}
