"""Morphisms: straight-line programs of comprehensions and folds from one space to another, and the builder that makes them.

A morphism is a term, not a function: two programs that compute the same function may be different morphisms, and the
reverse derivative acts on terms.  Equality of Python objects is equality of programs up to the names of intermediate
arrays; equality of morphisms is decided by `symcat.prove`.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import sympy as sp

from symcat.category.comprehension import Comprehension, Fact, Requirement
from symcat.category.expression import At, affine, index, is_index, scalar
from symcat.category.fold import Fold, appended, restricted
from symcat.category.polyhedron import implied
from symcat.category.ranges import accesses, check_form, missing
from symcat.category.space import Base, Dim, Real, Space, Wire, unused
from symcat.errors import DomainError, ShapeError, TraceError

Node = Comprehension | Fold


@dataclass(frozen=True)
class Morphism:
    """A program.  Inputs are the wires of `dom`, by name; `outs` names the arrays on the wires of `cod`.

    >>> from symcat.category.structure import identity, copy
    >>> from symcat.category.space import space, Real
    >>> A = space(x=Real["n"])
    >>> (copy(A) >> (identity(A) @ identity(A))) == copy(A)
    True
    """

    dom: Space
    cod: Space
    nodes: tuple[Node, ...]
    outs: tuple[str, ...]
    requirements: tuple[Requirement, ...] = ()
    facts: tuple[Fact, ...] = ()

    def __rshift__(self, other: Morphism) -> Morphism:
        """Composition, this one first."""
        if not isinstance(other, Morphism):
            return NotImplemented
        if not self.cod.fits(other.dom):
            raise ShapeError(f"cannot compose: the first ends at {self.cod} but the second starts at {other.dom}")
        build = Builder()
        arguments = build.inputs(self.dom)
        return build.build(build.call(other, build.call(self, arguments)), other.cod.names)

    def __matmul__(self, other: Morphism) -> Morphism:
        """The product of two morphisms, side by side."""
        if not isinstance(other, Morphism):
            return NotImplemented
        build = Builder()
        arguments = build.inputs(self.dom * other.dom)
        outs = build.call(self, arguments[: len(self.dom)]) + build.call(other, arguments[len(self.dom):])
        return build.build(outs, (self.cod * other.cod).names)

    def __add__(self, other: Morphism) -> Morphism:
        """The pointwise sum in the base."""
        if not isinstance(other, Morphism):
            return NotImplemented
        if not (self.dom.fits(other.dom) and self.cod.fits(other.cod)):
            raise ShapeError(f"cannot add {self.dom} -> {self.cod} and {other.dom} -> {other.cod}: both ends must agree")
        build = Builder()
        arguments = build.inputs(self.dom)
        left, right = build.call(self, arguments), build.call(other, arguments)
        return build.build([build.add(a, b) for a, b in zip(left, right, strict=True)], self.cod.names)

    @cached_property
    def wires(self) -> dict[str, Wire]:
        """The wire of every array, inputs and nodes."""
        return dict(self.dom.wires) | {name: wire for node in self.nodes for name, wire in node.makes.items()}

    @property
    def folds(self) -> tuple[Fold, ...]:
        """The nodes that are folds; all others are comprehensions."""
        return tuple(node for node in self.nodes if isinstance(node, Fold))

    @property
    def comprehensions(self) -> tuple[Comprehension, ...]:
        """All comprehensions, those in the cells of folds included, in which names are those of the cell."""
        return tuple(one for node in self.nodes for one in (node.cell.comprehensions if isinstance(node, Fold) else (node,)))

    @cached_property
    def canonical(self) -> tuple:
        """The program with positional names: what equality and the digest see."""
        names = {name: f"x{k}" for k, name in enumerate(self.dom.names)}
        for k, node in enumerate(self.nodes):
            names |= {name: f"n{k}_{j}" if j else f"n{k}" for j, name in enumerate(node.makes)}
        return (self.dom.types, self.cod.types, tuple(node.rename(names) for node in self.nodes),
                tuple(names[out] for out in self.outs), tuple(r.rename(names) for r in self.requirements), self.facts)

    def __eq__(self, other: object) -> bool:
        return self.canonical == other.canonical if isinstance(other, Morphism) else NotImplemented

    def __hash__(self) -> int:
        return hash(self.canonical)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the canonical program: the same in every process and under every hash seed."""
        return hashlib.sha256("\n".join(self._written()).encode()).hexdigest()

    def _written(self) -> Iterator[str]:
        """The canonical program as text in which different ones differ: every symbol with its kind, every array by its position."""
        dom, cod, nodes, outs, requirements, facts = self.canonical
        exact = lambda *parts: sp.srepr(parts)
        yield from (f"{wire.base} {exact(*wire.shape)}" for wire in (*dom, *cod))
        yield f"{len(dom)} {outs}"
        for node in nodes:
            if isinstance(node, Fold):
                yield (f"{node.names} {node.cell.digest} {node.states} {node.entries} {node.arguments} {exact(node.length)} "
                       f"{node.backward}")
            else:
                yield f"{node.name} {node.base} {node.op} {exact(node.shape, node.extents, node.out, node.body, node.guards)}"
        yield from (f"{r.relation} {r.smooth} {exact(r.extents, r.expr, r.guards)}" for r in requirements)
        yield from (f"{fact.relation} {exact(fact.expr)}" for fact in facts)

    @property
    def symbols(self) -> tuple[sp.Symbol, ...]:
        """The dims and hyperparameters that occur anywhere, by name."""
        exprs = [e for r in self.requirements for e in (*r.extents, r.expr, *r.guards)] + [f.expr for f in self.facts]
        exprs += [extent for wire in (*self.dom.types, *self.cod.types) for extent in wire.shape]
        found = set().union(*(e.free_symbols for e in exprs), *(node.free for node in self.nodes))
        return tuple(sorted((s for s in found if not is_index(s)), key=lambda s: s.name))

    @property
    def dims(self) -> tuple[sp.Symbol, ...]:
        return tuple(s for s in self.symbols if s.is_integer and s.is_positive)

    @property
    def hypers(self) -> tuple[sp.Symbol, ...]:
        return tuple(s for s in self.symbols if not (s.is_integer and s.is_positive))

    def substitute(self, values: Mapping[sp.Symbol, sp.Expr]) -> Morphism:
        """The morphism with dims and hyperparameters replaced; a fact or requirement that becomes false is an error that names it."""
        known = {symbol: scalar(value) for symbol, value in values.items()}
        change = lambda e: e.xreplace(known) if isinstance(e, sp.Basic) else e
        build = Builder()
        for fact in self.facts:
            build.fact(change(fact.expr), fact.relation)
        names = {}
        for requirement in self.requirements:
            build.check(requirement.map(change))
        for name, wire in self.dom:
            names[name] = build.input(name, Wire(wire.base, tuple(sp.expand(change(d)) for d in wire.shape)))
        for node in self.nodes:
            if isinstance(node, Fold):
                moved = replace(node, cell=node.cell.substitute(values), length=sp.expand(change(node.length)))
            else:
                moved = node.map(lambda e: change(e) if e.has(At) else sp.expand(change(e)))
            build.follow(moved, names)
        build.requirements += [r for r in (old.map(change).rename(names) for old in self.requirements) if not r.expr.is_number]
        return build.build([names[out] for out in self.outs], self.cod.names)

    def renamed(self, dom: Sequence[str] | None = None, cod: Sequence[str] | None = None) -> Morphism:
        """The same morphism with other names on its wires."""
        build = Builder()
        outs = build.call(self, build.inputs(self.dom.rename(dom) if dom else self.dom))
        return build.build(outs, cod or self.cod.names)

    def __str__(self) -> str:
        lines = [f"{self.dom} -> {self.cod}", *(f"  {node}" for node in self.nodes)]
        lines.append("  return " + ", ".join(self.outs))
        lines += [f"  requires {r}" for r in self.requirements] + [f"  assumes {f}" for f in self.facts]
        return "\n".join(lines)

    def __repr__(self) -> str:
        held = f" and {len(self.folds)} folds" if self.folds else ""
        return f"<Morphism {self.dom} -> {self.cod}, {len(self.nodes) - len(self.folds)} comprehensions{held}>"


class Builder:
    """Writes a program: equal comprehensions are shared, copies and zeros vanish, every read is shown to be in range."""

    def __init__(self) -> None:
        self.wires: dict[str, Wire] = {}
        self.dom: list[tuple[str, Wire]] = []
        self.nodes: list[Node] = []
        self.folds: dict[tuple, list[int]] = {}      # the places of folds that run through the same states
        self.requirements: list[Requirement] = []
        self.facts: dict[Fact, None] = {}
        self._shared: dict[tuple, str] = {}
        self._by_name: dict[str, Comprehension] = {}
        self._zeros: set[str] = set()
        self._extents: set[Dim] = set()      # shown to be positive, or asked to be

    # ---- inputs
    def input(self, name: str, wire: Wire) -> str:
        name = unused(name, self.wires)
        self.wires[name] = wire
        self.dom.append((name, wire))
        for extent in wire.shape:
            self.positive(extent)
        return name

    def inputs(self, space: Space) -> tuple[str, ...]:
        return tuple(self.input(name, wire) for name, wire in space)

    # ---- comprehensions
    def gather(self, shape: Sequence[Dim], body: Callable[..., sp.Expr], reduce: Sequence[Dim] = (), *, op: str = "sum",
               name: str = "z", base: Base = Real) -> str:
        """`name[i...] = op over r... of body(i..., r...)`."""
        shape, reduce = tuple(map(scalar, shape)), tuple(map(scalar, reduce))
        symbols = tuple(index(k) for k in range(len(shape) + len(reduce)))
        return self.node(shape, zip(symbols, shape + reduce, strict=True), symbols[: len(shape)], scalar(body(*symbols)),
                         op=op, name=name, base=base)

    def node(self, shape: Sequence[Dim], box: Sequence[tuple[sp.Symbol, Dim]], out: Sequence[sp.Expr], body: sp.Expr, *,
             op: str = "sum", guards: Sequence[sp.Expr] = (), name: str = "z", base: Base = Real) -> str:
        """Append `name[out] op= body` over the box and return the array's name (an older one when the value is there already)."""
        box = self._outputs_first(tuple(shape), tuple(box), tuple(out))
        canonical = {symbol: index(k) for k, (symbol, _) in enumerate(box)}
        move = lambda e: scalar(e).xreplace(canonical)
        node = Comprehension(name, base, tuple(map(scalar, shape)), tuple(scalar(d) for _, d in box),
                             tuple(map(move, out)), move(body), "sum" if op == "xor" else op, tuple(map(move, guards)))
        if op == "xor" and base.modulus != 2:
            raise TraceError(f"reducer xor over {base}: xor is the sum over Z2")
        return self.append(node)

    def append(self, node: Comprehension) -> str:
        """Append a comprehension whose arrays are known here; its own name is a suggestion."""
        for name in sorted(node.sources):
            if name not in self.wires:
                raise TraceError(f"comprehension {node.name} reads {name}, which is not an array of this program ({', '.join(self.wires)})")
        check_form(node)
        node = replace(node, body=self._clean(node))
        alias = self._alias(node)
        if alias is not None:
            return alias
        self._check(node)
        if node.key in self._shared:
            return self._shared[node.key]
        node = replace(node, name=unused(node.name, self.wires))
        self.wires[node.name] = node.wire
        self.nodes.append(node)
        self._shared[node.key] = node.name
        self._by_name[node.name] = node
        if node.body == 0:
            self._zeros.add(node.name)
        return node.name

    def fold(self, cell: Morphism, states: Sequence[str], lists: Sequence[str], constants: Sequence[str], length: Dim, *,
             backward: bool = False, names: Sequence[str] | None = None) -> tuple[str, ...]:
        """Append `cell : S * X * C -> S * Y` over the entries of `lists`; the last states, and the lists of what is handed out."""
        return appended(self, Fold(tuple(names or cell.cod.names), cell, len(states), len(lists), (*states, *lists, *constants),
                                   scalar(length), backward))

    def follow(self, node: Node, names: dict[str, str]) -> None:
        """Append a node of a program whose arrays are called `names` here; what it makes is added to `names`."""
        moved = node.rename({old: new for old, new in names.items() if old not in node.makes})
        found = appended(self, moved) if isinstance(moved, Fold) else (self.append(moved),)
        names.update(zip(node.makes, found, strict=True))

    def at(self, name: str, *indices: object) -> At:
        return At(name, *indices)

    def zero(self, wire: Wire) -> str:
        return self.gather(wire.shape, lambda *i: sp.S.Zero, name="zero", base=wire.base)

    def zeros(self, space: Space) -> tuple[str, ...]:
        return tuple(self.zero(wire) for wire in space.types)

    def add(self, left: str, right: str, name: str = "add") -> str:
        """The pointwise sum of two arrays of one wire."""
        wire = self.wires[left]
        if wire != self.wires[right]:
            raise ShapeError(f"cannot add {left}: {wire} and {right}: {self.wires[right]}")
        return self.gather(wire.shape, lambda *i: At(left, *i) + At(right, *i), name=name, base=wire.base)

    def add_all(self, left: Sequence[str], right: Sequence[str]) -> tuple[str, ...]:
        return tuple(self.add(a, b) for a, b in zip(left, right, strict=True))

    # ---- conditions
    def require(self, extents: Sequence[Dim], expr: sp.Expr, relation: str, smooth: str | None = None) -> None:
        """Record that `expr relation` must hold at all points of a box, of at least one point, whose indices are `index(0), ...`."""
        requirement = Requirement(tuple(map(scalar, extents)), scalar(expr), relation, smooth or relation)
        if requirement not in self.requirements:
            self.ranged(requirement)
            self.requirements.append(requirement)

    def ranged(self, requirement: Requirement) -> None:
        """Record that the box of a requirement has a point, over an empty one it would say nothing, and that its reads are in range."""
        base = next((self.wires[name].base for name in sorted(requirement.sources)), Real)
        self._check(Comprehension("a requirement", base, requirement.extents, requirement.extents,
                                  tuple(map(index, range(len(requirement.extents)))), requirement.expr, guards=requirement.guards))

    @staticmethod
    def check(requirement: Requirement) -> None:
        """DomainError when a requirement on a number fails."""
        expr, relation = requirement.expr, requirement.relation
        if expr.is_number and not (expr.is_finite and {">=0": expr >= 0, ">0": expr > 0, "!=0": sp.Ne(expr, 0)}[relation]):
            raise DomainError(f"the program requires {requirement}, which fails: give hyperparameters that keep it inside its domain")

    def fact(self, expr: sp.Expr, relation: str = ">=0") -> None:
        """Record a premise about dims and hyperparameters; a false one is an error, a true one vanishes."""
        expr = sp.expand(expr)
        if expr.is_number:
            holds = {">=0": expr >= 0, ">0": expr > 0, "!=0": sp.Ne(expr, 0)}[relation]
            if not holds:
                raise ShapeError(f"the condition {expr} {relation[:-1]} 0 fails: these dims or hyperparameters violate the premises")
            return
        about_dims = all(s.is_integer and s.is_positive for s in expr.free_symbols)
        if relation == ">=0" and about_dims and implied(self._known(expr), affine(expr)):
            return
        self.facts[Fact(expr, relation)] = None

    # ---- composition
    def call(self, f: Morphism, arguments: Sequence[str]) -> tuple[str, ...]:
        """Append the program of `f` on given arrays; the names of its outputs."""
        if len(arguments) != len(f.dom):
            raise ShapeError(f"a morphism from {f.dom} takes {len(f.dom)} arrays, {len(arguments)} came")
        for (name, wire), argument in zip(f.dom, arguments, strict=True):
            if self.wires[argument] != wire:
                raise ShapeError(f"wire {name}: {wire} was given {argument}: {self.wires[argument]}")
        names = dict(zip(f.dom.names, arguments, strict=True))
        for fact in f.facts:
            self.fact(fact.expr, fact.relation)
        for node in f.nodes:
            self.follow(node, names)
        for requirement in f.requirements:
            moved = requirement.rename(names)
            if moved not in self.requirements:
                self.requirements.append(moved)
        return tuple(names[out] for out in f.outs)

    def build(self, outs: Sequence[str], names: Sequence[str] | None = None) -> Morphism:
        """The program with the given outputs; nodes that neither outputs nor requirements need are dropped."""
        cod = Space(())
        for name, out in zip(names or outs, outs, strict=True):
            cod = cod * Space(((name, self.wires[out]),))
        live = set(outs).union(*(r.sources for r in self.requirements)) if self.requirements else set(outs)
        kept: list[Node] = []
        for node in reversed(self.nodes):
            if live.intersection(node.makes):
                kept.append(restricted(node, live) if isinstance(node, Fold) else node)
                live |= kept[-1].sources
        return Morphism(Space(tuple(self.dom)), cod, tuple(reversed(kept)), tuple(outs), tuple(self.requirements), tuple(self.facts))

    # ---- inside
    @staticmethod
    def _outputs_first(shape: tuple, box: tuple, out: tuple) -> tuple:
        """Box order: when the output access is distinct loop indices, these first and in output order."""
        extents = dict(box)
        if len(set(out)) == len(out) and all(e in extents for e in out):
            return tuple((e, extents[e]) for e in out) + tuple(item for item in box if item[0] not in out)
        return box

    def _clean(self, node: Comprehension) -> sp.Expr:
        """The body with reads of zero arrays replaced by 0 (where that is defined) and coefficients reduced in the base."""
        body = node.body
        zeros = {read: sp.S.Zero for read in body.atoms(At) if read.name in self._zeros}
        if zeros:
            fed = body.xreplace(zeros)
            if not fed.has(sp.zoo, sp.nan, sp.oo, -sp.oo):
                body = fed
        if body.has(sp.Float):
            raise TraceError(f"a float in {body}: write the rational, 9/10 for 0.9")
        return node.base.reduce(body)

    def _alias(self, node: Comprehension) -> str | None:
        """The array that the comprehension merely copies, or None."""
        body = node.body
        if node.pointwise and isinstance(body, At) and body.indices == node.out and self.wires[body.name] == node.wire:
            return body.name
        return None

    def positive(self, extent: Dim) -> None:
        """Record that an axis has an entry."""
        if extent in self._extents:
            return
        if extent.is_Integer and extent < 1:
            raise ShapeError(f"dim {extent}: every axis has at least one entry")
        if not extent.is_Integer:
            self.fact(extent - 1)
        self._extents.add(extent)

    def _check(self, node: Comprehension) -> None:
        """Dims are positive and every access is in range; facts are recorded on the way."""
        for extent in (*node.shape, *node.extents):
            self.positive(extent)
        for access in accesses(node, self.wires, self._by_name):
            indices, shape, _ = access
            if all(pair in node.box for pair in zip(indices, shape, strict=True)):
                continue
            for fact in missing(node, access, self._known(*indices, *shape, *node.extents), self._by_name):
                self.fact(fact)

    def _known(self, *exprs: sp.Expr) -> list[dict]:
        """What is known of the dims: at least 1, and the facts so far."""
        symbols = set().union(*(e.free_symbols for e in exprs), *(f.expr.free_symbols for f in self.facts))
        known = [{s: 1, sp.S.One: -1} for s in sorted(symbols, key=lambda s: s.name) if s.is_integer and s.is_positive]
        known += [affine(f.expr) for f in self.facts
                  if f.relation == ">=0" and all(s.is_integer and s.is_positive for s in f.expr.free_symbols)]
        return known
