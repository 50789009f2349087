"""sin and cos."""

from __future__ import annotations

from llvmlite import ir

from symcat.kernel.elementary.ops import Ops


def sin(b: Ops, x: ir.Value) -> ir.Value:
    return b.call("sin", x)


def cos(b: Ops, x: ir.Value) -> ir.Value:
    return b.call("cos", x)
