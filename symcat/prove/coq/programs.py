"""Programs as definitions: each comprehension a function of its indices.

The two sides of an equation are defined apart, the left one's arrays as `left_...`, the right one's as `right_...`; arrays of
the right side that are the same comprehension as one on the left are noted in `same`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import sympy as sp

from symcat.category.comprehension import Comprehension, Requirement
from symcat.category.expression import index
from symcat.category.morphism import Morphism
from symcat.prove.claim import Equation
from symcat.prove.coq.names import Names
from symcat.prove.coq.scalars import NotExported, Scalars
from symcat.prove.coq.term import Affine, Greatest, Indicator, Term, Times, Total, name, put, rename


@dataclass(frozen=True)
class Definition:
    """`array indices = body` for indices below `shape`; over no indices, a constant."""

    array: str
    indices: tuple[str, ...]
    shape: tuple[Affine, ...]
    body: Term

    def at(self, indices: Sequence[Affine]) -> Term:
        return put(self.body, dict(zip(self.indices, indices, strict=True)))


@dataclass(frozen=True)
class Condition:
    """`term relation 0` at all indices below `extents` at which the guards are not negative."""

    indices: tuple[str, ...]
    extents: tuple[Affine, ...]
    guards: tuple[Affine, ...]
    term: Term
    relation: str


@dataclass
class Pair:
    """The two programs of an equation, over the same inputs."""

    scalars: Scalars
    inputs: dict[str, tuple[Affine, ...]] = field(default_factory=dict)     # array -> shape
    dims: tuple[str, ...] = ()
    hypers: tuple[str, ...] = ()
    facts: list[Affine] = field(default_factory=list)                       # about dims, each at least 0
    definitions: list[Definition] = field(default_factory=list)
    same: dict[str, str] = field(default_factory=dict)                      # right array -> left array
    outs: list[tuple[str, str, tuple[Affine, ...]]] = field(default_factory=list)
    conditions: list[Condition] = field(default_factory=list)

    @property
    def modulus(self) -> int:
        return self.scalars.modulus

    @property
    def bits(self) -> int:
        """2 over Z2, where entries are Booleans; 0 where they are numbers."""
        return self.modulus if self.modulus == 2 else 0

    def definition(self, array: str) -> Definition | None:
        return next((d for d in self.definitions if d.array == array), None)


def pair(equation: Equation) -> Pair:
    """The programs of an equation; NotExported says what has no counterpart."""
    left, right = equation.lhs, equation.rhs
    moduli = {wire.base.modulus for side in (left, right) for wire in side.wires.values()}
    if len(moduli) > 1:
        raise NotExported("two bases at once")
    modulus = moduli.pop() if moduli else 0
    names = Names()
    found = Pair(Scalars(names, modulus))
    symbols = sorted({*left.symbols, *right.symbols, *(s for f in equation.facts for s in f.expr.free_symbols)}, key=lambda s: s.name)
    for symbol in symbols:
        found.scalars.symbols[symbol.name] = names.new(symbol.name)
    dims = [s.name for s in symbols if s.is_integer and s.is_positive]
    found.dims = tuple(found.scalars.symbols[n] for n in dims)
    found.hypers = tuple(found.scalars.symbols[s.name] for s in symbols if s.name not in dims)
    shared = {s: names.new(s) for s, _ in left.dom}
    reader = _Reader(found)
    for (wire_name, wire), _ in zip(left.dom, right.dom, strict=True):
        found.inputs[shared[wire_name]] = tuple(map(reader.extent, wire.shape))
    for fact in (*left.facts, *right.facts, *equation.facts):
        reader.fact(fact.expr, fact.relation)
    names_left = reader.side("left", left, dict(shared), {})
    kept = {_key(node, names_left): names_left[node.name] for node in left.nodes}
    names_right = reader.side("right", right, {n: shared[m] for (n, _), (m, _) in zip(right.dom, left.dom, strict=True)}, kept)
    found.outs = [(names_left[a], names_right[b], tuple(map(reader.extent, wire.shape)))
                  for a, b, wire in zip(left.outs, right.outs, left.cod.types, strict=True)]
    return found


def _key(node: Comprehension, names: dict[str, str]) -> tuple:
    """What makes two comprehensions the same, given the names of the arrays that they read."""
    return node.rename({k: v for k, v in names.items() if k != node.name}).key


class _Reader:
    """Reads programs into a pair."""

    def __init__(self, found: Pair) -> None:
        self.found = found
        self.scalars = found.scalars

    def extent(self, e: sp.Expr) -> Affine:
        return self.scalars.affine(e, self._no_index)

    def fact(self, e: sp.Expr, relation: str) -> None:
        """A premise: about dims as an affine form, about hyperparameters as a condition."""
        if all(s.is_integer and s.is_positive for s in e.free_symbols) and relation in (">=0", ">0"):
            form = self.extent(e)
            form = form if relation == ">=0" else form.plus(Affine((), 1), -1)
            if form not in self.found.facts:
                self.found.facts.append(form)
        elif not self.found.modulus:
            self._add(Condition((), (), (), self.scalars.term(e, self._no_index), relation))

    def side(self, word: str, program: Morphism, arrays: dict[str, str], kept: dict[tuple, str]) -> dict[str, str]:
        """Define a program's arrays; the names of all of them."""
        same = dict(arrays)
        for node in program.nodes:
            new = self.scalars.names.new(f"{word}_{node.name}")
            self.scalars.arrays = arrays
            own, twin = self.definition(new, node), kept.get(_key(node, same))
            if twin is not None:
                first = self.found.definition(twin)             # its factors and summands in the order of its twin's
                own = replace(first, array=new, body=rename(first.body, {a: b for b, a in self.found.same.items()}))
                self.found.same[new] = twin
            self.found.definitions.append(own)
            arrays[node.name], same[node.name] = new, twin or new
        self.scalars.arrays = arrays
        for requirement in program.requirements:
            if not self.found.modulus:
                self.require(requirement)
        return arrays

    def definition(self, new: str, node: Comprehension) -> Definition:
        letters = self.scalars.names.letters()
        loops = {index(k): next(letters) for k in range(len(node.extents))}
        body = self.scalars.term(node.body, loops.__getitem__)
        shape = tuple(map(self.extent, node.shape))
        guards = [Indicator("bracket", self.scalars.affine(g, loops.__getitem__)) for g in node.guards]
        if node.gather:
            indices = tuple(loops[index(k)] for k in range(len(shape)))
            over = range(len(shape), len(node.extents))
        else:
            if node.op != "sum":
                raise NotExported("a maximum that is scattered")
            indices = tuple(next(letters) for _ in shape)
            out = [self.scalars.affine(e, loops.__getitem__) for e in node.out]
            places = [Indicator("delta", name(p).plus(e, -1)) for p, e in zip(indices, out, strict=True)]
            body, over = Times((*places, *guards, body)), range(len(node.extents))
        binder = Total if node.op == "sum" else Greatest
        for k in reversed(over):
            body = binder(loops[index(k)], self.extent(node.extents[k]), body)
        return Definition(new, indices, shape, body)

    def require(self, requirement: Requirement) -> None:
        letters = self.scalars.names.letters()
        loops = {index(k): next(letters) for k in range(len(requirement.extents))}
        self._add(Condition(tuple(loops.values()), tuple(map(self.extent, requirement.extents)),
                            tuple(self.scalars.affine(g, loops.__getitem__) for g in requirement.guards),
                            self.scalars.term(requirement.expr, loops.__getitem__), requirement.relation))

    def _add(self, condition: Condition) -> None:
        if condition not in self.found.conditions:
            self.found.conditions.append(condition)

    @staticmethod
    def _no_index(symbol: sp.Symbol) -> str:
        raise NotExported(f"the index {symbol} outside its range")
