"""How passes write programs: like the builder, but without asking again what the builder has shown of the program that is rewritten.

What a pass makes is in range because what it started from was; `checked` asks all the same, once, for the end of a row of passes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from math import prod

import sympy as sp

from symcat.category.comprehension import Comprehension
from symcat.category.expression import Argmax, At, index, is_index
from symcat.category.morphism import Builder, Morphism
from symcat.category.space import Base, Real, Space, Wire, unused
from symcat.errors import UsageError

Box = Sequence[tuple[sp.Symbol, sp.Expr]]
UNDEFINED = (sp.zoo, sp.nan, sp.oo, -sp.oo)
INNER = 1000    # loop indices of a second comprehension, while two are being joined


@dataclass
class Rewrite:
    """A program that is being written anew; `names` says what its arrays are called now."""

    f: Morphism
    names: dict[str, str] = field(default_factory=dict)
    nodes: dict[str, Comprehension] = field(default_factory=dict)
    wires: dict[str, Wire] = field(default_factory=dict)
    _shared: dict[tuple, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if any(not isinstance(node, Comprehension) for node in self.f.nodes):
            raise UsageError("the program holds a fold, and passes are for comprehensions: write it out first, unrolled(f)")
        self.wires.update(self.f.dom.wires)

    def renamed(self, node: Comprehension) -> Comprehension:
        """A comprehension of the old program, with what it reads called as it is called now."""
        moved = {name: new for name in node.sources if (new := self.names.get(name, name)) != name}
        return node.rename(moved) if moved else node

    def append(self, node: Comprehension) -> str:
        """Add a comprehension; its array's name, an older one's where the value is there already."""
        if node.base.modulus:
            node = replace(node, body=node.base.reduce(node.body))
        if self._copies(node):
            return node.body.name
        if node.key in self._shared:
            return self._shared[node.key]
        name = unused(node.name, self.wires)
        node = node if name == node.name else replace(node, name=name)
        self.wires[node.name], self.nodes[node.name], self._shared[node.key] = node.wire, node, node.name
        return node.name

    def follow(self, node: Comprehension, changed: Comprehension | None = None) -> None:
        """Add what has become of a comprehension of the old program (itself, when nothing is given)."""
        self.names[node.name] = self.append(self.renamed(node) if changed is None else changed)

    def define(self, shape: Sequence[sp.Expr], box: Box, out: Sequence[sp.Expr], body: sp.Expr, *, op: str = "sum",
               guards: Sequence[sp.Expr] = (), name: str = "z", base: Base = Real) -> str:
        """Add `name[out] op= body` over a box with indices of any names."""
        return self.append(comprehension(shape, box, out, body, op=op, guards=guards, name=name, base=base))

    def build(self) -> Morphism:
        """The program; what its outputs do not need is dropped."""
        outs = tuple(self.names.get(out, out) for out in self.f.outs)
        live, kept = set(outs), []
        for node in reversed(self.nodes.values()):
            if node.name in live:
                kept.append(node)
                live |= node.sources
        cod = Space(tuple((name, self.wires[out]) for name, out in zip(self.f.cod.names, outs, strict=True)))
        return Morphism(self.f.dom, cod, tuple(reversed(kept)), outs)

    def _copies(self, node: Comprehension) -> bool:
        body = node.body
        return (node.pointwise and node.op == "sum" and isinstance(body, At) and self.wires[body.name] == node.wire
                and all(e == own or extent == 1 for e, own, extent in zip(body.indices, node.out, node.shape, strict=True)))


def comprehension(shape: Sequence[sp.Expr], box: Box, out: Sequence[sp.Expr], body: sp.Expr, *, op: str = "sum",
                  guards: Sequence[sp.Expr] = (), name: str = "z", base: Base = Real) -> Comprehension:
    """A comprehension with canonical indices: those of the output first, in its order, when it consists of distinct ones."""
    extents, out = dict(box), tuple(out)
    if len(set(out)) == len(out) and all(e in extents for e in out):
        box = (*((e, extents[e]) for e in out), *(item for item in box if item[0] not in out))
    places = {symbol: index(k) for k, (symbol, _) in enumerate(box) if symbol != index(k)}
    move = (lambda e: e.xreplace(places)) if places else (lambda e: e)
    return Comprehension(name, base, tuple(shape), tuple(extent for _, extent in box), tuple(map(move, out)), move(body), op,
                         tuple(map(move, guards)))


def rewrite(f: Morphism, change: Callable[[Rewrite, Comprehension], Comprehension]) -> Morphism:
    """The program with every comprehension passed through `change`, in order; equal ones are shared, dead ones dropped."""
    new = Rewrite(f)
    for node in f.nodes:
        new.follow(node, change(new, new.renamed(node)))
    return new.build()


def checked(f: Morphism) -> Morphism:
    """The program, once all of its accesses have been shown to be in range.  ShapeError when one is not."""
    build = Builder()
    build.inputs(f.dom)
    names: dict[str, str] = {}
    for node in f.nodes:
        names[node.name] = build.append(node.rename({old: new for old, new in names.items() if old in node.sources and old != new}))
    build.build([names.get(out, out) for out in f.outs], f.cod.names)
    if build.facts:
        raise UsageError(f"the program needs {', '.join(map(str, build.facts))}: give its sizes numbers before it is compiled")
    return f


# ---- facts about programs and comprehensions

def points(extents: Iterable[sp.Expr]) -> int:
    """The number of points of a box with numbers as extents."""
    return prod(map(int, extents))


def uses(f: Morphism) -> dict[str, int]:
    """How often each array is used: by comprehensions that read or select from it, and as an output."""
    count: dict[str, int] = dict.fromkeys(f.wires, 0)
    for node in f.nodes:
        for name in node.sources:
            count[name] += 1
    for out in f.outs:
        count[out] += 1
    return count


def selected(f: Morphism) -> frozenset[str]:
    """The maxima whose positions are read."""
    return frozenset(call.name for node in f.nodes for call in node.selectors)


def indices_of(e: sp.Expr) -> set[sp.Symbol]:
    return {symbol for symbol in e.free_symbols if is_index(symbol)}


def over(node: Comprehension) -> dict[sp.Symbol, sp.Expr]:
    return dict(node.box)


def shifted(node: Comprehension, by: int = INNER) -> Comprehension:
    """Expressions of a comprehension over indices that no other uses; its `box` is no longer its own, see `shifted_box`."""
    places = {symbol: index(by + k) for k, (symbol, _) in enumerate(node.box)}
    move = lambda e: e.xreplace(places)
    return replace(node, out=tuple(map(move, node.out)), body=move(node.body), guards=tuple(map(move, node.guards)))


def shifted_box(node: Comprehension, by: int = INNER) -> list[tuple[sp.Symbol, sp.Expr]]:
    return [(index(by + k), extent) for k, extent in enumerate(node.extents)]


def placed(e: sp.Expr, places: Mapping[sp.Symbol, sp.Expr]) -> sp.Expr:
    """An expression at other indices; the indices of its reads stay sums of products."""
    moved = e.xreplace(dict(places))
    calls = {call: call.func(*call.args[:-len(call.indices)], *map(sp.expand, call.indices))
             for call in moved.atoms(At, Argmax) if call.indices and not any(entry.has(Argmax) for entry in call.indices)}
    calls = {old: new for old, new in calls.items() if old != new}
    return moved.xreplace(calls) if calls else moved


def at(body: sp.Expr, indices: Sequence[sp.Expr]) -> sp.Expr:
    """A pointwise body at given indices."""
    return body.xreplace({symbol: indices[int(symbol.name[1:])] for symbol in indices_of(body)})


def joined(body: sp.Expr, inner: Mapping[sp.Expr, sp.Expr]) -> sp.Expr | None:
    """The body with expressions in place of reads; None when SymPy makes other calls of functions out of it.

    exp(x) exp(-x), tanh(-x) and exp(0) stay as they are: functions are computed as they are written, and validated as unknown ones.
    """
    result = body.xreplace(dict(inner))
    calls = {call: call.xreplace(dict(inner)) for call in _calls(body)}
    if any(isinstance(call, sp.Function) and not isinstance(new, call.func) for call, new in calls.items()):
        return None
    expected = {new for new in calls.values() if not new.is_Rational}.union(*map(_calls, inner.values()))
    return result if _calls(result) == expected and not result.has(*UNDEFINED) else None


def _calls(e: sp.Expr) -> set[sp.Expr]:
    """Calls of functions, and roots."""
    return {part for part in e.atoms(sp.Function, sp.Pow) if not (part.is_Pow and part.exp.is_Integer)}
