"""What the user's function sees: arrays and scalars that obey NumPy's protocols and write a program as they are used."""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import sympy as sp
from sympy.core.sympify import CantSympify

from symcat.category.space import Base
from symcat.category.tracing import arithmetic, contraction, indexing, joining, reduction, reshaping, table
from symcat.category.tracing.value import Value
from symcat.errors import TraceError

BRANCH = "a Python branch cannot depend on it; use np.where(condition, x, y), or np.maximum and np.clip"


class AttributeTraceError(TraceError, AttributeError):
    """An attribute that traced arrays do not have."""


def wrap(value: Value) -> Array | Scalar:
    """The value as the user sees it."""
    return Scalar(value) if value.array is None else Array(value)


def unwrap(item: Any) -> Any:
    """The item with every traced array in it replaced by its value."""
    if isinstance(item, Traced):
        return item._value
    if type(item) in (list, tuple):
        return type(item)(map(unwrap, item))
    if isinstance(item, slice):
        return slice(unwrap(item.start), unwrap(item.stop), unwrap(item.step))
    return item


def lifted(operation: Callable[..., Value]) -> Callable[..., Array | Scalar]:
    """The operation on what the user sees."""

    def method(*items: object, **options: object) -> Array | Scalar:
        return wrap(table.checked(operation, operation.__name__, tuple(map(unwrap, items)), {k: unwrap(v) for k, v in options.items()}))

    method.__name__, method.__doc__ = operation.__name__, operation.__doc__
    return method


def _operator(operation: Callable[..., Value], *, reflected: bool = False) -> Callable:
    def method(self: Traced, *others: object) -> Array | Scalar:
        items = tuple(map(unwrap, (*others, self) if reflected else (self, *others)))
        return wrap(operation(*items))

    return method


def _refused(name: str, way: str) -> Callable:
    def method(self: Traced, *others: object) -> None:
        raise TraceError(f"{name} of the traced {self!r}: use {way}")

    return method


class Traced(CantSympify):
    """An immutable traced value.  Operators and NumPy functions on it append to the program; `x += y` rebinds the name x."""

    __slots__ = ("_value",)
    _value: Value

    def __init__(self, value: Value) -> None:
        object.__setattr__(self, "_value", value)

    def __setattr__(self, name: str, value: object) -> None:
        raise TraceError(f"cannot set {name} of the traced {self!r}: traced arrays are values; "
                         "use reshape or transpose, and rebind the name")

    # ---- NumPy's protocols
    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *items: object, **options: object) -> Array | Scalar:
        return wrap(table.call_ufunc(ufunc, method, tuple(map(unwrap, items)), {k: unwrap(v) for k, v in options.items()}))

    def __array_function__(self, function: Callable, types: object, items: tuple, options: dict) -> object:
        if function in (np.shape, np.ndim, np.size) and len(items) == 1 and isinstance(items[0], Traced):
            return getattr(items[0], function.__name__)
        return wrap(table.call_function(function, tuple(map(unwrap, items)), {k: unwrap(v) for k, v in options.items()}))

    def __array__(self, *args: object, **options: object) -> np.ndarray:
        raise TraceError(f"the traced {self!r} cannot become a NumPy array: "
                         "use np.stack to join traced arrays, and np functions on it directly")

    # ---- shape
    @property
    def shape(self) -> tuple[int | Scalar, ...]:
        return tuple(int(extent) if extent.is_Integer else Scalar(self._value.tape.scalar(extent)) for extent in self._value.shape)

    @property
    def ndim(self) -> int:
        return self._value.rank

    @property
    def size(self) -> int | Scalar:
        count = sp.Mul(*self._value.shape)
        return int(count) if count.is_Integer else Scalar(self._value.tape.scalar(count))

    @property
    def dtype(self) -> np.dtype:
        return np.dtype(bool if self._value.truth else float)

    @property
    def base(self) -> Base:
        return self._value.base

    @property
    def T(self) -> Array | Scalar:
        return wrap(reshaping.transpose(self._value))

    @property
    def mT(self) -> Array | Scalar:
        return wrap(reshaping.swapaxes(self._value, -1, -2))

    # ---- operators
    __add__, __radd__ = _operator(arithmetic.add), _operator(arithmetic.add, reflected=True)
    __sub__, __rsub__ = _operator(arithmetic.subtract), _operator(arithmetic.subtract, reflected=True)
    __mul__, __rmul__ = _operator(arithmetic.multiply), _operator(arithmetic.multiply, reflected=True)
    __truediv__, __rtruediv__ = _operator(arithmetic.divide), _operator(arithmetic.divide, reflected=True)
    __pow__, __rpow__ = _operator(arithmetic.power), _operator(arithmetic.power, reflected=True)
    __matmul__, __rmatmul__ = _operator(contraction.matmul), _operator(contraction.matmul, reflected=True)
    __and__, __rand__ = _operator(arithmetic.bit_and), _operator(arithmetic.bit_and, reflected=True)
    __or__, __ror__ = _operator(arithmetic.bit_or), _operator(arithmetic.bit_or, reflected=True)
    __xor__, __rxor__ = _operator(arithmetic.bit_xor), _operator(arithmetic.bit_xor, reflected=True)
    __neg__, __pos__, __abs__ = _operator(arithmetic.negative), _operator(arithmetic.positive), _operator(arithmetic.absolute)
    __invert__ = _operator(arithmetic.invert)
    __lt__, __le__ = _operator(arithmetic.less), _operator(arithmetic.less_equal)
    __gt__, __ge__ = _operator(arithmetic.greater), _operator(arithmetic.greater_equal)
    __eq__, __ne__ = _operator(arithmetic.equal), _operator(arithmetic.not_equal)  # type: ignore[assignment]
    __floordiv__ = __rfloordiv__ = _refused("//", "/ (and dims such as 2*m instead of n // 2)")
    __mod__ = __rmod__ = _refused("%", "a base Z[n], or arithmetic without remainders")
    __divmod__ = __rdivmod__ = _refused("divmod", "/, and a base Z[n] for remainders")
    __setitem__ = _refused("assignment to a part", "np.where, np.concatenate, np.pad or a 0/1 mask, and rebind the name")
    __delitem__ = _refused("deletion of a part", "a slice")
    __float__ = _refused("float()", "it as it is, and np functions instead of math functions")
    __complex__ = _refused("complex()", "real arithmetic")
    __round__ = __floor__ = __ceil__ = __trunc__ = _refused("rounding", "it as it is: traced values are real numbers")
    __contains__ = _refused("`in`", "np.any(x == y)")

    def __getitem__(self, key: object) -> Array | Scalar:
        return wrap(indexing.getitem(self._value, tuple(map(unwrap, key)) if isinstance(key, tuple) else unwrap(key)))

    # ---- NumPy's methods
    sum, mean, var, std = lifted(reduction.total), lifted(reduction.mean), lifted(reduction.var), lifted(reduction.std)
    max, min, prod = lifted(reduction.maximum), lifted(reduction.minimum), lifted(reduction.prod)
    any, all, argmax, cumsum = lifted(reduction.some), lifted(reduction.every), lifted(reduction.argmax), lifted(reduction.cumsum)
    dot, clip = lifted(contraction.dot), lifted(arithmetic.clip)
    ravel, flatten, squeeze = lifted(reshaping.ravel), lifted(reshaping.ravel), lifted(reshaping.squeeze)
    swapaxes, diagonal, trace = lifted(reshaping.swapaxes), lifted(joining.diagonal), lifted(joining.trace)

    def reshape(self, *shape: object, order: str = "C") -> Array | Scalar:
        """The entries in row-major order under another shape; one dim may be -1."""
        entries = shape[0] if len(shape) == 1 and isinstance(shape[0], (tuple, list)) else shape
        return wrap(reshaping.reshape(self._value, tuple(map(unwrap, entries)), order=order))

    def transpose(self, *axes: object) -> Array | Scalar:
        """The axes in another order, reversed unless given."""
        order = axes[0] if len(axes) == 1 and (axes[0] is None or isinstance(axes[0], (tuple, list))) else axes or None
        return wrap(reshaping.transpose(self._value, order))

    def astype(self, dtype: Any, **options: object) -> Array | Scalar:
        """The same entries: traced values are real numbers.  To float, a comparison becomes a number; to other types is an error."""
        if np.dtype(dtype).kind == "f":
            return wrap(replace(self._value, truth=False))
        if np.dtype(dtype).kind == "b":
            return wrap(arithmetic.truthy(self._value))
        raise TraceError(f"astype({np.dtype(dtype)}) of the traced {self!r}: traced values are real numbers; use astype(float)")

    def copy(self) -> Array | Scalar:
        return wrap(self._value)

    def __getattr__(self, name: str) -> object:
        if hasattr(np.ndarray, name):
            raise AttributeTraceError(f"the traced {self!r} has no {name}: {table.advice(name)}")
        raise AttributeTraceError(f"the traced {self!r} has no attribute {name!r}")


class Array(Traced):
    """A traced array.

    `shape` holds integers, and a `Scalar` for each symbolic dim.
    """

    __slots__ = ()
    __hash__ = None  # type: ignore[assignment]

    def __len__(self) -> int:
        return joining.entries_of(self._value, "len()")

    def __iter__(self) -> Iterator[Array | Scalar]:
        return (self[k] for k in range(joining.entries_of(self._value, "iteration")))

    def __bool__(self) -> bool:
        raise TraceError(f"the truth of the traced {self!r} depends on data: {BRANCH}")

    __int__ = __index__ = _refused("int()", "it as it is; as an index use a one-hot product with sc.equal(sc.iota(n), ...)")

    def __repr__(self) -> str:
        return f"array {self._value}"


class Scalar(Traced):
    """A traced scalar: an expression in hyperparameters, dims and numbers, that needs no comprehension of its own."""

    __slots__ = ()

    @property
    def expr(self) -> sp.Expr:
        return self._value.scalar

    def __hash__(self) -> int:
        return hash(self.expr)

    def __bool__(self) -> bool:
        if self.expr.is_number:
            return self.expr != 0
        raise TraceError(f"the truth of {self!r} is not known for all dims and hyperparameters: {BRANCH}")

    def __int__(self) -> int:
        if self.expr.is_Integer:
            return int(self.expr)
        raise TraceError(f"int() of {self!r}: it is a symbol, not a number; "
                         "use it as it is (sc.iota(n) for range(n), np.zeros_like for np.zeros), or give a number for a hyperparameter")

    __index__ = __int__

    def __float__(self) -> float:
        if self.expr.is_number:
            return float(self.expr)
        raise TraceError(f"float() of {self!r}: it is a symbol, not a number; use it as it is, and np functions instead of math functions")

    def __repr__(self) -> str:
        return f"scalar {self._value}"


def _signs(difference: sp.Expr) -> list[int]:
    """The signs that an expression in dims may have."""
    never = {1: difference.is_nonpositive, 0: difference.is_zero is False, -1: difference.is_nonnegative}
    return [sign for sign, excluded in never.items() if not excluded]


def _decided(name: str) -> Callable:
    """A comparison of scalars: a Python truth where it holds or fails for all dims, else a traced truth value."""
    compare, traced = getattr(operator, name), getattr(Traced, f"__{name}__")

    def method(self: Scalar, other: object) -> object:
        try:
            difference = sp.expand(self.expr - getattr(other, "expr", other))
        except (TypeError, ValueError, AttributeError, sp.SympifyError):
            return traced(self, other)
        if isinstance(difference, sp.Expr) and all(s.is_integer and s.is_positive for s in difference.free_symbols):
            answers = {bool(compare(sample, 0)) for sample in _signs(difference)}
            if len(answers) == 1:
                return answers.pop()
        return traced(self, other)

    return method


for _name in ("lt", "le", "gt", "ge", "eq", "ne"):
    setattr(Scalar, f"__{_name}__", _decided(_name))
