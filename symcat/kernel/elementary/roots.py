"""Square roots, by the instruction for them."""

from __future__ import annotations

from llvmlite import ir

from symcat.kernel.elementary.ops import Ops


def sqrt(b: Ops, x: ir.Value) -> ir.Value:
    """Correctly rounded."""
    return b.call("sqrt", x)


def rsqrt(b: Ops, x: ir.Value) -> ir.Value:
    return b.div(b.const(1), sqrt(b, x))
