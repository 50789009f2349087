"""The primitives of generated programs: typed literals, index values, and elementary functions on numbers.

This source is copied in front of every generated program, with `real` bound to its dtype.  NaN in gives NaN out everywhere,
and infinities behave as in IEEE arithmetic: comparisons are written so that a NaN falls through to the branch that returns it.
`sigmoid` and `softplus` never take the exponential of a positive number.
"""

import math

from numpy import float64 as real


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


def f_exp(x):
    return real(math.exp(x))


def f_log(x):
    return real(math.log(x))


def f_tanh(x):
    return real(math.tanh(x))


def f_sqrt(x):
    return real(math.sqrt(x))


def f_root(x, n):
    return real(math.pow(x, ONE / real(n)))


def f_power(x, y):
    return real(math.pow(x, y))


def f_sigmoid(x):
    e = real(math.exp(-x if x >= ZERO else x))
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
