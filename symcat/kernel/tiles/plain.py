"""Element functions by LLVM's own operations: what tiles use for a function that `elementary` does not generate."""

from __future__ import annotations

from collections.abc import Callable

from llvmlite import ir

from symcat.kernel.tiles.tile import call, repeated


def _constant(x: ir.Value, value: float) -> ir.Constant:
    return repeated(x.type, value)


def _nan_or(b: ir.IRBuilder, x: ir.Value, other: ir.Value) -> ir.Value:
    return b.select(b.fcmp_unordered("uno", x, x), x, other)


def _choice(b: ir.IRBuilder, condition: ir.Value, x: ir.Value, yes: float, no: float) -> ir.Value:
    return b.select(condition, _constant(x, yes), _constant(x, no))


def maximum(b: ir.IRBuilder, x: ir.Value, y: ir.Value) -> ir.Value:
    return _nan_or(b, x, b.select(b.fcmp_ordered(">=", x, y), x, y))


def minimum(b: ir.IRBuilder, x: ir.Value, y: ir.Value) -> ir.Value:
    return _nan_or(b, x, b.select(b.fcmp_ordered("<=", x, y), x, y))


def relu(b: ir.IRBuilder, x: ir.Value) -> ir.Value:
    return b.select(b.fcmp_ordered("<=", x, _constant(x, 0.0)), _constant(x, 0.0), x)


def step(b: ir.IRBuilder, x: ir.Value) -> ir.Value:
    return _nan_or(b, x, _choice(b, b.fcmp_ordered(">", x, _constant(x, 0.0)), x, 1.0, 0.0))


def sign(b: ir.IRBuilder, x: ir.Value) -> ir.Value:
    zero = _constant(x, 0.0)
    return b.select(b.fcmp_ordered(">", x, zero), _constant(x, 1.0), b.select(b.fcmp_ordered("<", x, zero), _constant(x, -1.0), x))


def equal(b: ir.IRBuilder, x: ir.Value, y: ir.Value) -> ir.Value:
    return b.select(b.fcmp_unordered("uno", x, y), b.fadd(x, y), _choice(b, b.fcmp_ordered("==", x, y), x, 1.0, 0.0))


def where(b: ir.IRBuilder, c: ir.Value, x: ir.Value, y: ir.Value) -> ir.Value:
    return b.select(b.fcmp_ordered("==", c, _constant(c, 0.0)), y, _nan_or(b, c, x))


def pick(b: ir.IRBuilder, v: ir.Value, a: ir.Value, x: ir.Value, y: ir.Value) -> ir.Value:
    lost = b.and_(b.fcmp_unordered("uno", v, v), b.fcmp_ordered("ord", a, a))
    return b.select(b.or_(b.fcmp_ordered(">", v, a), lost), x, y)


def nonneg(b: ir.IRBuilder, x: ir.Value) -> ir.Value:
    return _choice(b, b.fcmp_ordered(">=", x, _constant(x, 0.0)), x, 1.0, 0.0)


def zero(b: ir.IRBuilder, x: ir.Value) -> ir.Value:
    return _choice(b, b.fcmp_ordered("==", x, _constant(x, 0.0)), x, 1.0, 0.0)


def sigmoid(b: ir.IRBuilder, x: ir.Value) -> ir.Value:
    one = _constant(x, 1.0)
    e = call(b, "exp", b.fneg(call(b, "fabs", x)))
    return b.fdiv(b.select(b.fcmp_ordered(">=", x, _constant(x, 0.0)), one, e), b.fadd(one, e))


def softplus(b: ir.IRBuilder, x: ir.Value) -> ir.Value:
    return b.fadd(relu(b, x), call(b, "log", b.fadd(_constant(x, 1.0), call(b, "exp", b.fneg(call(b, "fabs", x))))))


def rsqrt(b: ir.IRBuilder, x: ir.Value) -> ir.Value:
    return b.fdiv(_constant(x, 1.0), call(b, "sqrt", x))


def rational_power(b: ir.IRBuilder, x: ir.Value, p: ir.Value, q: ir.Value) -> ir.Value:
    return call(b, "pow", x, b.fdiv(p, q))


def root(b: ir.IRBuilder, x: ir.Value, n: ir.Value) -> ir.Value:
    return call(b, "pow", x, b.fdiv(_constant(n, 1.0), n))


def _intrinsic(name: str) -> Callable[..., ir.Value]:
    return lambda b, *values: call(b, name, *values)


FUNCTIONS: dict[str, tuple[int, Callable[..., ir.Value]]] = {
    **{name: (1, _intrinsic(name)) for name in ("exp", "log", "tanh", "sin", "cos", "sqrt")},
    "absolute": (1, _intrinsic("fabs")), "power": (2, _intrinsic("pow")), "root": (2, root), "rational_power": (3, rational_power),
    "sigmoid": (1, sigmoid), "softplus": (1, softplus), "rsqrt": (1, rsqrt), "relu": (1, relu), "step": (1, step), "sign": (1, sign),
    "maximum": (2, maximum), "minimum": (2, minimum), "equal": (2, equal), "where": (3, where), "pick": (4, pick),
    "nonneg": (1, nonneg), "zero": (1, zero),
}
