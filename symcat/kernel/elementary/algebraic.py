"""Roots and powers."""

from __future__ import annotations

from llvmlite import ir

from symcat.kernel.elementary.ops import Ops


def sqrt(b: Ops, x: ir.Value) -> ir.Value:
    return b.call("sqrt", x)


def rsqrt(b: Ops, x: ir.Value) -> ir.Value:
    return b.div(b.const(1), sqrt(b, x))


def power(b: Ops, x: ir.Value, y: ir.Value) -> ir.Value:
    """x^y; NaN of either side is kept, also in x^0 and 1^y."""
    value = b.call("pow", x, y)
    return b.select(b.ordered(x, y), value, b.add(x, y))


def root(b: Ops, x: ir.Value, n: ir.Value) -> ir.Value:
    """x^(1/n) for x >= 0."""
    return power(b, x, b.div(b.const(1), b.real(n)))


def rational_power(b: Ops, x: ir.Value, p: ir.Value, q: ir.Value) -> ir.Value:
    """x^(p/q) for x >= 0."""
    return power(b, x, b.div(b.real(p), b.real(q)))
