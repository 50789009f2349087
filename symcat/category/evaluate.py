"""The reference interpreter: what a morphism means, on floats, exact rationals, SymPy expressions, residues or balls.

It is the oracle that derivative, prover and compiler are tested against, and shares no code with them.  Every comprehension is
evaluated over its whole box with NumPy: loop indices are open grids, reads are fancy indexing, and points that a guard, a
`Bracket` or a `Delta` excludes are dropped before the rest of the body is evaluated there.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import product
from math import prod

import numpy as np
import sympy as sp

from symcat.category.bodies import Box, Reader
from symcat.category.comprehension import Comprehension, Fact, Requirement
from symcat.category.expression import Argmax, At
from symcat.category.fold import Fold
from symcat.category.modular import modular
from symcat.category.morphism import Morphism, Node
from symcat.category.objects import EXACT, SYMBOLIC
from symcat.category.scalars import FLOAT, Irrational, Scalars, Undecided
from symcat.category.sizes import infer_dims, name_of, size_of
from symcat.category.space import Base
from symcat.errors import DomainError, ShapeError, UsageError

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
    if dims is not None and not isinstance(dims, Mapping):
        raise UsageError(f"dims came as a {type(dims).__name__}: give the inputs as one list, evaluate(f, [x, y]), and dims as {{'n': 3}}")
    run = Evaluation(f, inputs, dims or {}, hypers or {}, scalars)
    for fact in f.facts:
        if fact.expr.free_symbols <= run.sizes.keys() and fact_holds(fact, run.sizes, {}) is False:
            known = ", ".join(f"{symbol} = {run.sizes[symbol]}" for symbol in sorted(fact.expr.free_symbols, key=str))
            raise ShapeError(f"the program assumes {fact}, which fails at {known}: give arrays of other sizes")
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
        value = Reader(scalars, {}, {}, values, {}).value(fact.expr, Box({}, ()))
        return scalars.compares(value, fact.relation)
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


class Prepared:
    """A morphism with what all its runs share."""

    def __init__(self, f: Morphism) -> None:
        self.f = f
        self.dims = f.dims
        comprehensions = [node for node in f.nodes if isinstance(node, Comprehension)]
        self.nodes = {name: node for node in f.nodes for name in node.makes}
        self.sources = {name: node.sources for name, node in self.nodes.items()}
        self.symbols = {node.name: node.body.free_symbols for node in comprehensions}
        self.cells = {node.names: Prepared(node.cell) for node in f.folds}
        everything = [e for node in comprehensions for e in (node.body, *node.out, *node.guards)] + [r.expr for r in f.requirements]
        self.selected = {call.name for e in everything for call in e.atoms(Argmax)}
        self.needed = self.order(f.outs)

    def order(self, names: Iterable[str]) -> tuple[Node, ...]:
        """The nodes that some arrays need, in the order of the program."""
        wanted, found = list(names), set()
        while wanted:
            name = wanted.pop()
            if name in self.nodes and name not in found:
                found.add(name)
                wanted.extend(self.sources[name])
        return tuple(node for node in self.f.nodes if found.intersection(node.makes))


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
            return self.scalars.compares(value, requirement.relation)
        except (DomainError, ZeroDivisionError):
            return None

    def _ring(self, base: Base) -> Scalars:
        return modular(base.modulus) if base.modulus and self.scalars != SYMBOLIC else self.scalars

    def _reader(self, ring: Scalars, symbols: Iterable[sp.Symbol]) -> Reader:
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
        return Reader(ring, self.arrays, self.selections, values, self.sizes)

    def _need(self, names: Iterable[str]) -> None:
        """Compute arrays and what they read."""
        self._compute(self.program.order(name for name in names if name not in self.arrays))

    def _compute(self, nodes: Sequence[Node]) -> None:
        with np.errstate(all="ignore"):
            for node in nodes:
                if not self.arrays.keys() >= node.makes.keys():
                    self._fold(node) if isinstance(node, Fold) else self._run(node)

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

    def _fold(self, fold: Fold) -> None:
        """One run of the cell for each step, in the fold's direction."""
        steps = size_of(fold.length, self.sizes, "the steps of a fold")
        cell = self.program.cells[fold.names]
        states = [self.arrays[name] for name in fold.initial]
        handed = [self._ring(wire.base).full(tuple(size_of(extent, self.sizes, name) for extent in wire.shape), 0)
                  for name, wire in list(fold.makes.items())[fold.states:]]
        for step in (range(steps - 1, -1, -1) if fold.backward else range(steps)):
            given = [*states, *(self.arrays[name][step] for name in fold.lists), *(self.arrays[name] for name in fold.constants)]
            found = Evaluation(cell, given, self.sizes, self.hypers, self.scalars).outputs()
            states = found[: fold.states]
            for result, values in zip(handed, found[fold.states:], strict=True):
                _put(result, (step,), values)
        self.arrays.update(zip(fold.names, (*states, *handed), strict=True))

    def _maximum(self, node: Comprehension, reader: Reader, result: np.ndarray, extents: tuple[int, ...]) -> None:
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


def _gather(node: Comprehension, reader: Reader, result: np.ndarray, extents: tuple[int, ...]) -> None:
    rank, ring = len(node.shape), reader.ring
    for ranges in _blocks(extents, len(extents)):
        box = Box.of(ranges)
        values = np.broadcast_to(reader.value(node.body, box), box.shape)
        if len(extents) > rank:
            values = np.asarray(ring.total(values.reshape(*box.shape[:rank], -1)), dtype=ring.dtype)
        place = tuple(slice(*bounds) for bounds in ranges[:rank])
        _put(result, place, values if len(extents) == rank else ring.add(result[place], values))


def _scatter(node: Comprehension, reader: Reader, result: np.ndarray, extents: tuple[int, ...]) -> None:
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
