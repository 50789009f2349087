"""Formulas as nested lists and back: like the expressions of programs, with connectives, relations and symbols of three kinds."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import sympy as sp
from sympy.functions.elementary.piecewise import ExprCondPair
from sympy.logic.boolalg import BooleanAtom

from symcat.category.functions import FUNCTIONS, Smooth
from symcat.errors import DataError
from symcat.prove.claim import Formula

DEPTH = 200
TERMS: dict[str, type] = {
    "+": sp.Add, "*": sp.Mul, "^": sp.Pow, "and": sp.And, "or": sp.Or, "not": sp.Not, "xor": sp.Xor, "implies": sp.Implies,
    "iff": sp.Equivalent, "ite": sp.ITE, ">": sp.StrictGreaterThan, ">=": sp.GreaterThan, "<": sp.StrictLessThan, "<=": sp.LessThan,
    "=": sp.Equality, "!=": sp.Unequality, "Max": sp.Max, "Min": sp.Min, "Abs": sp.Abs, "Sign": sp.sign, "Piecewise": sp.Piecewise,
    "piece": ExprCondPair, "exp": sp.exp, "sin": sp.sin, "cos": sp.cos, "sinh": sp.sinh, "cosh": sp.cosh,
} | {cls.__name__: cls for cls in FUNCTIONS if cls is not Smooth}
CONSTANTS = {"pi": sp.pi, "E": sp.E}
WORDS = {cls: word for word, cls in TERMS.items()}
SYMBOLS: dict[str, Callable[[str], sp.Symbol]] = {
    "real": lambda name: sp.Symbol(name, real=True),
    "integer": lambda name: sp.Symbol(name, integer=True),
    "dim": lambda name: sp.Symbol(name, integer=True, positive=True),
    "symbol": sp.Symbol,
}


def dump_formula(formula: Formula) -> dict[str, Any]:
    """A formula as JSON-able data; DataError when it holds what `TERMS` lacks."""
    return {"kind": "formula", "hypotheses": [dump_term(h) for h in formula.hypotheses], "conclusion": dump_term(formula.conclusion)}


def load_formula(data: dict[str, Any]) -> Formula:
    """The formula that `dump_formula` wrote; DataError for anything else."""
    if sorted(data) != ["conclusion", "hypotheses", "kind"] or not isinstance(data["hypotheses"], list):
        raise DataError("a formula has the fields kind, hypotheses (a list) and conclusion")
    try:
        formula = Formula(tuple(load_term(h) for h in data["hypotheses"]), load_term(data["conclusion"]))
    except (TypeError, ValueError, ArithmeticError, AttributeError, RecursionError) as error:
        raise DataError(f"the formula cannot be read: {type(error).__name__}: {error}") from error
    if dump_formula(formula) != data:
        raise DataError("the formula does not come back as it was written: it is not in the form in which formulas are kept")
    return formula


def dump_term(term: sp.Basic) -> Any:
    """One term.

    >>> x = sp.Symbol("x", real=True)
    >>> dump_term(sp.Or(x > 0, sp.Eq(x, -1)))
    ['or', ['=', ['real', 'x'], -1], ['>', ['real', 'x'], 0]]
    """
    if isinstance(term, BooleanAtom):
        return bool(term)
    if term.is_Integer:
        return int(term)
    if term.is_Rational:
        return ["/", int(term.p), int(term.q)]
    if term in CONSTANTS.values():
        return ["constant", next(name for name, value in CONSTANTS.items() if value == term)]
    if term.is_Symbol:
        for kind, make in SYMBOLS.items():
            if term == make(term.name):
                return [kind, term.name]
    elif type(term) in WORDS:
        return [WORDS[type(term)], *map(dump_term, term.args)]
    raise DataError(f"cannot write {term}, a {type(term).__name__}: a formula is made of {', '.join(TERMS)} over rationals and symbols")


def load_term(data: Any, depth: int = 0) -> sp.Basic:
    """One term; DataError for anything that `dump_term` does not write."""
    if depth > DEPTH:
        raise DataError(f"a formula is nested more than {DEPTH} deep")
    if isinstance(data, bool):
        return sp.true if data else sp.false
    if isinstance(data, int):
        return sp.Integer(data)
    if not isinstance(data, list) or not data or not isinstance(data[0], str):
        raise DataError(f"{str(data)[:60]} is not a term: expected an integer, a truth value, or a list that starts with its kind")
    kind, rest = data[0], data[1:]
    if kind in SYMBOLS and len(rest) == 1 and isinstance(rest[0], str):
        return SYMBOLS[kind](rest[0])
    if kind == "constant" and len(rest) == 1 and isinstance(rest[0], str) and rest[0] in CONSTANTS:
        return CONSTANTS[rest[0]]
    if kind == "/" and len(rest) == 2 and all(type(part) is int for part in rest) and rest[1] > 1:
        return sp.Rational(*rest)
    if kind in TERMS:
        parts = [load_term(item, depth + 1) for item in rest]
        made = TERMS[kind](*parts)
        # 6*k is never 1 + 6*j, and SymPy knows: the relation is kept as it was written when it is about symbols
        decided = kind in ("=", "!=") and isinstance(made, BooleanAtom) and any(part.free_symbols for part in parts)
        return TERMS[kind](*parts, evaluate=False) if decided else made
    raise DataError(f"{str(data)[:60]} is not a term: expected one of {', '.join([*SYMBOLS, 'constant', '/', *TERMS])}")
