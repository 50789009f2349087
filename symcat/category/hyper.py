"""Hyperparameters: named real symbols with an exact default and a declared or inferred range."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from fractions import Fraction
from typing import TypeAlias

import numpy as np
import sympy as sp

from symcat.category.comprehension import Fact
from symcat.category.space import NAME
from symcat.errors import DomainError, UsageError

Number: TypeAlias = int | float | Fraction | sp.Rational


def exact_number(value: object) -> sp.Rational:
    """A Python or NumPy number as a rational; a float is the rational of its shortest decimal.

    >>> exact_number(0.9), exact_number(3), exact_number(1e-8)
    (9/10, 3, 1/100000000)
    """
    if isinstance(value, (bool, np.bool_, int, np.integer)):
        return sp.Integer(int(value))
    if isinstance(value, (sp.Rational, Fraction)):
        return sp.Rational(value)
    if isinstance(value, (float, np.floating)):
        if not np.isfinite(value):
            raise DomainError(f"the number {value} is not real: use a finite number, or a mask with where")
        return sp.Rational(str(value))
    raise UsageError(f"{value!r} of type {type(value).__name__} is not a real number: expected an int, a float or a Fraction")


@dataclass(frozen=True)
class Hyper:
    """A hyperparameter: `low <= name <= high`, with `<` at an end that is open.

    >>> beta = Hyper("b1", sp.Rational(9, 10), low=sp.Integer(0), high=sp.Integer(1), open_high=True)
    >>> [str(fact) for fact in beta.facts]
    ['b1 >= 0', '1 - b1 > 0']
    """

    name: str
    default: sp.Rational | None = None
    low: sp.Rational | None = None
    high: sp.Rational | None = None
    open_low: bool = False
    open_high: bool = False

    def __post_init__(self) -> None:
        if self.name and not NAME.match(self.name):
            raise UsageError(f"hyperparameter name {self.name!r}: use letters, digits and _, starting with a letter")
        if self.default is not None and not self.admits(self.default):
            raise DomainError(f"hyperparameter {self.name or '(unnamed)'} has default {self.default}, outside its range {self.range}")

    @property
    def symbol(self) -> sp.Symbol:
        return sp.Symbol(self.name, real=True)

    @property
    def facts(self) -> tuple[Fact, ...]:
        """The range as premises."""
        found = []
        if self.low is not None:
            found.append(Fact(self.symbol - self.low, ">0" if self.open_low else ">=0"))
        if self.high is not None:
            found.append(Fact(self.high - self.symbol, ">0" if self.open_high else ">=0"))
        return tuple(found)

    @property
    def range(self) -> str:
        """The range as an interval, for messages."""
        left = "(-oo" if self.low is None else f"{'(' if self.open_low else '['}{self.low}"
        return left + (", oo)" if self.high is None else f", {self.high}{')' if self.open_high else ']'}")

    def admits(self, value: object) -> bool:
        """Whether a number lies in the range."""
        number = exact_number(value)
        above = self.low is None or (number > self.low if self.open_low else number >= self.low)
        below = self.high is None or (number < self.high if self.open_high else number <= self.high)
        return bool(above and below)

    def check(self, value: object) -> sp.Rational:
        """The number, exact; DomainError when it is outside the range."""
        if not self.admits(value):
            raise DomainError(f"hyperparameter {self.name} = {value} is outside its range {self.range}")
        return exact_number(value)

    def closed(self) -> Hyper:
        """The same with its ends in the range.

        >>> infer("b1").closed().range, infer("eps").closed().admits(0)
        ('[0, 1]', True)
        """
        return replace(self, open_low=False, open_high=False)

    def named(self, name: str) -> Hyper:
        return replace(self, name=name)

    def model(self) -> sp.Expr:
        """The symbol's range as the image of a symbol that SymPy knows to be nonnegative (or positive, or real)."""
        free = sp.Dummy(self.name, real=True)
        kind = {"positive": True} if self.open_low else {"nonnegative": True}
        if self.low is not None and self.high is None:
            return self.low + sp.Dummy(self.name, **kind)
        if self.low is None or not self.open_high:
            return free
        u = sp.Dummy(self.name, **kind)
        return (self.low + self.high * u) / (1 + u)


def hyper(default: Number | None = None, *, name: str = "", low: Number | None = None, high: Number | None = None,
          above: Number | None = None, below: Number | None = None) -> Hyper:
    """Declare a hyperparameter: `low` and `high` may be reached, `above` and `below` may not.

    >>> hyper(0.9, low=0, below=1).range
    '[0, 1)'
    """
    if (low is not None and above is not None) or (high is not None and below is not None):
        raise UsageError("hyper: give low or above, and high or below, not both of a pair")
    given = (default, low if above is None else above, high if below is None else below)
    first, second, third = (None if end is None else exact_number(end) for end in given)
    return Hyper(name, first, second, third, open_low=above is not None, open_high=below is not None)


RANGES: tuple[tuple[str, Hyper], ...] = (
    (r"weight_decay|l1|l2|wd", hyper(low=0)),
    (r"(learning_)?rate|lr|step_size|eps(ilon)?|delta", hyper(above=0)),
    (r"b[0-9]|beta_?[0-9]*|gamma|momentum|mu|rho|decay", hyper(low=0, below=1)),
)


def infer(name: str, default: Number | None = None) -> Hyper:
    """The hyperparameter of a name, with the range that the name suggests unless the default lies outside it.

    >>> infer("b1", 0.9).range, infer("lr", 1e-3).range, infer("scale", 2).range
    ('[0, 1)', '(0, oo)', '(-oo, oo)')
    """
    number = None if default is None else exact_number(default)
    for pattern, suggested in RANGES:
        if re.fullmatch(pattern, name) and (number is None or suggested.admits(number)):
            return replace(suggested, name=name, default=number)
    return Hyper(name, number)


def certainly(expr: sp.Expr, relation: str, hypers: Mapping[sp.Symbol, Hyper]) -> bool:
    """Whether `expr relation` holds for all dims and all hyperparameters in their ranges (shown), or not (not shown).

    >>> b = infer("b1")
    >>> certainly(1 - b.symbol, ">0", {b.symbol: b}), certainly(b.symbol, ">0", {b.symbol: b})
    (True, False)
    """
    models = {s: hypers[s].model() for s in sorted(expr.free_symbols, key=lambda s: s.name) if s in hypers}
    form = sp.factor(sp.together(expr.xreplace(models))) if models else expr
    if form.has(sp.zoo, sp.nan, sp.oo):
        return False
    verdict = {"!=0": form.is_zero is False, ">0": form.is_positive is True, ">=0": form.is_nonnegative is True}
    return verdict[relation]
