"""Pointwise operations on traced values, with the domain conditions that SymPy would drop recorded as they happen."""

from __future__ import annotations

from collections.abc import Callable

import sympy as sp

from symcat.category import functions as f
from symcat.category.tracing.value import Value, common_base, needs_reals, operands, pointwise
from symcat.errors import TraceError

ONE = sp.S.One


def add(x: object, y: object) -> Value:
    """x + y; of two truth values their disjunction, as in NumPy; over Z2 exclusive or."""
    x, y = operands(x, y)
    return either(x, y) if x.truth and y.truth else pointwise("add", lambda a, b: a + b, x, y)


def subtract(x: object, y: object) -> Value:
    x, y = operands(x, y)
    if x.truth and y.truth:
        raise TraceError("a difference of two comparisons: NumPy refuses it too; multiply one by 1.0, or use ^ for exclusive or")
    return pointwise("sub", lambda a, b: a - b, x, y)


def multiply(x: object, y: object) -> Value:
    x, y = operands(x, y)
    return pointwise("mul", lambda a, b: a * b, x, y, truth=x.truth and y.truth)


def negative(x: object) -> Value:
    (x,) = operands(x)
    if x.truth:
        raise TraceError("minus of a comparison: NumPy refuses it too; use ~ for negation, or multiply by -1.0")
    return pointwise("neg", lambda a: -a, x)


def positive(x: object) -> Value:
    return operands(x)[0]


def divide(x: object, y: object) -> Value:
    """x / y; requires y != 0."""
    x, y = operands(x, y)
    needs_reals("division", x, y)
    y.tape.require(y, "!=0")
    return pointwise("div", lambda a, b: a / b, x, y)


def reciprocal(x: object) -> Value:
    return divide(1, x) if not isinstance(x, Value) else divide(Value(x.tape, None, ONE), x)


def power(x: object, y: object) -> Value:
    """x ** y; requires what the exponent asks for.

    A negative integer x != 0, a fraction x >= 0, an array x > 0 (of a scalar x, x >= 0); 0 ** y is 0 and requires y > 0.
    """
    x, y = operands(x, y)
    if y.array is None and y.scalar.is_number:
        return _constant_power(x, y)
    needs_reals("a power with a traced exponent", x, y)
    if x.array is None and x.scalar == 0:
        x.tape.require(y, ">0")
        return pointwise("pow", lambda a, b: a, x, y)
    x.tape.require(x, ">=0", ">0") if x.array is None else x.tape.require(x, ">0")
    return pointwise("pow", lambda a, b: a**b, x, y)


def _constant_power(x: Value, y: Value) -> Value:
    exponent = y.scalar
    if x.base.modulus and not (exponent.is_Integer and exponent >= 0):
        raise TraceError(f"power {exponent} over {x.base}: only natural numbers are exponents there")
    if exponent.is_Integer and exponent < 0:
        x.tape.require(x, "!=0")
    elif not exponent.is_Integer:
        inside = ">=0" if exponent > 0 else ">0"
        x.tape.require(x, inside, inside if x.array is None else ">0")
    if not x.base.modulus and x.array is not None and exponent == 0:
        return pointwise("pow", lambda a: a * 0 + 1, x)
    return pointwise("pow", lambda a: a**exponent, x)


def square(x: object) -> Value:
    return power(x, sp.Integer(2))


def sqrt(x: object) -> Value:
    """Requires x >= 0, and x > 0 where it is differentiated."""
    return power(x, sp.Rational(1, 2))


def log(x: object) -> Value:
    """Requires x > 0."""
    return _log(x, 0, "log")


def log1p(x: object) -> Value:
    """log(1 + x); requires 1 + x > 0."""
    return _log(x, 1, "log1p")


def _log(x: object, shift: int, name: str) -> Value:
    (x,) = operands(x)
    needs_reals(name, x)
    x.tape.require(x, ">0", shift=shift)
    return pointwise(name, lambda a: sp.log(a + shift), x)


def real(name: str, function: Callable[..., sp.Expr], *, truth: bool = False, keeps: bool = False) -> Callable[..., Value]:
    """The operation that applies a scalar function over the reals at every entry; one that `keeps` takes truth values to one."""

    def operation(*items: object) -> Value:
        values = operands(*items)
        needs_reals(name, *values)
        return pointwise(name, function, *values, truth=truth or (keeps and all(value.truth for value in values)))

    operation.__name__ = name
    return operation


exp = real("exp", sp.exp)
expm1 = real("expm1", lambda a: sp.exp(a) - 1)
tanh = real("tanh", sp.tanh)
sin = real("sin", sp.sin)
cos = real("cos", sp.cos)
relu = real("relu", f.relu)
sigmoid = real("sigmoid", f.sigmoid)
softplus = real("softplus", f.softplus)
step = real("step", f.step)
absolute = real("abs", f.absolute, keeps=True)
sign = real("sign", f.sign)
detach = real("detach", f.detach)
maximum = real("maximum", f.maximum, keeps=True)
minimum = real("minimum", f.minimum, keeps=True)

greater = real("greater", lambda a, b: f.step(a - b), truth=True)
less = real("less", lambda a, b: f.step(b - a), truth=True)
greater_equal = real("greater_equal", lambda a, b: 1 - f.step(b - a), truth=True)
less_equal = real("less_equal", lambda a, b: 1 - f.step(a - b), truth=True)
equal = real("equal", f.equal, truth=True)
not_equal = real("not_equal", lambda a, b: 1 - f.equal(a, b), truth=True)


def smooth(name: str) -> Callable[[object], Value]:
    """An arbitrary smooth function of that name."""
    return real(name, f.Smooth.named(name))


def heaviside(x: object, middle: object) -> Value:
    """1 where x > 0, `middle` where x = 0, else 0."""
    x, middle = operands(x, middle)
    needs_reals("heaviside", x)
    if middle.array is None and middle.scalar == 0:
        return step(x)
    return pointwise("heaviside", lambda a, h: f.step(a) + h * f.equal(a, 0), x, middle)


def where(condition: object, x: object = None, y: object = None) -> Value:
    """x where the condition is not 0, else y."""
    if x is None or y is None:
        raise TraceError("np.where(condition) alone gives positions that depend on data: use where(condition, x, y) with both branches")
    condition, x, y = operands(condition, x, y)
    needs_reals("where", condition, x, y)
    truth = x.truth and y.truth
    if condition.array is None and condition.scalar.is_Rational:
        zero = Value(x.tape, None)
        chosen, other = (x, y) if condition.scalar != 0 else (y, x)
        return pointwise("where", lambda a, b, c: a, chosen, other, zero, truth=truth)
    return pointwise("where", f.where, condition, x, y, truth=truth)


def logaddexp(x: object, y: object) -> Value:
    """log(exp(x) + exp(y)), as x + softplus(y - x)."""
    x, y = operands(x, y)
    return softplus(y) if x.array is None and x.scalar == 0 else add(x, softplus(subtract(y, x)))


def clip(x: object, a_min: object = None, a_max: object = None, *, min: object = None, max: object = None) -> Value:
    """minimum(maximum(x, a_min), a_max)."""
    low, high = a_min if a_min is not None else min, a_max if a_max is not None else max
    result = x if low is None else maximum(x, low)
    return operands(result)[0] if high is None else minimum(result, high)


# ---- truth values, and the arithmetic of Z2
def truthy(x: Value) -> Value:
    """The value as true (not 0) or false (0)."""
    return x if x.truth else not_equal(x, 0)


def both(x: object, y: object) -> Value:
    return pointwise("and", lambda a, b: a * b, *map(truthy, operands(x, y)), truth=True)


def either(x: object, y: object) -> Value:
    return pointwise("or", lambda a, b: a + b - a * b, *map(truthy, operands(x, y)), truth=True)


def one_of(x: object, y: object) -> Value:
    return pointwise("xor", lambda a, b: a + b - 2 * a * b, *map(truthy, operands(x, y)), truth=True)


def negation(x: object) -> Value:
    return pointwise("not", lambda a: 1 - a, truthy(operands(x)[0]), truth=True)


def bit_and(x: object, y: object) -> Value:
    """& of truth values, or of arrays over Z2, where it is the product."""
    return multiply(*_bits("&", x, y)) if _over_z2(x, y) else both(*_bits("&", x, y))


def bit_xor(x: object, y: object) -> Value:
    """^ of truth values, or of arrays over Z2, where it is the sum."""
    return add(*_bits("^", x, y)) if _over_z2(x, y) else one_of(*_bits("^", x, y))


def bit_or(x: object, y: object) -> Value:
    return either(*_bits("|", x, y, z2=False))


def invert(x: object) -> Value:
    return negation(*_bits("~", x, z2=False))


def _over_z2(*items: object) -> bool:
    return common_base(operands(*items), "a bitwise operation").modulus == 2


def _bits(symbol: str, *items: object, z2: bool = True) -> tuple[Value, ...]:
    values = operands(*items)
    if not (z2 and _over_z2(*values)) and not all(value.truth for value in values):
        way = "^ is + and & is * over Z2; otherwise compare first, e.g. (x > 0) & (y > 0)"
        raise TraceError(f"{symbol} on {' and '.join(map(str, values))}: it is defined on comparisons{' and over Z2' if z2 else ''}; {way}")
    return values
