"""Programs with folds, each beside what it computes in plain NumPy loops: the instances of the tests of folds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
import sympy as sp

from symcat.category.elementwise import relu, sigmoid, sqrt
from symcat.category.morphism import Morphism
from symcat.category.space import Real, Space, Wire, dims, space
from symcat.category.trace import trace
from symcat.category.tracing.folding import fold
from symcat.derivative.reverse import R
from symcat.lens.para import batch

T, n, h, d, B = dims("T n h d B")
Arrays = Sequence[np.ndarray]


@dataclass(frozen=True)
class Folded:
    """A program, the same as a Python loop over arrays, and sizes for its dims."""

    name: str
    program: Callable[..., object]
    loop: Callable[..., object]
    dom: Space
    sizes: dict[str, int] = field(default_factory=lambda: {"T": 4, "n": 2, "h": 3})
    low: float = -1.0

    @property
    def f(self) -> Morphism:
        return trace(self.program, self.dom)

    def inputs(self, seed: int = 0) -> list[np.ndarray]:
        rng = np.random.default_rng(seed)
        return [rng.uniform(self.low, 1.0, self.shape(wire)) for wire in self.dom.types]

    def shape(self, wire: Wire) -> tuple[int, ...]:
        return tuple(int(extent.subs({s: self.sizes[s.name] for s in extent.free_symbols})) for extent in wire.shape)

    def expected(self, inputs: Arrays) -> list[np.ndarray]:
        found = self.loop(*inputs)
        return [np.asarray(one) for one in (found if isinstance(found, tuple) else (found,))]


def scan(cell: Callable, state: object, xs: object, *constants: object, reverse: bool = False, length: int = 0) -> tuple[object, object]:
    """The loop that a fold stands for."""
    lists = xs if isinstance(xs, tuple) else (xs,)
    steps = length or len(lists[0])
    handed: list = [None] * steps
    for step in (range(steps - 1, -1, -1) if reverse else range(steps)):
        entry = tuple(one[step] for one in lists) if isinstance(xs, tuple) else None if xs is None else xs[step]
        state, handed[step] = cell(state, entry, *constants)
    return state, np.array(handed) if handed[0] is not None else None


def elman(s, x, W, U, c):
    s = np.tanh(x @ W + s @ U + c)
    return s, s


def gated(state, x, W, U):
    s, total = state
    gate = _sigmoid(x @ W)
    s = gate * s + (1 - gate) * np.tanh(s @ U)
    return (s, total + s * s), gate * total


def _sigmoid(x):
    return 1 / (1 + np.exp(-x)) if isinstance(x, np.ndarray) else sigmoid(x)


def _relu(x):
    return x * (x > 0) if isinstance(x, np.ndarray) else relu(x)


def _sqrt(x):
    return np.sqrt(x) if isinstance(x, (np.ndarray, float)) else sqrt(x)


ELMAN = space(s=Real[h], x=Real[T, n], W=Real[n, h], U=Real[h, h], c=Real[h])
ROWS: tuple[tuple, ...] = (
    ("elman", lambda f: lambda s, x, W, U, c: f(elman, s, x, W, U, c), ELMAN),
    ("elman reversed", lambda f: lambda s, x, W, U, c: f(elman, s, x, W, U, c, reverse=True), ELMAN),
    ("last state alone", lambda f: lambda s, x, W, U, c: f(elman, s, x, W, U, c)[0], ELMAN),
    ("outputs alone", lambda f: lambda s, x, W, U, c: f(elman, s, x, W, U, c)[1], ELMAN),
    ("two states", lambda f: lambda s, t, x, W, U: (lambda r: (*r[0], r[1]))(f(gated, (s, t), x, W, U)),
     space(s=Real[h], t=Real[h], x=Real[T, n], W=Real[n, h], U=Real[h, h])),
    ("no entries", lambda f: lambda s, A: f(lambda s, x, A: (A @ s, s.sum()), s, None, A, length=3), space(s=Real[h], A=Real[h, h])),
    ("two lists", lambda f: lambda s, x, y: f(lambda s, p: (s * p[0] + p[1], None), s, (x, y))[0],
     space(s=Real[h], x=Real[T, h], y=Real[T, h])),
    ("forth and back", lambda f: lambda s, x: f(lambda s, y: (s + y * y, s * y), s, f(lambda s, x: (s * x, s + x), s, x)[1],
                                               reverse=True), space(s=Real[h], x=Real[T, h])),
    ("nested", lambda f: lambda s, x: f(lambda s, row: (f(lambda r, e: (r * e + e, None), s, row)[0], s), s, x),
     space(s=Real[()], x=Real[T, n])),
    ("a maximum in the cell", lambda f: lambda s, x: f(lambda s, x: (_relu(s) + x * np.max(x + s), np.max(s - x)), s, x),
     space(s=Real[h], x=Real[T, h])),
    ("initial states from the list", lambda f: lambda x: f(lambda s, x: (s * x, s), x[0], x), space(x=Real[T, h])),
)
FOLDED = [Folded(name, make(fold), make(scan), dom) for name, make, dom in ROWS]
POSITIVE = Folded("a root and a quotient", lambda s, x: fold(lambda s, x: (_sqrt(s + x) / s, None), s, x)[0],
                  lambda s, x: scan(lambda s, x: (_sqrt(s + x) / s, None), s, x)[0], space(s=Real[h], x=Real[T, h]), low=0.5)
FOLDED.append(POSITIVE)
BY_NAME = {one.name: one for one in FOLDED}


def variants(one: Folded) -> Iterator[Morphism]:
    """A program, its derivatives and the same on batches, with numbers as sizes."""
    f = one.f
    whole = batch(f, B, range(len(f.dom)))
    for g in (R(f), R(whole), R(batch(f, B, [0])))[: 3 if len(f.dom) < 4 else 2]:
        yield g.substitute({symbol: sp.Integer({**one.sizes, "B": 2}[symbol.name]) for symbol in g.dims})
