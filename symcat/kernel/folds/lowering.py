"""All passes on a program with folds: on what stands outside of the folds as one program, and on each cell."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from symcat.category.fold import Fold
from symcat.category.morphism import Builder, Morphism
from symcat.category.space import Space
from symcat.category.unroll import unrolled
from symcat.errors import UsageError
from symcat.kernel.folds.recurrence import Looped, recurrences
from symcat.kernel.folds.uncycle import uncycle

Passes = Callable[[Morphism], Morphism]


def looped(f: Morphism, passes: Passes) -> Looped:
    """A program with numbers as sizes after `passes`, which take programs without folds; its folds are recurrences."""
    if not f.folds:
        return recurrences(passes(f))
    f = uncycle(f)
    f = uncycle(with_cells(f, lambda cell: passes(unrolled(cell))))     # what passes add for constants alone leaves the loop
    whole, folds = opened(f)
    return recurrences(closed(f, passes(whole), folds))


def with_cells(f: Morphism, change: Passes) -> Morphism:
    """The program with the cells of its folds passed through `change`."""
    build, names = Builder(), {}
    for name, wire in f.dom:
        names[name] = build.input(name, wire)
    for node in f.nodes:
        if isinstance(node, Fold):
            cell = change(node.cell)
            node = replace(node, cell=replace(cell, cod=cell.cod.rename(node.cell.cod.names)))
        build.follow(node, names)
    return build.build([names[out] for out in f.outs], f.cod.names)


def opened(f: Morphism) -> tuple[Morphism, tuple[Fold, ...]]:
    """The program without its folds, whose results are further inputs and whose arguments are further outputs, and the folds."""
    folds = f.folds
    results = tuple((name, wire) for fold in folds for name, wire in fold.makes.items())
    arguments = [name for fold in folds for name in fold.arguments]
    names = [*f.cod.names, *(f"argument{k}" for k in range(len(arguments)))]
    wires = f.wires
    cod = Space(tuple(zip(names, (wires[name] for name in (*f.outs, *arguments)), strict=True)))
    nodes = tuple(node for node in f.nodes if not isinstance(node, Fold))
    return Morphism(Space((*f.dom.wires, *results)), cod, nodes, (*f.outs, *arguments)), folds


def closed(f: Morphism, whole: Morphism, folds: Sequence[Fold]) -> Morphism:
    """The program `f` with what has become of it without its folds, and the folds in their places."""
    outs, rest = whole.outs[: len(f.outs)], list(whole.outs[len(f.outs):])
    waiting = []
    for fold in folds:
        arguments, rest = rest[: len(fold.arguments)], rest[len(fold.arguments):]
        waiting.append(replace(fold, arguments=tuple(arguments)))
    known, nodes, left = set(f.dom.names), [], [*whole.nodes, *waiting]
    while left:
        ready = next((node for node in left if node.sources <= known), None)
        if ready is None:
            raise UsageError("comprehensions and folds of a program wait for each other: a pass has joined what a fold keeps apart")
        left.remove(ready)
        nodes.append(ready)
        known |= ready.makes.keys()
    return Morphism(f.dom, f.cod, tuple(nodes), outs)
