"""The table of element functions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from llvmlite import ir

from symcat.kernel.elementary import algebraic, choices, exponential, logarithm, trigonometric
from symcat.kernel.elementary.ops import Ops


@dataclass(frozen=True)
class Generator:
    """Writes a function of `arity` values, the last `integers` of which are integer scalars: `emit(ops, *values)` is its value."""

    arity: int
    emit: Callable[..., ir.Value]
    integers: int = 0

    def __call__(self, b: Ops, *values: ir.Value) -> ir.Value:
        return self.emit(b, *values)


GENERATORS: dict[str, Generator] = {
    "exp": Generator(1, exponential.exp), "expm1": Generator(1, exponential.expm1),
    "log": Generator(1, logarithm.log), "log1p": Generator(1, logarithm.log1p),
    "tanh": Generator(1, exponential.tanh), "sigmoid": Generator(1, exponential.sigmoid), "softplus": Generator(1, exponential.softplus),
    "sqrt": Generator(1, algebraic.sqrt), "rsqrt": Generator(1, algebraic.rsqrt),
    "sin": Generator(1, trigonometric.sin), "cos": Generator(1, trigonometric.cos),
    "power": Generator(2, algebraic.power), "root": Generator(2, algebraic.root, integers=1),
    "rational_power": Generator(3, algebraic.rational_power, integers=2),
    "relu": Generator(1, choices.relu), "step": Generator(1, choices.step), "absolute": Generator(1, choices.absolute),
    "sign": Generator(1, choices.sign), "maximum": Generator(2, choices.maximum), "minimum": Generator(2, choices.minimum),
    "equal": Generator(2, choices.equal), "where": Generator(3, choices.where), "pick": Generator(4, choices.pick),
    "nonneg": Generator(1, choices.nonneg), "zero": Generator(1, choices.zero),
}
