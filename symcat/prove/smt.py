"""Quantifier-free formulas over the reals, the integers and the Booleans, decided by Z3.

The only file that imports z3.  A model is never believed: it becomes exact numbers, and the original SymPy formula is
evaluated at them before anything is called refuted.  Where a formula divides, the hypotheses must exclude 0, since Z3 gives
x/0 a value of its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import reduce

import sympy as sp
import z3
from sympy.logic.boolalg import BooleanFunction

from symcat.category import functions as fn
from symcat.errors import DomainError
from symcat.laws.claim import Formula
from symcat.prove.points import DEFINITIONS

TIMEOUT_MS = 10_000
SIGNS: dict[str, Callable] = {
    "positive": lambda x: x > 0, "nonnegative": lambda x: x >= 0, "negative": lambda x: x < 0, "nonpositive": lambda x: x <= 0,
    "zero": lambda x: x == 0,
}
Value = Fraction | bool
Answer = tuple[str, "dict[str, Value] | str | None"]


def valid(formula: Formula, timeout_ms: int = TIMEOUT_MS) -> Answer:
    """("proved", None), ("refuted", {name: exact value}) or ("unknown", why).

    Proved means: the hypotheses are satisfiable, and with them the conclusion holds for all values of the symbols.  A symbol
    in a Boolean place is a proposition, any other a real or an integer by its SymPy assumptions.

    >>> x = sp.Symbol("x", real=True)
    >>> valid(Formula((x > 1,), x**2 > x))
    ('proved', None)
    >>> valid(Formula((), x**2 > x))[0]
    'refuted'
    """
    context = z3.Context()
    try:
        translation = Translation(context, _propositions((*formula.hypotheses, formula.conclusion)))
        premises = [translation.truth(hypothesis) for hypothesis in formula.hypotheses]
        goal = translation.truth(formula.conclusion)
    except DomainError as error:
        return "unknown", str(error)
    premises += translation.assumptions()
    solver = z3.Solver(ctx=context)
    solver.set("timeout", timeout_ms)
    solver.add(*premises)
    found = solver.check()
    if found == z3.unsat:
        return "unknown", "premises contradict each other"
    if found != z3.sat:
        return "unknown", f"Z3 did not find the premises satisfiable: {solver.reason_unknown()}"
    for divisor, source in translation.divisors:
        if _check(solver, divisor == 0) != z3.unsat:
            return "unknown", f"{source} may be 0: add sp.Ne({source}, 0) to the hypotheses"
    solver.add(z3.Not(goal))
    found = solver.check()
    if found == z3.unsat:
        return "proved", None
    if found != z3.sat:
        return "unknown", f"Z3: {solver.reason_unknown()}"
    return _confirmed(formula, translation, solver.model())


def contradictory(conditions: Sequence[sp.Basic], steps: int = 300_000) -> bool:
    """Whether Z3 shows, in so many steps, that no values of the symbols satisfy all the conditions; they must not divide.

    >>> x = sp.Symbol("x", real=True)
    >>> contradictory([x > 1, x**2 < 1]), contradictory([x > 1, x**2 < 2])
    (True, False)
    """
    context = z3.Context()
    translation = Translation(context, set())
    solver = z3.Solver(ctx=context)
    solver.set("rlimit", steps)
    solver.set("timeout", TIMEOUT_MS)
    solver.add(*[translation.truth(condition) for condition in conditions], *translation.assumptions())
    return not translation.divisors and solver.check() == z3.unsat


def entails(premises: Sequence[sp.Basic], conclusion: sp.Basic, timeout_ms: int) -> tuple[str, dict[str, Fraction]]:
    """Whether premises imply a conclusion: ("proved", {}), ("open", a point near a counterexample) or ("unknown", {}).

    For formulas that do not divide.  Premises that contradict each other imply everything; the point is a guess.

    >>> x = sp.Symbol("x", real=True)
    >>> entails([x > 1], x**2 > x, 1000)
    ('proved', {})
    """
    context = z3.Context()
    translation = Translation(context, set())
    solver = z3.Solver(ctx=context)
    solver.set("timeout", timeout_ms)
    solver.add(*map(translation.truth, premises), z3.Not(translation.truth(conclusion)))
    if translation.divisors:
        raise DomainError("a division in a formula about polynomials: clear the denominators first")
    found = solver.check()
    if found != z3.sat:
        return ("proved" if found == z3.unsat else "unknown"), {}
    model = solver.model()
    values = {symbol.name: model.eval(variable, model_completion=True) for symbol, variable in translation.variables.items()}
    near = {name: value.approx(20) if z3.is_algebraic_value(value) else value for name, value in values.items()}
    return "open", {name: value for name, number in near.items() if (value := _exact(number)) is not None}


def _check(solver: z3.Solver, condition: z3.BoolRef) -> z3.CheckSatResult:
    solver.push()
    solver.add(condition)
    found = solver.check()
    solver.pop()
    return found


def _confirmed(formula: Formula, translation: Translation, model: z3.ModelRef) -> Answer:
    """A model as exact values at which SymPy finds the hypotheses true and the conclusion false."""
    values: dict[sp.Symbol, Value] = {}
    for symbol, variable in translation.variables.items():
        value = _exact(model.eval(variable, model_completion=True))
        if value is None:
            return "unknown", f"Z3's counterexample has an irrational value of {symbol}, which is not evaluated exactly"
        values[symbol] = value
    if all(holds(hypothesis, values) is True for hypothesis in formula.hypotheses) and holds(formula.conclusion, values) is False:
        return "refuted", {symbol.name: values[symbol] for symbol in sorted(values, key=lambda s: s.name)}
    return "unknown", "Z3's counterexample is not one of the formula as SymPy evaluates it"


def _exact(value: z3.ExprRef) -> Value | None:
    if z3.is_true(value) or z3.is_false(value):
        return z3.is_true(value)
    if z3.is_int_value(value):
        return Fraction(value.as_long())
    return Fraction(value.numerator_as_long(), value.denominator_as_long()) if z3.is_rational_value(value) else None


def holds(formula: sp.Basic, values: dict[sp.Symbol, Value]) -> bool | None:
    """A formula at exact values, by SymPy alone; None when SymPy leaves it open."""
    def number(symbol: sp.Symbol) -> sp.Basic:
        value = values[symbol]
        return sp.sympify(value) if isinstance(value, bool) else sp.Rational(value.numerator, value.denominator)
    for symbol, value in values.items():
        given = {} if isinstance(value, bool) else symbol.assumptions0
        if any(getattr(number(symbol), f"is_{name}") != truth for name, truth in given.items()):
            return None
    plain = sp.sympify(formula).replace(lambda e: type(e) in DEFINITIONS, lambda e: DEFINITIONS[type(e)](*e.args))
    result = plain.xreplace({symbol: number(symbol) for symbol in values})
    return True if result == sp.true else False if result == sp.false else None


def _propositions(formulas: Iterable[sp.Basic]) -> set[sp.Symbol]:
    """The symbols that stand where a truth value is expected."""
    found: set[sp.Symbol] = set()

    def visit(e: sp.Basic, boolean: bool) -> None:
        if isinstance(e, sp.Symbol):
            if boolean:
                found.add(e)
        elif isinstance(e, BooleanFunction) and not e.is_Relational:
            for part in e.args:
                visit(part, True)
        elif isinstance(e, sp.Piecewise):
            for value, condition in e.args:
                visit(value, False)
                visit(condition, True)
        else:
            for part in e.args:
                visit(part, False)
    for formula in formulas:
        visit(sp.sympify(formula), True)
    return found


def _product(factors: Sequence[z3.ArithRef]) -> z3.ArithRef:
    return reduce(lambda x, y: x * y, factors)


@dataclass
class Translation:
    """SymPy into Z3, in one context; collects the variables and the divisors met."""

    context: z3.Context
    propositions: set[sp.Symbol]
    variables: dict[sp.Symbol, z3.ExprRef] = field(default_factory=dict)
    divisors: list[tuple[z3.ArithRef, sp.Expr]] = field(default_factory=list)

    def truth(self, e: sp.Basic) -> z3.BoolRef:
        """A formula."""
        e = sp.sympify(e)
        if e in (sp.true, sp.false):
            return z3.BoolVal(bool(e), ctx=self.context)
        if isinstance(e, sp.Symbol):
            return self._variable(e)
        if e.is_Relational:
            return self._relation(e)
        if isinstance(e, sp.ITE):
            return z3.If(*map(self.truth, e.args))
        if type(e) in CONNECTIVES:
            return CONNECTIVES[type(e)]([self.truth(part) for part in e.args])
        raise DomainError(f"{e}, a {type(e).__name__}, is not a formula that is translated: use relations, And, Or, Not, Implies, Xor, "
                          "Equivalent and ITE")

    def number(self, e: sp.Expr) -> z3.ArithRef:
        """A real expression."""
        if e.is_Rational:
            return z3.Q(int(e.p), int(e.q), ctx=self.context)
        if isinstance(e, sp.Symbol):
            variable = self._variable(e)
            if z3.is_bool(variable):
                raise DomainError(f"{e} stands for a truth value in one place and for a number in another: use two symbols")
            return z3.ToReal(variable) if variable.is_int() else variable
        if e.is_Add:
            return reduce(lambda x, y: x + y, map(self.number, e.args))
        if e.is_Mul:
            return _product([self.number(part) for part in e.args])
        if e.is_Pow and e.exp.is_Integer:
            return self._power(*e.args)
        if isinstance(e, sp.Piecewise):
            return self._piecewise(e)
        if type(e) in FUNCTIONS:
            return FUNCTIONS[type(e)](*map(self.number, e.args))
        raise DomainError(f"{e}, a {type(e).__name__}, is not translated to Z3: use +, *, rationals, integer powers, Piecewise, "
                          "Max, Min, Abs, sign and the functions with kinks")

    def assumptions(self) -> list[z3.BoolRef]:
        """What the SymPy assumptions of the symbols say about signs."""
        found = []
        for symbol, variable in self.variables.items():
            if symbol not in self.propositions:
                found += [claim(variable) for name, claim in SIGNS.items() if getattr(symbol, f"is_{name}")]
                found += [variable != 0] if symbol.is_nonzero else []
        return found

    def _variable(self, symbol: sp.Symbol) -> z3.ExprRef:
        if symbol not in self.variables:
            if any(other.name == symbol.name for other in self.variables):
                raise DomainError(f"two symbols with the name {symbol.name}: rename one, or give both the same assumptions")
            if symbol in self.propositions:
                make = z3.Bool
            elif symbol.is_real:
                make = z3.Int if symbol.is_integer else z3.Real
            else:
                raise DomainError(f"symbol {symbol} is not declared real: make it with Symbol({symbol.name!r}, real=True)")
            self.variables[symbol] = make(symbol.name, ctx=self.context)
        return self.variables[symbol]

    def _is_truth(self, e: sp.Basic) -> bool:
        return e in self.propositions or e in (sp.true, sp.false) or e.is_Relational or isinstance(e, BooleanFunction)

    def _relation(self, e: sp.Basic) -> z3.BoolRef:
        side = self.truth if all(map(self._is_truth, e.args)) else self.number
        left, right = map(side, e.args)
        return RELATIONS[e.rel_op](left, right)

    def _power(self, base: sp.Expr, exponent: sp.Integer) -> z3.ArithRef:
        inner = self.number(base)
        power = _product([inner] * abs(int(exponent))) if exponent else z3.Q(1, 1, ctx=self.context)
        if exponent < 0:
            self.divisors.append((inner, base))
            return 1 / power
        return power

    def _piecewise(self, e: sp.Piecewise) -> z3.ArithRef:
        (last, condition), *rest = reversed(e.args)
        if condition != sp.true:
            raise DomainError(f"{e} has no value where no condition holds: give a last case with the condition True")
        result = self.number(last)
        for value, condition in rest:
            result = z3.If(self.truth(condition), self.number(value), result)
        return result


def _all_equal(parts: Sequence[z3.BoolRef]) -> z3.BoolRef:
    return z3.And(*[left == right for left, right in zip(parts, parts[1:])])


CONNECTIVES: dict[type, Callable[[Sequence[z3.BoolRef]], z3.BoolRef]] = {
    sp.And: lambda parts: z3.And(*parts),
    sp.Or: lambda parts: z3.Or(*parts),
    sp.Not: lambda parts: z3.Not(*parts),
    sp.Implies: lambda parts: z3.Implies(*parts),
    sp.Xor: lambda parts: reduce(z3.Xor, parts),
    sp.Equivalent: _all_equal,
}

RELATIONS: dict[str, Callable] = {
    "==": lambda x, y: x == y, "!=": lambda x, y: x != y, "<": lambda x, y: x < y, "<=": lambda x, y: x <= y,
    ">": lambda x, y: x > y, ">=": lambda x, y: x >= y,
}


def _greatest(*parts: z3.ArithRef) -> z3.ArithRef:
    return reduce(lambda x, y: z3.If(x >= y, x, y), parts)


def _least(*parts: z3.ArithRef) -> z3.ArithRef:
    return reduce(lambda x, y: z3.If(x <= y, x, y), parts)


def _sign(x: z3.ArithRef) -> z3.ArithRef:
    one = z3.Q(1, 1, ctx=x.ctx)
    return z3.If(x > 0, one, z3.If(x < 0, -one, 0 * one))


def _indicator(condition: z3.BoolRef) -> z3.ArithRef:
    return z3.If(condition, z3.Q(1, 1, ctx=condition.ctx), z3.Q(0, 1, ctx=condition.ctx))


FUNCTIONS: dict[type, Callable[..., z3.ArithRef]] = {
    sp.Max: _greatest,
    sp.Min: _least,
    sp.Abs: lambda x: z3.If(x >= 0, x, -x),
    sp.sign: _sign,
    fn.relu: lambda x: z3.If(x > 0, x, 0 * x),
    fn.step: lambda x: _indicator(x > 0),
    fn.absolute: lambda x: z3.If(x >= 0, x, -x),
    fn.sign: _sign,
    fn.maximum: _greatest,
    fn.minimum: _least,
    fn.equal: lambda x, y: _indicator(x == y),
    fn.where: lambda c, x, y: z3.If(c != 0, x, y),
    fn.detach: lambda x: x,
}
