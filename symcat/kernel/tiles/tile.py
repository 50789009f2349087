"""The Numba type of a register tile, its representation in LLVM, and its arithmetic.

A tile of P x Q rows of V vectors of L numbers is an LLVM struct of P*Q*V vectors in row-major order, so that LLVM keeps it in
registers; a vector of one number is a plain number.  Arithmetic carries no flags: every operation is
IEEE's, and nothing is fused, reordered or dropped.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence

from llvmlite import ir
from numba.core import cgutils, types
from numba.core.datamodel import models, register_default
from numba.core.errors import TypingError
from numba.core.typing.templates import AbstractTemplate, infer_global, signature
from numba.extending import lower_builtin

from symcat.kernel.tiles.names import Shape

FLAGS = ()
INDEX, INT64 = ir.IntType(32), ir.IntType(64)
REALS = {"float32": ir.FloatType(), "float64": ir.DoubleType()}


class Tile(types.Type):
    """The type of a tile of a shape over float32 or float64 (Numba's `real`)."""

    def __init__(self, shape: Shape, real: types.Float) -> None:
        self.shape, self.real = shape, real
        super().__init__(f"Tile({shape}, {real})")

    @property
    def number(self) -> ir.Type:
        return REALS[self.real.name]

    @property
    def vector(self) -> ir.Type:
        return vector(self.number, self.shape.l)


@register_default(Tile)
class TileModel(models.PrimitiveModel):
    """A tile as a struct of vectors."""

    def __init__(self, manager: object, tile: Tile) -> None:
        super().__init__(manager, tile, ir.LiteralStructType([tile.vector] * tile.shape.vectors))


def vector(number: ir.Type, lanes: int) -> ir.Type:
    """The LLVM type of some numbers; of one number, the number."""
    return number if lanes == 1 else ir.VectorType(number, lanes)


class Parts(list):
    """The vectors of a tile, as a builder with `in_parts` has them instead of a struct."""


def unpack(builder: ir.IRBuilder, tile: Tile, value: ir.Value | Parts) -> list[ir.Value]:
    """The vectors of a tile, row by row."""
    if isinstance(value, Parts):
        return list(value)
    return [builder.extract_value(value, k) for k in range(tile.shape.vectors)]


def pack(builder: ir.IRBuilder, tile: Tile, vectors: Sequence[ir.Value]) -> ir.Value | Parts:
    """The tile of some vectors."""
    if getattr(builder, "in_parts", False):
        return Parts(vectors)
    value = ir.Constant(ir.LiteralStructType([tile.vector] * tile.shape.vectors), ir.Undefined)
    for k, part in enumerate(vectors):
        value = builder.insert_value(value, part, k)
    return value


def splat(builder: ir.IRBuilder, number: ir.Value, lanes: int) -> ir.Value:
    """A vector of equal numbers."""
    if lanes == 1:
        return number
    empty = ir.Constant(ir.VectorType(number.type, lanes), ir.Undefined)
    first = builder.insert_element(empty, number, INDEX(0))
    return builder.shuffle_vector(first, empty, ir.Constant(ir.VectorType(INDEX, lanes), [0] * lanes))


def lane(builder: ir.IRBuilder, part: ir.Value, k: int) -> ir.Value:
    """One number of a vector."""
    return builder.extract_element(part, INDEX(k)) if isinstance(part.type, ir.VectorType) else part


def repeated(kind: ir.Type, value: float | int) -> ir.Constant:
    """A constant, in every lane when the type is a vector."""
    return ir.Constant(kind, [value] * kind.count) if isinstance(kind, ir.VectorType) else ir.Constant(kind, value)


def suffix(kind: ir.Type) -> str:
    """The type's part of the name of an LLVM intrinsic, such as v16f32."""
    number = kind.element if isinstance(kind, ir.VectorType) else kind
    width = "f32" if isinstance(number, ir.FloatType) else "f64"
    return f"v{kind.count}{width}" if isinstance(kind, ir.VectorType) else width


def call(builder: ir.IRBuilder, name: str, *arguments: ir.Value) -> ir.Value:
    """The call of an LLVM intrinsic whose arguments and result have one type."""
    kind = arguments[0].type
    function = cgutils.get_or_insert_function(builder.module, ir.FunctionType(kind, [kind] * len(arguments)), f"llvm.{name}.{suffix(kind)}")
    return builder.call(function, arguments)


def joint(arguments: Sequence[types.Type], real: types.Float) -> types.Type:
    """The type of an elementwise result: a tile when one argument is one, else the number; TypingError when they do not fit."""
    tiles = {a for a in arguments if isinstance(a, Tile)}
    wrong = [a for a in arguments if not isinstance(a, Tile) and a != real]
    if len(tiles) > 1 or wrong or any(tile.real != real for tile in tiles):
        raise TypingError(f"tiles of one shape and numbers of type {real} were expected, not {', '.join(map(str, arguments))}")
    return next(iter(tiles), real)


def lift(builder: ir.IRBuilder, result: types.Type, kinds: Sequence[types.Type], values: Sequence[ir.Value],
         element: Callable[..., ir.Value]) -> ir.Value:
    """Apply a function of vectors to tiles, vector by vector; numbers stand in every lane."""
    if not isinstance(result, Tile):
        return element(*values)
    columns = [unpack(builder, result, value) if isinstance(kind, Tile) else [splat(builder, value, result.shape.l)] * result.shape.vectors
               for kind, value in zip(kinds, values, strict=True)]
    return pack(builder, result, [element(*parts) for parts in zip(*columns, strict=True)])


def _arithmetic(operation: Callable, instruction: str) -> None:
    """An operator between tiles of one shape, or a tile and a number on either side."""
    @infer_global(operation)
    class Typing(AbstractTemplate):
        def generic(self, args: tuple, kws: dict) -> object:
            tile = next((a for a in args if isinstance(a, Tile)), None)
            return tile and signature(joint(args, tile.real), *args)

    def lower(context: object, builder: ir.IRBuilder, sig: object, args: Sequence[ir.Value]) -> ir.Value:
        return lift(builder, sig.return_type, sig.args, args, lambda x, y: getattr(builder, instruction)(x, y, flags=FLAGS))

    for left, right in ((Tile, Tile), (Tile, types.Float), (types.Float, Tile)):
        lower_builtin(operation, left, right)(lower)


for _operation, _instruction in ((operator.add, "fadd"), (operator.sub, "fsub"), (operator.mul, "fmul"), (operator.truediv, "fdiv")):
    _arithmetic(_operation, _instruction)


@infer_global(operator.neg)
class Negation(AbstractTemplate):
    """The typing of -t."""

    def generic(self, args: tuple, kws: dict) -> object:
        return signature(args[0], *args) if isinstance(args[0], Tile) else None


@lower_builtin(operator.neg, Tile)
def _negate(context: object, builder: ir.IRBuilder, sig: object, args: Sequence[ir.Value]) -> ir.Value:
    return lift(builder, sig.return_type, sig.args, args, builder.fneg)
