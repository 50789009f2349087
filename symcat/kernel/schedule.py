"""The schedule: which arrays are updated in place, in which order comprehensions run, which share their loops.

A new state may take the place of the old one when it is pointwise, reads the old state at its own entry only, and every other
reader of the old state can run before it.  Any other new state goes to an array of its own and is copied at the end.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count

import sympy as sp

from symcat.category.comprehension import Comprehension
from symcat.category.expression import At, index
from symcat.category.morphism import Morphism
from symcat.category.space import Wire
from symcat.kernel.nest import Memory, Nest, Shape, lower, padded
from symcat.kernel.order import arranged


@dataclass(frozen=True)
class Schedule:
    """Nests in the order in which they run, with the facts that placement and emission need.

    `in_place` maps the array of a new state to the state whose memory it takes; `local` arrays live in a scalar of one nest;
    `selected` are the (max, component) pairs whose positions are stored; `loss` is the array with the loss.
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

    @property
    def shapes(self) -> Mapping[str, Shape]:
        """The shapes of all arrays, without padding."""
        return self.memory.meant

    def home(self, name: str) -> str:
        """The array whose memory holds an array."""
        return self.in_place.get(name, name)


def schedule(f: Morphism, states: int, width: int, registers: int) -> Schedule:
    """The schedule of a step whose first `states` wires are the state, for vectors of a width and a number of
    vector registers; all dims are numbers."""
    names, loss, nodes = f.dom.names[:states], f.outs[-1], list(f.nodes)
    nodes, outs = _kept(f, nodes, names)
    loss = outs[-1]
    in_place = _in_place(nodes, names, outs[:-1])
    nodes = _topological(nodes, in_place)
    nodes += [_copy(name, f.wires[name], out) for name, out in zip(names, outs, strict=False)
              if out != name and in_place.get(out) != name]
    shapes = {name: _sizes(wire) for name, wire in f.dom} | {node.name: _sizes(node.wire) for node in nodes}
    ranks = {node.name: tuple(int(extent) for _, extent in node.reduced) for node in nodes if node.op == "max"}
    data = set(f.dom.names[states:])
    memory = Memory(shapes, {name: shape if name in data else padded(shape, width) for name, shape in shapes.items()},
                    frozenset(shapes.keys() - data))
    nests = _fused([[arranged(nest, width) for nest in lower(node, memory, ranks)] for node in nodes], in_place)
    selected = {(call.name, call.component) for nest in nests for call in nest.selectors}
    local = _local(nests, {*names, *outs, *in_place})
    return Schedule(tuple(nests), memory, names, f.dom.names[states:], in_place, local, tuple(sorted(selected)), loss, width, registers)


def _sizes(wire: Wire) -> Shape:
    return tuple(int(extent) for extent in wire.shape)


def _copy(target: str, wire: Wire, source: str) -> Comprehension:
    place = tuple(index(k) for k in range(len(wire.shape)))
    return Comprehension(target, wire.base, wire.shape, wire.shape, place, At(source, *place))


def _kept(f: Morphism, nodes: list[Comprehension], states: Sequence[str]) -> tuple[list[Comprehension], list[str]]:
    """Outputs that are inputs other than their own state are copied first, before an update can overwrite them."""
    outs, copies = list(f.outs), {}
    for k, out in enumerate(outs):
        own = states[k] if k < len(states) else None
        if out in f.dom.names and out != own:
            name = copies[out].name if out in copies else _fresh(f"kept_{out}", f)
            copies[out] = _copy(name, f.wires[out], out)
            outs[k] = name
    return [*copies.values(), *nodes], outs


def _fresh(name: str, f: Morphism) -> str:
    return next(candidate for k in count() if (candidate := f"{name}_{k}" if k else name) not in f.wires)


def _in_place(nodes: Sequence[Comprehension], states: Sequence[str], outs: Sequence[str]) -> dict[str, str]:
    """New states that may take the memory of the old ones."""
    chosen: dict[str, str] = {}
    by_name = {node.name: node for node in nodes}
    for state, out in zip(states, outs, strict=True):
        node = by_name.get(out)
        if node is None or out in chosen or not node.pointwise:
            continue
        if any(read.name == state and read.indices != node.out for read in node.body.atoms(At)):
            continue
        if _acyclic(nodes, {**chosen, out: state}):
            chosen[out] = state
    return chosen


def _before(nodes: Sequence[Comprehension], in_place: Mapping[str, str]) -> dict[str, set[str]]:
    """For each comprehension those that must run before it: what it reads, and the other readers of a state that it overwrites."""
    known = {node.name for node in nodes}
    readers: dict[str, set[str]] = {}
    for node in nodes:
        for source in node.sources:
            readers.setdefault(source, set()).add(node.name)
    return {node.name: (node.sources & known) | (readers.get(in_place.get(node.name, ""), set()) - {node.name}) for node in nodes}


def _acyclic(nodes: Sequence[Comprehension], in_place: Mapping[str, str]) -> bool:
    before, done = _before(nodes, in_place), set()
    waiting = [node.name for node in nodes]
    while waiting:
        left = [name for name in waiting if not before[name] <= done]
        if len(left) == len(waiting):
            return False
        done |= set(waiting) - set(left)
        waiting = left
    return True


def _topological(nodes: Sequence[Comprehension], in_place: Mapping[str, str]) -> list[Comprehension]:
    """The program's own order, except that a comprehension waits for what must run before it."""
    before, done, result, waiting = _before(nodes, in_place), set(), [], list(nodes)
    while waiting:
        node = next(node for node in waiting if before[node.name] <= done)
        waiting.remove(node)
        result.append(node)
        done.add(node.name)
    return result


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
        if candidate.mode == "assign" and (candidate.loops, candidate.lanes) == (nest.loops, nest.lanes) \
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
            other = touched.setdefault((name, nest.loops, nest.lanes), nest.label)
            leader[root(nest.label)] = root(other)
    return {label: root(label) for label in leader}


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
    return frozenset(target for position, nest in enumerate(nests) if nest.mode == "assign" for target in nest.targets
                     if target not in stored and readers.get(target, set()) <= {position})
