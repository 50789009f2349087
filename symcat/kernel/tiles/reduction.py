"""Sums and maxima over the lanes or the rows of a tile, and its transpose.

Sums are taken in a fixed order: by pairs of vectors, then by halves of the last vector.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from llvmlite import ir
from numba.core.errors import TypingError
from numba.extending import intrinsic

from symcat.kernel.tiles.memory import expected, literal
from symcat.kernel.tiles.names import Shape, by_pairs
from symcat.kernel.tiles.tile import INDEX, Tile, lane, pack, repeated, unpack


def live(builder: ir.IRBuilder, tile: Tile, value: ir.Value, count: int, identity: float) -> list[ir.Value]:
    """The vectors of a row up to the last live lane, the others in that one being the identity."""
    lanes, parts = tile.shape.l, []
    for v, part in enumerate(unpack(builder, tile, value)[: -(-count // lanes)]):
        inside = [v * lanes + k < count for k in range(lanes)]
        if not all(inside):
            mask = ir.Constant(ir.VectorType(ir.IntType(1), lanes), inside)
            part = builder.select(mask, part, repeated(part.type, identity))
        parts.append(part)
    return parts


def halves(builder: ir.IRBuilder, part: ir.Value) -> tuple[ir.Value, ir.Value]:
    """The lower and the upper half of a vector."""
    count = part.type.count // 2
    if count == 1:
        return lane(builder, part, 0), lane(builder, part, 1)
    empty = ir.Constant(part.type, ir.Undefined)
    places = ir.VectorType(INDEX, count)
    low, high = (builder.shuffle_vector(part, empty, ir.Constant(places, list(range(k, k + count)))) for k in (0, count))
    return low, high


def add(builder: ir.IRBuilder) -> Callable[[ir.Value, ir.Value], ir.Value]:
    return lambda x, y: builder.fadd(x, y, flags=())


def greater(builder: ir.IRBuilder) -> Callable[[ir.Value, ir.Value], ir.Value]:
    """The greater of two, or a NaN where there is one."""
    def join(x: ir.Value, y: ir.Value) -> ir.Value:
        return builder.select(builder.fcmp_unordered("uno", x, x), x, builder.select(builder.fcmp_ordered(">", x, y), x, y))
    return join


def single_row(kind: object, count: object) -> tuple[Tile, int]:
    """The tile and the number of live lanes of a reduction over lanes; TypingError when they are not what it takes."""
    tile, lanes = expected(kind), literal(count)
    if tile.shape.rows != 1:
        raise TypingError(f"a tile of one row was expected, not {tile}")
    if lanes is None or not 1 <= lanes <= tile.shape.width:
        raise TypingError(f"a literal number of lanes from 1 to {tile.shape.width} was expected, not {count}")
    return tile, lanes


def _over_lanes(identity: float, joiner: Callable[[ir.IRBuilder], Callable]) -> Callable:
    def typing_of(t: object, n: object) -> tuple[object, Callable]:
        tile, count = single_row(t, n)

        def generate(context, builder, sig, args):
            join = joiner(builder)
            part = by_pairs(live(builder, tile, args[0], count, identity), join)
            while isinstance(part.type, ir.VectorType):
                part = join(*halves(builder, part))
            return part
        return tile.real(t, n), generate
    return typing_of


_sum, _maximum = _over_lanes(0.0, add), _over_lanes(-math.inf, greater)


@intrinsic(prefer_literal=True)
def hsum(typing, t, n):
    """The sum of the first n lanes."""
    return _sum(t, n)


@intrinsic(prefer_literal=True)
def hmax(typing, t, n):
    """The greatest of the first n lanes; NaN when one is."""
    return _maximum(t, n)


@intrinsic(prefer_literal=True)
def hpick(typing, t, q, n):
    """The least position among those of the greatest of the first n lanes; NaN is the greatest of all."""
    tile, count = single_row(t, n)

    def generate(context, builder, sig, args):
        def join(x: tuple, y: tuple) -> tuple:
            return _pick(builder, x, y)
        values = live(builder, tile, args[0], count, -math.inf)
        positions = live(builder, tile, args[1], count, math.inf)
        value, position = by_pairs(list(zip(values, positions, strict=True)), join)
        while isinstance(value.type, ir.VectorType):
            value, position = join(*zip(halves(builder, value), halves(builder, position), strict=True))
        return position
    if q != t:
        raise TypingError(f"positions of the shape of the values were expected: {t} and {q}")
    return tile.real(t, q, n), generate


def _pick(builder: ir.IRBuilder, x: tuple[ir.Value, ir.Value], y: tuple[ir.Value, ir.Value]) -> tuple[ir.Value, ir.Value]:
    """The pair of the greater value; of equal ones, the pair of the lesser position."""
    lost, other = (builder.fcmp_unordered("uno", pair[0], pair[0]) for pair in (x, y))
    above = builder.or_(builder.fcmp_ordered(">", x[0], y[0]), builder.and_(lost, builder.not_(other)))
    level = builder.or_(builder.fcmp_ordered("==", x[0], y[0]), builder.and_(lost, other))
    first = builder.or_(above, builder.and_(level, builder.fcmp_ordered("<", x[1], y[1])))
    return builder.select(first, x[0], y[0]), builder.select(first, x[1], y[1])


@intrinsic
def rsum(typing, t):
    """The sum of all rows, as a tile of one row."""
    tile = expected(t)
    result = Tile(Shape(1, 1, tile.shape.v, tile.shape.l), tile.real)

    def generate(context, builder, sig, args):
        parts = unpack(builder, tile, args[0])
        return pack(builder, result, [by_pairs(parts[v:: tile.shape.v], add(builder)) for v in range(tile.shape.v)])
    return result(t), generate


@intrinsic(prefer_literal=True)
def turned(typing, t, n):
    """The first n rows of the transpose of a tile of as many rows as lanes: at each bit of their numbers, blocks change places."""
    tile, rows = expected(t), literal(n)
    size = tile.shape.l
    if tile.shape.v != 1 or tile.shape.rows != size or rows is None or not 1 <= rows <= size:
        raise TypingError(f"a tile of as many rows as lanes, one vector each, and a literal number of rows were expected, not {tile}, {n}")
    result = Tile(Shape(1, rows, 1, size), tile.real)

    def exchanged(builder, a, b, distance):
        low = [k if not k & distance else size + k - distance for k in range(size)]
        high = [k + distance if not k & distance else size + k for k in range(size)]
        return [builder.shuffle_vector(a, b, ir.Constant(ir.VectorType(INDEX, size), mask)) for mask in (low, high)]

    def generate(context, builder, sig, args):
        parts, distance = unpack(builder, tile, args[0]), size // 2
        while distance:
            for row in range(size):
                if not row & distance:
                    parts[row], parts[row + distance] = exchanged(builder, parts[row], parts[row + distance], distance)
            distance //= 2
        return pack(builder, result, parts[:rows])
    return result(t, n), generate
