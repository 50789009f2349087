"""The primitives of portable programs: typed literals, index values, and elementary functions on numbers, in plain Python.

`symcat.kernel.tiles.portable` gives them to Numba with `real` bound to a dtype.  NaN in gives NaN out everywhere,
and infinities behave as in IEEE arithmetic: comparisons are written so that a NaN falls through to the branch that returns it.

exp, tanh and sigmoid are polynomials in double precision without branches, so that a loop over them becomes vector code; they
are within 3 ulp.  exp(x) = 2^k exp(r) with k = rint(x / log 2); log 2 is split in two so that k times its first part is exact.
"""

import math

from numpy import float64 as double
from numpy import float64 as real
from numpy import int64, rint


def rational(p, q):
    return real(p / q)


def infimum():
    return real(-math.inf)


ONE = real(1)
ZERO = real(0)


def f_real(n):
    return real(n)


def f_bracket(n):
    return ONE if n >= 0 else ZERO


def f_delta(n):
    return ONE if n == 0 else ZERO


def f_greater(x, y):
    return x > y or (x != x and y == y)


def f_two_to(k):
    """2^k for an integral k from -1022 to 1023, by its bits."""
    return int64((int64(k) + 1023) << 52).view(double)


def f_reduced(x):
    """k and r with x = k log 2 + r, |r| <= log(2) / 2."""
    k = rint(x * 1.4426950408889634)
    return k, (x - k * 0.6931471803691238) - k * 1.9082149292705877e-10


def f_series(r):
    """(exp(r) - 1 - r) / r^2 by its power series, to 1e-17 for |r| <= log(2) / 2."""
    p = 1 / 87178291200 * r + 1 / 6227020800
    p = p * r + 1 / 479001600
    p = p * r + 1 / 39916800
    p = p * r + 1 / 3628800
    p = p * r + 1 / 362880
    p = p * r + 1 / 40320
    p = p * r + 1 / 5040
    p = p * r + 1 / 720
    p = p * r + 1 / 120
    p = p * r + 1 / 24
    p = p * r + 1 / 6
    return p * r + 0.5


def f_exp(x):
    y = double(x) if x < 720 else double(720)
    y = y if y > -750 else double(-750)
    k, r = f_reduced(y)
    half = rint(k * 0.5)
    e = (1 + (r + r * r * f_series(r))) * f_two_to(half) * f_two_to(k - half)
    return real(e) if x == x else x


def f_log(x):
    return real(math.log(x))


def f_tanh(x):
    """e / (e + 2) with e = exp(2 |x|) - 1, and the sign of x."""
    y = 2 * math.fabs(double(x))
    k, r = f_reduced(y if y < 40 else double(40))
    scale = f_two_to(k)
    e = scale * (r + r * r * f_series(r)) + (scale - 1)
    return real(math.copysign(e / (e + 2), x)) if x == x else x


def f_sin(x):
    return real(math.sin(x)) if x - x == ZERO else x - x


def f_cos(x):
    return real(math.cos(x)) if x - x == ZERO else x - x


def f_sqrt(x):
    return real(math.sqrt(x))


def f_root(x, n):
    return real(math.pow(x, ONE / real(n)))


def f_rational_power(x, p, q):
    return real(math.pow(x, p / q))


def f_power(x, y):
    return real(math.pow(x, y))


def f_sigmoid(x):
    e = f_exp(-x if x >= ZERO else x)
    return (ONE if x >= ZERO else e) / (ONE + e)


def f_softplus(x):
    return (ZERO if x <= ZERO else x) + real(math.log1p(math.exp(x if x <= ZERO else -x)))


def f_relu(x):
    return ZERO if x <= ZERO else x


def f_step(x):
    return ONE if x > ZERO else (ZERO if x <= ZERO else x)


def f_absolute(x):
    return real(math.fabs(x))


def f_sign(x):
    return ONE if x > ZERO else (-ONE if x < ZERO else x)


def f_maximum(x, y):
    return x if x >= y or x != x else y


def f_minimum(x, y):
    return x if x <= y or x != x else y


def f_equal(x, y):
    return ONE if x == y else (ZERO if x < y or x > y else x + y)


def f_where(c, x, y):
    return y if c == ZERO else (x if c == c else c)


def f_pick(v, a, x, y):
    return x if f_greater(v, a) else y


def f_nonneg(x):
    return ONE if x >= ZERO else ZERO


def f_zero(x):
    return ONE if x == ZERO else ZERO


def f_rsqrt(x):
    return ONE / real(math.sqrt(x))


def f_expm1(x):
    return real(math.expm1(x))


def f_log1p(x):
    return real(math.log1p(x))
