"""Folds as recurrences: comprehensions whose first index is time, run step by step.

A state of a fold over T steps becomes one array of T + 1 rows: the initial state in the first row that is read, each step reads one
row and writes the next.  The states before the steps, the states after them and the last state are views of it, so nothing is
copied.  What a step makes and nobody else reads is local to the step: one row of it is enough.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace

import sympy as sp

from symcat.category.comprehension import Comprehension
from symcat.category.expression import Argmax, At, index
from symcat.category.fold import Fold
from symcat.category.lifting import lifted
from symcat.category.morphism import Morphism, Node
from symcat.category.space import Space, Wire, unused
from symcat.errors import UsageError

TIME = index(0)


@dataclass(frozen=True)
class Recurrence:
    """`length` steps, from the last to the first when `backward`; at step t all `nodes` run, in order, with their first index at t.

    `local` are the arrays whose values nobody reads after their step.
    """

    length: int
    backward: bool
    nodes: tuple[Comprehension, ...]
    local: frozenset[str] = frozenset()

    @property
    def sources(self) -> frozenset[str]:
        """What is read besides what the nodes write."""
        return frozenset().union(*(node.sources for node in self.nodes)) - {node.name for node in self.nodes}

    @property
    def targets(self) -> tuple[str, ...]:
        return tuple(dict.fromkeys(node.name for node in self.nodes))


@dataclass(frozen=True)
class Looped:
    """A program with numbers as sizes: comprehensions and recurrences in order.

    The arrays `rows` hold the states of recurrences: a comprehension writes the initial row alone, and not 0 elsewhere, then a
    recurrence writes the others.  All other arrays are written by one comprehension.
    """

    dom: Space
    cod: Space
    steps: tuple[Comprehension | Recurrence, ...]
    outs: tuple[str, ...]
    rows: frozenset[str] = frozenset()

    @property
    def recurrences(self) -> tuple[Recurrence, ...]:
        return tuple(step for step in self.steps if isinstance(step, Recurrence))

    @property
    def comprehensions(self) -> tuple[Comprehension, ...]:
        return tuple(node for step in self.steps for node in (step.nodes if isinstance(step, Recurrence) else (step,)))

    @property
    def wires(self) -> dict[str, Wire]:
        return dict(self.dom.wires) | {node.name: node.wire for node in self.comprehensions}


Place = Callable[[tuple[sp.Expr, ...]], tuple[sp.Expr, ...]]


@dataclass(frozen=True)
class View:
    """An array that is a part of another one: where its entries are."""

    array: str
    place: Place

    def at(self, indices: tuple[sp.Expr, ...]) -> At:
        return At(self.array, *self.place(indices))


def recurrences(f: Morphism) -> Looped:
    """The program with its folds as recurrences; UsageError for a fold in the cell of a fold.

    >>> from symcat.category.space import Real, space
    >>> from symcat.category.trace import trace
    >>> from symcat.category.tracing.folding import fold
    >>> f = trace(lambda s, x: fold(lambda s, x: (s * x, s), s, x)[1], space(s=Real[2], x=Real[5, 2]))
    >>> for step in recurrences(f).steps:
    ...     print(step if isinstance(step, Comprehension) else [str(node) for node in step.nodes])
    s1_states[0, i] += s[i]
    ['s1_states[i + 1, j] += s1_states[i, j]*x[i, j]']
    y[i, j] = s1_states[i, j]
    """
    return _Writer(f).result()


class _Writer:
    def __init__(self, f: Morphism) -> None:
        self.f, self.steps, self.held = f, [], set()
        self.wires: dict[str, Wire] = dict(f.wires)
        self.views: dict[str, View] = {}

    def result(self) -> Looped:
        for node in self.f.nodes:
            self.follow(node)
        outs = tuple(self.stored(out) for out in self.f.outs)
        steps = tuple(_localised(self.steps, {*outs, *self.held}))
        return Looped(self.f.dom, self.f.cod, steps, outs, frozenset(self.held))

    def follow(self, node: Node) -> None:
        if isinstance(node, Fold):
            self.loop(node)
        else:
            for call in node.selectors:
                if call.name in self.views:
                    raise UsageError(f"{call} selects from a maximum inside of a fold: select before the fold")
            self.steps.append(seen(node, self.views))

    def fresh(self, name: str, wire: Wire) -> str:
        name = unused(name, self.wires)
        self.wires[name] = wire
        return name

    def stored(self, name: str) -> str:
        """An array of its own where the name is a view, an input as it is."""
        if name not in self.views:
            return name
        wire = self.wires[name]
        own = tuple(map(index, range(len(wire.shape))))
        self.steps.append(Comprehension(name, wire.base, wire.shape, wire.shape, own, self.views.pop(name).at(own)))
        return name

    def loop(self, fold: Fold) -> None:
        if any(isinstance(node, Fold) for node in fold.cell.nodes):
            raise UsageError("a fold in the cell of a fold that lies on a cycle: write the inner one out first, unrolled(cell)")
        cell, length, before = fold.cell, int(fold.length), int(fold.backward)
        after, inputs = 1 - before, fold.cell.dom.names
        local: dict[str, View] = {}
        for k, name in enumerate(inputs):
            argument = fold.arguments[k]
            if k < fold.states:
                rows = self.rows(fold, k)
                local[name] = _along(rows, before)
            else:
                local[name] = self.views.get(argument) or View(argument, lambda indices: indices)
        carried = [view.array for view in (local[name] for name in inputs[: fold.states])]
        made = {node.name: node for node in cell.nodes}
        written: dict[str, str] = {}      # next states that go straight to their rows
        for k, out in enumerate(cell.outs[: fold.states]):
            if out not in inputs and out not in written and made[out].op != "max":
                written[out] = carried[k]
                local[out] = _along(carried[k], after)
        steady = inputs[fold.states + fold.entries:]
        axes = {name: name not in steady for name in cell.wires}
        nodes = []
        for node in cell.nodes:
            if node.name not in local:
                local[node.name] = View(self.fresh(node.name, Wire(node.base, (fold.length, *node.shape))), lambda indices: indices)
            moved = seen(lifted(node, fold.length, axes), local)
            nodes.append(_into(moved, local[node.name], self.wires))
        for k, out in enumerate(cell.outs[: fold.states]):
            if written.get(out) != carried[k]:
                nodes.append(self.copied(cell.wires[out], fold.length, local[out], out in steady, _along(carried[k], after)))
        self.steps.append(Recurrence(length, fold.backward, tuple(nodes)))
        self.results(fold, carried, local, length)

    def rows(self, fold: Fold, k: int) -> str:
        """The array of the rows of a state, with its initial row."""
        name, wire = fold.initial[k], fold.cell.dom.types[k]
        rows = self.fresh(f"{fold.names[k]}_states", Wire(wire.base, (fold.length + 1, *wire.shape)))
        own = tuple(map(index, range(len(wire.shape))))
        first = fold.length if fold.backward else sp.S.Zero
        initial = Comprehension(rows, wire.base, self.wires[rows].shape, wire.shape, (first, *own), At(name, *own))
        self.steps.append(seen(initial, self.views))
        self.held.add(rows)
        return rows

    def copied(self, wire: Wire, length: sp.Expr, source: View, steady: bool, target: View) -> Comprehension:
        """A state that becomes another state, an entry or a constant."""
        own = tuple(map(index, range(len(wire.shape) + 1)))
        return Comprehension(target.array, wire.base, self.wires[target.array].shape, (length, *wire.shape), target.place(own),
                             source.at(own[1:] if steady else own))

    def results(self, fold: Fold, carried: list[str], local: Mapping[str, View], length: int) -> None:
        """Where the results of a fold are found."""
        end = sp.Integer(0 if fold.backward else length)
        for k, name in enumerate(fold.last):
            self.views[name] = View(carried[k], lambda indices: (end, *indices))
        steady = fold.cell.dom.names[fold.states + fold.entries:]
        for name, out in zip(fold.handed, fold.cell.outs[fold.states:], strict=True):
            view = local[out]
            self.views[name] = View(view.array, lambda indices, view=view: view.place(indices[1:])) if out in steady else view


def _along(rows: str, shift: int) -> View:
    """Row t + shift at step t."""
    return View(rows, lambda indices: (indices[0] + shift, *indices[1:]))


def _into(node: Comprehension, target: View, wires: Mapping[str, Wire]) -> Comprehension:
    """The comprehension with its values put where a view says."""
    return replace(node, name=target.array, shape=wires[target.array].shape, out=target.place(node.out))


def seen(node: Comprehension, views: Mapping[str, View]) -> Comprehension:
    """The comprehension with reads of views as reads of the arrays that hold them."""
    found = {read: _through(read, views) for e in (node.body, *node.out, *node.guards) for read in e.atoms(At)}
    renamed = {call: call.func(views[call.name].array, *call.args[1:]) for e in (node.body, *node.out, *node.guards)
               for call in e.atoms(Argmax) if call.name in views}
    move = lambda e: e.xreplace({**found, **renamed})
    return replace(node, body=move(node.body), out=tuple(map(move, node.out)), guards=tuple(map(move, node.guards)))


def _through(read: At, views: Mapping[str, View]) -> At:
    indices = tuple(e.xreplace({call: call.func(views[call.name].array, *call.args[1:]) for call in e.atoms(Argmax) if call.name in views})
                    for e in read.indices)
    return views[read.name].at(indices) if read.name in views else At(read.name, *indices)


def _localised(steps: list[Comprehension | Recurrence], kept: Collection[str]) -> list[Comprehension | Recurrence]:
    """The steps, with what is local to a step of a recurrence marked: no other step reads it, and it is not kept."""
    found = []
    for position, step in enumerate(steps):
        if isinstance(step, Recurrence):
            elsewhere = set(kept).union(*(other.sources for place, other in enumerate(steps) if place != position))
            step = replace(step, local=frozenset(step.targets) - elsewhere)
        found.append(step)
    return found
