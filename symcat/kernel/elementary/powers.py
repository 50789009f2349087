"""x^y = exp(y log x), with log x and the product exact enough that exp rounds nearly once.

float32 goes by double precision.  float64 carries the logarithm and the exponent in two floats each: log(1 + f) = 2 (s + s^3 T) with
s = f / (2 + f) and T = 1/3 + z/5 + z^2 Q(z), z = s^2.
"""

from __future__ import annotations

from llvmlite import ir

from symcat.kernel.elementary.exponential import power_of_e, reduced
from symcat.kernel.elementary.logarithm import LOG2, log_of_ratio, normal_split, split
from symcat.kernel.elementary.ops import Ops

Pair = tuple[ir.Value, ir.Value]

# Q with artanh(s) / s = 1 + z (1/3 + z (1/5 + z Q(z))): off by 2^-72.8 of the whole.
SERIES = (0.1428571428571658, 0.11111111110006656, 0.09090909302647246, 0.0769228645548075, 0.06667881297543686, 0.05842526681716804,
          0.059554355145868286)
FIFTH = (0.2, -1.1102230246251566e-17)
THIRD = (0.3333333333333333, 1.850371707708594e-17)
# R and q of the modules for log and exp, in fewer terms: relative errors 2^-37.6 and 2^-34.1.
LOG_FOR_FLOAT32 = (0.6666666564833047, 0.40000334623774464, 0.2853734055408416, 0.235816053379126)
EXP_FOR_FLOAT32 = (0.5000000068433846, 0.16666665859497723, 0.041666292170450044, 0.008333498384708666, 0.001394486879369629,
                   0.00019790117116410657)
LARGE = 2.0**70     # beyond it every exponent overflows, underflows, or has base 1
INF, NAN = float("inf"), float("nan")


def power(b: Ops, x: ir.Value, y: ir.Value) -> ir.Value:
    """x^y as in C, but NaN of either side is kept, also in x^0 and 1^y."""
    zero, size = b.const(0), b.absolute(x)
    value = _of_size(b, size, y)
    value = b.select(b.same(y, zero), b.const(1), value)
    whole = b.same(b.call("rint", y), y)
    half = b.mul(y, b.const(0.5))
    odd = b.both(whole, b.builder.fcmp_unordered("!=", b.call("rint", half), half))
    negative = b.builder.icmp_signed("<", b.bits(x), b.integer(0))
    value = b.select(b.both(negative, odd), b.neg(value), value)
    undefined = b.both(b.both(b.less(x, zero), b.less(size, b.const(INF))), b.builder.not_(whole))
    value = b.select(undefined, b.const(NAN), value)
    return b.select(b.ordered(x, y), value, b.add(x, y))


def root(b: Ops, x: ir.Value, n: ir.Value) -> ir.Value:
    """x^(1/n) for a positive integer n; NaN below 0."""
    return rational_power(b, x, ir.Constant(n.type, 1), n)


def rational_power(b: Ops, x: ir.Value, p: ir.Value, q: ir.Value) -> ir.Value:
    """x^(p/q) for integers p, q other than 0; NaN below 0."""
    wide = b.wider()
    over, under = wide.real(p), wide.real(q)
    y = wide.div(over, under)
    if b.double:
        value = _precisely(b, b.absolute(x), (y, b.div(b.residual(y, under, over), under)))
    else:
        value = wide.narrowed(_widely(wide, wide.widened(b.absolute(x)), y), b)
    value = b.select(b.less(x, b.const(0)), b.const(NAN), value)
    return b.select(b.ordered(x, x), value, x)


def _of_size(b: Ops, size: ir.Value, y: ir.Value) -> ir.Value:
    """A power of numbers that are not negative."""
    if b.double:
        return _precisely(b, size, (b.clamp(y, -LARGE, LARGE), b.const(0)))
    wide = b.wider()
    return wide.narrowed(_widely(wide, wide.widened(size), wide.clamp(wide.widened(y), -LARGE, LARGE)), b)


def _widely(wide: Ops, size: ir.Value, y: ir.Value) -> ir.Value:
    """A power of float32 by double precision, to 2^-30 of it."""
    k, ratio = split(wide, size)
    log = log_of_ratio(wide, wide.small_real(k), wide.sub(ratio, wide.const(1)), LOG_FOR_FLOAT32)
    product = wide.mul(y, _with_ends(wide, size, log))
    n, r, _ = reduced(wide, wide.clamp(product, -150, 150))
    grown = wide.fma(wide.mul(r, r), wide.polynomial(r, EXP_FOR_FLOAT32), r)
    return wide.mul(wide.add(grown, wide.const(1)), wide.two_to(n))


def _precisely(b: Ops, size: ir.Value, y: Pair) -> ir.Value:
    """exp(y log x), where the product of pairs is reduced before it is rounded."""
    high, low = precise_log(b, size)
    product, rest = _times(b, y, (high, low))
    rest = b.select(b.less(b.absolute(product), b.const(800)), rest, b.const(0))
    n, r, lost = reduced(b, b.clamp(product, -746, 710))
    return b.scaled(power_of_e(b, *b.ordered_sum(r, b.add(lost, rest))), n)


def precise_log(b: Ops, x: ir.Value) -> Pair:
    """log x in two floats, to 2^-64 of it; infinite at 0 and infinity.  float64 only."""
    k, ratio = normal_split(b, x)
    high, low = _log_of_ratio(b, b.sub(ratio, b.const(1)))
    first, second = (b.const(part) for part in LOG2["float64"])
    whole, lost = b.ordered_sum(b.mul(k, first), high)
    whole, rest = b.ordered_sum(whole, b.add(lost, b.fma(k, second, low)))
    return _with_ends(b, x, whole), rest


def _with_ends(b: Ops, x: ir.Value, log: ir.Value) -> ir.Value:
    """A logarithm of x >= 0, infinite at 0 and infinity."""
    log = b.select(b.less(x, b.const(INF)), log, x)
    return b.select(b.same(x, b.const(0)), b.const(-INF), log)


def _log_of_ratio(b: Ops, f: ir.Value) -> Pair:
    """log(1 + f) in two floats."""
    under, lost = b.ordered_sum(b.const(2), f)
    inverse = b.div(b.const(1), under)
    s = b.mul(f, inverse)
    s_ = b.mul(inverse, b.sub(b.residual(s, under, f), b.mul(s, lost)))
    z, z_ = b.exact_product(s, s)
    square = (z, b.fma(b.add(s, s), s_, z_))
    total = _plus(b, FIFTH, (b.mul(z, b.polynomial(z, SERIES)), b.const(0)))
    total = _plus(b, THIRD, _times(b, square, total))
    w, w_ = _times(b, (s, s_), _times(b, square, total))
    high, low = b.ordered_sum(s, w)
    low = b.add(low, b.add(s_, w_))
    return b.add(high, high), b.add(low, low)


def _plus(b: Ops, x: tuple[float, float], y: Pair) -> Pair:
    """A constant in two floats, and a smaller pair."""
    high, low = b.ordered_sum(b.const(x[0]), y[0])
    return high, b.add(low, b.add(b.const(x[1]), y[1]))


def _times(b: Ops, x: Pair, y: Pair) -> Pair:
    high, low = b.exact_product(x[0], y[0])
    return high, b.add(low, b.fma(x[0], y[1], b.mul(x[1], y[0])))
