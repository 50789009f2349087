"""The table of element functions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from llvmlite import ir

from symcat.kernel.elementary import choices, exponential, logarithm, powers, roots, trigonometric
from symcat.kernel.elementary.ops import FLAGS, Ops


@dataclass(frozen=True)
class Generator:
    """Writes a function of `arity` values, the last `integers` of which are integer scalars: `emit(ops, *values)` is its value.

    Code that is `long` is written once per module and type, as a function that LLVM puts in place at every use.
    """

    arity: int
    write: Callable[..., ir.Value]
    integers: int = 0
    long: bool = False

    def emit(self, b: Ops, *values: ir.Value) -> ir.Value:
        """The value of the function at values of the type of `b`."""
        return b.builder.call(self._function(b, values), values, fastmath=FLAGS) if self.long else self.write(b, *values)

    def _function(self, b: Ops, values: tuple[ir.Value, ...]) -> ir.Function:
        kinds = [value.type for value in values]
        name = f"symcat.{self.write.__name__}.{b.label}{'.fused' if b.fused else ''}" + "".join(f".{k}" for k in kinds[self._floats:])
        function = b.builder.module.globals.get(name)
        if function is None:
            function = ir.Function(b.builder.module, ir.FunctionType(b.type, kinds), name)
            function.linkage = "internal"
            function.attributes.add("alwaysinline")
            builder = ir.IRBuilder(function.append_basic_block("entry"))
            builder.ret(self.write(Ops.of(builder, b.type, b.fused), *function.args))
        return function

    @property
    def _floats(self) -> int:
        return self.arity - self.integers


def _long(arity: int, write: Callable[..., ir.Value], integers: int = 0) -> Generator:
    return Generator(arity, write, integers, long=True)


GENERATORS: dict[str, Generator] = {
    "exp": _long(1, exponential.exp), "expm1": _long(1, exponential.expm1),
    "log": _long(1, logarithm.log), "log1p": _long(1, logarithm.log1p),
    "tanh": _long(1, exponential.tanh), "sigmoid": _long(1, exponential.sigmoid), "softplus": _long(1, exponential.softplus),
    "sqrt": Generator(1, roots.sqrt), "rsqrt": Generator(1, roots.rsqrt),
    "sin": _long(1, trigonometric.sin), "cos": _long(1, trigonometric.cos),
    "power": _long(2, powers.power), "root": _long(2, powers.root, integers=1),
    "rational_power": _long(3, powers.rational_power, integers=2),
    "relu": Generator(1, choices.relu), "step": Generator(1, choices.step), "absolute": Generator(1, choices.absolute),
    "sign": Generator(1, choices.sign), "maximum": Generator(2, choices.maximum), "minimum": Generator(2, choices.minimum),
    "equal": Generator(2, choices.equal), "where": Generator(3, choices.where), "pick": Generator(4, choices.pick),
    "nonneg": Generator(1, choices.nonneg), "zero": Generator(1, choices.zero),
}
