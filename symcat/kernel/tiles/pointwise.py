"""Element functions on tiles and numbers, and the functions of integers: one intrinsic for each name."""

from __future__ import annotations

from collections.abc import Callable

from llvmlite import ir
from numba.core import types
from numba.core.errors import TypingError
from numba.extending import intrinsic

from symcat.kernel.elementary import GENERATORS, Ops
from symcat.kernel.tiles.host import host
from symcat.kernel.tiles.memory import integers
from symcat.kernel.tiles.tile import REALS, joint, lift, repeated


def lifted(name: str, real: types.Float) -> object:
    """The intrinsic of an element function: its arguments are tiles of one shape, numbers, or both, and integers at the end."""
    generator = GENERATORS[name]
    count = generator.arity - generator.integers

    def typed(*arguments: types.Type) -> tuple[object, Callable]:
        result = joint(arguments[:count], real)
        return result(*arguments[:count], *integers(*arguments[count:])), generate

    def generate(context, builder, sig, args):
        def element(*values):
            return generator.emit(Ops.of(builder, values[0].type, host().fma), *values, *args[count:])
        return lift(builder, sig.return_type, sig.args[:count], args[:count], element)

    definitions = {1: lambda typing, x: typed(x), 2: lambda typing, x, y: typed(x, y),
                   3: lambda typing, x, y, z: typed(x, y, z), 4: lambda typing, x, y, z, w: typed(x, y, z, w)}
    definition = definitions[generator.arity]
    definition.__name__ = definition.__qualname__ = f"f_{name}"
    return intrinsic(definition)


def _of_integer(real: types.Float, element: Callable[[ir.IRBuilder, ir.Value], ir.Value]) -> object:
    @intrinsic
    def function(typing, n):
        return real(*integers(n)), lambda context, builder, sig, args: element(builder, args[0])
    return function


def f_real(real: types.Float) -> object:
    """The number of an integer."""
    return _of_integer(real, lambda builder, n: builder.sitofp(n, REALS[real.name]))


def _indicator(real: types.Float, relation: str) -> object:
    number = REALS[real.name]

    def element(builder: ir.IRBuilder, n: ir.Value) -> ir.Value:
        return builder.select(builder.icmp_signed(relation, n, n.type(0)), repeated(number, 1.0), repeated(number, 0.0))
    return _of_integer(real, element)


def f_bracket(real: types.Float) -> object:
    """1 where n >= 0, else 0."""
    return _indicator(real, ">=")


def f_delta(real: types.Float) -> object:
    """1 where n = 0, else 0."""
    return _indicator(real, "==")


def f_greater(real: types.Float) -> object:
    """Whether x > y, or x is NaN and y is not."""
    def generate(context, builder, sig, args):
        x, y = args
        lost = builder.and_(builder.fcmp_unordered("uno", x, x), builder.fcmp_ordered("ord", y, y))
        return builder.or_(builder.fcmp_ordered(">", x, y), lost)

    @intrinsic
    def greater(typing, x, y):
        if (x, y) != (real, real):
            raise TypingError(f"two numbers of type {real} were expected, not {x} and {y}")
        return types.boolean(x, y), generate
    return greater


INTEGERS: dict[str, Callable] = {"f_real": f_real, "f_bracket": f_bracket, "f_delta": f_delta, "f_greater": f_greater}
