"""Programs at concrete sizes, straight from their comprehensions, in integers: the oracle of the random pairs.

It shares no code with the engines and none with the reference interpreter.  A smooth function is a polynomial here: programs
that are equal for every smooth function are equal for this one.
"""

from __future__ import annotations

import itertools
import math
import random
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction

import sympy as sp

from symcat.bench.prover.programs import Pair
from symcat.category.comprehension import Comprehension
from symcat.category.expression import Argmax, At, Bracket, Delta, index
from symcat.category.functions import Smooth
from symcat.category.morphism import Morphism

SMOOTH = (7, 5, -2, 3, 1)           # coefficients, constant first
VALUES = (-3, -2, -1, 1, 2, 3, 5)
Place = tuple[int, ...]
Number = int | Fraction
Array = dict[Place, Number]


class Run:
    """One program at concrete dims and inputs; arrays map places to numbers."""

    def __init__(self, f: Morphism, sizes: Mapping[str, int], inputs: Sequence[Array]) -> None:
        self.sizes = {sp.Symbol(name, integer=True, positive=True): size for name, size in sizes.items()}
        self.values: dict[str, Array] = dict(zip(f.dom.names, inputs, strict=True))
        self.first: dict[tuple[str, Place], Place] = {}
        for one in f.nodes:
            self._node(one)
        self.outputs = [{place: self.values[out].get(place, 0) for place in self._places(wire.shape)}
                        for out, (_, wire) in zip(f.outs, f.cod, strict=True)]

    def _places(self, extents: Sequence[sp.Expr]) -> itertools.product:
        return itertools.product(*(range(self._integer(extent, {})) for extent in extents))

    def _node(self, node: Comprehension) -> None:
        found: Array = {}
        for point in self._places(node.extents):
            at = {index(position): value for position, value in enumerate(point)}
            if any(self._integer(guard, at) < 0 for guard in node.guards):
                continue
            place, value = tuple(self._integer(e, at) for e in node.out), self._number(node.body, at)
            if node.op == "sum":
                found[place] = found.get(place, 0) + value
            elif place not in found or value > found[place]:
                found[place] = value
                self.first[node.name, place] = point[len(node.shape):]
        self.values[node.name] = found

    def _integer(self, e: sp.Expr, at: Mapping[sp.Symbol, int]) -> int:
        """An affine expression, with selectors, at a point of the box."""
        if isinstance(e, Argmax):
            return self.first[e.name, tuple(self._integer(i, at) for i in e.indices)][e.component]
        if e.is_Integer:
            return int(e)
        if e.is_Symbol:
            return at[e] if e in at else self.sizes[e]
        parts = [self._integer(part, at) for part in e.args]
        return sum(parts) if e.is_Add else math.prod(parts)

    def _number(self, e: sp.Expr, at: Mapping[sp.Symbol, int]) -> Number:
        if e.is_Rational:
            return Fraction(int(e.p), int(e.q)) if e.q != 1 else int(e)
        if isinstance(e, At):
            return self.values[e.name].get(tuple(self._integer(i, at) for i in e.indices), 0)
        if isinstance(e, Argmax) or e.is_Symbol:
            return self._integer(e, at)
        if isinstance(e, Bracket):
            return int(self._integer(e.args[0], at) >= 0)
        if isinstance(e, Delta):
            return int(self._integer(e.args[0], at) == 0)
        if e.is_Add:
            return sum(self._number(part, at) for part in e.args)
        if e.is_Mul:
            return self._product(e, at)
        if isinstance(e, Smooth):
            return smooth(int(e.args[1]), self._number(e.args[2], at))
        if e.is_Pow and e.exp.is_Integer and e.exp > 0:
            return self._number(e.base, at) ** int(e.exp)
        raise TypeError(f"{e}, a {type(e).__name__}: no random program has one")

    def _product(self, e: sp.Expr, at: Mapping[sp.Symbol, int]) -> Number:
        """Conditions first: what they exclude need not have a value."""
        result: Number = 1
        for part in sorted(e.args, key=lambda part: not isinstance(part, (Bracket, Delta))):
            result *= self._number(part, at)
            if result == 0:
                return 0
        return result


def smooth(order: int, x: Number) -> Number:
    """A derivative of the polynomial that stands for every smooth function."""
    return sum(c * math.perm(power, order) * x ** (power - order) for power, c in enumerate(SMOOTH) if power >= order)


def differ(pair: Pair, tries: int = 1) -> dict[str, int] | None:
    """Sizes at which the two sides differ on random integers; None when no try finds any."""
    for attempt in range(tries):
        for sizes in pair.sizes:
            pick = random.Random(f"{pair.seed} {attempt} {sorted(sizes.items())}")
            inputs = arrays(pair.left, sizes, pick)
            if Run(pair.left, sizes, inputs).outputs != Run(pair.right, sizes, inputs).outputs:
                return sizes
    return None


def differ_at(pair: Pair, sizes: Mapping[str, int], inputs: Mapping[str, object]) -> bool:
    """Whether the two sides differ at inputs that are nested lists of rationals in words, as a witness has them."""
    dense = [{place: Fraction(value) for place, value in _entries(inputs[name])} for name in pair.left.dom.names]
    return Run(pair.left, sizes, dense).outputs != Run(pair.right, sizes, dense).outputs


def _entries(given: object, place: Place = ()) -> Iterator[tuple[Place, str]]:
    if not isinstance(given, list):
        yield place, str(given)
    else:
        for k, part in enumerate(given):
            yield from _entries(part, (*place, k))


def arrays(f: Morphism, sizes: Mapping[str, int], pick: random.Random) -> list[Array]:
    """Random integers for every input."""
    known = {sp.Symbol(name, integer=True, positive=True): size for name, size in sizes.items()}
    shapes = [[int(extent.subs(known)) for extent in wire.shape] for wire in f.dom.types]
    return [{place: pick.choice(VALUES) for place in itertools.product(*map(range, shape))} for shape in shapes]
