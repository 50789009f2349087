"""exp and what is made of it: expm1, tanh, sigmoid, softplus.

x = k log 2 + r with an integer k and |r| <= log(2) / 2; then exp(x) = 2^k (1 + r + r^2 q(r)) with a minimax polynomial q.  log 2 is
the sum of two constants, the first of so few bits that k times it is exact.
"""

from __future__ import annotations

from llvmlite import ir

from symcat.kernel.elementary.logarithm import log_of_ratio
from symcat.kernel.elementary.ops import Ops

# q with (e^r - 1 - r) / r^2 = q(r): relative to e^r off by 2^-28.2 and 2^-63.9 for |r| <= 0.3473.
SERIES = {
    "float32": (0.4999999403953552, 0.1666651964187622, 0.041668400168418884, 0.00836885068565607, 0.0013814325211569667),
    "float64": (0.5, 0.16666666666666682, 0.04166666666666608, 0.008333333333316786, 0.0013888888889119037, 0.00019841269897013004,
                2.480158692244042e-05, 2.7557234220744103e-06, 2.7557583772225824e-07, 2.511226430227276e-08, 2.0826458336158603e-09),
}
LOG2 = {"float32": (0.693359375, -0.00021219444417128618), "float64": (0.6931471803691238, 1.9082149292705877e-10)}
# tanh x = x - x z above(z) / below(z) with z = x^2: relative error 2^-30.3 and 2^-57.1 for |x| <= 0.625.
LAMBERT = {"float32": ((315, 14), (945, 420, 15)),
           "float64": ((675675, 45045, 594, 1), (2027025, 945945, 51975, 630, 1))}
LIMITS = {"float32": (-104.0, 89.0), "float64": (-746.0, 710.0)}    # exp is 0 below and infinite above


def reduced(b: Ops, x: ir.Value) -> tuple[ir.Value, ir.Value, ir.Value]:
    """The integer k, and r with what rounding took from it, so that x = k log 2 + r + rest."""
    first, second = LOG2[b.dtype]
    k, n = b.nearest(b.mul(x, b.const(1.4426950408889634)))
    exact = b.fma(k, b.const(-first), x)
    r = b.fma(k, b.const(-second), exact)
    return n, r, b.fma(k, b.const(-second), b.sub(exact, r))


def power_of_e(b: Ops, r: ir.Value, rest: ir.Value) -> ir.Value:
    """e^(r + rest): 1 + r is split into its rounded value and the remainder, which joins the small terms."""
    near = b.add(r, b.const(1))
    lost = b.add(b.sub(r, b.sub(near, b.const(1))), rest)
    return b.add(near, b.fma(b.mul(r, r), b.polynomial(r, SERIES[b.dtype]), lost))


def exp(b: Ops, x: ir.Value) -> ir.Value:
    n, r, rest = reduced(b, b.clamp(x, *LIMITS[b.dtype]))
    return b.scaled(power_of_e(b, r, rest), n)


def expm1(b: Ops, x: ir.Value) -> ir.Value:
    """2 (2^(k-1) (e^r - 1) + 2^(k-1) - 1/2); x itself where it is tiny, which keeps the sign of zero."""
    low, high = (-20.0, 89.0) if b.dtype == "float32" else (-40.0, 710.0)
    n, r, rest = reduced(b, b.clamp(x, low, high))
    half = b.two_to(b.builder.sub(n, b.integer(1)))
    grown = b.add(b.fma(b.mul(r, r), b.polynomial(r, SERIES[b.dtype]), rest), r)
    value = b.fma(half, grown, b.sub(half, b.const(0.5)))
    return b.select(b.less(b.absolute(x), b.const(2.0**-60)), x, b.add(value, value))


def tanh(b: Ops, x: ir.Value) -> ir.Value:
    """1 - 2 / (exp(2 |x|) + 1), near 0 a convergent of Lambert's continued fraction; both are base - over / under."""
    size = b.absolute(x)
    n, r, rest = reduced(b, b.clamp(b.add(size, size), 0, 20 if b.dtype == "float32" else 44))
    over, under = b.const(2), b.add(b.mul(b.two_to(n), power_of_e(b, r, rest)), b.const(1))
    square = b.mul(size, size)
    above, below = LAMBERT[b.dtype]
    near = b.less(size, b.const(0.625))
    over = b.select(near, b.mul(b.mul(square, size), b.polynomial(square, above)), over)
    under = b.select(near, b.polynomial(square, below), under)
    return b.with_sign(b.sub(b.select(near, size, b.const(1)), b.div(over, under)), x)


def sigmoid(b: Ops, x: ir.Value) -> ir.Value:
    """1 / (1 + e) or e / (1 + e) with e = exp(-|x|); the quotient is corrected for what rounding took from 1 + e and from itself."""
    e = exp(b, b.neg(b.absolute(x)))
    over = b.select(b.less(x, b.const(0)), e, b.const(1))
    under = b.add(e, b.const(1))
    lost = b.sub(e, b.sub(under, b.const(1)))
    value = b.div(over, under)
    rest = b.fma(b.neg(value), lost, b.residual(value, under, over))
    inverse = b.fma(under, b.const(-0.4714), b.const(1.457))     # of 1 + e, to two digits
    return b.fma(rest, inverse, value)


def softplus(b: Ops, x: ir.Value) -> ir.Value:
    """max(x, 0) + log(1 + e) with e = exp(-|x|)."""
    e = exp(b, b.neg(b.absolute(x)))
    large = b.less(b.const(0.4142135623730951), e)
    f = b.select(large, b.mul(b.sub(e, b.const(1)), b.const(0.5)), e)
    grown_ = log_of_ratio(b, b.select(large, b.const(1), b.const(0)), f)
    positive = b.select(b.less(x, b.const(0)), b.const(0), x)
    return b.add(positive, grown_)
