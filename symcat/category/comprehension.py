"""Comprehensions: the one kind of statement that a morphism is made of.

    out[e] (reducer)= body      for all points of the box 0 <= _k < extents[k] at which every guard is >= 0

The output access `e` and the reads in the body are affine in the loop indices `_0, _1, ...`; entries that no point writes
are 0.  The reducer is `sum` (over Z2 that is xor, and may be written so) or `max` (the first maximum in row-major order of
the reduced indices is *the* maximum).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import sympy as sp

from symcat.category.expression import Argmax, array_names, index, is_index, rename_arrays
from symcat.category.space import Base, Dim, Wire

RELATIONS = ("!=0", ">0", ">=0")


@dataclass(frozen=True)
class Comprehension:
    """`name[out] op= body` over a box with guards.  Loop indices are canonical: position k of the box is `index(k)`."""

    name: str
    base: Base
    shape: tuple[Dim, ...]
    extents: tuple[Dim, ...]
    out: tuple[sp.Expr, ...]
    body: sp.Expr
    op: str = "sum"
    guards: tuple[sp.Expr, ...] = ()

    @property
    def wire(self) -> Wire:
        return Wire(self.base, self.shape)

    @property
    def makes(self) -> dict[str, Wire]:
        """The array that the node makes, with its wire."""
        return {self.name: self.wire}

    @property
    def free(self) -> set[sp.Symbol]:
        """All symbols that occur, those of the shape and of the box included."""
        return set().union(*(e.free_symbols for e in (*self.shape, *self.extents, *self.out, self.body, *self.guards)))

    @cached_property
    def box(self) -> tuple[tuple[sp.Symbol, Dim], ...]:
        return tuple((index(k), extent) for k, extent in enumerate(self.extents))

    @cached_property
    def gather(self) -> bool:
        """Whether the output access is `_0, ..., _r-1` over the whole shape without guards: each entry is written by its own fibre."""
        rank = len(self.shape)
        return not self.guards and self.out == tuple(map(index, range(rank))) and self.extents[:rank] == self.shape

    @cached_property
    def reduced(self) -> tuple[tuple[sp.Symbol, Dim], ...]:
        """The part of the box whose indices do not occur in the output access."""
        used = set().union(*(e.free_symbols for e in self.out)) if self.out else set()
        return tuple((symbol, extent) for symbol, extent in self.box if symbol not in used)

    @property
    def pointwise(self) -> bool:
        return self.gather and len(self.extents) == len(self.shape)

    @cached_property
    def sources(self) -> frozenset[str]:
        """The arrays that the body reads or selects from."""
        return frozenset(array_names((self.body, *self.out, *self.guards)))

    @property
    def symbols(self) -> set[sp.Symbol]:
        """Loop indices, dims and hyperparameters in the output access, the body and the guards."""
        return set().union(*(e.free_symbols for e in (*self.out, self.body, *self.guards)))

    @property
    def selectors(self) -> list[Argmax]:
        """The selectors in the output access, the body and the guards, in a fixed order."""
        return sorted(set().union(*(e.atoms(Argmax) for e in (*self.out, self.body, *self.guards))), key=sp.default_sort_key)

    @property
    def key(self) -> tuple:
        """What makes two comprehensions the same value."""
        return (self.base, self.shape, self.extents, self.out, self.body, self.op, self.guards)

    def map(self, change) -> Comprehension:
        """The comprehension with every expression (extents included) passed through `change`."""
        return replace(self, shape=tuple(map(change, self.shape)), extents=tuple(map(change, self.extents)),
                       out=tuple(map(change, self.out)), body=change(self.body), guards=tuple(map(change, self.guards)))

    def rename(self, names: dict[str, str]) -> Comprehension:
        """The comprehension with arrays renamed, itself included."""
        return replace(self.map(lambda e: rename_arrays(e, names)), name=names.get(self.name, self.name))

    def __str__(self) -> str:
        letters = {index(k): sp.Symbol(letter) for k, letter in enumerate(letters_for(self))}
        show = lambda e: str(e.xreplace(letters))
        target = f"{self.name}[{', '.join(map(show, self.out))}]" if self.out else self.name
        over = self.reduced
        bounds = ", ".join(f"{show(symbol)} < {extent}" for symbol, extent in over)
        word = "xor" if self.op == "sum" and self.base.modulus == 2 else self.op
        head = f"{word} over {bounds} of " if over else ""
        tail = "".join(f" where {show(guard)} >= 0" for guard in self.guards)
        sign = "=" if self.gather else "+="
        return f"{target} {sign} {head}{show(self.body)}{tail}"


def letters_for(node: Comprehension) -> list[str]:
    """Readable loop letters for printing, avoiding the names that the comprehension uses."""
    taken = {s.name for e in (node.body, *node.extents, *node.guards) for s in e.free_symbols if not is_index(s)} | node.sources
    pool = [letter for letter in "ijklpqrsuvwabcdefgh" if letter not in taken]
    pool += [f"i{k}" for k in range(len(node.extents))]
    return pool[: len(node.extents)]


@dataclass(frozen=True)
class Requirement:
    """A domain condition: for all points of a box, `expr relation`.  Under R and D it becomes `expr smooth`.

    sqrt is defined where its argument is >= 0 and differentiable where it is > 0: relation '>=0', smooth '>0'.
    """

    extents: tuple[Dim, ...]
    expr: sp.Expr
    relation: str
    smooth: str
    guards: tuple[sp.Expr, ...] = ()

    def map(self, change) -> Requirement:
        return replace(self, extents=tuple(map(change, self.extents)), expr=change(self.expr), guards=tuple(map(change, self.guards)))

    def rename(self, names: dict[str, str]) -> Requirement:
        return self.map(lambda e: rename_arrays(e, names))

    def differentiated(self) -> Requirement:
        return replace(self, relation=self.smooth)

    @property
    def sources(self) -> set[str]:
        return array_names((self.expr, *self.guards))

    def __str__(self) -> str:
        letters = {index(k): sp.Symbol(letter) for k, letter in enumerate("ijklpqrsuvw"[: len(self.extents)])}
        over = ", ".join(f"{letters[index(k)]} < {extent}" for k, extent in enumerate(self.extents))
        relation = {"!=0": "!= 0", ">0": "> 0", ">=0": ">= 0"}[self.relation]
        return f"{self.expr.xreplace(letters)} {relation}" + (f" for {over}" if over else "")


@dataclass(frozen=True)
class Fact:
    """A premise about dims and hyperparameters alone: `expr relation`."""

    expr: sp.Expr
    relation: str

    def __str__(self) -> str:
        return f"{self.expr} {self.relation[:-1]} 0"
