"""The reference interpreter: what a morphism means, on floats, exact rationals, SymPy expressions, residues or balls.

It is the oracle that derivative, prover and compiler are tested against, and shares no code with them.  Every node is
evaluated over its whole box with NumPy: loop indices are open grids, reads are fancy indexing, and points that a guard, a
`Bracket` or a `Delta` excludes are dropped before the rest of the body is evaluated there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from math import prod

import numpy as np
import sympy as sp

from symcat.category.comprehension import Comprehension, Fact, Requirement
from symcat.category.expression import Argmax, At, Bracket, Delta, index
from symcat.category.functions import Smooth
from symcat.category.modular import modular
from symcat.category.morphism import Morphism
from symcat.category.objects import EXACT, SYMBOLIC
from symcat.category.scalars import FLOAT, Irrational, Scalars, Undecided, rational
from symcat.category.sizes import infer_dims, name_of, size_of
from symcat.category.space import Base
from symcat.errors import DomainError, ShapeError

BLOCK = 2_000_000


def evaluate(f: Morphism, inputs: Sequence[object], dims: Mapping | None = None, hypers: Mapping | None = None,
             scalars: Scalars = FLOAT) -> list[np.ndarray]:
    """The outputs of a morphism, one array per wire of `cod`; rank 0 gives 0-d arrays.

    `inputs` are arrays, one per wire of `dom`; dims that their shapes do not determine come from `dims`, by symbol or name.
    Wires over Z[n] are evaluated modulo n whatever the scalars, except that SYMBOLIC gives the formal polynomials.

    >>> from symcat.category.space import space, Real
    >>> from symcat.category.structure import add
    >>> evaluate(add(space(x=Real["n"])), [[1, 2], [3, 4]])
    [array([4., 6.])]
    """
    run = Evaluation(f, inputs, dims or {}, hypers or {}, scalars)
    return run.outputs()


def unmet(f: Morphism, inputs: Sequence[object], dims: Mapping | None = None, hypers: Mapping | None = None,
          scalars: Scalars = EXACT) -> list[tuple[Requirement, bool | None]]:
    """The requirements that do not hold at a point: each with False where it fails for certain, None where it is undecided."""
    run = Evaluation(f, inputs, dims or {}, hypers or {}, scalars)
    return [(requirement, state) for requirement in f.requirements if (state := run.holds(requirement)) is not True]


def fact_holds(fact: Fact, dims: Mapping, hypers: Mapping, scalars: Scalars = EXACT) -> bool | None:
    """Whether a premise about dims and hyperparameters holds; None when the scalars cannot decide it."""
    named = {name_of(key): value for key, value in {**dims, **hypers}.items()}
    values = {symbol: scalars.convert(named[symbol.name]) for symbol in fact.expr.free_symbols if symbol.name in named}
    try:
        value = _Reader(scalars, {}, {}, values, {}).value(fact.expr, Box({}, ()))
        return _compares(value, fact.relation, scalars)
    except (Irrational, Undecided, ZeroDivisionError):
        return None


def generic_inputs(f: Morphism, dims: Mapping | None = None) -> list[np.ndarray]:
    """Arrays of distinct SymPy symbols for the inputs, for use with SYMBOLIC: entry x[0, 1] is the symbol `x_0_1`."""
    given = {name_of(key): int(value) for key, value in (dims or {}).items()}
    arrays = []
    for name, wire in f.dom:
        shape = tuple(size_of(extent, given, name) for extent in wire.shape)
        array = np.empty(shape, dtype=object)
        for place in np.ndindex(shape):
            array[place] = sp.Symbol("_".join([name, *map(str, place)]), real=True)
        arrays.append(array)
    return arrays


@dataclass(frozen=True)
class Box:
    """Points at which a body is evaluated: for each loop index an integer array that broadcasts to `shape`."""

    indices: Mapping[sp.Symbol, np.ndarray]
    shape: tuple[int, ...]

    @classmethod
    def of(cls, ranges: Sequence[tuple[int, int]]) -> Box:
        rank = len(ranges)
        grids = {index(k): np.arange(*bounds).reshape([-1 if j == k else 1 for j in range(rank)]) for k, bounds in enumerate(ranges)}
        return cls(grids, tuple(stop - start for start, stop in ranges))

    def where(self, mask: np.ndarray) -> Box:
        """The points at which a mask of the box's shape is true, in a row."""
        return Box({s: np.broadcast_to(a, self.shape)[mask] for s, a in self.indices.items()}, (int(mask.sum()),))


@dataclass(frozen=True)
class _Reader:
    """What a body's names mean: `value` gives scalars, `integer` index values, `mask` the points that guards admit."""

    ring: Scalars
    arrays: Mapping[str, np.ndarray]
    selections: Mapping[str, np.ndarray]
    values: Mapping[sp.Symbol, object]
    sizes: Mapping[sp.Symbol, int]

    def value(self, e: sp.Expr, box: Box) -> np.ndarray:
        """A body at the points of a box: an array that broadcasts to the box's shape."""
        ring = self.ring
        if e.is_Rational:
            return ring.full((), e)
        if isinstance(e, At):
            return self.read(self.arrays[e.name], e.indices, box, e)
        if e in self.values:
            return np.asarray(self.values[e], dtype=ring.dtype)
        if isinstance(e, (sp.Symbol, Argmax)):
            return ring.integers(self.integer(e, box))
        if e.is_Add:
            return self._fold(ring.add, e.args, box)
        if e.is_Mul or isinstance(e, (Bracket, Delta)):
            return self._product(e, box)
        if e is sp.E:
            return ring.call("exp", [ring.full((), 1)])
        if e.is_Pow and not isinstance(e, sp.exp):
            return self._power(*e.args, box)
        if isinstance(e, Smooth):
            return ring.smooth(e.args[0].name, int(e.args[1]), self.value(e.args[2], box))
        if isinstance(e, sp.Function):
            return ring.call(type(e).__name__, [self.value(argument, box) for argument in e.args])
        raise DomainError(f"{e}, a {type(e).__name__}, has no meaning in a body: bodies are made of reads, numbers and the functions "
                          "of symcat.category.functions")

    def integer(self, e: sp.Expr, box: Box) -> np.ndarray:
        """An index expression at the points of a box."""
        if e.is_Integer:
            return np.asarray(int(e))
        if e in box.indices:
            return box.indices[e]
        if e in self.sizes:
            return np.asarray(self.sizes[e])
        if isinstance(e, Argmax):
            return self.read(self.selections[e.name], e.indices, box, e)[..., e.component]
        if e.is_Add or e.is_Mul:
            combine = np.add if e.is_Add else np.multiply
            result = self.integer(e.args[0], box)
            for argument in e.args[1:]:
                result = combine(result, self.integer(argument, box))
            return np.asarray(result)
        raise ShapeError(f"{e} in an index: give the size of each dim, and use indices that are affine in loop indices and dims")

    def read(self, array: np.ndarray, indices: Sequence[sp.Expr], box: Box, what: sp.Expr) -> np.ndarray:
        places = self.places(indices, array.shape, box, what)
        return np.asarray(array[tuple(places)], dtype=array.dtype) if places else array

    def places(self, indices: Sequence[sp.Expr], shape: Sequence[int], box: Box, what: object) -> list[np.ndarray]:
        places = [self.integer(e, box) for e in indices]
        for place, extent, e in zip(places, shape, indices, strict=False):
            if place.size and (place.min() < 0 or place.max() >= extent):
                raise ShapeError(f"{what}: index {e} runs over {place.min()}..{place.max()} but the axis has {extent} entries")
        return places

    def mask(self, calls: Sequence[sp.Expr], box: Box) -> np.ndarray:
        """Where all brackets and deltas are 1."""
        admitted = np.ones(box.shape, dtype=bool)
        for call in calls:
            place = self.integer(call.args[0], box)
            admitted &= (place >= 0) if isinstance(call, Bracket) else (place == 0)
        return admitted

    def guarded(self, guards: Sequence[sp.Expr], box: Box) -> np.ndarray:
        admitted = np.ones(box.shape, dtype=bool)
        for guard in guards:
            admitted &= self.integer(guard, box) >= 0
        return admitted

    def _fold(self, combine: object, arguments: Sequence[sp.Expr], box: Box) -> np.ndarray:
        result = self.value(arguments[0], box)
        for argument in arguments[1:]:
            result = np.asarray(combine(result, self.value(argument, box)), dtype=self.ring.dtype)
        return result

    def _product(self, e: sp.Expr, box: Box) -> np.ndarray:
        """A product: the factors are evaluated only where its brackets and deltas are 1."""
        selectors, factors = [], []
        for factor in sp.Mul.make_args(e):
            base, exponent = factor.as_base_exp()
            positive = exponent.is_Integer and exponent > 0
            (selectors if isinstance(base, (Bracket, Delta)) and positive else factors).append((base, factor))
        rest = [factor for _, factor in factors] or [sp.S.One]
        if not selectors:
            return self._fold(self.ring.multiply, rest, box)
        mask = self.mask([base for base, _ in selectors], box)
        if mask.all():
            return self._fold(self.ring.multiply, rest, box)
        result = self.ring.full(box.shape, 0)
        inside = box.where(mask)
        if inside.shape[0]:
            result[mask] = self._fold(self.ring.multiply, rest, inside)
        return result

    def _power(self, base: sp.Expr, exponent: sp.Expr, box: Box) -> np.ndarray:
        inner = self.value(base, box)
        if exponent.is_Rational:
            return np.asarray(self.ring.power(inner, rational(exponent)), dtype=self.ring.dtype)
        return np.asarray(self.ring.powers(*np.broadcast_arrays(inner, self.value(exponent, box))), dtype=self.ring.dtype)


class Prepared:
    """A morphism with what all its runs share."""

    def __init__(self, f: Morphism) -> None:
        self.f = f
        self.dims = f.dims
        self.nodes = {node.name: node for node in f.nodes}
        self.sources = {node.name: node.sources for node in f.nodes}
        self.symbols = {node.name: node.body.free_symbols for node in f.nodes}
        everything = [e for node in f.nodes for e in (node.body, *node.out, *node.guards)] + [r.expr for r in f.requirements]
        self.selected = {call.name for e in everything for call in e.atoms(Argmax)}
        self.needed = self.order(f.outs)

    def order(self, names: Iterable[str]) -> tuple[Comprehension, ...]:
        """The nodes that some arrays need, in the order of the program."""
        wanted, found = list(names), set()
        while wanted:
            name = wanted.pop()
            if name in self.nodes and name not in found:
                found.add(name)
                wanted.extend(self.sources[name])
        return tuple(node for node in self.f.nodes if node.name in found)


class Evaluation:
    """One run of a program at one point.  Arrays are computed when asked for, each once."""

    def __init__(self, program: Morphism | Prepared, inputs: Sequence[object], dims: Mapping, hypers: Mapping, scalars: Scalars) -> None:
        self.program = program if isinstance(program, Prepared) else Prepared(program)
        f = self.program.f
        if len(inputs) != len(f.dom):
            raise ShapeError(f"a morphism from {f.dom} takes {len(f.dom)} arrays, {len(inputs)} came")
        self.f, self.scalars = f, scalars
        self.arrays: dict[str, np.ndarray] = {}
        self.selections: dict[str, np.ndarray] = {}
        for (name, wire), given in zip(f.dom, inputs, strict=True):
            self.arrays[name] = self._ring(wire.base).array(given)
        self.sizes = infer_dims(f, self.program.dims, [array.shape for array in self.arrays.values()], dims)
        self.hypers = {name_of(key): value for key, value in hypers.items()}

    def outputs(self) -> list[np.ndarray]:
        """The arrays on the wires of `cod`."""
        self._compute(self.program.needed)
        return [self.arrays[name] for name in self.f.outs]

    def array(self, name: str) -> np.ndarray:
        """The value of an array of the program."""
        if name not in self.arrays:
            self._need({name})
        return self.arrays[name]

    def over(self, node: Comprehension, e: sp.Expr) -> np.ndarray:
        """The values of an expression over the box of a node of the program, in the box's shape (a row when it has guards)."""
        self._need({*node.sources, *(call.name for call in e.atoms(At, Argmax))})
        reader = self._reader(self._ring(node.base), e.free_symbols)
        box = Box.of([(0, size_of(extent, self.sizes, node.name)) for extent in node.extents])
        box = box.where(reader.guarded(node.guards, box)) if node.guards else box
        return np.broadcast_to(reader.value(e, box), box.shape)

    def holds(self, requirement: Requirement) -> bool | None:
        """Whether a requirement holds at all points of its box: certainly, certainly not, or undecided (None)."""
        try:
            self._need(requirement.sources)
            ranges = [(0, size_of(extent, self.sizes, "a requirement")) for extent in requirement.extents]
            reader, box = self._reader(self.scalars, requirement.expr.free_symbols), Box.of(ranges)
            mask = reader.guarded(requirement.guards, box)
            value = reader.value(requirement.expr, box if mask.all() else box.where(mask))
            return _compares(value, requirement.relation, self.scalars)
        except (DomainError, ZeroDivisionError):
            return None

    def _ring(self, base: Base) -> Scalars:
        return modular(base.modulus) if base.modulus and self.scalars != SYMBOLIC else self.scalars

    def _reader(self, ring: Scalars, symbols: Iterable[sp.Symbol]) -> _Reader:
        values = {}
        for symbol in symbols:
            if symbol in self.sizes or symbol.name.startswith("_"):
                continue
            if symbol.name in self.hypers:
                values[symbol] = ring.convert(self.hypers[symbol.name])
            elif self.scalars == SYMBOLIC:
                values[symbol] = symbol
            else:
                raise DomainError(f"hyperparameter {symbol} has no value: give hypers={{{symbol.name!r}: ...}}")
        return _Reader(ring, self.arrays, self.selections, values, self.sizes)

    def _need(self, names: Iterable[str]) -> None:
        """Compute arrays and what they read."""
        self._compute(self.program.order(name for name in names if name not in self.arrays))

    def _compute(self, nodes: Sequence[Comprehension]) -> None:
        with np.errstate(all="ignore"):
            for node in nodes:
                if node.name not in self.arrays:
                    self._run(node)

    def _run(self, node: Comprehension) -> None:
        ring = self._ring(node.base)
        shape = tuple(size_of(extent, self.sizes, node.name) for extent in node.shape)
        extents = tuple(size_of(extent, self.sizes, node.name) for extent in node.extents)
        reader = self._reader(ring, self.program.symbols[node.name])
        result = ring.full(shape, 0)
        if node.op == "max":
            self._maximum(node, reader, result, extents)
        elif node.gather:
            _gather(node, reader, result, extents)
        else:
            _scatter(node, reader, result, extents)
        self.arrays[node.name] = result

    def _maximum(self, node: Comprehension, reader: _Reader, result: np.ndarray, extents: tuple[int, ...]) -> None:
        rank = len(node.shape)
        reduced = extents[rank:]
        if not all(reduced):
            raise ShapeError(f"{node.name}: a maximum over no entries, extents {reduced}")
        selection = np.zeros((*result.shape, len(reduced)), dtype=np.int64)
        for ranges in _blocks(extents, rank):
            box = Box.of(ranges)
            values = np.broadcast_to(reader.value(node.body, box), box.shape).reshape(*box.shape[:rank], -1)
            place = tuple(slice(*bounds) for bounds in ranges[:rank])
            _put(result, place, reader.ring.greatest(values))
            if node.name in self.program.selected:
                first = reader.ring.argmax(values)
                selection[place] = np.stack(np.unravel_index(first, reduced), axis=-1) if reduced else selection[place]
        self.selections[node.name] = selection


def _gather(node: Comprehension, reader: _Reader, result: np.ndarray, extents: tuple[int, ...]) -> None:
    rank, ring = len(node.shape), reader.ring
    for ranges in _blocks(extents, len(extents)):
        box = Box.of(ranges)
        values = np.broadcast_to(reader.value(node.body, box), box.shape)
        if len(extents) > rank:
            values = np.asarray(ring.total(values.reshape(*box.shape[:rank], -1)), dtype=ring.dtype)
        place = tuple(slice(*bounds) for bounds in ranges[:rank])
        _put(result, place, values if len(extents) == rank else ring.add(result[place], values))


def _scatter(node: Comprehension, reader: _Reader, result: np.ndarray, extents: tuple[int, ...]) -> None:
    ring = reader.ring
    for ranges in _blocks(extents, len(extents)):
        box = Box.of(ranges)
        mask = reader.guarded(node.guards, box)
        box = box.where(mask)
        if not box.shape[0]:
            continue
        values = np.broadcast_to(reader.value(node.body, box), box.shape)
        places = [np.broadcast_to(place, box.shape) for place in reader.places(node.out, result.shape, box, f"the output of {node.name}")]
        flat = np.ravel_multi_index(places, result.shape) if places else np.zeros(box.shape, np.int64)
        _put(result, (), ring.add(result, ring.scatter(result.size, flat, values).reshape(result.shape)))


def _put(result: np.ndarray, place: tuple, values: object) -> None:
    """Assign; NumPy would put a 0-d object array, not its entry, into a 0-d object array."""
    result[place] = np.asarray(values, dtype=result.dtype)[()]


def _blocks(extents: Sequence[int], axes: int) -> Iterator[tuple[tuple[int, int], ...]]:
    """The box cut along its first `axes` axes into blocks of at most BLOCK points, where that is possible."""
    steps, excess = list(extents), -(-prod(extents) // BLOCK)
    for axis in range(axes):
        if excess > 1:
            steps[axis] = max(1, extents[axis] // excess)
            excess = -(-excess * steps[axis] // extents[axis])
    cuts = [[(start, min(start + step, extent)) for start in range(0, extent, step)] for extent, step in zip(extents, steps, strict=True)]
    yield from product(*cuts)


def _compares(value: np.ndarray, relation: str, ring: Scalars) -> bool | None:
    """Whether all entries stand in a relation to 0; None when some entry is undecided and none fails."""
    flat = value.ravel()
    if ring.dtype is not object:
        test = {"!=0": np.not_equal, ">0": np.greater, ">=0": np.greater_equal}[relation]
        return bool(np.all(test(flat, 0)))
    states = [ring.holds(entry, relation) for entry in flat]
    return False if False in states else None if None in states else True
