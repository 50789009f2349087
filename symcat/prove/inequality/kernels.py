"""Roots, exponentials and logarithms as fresh variables, with exact relations or sound bounds.

A root is exact: r^q = e and r >= 0.  Of the others only bounds are kept, so that what follows from them is true, and what does
not follow may be true as well.  For two pairs T = exp(u) and S = exp(v) the bound is that of the tangent, T >= S (1 + u - v);
1 = exp(0) is such a pair, and so is w = exp(log w).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import sympy as sp

from symcat.errors import DomainError
from symcat.prove.inequality.cells import Cell, Condition

HYPERBOLIC = (sp.sinh, sp.cosh, sp.coth)
PAIRS = 5
EXPONENT = 24
EULER = (sp.Rational("2.718281828"), sp.Rational("2.718281829"))
PI = (sp.Rational("3.141592653"), sp.Rational("3.141592654"))


@dataclass
class Kernels:
    """Replaces kernels by symbols, innermost first, and collects what is known of the symbols."""

    scales: dict[sp.Expr, int] = field(default_factory=dict)
    names: dict[sp.Expr, sp.Symbol] = field(default_factory=dict)
    known: list[Condition] = field(default_factory=list)
    pairs: list[tuple[sp.Expr, sp.Expr]] = field(default_factory=lambda: [(sp.S.One, sp.S.Zero)])

    def fresh(self, kernel: sp.Expr, letter: str) -> sp.Symbol:
        self.names[kernel] = sp.Symbol(f"_{letter}{len(self.names)}", real=True)
        return self.names[kernel]

    def rational(self, e: sp.Expr) -> sp.Expr:
        """An expression as a rational function of symbols."""
        if e.is_Rational or e.is_Symbol:
            return e
        if e.has(sp.zoo, sp.nan, sp.oo, -sp.oo, sp.I):
            raise DomainError(f"{e} is not a real number in one of the cells")
        if e.is_Add or e.is_Mul:
            return e.func(*map(self.rational, e.args))
        if e.is_Pow and e.exp.is_Rational and max(abs(int(e.exp.p)), int(e.exp.q)) > EXPONENT:
            raise DomainError(f"the exponent of {e}: exponents up to {EXPONENT} are tried")
        if e.is_Pow and e.exp.is_Integer:
            return self.rational(e.base) ** e.exp
        if e.is_Pow and e.exp.is_Rational:
            return self.root(e.base, e.exp)
        if isinstance(e, sp.exp) or e is sp.S.Exp1:
            return self.exponential(e.args[0] if e.args else sp.S.One)
        if type(e) in KERNELS:
            return KERNELS[type(e)](self, e)
        raise DomainError(f"{e}, a {type(e).__name__}, has no bounds here: expected polynomials, quotients, roots, Abs, Max, Min, sign, "
                          "Piecewise, exp, log, tanh, sin and cos")

    def root(self, base: sp.Expr, exponent: sp.Rational) -> sp.Expr:
        order = int(exponent.q)
        kernel = base ** sp.Rational(1, order)
        if kernel not in self.names:
            inner, symbol = self.rational(base), self.fresh(kernel, "r")
            self.known += [(symbol**order - inner, "=0"), (inner, ">=0"), (symbol, ">0" if exponent < 0 else ">=0")]
        elif exponent < 0:
            self.known.append((self.names[kernel], ">0"))
        return self.names[kernel] ** int(exponent.p)

    def exponential(self, argument: sp.Expr) -> sp.Expr:
        """exp of a sum as a product of powers, one generator for each term of the sum."""
        result = sp.S.One
        for factor, term in _terms(argument):
            scale = self.scales.get(term, int(factor.q))
            kernel = sp.exp(term / scale, evaluate=False)
            if kernel not in self.names:
                inner, symbol = self.rational(term) / scale, self.fresh(kernel, "e")
                self.known.append((symbol, ">0"))
                self.pairs.append((symbol, inner))
                if term == 1 and scale == 1:
                    self.known += [(symbol - EULER[0], ">0"), (EULER[1] - symbol, ">0")]
            power = factor * scale
            if not power.is_Integer:
                raise DomainError(f"exp({argument}) is met after its parts were named")
            result *= self.names[kernel] ** power
        return result

    def logarithm(self, e: sp.Expr) -> sp.Expr:
        if e not in self.names:
            inner, symbol = self.rational(e.args[0]), self.fresh(e, "l")
            self.known.append((inner, ">0"))
            self.pairs.append((inner, symbol))
        return self.names[e]

    def tanh(self, e: sp.Expr) -> sp.Expr:
        if e not in self.names:
            inner, t = self.rational(e.args[0]), self.fresh(e, "t")
            self.known += [(1 - t, ">0"), (1 + t, ">0"), (t * inner - t**2, ">=0"), (inner**2 - t * inner, ">=0")]
        return self.names[e]

    def circle(self, e: sp.Expr) -> sp.Expr:
        (argument,) = e.args
        sine, cosine = sp.sin(argument, evaluate=False), sp.cos(argument, evaluate=False)
        if sine not in self.names:
            inner, s, c = self.rational(argument), self.fresh(sine, "s"), self.fresh(cosine, "c")
            self.known += [(s**2 + c**2 - 1, "=0"), (inner**2 - s**2, ">=0"), (2 * c - 2 + inner**2, ">=0")]
        return self.names[sp.sin(argument, evaluate=False) if isinstance(e, sp.sin) else cosine]

    def pi(self, e: sp.Expr) -> sp.Expr:
        if e not in self.names:
            symbol = self.fresh(e, "p")
            self.known += [(symbol - PI[0], ">0"), (PI[1] - symbol, ">0")]
        return self.names[e]

    def tangents(self) -> list[Condition]:
        """What the pairs say about each other."""
        return [(T - S * (1 + u - v), ">=0") for (T, u), (S, v) in itertools.permutations(self.pairs[:PAIRS], 2)]


KERNELS = {
    sp.log: Kernels.logarithm, sp.tanh: Kernels.tanh, sp.sin: Kernels.circle, sp.cos: Kernels.circle, type(sp.pi): Kernels.pi,
}


def without_kernels(cell: Cell) -> Cell:
    """A cell about rational functions: whatever is true of them is true of the cell that came.

    >>> x = sp.Symbol("x", real=True)
    >>> without_kernels(Cell(sp.sqrt(x), ())).conditions
    ((_r0**2 - x, '=0'), (x, '>=0'), (_r0, '>=0'))
    """
    exprs = [e.replace(lambda part: isinstance(part, HYPERBOLIC), lambda part: part.rewrite(sp.exp))
             for e in (cell.gap, *(e for e, _ in cell.conditions))]
    kernels = Kernels(_scales(exprs))
    gap, *rest = map(kernels.rational, exprs)
    given = tuple((e, relation) for e, (_, relation) in zip(rest, cell.conditions, strict=True))
    return Cell(gap, (*given, *kernels.known, *kernels.tangents()))


def _terms(argument: sp.Expr) -> list[tuple[sp.Rational, sp.Expr]]:
    """The terms of a sum, each as a rational number times the rest."""
    parts = [term.as_coeff_Mul(rational=True) for term in sp.Add.make_args(sp.expand(argument))]
    return [(factor, term) for factor, term in parts if factor]


def _scales(exprs: Sequence[sp.Expr]) -> dict[sp.Expr, int]:
    """For each term below an exp the common denominator of its factors."""
    found: dict[sp.Expr, int] = {}
    for call in sorted(set().union(*(e.atoms(sp.exp) for e in exprs)), key=sp.srepr):
        for factor, term in _terms(call.args[0]):
            found[term] = math.lcm(found.get(term, 1), int(factor.q))
    return found
