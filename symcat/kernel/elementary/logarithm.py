"""log and log1p: x = 2^k (1 + f) with 1 + f between sqrt(1/2) and sqrt(2), and a minimax polynomial for log(1 + f)."""

from __future__ import annotations

from collections.abc import Sequence

from llvmlite import ir

from symcat.kernel.elementary.ops import Ops

# float32: log(1 + f) = f - f^2/2 + f^3 P(f), relative error 2^-30.3.
# float64: with s = f / (2 + f), log(1 + f) = 2s + s^3 R(s^2) = f - f^2/2 + s (f^2/2 + s^2 R(s^2)), relative error 2^-59.5.
SERIES = {
    "float32": (0.3333331346511841, -0.25000008940696716, 0.2000211924314499, -0.1666799634695053, 0.14219550788402557,
                -0.12405581027269363, 0.11888166517019272, -0.11675699800252914, 0.06746689975261688),
    "float64": (0.6666666666666734, 0.3999999999941601, 0.2857142874210284, 0.22222198601148463, 0.18183562940118828,
                0.15314084294928224, 0.14795628959013662),
}
LOG2 = {"float32": (0.693359375, -0.00021219444417128618), "float64": (0.6931471803691238, 1.9082149292705877e-10)}
ROOT_HALF = {"float32": 0x3F3504F3, "float64": 0x3FE6A09E667F3BCD}    # the bits of sqrt(1/2)
SMALLEST = {"float32": 2.0**-126, "float64": 2.0**-1022}              # normal number
INF, NAN = float("inf"), float("nan")


def log_of_ratio(b: Ops, k: ir.Value, f: ir.Value, series: Sequence[float] | None = None) -> ir.Value:
    """k log 2 + log(1 + f) for an integral float k and |f| small, as above, or with another R for float64."""
    series = series or SERIES[b.dtype]
    first, second = (b.const(part) for part in LOG2[b.dtype])
    half = b.mul(b.const(0.5), b.mul(f, f))
    if b.double:
        s = b.div(f, b.add(f, b.const(2)))
        square = b.mul(s, s)
        ratio = b.mul(square, b.polynomial(square, series))
        rest = b.fma(s, b.add(half, ratio), b.mul(k, second))
    else:
        cube = b.mul(b.mul(f, f), f)
        rest = b.fma(cube, b.polynomial(f, SERIES[b.dtype]), b.mul(k, second))
    return b.fma(k, first, b.sub(f, b.sub(half, rest)))


def split(b: Ops, x: ir.Value) -> tuple[ir.Value, ir.Value]:
    """The integer k and the float 1 + f of a positive normal x = 2^k (1 + f)."""
    build, width = b.builder, b.integer(b.fraction_bits)
    root = b.integer(ROOT_HALF[b.dtype])
    moved = build.sub(b.bits(x), root)
    k = build.ashr(moved, width)
    return k, b.from_bits(build.sub(b.bits(x), build.shl(k, width)))


def normal_split(b: Ops, x: ir.Value) -> tuple[ir.Value, ir.Value]:
    """k as a float, and 1 + f, of a positive x, also a denormal one."""
    small = b.less(x, b.const(SMALLEST[b.dtype]))
    steps = b.fraction_bits + 1
    k, ratio = split(b, b.select(small, b.mul(x, b.const(2.0**steps)), x))
    power = b.small_real(k)
    return b.select(small, b.sub(power, b.const(steps)), power), ratio


def log(b: Ops, x: ir.Value) -> ir.Value:
    """-inf at 0, NaN below."""
    k, ratio = normal_split(b, x)
    value = log_of_ratio(b, k, b.sub(ratio, b.const(1)))
    value = b.select(b.less(x, b.const(INF)), value, x)
    return outside(b, x, value, b.const(0))


def outside(b: Ops, x: ir.Value, value: ir.Value, end: ir.Value) -> ir.Value:
    """-inf where x is the end of the domain, NaN below it."""
    value = b.select(b.same(x, end), b.const(-INF), value)
    return b.select(b.less(x, end), b.const(NAN), value)


def log1p(b: Ops, x: ir.Value) -> ir.Value:
    """The logarithm of u = 1 + x, where what rounding took from u is given back to f."""
    one = b.const(1)
    u = b.add(one, x)
    other = b.sub(u, one)
    lost = b.add(b.sub(x, other), b.sub(one, b.sub(u, other)))
    k, ratio = split(b, u)
    far = b.builder.icmp_signed(">", k, b.integer(100))
    back = b.two_to(b.builder.neg(b.builder.select(far, b.integer(100), k)))
    value = log_of_ratio(b, b.small_real(k), b.fma(lost, back, b.sub(ratio, one)))
    value = b.select(b.less(x, b.const(INF)), value, x)
    value = b.select(b.less(b.absolute(x), b.const(2.0**-60)), x, value)
    return outside(b, x, value, b.const(-1))
