"""Shapes for JAX to trace at: sizes that stay symbols are symbols there too, and comparisons of them become premises.

A comparison that JAX cannot decide is decided as at the sizes 5, 7, 11, ... and remembered: the program holds for sizes that
compare likewise.
"""

from __future__ import annotations

import ast
import operator
import re
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from types import FrameType
from typing import Any, TypeVar

import sympy as sp

from symcat.category.space import Dim, dim
from symcat.errors import UsageError

SAMPLES = (5, 7, 11, 13, 17)
COMPARISONS: dict[str, Callable] = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge, "==": operator.eq,
                                    "!=": operator.ne}
OPPOSITE = {"<": ">=", "<=": ">", ">": "<=", ">=": "<", "==": "!=", "!=": "=="}
UNDECIDED = re.compile(r"comparison '(?P<left>[^']+)' (?P<relation>[<>=!]+) '(?P<right>[^']+)' is inconclusive")
MOST_PREMISES = 12
T = TypeVar("T")


@dataclass(frozen=True)
class Premise:
    """`left >= right`, or `left == right`, of two expressions in JAX's dims."""

    left: str
    relation: str
    right: str

    def __str__(self) -> str:
        return f"{self.left} {self.relation} {self.right}"


@dataclass(frozen=True)
class Pattern:
    """A parameter's shape as JAX sees it: numbers, and d0, d1, ... for sizes that are symbols, equal ones alike."""

    entries: tuple[int | str, ...]

    @classmethod
    def of(cls, shape: Sequence[Dim]) -> Pattern:
        """The pattern of a shape.

        >>> from symcat.category.space import dim
        >>> Pattern.of((dim("n"), dim(3), dim("n"))).entries
        ('d0', 3, 'd0')
        """
        seen = list(dict.fromkeys(extent for extent in shape if not extent.is_Integer))
        return cls(tuple(int(extent) if extent.is_Integer else f"d{seen.index(extent)}" for extent in shape))

    def sizes(self, shape: Sequence[Dim]) -> dict[str, Dim]:
        """What the names stand for in a shape of this pattern."""
        return {entry: extent for entry, extent in zip(self.entries, shape, strict=True) if isinstance(entry, str)}

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(entry for entry in self.entries if isinstance(entry, str)))

    def premised(self, trace: Callable[[tuple], T], symbolic_shape: Callable[..., tuple]) -> tuple[T, tuple[Premise, ...]]:
        """What a trace at JAX's version of the shape gives, and the premises about sizes under which it does."""
        premises: list[Premise] = []
        while True:
            try:
                shape = self._jax(symbolic_shape, premises)
                with asked(shape):
                    return trace(shape), self._needed(premises)
            except Exception as error:
                found = UNDECIDED.search(str(error))
                if found is None or len(premises) > MOST_PREMISES:
                    raise
                premises.append(self._decide(found["left"], found["relation"], found["right"]))

    def _needed(self, premises: Sequence[Premise]) -> tuple[Premise, ...]:
        """The premises without those that another one implies by a number."""
        ours = {name: dim(name) for name in self.names}
        gaps = [sp.expand(number(row.left, ours) - number(row.right, ours)) for row in premises]
        return tuple(row for k, (row, gap) in enumerate(zip(premises, gaps, strict=True))
                     if row.relation == "==" or not any((gap - other).is_nonnegative and (gap != other or j < k)
                                                        for j, other in enumerate(gaps) if j != k))

    def _jax(self, symbolic_shape: Callable[..., tuple], premises: Sequence[Premise]) -> tuple:
        if not self.names:
            return self.entries
        return symbolic_shape(",".join(map(str, self.entries)) + ",", constraints=[str(premise) for premise in premises])

    def _decide(self, left: str, relation: str, right: str) -> Premise:
        samples = dict(zip(self.names, SAMPLES, strict=False))
        holds = COMPARISONS[relation](number(left, samples), number(right, samples))
        relation = relation if holds else OPPOSITE[relation]
        if relation in (">=", "=="):
            return Premise(left, relation, right)
        if relation == "<=":
            return Premise(right, ">=", left)
        if relation == "!=":
            relation = ">" if number(left, samples) > number(right, samples) else "<"
        return Premise(left, ">=", f"{right} + 1") if relation == ">" else Premise(right, ">=", f"{left} + 1")


@contextmanager
def asked(shape: Sequence[object]) -> Iterator[None]:
    """Within, a rule that asks whether a size is a number other than 1 is an error: JAX says no to it, whatever the size.

    Questions for 1, and for two sizes that are equal, are settled by comparing programs (`coincidence`).
    """
    kinds = {type(extent) for extent in shape if not isinstance(extent, int)}
    if not kinds:
        yield
        return
    kind = kinds.pop()
    plain, home = kind.__eq__, str(sys.modules[kind.__module__.partition(".")[0]].__file__).rpartition("/")[0]

    def equal(self: object, other: object) -> bool:
        found = plain(self, other)
        if not found and isinstance(other, int) and not isinstance(other, bool) and other > 1 and _outside(home):
            raise UsageError(f"the rule asks whether the size {self} is {other}: it is read for all sizes; write it without that, "
                             "or read it at a shape of numbers")
        return found

    kind.__eq__ = equal
    try:
        yield
    finally:
        kind.__eq__ = plain


def _outside(home: str) -> bool:
    """Whether the code that compares, behind the functions here and `!=`, is not the library's own."""
    frame: FrameType | None = sys._getframe(2)
    while frame is not None and frame.f_code.co_name == "__ne__":
        frame = frame.f_back
    return frame is not None and not frame.f_code.co_filename.startswith(home)


def number(text: str, sizes: Mapping[str, Any]) -> Any:
    """A polynomial in JAX's dims at sizes, which are numbers or ours."""
    return _value(ast.parse(text, mode="eval").body, sizes, text)


OPERATORS = {ast.Add: operator.add, ast.Sub: operator.sub, ast.Mult: operator.mul, ast.Pow: operator.pow, ast.BitXor: operator.pow}


def _value(node: ast.AST, sizes: Mapping[str, Any], text: str) -> Any:
    if isinstance(node, ast.Constant) and isinstance(node.value, int):
        return node.value
    if isinstance(node, ast.Name) and node.id in sizes:
        return sizes[node.id]
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return -_value(node.operand, sizes, text)
    if isinstance(node, ast.BinOp) and type(node.op) in OPERATORS:
        return OPERATORS[type(node.op)](_value(node.left, sizes, text), _value(node.right, sizes, text))
    raise UsageError(f"the size {text} is no polynomial in the dims: read the rule at a shape of numbers")
