"""Functions that compare and choose: exact, and NaN is kept."""

from __future__ import annotations

from llvmlite import ir

from symcat.kernel.elementary.ops import Ops


def relu(b: Ops, x: ir.Value) -> ir.Value:
    return b.select(b.at_most(x, b.const(0)), b.const(0), x)


def step(b: Ops, x: ir.Value) -> ir.Value:
    """1 above 0, 0 elsewhere."""
    below = b.select(b.at_most(x, b.const(0)), b.const(0), x)
    return b.select(b.less(b.const(0), x), b.const(1), below)


def absolute(b: Ops, x: ir.Value) -> ir.Value:
    return b.absolute(x)


def sign(b: Ops, x: ir.Value) -> ir.Value:
    """1, -1, or x itself where it is a zero or NaN."""
    above = b.select(b.less(b.const(0), x), b.const(1), x)
    return b.select(b.less(x, b.const(0)), b.const(-1), above)


def maximum(b: Ops, x: ir.Value, y: ir.Value) -> ir.Value:
    """The greater; x where they are equal."""
    return _kept(b, x, y, b.at_most(y, x))


def minimum(b: Ops, x: ir.Value, y: ir.Value) -> ir.Value:
    """The lesser; x where they are equal."""
    return _kept(b, x, y, b.at_most(x, y))


def _kept(b: Ops, x: ir.Value, y: ir.Value, first: ir.Value) -> ir.Value:
    """x where it comes first or is NaN, else y."""
    return b.select(first, x, b.select(b.ordered(x, x), y, x))


def equal(b: Ops, x: ir.Value, y: ir.Value) -> ir.Value:
    """1 where x = y, else 0."""
    value = b.select(b.same(x, y), b.const(1), b.const(0))
    return b.select(b.ordered(x, y), value, b.add(x, y))


def where(b: Ops, c: ir.Value, x: ir.Value, y: ir.Value) -> ir.Value:
    """y where c is 0, else x; NaN where c is."""
    value = b.select(b.same(c, b.const(0)), y, x)
    return b.select(b.ordered(c, c), value, c)


def pick(b: Ops, v: ir.Value, a: ir.Value, x: ir.Value, y: ir.Value) -> ir.Value:
    """x where v is greater than a, or v is NaN and a is not; else y."""
    fresh = b.both(b.builder.fcmp_unordered("uno", v, v), b.ordered(a, a))
    return b.select(b.either(b.less(a, v), fresh), x, y)


def nonneg(b: Ops, x: ir.Value) -> ir.Value:
    """1 where x >= 0, else 0; NaN where x is."""
    value = b.select(b.at_most(b.const(0), x), b.const(1), b.const(0))
    return b.select(b.ordered(x, x), value, x)


def zero(b: Ops, x: ir.Value) -> ir.Value:
    """1 where x = 0, else 0; NaN where x is."""
    value = b.select(b.same(x, b.const(0)), b.const(1), b.const(0))
    return b.select(b.ordered(x, x), value, x)
