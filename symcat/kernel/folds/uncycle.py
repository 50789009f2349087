"""What lies on no cycle of a fold's cell leaves the loop, with the axis of steps as an ordinary axis.

Products with what comes in (x_t W for all t at once) are made before the loop, products for gradients (a sum over steps of outer
products) behind it.  A cell whose states do not all depend on each other becomes several folds, one behind the other.  A value
that one fold has made at each step and that a later comprehension asks for at all steps is handed out, not made again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from symcat.category.comprehension import Comprehension
from symcat.category.expression import At, index
from symcat.category.fold import Fold, along, needed
from symcat.category.lifting import lifted
from symcat.category.morphism import Builder, Morphism
from symcat.lens.para import batch


def uncycle(f: Morphism) -> Morphism:
    """The program with as little as possible in the cells of its folds; requirements and facts are dropped.

    >>> from symcat.category.space import Real, space
    >>> from symcat.category.trace import trace
    >>> from symcat.category.tracing.folding import fold
    >>> f = trace(lambda s, x, W: fold(lambda s, x, W: (s * (W @ x), None), s, x, W)[0], space(s=Real[2], x=Real[5, 3], W=Real[2, 3]))
    >>> print(uncycle(f))
    s: Real[2] * x: Real[5, 3] * W: Real[2, 3] -> y: Real[2]
      matmul[i, j] = sum over k < 3 of W[j, k]*x[i, k]
      s1 = fold over 5 steps, from the first step to the last, of (s; matmul; )
        s: Real[2] * matmul: Real[2] -> s0: Real[2]
          mul[i] = matmul[i]*s[i]
          return mul
      return s1
    """
    writer = _Writer({call.name for node in f.comprehensions for call in node.selectors})
    for name, wire in f.dom:
        writer.names[name] = writer.build.input(name, wire)
    for node in f.nodes:
        writer.follow(node)
    return joined_sums(writer.build.build([writer.names[out] for out in f.outs], f.cod.names))


def joined_sums(f: Morphism) -> Morphism:
    """A sum over steps of sums over a batch, which nothing else reads, becomes one sum."""
    nodes = {node.name: node for node in f.nodes if isinstance(node, Comprehension)}
    count = Counter(name for node in f.nodes for name in node.sources) + Counter(f.outs)
    build, names = Builder(), {}
    for name, wire in f.dom:
        names[name] = build.input(name, wire)
    for node in f.nodes:
        inner = nodes.get(node.body.name) if isinstance(node, Comprehension) and isinstance(node.body, At) else None
        if inner is not None and count[inner.name] == 1 and _sums(node) and _sums(inner):
            node = nodes[node.name] = _one_sum(node, inner)
        build.follow(node, names)
    return build.build([names[out] for out in f.outs], f.cod.names)


def _sums(node: Comprehension) -> bool:
    """Whether a comprehension writes each entry once, as a sum over further indices."""
    return node.gather and node.op == "sum" and bool(node.reduced)


def _one_sum(node: Comprehension, inner: Comprehension) -> Comprehension:
    """`node`, whose body is a read of the sum `inner`, over the indices of both."""
    first, rank = len(node.extents), len(inner.shape)
    own = {index(k): index(first + k - rank) for k in range(rank, len(inner.extents))}
    own |= {index(k): e for k, e in enumerate(node.body.indices)}
    return replace(node, extents=(*node.extents, *inner.extents[rank:]), body=inner.body.xreplace(own))


class _Writer:
    """The program that is being written: `names` of the old arrays, and `steps`, arrays that hold what a fold makes at each step."""

    def __init__(self, selected: Collection[str]) -> None:
        self.build, self.selected = Builder(), selected
        self.names: dict[str, str] = {}
        self.steps: dict[tuple, str] = {}

    def follow(self, node: Comprehension | Fold) -> None:
        if isinstance(node, Fold):
            results = _Cell(self, node.rename({old: new for old, new in self.names.items() if old not in node.makes})).results()
            self.names.update(zip(node.names, results, strict=True))
        else:
            moved = node.rename({old: new for old, new in self.names.items() if old != node.name})
            self.names[node.name] = self.build.append(moved) if node.name in self.selected else self.append(moved)

    def append(self, node: Comprehension) -> str:
        """A comprehension, or the list that a fold has made of the same values."""
        return self.steps.get(node.key) or self.build.append(node)


class _Cell:
    """A fold that is being taken apart.

    Of an array of the cell `every` holds the list of its values at all steps, `fixed` its one value when it is the same at all.
    """

    def __init__(self, writer: _Writer, fold: Fold) -> None:
        self.writer, self.build, self.fold, self.cell = writer, writer.build, fold, fold.cell
        inputs = fold.cell.dom.names
        behind = fold.states + fold.entries
        self.every = dict(zip(inputs[fold.states: behind], fold.lists, strict=True))
        self.fixed = dict(zip(inputs[behind:], fold.constants, strict=True))
        self.last: dict[int, str] = {}
        self.selected = {call.name for node in fold.cell.comprehensions for call in node.selectors}

    def results(self) -> list[str]:
        """The arrays of the results of the fold."""
        self.lift()
        for group in components(self.cell, self.fold.states):
            self.loop(group)
            self.lift()
        handed = [self.listed(out) for out in self.cell.outs[self.fold.states:]]
        return [*(self.last[k] for k in range(self.fold.states)), *handed]

    def known(self, names: Iterable[str]) -> bool:
        return all(name in self.every or name in self.fixed for name in names)

    def lift(self) -> None:
        """Whatever can be made outside is."""
        for node in self.cell.nodes:
            if self.known(node.sources) and not self.known(node.makes):
                axes = {name: name in self.every for name in node.sources}
                if isinstance(node, Fold):
                    self.lift_fold(node, axes)
                else:
                    where = self.every if any(axes.values()) else self.fixed
                    moved = lifted(node, self.fold.length, axes) if any(axes.values()) else node
                    moved = moved.rename(self.outside(node.sources))
                    where[node.name] = self.build.append(moved) if node.name in self.selected else self.writer.append(moved)

    def outside(self, names: Iterable[str]) -> dict[str, str]:
        return {name: self.every.get(name) or self.fixed[name] for name in names}

    def lift_fold(self, node: Fold, axes: Mapping[str, bool]) -> None:
        """A fold inside the cell, at all steps at once."""
        inner = Builder()
        given = list(dict.fromkeys(node.arguments))
        names = dict(zip(given, (inner.input(name, self.cell.wires[name]) for name in given), strict=True))
        inner.follow(node, names)
        alone = inner.build([names[name] for name in node.names])
        mapped = [k for k, name in enumerate(given) if axes[name]]
        whole = batch(alone, self.fold.length, mapped) if mapped else alone
        local = dict(zip(whole.dom.names, (self.outside([name])[name] for name in given), strict=True))
        for one in whole.nodes:
            if isinstance(one, Fold):
                results = _Cell(self.writer, one.rename({old: new for old, new in local.items() if old not in one.makes})).results()
                local.update(zip(one.names, results, strict=True))
            else:
                local[one.name] = self.writer.append(one.rename({old: new for old, new in local.items() if old != one.name}))
        (self.every if mapped else self.fixed).update(zip(node.names, (local[out] for out in whole.outs), strict=True))

    def loop(self, group: Sequence[int]) -> None:
        """The fold of some states that depend on each other, given everything that they depend on besides."""
        fold, cell = self.fold, self.cell
        names = [cell.dom.names[k] for k in group]
        nodes = self.core(group)
        if not nodes and all(cell.outs[k] == name for k, name in zip(group, names, strict=True)):
            for k, name in zip(group, names, strict=True):      # a state that no step changes
                self.last[k] = self.fixed[name] = fold.initial[k]
            return
        made = {name: wire for node in nodes for name, wire in node.makes.items()}
        outs = [cell.outs[k] for k in group]
        read = sorted({name for node in nodes for name in node.sources} | set(outs), key=list(cell.wires).index)
        lists = [name for name in read if name in self.every and name not in made]
        constants = [name for name in read if name in self.fixed and name not in made]
        inner = Builder()
        order = (*names, *lists, *constants)
        local = {name: inner.input(name, cell.wires[name]) for name in order}
        for node in nodes:
            inner.follow(node, local)
        handed = [*names, *(name for name in made if name not in self.selected)]
        body = inner.build([local[name] for name in (*outs, *handed)], _labels(len(outs), len(handed)))
        found = self.build.fold(body, [fold.initial[k] for k in group], [self.every[name] for name in lists],
                                [self.fixed[name] for name in constants], fold.length, backward=fold.backward,
                                names=[*(fold.names[k] for k in group), *(f"{name}_each" for name in handed)])
        self.last.update(zip(group, found, strict=False))
        self.every.update(zip(handed, found[len(group):], strict=True))
        self.remember(nodes)

    def core(self, group: Sequence[int]) -> list[Comprehension | Fold]:
        """The nodes that depend on the states of a group and that these need, with the maxima that they select from, in order."""
        names, moved = {self.cell.dom.names[k] for k in group}, set()
        for node in self.cell.nodes:
            if node.sources & (names | moved):
                moved |= node.makes.keys()
        wanted = needed(self.cell, [self.cell.outs[k] for k in group])
        inside = set(moved & wanted)
        for node in reversed(self.cell.nodes):
            if not isinstance(node, Fold) and node.name in inside:
                inside |= {call.name for call in node.selectors}
        return [node for node in self.cell.nodes if inside.intersection(node.makes)]

    def remember(self, nodes: Sequence[Comprehension | Fold]) -> None:
        """Comprehensions outside that would make at all steps what the loop has made at each: they are its lists."""
        for node in nodes:
            if isinstance(node, Comprehension) and node.name in self.every and self.known(node.sources):
                axes = {name: name in self.every for name in node.sources}
                moved = lifted(node, self.fold.length, axes).rename(self.outside(node.sources))
                self.writer.steps.setdefault(moved.key, self.every[node.name])

    def listed(self, name: str) -> str:
        """The list of the values of an array at all steps."""
        if name in self.every:
            return self.every[name]
        wire = self.cell.wires[name]
        source = self.fixed[name]
        return self.build.gather(along(self.fold.length, wire).shape, lambda t, *i: At(source, *i), name=source, base=wire.base)


def components(cell: Morphism, states: int) -> list[tuple[int, ...]]:
    """The states in groups that depend on each other, each behind those that it depends on."""
    names = cell.dom.names[:states]
    direct = {k: {j for j, name in enumerate(names) if name in needed(cell, [cell.outs[k]])} for k in range(states)}
    reach = {k: set(found) for k, found in direct.items()}
    for via in range(states):
        for k in range(states):
            if via in reach[k]:
                reach[k] |= reach[via]
    groups = {k: tuple(j for j in range(states) if j == k or (j in reach[k] and k in reach[j])) for k in range(states)}
    return sorted(dict.fromkeys(groups.values()), key=lambda group: (len(set().union(*(reach[k] for k in group)) | set(group)), group))


def _labels(states: int, handed: int) -> list[str]:
    return [*(f"s{k}" for k in range(states)), *(f"y{k}" for k in range(handed))]
