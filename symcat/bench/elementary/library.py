"""The same functions by calls of the C library, one number at a time: what loops without generated functions run."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from llvmlite import ir

from symcat.kernel.elementary.generators import Generator
from symcat.kernel.elementary.machine import run_over
from symcat.kernel.elementary.ops import Ops


def _call(b: Ops, name: str, *arguments: ir.Value) -> ir.Value:
    """A call of a function of the C library."""
    full, module = name if b.double else f"{name}f", b.builder.module
    function = module.globals.get(full) or ir.Function(module, ir.FunctionType(b.type, [b.type] * len(arguments)), full)
    return b.builder.call(function, arguments)


def _of(name: str) -> Callable[..., ir.Value]:
    return lambda b, *arguments: _call(b, name, *arguments)


def _sigmoid(b: Ops, x: ir.Value) -> ir.Value:
    return b.div(b.const(1), b.add(b.const(1), _call(b, "exp", b.neg(x))))


def _softplus(b: Ops, x: ir.Value) -> ir.Value:
    positive = b.select(b.less(x, b.const(0)), b.const(0), x)
    return b.add(positive, _call(b, "log1p", _call(b, "exp", b.neg(b.absolute(x)))))


LIBRARY: dict[str, Generator] = {
    **{name: Generator(1, _of(name)) for name in ("exp", "expm1", "log", "log1p", "tanh", "sqrt", "sin", "cos")},
    "sigmoid": Generator(1, _sigmoid), "softplus": Generator(1, _softplus),
    "rsqrt": Generator(1, lambda b, x: b.div(b.const(1), _call(b, "sqrt", x))),
    "power": Generator(2, _of("pow")),
    "root": Generator(2, lambda b, x, n: _call(b, "pow", x, b.div(b.const(1), b.real(n))), integers=1),
    "rational_power": Generator(3, lambda b, x, p, q: _call(b, "pow", x, b.div(b.real(p), b.real(q))), integers=2),
}


def by_library(name: str, dtype: str, numbers: tuple[int, ...] = ()) -> Callable[..., np.ndarray]:
    """An element function over arrays by the C library."""
    return run_over(LIBRARY[name], dtype, 1, numbers=numbers)
