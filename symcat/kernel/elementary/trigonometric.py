"""sin and cos: x = k pi/2 + r with |r| <= pi/4, minimax polynomials in r, and k modulo 4 for which one and its sign.

pi/2 is split into parts of 33 bits, so that k times a part is exact up to k = 2^20; beyond, the C library is called for single lanes.
float32 is reduced in double precision; in both types r comes with what rounding took from it.
"""

from __future__ import annotations

from llvmlite import ir

from symcat.kernel.elementary.far import far
from symcat.kernel.elementary.ops import Ops

PARTS = (1.5707963267341256, 6.077100506303966e-11, 2.0222662487111665e-21, 8.4784276603689e-32)
LIMIT = 2.0**20 * 1.57
# sin r = r + r^3 SINE(r^2), cos r = 1 - r^2/2 + r^4 COSINE(r^2); relative errors 2^-28 and 2^-33, 2^-57.9 and 2^-63.9.
SINE = {
    "float32": (-0.16666655242443085, 0.00833215843886137, -0.00019514949235599488),
    "float64": (-0.1666666666666663, 0.008333333333322063, -0.00019841269829542774, 2.755731360456136e-06, -2.505074504122845e-08,
                1.5896067633966043e-10),
}
COSINE = {
    "float32": (0.04166664555668831, -0.0013887312961742282, 2.443279117869679e-05),
    "float64": (0.041666666666666595, -0.0013888888888872975, 2.4801587288799933e-05, -2.755731416395999e-07, 2.0875698707236103e-09,
                -1.1358423485032887e-11),
}


def sin(b: Ops, x: ir.Value) -> ir.Value:
    value = b.select(b.less(b.absolute(x), b.const(2.0**-30)), x, _wave(b, x, 0))
    return far(b, "sin", x, value, LIMIT)


def cos(b: Ops, x: ir.Value) -> ir.Value:
    return far(b, "cos", x, _wave(b, x, 1), LIMIT)


def _wave(b: Ops, x: ir.Value, quarters: int) -> ir.Value:
    """The sine of x plus so many quarters of a turn."""
    n, r, rest = _precisely(b, x) if b.double else _widely(b, x)
    n = b.builder.add(n, b.integer(quarters))
    odd = b.builder.icmp_signed("!=", b.builder.and_(n, b.integer(1)), b.integer(0))
    sign = b.builder.shl(b.builder.and_(n, b.integer(2)), b.integer(b.whole.width - 2))
    value = b.select(odd, _cosine(b, r, rest), _sine(b, r, rest))
    return b.from_bits(b.builder.xor(b.bits(value), sign))


def _widely(b: Ops, x: ir.Value) -> tuple[ir.Value, ir.Value, ir.Value]:
    """k and r of float32, by double precision, and what rounding took from r."""
    wide = b.wider()
    y = wide.widened(x)
    k, n = wide.nearest(wide.mul(y, wide.const(2 / 3.141592653589793)))
    first = wide.fma(k, wide.const(-PARTS[0]), y)
    whole = wide.fma(k, wide.const(-6.077100506506192e-11), first)
    r = wide.narrowed(whole, b)
    return b.builder.trunc(n, b.integers), r, wide.narrowed(wide.sub(whole, wide.widened(r)), b)


def _precisely(b: Ops, x: ir.Value) -> tuple[ir.Value, ir.Value, ir.Value]:
    """k and r of float64, with what rounding took from r."""
    k, n = b.nearest(b.mul(x, b.const(2 / 3.141592653589793)))
    minus = [b.mul(k, b.const(-part)) for part in PARTS]
    first, lost = b.exact_sum(b.add(x, minus[0]), minus[1])
    second, lost_ = b.exact_sum(first, minus[2])
    r, rest = b.exact_sum(second, b.add(b.add(lost, lost_), minus[3]))
    return n, r, rest


def _sine(b: Ops, r: ir.Value, rest: ir.Value) -> ir.Value:
    square = b.mul(r, r)
    small = b.mul(b.mul(square, r), b.polynomial(square, SINE[b.dtype]))
    return b.add(r, b.add(small, b.mul(rest, b.fma(square, b.const(-0.5), b.const(1)))))


def _cosine(b: Ops, r: ir.Value, rest: ir.Value) -> ir.Value:
    """1 - r^2/2 is split into its rounded value and the remainder, which joins the small terms."""
    square = b.mul(r, r)
    half = b.mul(square, b.const(0.5))
    near = b.sub(b.const(1), half)
    lost = b.sub(b.sub(b.const(1), near), half)
    small = b.fma(b.mul(square, square), b.polynomial(square, COSINE[b.dtype]), lost)
    return b.add(near, b.fma(b.neg(r), rest, small))
