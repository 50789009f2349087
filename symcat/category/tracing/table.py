"""Which NumPy function is which operation, and what to use instead of those that are none."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from symcat.category.tracing import arithmetic, cofactors, contraction, indexing, joining, reduction, reshaping
from symcat.category.tracing.value import Value, materialise, operands
from symcat.errors import TraceError


def zeros_like(a: Value, dtype: object = None) -> Value:
    return full_like(a, 0)


def ones_like(a: Value, dtype: object = None) -> Value:
    return full_like(a, 1)


def full_like(a: Value, fill_value: object, dtype: object = None) -> Value:
    """An array of the shape and base of `a` with one number everywhere."""
    a, number = operands(a, fill_value)
    if number.array is not None:
        raise TraceError("full_like with a traced array as value: use np.broadcast_to")
    if a.truth and dtype is None:
        number = arithmetic.truthy(number)
    return materialise(number, a.shape, a.base) if a.array is not None else number


UFUNCS: dict[str, Callable[..., Value]] = {
    "add": arithmetic.add, "subtract": arithmetic.subtract, "multiply": arithmetic.multiply, "divide": arithmetic.divide,
    "power": arithmetic.power, "float_power": arithmetic.power, "negative": arithmetic.negative, "positive": arithmetic.positive,
    "reciprocal": arithmetic.reciprocal, "square": arithmetic.square, "sqrt": arithmetic.sqrt, "exp": arithmetic.exp,
    "expm1": arithmetic.expm1, "log": arithmetic.log, "log1p": arithmetic.log1p, "logaddexp": arithmetic.logaddexp, "tanh": arithmetic.tanh,
    "sin": arithmetic.sin, "cos": arithmetic.cos,
    "absolute": arithmetic.absolute, "fabs": arithmetic.absolute, "sign": arithmetic.sign, "heaviside": arithmetic.heaviside,
    "maximum": arithmetic.maximum, "fmax": arithmetic.maximum, "minimum": arithmetic.minimum, "fmin": arithmetic.minimum,
    "greater": arithmetic.greater, "less": arithmetic.less, "greater_equal": arithmetic.greater_equal, "less_equal": arithmetic.less_equal,
    "equal": arithmetic.equal, "not_equal": arithmetic.not_equal, "logical_and": arithmetic.both, "logical_or": arithmetic.either,
    "logical_xor": arithmetic.one_of, "logical_not": arithmetic.negation, "bitwise_and": arithmetic.bit_and,
    "bitwise_or": arithmetic.bit_or, "bitwise_xor": arithmetic.bit_xor, "invert": arithmetic.invert,
    "clip": arithmetic.clip, "matmul": contraction.matmul, "vecdot": contraction.vecdot,
}

REDUCTIONS: dict[str, Callable[..., Value]] = {
    "add": reduction.total, "maximum": reduction.maximum, "minimum": reduction.minimum, "multiply": reduction.prod,
    "logical_and": reduction.every, "logical_or": reduction.some,
}

FUNCTIONS: dict[str, Callable[..., Value]] = {
    "sum": reduction.total, "mean": reduction.mean, "var": reduction.var, "std": reduction.std, "max": reduction.maximum,
    "amax": reduction.maximum, "min": reduction.minimum, "amin": reduction.minimum, "prod": reduction.prod, "cumsum": reduction.cumsum,
    "any": reduction.some, "all": reduction.every, "argmax": reduction.argmax, "linalg.norm": reduction.norm,
    "where": arithmetic.where, "clip": arithmetic.clip,
    "dot": contraction.dot, "vdot": contraction.vdot, "inner": contraction.inner, "outer": contraction.outer,
    "einsum": contraction.einsum, "tensordot": contraction.tensordot,
    "transpose": reshaping.transpose, "swapaxes": reshaping.swapaxes, "moveaxis": reshaping.moveaxis, "reshape": reshaping.reshape,
    "ravel": reshaping.ravel, "squeeze": reshaping.squeeze, "expand_dims": reshaping.expand_dims, "broadcast_to": reshaping.broadcast_to,
    "flip": indexing.flip, "flipud": lambda m: indexing.flip(m, 0), "fliplr": lambda m: indexing.flip(m, 1),
    "concatenate": joining.concatenate, "stack": joining.stack, "vstack": joining.vstack, "hstack": joining.hstack, "pad": joining.pad,
    "roll": joining.roll, "diagonal": joining.diagonal, "trace": joining.trace, "diag": joining.diag, "tril": joining.tril,
    "triu": joining.triu, "linalg.det": cofactors.det, "linalg.inv": cofactors.inv, "linalg.solve": cofactors.solve,
    "zeros_like": zeros_like, "ones_like": ones_like, "full_like": full_like,
}

INSTEAD: dict[str, str] = {
    "tan": "np.sin(x)/np.cos(x)", "floor_divide": "/", "remainder": "exact arithmetic without remainders",
    "log2": "np.log(x)/np.log(2)", "log10": "np.log(x)/np.log(10)", "exp2": "2**x",
    "cbrt": "x**(1/3)", "arctan": "sc.generic('arctan')", "argmin": "np.argmax(-x)",
    "sort": "np.max or a comparison of all pairs",
    "argsort": "a comparison of all pairs with sc.equal and sums", "cumprod": "np.exp(np.cumsum(np.log(x))) for positive x",
    "split": "slices such as x[:k]", "repeat": "np.broadcast_to and reshape", "tile": "np.broadcast_to and reshape",
    "take": "a one-hot product with sc.equal(sc.iota(n), ...)", "median": "np.mean", "nonzero": "where(mask, x, 0)",
    "linalg.pinv": "np.linalg.inv at a fixed size up to 3, or an input wire for the inverse",
    "isnan": "no test: traced values are real numbers", "isfinite": "no test: traced values are real numbers",
    "allclose": "sc.decide outside of the function", "convolve": "sc.windows and einsum", "copyto": "a new value, x = ...",
}


def call_ufunc(ufunc: np.ufunc, method: str, items: tuple, options: dict) -> Value:
    """A NumPy ufunc, or its reduce or outer, on values."""
    name = ufunc.__name__
    if options.pop("out", None) is not None:
        raise TraceError(f"np.{name} with out=: traced arrays are values and cannot be written into; use the result")
    real_dtype(options.pop("dtype", None), f"np.{name}")
    if method == "__call__" and name in UFUNCS:
        return checked(UFUNCS[name], f"np.{name}", items, options)
    if method == "reduce" and name in REDUCTIONS:
        options.setdefault("axis", 0)
        return checked(REDUCTIONS[name], f"np.{name}.reduce", items, options)
    if method == "outer" and name == "multiply":
        return checked(contraction.outer, "np.multiply.outer", items, options)
    raise unsupported(name if method == "__call__" else f"{name}.{method}")


def call_function(function: Callable, items: tuple, options: dict) -> Value:
    """A NumPy function on values."""
    name = name_of(function)
    if name not in FUNCTIONS:
        raise unsupported(name)
    return checked(FUNCTIONS[name], f"np.{name}", items, options)


def name_of(function: Callable) -> str:
    """A NumPy function's name under `np`."""
    module = getattr(function, "__module__", "numpy") or "numpy"
    stem = module.removeprefix("numpy").lstrip(".")
    return f"{stem}.{function.__name__}" if stem in ("linalg", "fft") else function.__name__


def unsupported(name: str) -> TraceError:
    return TraceError(f"np.{name} is not supported on traced arrays: {advice(name)}")


def advice(name: str) -> str:
    """What to use instead of a NumPy function or method."""
    stem = name.partition(".")[0]
    way = INSTEAD.get(stem if stem in INSTEAD else name)
    return f"use {way}" if way else "use operators, slices, einsum, where, sums and maxima over axes, or sc.generic for a smooth function"


def real_dtype(dtype: Any, name: str) -> None:
    """TraceError for a dtype that is not one of real numbers: NumPy would round or compare."""
    if dtype is not None and np.dtype(dtype).kind != "f":
        raise TraceError(f"{name} with dtype={np.dtype(dtype)}: traced values are real numbers; leave dtype out, "
                         "or compare, as in x != 0, for a truth value")


def checked(operation: Callable[..., Value], name: str, items: tuple, options: dict) -> Value:
    """The operation, after a check that it has these arguments."""
    if options.pop("out", None) is not None:
        raise TraceError(f"{name} with out=: traced arrays are values and cannot be written into; use the result")
    try:
        bound = inspect.signature(operation).bind(*items, **options)
    except TypeError as error:
        shown = ", ".join(options) or f"{len(items)} positional arguments"
        raise TraceError(f"{name} with {shown} is not supported on traced arrays: {error}") from None
    real_dtype(bound.arguments.get("dtype"), name)
    return operation(*bound.args, **bound.kwargs)
