"""SymPy expressions and assumptions as terms."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

import sympy as sp
from sympy.core.relational import Relational
from sympy.logic.boolalg import BooleanAtom

from symcat.category import functions as fn
from symcat.errors import DomainError
from symcat.prove.field.term import ONE, PI, ZERO, Term, call, number, power, root, switch, variable

MOST_POWER = 1000
SIZE = 20_000
SIGNS = (("positive", ">0", 1), ("negative", ">0", -1), ("nonnegative", ">=0", 1), ("nonpositive", ">=0", -1), ("nonzero", "!=0", 1))
RELATIONS = (">0", ">=0", "!=0", "=0")


@dataclass(frozen=True)
class Condition:
    """`term relation`, the relation one of >0, >=0, !=0 and =0."""

    term: Term
    relation: str

    def __str__(self) -> str:
        return f"{self.term} {self.relation[:-1]} 0"


@dataclass(frozen=True)
class ScalarGoal:
    """`lhs = rhs` for all real values of the variables that satisfy the assumptions and where both sides are defined.

    `integers` are the variables that take integer values only, which proofs make no use of; `required` are conditions of the
    domain besides those of the terms themselves.
    """

    lhs: Term
    rhs: Term
    variables: tuple[str, ...]
    assumptions: tuple[Condition, ...] = ()
    integers: frozenset[str] = frozenset()
    required: tuple[Condition, ...] = ()


def read(lhs: sp.Expr, rhs: sp.Expr, relations: Sequence[Relational] = ()) -> ScalarGoal:
    """A goal in terms; DomainError for what has no translation.

    >>> x = sp.Symbol("x", positive=True)
    >>> goal = read(sp.sqrt(x) / x, 1 / sp.sqrt(x))
    >>> print(goal.lhs, goal.rhs, *goal.assumptions)
    1/sqrt(x) 1/sqrt(x) x > 0
    """
    symbols = sorted(set().union(*(e.free_symbols for e in (lhs, rhs, *relations))), key=lambda s: s.name)
    if len({s.name for s in symbols}) < len(symbols):
        raise DomainError("two symbols of one name with different assumptions: use one of them throughout")
    reader = Reader()
    sides = [reader.term(e) for e in (lhs, rhs)]
    found = [condition for symbol in symbols for condition in _of_symbol(symbol)]
    found += [condition for relation in relations for condition in _of_relation(reader, relation)]
    integers = frozenset(s.name for s in symbols if s.is_integer)
    return ScalarGoal(*sides, tuple(s.name for s in symbols), tuple(dict.fromkeys(found)), integers)


@dataclass
class Reader:
    """Translates; equal expressions become one term."""

    memo: dict[sp.Basic, Term] = field(default_factory=dict)

    def term(self, e: sp.Expr) -> Term:
        """The term of an expression."""
        if e not in self.memo:
            self.memo[e] = self._term(e)
            if len(self.memo) > SIZE:
                raise DomainError(f"an expression with more than {SIZE} different parts")
        return self.memo[e]

    def _term(self, e: sp.Expr) -> Term:
        if e.is_Rational:
            return number(Fraction(int(e.p), int(e.q)))
        if e.is_Symbol:
            return variable(e.name)
        if e.is_Add or e.is_Mul:
            return Term("add" if e.is_Add else "mul", tuple(map(self.term, e.args)))
        if isinstance(e, sp.exp) or (e.is_Pow and e.base is sp.S.Exp1):
            return call("exp", self.term(e.exp))
        if e.is_Pow:
            return self._power(e)
        if isinstance(e, sp.Piecewise):
            return self._pieces(e)
        if e in CONSTANTS:
            return CONSTANTS[e]
        if type(e) in RULES:
            return RULES[type(e)](*map(self.term, e.args))
        raise DomainError(f"{e}, a {type(e).__name__}, is beyond the field engine")

    def _power(self, e: sp.Pow) -> Term:
        base, exponent = self.term(e.base), e.exp
        if not exponent.is_Rational:
            return call("exp", self.term(exponent) * call("log", base))
        if abs(exponent.p) > MOST_POWER or exponent.q > MOST_POWER:
            raise DomainError(f"the exponent {exponent} is beyond {MOST_POWER}")
        return power(root(base, int(exponent.q)), int(exponent.p))

    def _pieces(self, e: sp.Piecewise) -> Term:
        if e.args[-1][1] != sp.true:
            raise DomainError("a Piecewise without a last piece (value, True)")
        result = self.term(e.args[-1][0])
        for value, condition in reversed(e.args[:-1]):
            result = self.choose(condition, self.term(value), result)
        return result

    def choose(self, condition: sp.Basic, yes: Term, no: Term) -> Term:
        """`yes` where a condition holds, else `no`."""
        if isinstance(condition, BooleanAtom):
            return yes if condition == sp.true else no
        if isinstance(condition, sp.Not):
            return self.choose(condition.args[0], no, yes)
        if isinstance(condition, sp.And):
            return functools.reduce(lambda then, part: self.choose(part, then, no), reversed(condition.args), yes)
        if isinstance(condition, sp.Or):
            return functools.reduce(lambda other, part: self.choose(part, yes, other), reversed(condition.args), no)
        if isinstance(condition, sp.ITE):
            test, then, other = condition.args
            return self.choose(test, self.choose(then, yes, no), self.choose(other, yes, no))
        if isinstance(condition, Relational) and type(condition) in BRANCHES:
            left, right = map(self.term, condition.args)
            return switch(left - right, *(yes if taken else no for taken in BRANCHES[type(condition)]))
        raise DomainError(f"the condition {condition} is no relation between real expressions")


BRANCHES: dict[type, tuple[bool, bool, bool]] = {
    sp.StrictGreaterThan: (False, False, True), sp.GreaterThan: (False, True, True), sp.StrictLessThan: (True, False, False),
    sp.LessThan: (True, True, False), sp.Equality: (False, True, False), sp.Unequality: (True, False, True),
}
CONSTANTS = {sp.pi: PI, sp.S.Exp1: call("exp", ONE), sp.GoldenRatio: number(Fraction(1, 2)) * (ONE + root(number(5), 2))}
HALF, TWO = number(Fraction(1, 2)), number(2)


def _maximum(x: Term, y: Term) -> Term:
    return switch(x - y, y, x, x)


def _minimum(x: Term, y: Term) -> Term:
    return switch(x - y, x, x, y)


def _exp(x: Term) -> Term:
    return call("exp", x)


def _inverse(x: Term) -> Term:
    return call("inverse", x)


def _sinh(x: Term) -> Term:
    return HALF * (_exp(x) - _exp(-x))


def _cosh(x: Term) -> Term:
    return HALF * (_exp(x) + _exp(-x))


def _tanh(x: Term) -> Term:
    return (_exp(TWO * x) - ONE) / (_exp(TWO * x) + ONE)


RULES: dict[type, Callable[..., Term]] = {
    sp.log: lambda x: call("log", x),
    sp.Abs: lambda x: switch(x, -x, ZERO, x),
    fn.absolute: lambda x: switch(x, -x, ZERO, x),
    sp.sign: lambda x: switch(x, -ONE, ZERO, ONE),
    fn.sign: lambda x: switch(x, -ONE, ZERO, ONE),
    sp.Max: lambda *xs: functools.reduce(_maximum, xs),
    sp.Min: lambda *xs: functools.reduce(_minimum, xs),
    fn.maximum: _maximum,
    fn.minimum: _minimum,
    fn.relu: lambda x: switch(x, ZERO, ZERO, x),
    fn.step: lambda x: switch(x, ZERO, ZERO, ONE),
    fn.equal: lambda x, y: switch(x - y, ZERO, ONE, ZERO),
    fn.where: lambda c, x, y: switch(c, x, y, x),
    sp.Heaviside: lambda x, half: switch(x, ZERO, half, ONE),
    fn.sigmoid: lambda x: _inverse(ONE + _exp(-x)),
    fn.softplus: lambda x: call("log", ONE + _exp(x)),
    sp.tanh: _tanh,
    sp.sinh: _sinh,
    sp.cosh: _cosh,
    sp.coth: lambda x: _inverse(_tanh(x)),
    sp.sech: lambda x: _inverse(_cosh(x)),
    sp.csch: lambda x: _inverse(_sinh(x)),
    sp.asinh: lambda x: call("log", x + root(power(x, 2) + ONE, 2)),
    sp.acosh: lambda x: call("log", x + root(x - ONE, 2) * root(x + ONE, 2)),
    sp.atanh: lambda x: HALF * call("log", (ONE + x) / (ONE - x)),
    sp.sin: lambda x: call("sin", x),
    sp.cos: lambda x: call("cos", x),
    sp.tan: lambda x: call("sin", x) / call("cos", x),
    sp.cot: lambda x: call("cos", x) / call("sin", x),
    sp.sec: lambda x: _inverse(call("cos", x)),
    sp.csc: lambda x: _inverse(call("sin", x)),
    sp.atan: lambda x: call("atan", x),
    sp.asin: lambda x: call("asin", x),
    sp.acos: lambda x: HALF * PI - call("asin", x),
    sp.erf: lambda x: call("erf", x),
}


def _of_symbol(symbol: sp.Symbol) -> list[Condition]:
    """What the assumptions of a symbol say about its sign."""
    if not symbol.is_commutative or symbol.is_real is False:
        raise DomainError(f"the symbol {symbol} is not real")
    signs = [name for name, _, _ in SIGNS if getattr(symbol, f"is_{name}")][:1] or ["zero"] * bool(symbol.is_zero)
    known = dict.fromkeys(["integer" if symbol.is_integer else "real", *signs], True)
    if symbol not in (sp.Symbol(symbol.name), sp.Symbol(symbol.name, **known)):
        raise DomainError(f"the assumptions of the symbol {symbol}: expected real or integer, and a sign")
    plain = variable(symbol.name)
    for name, relation, factor in SIGNS:
        if getattr(symbol, f"is_{name}"):
            return [Condition(plain if factor == 1 else -plain, relation)]
    return [Condition(plain, "=0")] if symbol.is_zero else []


def _of_relation(reader: Reader, relation: Relational) -> list[Condition]:
    left, right = map(reader.term, relation.args)
    if isinstance(relation, sp.Equality):
        return [Condition(left - right, "=0")]
    if isinstance(relation, sp.Unequality):
        return [Condition(left - right, "!=0")]
    if not isinstance(relation, (sp.StrictGreaterThan, sp.GreaterThan, sp.StrictLessThan, sp.LessThan)):
        raise DomainError(f"the assumption {relation} is no relation between real expressions")
    upwards = isinstance(relation, (sp.StrictGreaterThan, sp.GreaterThan))
    strict = isinstance(relation, (sp.StrictGreaterThan, sp.StrictLessThan))
    if right == ZERO and upwards:
        return [Condition(left, ">0" if strict else ">=0")]
    return [Condition(left - right if upwards else right - left, ">0" if strict else ">=0")]
