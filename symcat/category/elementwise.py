"""Functions for use in traced code that NumPy lacks; on numbers and NumPy arrays they compute.

The same Python function can thus be traced, and run on data.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import sympy as sp
from numpy.lib.stride_tricks import sliding_window_view

from symcat.category.space import Real, dim
from symcat.category.tracing import arithmetic, indexing
from symcat.category.tracing.array import Traced, lifted, unwrap, wrap
from symcat.category.tracing.reshaping import dims_of
from symcat.category.tracing.value import ACTIVE, Value, active_tape
from symcat.errors import TraceError


def _elementwise(operation: Callable[..., Value], numeric: Callable[..., np.ndarray], doc: str) -> Callable:
    """The function that traces on traced or symbolic arguments and computes on others."""
    traced = lifted(operation)

    def function(*arguments: object) -> object:
        symbolic = any(isinstance(argument, (Traced, sp.Expr)) for argument in arguments)
        return traced(*arguments) if symbolic else numeric(*map(np.asarray, arguments))[()]

    function.__name__ = function.__qualname__ = operation.__name__
    function.__doc__ = doc
    return function


def _stable_sigmoid(x: np.ndarray) -> np.ndarray:
    return 0.5 * (1 + np.tanh(0.5 * x))


relu = _elementwise(arithmetic.relu, lambda x: np.maximum(x, 0), "x where x > 0, else 0; the derivative at 0 is 0.")
sigmoid = _elementwise(arithmetic.sigmoid, _stable_sigmoid, "1 / (1 + exp(-x)).")
softplus = _elementwise(arithmetic.softplus, lambda x: np.logaddexp(0, x), "log(1 + exp(x)).")
step = _elementwise(arithmetic.step, lambda x: np.heaviside(x, 0), "1 where x > 0, else 0.")
exp = _elementwise(arithmetic.exp, np.exp, "The exponential function.")
log = _elementwise(arithmetic.log, np.log, "The natural logarithm; requires x > 0.")
tanh = _elementwise(arithmetic.tanh, np.tanh, "The hyperbolic tangent.")
sin = _elementwise(arithmetic.sin, np.sin, "The sine of an angle in radians.")
cos = _elementwise(arithmetic.cos, np.cos, "The cosine of an angle in radians.")
sqrt = _elementwise(arithmetic.sqrt, np.sqrt, "The square root; requires x >= 0, and x > 0 where it is differentiated.")
absolute = _elementwise(arithmetic.absolute, np.abs, "The absolute value; the derivative at 0 is 0.")
sign = _elementwise(arithmetic.sign, np.sign, "1, 0 or -1.")
maximum = _elementwise(arithmetic.maximum, np.maximum, "The greater of two; the first takes the derivative at a tie.")
minimum = _elementwise(arithmetic.minimum, np.minimum, "The lesser of two; the first takes the derivative at a tie.")
where = _elementwise(arithmetic.where, np.where, "x where the condition is not 0, else y; `where(condition, x, y)`.")
equal = _elementwise(arithmetic.equal, np.equal, "1 where x = y, else 0.")
detach = _elementwise(arithmetic.detach, lambda x: x,
                      "x, with derivative 0: an obligation that the result does not depend on x to first order.")


def generic(name: str) -> Callable[[object], object]:
    """An arbitrary smooth function: what is proved with it holds for every one.  It has no numerical value."""

    def function(x: object) -> object:
        if not isinstance(x, (Traced, sp.Expr)):
            raise TraceError(f"generic({name!r}) of {x!r}: an arbitrary function has no values; it can only be traced")
        return lifted(arithmetic.smooth(name))(x)

    function.__name__ = function.__qualname__ = name
    return function


def iota(n: object) -> object:
    """0, 1, ..., n - 1 as numbers: an array in a trace, a NumPy array elsewhere.

    >>> iota(3)
    array([0, 1, 2])
    """
    if ACTIVE.get() is None and not isinstance(n, (Traced, sp.Expr)):
        return np.arange(int(dim(n)))
    value = unwrap(n)
    tape = value.tape if isinstance(value, Value) else active_tape("iota")
    return wrap(tape.gather(dims_of(value), lambda i: i, name="iota", base=Real))


def windows(x: Any, size: Any, stride: Any = 1, axis: Any = None) -> object:
    """Windows of the last axes (or of `axis`): their positions replace the axes, the places in a window come last.

    The stride must divide `dim - size` on every axis: a symbolic dim is written as stride*m + size - stride.

    >>> windows(np.arange(4), 2, 2)
    array([[0, 1],
           [2, 3]])
    """
    if isinstance(x, Traced):
        return lifted(indexing.windows)(x, size, stride, axis)
    x = np.asarray(x)
    sizes = tuple(size) if isinstance(size, (tuple, list)) else (size,)
    steps = tuple(stride) if isinstance(stride, (tuple, list)) else (stride,) * len(sizes)
    axes = tuple(range(-len(sizes), 0)) if axis is None else tuple(axis) if isinstance(axis, (tuple, list)) else (axis,)
    cut = [slice(None)] * x.ndim
    for a, s, t in zip(axes, sizes, steps, strict=True):
        if x.shape[a] < s or (x.shape[a] - s) % t:
            raise TraceError(f"windows of size {s} with stride {t} do not tile an axis of dim {x.shape[a]}")
        cut[a] = slice(None, None, t)
    return sliding_window_view(x, sizes, axes)[tuple(cut)]
