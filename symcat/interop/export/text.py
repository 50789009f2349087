"""Expressions as Python text, in the words of a target library.

An operand carries how tightly its text binds, so that parentheses stand only where they are needed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import sympy as sp

from symcat.category.expression import At
from symcat.errors import UsageError


class Text(NamedTuple):
    """A piece of Python text and how tightly its outermost operator binds."""

    text: str
    level: int

    def at(self, level: int) -> str:
        """The text as an operand of an operator of a level."""
        return self.text if self.level >= level else f"({self.text})"


COMPARISON, SUM, PRODUCT, SIGN, POWER, ATOM = range(6)


@dataclass(frozen=True)
class Dialect:
    """How a target writes functions of arrays: `functions` by the names of their SymPy classes, `prefix` for array functions."""

    name: str
    functions: Mapping[str, Callable[..., str]]
    prefix: str
    scalars: Dialect | None = None    # for what is made of numbers alone, where that is written otherwise

    def call(self, name: str, *items: Text) -> str:
        if name not in self.functions:
            raise UsageError(f"the function {name} cannot be exported to {self.name}: it has {', '.join(sorted(self.functions))}")
        return self.functions[name](*(item.text for item in items))


def prefixed(prefix: str, **names: str) -> dict[str, Callable[..., str]]:
    """Functions written `prefix.name(arguments)`."""
    return {own: (lambda *items, word=word: f"{prefix}{word}({', '.join(items)})") for own, word in names.items()}


NAMES = {"exp": "exp", "log": "log", "tanh": "tanh", "sin": "sin", "cos": "cos", "sign": "sign", "absolute": "abs", "maximum": "maximum",
         "minimum": "minimum", "where": "where", "sqrt": "sqrt"}
NUMPY = Dialect("numpy", prefixed("np.", **NAMES) | {
    "step": lambda x: f"np.heaviside({x}, 0)", "equal": lambda x, y: f"np.equal({x}, {y}).astype(float)",
    "expm1": lambda x: f"np.expm1({x})", "log1p": lambda x: f"np.log1p({x})"}, "np.")
JAX = Dialect("jax", prefixed("jnp.", **NAMES) | {
    "step": lambda x: f"jnp.greater({x}, 0).astype(float)", "equal": lambda x, y: f"jnp.equal({x}, {y}).astype(float)",
    "expm1": lambda x: f"jnp.expm1({x})", "log1p": lambda x: f"jnp.log1p({x})"}, "jnp.")


def number(value: sp.Rational) -> Text:
    """A rational as a literal that is read back as the same rational."""
    if value.is_Integer:
        return Text(str(int(value)), ATOM if value >= 0 else SIGN)
    if not _decimal(value):
        raise UsageError(f"the number {value} has no finite decimal, and a float of it would be another number: it cannot be exported")
    return Text(repr(float(value)), ATOM if value >= 0 else SIGN)


class Formula:
    """Writes one expression; reads of arrays and symbols are written by functions that it is given."""

    def __init__(self, dialect: Dialect, read: Callable[[At], Text], symbol: Callable[[sp.Symbol], str],
                 rank: Callable[[sp.Expr], tuple], shared: Callable[[sp.Expr], bool] = lambda expr: not expr.has(At)) -> None:
        self.dialect, self.read, self.symbol, self.rank, self.shared = dialect, read, symbol, rank, shared

    def write(self, expr: sp.Expr) -> Text:
        if isinstance(expr, At):
            return self.read(expr)
        if expr.is_Rational:
            return number(expr)
        if expr.is_Symbol:
            return Text(self.symbol(expr), ATOM)
        if expr.is_Add:
            return self._sum(expr)
        if expr.is_Mul:
            return self._product(expr)
        if expr.is_Pow:
            return self._power(*expr.args)
        if isinstance(expr, sp.Function):
            return self._call(expr)
        raise UsageError(f"{expr}, a {type(expr).__name__}, cannot be exported to {self.dialect.name}")

    def condition(self, expr: sp.Expr) -> Text:
        """A truth value: a comparison where the expression is one."""
        name, inner, denied = type(expr).__name__, expr, False
        if expr.is_Add and len(expr.args) == 2 and expr.args[0] == 1 and expr.args[1].could_extract_minus_sign():
            inner, denied = -expr.args[1], True
            name = type(inner).__name__
        if expr.is_Mul and all(isinstance(a, At) for a in expr.args):
            return Text(" & ".join(self.write(a).at(SUM) for a in sorted(expr.args, key=self.rank)), COMPARISON)
        if name == "equal":
            return self._compared(inner.args[0], "!=" if denied else "==", inner.args[1])
        if name != "step":
            return self.write(expr)
        positive = [t for t in sp.Add.make_args(inner.args[0]) if not t.could_extract_minus_sign()]
        negative = [-t for t in sp.Add.make_args(inner.args[0]) if t.could_extract_minus_sign()]
        left, right = sp.Add(*positive), sp.Add(*negative)
        return self._compared(right, ">=", left) if denied else self._compared(left, ">", right)

    def _compared(self, left: sp.Expr, relation: str, right: sp.Expr) -> Text:
        return Text(f"{self.write(left).at(SUM)} {relation} {self.write(right).at(SUM)}", COMPARISON)

    def _sum(self, expr: sp.Expr) -> Text:
        """Terms in the order in which their arrays were computed, one with a plus sign first, numbers last."""
        if self._is_shifted_exponential(expr):
            (inner,) = [a.args[0] for a in expr.args if isinstance(a, sp.exp)]
            return Text(self.dialect.call("expm1", self.write(inner)), ATOM)
        terms = sorted(expr.args, key=lambda t: (t.could_extract_minus_sign(), self.rank(t)))
        if not any(t.has(At) for t in terms) or all(t.could_extract_minus_sign() for t in terms):
            terms = sorted(expr.args, key=lambda t: (t.could_extract_minus_sign(), not t.is_number, sp.default_sort_key(t)))
        text = self.write(terms[0]).at(SUM)
        for term in terms[1:]:
            minus = term.could_extract_minus_sign()
            text += f" {'-' if minus else '+'} {self.write(-term if minus else term).at(PRODUCT)}"
        return Text(text, SUM)

    def _is_shifted_exponential(self, expr: sp.Expr) -> bool:
        return len(expr.args) == 2 and sp.S.NegativeOne in expr.args and any(isinstance(a, sp.exp) for a in expr.args)

    def _product(self, expr: sp.Expr) -> Text:
        """What is made of numbers and symbols alone stands together, before the arrays."""
        if expr.could_extract_minus_sign():
            return Text(f"-{self.write(-expr).at(PRODUCT)}", SIGN) if (-expr).is_Mul or (-expr).is_Add or (-expr).is_Pow \
                else Text(f"-{self.write(-expr).at(SIGN)}", SIGN)
        scalars = sp.Mul(*[a for a in expr.args if not a.has(At)])
        arrays = sorted((a for a in expr.args if a.has(At)), key=self.rank)
        above = [a for a in arrays if not _below(a)]
        below = [1 / a for a in arrays if _below(a)]
        if not arrays:
            return self._fraction(expr)
        top, bottom = sp.fraction(scalars)
        factors = [self.write(a) for a in above]
        if scalars.is_Rational and not _decimal(scalars):
            below, scalars = [*below, sp.Integer(scalars.q)], sp.Integer(scalars.p)
        if scalars != 1 and not (top == 1 and above and not below):
            factors.insert(0, self.write(scalars))
        text = " * ".join(f.at(PRODUCT) if k == 0 else f.at(SIGN) for k, f in enumerate(factors)) or "1"
        below = [*below, bottom] if scalars != 1 and top == 1 and above and not below else below
        for factor in below:
            text += f" / {self.write(factor).at(SIGN)}"
        return Text(text, PRODUCT)

    def _fraction(self, expr: sp.Expr) -> Text:
        """A product of numbers and symbols."""
        top, bottom = sp.fraction(expr)
        if bottom == 1:
            factors = sorted(top.args if top.is_Mul else (top,), key=lambda a: (not a.is_number, sp.default_sort_key(a)))
            return Text(" * ".join(self.write(f).at(SIGN) for f in factors), PRODUCT)
        over = self.write(bottom)
        return Text(f"{self.write(top).at(PRODUCT)} / {over.at(SIGN)}", PRODUCT)

    def _power(self, base: sp.Expr, exponent: sp.Expr) -> Text:
        if exponent == sp.Rational(1, 2):
            return Text(self._words(base).call("sqrt", self.write(base)), ATOM)
        if exponent == -1:
            return Text(f"1 / {self.write(base).at(SIGN)}", PRODUCT)
        return Text(f"{self.write(base).at(ATOM)}**{self.write(exponent).at(SIGN)}", POWER)

    def _call(self, expr: sp.Function) -> Text:
        name, args = type(expr).__name__, expr.args
        words = self._words(expr)
        if name == "where":
            choice = "choice" if "choice" in words.functions and self.shared(args[0]) else name
            items = [self.condition(args[0]), *map(self.write, args[1:])]
            return Text(words.call(choice, *items), ATOM)
        if name == "log" and args[0].is_Add and sp.S.One in args[0].args:
            return Text(words.call("log1p", self.write(args[0] - 1)), ATOM)
        if f"{name} by a number" in words.functions and self.shared(args[1]) != self.shared(args[0]):
            how = f"{name} by a number" if self.shared(args[1]) else f"{name} of a number"     # at a tie the first one counts
            return Text(words.call(how, *map(self.write, args)), ATOM)
        return Text(words.call(name, *map(self.write, args)), ATOM)

    def _words(self, expr: sp.Expr) -> Dialect:
        return self.dialect.scalars if self.dialect.scalars and self.shared(expr) else self.dialect


def _below(factor: sp.Expr) -> bool:
    """Whether a factor stands under the line."""
    return factor.is_Pow and factor.exp == -1


def _decimal(value: sp.Rational) -> bool:
    return value.is_Integer or sp.Rational(repr(float(value))) == value
