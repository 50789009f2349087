"""Sizes of dims: inferred from the shapes of arrays, and dim expressions evaluated at them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction

import sympy as sp

from symcat.category.morphism import Morphism
from symcat.errors import ShapeError

Sizes = dict[sp.Symbol, int]


def infer_dims(f: Morphism, symbols: Sequence[sp.Symbol], shapes: Sequence[tuple[int, ...]], dims: Mapping) -> Sizes:
    """The sizes of the dims `symbols`: given, or an axis of an input, or the one unknown in an axis."""
    named = {name_of(key): int(value) for key, value in dims.items()}
    sizes: Sizes = {symbol: named[symbol.name] for symbol in symbols if symbol.name in named}
    axes = [(name, axis, extent, size) for (name, wire), shape in zip(f.dom, shapes, strict=True)
            for axis, (extent, size) in enumerate(zip(wire.shape, shape, strict=False))]
    for (name, wire), shape in zip(f.dom, shapes, strict=True):
        if len(shape) != len(wire.shape):
            raise ShapeError(f"wire {name}: {wire} has {len(wire.shape)} axes but an array of shape {shape} came")
    for _, _, extent, size in sorted(axes, key=lambda entry: not entry[2].is_Symbol):
        unknown = [symbol for symbol in sorted(extent.free_symbols, key=str) if symbol not in sizes]
        if len(unknown) == 1:
            slope = extent.coeff(unknown[0])
            rest = extent.xreplace({unknown[0]: sp.S.Zero} | {symbol: sp.Integer(value) for symbol, value in sizes.items()})
            sizes[unknown[0]] = max(1, int(Fraction(size - int(rest), int(slope))))
    for name, axis, extent, size in axes:
        expected = size_of(extent, sizes, f"wire {name}")
        if expected != size:
            known = ", ".join(f"{s} = {sizes[s]}" for s in sorted(extent.free_symbols, key=str))
            reason = f"{extent} = {expected} (with {known})" if known else f"{expected} entries"
            raise ShapeError(f"wire {name}, axis {axis}: expected {reason}, an axis of {size} entries came")
    return sizes


def size_of(extent: sp.Expr, sizes: Mapping, what: str) -> int:
    """A dim expression as a size of at least 1; `sizes` by symbol or by name."""
    if extent in sizes:
        return sizes[extent]
    if extent.is_Integer and extent.p > 0:
        return extent.p
    known = {s: sp.Integer(sizes.get(s, sizes.get(s.name))) for s in extent.free_symbols if s in sizes or s.name in sizes}
    value = extent.xreplace(known) if known else extent
    if not value.is_Integer:
        missing = ", ".join(f"{s.name!r}: ..." for s in sorted(value.free_symbols, key=str))
        raise ShapeError(f"{what}: the size of {extent} is not known; give dims={{{missing}}}")
    if int(value) < 1:
        raise ShapeError(f"{what}: the dim {extent} is {value} at these sizes; every axis has at least one entry")
    return int(value)


def name_of(key: sp.Symbol | str) -> str:
    return key.name if isinstance(key, sp.Symbol) else key
