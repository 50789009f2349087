"""A step in two parts: numbers that all entries share, such as a count and what is made of it, and the rest.

For a loop over entries, `scalar_parts` takes out of every formula what is made of shared numbers alone: it is computed once, a
division by a shared number becomes a product with its reciprocal, and literals get the type of the entries.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import sympy as sp

from symcat.category.comprehension import Comprehension
from symcat.category.expression import At
from symcat.category.functions import where
from symcat.category.morphism import Morphism
from symcat.category.space import Real, unused
from symcat.interop.export.program import conditions
from symcat.learn.optimisers import Optimiser

NUMBERS = {"0": "zero", "1": "one", "2": "two", "1/2": "half", "-1": "minus_one", "3": "three", "4": "four"}


@dataclass(frozen=True)
class Split:
    """The nodes of a step, shared ones first; states by what they are; and the array of each output."""

    step: Morphism
    shared: tuple[Comprehension, ...]
    leaf: tuple[Comprehension, ...]
    shared_states: tuple[str, ...]
    leaf_states: tuple[str, ...]
    outs: dict[str, str]

    @property
    def shared_names(self) -> frozenset[str]:
        return frozenset((*self.shared_states, *(node.name for node in self.shared)))

    @property
    def handed(self) -> tuple[str, ...]:
        """The shared numbers that the rest reads, in the order of the program."""
        read = {name for node in self.leaf for name in node.sources}
        return tuple(name for name in (*self.shared_states, *(node.name for node in self.shared)) if name in read)

    @property
    def inputs(self) -> tuple[str, ...]:
        """What the rest reads of parameter and gradient."""
        read = {name for node in self.leaf for name in node.sources} | set(self.outs.values())
        return tuple(name for name in ("p", "g") if name in read)


def split(rule: Optimiser) -> Split:
    """The parts of a rule's step: a state of rank 0 is shared when only shared states make it."""
    step = rule.step()
    outs = dict(zip(step.cod.names, step.outs, strict=True))
    candidates = [name for name in rule.state_names if not step.wires[name].shape]
    while True:
        shared = set(candidates)
        for node in step.nodes:
            if not node.shape and not node.extents and node.sources <= shared:
                shared.add(node.name)
        kept = [name for name in candidates if outs[name] in shared]
        if kept == candidates:
            break
        candidates = kept
    return Split(step, tuple(n for n in step.nodes if n.name in shared), tuple(n for n in step.nodes if n.name not in shared),
                 tuple(candidates), tuple(name for name in rule.state_names if name not in candidates), outs)


def rank0(node_name: str, body: sp.Expr) -> Comprehension:
    return Comprehension(node_name, Real, (), (), (), body)


@dataclass
class Entrywise:
    """The formulas of one entry, with shared parts taken out: `hoisted` are their formulas, by name."""

    parts: Split
    taken: set[str]
    hoisted: dict[sp.Expr, str] = field(default_factory=dict)
    plain: dict[str, None] = field(default_factory=dict)     # hyperparameters that entries read as they are
    leaf: list[Comprehension] = field(default_factory=list)

    def run(self) -> Entrywise:
        bodies = {node.name: node.body.replace(At, lambda name, *indices: At(name)) for node in self.parts.leaf}
        chosen = conditions(self.parts.step.nodes)
        kept = set(self.parts.outs.values())
        uses = {name: sum(body.count(At(name)) for body in bodies.values()) for name in bodies}
        for name in list(bodies):
            inner = {read: bodies[read.name] for read in bodies[name].atoms(At) if read.name in bodies and read.name not in kept
                     and (read.name in chosen or (uses[read.name] == 1 and bodies[read.name].is_Mul and bodies[name].is_Mul))}
            bodies[name] = bodies[name].xreplace(inner)
        needed = set(kept)
        for name in reversed(list(bodies)):
            if name in needed:
                needed |= {read.name for read in bodies[name].atoms(At)}
        self.leaf = [rank0(name, self.rewritten(body)) for name, body in bodies.items() if name in needed]
        return self

    def nodes(self) -> list[Comprehension]:
        """The shared numbers that are taken out, as nodes."""
        return [rank0(name, expr) for expr, name in self.hoisted.items()]

    def _shared(self, expr: sp.Expr) -> bool:
        return all(read.name in self.parts.shared_names for read in expr.atoms(At))

    def hoist(self, expr: sp.Expr, word: str) -> sp.Expr:
        """A shared expression as a name; a hyperparameter keeps its own."""
        if expr.is_Symbol:
            self.plain[expr.name] = None
            return At(expr.name)
        if isinstance(expr, At):
            return expr
        if expr not in self.hoisted:
            self.hoisted[expr] = unused(self._word(expr, word), self.taken)
            self.taken.add(self.hoisted[expr])
        return At(self.hoisted[expr])

    def _word(self, expr: sp.Expr, word: str) -> str:
        if expr.is_number:
            return NUMBERS.get(str(expr), "constant")
        if expr.is_Add and len(expr.args) == 2 and expr.args[0] == 1 and (-expr.args[1]).is_Symbol:
            return f"one_minus_{(-expr.args[1]).name}"
        if expr.is_Pow and expr.exp == -1:
            return "inverse"
        return "rate" if word == "factor" and any(s.name == "lr" for s in expr.free_symbols) else word

    def rewritten(self, expr: sp.Expr) -> sp.Expr:
        if self._shared(expr):
            return self.hoist(expr, "value")
        if isinstance(expr, At):
            return expr
        if expr.is_Mul:
            return self._product(expr)
        if expr.is_Add:
            offset = sp.Add(*[a for a in expr.args if self._shared(a)])
            rest = [self.rewritten(a) for a in expr.args if not self._shared(a)]
            sign = _sign(offset)
            return sp.Add(*rest, *([sign * self.hoist(sign * offset, "offset")] if offset != 0 else []))
        if expr.is_Pow:
            base, exponent = expr.args
            plain = exponent.is_Rational and exponent in (2, 3, -1, sp.Rational(1, 2))
            return sp.Pow(self.rewritten(base), exponent if plain else self.hoist(exponent, "exponent"))
        if type(expr).__name__ == "where":
            return expr.func(self._condition(expr.args[0]), *map(self.rewritten, expr.args[1:]))
        if type(expr).__name__ in ("step", "equal"):
            return where(self._condition(expr), self.hoist(sp.S.One, "one"), self.hoist(sp.S.Zero, "zero"))
        return expr.func(*map(self.rewritten, expr.args))

    def _product(self, expr: sp.Expr) -> sp.Expr:
        factor = sp.Mul(*[a for a in expr.args if self._shared(a)])
        rest = [self.rewritten(a) for a in expr.args if not self._shared(a)]
        sign = _sign(factor)
        factor = sign * factor
        return sp.Mul(sign, *([self.hoist(factor, "factor")] if factor != 1 else []), *rest)

    def _condition(self, expr: sp.Expr) -> sp.Expr:
        """A condition, with its numbers taken out."""
        if expr.is_Add and len(expr.args) == 2 and expr.args[0] == 1 and expr.args[1].could_extract_minus_sign():
            return 1 - self._condition(-expr.args[1])
        if type(expr).__name__ == "step":
            moved = self.rewritten(expr.args[0])
            return expr.func(moved if moved.is_Add else moved - self.hoist(sp.S.Zero, "zero"))
        if type(expr).__name__ == "equal":
            return expr.func(*map(self.rewritten, expr.args))
        return self.rewritten(expr)


def _sign(expr: sp.Expr) -> int:
    """-1 for what starts with a minus sign."""
    return -1 if expr.as_coeff_Mul()[0].is_negative else 1
