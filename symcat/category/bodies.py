"""Bodies of comprehensions at many points at once: loop indices are open grids, reads are fancy indexing.

A factor `Bracket` or `Delta` drops the points at which it is 0 before the other factors are evaluated.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import sympy as sp

from symcat.category.expression import Argmax, At, Bracket, Delta, index
from symcat.category.functions import Smooth
from symcat.category.scalars import Scalars, rational
from symcat.errors import DomainError, ShapeError


@dataclass(frozen=True)
class Box:
    """Points at which a body is evaluated: for each loop index an integer array that broadcasts to `shape`."""

    indices: Mapping[sp.Symbol, np.ndarray]
    shape: tuple[int, ...]

    @classmethod
    def of(cls, ranges: Sequence[tuple[int, int]]) -> Box:
        rank = len(ranges)
        grids = {index(k): np.arange(*bounds).reshape([-1 if j == k else 1 for j in range(rank)]) for k, bounds in enumerate(ranges)}
        return cls(grids, tuple(stop - start for start, stop in ranges))

    def where(self, mask: np.ndarray) -> Box:
        """The points at which a mask of the box's shape is true, in a row."""
        return Box({s: np.broadcast_to(a, self.shape)[mask] for s, a in self.indices.items()}, (int(mask.sum()),))


@dataclass(frozen=True)
class Reader:
    """What a body's names mean: `value` gives scalars, `integer` index values, `mask` the points that guards admit."""

    ring: Scalars
    arrays: Mapping[str, np.ndarray]
    selections: Mapping[str, np.ndarray]
    values: Mapping[sp.Symbol, object]
    sizes: Mapping[sp.Symbol, int]

    def value(self, e: sp.Expr, box: Box) -> np.ndarray:
        """A body at the points of a box: an array that broadcasts to the box's shape."""
        ring = self.ring
        if e.is_Rational:
            return ring.full((), e)
        if isinstance(e, At):
            return self.read(self.arrays[e.name], e.indices, box, e)
        if e in self.values:
            return np.asarray(self.values[e], dtype=ring.dtype)
        if isinstance(e, (sp.Symbol, Argmax)):
            return ring.integers(self.integer(e, box))
        if e.is_Add:
            return self._fold(ring.add, e.args, box)
        if e.is_Mul or isinstance(e, (Bracket, Delta)):
            return self._product(e, box)
        if e is sp.E:
            return ring.call("exp", [ring.full((), 1)])
        if e.is_Pow and not isinstance(e, sp.exp):
            return self._power(*e.args, box)
        if isinstance(e, Smooth):
            return ring.smooth(e.args[0].name, int(e.args[1]), self.value(e.args[2], box))
        if isinstance(e, sp.Function):
            return ring.call(type(e).__name__, [self.value(argument, box) for argument in e.args])
        raise DomainError(f"{e}, a {type(e).__name__}, has no meaning in a body: bodies are made of reads, numbers and the functions "
                          "of symcat.category.functions")

    def integer(self, e: sp.Expr, box: Box) -> np.ndarray:
        """An index expression at the points of a box."""
        if e.is_Integer:
            return np.asarray(int(e))
        if e in box.indices:
            return box.indices[e]
        if e in self.sizes:
            return np.asarray(self.sizes[e])
        if isinstance(e, Argmax):
            return self.read(self.selections[e.name], e.indices, box, e)[..., e.component]
        if e.is_Add or e.is_Mul:
            combine = np.add if e.is_Add else np.multiply
            result = self.integer(e.args[0], box)
            for argument in e.args[1:]:
                result = combine(result, self.integer(argument, box))
            return np.asarray(result)
        raise ShapeError(f"{e} in an index: give the size of each dim, and use indices that are affine in loop indices and dims")

    def read(self, array: np.ndarray, indices: Sequence[sp.Expr], box: Box, what: sp.Expr) -> np.ndarray:
        places = self.places(indices, array.shape, box, what)
        return np.asarray(array[tuple(places)], dtype=array.dtype) if places else array

    def places(self, indices: Sequence[sp.Expr], shape: Sequence[int], box: Box, what: object) -> list[np.ndarray]:
        places = [self.integer(e, box) for e in indices]
        for place, extent, e in zip(places, shape, indices, strict=False):
            if place.size and (place.min() < 0 or place.max() >= extent):
                raise ShapeError(f"{what}: index {e} runs over {place.min()}..{place.max()} but the axis has {extent} entries")
        return places

    def mask(self, calls: Sequence[sp.Expr], box: Box) -> np.ndarray:
        """Where all brackets and deltas are 1."""
        admitted = np.ones(box.shape, dtype=bool)
        for call in calls:
            place = self.integer(call.args[0], box)
            admitted &= (place >= 0) if isinstance(call, Bracket) else (place == 0)
        return admitted

    def guarded(self, guards: Sequence[sp.Expr], box: Box) -> np.ndarray:
        admitted = np.ones(box.shape, dtype=bool)
        for guard in guards:
            admitted &= self.integer(guard, box) >= 0
        return admitted

    def _fold(self, combine: Callable[[np.ndarray, np.ndarray], np.ndarray], arguments: Sequence[sp.Expr], box: Box) -> np.ndarray:
        result = self.value(arguments[0], box)
        for argument in arguments[1:]:
            result = np.asarray(combine(result, self.value(argument, box)), dtype=self.ring.dtype)
        return result

    def _product(self, e: sp.Expr, box: Box) -> np.ndarray:
        """A product: the factors are evaluated only where its brackets and deltas are 1."""
        factors = [(factor, _selector(factor)) for factor in sp.Mul.make_args(e)]      # of which some may stand twice
        selectors = [selector for _, selector in factors if selector is not None]
        rest = [factor for factor, selector in factors if selector is None] or [sp.S.One]
        if not selectors:
            return self._fold(self.ring.multiply, rest, box)
        mask = self.mask(selectors, box)
        if mask.all():
            return self._fold(self.ring.multiply, rest, box)
        result = self.ring.full(box.shape, 0)
        inside = box.where(mask)
        if inside.shape[0]:
            result[mask] = self._fold(self.ring.multiply, rest, inside)
        return result

    def _power(self, base: sp.Expr, exponent: sp.Expr, box: Box) -> np.ndarray:
        inner = self.value(base, box)
        if exponent.is_Rational:
            return np.asarray(self.ring.power(inner, rational(exponent)), dtype=self.ring.dtype)
        return np.asarray(self.ring.powers(*np.broadcast_arrays(inner, self.value(exponent, box))), dtype=self.ring.dtype)


def _selector(factor: sp.Expr) -> sp.Expr | None:
    """The bracket or delta of which a factor is a positive power."""
    base, exponent = factor.as_base_exp()
    return base if isinstance(base, (Bracket, Delta)) and exponent.is_Integer and exponent > 0 else None
