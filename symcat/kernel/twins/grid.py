"""The primitives on tiles over any ring: a tile is a NumPy array of ring elements, a row for each of its rows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from typing import TYPE_CHECKING

import numpy as np

from symcat.errors import ValidationError
from symcat.kernel.tiles.names import Shape, by_pairs
from symcat.kernel.twins.memory import Memory

if TYPE_CHECKING:
    from symcat.kernel.twins.twin import Twin

@dataclass(frozen=True, eq=False)
class Grid:
    """The entries of a tile, an array of (rows, lanes) ring elements, with the arithmetic of tiles."""

    twin: Twin
    shape: Shape
    values: np.ndarray

    def operand(self, other: object) -> np.ndarray:
        """The entries of another tile of this shape, or a number that stands in every lane."""
        if not isinstance(other, Grid):
            return np.asarray(self.twin.unwrap(other), dtype=self.twin.scalars.dtype)
        if other.shape != self.shape:
            raise ValidationError(f"a tile of {self.shape} meets one of {other.shape}")
        return other.values

    def _made(self, values: np.ndarray) -> Grid:
        return Grid(self.twin, self.shape, values)

    def __add__(self, other: object) -> Grid:
        return self._made(self.twin.scalars.add(self.values, self.operand(other)))

    def __mul__(self, other: object) -> Grid:
        return self._made(self.twin.scalars.multiply(self.values, self.operand(other)))

    __radd__, __rmul__ = __add__, __mul__

    def __neg__(self) -> Grid:
        return self._made(self._negative(self.values))

    def __sub__(self, other: object) -> Grid:
        return self._made(self.twin.scalars.add(self.values, self._negative(self.operand(other))))

    def __rsub__(self, other: object) -> Grid:
        return self._made(self.twin.scalars.add(self.operand(other), self._negative(self.values)))

    def __truediv__(self, other: object) -> Grid:
        return self._made(self.twin.quotient(self.values, np.broadcast_to(self.operand(other), self.values.shape)))

    def __rtruediv__(self, other: object) -> Grid:
        return self._made(self.twin.quotient(np.broadcast_to(self.operand(other), self.values.shape), self.values))

    def _negative(self, values: np.ndarray) -> np.ndarray:
        return self.twin.scalars.multiply(values, self.twin.scalars.full((), -1))


# ---- addresses
@cache
def _rows(shape: Shape, sp: int, sq: int) -> np.ndarray:
    return (np.arange(shape.p)[:, None] * sp + np.arange(shape.q) * sq).reshape(-1, 1)


@cache
def _steps(shape: Shape, sp: int, sq: int, sl: int = 1) -> np.ndarray:
    """The steps from the origin of an access to each of its entries."""
    return _rows(shape, sp, sq) + np.arange(shape.width) * sl


# ---- primitives that create tiles
def zero(twin: Twin, shape: Shape) -> Grid:
    return Grid(twin, shape, twin.scalars.full((shape.rows, shape.width), 0))


def full(twin: Twin, shape: Shape, x: object) -> Grid:
    values = np.empty((shape.rows, shape.width), twin.scalars.dtype)
    values[:] = twin.unwrap(x)
    return Grid(twin, shape, values)


def load(twin: Twin, shape: Shape, A: Memory, o: int, sp: int, sq: int) -> Grid:
    return Grid(twin, shape, A.read(o, _steps(shape, sp, sq)))


def gather(twin: Twin, shape: Shape, A: Memory, o: int, sp: int, sq: int, sl: int) -> Grid:
    return Grid(twin, shape, A.read(o, _steps(shape, sp, sq, sl)))


def iota(twin: Twin, shape: Shape, o: int, c: int) -> Grid:
    row = twin.scalars.integers(o + c * np.arange(shape.width))
    return Grid(twin, shape, np.broadcast_to(row, (shape.rows, shape.width)))


# ---- primitives of tiles
def store(twin: Twin, A: Memory, o: int, sp: int, sq: int, t: Grid) -> None:
    A.write(o, _steps(t.shape, sp, sq), t.values)


def scatter(twin: Twin, A: Memory, o: int, sp: int, sq: int, sl: int, t: Grid) -> None:
    if sl == 0:
        raise ValidationError("a scatter with lane stride 0 writes all lanes to one place")
    A.write(o, _steps(t.shape, sp, sq, sl), t.values)


def outer(twin: Twin, t: Grid, A: Memory, ao: int, sp: int, sq: int, B: Memory, bo: int) -> Grid:
    column = A.read(ao, _rows(t.shape, sp, sq))
    row = B.read(bo, _steps(t.shape, 0, 0)[0])
    return Grid(twin, t.shape, twin.scalars.add(t.values, twin.scalars.multiply(column, row)))


def _vectors(t: Grid, n: int) -> list[np.ndarray]:
    """The first n lanes of a tile of one row, vector by vector."""
    if t.shape.rows != 1 or not 1 <= n <= t.shape.width:
        raise ValidationError(f"a reduction over {n} lanes of a tile of {t.shape}")
    return [t.values[0, k: min(k + t.shape.l, n)] for k in range(0, n, t.shape.l)]


def _filled(part: np.ndarray, lanes: int, value: object) -> np.ndarray:
    full = np.empty(lanes, part.dtype)
    full[:] = value
    full[: len(part)] = part
    return full


def hsum(twin: Twin, t: Grid, n: int) -> object:
    nothing = twin.scalars.convert(0)
    total = by_pairs([_filled(part, t.shape.l, nothing) for part in _vectors(t, n)], twin.scalars.add)
    while len(total) > 1:
        total = twin.scalars.add(*np.split(total, 2))
    return twin.wrap(total[0])


def hmax(twin: Twin, t: Grid, n: int) -> object:
    best, *others = np.concatenate(_vectors(t, n)).reshape(-1, 1)
    for other in others:
        if twin.greater(other, best)[0]:
            best = other
    return twin.wrap(best[0])


def hpick(twin: Twin, t: Grid, q: Grid, n: int) -> object:
    """Going through the lanes: a greater value wins, and of two values of which none is greater the lesser position."""
    values, positions = (np.concatenate(_vectors(g, n)).reshape(-1, 1) for g in (t, q))
    best = 0
    for k in range(1, n):
        level = not twin.greater(values[best], values[k])[0]
        if twin.greater(values[k], values[best])[0] or (level and twin.greater(positions[best], positions[k])[0]):
            best = k
    return twin.wrap(positions[best, 0])


def rsum(twin: Twin, t: Grid) -> Grid:
    return Grid(twin, Shape(1, 1, t.shape.v, t.shape.l), by_pairs(list(t.values), twin.scalars.add)[None, :])


def turned(twin: Twin, t: Grid, n: int) -> Grid:
    return Grid(twin, Shape(1, n, 1, t.shape.l), t.values.T[:n].copy())


def dot(twin: Twin, C: Memory, co: int, cs: int, A: Memory, ao: int, ai: int, at: int, B: Memory, bo: int, bt: int, bj: int,
        m: int, k: int, n: int) -> None:
    """The product of two matrices; how they lie in memory is in the strides alone."""
    rows, steps, columns = np.arange(m)[:, None], np.arange(k), np.arange(n)
    left, right = A.read(ao, rows * ai + steps * at), B.read(bo, steps[:, None] * bt + columns * bj)
    total = twin.scalars.full((m, n), 0)
    for t in range(k):
        total = twin.scalars.add(total, twin.scalars.multiply(left[:, t, None], right[t]))
    C.write(co, rows * cs + columns, total)


CREATORS: dict[str, Callable] = {"zero": zero, "full": full, "load": load, "gather": gather, "iota": iota}
CONSUMERS: dict[str, Callable] = {
    "store": store, "scatter": scatter, "outer": outer, "hsum": hsum, "hmax": hmax, "hpick": hpick, "rsum": rsum, "turned": turned,
    "dot_nn": dot, "dot_nt": dot, "dot_tn": dot, "dot_tt": dot,
}


def power(twin_power: Callable[[np.ndarray, Fraction], np.ndarray]) -> dict[str, Callable[..., np.ndarray]]:
    """The element functions that are constant powers, from the power of a ring."""
    return {
        "sqrt": lambda x: twin_power(x, Fraction(1, 2)),
        "rsqrt": lambda x: twin_power(x, Fraction(-1, 2)),
        "root": lambda x, n: twin_power(x, Fraction(1, n)),
        "rational_power": lambda x, p, q: twin_power(x, Fraction(p, q)),
    }
