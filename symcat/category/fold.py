"""Folds: a cell iterated over an axis, the second kind of node in a program.

    s_0 = init        (s_{t+1}, y_t) = cell(s_t, x_t, c)        results: s_T, and y_0 ... y_{T-1} along an axis of length T

A cell is a morphism S * X * C -> S * Y: states first on both ends, then what comes in at one step, then constants, the same at
every step.  `backward` takes the steps from the last entry of the axis to the first.  Cells state no requirements and no facts:
the builder states them for the program that holds the fold, for every step.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import sympy as sp

from symcat.category.comprehension import Requirement
from symcat.category.expression import Argmax
from symcat.category.lifting import lifted_requirement
from symcat.category.space import Dim, Space, Wire, unused, unused_names
from symcat.errors import ShapeError, TraceError, UsageError

if TYPE_CHECKING:
    from symcat.category.morphism import Builder, Morphism


class FoldError(UsageError, AttributeError):
    """An operation on comprehensions that met a fold."""


@dataclass(frozen=True, repr=False)
class Fold:
    """`cell` over `length` steps.  Its results are `names`: the last states, then the outputs with the axis of steps in front.

    `arguments` are the arrays of the program for S (the initial states), X (the axis of steps in front) and C.
    """

    names: tuple[str, ...]
    cell: Morphism
    states: int
    entries: int
    arguments: tuple[str, ...]
    length: Dim
    backward: bool = False

    def __getattr__(self, name: str) -> object:
        if name.startswith("_"):
            raise AttributeError(name)
        raise FoldError(f"the program holds a fold over {self.length} steps, and this operation takes programs of comprehensions alone "
                        f"(it asked for the {name} of a node): write the fold out first, unrolled(f) at a fixed length")

    # ---- the parts of the cell's ends
    @property
    def initial(self) -> tuple[str, ...]:
        return self.arguments[: self.states]

    @property
    def lists(self) -> tuple[str, ...]:
        """The arguments that are taken entry by entry."""
        return self.arguments[self.states: self.states + self.entries]

    @property
    def constants(self) -> tuple[str, ...]:
        return self.arguments[self.states + self.entries:]

    @property
    def last(self) -> tuple[str, ...]:
        """The results that are states."""
        return self.names[: self.states]

    @property
    def handed(self) -> tuple[str, ...]:
        """The results that are handed out at every step."""
        return self.names[self.states:]

    @property
    def makes(self) -> dict[str, Wire]:
        """The arrays that the node makes, with their wires."""
        wires = (*self.cell.cod.types[: self.states], *(along(self.length, wire) for wire in self.cell.cod.types[self.states:]))
        return dict(zip(self.names, wires, strict=True))

    @property
    def sources(self) -> frozenset[str]:
        return frozenset(self.arguments)

    @property
    def free(self) -> set[sp.Symbol]:
        """The dims and hyperparameters that occur."""
        return {*self.cell.symbols, *self.length.free_symbols}

    def rename(self, names: Mapping[str, str]) -> Fold:
        """The fold with arrays renamed, its results included."""
        return replace(self, names=tuple(names.get(name, name) for name in self.names),
                       arguments=tuple(names.get(name, name) for name in self.arguments))

    def __str__(self) -> str:
        over = "from the last step to the first" if self.backward else "from the first step to the last"
        lines = [f"{', '.join(self.names)} = fold over {self.length} steps, {over}, of ({', '.join(self.initial)}; "
                 f"{', '.join(self.lists)}; {', '.join(self.constants)})"]
        return "\n    ".join([*lines, *str(self.cell).split("\n")])

    def __repr__(self) -> str:
        return (f"Fold({self.names}, {self.cell.digest}, {self.states}, {self.entries}, {self.arguments}, {self.length}, "
                f"backward={self.backward})")


def along(length: Dim, wire: Wire) -> Wire:
    """The wire of a list of this length."""
    return Wire(wire.base, (length, *wire.shape))


def taken(fold: Fold) -> tuple[Wire, ...]:
    """The wires of the arguments."""
    types, first, behind = fold.cell.dom.types, fold.states, fold.states + fold.entries
    return (*types[:first], *(along(fold.length, wire) for wire in types[first:behind]), *types[behind:])


# ---- in a program that is being built
def appended(build: Builder, fold: Fold) -> tuple[str, ...]:
    """The names of the results of a fold that has been added to a program.

    A fold with the transition and the arguments of an older one becomes part of it: the states are computed once.
    """
    _check(build, fold)
    fold = replace(fold, names=tuple(unused_names(fold.names)))
    for fact in fold.cell.facts:
        build.fact(fact.expr, fact.relation)
    whole, asked = _exported(build, fold)
    names = _merged(build, whole) or _new(build, whole)
    renamed = dict(zip(whole.names[len(fold.names):], names[len(fold.names):], strict=True))
    for requirement in (r.rename(renamed) for r in asked):
        if requirement not in build.requirements:
            build.requirements.append(requirement)
    return names[: len(fold.names)]


def _check(build: Builder, fold: Fold) -> None:
    cell, count = fold.cell, fold.states
    if not 0 <= count <= len(cell.cod) or not 0 <= fold.entries <= len(cell.dom) - count or len(fold.arguments) != len(cell.dom):
        raise ShapeError(f"a fold with {count} states and {fold.entries} lists of a cell {cell.dom} -> {cell.cod} got "
                         f"{len(fold.arguments)} arguments: expected a cell S * X * C -> S * Y and an array for each wire of S * X * C")
    if len(fold.names) != len(cell.cod):
        raise ShapeError(f"{len(fold.names)} names for the results {cell.cod} of a fold")
    for (name, before), after in zip(cell.dom[:count], cell.cod.types[:count], strict=True):
        if before != after:
            raise ShapeError(f"the state {name} of a fold is {before} before a step and {after} after it: a step keeps the type of a state")
    for argument, wire, name in zip(fold.arguments, taken(fold), cell.dom.names, strict=True):
        if argument not in build.wires:
            raise TraceError(f"a fold reads {argument}, which is not an array of this program ({', '.join(build.wires)})")
        if build.wires[argument] != wire:
            raise ShapeError(f"{name} of a fold over {fold.length} steps is {wire}, but {argument}: {build.wires[argument]} came")
    build.positive(fold.length)


def _new(build: Builder, fold: Fold) -> tuple[str, ...]:
    """A node of its own."""
    names = unused_names(fold.names, build.wires)
    build.wires.update(zip(names, fold.makes.values(), strict=True))
    fold = replace(fold, names=tuple(names))
    build.nodes.append(fold)
    build.folds.setdefault(_core(fold), []).append(len(build.nodes) - 1)
    return fold.names


def _merged(build: Builder, fold: Fold) -> tuple[str, ...] | None:
    """The results, when an older fold makes the same states and all arguments are there before it."""
    for place in build.folds.get(_core(fold), ()):
        known = {name for node in build.nodes[:place] for name in node.makes} | {name for name, _ in build.dom}
        if fold.sources <= known:
            return _joined(build, place, fold)
    return None


def _joined(build: Builder, place: int, fold: Fold) -> tuple[str, ...]:
    """The older fold at a place hands out what the newer one does too."""
    old = build.nodes[place]
    inner, count = type(build)(), old.states
    states = inner.inputs(old.cell.dom[:count])
    lists, constants = {}, {}
    for one in (old, fold):
        for position, argument in enumerate(one.arguments[count:]):
            known = lists if position < one.entries else constants
            if argument not in known:
                known[argument] = inner.input(*one.cell.dom.wires[count + position])
    outs = [inner.call(one.cell, (*states, *(lists[name] for name in one.lists), *(constants[name] for name in one.constants)))
            for one in (old, fold)]
    results, known = list(zip(outs[0][count:], old.handed, strict=True)), dict(zip(outs[0][count:], old.handed, strict=True))
    for out, name, wire in zip(outs[1][count:], fold.handed, fold.cell.cod.types[count:], strict=True):
        if out not in known:
            known[out] = unused(name, build.wires)
            build.wires[known[out]] = along(fold.length, wire)
            results.append((out, known[out]))
    handed = tuple(name for _, name in results)      # those of the older fold keep their names and places, equal ones too
    whole = inner.build((*outs[0][:count], *(out for out, _ in results)),
                        [*(f"s{k}" for k in range(count)), *(f"y{k}" for k in range(len(results)))])
    build.nodes[place] = Fold((*old.last, *handed), replace(whole, facts=()), count, len(lists),
                              (*old.initial, *lists, *constants), old.length, old.backward)
    return (*old.last, *(known[out] for out in outs[1][count:]))


def _core(fold: Fold) -> tuple:
    """What makes two folds run through the same states: the transition, what it reads, the length and the direction."""
    transition = restricted(fold, fold.last)
    return transition.cell, transition.arguments, fold.length, fold.backward


# ---- parts
def needed(cell: Morphism, outs: Iterable[str]) -> set[str]:
    """The arrays of a program that some of its arrays are made from, these included."""
    made, found, waiting = {name: node for node in cell.nodes for name in node.makes}, set(), list(outs)
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += made[name].sources if name in made else ()
    return found


def restricted(fold: Fold, live: Collection[str]) -> Fold:
    """The fold without results that are not live and without states, lists and constants that the live ones do not need."""
    cell, count = fold.cell, fold.states
    kept = {k for k, name in enumerate(fold.names) if name in live}
    while True:
        reached = needed(cell, [cell.outs[k] for k in kept])
        more = kept | {k for k in range(count) if cell.dom.names[k] in reached}
        if more == kept:
            break
        kept = more
    order = sorted(kept)
    ends = [k for k, name in enumerate(cell.dom.names) if (k in kept if k < count else name in reached)]
    if len(order) == len(fold.names) and len(ends) == len(cell.dom):
        return fold
    nodes = tuple(node for node in cell.nodes if reached.intersection(node.makes))
    smaller = replace(cell, dom=Space(tuple(cell.dom.wires[k] for k in ends)), cod=Space(tuple(cell.cod.wires[k] for k in order)),
                      nodes=nodes, outs=tuple(cell.outs[k] for k in order))
    return Fold(tuple(fold.names[k] for k in order), smaller, sum(k < count for k in order),
                sum(count <= k < count + fold.entries for k in ends), tuple(fold.arguments[k] for k in ends), fold.length, fold.backward)


# ---- requirements
def _exported(build: Builder, fold: Fold) -> tuple[Fold, tuple[Requirement, ...]]:
    """The fold without requirements, and what its cell requires as requirements on arguments and results, for every step.

    What a requirement reads inside the cell is handed out.
    """
    cell, count = fold.cell, fold.states
    plain = replace(cell, requirements=(), facts=())
    if not cell.requirements:
        return replace(fold, cell=plain), ()
    if selecting := [r for r in cell.requirements if r.expr.has(Argmax)]:
        raise TraceError(f"the cell of a fold requires {selecting[0]}, which is about an entry that a maximum selects: "
                         "select the entry before the fold, or hand it out and divide behind the fold")
    outside = dict(zip(cell.dom.names[count:], fold.arguments[count:], strict=True))
    inside = [name for name in sorted(set().union(*(r.sources for r in cell.requirements))) if name not in outside]
    handed = unused_names((f"{name}_at" for name in inside), {*build.wires, *fold.names})
    cod = cell.cod * Space(tuple((name, cell.wires[name]) for name in inside))
    whole = replace(fold, cell=replace(plain, cod=cod, outs=(*cell.outs, *inside)), names=(*fold.names, *handed))
    steady = cell.dom.names[count + fold.entries:]
    axes = {name: name not in steady for name in (*outside, *inside)}
    outer = {**outside, **dict(zip(inside, handed, strict=True))}
    return whole, tuple(lifted_requirement(r, fold.length, axes).rename(outer) for r in cell.requirements)
