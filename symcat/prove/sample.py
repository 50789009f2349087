"""Points at which a goal is tried: small sizes, simple hyperparameters and inputs, in an order fixed by a seed.

Generic points come first, so that a witness lies off the kinks of its functions where that is possible; then ties, zeros and
bits.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice, product
from random import Random

import numpy as np
import sympy as sp

from symcat.category.comprehension import Fact
from symcat.category.evaluate import fact_holds
from symcat.category.morphism import Morphism
from symcat.category.sizes import size_of
from symcat.category.space import Wire
from symcat.errors import ShapeError

HYPERS = tuple(map(Fraction, ("1/2", "9/10", "1/3", "1/10", "2", "3/7", "1", "5/4", "1/1000", "-1/2", "3", "0", "-2")))
EDGES = tuple(map(Fraction, ("0", "1", "1/2", "-1", "2")))
BOUNDS = (1, 2, 3, 4, 6, 9)
COMBINATIONS = 4000

Draw = Callable[[Random], Fraction]
GENERIC: dict[str, Draw] = {
    "signed": lambda r: Fraction(r.choice((-1, 1)) * r.randint(1, 9), r.choice((1, 2, 3, 4))),
    "positive": lambda r: Fraction(r.randint(1, 9), r.choice((1, 2, 3, 4))),
    "unit": lambda r: Fraction(r.randint(1, 10), 11),
    "small": lambda r: Fraction(r.choice((-1, 1)) * r.randint(1, 6), 7),
}
EDGE: dict[str, Draw] = {
    "integers": lambda r: Fraction(r.randint(-2, 2)),
    "naturals": lambda r: Fraction(r.randint(0, 3)),
    "bits": lambda r: Fraction(r.randint(0, 1)),
    "zeros": lambda r: Fraction(0),
    "ones": lambda r: Fraction(1),
    "large": lambda r: Fraction(r.choice((-1, 1)) * r.randint(10, 40)),
}


@dataclass(frozen=True)
class Setting:
    """What a point of a goal is made of: the wires, the symbols and the facts of both sides."""

    names: tuple[str, ...]
    wires: tuple[Wire, ...]
    dims: tuple[sp.Symbol, ...]
    hypers: tuple[sp.Symbol, ...]
    facts: tuple[Fact, ...]

    @classmethod
    def of(cls, lhs: Morphism, rhs: Morphism, facts: Sequence[Fact]) -> Setting:
        every = dict.fromkeys((*lhs.facts, *rhs.facts, *facts))
        extra = {s for fact in facts for s in fact.expr.free_symbols}
        symbols = sorted({*lhs.symbols, *rhs.symbols, *extra}, key=lambda s: s.name)
        counted = lambda s: bool(s.is_integer and s.is_positive)
        return cls(lhs.dom.names, lhs.dom.types, tuple(s for s in symbols if counted(s)),
                   tuple(s for s in symbols if not counted(s)), tuple(every))

    def sizes(self, most: int) -> list[dict[str, int]]:
        """Assignments of sizes that satisfy the facts about dims alone: the smallest, then uniform and mixed ones."""
        facts = [fact for fact in self.facts if fact.expr.free_symbols <= set(self.dims)]
        found: list[dict[str, int]] = []
        for values in self._candidates():
            sizes = dict(zip((s.name for s in self.dims), values, strict=True))
            if sizes not in found and self._typed(sizes) and all(fact_holds(fact, sizes, {}) for fact in facts):
                found.append(sizes)
                if len(found) == most:
                    break
        return found

    def _candidates(self) -> Iterator[tuple[int, ...]]:
        count = len(self.dims)
        yield (1,) * count
        yield (2,) * count
        mixed = [(tuple(2 + (k + turn) % 2 for k in range(count))) for turn in range(2)]
        yield from mixed
        yield tuple(1 + k % 3 for k in range(count))
        for bound in BOUNDS:
            box = islice(product(range(1, bound + 1), repeat=count), COMBINATIONS)
            yield from sorted(box, key=lambda values: (sum(values), values))
        random = Random(0)
        for _ in range(COMBINATIONS):
            yield tuple(random.randint(1, 12) for _ in range(count))

    def _typed(self, sizes: Mapping[str, int]) -> bool:
        """Whether every axis of the inputs has at least one entry."""
        try:
            return all(size_of(extent, sizes, "") >= 1 for wire in self.wires for extent in wire.shape)
        except ShapeError:
            return False

    def draw_hypers(self, sizes: Mapping[str, int], pool: Sequence[Fraction], random: Random) -> dict[str, Fraction] | None:
        """Hyperparameters that satisfy the facts, one symbol after the other; None when the pool has none."""
        known: set[sp.Symbol] = set(self.dims)
        values: dict[str, Fraction] = {}
        for symbol in self.hypers:
            known.add(symbol)
            facts = [fact for fact in self.facts if symbol in fact.expr.free_symbols and fact.expr.free_symbols <= known]
            order = random.sample(pool, len(pool))
            for value in order:
                if possible(symbol, value) and all(fact_holds(fact, sizes, values | {symbol.name: value}) for fact in facts):
                    values[symbol.name] = value
                    break
            else:
                return None
        return values

    def shapes(self, sizes: Mapping[str, int]) -> list[tuple[int, ...]]:
        return [tuple(size_of(extent, sizes, name) for extent in wire.shape) for name, wire in zip(self.names, self.wires, strict=True)]

    def draw_inputs(self, sizes: Mapping[str, int], draws: Sequence[Draw], random: Random) -> list[np.ndarray]:
        """Inputs, each wire drawn in its own manner; wires over Z[n] are residues."""
        arrays = []
        for wire, shape in zip(self.wires, self.shapes(sizes), strict=True):
            draw = random.choice(draws) if not wire.base.modulus else lambda r, n=wire.base.modulus: Fraction(r.randrange(n))
            array = np.empty(shape, dtype=object)
            for place in np.ndindex(shape):
                array[place] = draw(random)
            arrays.append(array)
        return arrays


def possible(symbol: sp.Symbol, value: Fraction) -> bool:
    """Whether a symbol's assumptions allow a value."""
    number = sp.Rational(value.numerator, value.denominator)
    return all(getattr(number, f"is_{name}") == truth for name, truth in symbol.assumptions0.items()
               if name in ("integer", "positive", "negative", "nonnegative", "nonpositive", "zero", "nonzero", "even", "odd"))
