"""What torch's functions and methods are on traced arrays.

Each operation takes and returns traced arrays and numbers; `tensor` puts them into tensors and does what ends in an underscore in
place.  A function that is not here is an error that names it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import sympy as sp

from symcat.category import elementwise
from symcat.category.space import Real, Wire
from symcat.category.tracing.array import Array, Traced, wrap
from symcat.category.tracing.value import ACTIVE
from symcat.errors import TraceError
from symcat.interop.torch.number import divide, power
from symcat.interop.torch.paths import kept


def add(x: Any, other: Any, *, alpha: Any = 1) -> Any:
    return x + other if _is(alpha, 1) else x + alpha * other


def subtract(x: Any, other: Any, *, alpha: Any = 1) -> Any:
    return x - other if _is(alpha, 1) else x - alpha * other


def quotient(x: Any, other: Any, *, rounding_mode: str | None = None) -> Any:
    if rounding_mode is not None:
        raise TraceError(f"div with rounding_mode={rounding_mode!r}: a step is read over the real numbers, without rounding")
    return divide(x, other)


def addcmul(x: Any, tensor1: Any, tensor2: Any, *, value: Any = 1) -> Any:
    return x + tensor1 * tensor2 if _is(value, 1) else x + value * tensor1 * tensor2


def addcdiv(x: Any, tensor1: Any, tensor2: Any, *, value: Any = 1) -> Any:
    return x + divide(tensor1, tensor2) if _is(value, 1) else x + value * divide(tensor1, tensor2)


def lerp(x: Any, end: Any, weight: Any) -> Any:
    return x + weight * (end - x)


def clamp(x: Any, min: Any = None, max: Any = None) -> Any:
    x = x if min is None else np.maximum(x, min)
    return x if max is None else np.minimum(x, max)


def total(x: Any, dim: Any = None, keepdim: bool = False, *, dtype: object = None) -> Any:
    return np.sum(x, axis=_axes(dim), keepdims=keepdim)


def mean(x: Any, dim: Any = None, keepdim: bool = False, *, dtype: object = None) -> Any:
    return np.mean(x, axis=_axes(dim), keepdims=keepdim)


def greatest(x: Any, dim: Any = None, keepdim: bool = False) -> Any:
    return np.max(x, axis=_axes(dim), keepdims=keepdim)


def least(x: Any, dim: Any = None, keepdim: bool = False) -> Any:
    return np.min(x, axis=_axes(dim), keepdims=keepdim)


def norm(x: Any, p: Any = 2, dim: Any = None, keepdim: bool = False, dtype: object = None) -> Any:
    """Euclidean and maximum norms, of sums and of parts."""
    axis = _axes(dim)
    if p in (None, "fro", 2):
        return np.sqrt(kept(np.sum(x**2, axis=axis, keepdims=keepdim), "power 0.5"))
    if p == 1:
        return np.sum(abs(x), axis=axis, keepdims=keepdim)
    if p in (float("inf"), np.inf):
        return np.max(abs(x), axis=axis, keepdims=keepdim)
    raise TraceError(f"the norm of order {p!r}: expected 1, 2 or infinity")


def vector_norm(x: Any, ord: Any = 2, dim: Any = None, keepdim: bool = False, *, dtype: object = None) -> Any:
    return norm(x, ord, dim, keepdim)


def addmm(x: Any, mat1: Any, mat2: Any, *, beta: Any = 1, alpha: Any = 1) -> Any:
    product = mat1 @ mat2
    return (x if _is(beta, 1) else beta * x) + (product if _is(alpha, 1) else alpha * product)


def where(condition: Any, x: Any = None, y: Any = None) -> Any:
    return np.where(condition, x, y)


def masked_fill(x: Any, mask: Any, value: Any) -> Any:
    return np.where(mask, value, x)


def item(x: Any) -> Any:
    """The one entry of a tensor."""
    if isinstance(x, Array) and x.ndim:
        if any(extent != 1 for extent in x._value.shape):
            raise TraceError(f"item() of {x!r}: one entry is expected")
        return x[(0,) * x.ndim]
    return x


def full(shape: Sequence[Any], value: Any) -> Any:
    """An array of a shape with one number everywhere."""
    extents = tuple(sp.Integer(s) if isinstance(s, int) else s.expr for s in shape)
    zeros = _array(Wire(Real, extents))
    return np.full_like(zeros, value) if extents else value


def _array(wire: Wire) -> Traced:
    tape = ACTIVE.get()
    return wrap(tape.array(tape.build.zero(wire)))


def like(x: Any, value: Any) -> Any:
    return np.full_like(x, value) if isinstance(x, Array) else value


def transposed(x: Any, dim0: int = 0, dim1: int = 1) -> Any:
    return np.swapaxes(x, dim0, dim1) if np.ndim(x) > 1 else x


def reversed_axes(x: Any) -> Any:
    return np.transpose(x) if np.ndim(x) > 1 else x


def permuted(x: Any, *dims: Any) -> Any:
    return np.transpose(x, dims[0] if len(dims) == 1 and isinstance(dims[0], (tuple, list)) else dims)


def reshaped(x: Any, *shape: Any) -> Any:
    entries = shape[0] if len(shape) == 1 and isinstance(shape[0], (tuple, list)) else shape
    return np.reshape(x, tuple(entries))


def unsqueezed(x: Any, dim: int) -> Any:
    return np.expand_dims(x, dim)


def squeezed(x: Any, dim: Any = None) -> Any:
    return np.squeeze(x, dim) if isinstance(x, Array) else x


def same(x: Any, *others: Any, **options: Any) -> Any:
    """Conversions of type and place: a step is read over the real numbers."""
    return x


def broadcast(x: Any, *shape: Any) -> Any:
    return np.broadcast_to(x, tuple(shape[0] if len(shape) == 1 and isinstance(shape[0], (tuple, list)) else shape))


def _is(item: Any, number: int) -> bool:
    return not isinstance(item, Traced) and item == number


def _axes(dim: Any) -> Any:
    return tuple(dim) if isinstance(dim, (tuple, list)) and dim else None if isinstance(dim, (tuple, list)) else dim


OPERATIONS: dict[str, Callable] = {
    "add": add, "__add__": add, "__radd__": add, "sub": subtract, "subtract": subtract, "__sub__": subtract,
    "rsub": lambda x, other: other - x, "__rsub__": lambda x, other: other - x,
    "mul": lambda x, other: x * other, "multiply": lambda x, other: x * other, "__mul__": lambda x, other: x * other,
    "__rmul__": lambda x, other: other * x,
    "div": quotient, "divide": quotient, "true_divide": quotient, "__truediv__": divide, "__div__": divide,
    "__rdiv__": lambda x, other: divide(other, x), "__rtruediv__": lambda x, other: divide(other, x),
    "pow": power, "__pow__": power, "__rpow__": lambda x, other: power(other, x), "float_power": power,
    "neg": lambda x: -x, "negative": lambda x: -x, "__neg__": lambda x: -x, "positive": same,
    "abs": abs, "absolute": abs, "__abs__": abs, "sign": np.sign, "sgn": np.sign,
    "sqrt": lambda x: np.sqrt(kept(x, "power 0.5")), "rsqrt": lambda x: power(x, -0.5), "square": lambda x: x**2,
    "reciprocal": lambda x: divide(1, x),
    "exp": np.exp, "expm1": np.expm1, "log": lambda x: np.log(kept(x, "log")), "tanh": np.tanh,
    "log1p": lambda x: np.log1p(kept(x, "log1p")),
    "sigmoid": elementwise.sigmoid, "relu": elementwise.relu, "sin": np.sin, "cos": np.cos,
    "maximum": np.maximum, "minimum": np.minimum, "fmax": np.maximum, "fmin": np.minimum, "clamp": clamp, "clip": clamp,
    "clamp_min": lambda x, min: np.maximum(x, min), "clamp_max": lambda x, max: np.minimum(x, max),
    "lerp": lerp, "addcmul": addcmul, "addcdiv": addcdiv, "addmm": addmm, "matmul": lambda x, other: x @ other,
    "__matmul__": lambda x, other: x @ other, "mm": lambda x, mat2: x @ mat2, "mv": lambda x, vec: x @ vec,
    "dot": lambda x, tensor: np.dot(x, tensor), "outer": lambda x, vec2: np.outer(x, vec2), "ger": lambda x, vec2: np.outer(x, vec2),
    "sum": total, "mean": mean, "amax": greatest, "amin": least, "max": greatest, "min": least, "norm": norm, "vector_norm": vector_norm,
    "cat": lambda tensors, dim=0: np.concatenate(tensors, dim), "concat": lambda tensors, dim=0: np.concatenate(tensors, dim),
    "stack": lambda tensors, dim=0: np.stack(tensors, dim), "diag": np.diag, "diagonal": np.diagonal, "trace": np.trace,
    "einsum": lambda equation, *operands: np.einsum(equation, *operands),
    "where": where, "masked_fill": masked_fill,
    "gt": lambda x, other: x > other, "__gt__": lambda x, other: x > other, "greater": lambda x, other: x > other,
    "lt": lambda x, other: x < other, "__lt__": lambda x, other: x < other, "less": lambda x, other: x < other,
    "ge": lambda x, other: x >= other, "__ge__": lambda x, other: x >= other, "le": lambda x, other: x <= other,
    "__le__": lambda x, other: x <= other, "eq": lambda x, other: x == other, "__eq__": lambda x, other: x == other,
    "ne": lambda x, other: x != other, "__ne__": lambda x, other: x != other,
    "logical_and": np.logical_and, "logical_or": np.logical_or, "logical_not": np.logical_not, "__and__": np.logical_and,
    "__or__": np.logical_or, "bitwise_and": np.logical_and, "bitwise_or": np.logical_or, "bitwise_not": np.logical_not,
    "__invert__": np.logical_not,
    "clone": same, "contiguous": same, "to": same, "float": same, "double": same, "half": same, "bfloat16": same, "type": same,
    "type_as": same, "cpu": same, "item": item, "__deepcopy__": same,
    "zeros_like": lambda x, **o: like(x, 0), "ones_like": lambda x, **o: like(x, 1),
    "full_like": lambda x, fill_value, **o: like(x, fill_value),
    "new_zeros": lambda x, *size, **o: full(_sizes(size), 0), "new_ones": lambda x, *size, **o: full(_sizes(size), 1),
    "new_full": lambda x, size, fill_value, **o: full(size, fill_value),
    "zero": lambda x: like(x, 0), "fill": like, "copy": lambda x, src, non_blocking=False: broadcast_like(src, x),
    "expand": broadcast, "broadcast_to": broadcast, "expand_as": lambda x, other: np.broadcast_to(x, other.shape),
}
VIEWS: dict[str, Callable] = {
    "t": reversed_axes, "T": reversed_axes, "mT": lambda x: transposed(x, -1, -2), "transpose": transposed, "permute": permuted,
    "view": reshaped, "reshape": reshaped, "view_as": lambda x, other: np.reshape(x, other.shape),
    "reshape_as": lambda x, other: np.reshape(x, other.shape), "flatten": lambda x: np.reshape(x, (-1,)),
    "ravel": lambda x: np.reshape(x, (-1,)), "unsqueeze": unsqueezed, "squeeze": squeezed, "__getitem__": lambda x, key: x[key],
}
ALIASES = {"detach", "data", "requires_grad_", "view_as_real"}
FACTORIES: dict[str, Callable] = {
    "tensor": lambda data, **o: data, "as_tensor": lambda data, **o: data, "scalar_tensor": lambda s, **o: s,
    "zeros": lambda *size, **o: full(_sizes(size or o["size"]), 0), "ones": lambda *size, **o: full(_sizes(size or o["size"]), 1),
    "full": lambda size, fill_value, **o: full(tuple(size), fill_value),
    "eye": lambda n, m=None, **o: _eye(n, m),
}


def _sizes(size: Any) -> tuple:
    return tuple(size[0]) if len(size) == 1 and isinstance(size[0], (tuple, list)) else tuple(size)


def _eye(n: Any, m: Any) -> Any:
    rows, columns = elementwise.iota(n), elementwise.iota(n if m is None else m)
    return elementwise.equal(rows[:, None], columns[None, :]).astype(float)


def broadcast_like(src: Any, x: Any) -> Any:
    """A source as it is copied into a tensor."""
    if isinstance(x, Array) and not (isinstance(src, Array) and src._value.shape == x._value.shape) and x.ndim:
        return np.broadcast_to(src, x.shape) if isinstance(src, Array) else np.full_like(x, src)
    return src
