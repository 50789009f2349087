"""Sums, means, maxima, products and norms over axes."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import sympy as sp

from symcat.category.expression import Argmax, Delta
from symcat.category.space import Dim
from symcat.category.tracing import arithmetic as op
from symcat.category.tracing.value import Value, axes, materialise, needs_reals, operands
from symcat.errors import TraceError

LARGEST_PRODUCT = 16


def _reduce(x: Value, axis: object, keepdims: object, name: str, weight: Callable[[Sequence[Dim]], sp.Expr] = lambda gone: sp.S.One,
            kind: str = "sum", truth: bool = False) -> Value:
    """One comprehension over the axes that go; `weight` of their dims multiplies every term."""
    gone = axes(axis, x.rank, name)
    if not gone:
        return x
    kept = [k for k in range(x.rank) if k not in gone]
    factor = weight([x.shape[k] for k in gone])
    slots = [k for k in range(x.rank) if keepdims or k in kept]
    shape = [sp.S.One if k in gone else x.shape[k] for k in slots]
    order = sorted(gone)

    def body(*indices: sp.Expr) -> sp.Expr:
        place = {k: i for k, i in zip(slots, indices, strict=False) if k in kept}
        place |= dict(zip(order, indices[len(slots):], strict=True))
        return factor * x.read([place[k] for k in range(x.rank)])

    return x.tape.gather(shape, body, [x.shape[k] for k in order], name=name, base=x.base, op=kind, truth=truth)


def total(a: Value, axis: object = None, dtype: object = None, *, keepdims: object = False) -> Value:
    """The sum over axes."""
    (a,) = operands(a)
    result = _reduce(a, axis, keepdims, "sum") if a.rank else a
    return Value(a.tape, result.array, result.scalar)


def mean(a: Value, axis: object = None, dtype: object = None, *, keepdims: object = False) -> Value:
    """The sum over axes divided by the number of entries; dims are positive, so nothing is required."""
    (a,) = operands(a)
    needs_reals("mean", a)
    return _reduce(a, axis, keepdims, "mean", lambda gone: 1 / sp.Mul(*gone))


def var(a: Value, axis: object = None, dtype: object = None, *, ddof: int = 0, keepdims: object = False) -> Value:
    """The mean squared distance from the mean."""
    (a,) = operands(a)
    if ddof != 0:
        raise TraceError(f"var with ddof={ddof}: only 0 is supported; write the sum of squares and the divisor out")
    return mean(op.square(op.subtract(a, mean(a, axis, keepdims=True))), axis, keepdims=keepdims)


def std(a: Value, axis: object = None, dtype: object = None, *, ddof: int = 0, keepdims: object = False) -> Value:
    return op.sqrt(var(a, axis, ddof=ddof, keepdims=keepdims))


def maximum(a: Value, axis: object = None, *, keepdims: object = False) -> Value:
    """The maximum over axes; the first one in row-major order takes the derivative."""
    (a,) = operands(a)
    needs_reals("max", a)
    return _reduce(a, axis, keepdims, "max", kind="max", truth=a.truth)


def minimum(a: Value, axis: object = None, *, keepdims: object = False) -> Value:
    """The minimum over axes, as -max(-a)."""
    (a,) = operands(a)
    needs_reals("min", a)
    flipped = op.pointwise("neg", lambda e: -e, a)
    return op.pointwise("neg", lambda e: -e, maximum(flipped, axis, keepdims=keepdims), truth=a.truth)


def some(a: Value, axis: object = None, *, keepdims: object = False) -> Value:
    """Whether any entry is true."""
    return maximum(op.truthy(operands(a)[0]), axis, keepdims=keepdims)


def every(a: Value, axis: object = None, *, keepdims: object = False) -> Value:
    """Whether all entries are true."""
    return minimum(op.truthy(operands(a)[0]), axis, keepdims=keepdims)


def argmax(a: Value, axis: int | None = None, *, keepdims: object = False) -> Value:
    """The position of the first maximum, as a number."""
    (a,) = operands(a)
    needs_reals("argmax", a)
    a = materialise(a)
    if not a.rank:
        return a.tape.scalar(sp.S.Zero)
    gone = sorted(axes(axis, a.rank, "argmax"))
    top = maximum(a, axis, keepdims=keepdims)
    extents = [a.shape[k] for k in gone]

    def body(*indices: sp.Expr) -> sp.Expr:
        own, places = indices[: top.rank], indices[top.rank:]
        line = sp.Add(*[i * sp.Mul(*extents[k + 1:]) for k, i in enumerate(places)])
        return line * sp.Mul(*[Delta(i - Argmax(top.array, k, *own)) for k, i in enumerate(places)])

    return a.tape.gather(top.shape, body, extents, name="argmax", base=a.base)


def prod(a: Value, axis: object = None, dtype: object = None, *, keepdims: object = False) -> Value:
    """The product over axes with few entries, multiplied one by one."""
    (a,) = operands(a)
    for k in sorted(axes(axis, a.rank, "prod"), reverse=True):
        extent = a.shape[k]
        if not extent.is_Integer or extent > LARGEST_PRODUCT:
            raise TraceError(f"prod over axis {k} of {a}: only dims up to {LARGEST_PRODUCT} are multiplied out; "
                             "use exp(sum(log(x))) for positive x")
        a = _factor(a, k, bool(keepdims))
    return Value(a.tape, a.array, a.scalar)


def _factor(a: Value, k: int, keepdims: bool) -> Value:
    def body(*i: sp.Expr) -> sp.Expr:
        rest = i[k + 1:] if keepdims else i[k:]
        return sp.Mul(*[a.read((*i[:k], sp.Integer(j), *rest)) for j in range(int(a.shape[k]))])

    shape = (*a.shape[:k], *((sp.S.One,) if keepdims else ()), *a.shape[k + 1:])
    return a.tape.gather(shape, body, name="prod", base=a.base)


def cumsum(a: Value, axis: int | None = None, dtype: object = None) -> Value:
    """Sums of the entries up to each one: a guarded comprehension."""
    (a,) = operands(a)
    if axis is None and a.rank != 1:
        raise TraceError(f"cumsum of {a} without an axis: flatten it first, or name the axis")
    (place,) = axes(0 if axis is None else axis, a.rank, "cumsum")
    last = a.rank
    return a.tape.scatter(a.shape, (*a.shape, a.shape[place]), lambda *i: i[:last],
                          lambda *i: a.read([i[last] if k == place else i[k] for k in range(last)]),
                          guards=lambda *i: (i[place] - i[last],), name="cumsum", base=a.base)


def norm(x: Value, ord: object = None, axis: object = None, keepdims: object = False) -> Value:
    """The 2-norm of vectors and the Frobenius norm of matrices; over one axis also the norms 1 and infinity."""
    (x,) = operands(x)
    count = len(axes(axis, x.rank, "norm"))
    if ord is None or (ord == 2 and count == 1) or (ord == "fro" and count == 2):
        return op.sqrt(total(op.square(x), axis, keepdims=keepdims))
    if ord == 1 and count == 1:
        return total(op.absolute(x), axis, keepdims=keepdims)
    if ord == np.inf and count == 1:
        return maximum(op.absolute(x), axis, keepdims=keepdims)
    raise TraceError(f"norm of order {ord!r} over {count} axes: supported are None, and 1, 2, inf over one axis, 'fro' over two")
