"""The names of the tile primitives: a closed list, shared by the machine code and by its twins.

A primitive that creates a tile carries the shape in its name, such as `load_1x8x2x16`; all others take it from their arguments.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from symcat.errors import UsageError

CREATING = ("zero", "full", "load", "gather", "iota")
LANES = (1, 2, 4, 8, 16, 32, 64)
T = TypeVar("T")
_SHAPED = re.compile(r"([a-z]+)_([1-9]\d*)x([1-9]\d*)x([1-9]\d*)x([1-9]\d*)")


@dataclass(frozen=True)
class Shape:
    """P x Q rows of V vectors of L numbers.

    >>> Shape(1, 8, 2, 16).rows, Shape(1, 8, 2, 16).width, str(Shape(1, 8, 2, 16))
    (8, 32, '1x8x2x16')
    """

    p: int
    q: int
    v: int
    l: int

    def __post_init__(self) -> None:
        if min(self.p, self.q, self.v) < 1 or self.l not in LANES:
            raise UsageError(f"a tile of {self}: rows and vectors are positive, and a vector has {', '.join(map(str, LANES))} numbers")

    def __str__(self) -> str:
        return f"{self.p}x{self.q}x{self.v}x{self.l}"

    @property
    def rows(self) -> int:
        return self.p * self.q

    @property
    def width(self) -> int:
        """The number of lanes of a row."""
        return self.v * self.l

    @property
    def vectors(self) -> int:
        return self.rows * self.v


def creating(name: str) -> tuple[str, Shape] | None:
    """The kind and the shape of a primitive that creates a tile; None for any other name.

    >>> creating("load_1x8x2x16")
    ('load', Shape(p=1, q=8, v=2, l=16))
    >>> creating("outer")
    """
    match = _SHAPED.fullmatch(name)
    if match is None or match[1] not in CREATING:
        return None
    return match[1], Shape(*map(int, match.groups()[1:]))


def by_pairs(values: Sequence[T], join: Callable[[T, T], T]) -> T:
    """The first joined with the second, the third with the fourth, and so on, until one is left.

    >>> by_pairs(list("abcde"), lambda x, y: f"({x}{y})")
    '(((ab)(cd))e)'
    """
    values = list(values)
    while len(values) > 1:
        pairs = [join(*values[k: k + 2]) for k in range(0, len(values) - 1, 2)]
        values = pairs + values[2 * len(pairs):]
    return values[0]
