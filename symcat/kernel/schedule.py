"""The schedule: which arrays are updated in place, in which order comprehensions run, which share their loops.

A new state may take the place of the old one when it is pointwise, reads the old state at its own entry only, and every other
reader of the old state can run before it.  Any other new state goes to an array of its own and is copied at the end.

The comprehensions of a recurrence are scheduled as one, and their nests are a group, run for every step.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import count

import sympy as sp

from symcat.category.comprehension import Comprehension
from symcat.category.expression import Argmax, At, index
from symcat.category.space import Wire
from symcat.kernel.finish import finished
from symcat.kernel.folds.recurrence import Looped, Recurrence
from symcat.kernel.nest import TIME, Memory, Nest, Shape, lower, padded, selective
from symcat.kernel.order import arranged
from symcat.kernel.tiling import tiling


@dataclass(frozen=True)
class Schedule:
    """Nests in the order in which they run, with the facts that placement and emission need.

    `in_place` maps the array of a new state to the state whose memory it takes; `local` arrays live in a scalar of one nest;
    `selected` are the (max, component) pairs whose positions are stored; `loss` is the array with the loss; `groups` are the
    recurrences whose nests run together.
    """

    nests: tuple[Nest, ...]
    memory: Memory
    states: tuple[str, ...]
    data: tuple[str, ...]
    in_place: Mapping[str, str]
    local: frozenset[str]
    selected: tuple[tuple[str, int], ...]
    loss: str
    width: int
    registers: int
    groups: tuple[Recurrence, ...] = ()

    def times(self, nest: Nest) -> int:
        """How often a nest runs in one step of training."""
        return 1 if nest.group is None else self.groups[nest.group].length

    @property
    def shapes(self) -> Mapping[str, Shape]:
        """The shapes of all arrays, without padding."""
        return self.memory.meant

    def home(self, name: str) -> str:
        """The array whose memory holds an array."""
        return self.in_place.get(name, name)


Unit = Comprehension | Recurrence


def schedule(f: Looped, states: int, width: int, registers: int) -> Schedule:
    """The schedule of a step whose first `states` wires are the state, for vectors of a width and a number of
    vector registers; all dims are numbers."""
    names, units = f.dom.names[:states], list(f.steps)
    units, outs = _kept(f, units, names)
    loss = outs[-1]
    in_place = _in_place(units, names, outs[:-1], f.rows)
    units = _topological(units, in_place)
    units += [_copy(name, f.wires[name], out) for name, out in zip(names, outs, strict=False)
              if out != name and in_place.get(out) != name]
    groups = tuple(unit for unit in units if isinstance(unit, Recurrence))
    rows = [row for unit in units for row in _rows(unit, f.rows, groups)]
    shapes = {name: _sizes(wire) for name, wire in f.dom}
    for row in rows:
        shapes.setdefault(row.node.name, row.shape)
    ranks = {row.node.name: tuple(int(extent) for _, extent in row.node.reduced) for row in rows if row.node.op == "max"}
    data = set(f.dom.names[states:])
    memory = Memory(shapes, {name: shape if name in data else padded(shape, width) for name, shape in shapes.items()},
                    frozenset(shapes.keys() - data))
    made = [[replace(nest, group=row.group) for nest in lower(row.node, memory, ranks, row.place)] for row in rows]
    if width > 1:       # products that are calls have no tiles to finish
        made = finished(made, partial(_joins, in_place=in_place))
    nests = _fused([[arranged(nest, width) for nest in nests] for nests in made], in_place)
    selected = {(call.name, call.component) for nest in nests for call in nest.selectors}
    kept = {nest.targets[0] for nest in nests if nest.mode == "product" and tiling(nest, width, registers).blocks > 1}
    local = _local(nests, {*names, *outs, *in_place, *f.rows, *kept})
    return Schedule(tuple(nests), memory, names, f.dom.names[states:], in_place, local, tuple(sorted(selected)), loss, width, registers,
                    groups)


@dataclass(frozen=True)
class _Row:
    """A comprehension about the row at `place` of an array of a shape, in a group of nests or in none."""

    node: Comprehension
    shape: Shape
    place: tuple[sp.Expr, ...] = ()
    group: int | None = None


def _rows(unit: Unit, held: frozenset[str], groups: Sequence[Recurrence]) -> list[_Row]:
    """The comprehensions of a unit, those about one row of an array without the index of the row."""
    if isinstance(unit, Recurrence):
        return [_step(node, unit, groups.index(unit)) for node in unit.nodes]
    if unit.name not in held:
        return [_Row(unit, _sizes(unit.wire))]
    first = replace(unit, shape=unit.shape[1:], out=unit.out[1:])
    return [_Row(first, _sizes(unit.wire), unit.out[:1])]


def _step(node: Comprehension, unit: Recurrence, group: int) -> _Row:
    """A comprehension of a recurrence at the step that is being made; arrays that are local to a step have no axis of steps."""
    places = {index(0): TIME, **{index(k): index(k - 1) for k in range(1, len(node.extents))}}

    def move(e: sp.Expr) -> sp.Expr:
        if not e.args:
            return places.get(e, e)
        arguments = [move(argument) for argument in e.args]
        if isinstance(e, (At, Argmax)) and e.name in unit.local:
            arguments.pop(1 if isinstance(e, At) else 2)
        return e.func(*arguments)

    first, *out = map(move, node.out)
    shape = _sizes(node.wire)
    moved = replace(node, shape=node.shape[1:], extents=node.extents[1:], out=tuple(out), body=move(node.body),
                    guards=tuple(map(move, node.guards)))
    return _Row(moved, shape[1:] if node.name in unit.local else shape, () if node.name in unit.local else (first,), group)


def _sizes(wire: Wire) -> Shape:
    return tuple(int(extent) for extent in wire.shape)


def _copy(target: str, wire: Wire, source: str) -> Comprehension:
    place = tuple(index(k) for k in range(len(wire.shape)))
    return Comprehension(target, wire.base, wire.shape, wire.shape, place, At(source, *place))


def _kept(f: Looped, units: list[Unit], states: Sequence[str]) -> tuple[list[Unit], list[str]]:
    """Outputs that are inputs other than their own state are copied first, before an update can overwrite them."""
    outs, copies = list(f.outs), {}
    for k, out in enumerate(outs):
        own = states[k] if k < len(states) else None
        if out in f.dom.names and out != own:
            name = copies[out].name if out in copies else _fresh(f"kept_{out}", f)
            copies[out] = _copy(name, f.wires[out], out)
            outs[k] = name
    return [*copies.values(), *units], outs


def _fresh(name: str, f: Looped) -> str:
    return next(candidate for k in count() if (candidate := f"{name}_{k}" if k else name) not in f.wires)


def _in_place(units: Sequence[Unit], states: Sequence[str], outs: Sequence[str], held: frozenset[str]) -> dict[str, str]:
    """New states that may take the memory of the old ones."""
    chosen: dict[str, str] = {}
    by_name = {unit.name: unit for unit in units if isinstance(unit, Comprehension) and unit.name not in held}
    for state, out in zip(states, outs, strict=True):
        node = by_name.get(out)
        if node is None or out in chosen or not node.pointwise or node.guards or selective(node):
            continue
        if any(read.name == state and read.indices != node.out for read in node.body.atoms(At)):
            continue
        if _order(units, {**chosen, out: state}) is not None:
            chosen[out] = state
    return chosen


def _before(units: Sequence[Unit], in_place: Mapping[str, str]) -> list[set[int]]:
    """For each unit, by position, those that must run before it: what writes what it reads, or an earlier part of what it writes, and
    the other readers of a state that it overwrites."""
    readers: dict[str, set[int]] = {}
    writers: dict[str, list[int]] = {}
    for position, unit in enumerate(units):
        for name in unit.sources:
            readers.setdefault(name, set()).add(position)
        for name in _targets(unit):
            writers.setdefault(name, []).append(position)
    found = []
    for position, unit in enumerate(units):
        before = {other for name in unit.sources for other in writers.get(name, ())}
        for name in _targets(unit):
            before |= {other for other in writers[name] if other < position} | readers.get(in_place.get(name, ""), set())
        found.append(before - {position})
    return found


def _targets(unit: Unit) -> tuple[str, ...]:
    return unit.targets if isinstance(unit, Recurrence) else (unit.name,)


def _order(units: Sequence[Unit], in_place: Mapping[str, str]) -> list[int] | None:
    """The program's own order, except that a unit waits for what must run before it; None when units wait for each other."""
    before, done, order, waiting = _before(units, in_place), set(), [], list(range(len(units)))
    while waiting:
        ready = next((position for position in waiting if before[position] <= done), None)
        if ready is None:
            return None
        waiting.remove(ready)
        order.append(ready)
        done.add(ready)
    return order


def _topological(units: Sequence[Unit], in_place: Mapping[str, str]) -> list[Unit]:
    return [units[position] for position in _order(units, in_place) or range(len(units))]


def _fused(lowered: Sequence[Sequence[Nest]], in_place: Mapping[str, str]) -> list[Nest]:
    """The nests in order; a pointwise nest joins an earlier one with the same loops when no dependence forbids it."""
    result: list[Nest] = []
    family = _families([nest for nests in lowered for nest in nests], in_place)
    for nests in lowered:
        host = _host(result, nests[0], in_place, family) if len(nests) == 1 else None
        if host is None:
            result.extend(nests)
        else:
            joined = result[host]
            result[host] = replace(joined, stores=joined.stores + nests[0].stores)
    return result


def _host(result: Sequence[Nest], nest: Nest, in_place: Mapping[str, str], family: Mapping[str, str]) -> int | None:
    """The last nest that a pointwise nest may join: same loops, and nothing behind it that the newcomer must follow."""
    if nest.mode != "assign":
        return None
    for position in range(len(result) - 1, -1, -1):
        candidate = result[position]
        if nest.group is not None and candidate.group != nest.group:
            return None
        if candidate.mode == "assign" and (candidate.loops, candidate.lanes, candidate.group) == (nest.loops, nest.lanes, nest.group) \
                and family[candidate.label] == family[nest.label] and _aligned(candidate, nest, in_place):
            return position
        if _conflict(candidate, nest, in_place):
            return None
    return None


def _families(nests: Sequence[Nest], in_place: Mapping[str, str]) -> dict[str, str]:
    """For each pointwise nest the first of those with its loops that it touches arrays with, directly or through others.

    Sharing loops saves nothing where nothing is shared; nests of single numbers are one family.
    """
    leader: dict[str, str] = {}
    touched: dict[tuple, str] = {}

    def root(label: str) -> str:
        while leader[label] != label:
            label = leader[label]
        return label

    for nest in nests:
        if nest.mode != "assign":
            continue
        leader[nest.label] = nest.label
        for name in sorted(_homes({*nest.targets, *nest.reads}, in_place)) if nest.loops else [""]:
            other = touched.setdefault((name, nest.loops, nest.lanes, nest.group), nest.label)
            leader[root(nest.label)] = root(other)
    return {label: root(label) for label in leader}


def _joins(earlier: Nest, between: Sequence[Nest], later: Nest, in_place: Mapping[str, str]) -> bool:
    """Whether a nest may run together with an earlier one, before what lies between them."""
    return _aligned(earlier, later, in_place) and not any(_conflict(nest, later, in_place) for nest in between)


def _homes(names: set[str] | Sequence[str], in_place: Mapping[str, str]) -> set[str]:
    return {in_place.get(name, name) for name in names}


def _conflict(earlier: Nest, later: Nest, in_place: Mapping[str, str]) -> bool:
    """Whether two nests touch the same memory and one of them writes it."""
    writes, more = _homes(earlier.targets, in_place), _homes(later.targets, in_place)
    return bool(writes & (_homes(later.reads, in_place) | more) or more & _homes(earlier.reads, in_place))


def _aligned(host: Nest, nest: Nest, in_place: Mapping[str, str]) -> bool:
    """Whether all memory that the two share, one of them writing, is touched at one address per point."""
    written = _homes((*host.targets, *nest.targets), in_place)
    if {call.name for call in (*host.selectors, *nest.selectors)} & written:
        return False
    addresses: dict[str, set[sp.Expr]] = {}
    for store in (*host.stores, *nest.stores):
        addresses.setdefault(in_place.get(store.target, store.target), set()).add(store.address)
        for read in store.accesses:
            addresses.setdefault(in_place.get(read.name, read.name), set()).add(read.args[1])
    return all(len(addresses[name]) == 1 for name in written)


def _local(nests: Sequence[Nest], stored: set[str]) -> frozenset[str]:
    """Arrays that only the nest that computes them reads."""
    readers: dict[str, set[int]] = {}
    for position, nest in enumerate(nests):
        for name in nest.reads:
            readers.setdefault(name, set()).add(position)
    return frozenset(target for position, nest in enumerate(nests) if nest.mode in ("assign", "product") for target in nest.targets
                     if target not in stored and readers.get(target, set()) <= {position})
