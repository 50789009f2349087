"""A small solver for semidefinite feasibility: how positive can symmetric matrices on an affine space be made?

The unknowns are one vector u = start + basis t, and the matrices are its entries, arranged by index arrays.  Newton's method on
a logarithmic barrier finds u that makes the least eigenvalue as large as it gets.  The numbers that come out are guesses, to be
rounded and checked exactly by whoever asked.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

RADIUS = 1e4        # bound on |t|, so that the optimum exists
CEILING = 1.0       # no need for eigenvalues beyond this
SHRINK = 0.15
FIRST, LAST = 1.0, 1e-11
STEPS = 12
MARGIN = 1e-3

Array = np.ndarray


@dataclass(frozen=True)
class Barrier:
    """maximise s + mu (sum log det(M_k(t) - s I) + log(RADIUS^2 - |t|^2) + log(CEILING - s)).

    Matrices of size 1 are kept together in one vector.
    """

    starts: Sequence[Array]         # n x n
    slopes: Sequence[Array]         # P x n x n
    line_start: Array               # K
    line_slope: Array               # K x P

    def matrices(self, t: Array, s: float) -> list[Array]:
        return [m + np.tensordot(t, slope, 1) - s * np.eye(len(m)) for m, slope in zip(self.starts, self.slopes, strict=True)]

    def line(self, t: Array, s: float) -> Array:
        return self.line_start + self.line_slope @ t - s

    def least(self, t: Array) -> float:
        """The least eigenvalue of all."""
        eigenvalues = [float(np.linalg.eigvalsh(m)[0]) for m in self.matrices(t, 0.0)]
        return min([*eigenvalues, float(self.line(t, 0.0).min(initial=np.inf))])

    def inside(self, t: Array, s: float) -> bool:
        return s < CEILING and t @ t < RADIUS**2 and self.least(t) > s

    def value(self, t: Array, s: float, mu: float) -> float:
        dets = sum(float(np.linalg.slogdet(m)[1]) for m in self.matrices(t, s)) + float(np.log(self.line(t, s)).sum())
        return s + mu * (dets + np.log(RADIUS**2 - t @ t) + np.log(CEILING - s))

    def newton(self, t: Array, s: float, mu: float) -> Array:
        """The ascent direction in (t, s)."""
        size = len(t) + 1
        rows = np.hstack([self.line_slope, -np.ones((len(self.line_start), 1))]) / self.line(t, s)[:, None]
        gradient, curvature = rows.sum(axis=0), rows.T @ rows
        for m, slope in zip(self.matrices(t, s), self.slopes, strict=True):
            half = np.linalg.inv(np.linalg.cholesky(m))
            moves = np.concatenate([slope, -np.eye(len(m))[None]])
            scaled = half @ moves @ half.T
            gradient += np.trace(scaled, axis1=1, axis2=2)
            flat = scaled.reshape(size, -1)
            curvature += flat @ flat.T
        room = RADIUS**2 - t @ t
        gradient[:-1] -= 2 * t / room
        curvature[:-1, :-1] += 2 * np.eye(len(t)) / room + 4 * np.outer(t, t) / room**2
        gradient[-1] += 1 / mu - 1 / (CEILING - s)
        curvature[-1, -1] += 1 / (CEILING - s) ** 2
        return np.linalg.solve(curvature, gradient)


def most_positive(start: Array, basis: Array, blocks: Sequence[Array], deadline: float) -> tuple[Array, float] | None:
    """The vector u with the least eigenvalue that was reached, or None when that is clearly negative or time is up.

    start : (U,), basis : (U, P) with orthonormal columns, blocks : (n, n) arrays of positions in u.
    """
    full = [index for index in blocks if len(index) > 1]
    line = np.array([index[0, 0] for index in blocks if len(index) == 1], dtype=int)
    barrier = Barrier([start[index] for index in full], [basis.T[:, index] for index in full], start[line], basis[line])
    t = np.zeros(basis.shape[1])
    s = min(barrier.least(t) - 1.0, CEILING - 1.0)
    weight = sum(len(index) for index in blocks) + 2
    mu = FIRST
    while mu > LAST:
        try:
            for _ in range(STEPS):
                if time.monotonic() > deadline:
                    return None
                step = barrier.newton(t, s, mu)
                size = _length(barrier, t, s, step, mu)
                t, s = t + size * step[:-1], s + size * step[-1]
                if size * float(np.abs(step).max()) < 1e-9 * (1 + float(np.abs(t).max(initial=0.0))):
                    break
        except np.linalg.LinAlgError:
            break
        if s + 4 * mu * weight < -1e-5:
            return None
        if s > MARGIN and s > 10 * mu * weight:
            break
        mu *= SHRINK
    return (start + basis @ t, s) if s > -1e-5 else None


def _length(barrier: Barrier, t: Array, s: float, step: Array, mu: float) -> float:
    """How far to go: inside the domain, and uphill."""
    size, here = 1.0, barrier.value(t, s, mu)
    for _ in range(40):
        there = (t + size * step[:-1], s + size * step[-1])
        if barrier.inside(*there) and barrier.value(*there, mu) >= here - 1e-13 * abs(here):
            return size
        size /= 2
    return 0.0
