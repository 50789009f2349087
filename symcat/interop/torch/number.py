"""Numbers of a step that is being read: hyperparameters, counts, and what `item()` returns.

A `Number` is a float, so that code which asks for one takes it, and its own value is NaN, so that code which computes with that
value, beside the operations below, does not pass unnoticed: NaN is refused as soon as it meets the program.
"""

from __future__ import annotations

import builtins
import math
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from types import ModuleType
from typing import Any

import numpy as np

from symcat.category.tracing.array import Traced
from symcat.errors import TraceError
from symcat.interop.torch.paths import compared, kept, truth


def plain(item: Any) -> Any:
    """The traced value of a number; anything else as it is."""
    return item.value if isinstance(item, (Number, Condition)) else item


def power(base: Any, exponent: Any) -> Any:
    """base ** exponent on traced values, kept within its domain on the branch where it stands."""
    natural = isinstance(exponent, (int, float)) and exponent >= 0 and exponent == int(exponent)
    if natural:
        return base ** int(exponent)
    if not isinstance(base, Traced) and not isinstance(exponent, Traced):
        return base**exponent
    return kept(base, f"power {exponent!r}") ** exponent


def divide(x: Any, y: Any) -> Any:
    return x / kept(y, "division")


def _operator(operation: Callable[[Any, Any], Any], reflected: bool = False) -> Callable:
    def method(self: Number, other: Any) -> Any:
        if not isinstance(other, (int, float)):
            return NotImplemented
        pair = (plain(other), self.value) if reflected else (self.value, plain(other))
        return Number(operation(*pair))
    return method


def _comparison(relation: str) -> Callable:
    def method(self: Number, other: Any) -> Any:
        return Condition(self.value, relation, plain(other)) if isinstance(other, (int, float)) else NotImplemented
    return method


def _refused(what: str) -> Callable:
    def method(self: Number, *others: Any) -> Any:
        raise TraceError(f"{what} of the symbolic number {self}: use it as it is, with arithmetic, comparisons, math.sqrt or torch")
    return method


class Condition:
    """A comparison of numbers; a branch on it is taken both ways, or under a premise."""

    def __init__(self, left: object, relation: str, right: object) -> None:
        self.left, self.relation, self.right = left, relation, right

    def __bool__(self) -> bool:
        return truth(self.left, self.relation, self.right)

    @property
    def value(self) -> Any:
        """The comparison as a traced truth value."""
        return compared(self.left, self.relation, self.right)


class Number(float):
    """A symbolic number."""

    __slots__ = ("value",)

    def __new__(cls, value: object) -> Number:
        self = super().__new__(cls, "nan")
        self.value = value
        return self

    __add__, __radd__ = _operator(lambda a, b: a + b), _operator(lambda a, b: a + b, True)
    __sub__, __rsub__ = _operator(lambda a, b: a - b), _operator(lambda a, b: a - b, True)
    __mul__, __rmul__ = _operator(lambda a, b: a * b), _operator(lambda a, b: a * b, True)
    __truediv__, __rtruediv__ = _operator(divide), _operator(divide, True)
    __gt__, __ge__, __lt__, __le__ = _comparison(">"), _comparison(">="), _comparison("<"), _comparison("<=")
    __eq__, __ne__ = _comparison("=="), _comparison("!=")
    __float__, __int__, __trunc__, __round__ = _refused("float()"), _refused("int()"), _refused("int()"), _refused("rounding")
    __floor__ = __ceil__ = _refused("rounding")
    __floordiv__ = __rfloordiv__ = __mod__ = __rmod__ = __divmod__ = __rdivmod__ = _refused("a remainder")
    is_integer = as_integer_ratio = hex = _refused("a digit")

    def __pow__(self, other: Any, modulus: None = None) -> Any:
        return Number(power(self.value, plain(other))) if isinstance(other, (int, float)) else NotImplemented

    def __rpow__(self, other: Any, modulus: None = None) -> Any:
        return Number(power(other, self.value)) if isinstance(other, (int, float)) else NotImplemented

    def __neg__(self) -> Number:
        return Number(-self.value)

    def __pos__(self) -> Number:
        return self

    def __abs__(self) -> Number:
        return Number(abs(self.value))

    def __bool__(self) -> bool:
        return truth(self.value, "!=", 0)

    __hash__ = _refused("a hash")  # type: ignore[assignment]

    def item(self) -> Number:
        return self

    def __repr__(self) -> str:
        return f"Number({self.value!r})"


# ---- what a step calls beside torch
def greatest(*items: Any, **options: Any) -> Any:
    """`max`, of symbolic numbers too."""
    return _extreme(builtins.max, np.maximum, items, options)


def least(*items: Any, **options: Any) -> Any:
    """`min`, of symbolic numbers too."""
    return _extreme(builtins.min, np.minimum, items, options)


def _extreme(builtin: Callable, traced: Callable, items: tuple, options: dict) -> Any:
    given = tuple(items[0]) if len(items) == 1 and isinstance(items[0], (tuple, list)) else items
    if options or not any(isinstance(item, Number) for item in given):
        return builtin(*items, **options)
    result = plain(given[0])
    for item in given[1:]:
        result = traced(result, plain(item))
    return Number(result)


MATHEMATICS: dict[str, Callable] = {
    "sqrt": lambda x: power(x, 0.5), "exp": np.exp, "expm1": np.expm1, "log": lambda x: np.log(kept(x, "log")),
    "log1p": lambda x: np.log1p(kept(x, "log1p")), "tanh": np.tanh, "fabs": abs, "sin": np.sin, "cos": np.cos, "pow": power,
}


class Mathematics(ModuleType):
    """The module `math`, of symbolic numbers too."""

    def __getattr__(self, name: str) -> Any:
        return numeric(name, getattr(math, name))


def numeric(name: str, function: Any) -> Any:
    """A function of `math` that takes symbolic numbers where that is defined."""
    if not callable(function):
        return function

    def called(*items: Any) -> Any:
        if not any(isinstance(item, Number) for item in items):
            return function(*items)
        if name not in MATHEMATICS:
            raise TraceError(f"math.{name} of a symbolic number: expected one of {', '.join(MATHEMATICS)}")
        return Number(MATHEMATICS[name](*map(plain, items)))

    return called


@contextmanager
def symbolic_names(scopes: list[dict[str, Any]], modules: Mapping[ModuleType, ModuleType]) -> Iterator[None]:
    """Within, in the given global names, `math`, `min`, `max` and the given modules take symbolic numbers."""
    changed: list[tuple[dict, str, Any]] = []
    absent = object()

    def put(names: dict, name: str, value: Any) -> None:
        changed.append((names, name, names.get(name, absent)))
        names[name] = value

    try:
        for names in scopes:
            for name, value in list(names.items()):
                if value is math:
                    put(names, name, Mathematics("math"))
                elif isinstance(value, ModuleType) and value in modules:
                    put(names, name, modules[value])
                elif getattr(math, getattr(value, "__name__", ""), None) is value and callable(value):
                    put(names, name, numeric(value.__name__, value))
            for name, function in (("max", greatest), ("min", least)):
                if name not in names:
                    put(names, name, function)
        yield
    finally:
        for names, name, value in reversed(changed):
            if value is absent:
                del names[name]
            else:
                names[name] = value
