"""The primitives between memory and tiles: constants, loads, gathers, stores, scatters, and the outer product.

An address is an int64 into a C-contiguous array of the tile's real; nothing is checked here: the twins check every access.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from llvmlite import ir
from numba.core import types
from numba.core.errors import TypingError
from numba.extending import intrinsic

from symcat.kernel.tiles.host import host
from symcat.kernel.tiles.names import Shape
from symcat.kernel.tiles.tile import INDEX, INT64, Tile, call, lane, pack, repeated, splat, unpack, vector

CLOSE = 4           # up to this stride a gather reads the memory between its lanes too


class Memory:
    """The data of an array of reals, with the row strides of one access."""

    def __init__(self, context: object, builder: ir.IRBuilder, kind: types.Array, array: ir.Value) -> None:
        self.builder = builder
        self.data = context.make_array(kind)(context, builder, array).data
        self.align = 8 if kind.dtype == types.float64 else 4

    def at(self, address: ir.Value) -> ir.Value:
        return self.builder.gep(self.data, [address])

    def number(self, address: ir.Value) -> ir.Value:
        return self.builder.load(self.at(address), align=self.align)

    def part(self, address: ir.Value, kind: ir.Type) -> ir.Value:
        """The vector that starts at an address."""
        return self.builder.load(self.builder.bitcast(self.at(address), kind.as_pointer()), align=self.align)

    def write(self, address: ir.Value, part: ir.Value) -> None:
        self.builder.store(part, self.builder.bitcast(self.at(address), part.type.as_pointer()), align=self.align)


def address(builder: ir.IRBuilder, origin: ir.Value, *steps: tuple[int, ir.Value]) -> ir.Value:
    """origin + the sum of count * stride."""
    for count, stride in steps:
        if count:
            origin = builder.add(origin, builder.mul(stride, INT64(count)))
    return origin


def rows(builder: ir.IRBuilder, shape: Shape, origin: ir.Value, sp: ir.Value, sq: ir.Value) -> Iterator[ir.Value]:
    """The address of each row."""
    for p in range(shape.p):
        for q in range(shape.q):
            yield address(builder, origin, (p, sp), (q, sq))


def array(kind: types.Type, tile: Tile) -> types.Array:
    """The argument as an array of the tile's real; TypingError when it is not one."""
    if not isinstance(kind, types.Array) or kind.ndim != 1 or kind.layout != "C" or kind.dtype != tile.real:
        raise TypingError(f"a one-dimensional C array of {tile.real} was expected, not {kind}")
    return kind


def integers(*kinds: types.Type) -> list[types.Type]:
    """int64 for every address and stride; a literal stays one, since it chooses the code."""
    for kind in kinds:
        if not isinstance(kind, types.Integer):
            raise TypingError(f"an integer was expected not {kind}")
    return [types.int64] * len(kinds)


def literal(kind: types.Type) -> int | None:
    """The value of an argument that stands as a number in the text."""
    return kind.literal_value if isinstance(kind, types.IntegerLiteral) else None


def zero(tile: Tile) -> object:
    @intrinsic
    def zero(typing):
        return tile(), lambda context, builder, sig, args: pack(builder, tile, [repeated(tile.vector, 0.0)] * tile.shape.vectors)
    return zero


def full(tile: Tile) -> object:
    def generate(context, builder, sig, args):
        return pack(builder, tile, [splat(builder, args[0], tile.shape.l)] * tile.shape.vectors)

    @intrinsic
    def full(typing, x):
        if x != tile.real:
            raise TypingError(f"a number of type {tile.real} was expected, not {x}")
        return tile(x), generate
    return full


def load(tile: Tile) -> object:
    shape = tile.shape

    def generate(context, builder, sig, args):
        memory = Memory(context, builder, sig.args[0], args[0])
        return pack(builder, tile, [memory.part(address(builder, row, (v * shape.l, INT64(1))), tile.vector)
                                    for row in rows(builder, shape, *args[1:]) for v in range(shape.v)])

    @intrinsic
    def load(typing, A, o, sp, sq):
        return tile(array(A, tile), *integers(o, sp, sq)), generate
    return load


def gather(tile: Tile) -> object:
    shape = tile.shape

    def row(builder: ir.IRBuilder, memory: Memory, start: ir.Value, stride: ir.Value, known: int | None) -> list[ir.Value]:
        if known == 0:
            return [splat(builder, memory.number(start), shape.l)] * shape.v
        if known == 1:
            return [memory.part(address(builder, start, (v * shape.l, INT64(1))), tile.vector) for v in range(shape.v)]
        if known is not None and abs(known) <= CLOSE and shape.l > 1:
            return [strided(builder, memory, address(builder, start, (v * shape.l, stride)), known, tile.vector) for v in range(shape.v)]
        return [joined(builder, [memory.number(address(builder, start, (v * shape.l + k, stride))) for k in range(shape.l)])
                for v in range(shape.v)]

    def generator(known: int | None) -> Callable:
        def generate(context, builder, sig, args):
            memory = Memory(context, builder, sig.args[0], args[0])
            return pack(builder, tile, [part for start in rows(builder, shape, *args[1:4])
                                        for part in row(builder, memory, start, args[4], known)])
        return generate

    @intrinsic(prefer_literal=True)
    def gather(typing, A, o, sp, sq, sl):
        return tile(array(A, tile), *integers(o, sp, sq), sl), generator(literal(sl))
    return gather


def strided(builder: ir.IRBuilder, memory: Memory, start: ir.Value, stride: int, kind: ir.VectorType) -> ir.Value:
    """Numbers at a small stride: the memory between the first and the last one in whole vectors, of which lanes are chosen."""
    lanes, step = kind.count, abs(stride)
    last = (lanes - 1) * step
    places = [step * k for k in range(lanes)][:: 1 if stride > 0 else -1]
    low = start if stride > 0 else address(builder, start, (last, INT64(-1)))
    result = ir.Constant(kind, ir.Undefined)
    for origin in (min(k, last + 1 - lanes) for k in range(0, last + 1, lanes)):
        part = memory.part(address(builder, low, (origin, INT64(1))), kind)
        chosen = [lanes + place - origin if 0 <= place - origin < lanes else k for k, place in enumerate(places)]
        result = builder.shuffle_vector(result, part, ir.Constant(ir.VectorType(INDEX, lanes), chosen))
    return result


def joined(builder: ir.IRBuilder, numbers: Sequence[ir.Value]) -> ir.Value:
    """A vector of numbers."""
    if len(numbers) == 1:
        return numbers[0]
    part = ir.Constant(ir.VectorType(numbers[0].type, len(numbers)), ir.Undefined)
    for k, number in enumerate(numbers):
        part = builder.insert_element(part, number, INDEX(k))
    return part


def iota(tile: Tile) -> object:
    shape = tile.shape
    whole = vector(INT64, shape.l)

    def generate(context, builder, sig, args):
        origin, stride = (splat(builder, value, shape.l) for value in args)
        row = []
        for v in range(shape.v):
            counts = ir.Constant(whole, list(range(v * shape.l, (v + 1) * shape.l))) if shape.l > 1 else INT64(v)
            row.append(builder.sitofp(builder.add(origin, builder.mul(stride, counts)), tile.vector))
        return pack(builder, tile, row * shape.rows)

    @intrinsic
    def iota(typing, o, c):
        return tile(*integers(o, c)), generate
    return iota


CREATORS: dict[str, Callable[[Tile], object]] = {"zero": zero, "full": full, "load": load, "gather": gather, "iota": iota}


def expected(kind: types.Type) -> Tile:
    """The argument as a tile; TypingError when it is none."""
    if not isinstance(kind, Tile):
        raise TypingError(f"a tile was expected, not {kind}")
    return kind


@intrinsic
def store(typing, A, o, sp, sq, t):
    """Write all entries, rows at strides sp and sq."""
    tile = expected(t)

    def generate(context, builder, sig, args):
        memory = Memory(context, builder, sig.args[0], args[0])
        parts = iter(unpack(builder, tile, args[4]))
        for row in rows(builder, tile.shape, *args[1:4]):
            for v in range(tile.shape.v):
                memory.write(address(builder, row, (v * tile.shape.l, INT64(1))), next(parts))
        return context.get_dummy_value()
    return types.void(array(A, tile), *integers(o, sp, sq), t), generate


@intrinsic(prefer_literal=True)
def scatter(typing, A, o, sp, sq, sl, t):
    """Write all entries, lanes at stride sl."""
    tile = expected(t)
    shape, known = tile.shape, literal(sl)

    def generate(context, builder, sig, args):
        memory = Memory(context, builder, sig.args[0], args[0])
        parts = iter(unpack(builder, tile, args[5]))
        for row in rows(builder, shape, *args[1:4]):
            for v in range(shape.v):
                part = next(parts)
                if known == 1:
                    memory.write(address(builder, row, (v * shape.l, INT64(1))), part)
                    continue
                for k in range(shape.l):
                    memory.write(address(builder, row, (v * shape.l + k, args[4])), lane(builder, part, k))
        return context.get_dummy_value()
    return types.void(array(A, tile), *integers(o, sp, sq), sl, t), generate


@intrinsic
def outer(typing, t, A, ao, sp, sq, B, bo):
    """t + (a column of A) (a row of B): one fused multiplication and addition per entry, where the processor has it."""
    tile = expected(t)
    shape, fused = tile.shape, "fma" if host().fma else "fmuladd"

    def generate(context, builder, sig, args):
        left, right = Memory(context, builder, sig.args[1], args[1]), Memory(context, builder, sig.args[5], args[5])
        parts = [right.part(address(builder, args[6], (v * shape.l, INT64(1))), tile.vector) for v in range(shape.v)]
        sums, entries = [], iter(unpack(builder, tile, args[0]))
        for row in rows(builder, shape, *args[2:5]):
            factor = splat(builder, left.number(row), shape.l)
            sums += [call(builder, fused, factor, part, next(entries)) for part in parts]
        return pack(builder, tile, sums)
    return tile(t, array(A, tile), *integers(ao, sp, sq), array(B, tile), *integers(bo)), generate
