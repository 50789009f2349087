"""From programs to normal forms: each comprehension once, in program order, large shared values cut by fresh names.

A cut replaces equal values, of either side, by one opaque array.  That only generalises the goal, so it is sound; when a proof
fails at one level of cuts the next lower one is tried.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction

import sympy as sp

from symcat.category.comprehension import Comprehension, Requirement
from symcat.category.expression import Argmax, At, Bracket, Delta, affine, index, is_index
from symcat.category.functions import Smooth
from symcat.category.morphism import Morphism
from symcat.prove.index.affine import ZERO, Affine, number, plus, times, variable
from symcat.prove.index.algebra import HIGHEST, flip, reciprocal
from symcat.prove.index.sums import Normaliser
from symcat.prove.index.table import NONE, UNIT, Expr, Hyper, Read, Sum

Environment = dict[sp.Symbol, Affine]


class UnsupportedError(ValueError):
    """Something that the normal form has no rule for."""


@dataclass
class Cuts:
    """The table of cuts of one attempt, shared by both sides: frozen value over its formal indices -> name.

    Level 2 cuts every value with a sum or more than one term, level 1 the arguments of functions and of maxima, level 0 nothing.
    Where `chosen` names arrays of the two sides, exactly these are cut.
    """

    level: int
    chosen: tuple[frozenset[str], frozenset[str]] | None = None
    names: dict[tuple, str] = field(default_factory=dict)

    def name(self, key: tuple) -> str:
        return self.names.setdefault(key, f"v{len(self.names)}")


class Program:
    """The normal forms of one side's arrays, over their formal indices."""

    def __init__(self, morphism: Morphism, algebra: Normaliser, cuts: Cuts, side: int = 0, licensed: bool = True) -> None:
        self.licensed = licensed        # whether the program's requirements license rules
        self.morphism, self.algebra, self.table, self.cuts = morphism, algebra, algebra.table, cuts
        self.inputs = {name: f"x{k}" for k, name in enumerate(morphism.dom.names)}
        self.nodes = {node.name: node for node in morphism.nodes}
        self._values: dict[str, Expr] = {}
        self._reads: dict[tuple, Expr] = {}
        self._selectors: dict[str, tuple[list[int], Expr]] = {}
        self.named: dict[str, tuple[str, ...]] = {}
        self._cut_here = self._arguments() if cuts.level == 1 else None if cuts.level == 2 else set()
        if cuts.chosen is not None:
            self._cut_here = cuts.chosen[side]
        self.waiting = [] if algebra.modulus else list(morphism.requirements)
        self.required: list[tuple[Expr, Requirement]] = []     # in normal form

    def outputs(self) -> list[Expr]:
        """The normal forms of the outputs, over the formal indices of their shapes."""
        live = self._live()
        self.require()
        for node in self.morphism.nodes:
            if node.name in live and node.base.modulus == self.algebra.modulus:
                self._values[node.name] = self._cut(node, self._value(node))
                self.require()
        return [self.read(out, [variable(v) for v in self.formals(self.morphism.wires[out].shape)]) for out in self.morphism.outs]

    def _live(self) -> set[str]:
        """The arrays that outputs and requirements need."""
        live = set(self.morphism.outs).union(*[r.sources for r in self.morphism.requirements])
        for node in reversed(self.morphism.nodes):
            if node.name in live:
                live |= node.sources
        return live

    def _arguments(self) -> set[str]:
        """The arrays that function arguments and maxima read."""
        found: set[str] = set()
        for node in self.morphism.nodes:
            if node.op == "max":
                found |= node.sources
            for call in node.body.atoms(sp.Function):
                if not isinstance(call, (Bracket, Delta)):
                    found |= {read.name for read in call.atoms(At)}
        return found

    def formals(self, shape: Sequence[sp.Expr], offset: int = 0) -> list[int]:
        """The free indices of a shape."""
        return [self.table.formal(offset + k, self.extent(d)) for k, d in enumerate(shape)]

    def extent(self, dim: sp.Expr) -> Affine:
        return self.form(dim, {})

    # ---- requirements
    def require(self) -> None:
        """Hand the requirements whose arrays are known to the domain, which both sides share: equal means on the common domain."""
        left = []
        for requirement in self.waiting:
            if requirement.sources <= self._values.keys() | self.inputs.keys():
                if not requirement.guards:
                    formals = self.formals(requirement.extents)
                    environment = {index(k): variable(v) for k, v in enumerate(formals)}
                    value = self.convert(requirement.expr, environment)
                    if not value and requirement.relation != ">=0":
                        continue
                    self.required.append((value, requirement))
                    if self.licensed:
                        self.algebra.domain.require(tuple(formals), value, requirement.relation, str(requirement))
            else:
                left.append(requirement)
        self.waiting = left

    # ---- arrays
    def _value(self, node: Comprehension) -> Expr:
        if node.op == "max":
            formals, body = self._maximand(node)
            environment = {symbol: self._selector(node, k, body) for k, (symbol, _) in enumerate(node.reduced)}
            return self.convert(node.body, {node.box[k][0]: variable(v) for k, v in enumerate(formals)} | environment)
        formals = self.formals(node.shape)
        if node.gather:
            indices = formals + self.formals(node.extents[len(formals):], len(formals))
            environment = self._environment(node, indices)
            return self.algebra.sum_over(self.convert(node.body, environment), self._box(indices[len(formals):]))
        indices = self.formals(node.extents, len(formals))
        environment = self._environment(node, indices)
        deltas = [self.algebra.delta(plus(variable(f), self.form(e, environment), -1)) for f, e in zip(formals, node.out, strict=True)]
        guards = [self.algebra.guard(self.form(guard, environment)) for guard in node.guards]
        body = self.algebra.product([*guards, *deltas, self.convert(node.body, environment)])
        return self.algebra.sum_over(body, self._box(indices))

    @staticmethod
    def _environment(node: Comprehension, indices: Sequence[int]) -> Environment:
        return {symbol: variable(v) for (symbol, _), v in zip(node.box, indices, strict=True)}

    def _box(self, indices: list[int]) -> list[tuple[int, Affine]]:
        return [(v, self.table.variables[v].extent) for v in indices]

    # ---- cuts
    def _cut(self, node: Comprehension, value: Expr) -> Expr:
        """The value, its sums and its part of several terms replaced by names where this level of cuts asks for it."""
        if not value or value.keys() == {UNIT} or not (node.name in self._cut_here if self._cut_here is not None else self.cuts.level == 2):
            return value
        common = self.algebra.common(value) if len(value) > 1 else next(iter(value))[1]
        rest = self.algebra.multiply(value, {(NONE, flip(common)): 1}) if len(value) > 1 else {}
        if not rest:
            ((guards, _), q), = value.items()
        else:
            guards, q = NONE, self.table.frozen[self.table.freeze(rest)][0][1] if not self.algebra.modulus else 1
        formals, names = self.formals(node.shape), []
        result: Expr = {(guards, ()): q}
        for a, k in common:
            own: Expr = {(NONE, ((a, 1),)): 1}
            named = self._named(own, formals, names) if isinstance(self.table.atoms[a], Sum) else own
            result = self.algebra.multiply(result, self.algebra.power(named, k))
        if rest:
            result = self.algebra.multiply(result, self._named(self.algebra.scale(rest, reciprocal(q)) if q != 1 else rest, formals, names))
        self.named[node.name] = tuple(names)
        return result

    def _named(self, value: Expr, formals: Sequence[int], names: list[str]) -> Expr:
        """A name for a value, over the formal indices that occur in it."""
        free = self.table.frozen_free[self.table.freeze(value)]
        own = [v for v in formals if v in free]
        extents = tuple(self.table.variables[v].extent for v in own)
        moves = {v: variable(self.table.formal(k, extent)) for k, (v, extent) in enumerate(zip(own, extents, strict=True))}
        moved = self.algebra.substitute(value, {v: form for v, form in moves.items() if form != variable(v)})
        name = self.cuts.name((extents, self.table.freeze(moved)))
        names.append(name)
        if not self.algebra.modulus and self.algebra.evident(value, ">0"):
            self.algebra.domain.positive_names.add(name)
        return self.algebra.atom(Read(name, tuple(map(variable, own))))

    def read(self, name: str, indices: Sequence[Affine]) -> Expr:
        """The value of an entry of an array."""
        if name in self.inputs:
            return self.algebra.atom(Read(self.inputs[name], tuple(indices)))
        if name not in self._values:
            raise UnsupportedError(f"{name}, which belongs to another base")
        key = (name, *indices)
        if key not in self._reads:
            formals = self.formals(self.nodes[name].shape)
            moves = {f: form for f, form in zip(formals, indices, strict=True) if form != variable(f)}
            self._reads[key] = self.algebra.substitute(self._values[name], moves)
        return self._reads[key]

    # ---- maxima
    def _maximand(self, node: Comprehension) -> tuple[list[int], Expr]:
        """The formal indices of a maximum and its body over them and over holes for the reduced indices."""
        if node.name not in self._selectors:
            formals = self.formals(node.shape)
            extents = tuple(self.extent(d) for _, d in node.reduced)
            holes = self.table.holes(frozenset(), extents)
            environment = {node.box[k][0]: variable(v) for k, v in enumerate(formals)}
            environment |= {symbol: variable(hole) for (symbol, _), hole in zip(node.reduced, holes, strict=True)}
            self._selectors[node.name] = formals, self.convert(node.body, environment)
        return self._selectors[node.name]

    def _selector(self, node: Comprehension, component: int, body: Expr) -> Affine:
        extents = tuple(self.extent(d) for _, d in node.reduced)
        return self.algebra.selector(component, extents, self.table.holes(frozenset(), extents), body)

    def argmax(self, call: Argmax, environment: Environment) -> Affine:
        """The selector that an `Argmax` stands for."""
        node = self.nodes[call.name]
        if node.base.modulus != self.algebra.modulus:
            raise UnsupportedError(f"{call}, a selector of another base")
        formals, body = self._maximand(node)
        selector = self._selector(node, call.component, body)
        moves = dict(zip(formals, [self.form(e, environment) for e in call.indices], strict=True))
        return self.algebra.moved(selector, moves)

    # ---- expressions
    def form(self, e: sp.Expr, environment: Environment) -> Affine:
        """An index expression as an affine form."""
        if e in environment:
            return environment[e]
        result = ZERO
        for key, k in affine(e).items():
            if key is sp.S.One:
                result = plus(result, number(k))
            else:
                result = plus(result, times(self._index(key, environment), k))
        return result

    def _index(self, key: sp.Expr, environment: Environment) -> Affine:
        if isinstance(key, Argmax):
            return self.argmax(key, environment)
        if key in environment:
            return environment[key]
        if is_index(key) or not (key.is_integer and key.is_positive):
            raise UnsupportedError(f"index {key}, which is neither a loop index nor a dim")
        return variable(self.table.dim(key.name))

    def convert(self, e: sp.Expr, environment: Environment) -> Expr:
        """A body as an expression."""
        if e.is_Rational:
            return self.algebra.constant(int(e) if e.is_Integer else _fraction(e))
        if isinstance(e, At):
            return self.read(e.name, [self.form(index, environment) for index in e.indices])
        if e.is_Symbol or isinstance(e, Argmax):
            return self._symbol(e, environment)
        if e.is_Add:
            return self.algebra.add(*[self.convert(arg, environment) for arg in e.args])
        if e.is_Mul:
            ranked = sorted(e.args, key=_rank)
            return self._product(ranked, environment)
        if isinstance(e, sp.exp):
            return self.algebra.apply("exp", self.convert(e.args[0], environment))
        if e.is_Pow:
            return self._power(e, environment)
        if isinstance(e, Bracket):
            return self.algebra.guard(self.form(e.args[0], environment))
        if isinstance(e, Delta):
            return self.algebra.delta(self.form(e.args[0], environment))
        if isinstance(e, sp.Function):
            return self._call(e, environment)
        raise UnsupportedError(f"no rule for {type(e).__name__} in {e}")

    def _product(self, args: Sequence[sp.Expr], environment: Environment) -> Expr:
        result: Expr = {UNIT: 1}
        for arg in args:
            result = self.algebra.multiply(result, self.convert(arg, environment))
            if not result:
                return result
        return result

    def _symbol(self, e: sp.Expr, environment: Environment) -> Expr:
        if isinstance(e, Argmax) or e in environment or is_index(e) or (e.is_integer and e.is_positive):
            return self.algebra.value(self._index(e, environment))
        return self.algebra.atom(Hyper(e.name))

    def _call(self, e: sp.Function, environment: Environment) -> Expr:
        algebra = self.algebra
        if isinstance(e, Smooth):
            return algebra.call(f"smooth {e.args[0].name} {int(e.args[1])}", self.convert(e.args[2], environment))
        arguments = [self.convert(arg, environment) for arg in e.args]
        name = type(e).__name__
        if name == "log" and not algebra.known(arguments[0], ">0"):
            return algebra.call("ln", *arguments)
        return algebra.apply(name, *arguments)

    def _power(self, e: sp.Pow, environment: Environment) -> Expr:
        """A power; inverses and roots only where they are licensed and low, else as opaque functions."""
        algebra = self.algebra
        base, exponent = self.convert(e.base, environment), e.exp
        high = exponent.is_Rational and max(abs(exponent.p), exponent.q) > HIGHEST
        if exponent.is_Integer and exponent >= 0:
            return algebra.power(base, int(exponent))
        if algebra.modulus:
            raise UnsupportedError(f"power {e} over the integers modulo {algebra.modulus}")
        if exponent.is_Integer:
            if algebra.known(base, "!=0"):
                return algebra.power(base, int(exponent))
            return algebra.power(algebra.call("inverse", base), -int(exponent))
        if exponent.is_Rational and not high and algebra.known(base, ">0" if exponent < 0 else ">=0"):
            return algebra.power(algebra.apply(f"root{exponent.q}", base), int(exponent.p))
        if exponent.is_Rational and exponent < 0:
            opaque = algebra.call("pow", base, algebra.constant(_fraction(-exponent)))
            return algebra.call("inverse", opaque)
        if exponent.is_Rational:
            return algebra.call("pow", base, algebra.constant(_fraction(exponent)))
        return algebra.apply("pow", base, self.convert(exponent, environment))


def _rank(e: sp.Expr) -> int:
    """Deltas and brackets first: they make products small."""
    return 0 if isinstance(e, (Delta, Bracket)) else 1 if isinstance(e, At) else 2


def _fraction(e: sp.Rational) -> Fraction:
    return Fraction(int(e.p), int(e.q))
