"""SymPy expressions as morphisms: free symbols become real wires of rank 0, known functions the functions of symcat.

What SymPy's constructors have already simplified away (`x/x` is 1 before anybody sees it) is beyond reach; every division,
logarithm and root that is still there adds its requirement, and so do assumptions of the symbols and those that are given.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import sympy as sp
from sympy.core.function import AppliedUndef
from sympy.core.relational import Relational
from sympy.core.symbol import Str
from sympy.logic.boolalg import BooleanAtom

from symcat.category.expression import At
from symcat.category.functions import FUNCTIONS, Smooth, absolute, detach, equal, maximum, minimum, sign, step, where
from symcat.category.morphism import Builder, Morphism
from symcat.category.space import NAME, Real, Space, Wire, unused
from symcat.errors import UsageError

OPAQUE = (sp.sin, sp.cos)
SIGNS = (("positive", ">0", 1), ("negative", ">0", -1), ("nonnegative", ">=0", 1), ("nonpositive", ">=0", -1), ("nonzero", "!=0", 1))


@dataclass(frozen=True)
class Translation:
    """Two expressions as morphisms on the same wires: `names` gives each symbol its wire.

    `relations` are the assumptions given; `opaque` says that a known function was translated to an arbitrary smooth one, and
    `undefined` that an undefined function occurs: a difference between the morphisms is then one for *some* smooth function.
    """

    lhs: Morphism
    rhs: Morphism
    names: Mapping[sp.Basic, str]
    relations: tuple[Relational, ...]
    opaque: bool
    undefined: bool


@dataclass
class Translator:
    """Walks one expression and collects the conditions under which it is defined."""

    names: Mapping[sp.Basic, str]
    conditions: list[tuple[sp.Expr, str, str]] = field(default_factory=list)

    def require(self, expr: sp.Expr, relation: str, smooth: str | None = None) -> None:
        if not expr.is_number or not _holds(expr, relation):
            self.conditions.append((expr, relation, smooth or relation))

    def scalar(self, e: sp.Expr) -> sp.Expr:
        """The body that an expression means."""
        if e in self.names:
            return At(self.names[e])
        if e.is_Rational or e is sp.S.Exp1:
            return e
        if e.is_Add or e.is_Mul:
            return e.func(*map(self.scalar, e.args))
        if e.is_Pow:
            return self.power(self.scalar(e.base), self.scalar(e.exp))
        if isinstance(e, sp.Piecewise):
            return self.pieces(e.args)
        if isinstance(e, AppliedUndef) and len(e.args) == 1:
            return Smooth(Str(e.func.__name__), sp.S.Zero, self.scalar(e.args[0]))
        if isinstance(e, OPAQUE):
            return Smooth(Str(type(e).__name__), sp.S.Zero, self.scalar(e.args[0]))
        if type(e) in FUNCTIONS and not isinstance(e, Smooth):
            arguments = [self.scalar(argument) for argument in e.args]
            if isinstance(e, sp.log):
                self.require(arguments[0], ">0")
            return arguments[0] if isinstance(e, detach) else type(e)(*arguments)
        if type(e) in RULES:
            return RULES[type(e)](self, *map(self.scalar, e.args))
        raise UsageError(refusal(e))

    def power(self, base: sp.Expr, exponent: sp.Expr) -> sp.Expr:
        """A power, with its condition: base != 0 for negative integers, >= 0 for roots, > 0 otherwise."""
        if exponent.is_Integer:
            if exponent < 0:
                self.require(base, "!=0")
        elif exponent.is_Rational and exponent > 0:
            self.require(base, ">=0", ">0")
        else:
            self.require(base, ">0")
        return base ** exponent

    def quotient(self, numerator: sp.Expr, denominator: sp.Expr) -> sp.Expr:
        self.require(denominator, "!=0")
        return numerator / denominator

    def pieces(self, pieces: Sequence[tuple[sp.Expr, sp.Basic]]) -> sp.Expr:
        """A chain of `where`; the last piece must hold otherwise."""
        if not pieces or pieces[-1][1] != sp.true:
            raise UsageError("a Piecewise without a last piece (value, True): say what it is everywhere")
        result = self.scalar(pieces[-1][0])
        for value, condition in reversed(pieces[:-1]):
            result = where(self.truth(condition), self.scalar(value), result)
        return result

    def truth(self, condition: sp.Basic) -> sp.Expr:
        """A condition as 1 or 0."""
        if isinstance(condition, BooleanAtom):
            return sp.Integer(condition == sp.true)
        if isinstance(condition, sp.And):
            return sp.Mul(*map(self.truth, condition.args))
        if isinstance(condition, sp.Or):
            return 1 - sp.Mul(*(1 - self.truth(part) for part in condition.args))
        if isinstance(condition, sp.Not):
            return 1 - self.truth(condition.args[0])
        if isinstance(condition, Relational):
            left, right = map(self.scalar, condition.args)
            return TRUTHS[type(condition)](left, right)
        raise UsageError(f"the condition {condition} of a Piecewise: expected relations joined by And, Or, Not")


TRUTHS: dict[type, Callable[[sp.Expr, sp.Expr], sp.Expr]] = {
    sp.StrictGreaterThan: lambda a, b: step(a - b),
    sp.StrictLessThan: lambda a, b: step(b - a),
    sp.GreaterThan: lambda a, b: 1 - step(b - a),
    sp.LessThan: lambda a, b: 1 - step(a - b),
    sp.Equality: lambda a, b: equal(a, b),
    sp.Unequality: lambda a, b: 1 - equal(a, b),
}

RULES: dict[type, Callable[..., sp.Expr]] = {
    sp.exp: lambda t, x: sp.exp(x),
    sp.Abs: lambda t, x: absolute(x),
    sp.sign: lambda t, x: sign(x),
    sp.Max: lambda t, *xs: functools.reduce(maximum, xs),
    sp.Min: lambda t, *xs: functools.reduce(minimum, xs),
    sp.sinh: lambda t, x: (sp.exp(x) - sp.exp(-x)) / 2,
    sp.cosh: lambda t, x: (sp.exp(x) + sp.exp(-x)) / 2,
    sp.coth: lambda t, x: t.quotient(1, sp.tanh(x)),
    sp.tan: lambda t, x: t.quotient(Smooth(Str("sin"), 0, x), Smooth(Str("cos"), 0, x)),
    sp.Heaviside: lambda t, x, half: step(x) + half * equal(x, 0),
}


def translate(lhs: object, rhs: object, assuming: Sequence[sp.Basic] = ()) -> Translation:
    """Two expressions, and assumptions about their symbols, as two morphisms from the same wires.

    >>> x = sp.Symbol("x", real=True)
    >>> print(translate(1 / x, sp.Abs(x)).lhs)
    x: Real[] -> value: Real[]
      value = 1/x
      return value
      requires x != 0
    """
    sides = [expression(lhs), expression(rhs)]
    relations = [relation for one in assuming for relation in assumed(one)]
    names = _names([*sides, *relations])
    premises = Translator(names)
    for symbol in names:
        if symbol.is_Symbol:
            _assume_symbol(premises, symbol)
    for relation in relations:
        _assume_relation(premises, relation)
    morphisms = [_morphism(side, names, premises.conditions) for side in sides]
    found = [*sides, *relations]
    opaque = any(e.has(*OPAQUE, sp.tan) for e in found) or any(not symbol.is_Symbol for symbol in names)
    return Translation(*morphisms, names, tuple(relations), opaque, any(e.atoms(AppliedUndef) for e in found))


def expression(value: object) -> sp.Expr:
    """A SymPy expression or an exact number as an expression over real symbols; UsageError for anything else."""
    if isinstance(value, float) or (isinstance(value, sp.Basic) and value.has(sp.Float)):
        raise UsageError(f"{value} holds a float: write the rational that you mean, e.g. sympy.Rational('0.1') or 1/sympy.Integer(10)")
    if isinstance(value, int) and not isinstance(value, bool):
        return sp.Integer(value)
    if not isinstance(value, sp.Expr):
        raise UsageError(f"{value!r} is a {type(value).__name__}: expected a SymPy expression or a morphism")
    for symbol in sorted(value.free_symbols, key=str):
        if not symbol.is_commutative or symbol.is_real is False:
            raise UsageError(f"the symbol {symbol} is not real: expected real symbols only")
        if not symbol.is_real:
            raise UsageError(f"the symbol {symbol} has no domain: make it sympy.Symbol({symbol.name!r}, real=True), or positive=True, "
                             "integer=True, so that a verdict says for which values it holds")
    return value


def refusal(e: sp.Basic) -> str:
    known = sorted({cls.__name__ for cls in (*RULES, *OPAQUE, *FUNCTIONS)} - {"Smooth"}, key=str.lower)
    return f"{e}, a {type(e).__name__}, has no translation: expected +, *, powers, Piecewise, {', '.join(known)} over real symbols"


def _names(exprs: Sequence[sp.Basic]) -> dict[sp.Basic, str]:
    """A wire for each free symbol, and for each constant such as pi, in the order of their names."""
    symbols = sorted(set().union(*(e.free_symbols for e in exprs)), key=lambda s: s.name)
    seen: set[str] = set()
    for symbol in symbols:
        if symbol.name in seen:
            raise UsageError(f"two symbols are called {symbol.name} but have different assumptions: use one of them throughout")
        if symbol.is_real is False or not symbol.is_commutative:
            raise UsageError(f"the symbol {symbol} is not real: expected real symbols only")
        seen.add(symbol.name)
    constants = sorted(set().union(*(e.atoms(sp.NumberSymbol) for e in exprs)) - {sp.S.Exp1}, key=str)
    names: dict[sp.Basic, str] = {}
    for item in (*symbols, *constants):
        plain = str(item)
        names[item] = unused(plain if NAME.match(plain) else "v", names.values())
    return names


def _morphism(e: sp.Expr, names: Mapping[sp.Basic, str], premises: Sequence[tuple[sp.Expr, str, str]]) -> Morphism:
    translator = Translator(names)
    body = translator.scalar(e)
    build = Builder()
    build.inputs(Space(tuple((name, Wire(Real, ())) for name in names.values())))
    value = build.gather((), lambda: body, name="value")
    for condition, relation, smooth in (*premises, *translator.conditions):
        build.require((), condition, relation, smooth)
    return build.build([value], ["value"])


def _assume_symbol(premises: Translator, symbol: sp.Symbol) -> None:
    for name, relation, factor in SIGNS:
        if getattr(symbol, f"is_{name}"):
            premises.require(factor * premises.scalar(symbol), relation)
            return


def _assume_relation(premises: Translator, relation: Relational) -> None:
    left, right = map(premises.scalar, relation.args)
    if isinstance(relation, sp.Equality):
        premises.require(left - right, ">=0")
        premises.require(right - left, ">=0")
    elif isinstance(relation, sp.Unequality):
        premises.require(left - right, "!=0")
    else:
        greater = isinstance(relation, (sp.StrictGreaterThan, sp.GreaterThan))
        strict = isinstance(relation, (sp.StrictGreaterThan, sp.StrictLessThan))
        premises.require(left - right if greater else right - left, ">0" if strict else ">=0")


def assumed(condition: object) -> list[Relational]:
    """An assumption as relations that hold jointly."""
    if condition is True or condition == sp.true:
        return []
    if condition is False or condition == sp.false:
        raise UsageError("an assumption is false whatever the symbols are: nothing can be decided under it")
    if isinstance(condition, sp.And):
        return [relation for part in condition.args for relation in assumed(part)]
    if isinstance(condition, Relational) and not condition.has(sp.Float):
        return [condition]
    raise UsageError(f"the assumption {condition!r}: expected relations such as x > 0, without floats, or And of such")


def _holds(number: sp.Expr, relation: str) -> bool:
    if relation == "!=0":
        return number.is_zero is False
    return bool(number.is_positive) if relation == ">0" else bool(number.is_nonnegative)
