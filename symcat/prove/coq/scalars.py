"""Scalar SymPy expressions as terms."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from fractions import Fraction

import sympy as sp

from symcat.category import functions
from symcat.category.expression import Argmax, At, Bracket, Delta, affine, is_index
from symcat.errors import SymcatError
from symcat.prove.coq.names import Names
from symcat.prove.coq.term import ONE, Affine, Call, Cast, Indicator, Inverse, Number, Plus, Power, Read, Term, Times

LIBRARY = {
    sp.exp: "exp", sp.log: "ln", sp.tanh: "tanh", sp.sin: "sin", sp.cos: "cos", sp.sinh: "sinh", sp.cosh: "cosh",
    sp.Abs: "Rabs", sp.Max: "Rmax", sp.Min: "Rmin", sp.sign: "sign",
    functions.sigmoid: "sigmoid", functions.softplus: "softplus", functions.relu: "relu", functions.step: "step",
    functions.absolute: "absolute", functions.sign: "sign", functions.maximum: "maximum", functions.minimum: "minimum",
    functions.equal: "equal", functions.where: "chosen", functions.detach: "detach",
}
FOLDED = (sp.Max, sp.Min)
POWER = 40


class NotExported(SymcatError):
    """A goal that cannot be stated or proved in Coq here; the message is the reason, a short noun phrase."""


@dataclass
class Scalars:
    """How names are written, and which arbitrary functions were met; `modulus` 2 is for Z2, 0 for the reals."""

    names: Names
    modulus: int = 0
    symbols: dict[str, str] = field(default_factory=dict)           # hyperparameters and dims
    arrays: dict[str, str] = field(default_factory=dict)
    functions: dict[str, tuple[str, str, str]] = field(default_factory=dict)      # key -> name, type, what it stands for

    def term(self, e: sp.Expr, index: Callable[[sp.Symbol], str]) -> Term:
        """An expression; `index` names its loop indices."""
        if e.is_Integer or e.is_Rational:
            value = Fraction(int(e.p), int(e.q))
            if self.modulus and value.denominator != 1:
                raise NotExported("a fraction over a finite base")
            return Number(value % self.modulus if self.modulus else value)
        if isinstance(e, At):
            return Read(self.arrays[e.name], tuple(self.affine(i, index) for i in e.indices))
        if isinstance(e, (Bracket, Delta)):
            return Indicator("bracket" if isinstance(e, Bracket) else "delta", self.affine(e.args[0], index))
        if isinstance(e, Argmax):
            raise NotExported("the place of a maximum")
        if e.is_Symbol:
            return self._symbol(e, index)
        if e.is_Add or e.is_Mul:
            return (Plus if e.is_Add else Times)(tuple(self.term(part, index) for part in e.as_ordered_terms()) if e.is_Add
                                                 else tuple(self.term(part, index) for part in e.args))
        if e.is_Pow or isinstance(e, sp.exp):
            return self._power(*e.as_base_exp(), index) if e.is_Pow else self._call("exp", e.args, index)
        if isinstance(e, functions.Smooth):
            return Call(f"{self._smooth(e.args[0].name)} {int(e.args[1])}%nat", (self.term(e.args[2], index),))
        if e in (sp.pi, sp.E, sp.GoldenRatio):
            return {sp.pi: Call("PI", ()), sp.E: Call("exp", (ONE,))}.get(e) or self.term(sp.expand_func(e), index)
        return self._function(e, index)

    def affine(self, e: sp.Expr, index: Callable[[sp.Symbol], str]) -> Affine:
        """An index expression."""
        coefficients, constant = {}, 0
        for symbol, k in affine(e).items():
            if isinstance(symbol, Argmax):
                raise NotExported("the place of a maximum")
            if symbol is sp.S.One:
                constant = k
            else:
                coefficients[index(symbol) if is_index(symbol) else self.symbols[symbol.name]] = k
        return Affine.of(coefficients, constant)

    def _symbol(self, e: sp.Symbol, index: Callable[[sp.Symbol], str]) -> Term:
        if is_index(e) or (e.is_integer and e.is_positive):
            if self.modulus:
                raise NotExported("an index as a value over a finite base")
            return Cast(self.affine(e, index))
        return Read(self.symbols[e.name])

    def _call(self, name: str, arguments: tuple[sp.Expr, ...], index: Callable[[sp.Symbol], str]) -> Term:
        return Call(name, tuple(self.term(argument, index) for argument in arguments))

    def _function(self, e: sp.Expr, index: Callable[[sp.Symbol], str]) -> Term:
        word = next((word for kind, word in LIBRARY.items() if type(e) is kind), None)
        if word is None or self.modulus:
            raise NotExported(f"the function {type(e).__name__}{' over a finite base' if self.modulus else ''}")
        arguments = sorted(e.args, key=sp.default_sort_key) if isinstance(e, FOLDED) else e.args
        found = [self.term(argument, index) for argument in arguments]
        while isinstance(e, FOLDED) and len(found) > 2:
            found = [Call(word, (found[0], found[1])), *found[2:]]
        return Call(word, tuple(found))

    def _power(self, base: sp.Expr, exponent: sp.Expr, index: Callable[[sp.Symbol], str]) -> Term:
        inner = self.term(base, index)
        if exponent.is_Integer and abs(exponent) <= POWER:
            whole = int(exponent)
            if self.modulus:
                if whole < 0:
                    raise NotExported("an inverse over a finite base")
                return Times((inner,) * whole)
        elif exponent.is_Rational and exponent.q == 2 and abs(exponent) <= POWER and not self.modulus:
            inner, whole = Call("sqrt", (inner,)), int(exponent.p)
        elif self.modulus:
            raise NotExported("a power over a finite base")
        else:
            name = self.arbitrary("power", "R -> R -> R", "any function of two real numbers; here, the first to the power of the second")
            return Call(name, (inner, self.term(exponent, index)))
        if whole < 0:
            inner, whole = Inverse(inner), -whole
        return inner if whole == 1 else Power(inner, whole)

    def _smooth(self, name: str) -> str:
        return self.arbitrary(name, "nat -> R -> R", f"any family of functions; here, the function {name} and its derivatives, by order")

    def arbitrary(self, key: str, kind: str, words: str) -> str:
        """The name of a function of which nothing is known."""
        if key not in self.functions:
            self.functions[key] = (self.names.new(f"any_{key}"), kind, words)
        return self.functions[key][0]
