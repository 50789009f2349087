"""Inequalities as certificates state them: over real or integer symbols, what is known of signs among the assumptions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import sympy as sp

from symcat.errors import DataError, UsageError
from symcat.laws.claim import ORDERS, Inequality
from symcat.prove.formula import dump_term, load_term
from symcat.prove.translate import assumed

SIGNS = (("positive", sp.StrictGreaterThan), ("negative", sp.StrictLessThan), ("nonnegative", sp.GreaterThan),
         ("nonpositive", sp.LessThan), ("nonzero", sp.Unequality))
FIELDS = ["assuming", "kind", "lhs", "rel", "rhs"]


def canonical(goal: Inequality) -> Inequality:
    """The same goal over plain symbols.

    >>> p = sp.Symbol("p", positive=True)
    >>> canonical(Inequality(0, p, "<")).assuming
    (p > 0,)
    """
    place: dict[sp.Basic, sp.Basic] = {}
    signs: list[sp.Basic] = []
    for symbol in goal.symbols:
        kind = ["integer" if symbol.is_integer else "real"]
        plain = sp.Symbol(symbol.name, **dict.fromkeys(kind, True))
        sign = next(((name, relation) for name, relation in SIGNS if getattr(symbol, f"is_{name}")), None)
        like = sp.Symbol(symbol.name, **dict.fromkeys([*kind, *([sign[0]] if sign else [])], True))
        if symbol not in (sp.Symbol(symbol.name), like):
            raise UsageError(f"the symbol {symbol} has assumptions that cannot be stated in a certificate: expected real or integer, "
                             "and a sign")
        place[symbol] = plain
        signs += [sign[1](plain, 0)] if sign else []
    given = [relation for one in goal.assuming for relation in assumed(one)]
    found = [relation.xreplace(place) for relation in given]
    kept = tuple(dict.fromkeys(relation for relation in (*signs, *found) if relation != sp.true))
    return Inequality(goal.lhs.xreplace(place), goal.rhs.xreplace(place), goal.rel, kept)


def dump_inequality(goal: Inequality) -> dict[str, Any]:
    """An inequality as JSON-able data; DataError when it holds what formulas cannot hold."""
    try:
        plain = canonical(goal)
    except UsageError as error:
        raise DataError(str(error)) from error
    return {"kind": "inequality", "lhs": dump_term(plain.lhs), "rhs": dump_term(plain.rhs), "rel": plain.rel,
            "assuming": [dump_term(relation) for relation in plain.assuming]}


def load_inequality(data: Mapping[str, Any]) -> Inequality:
    """The inequality that `dump_inequality` wrote; DataError for anything else."""
    if sorted(data) != FIELDS or data["rel"] not in ORDERS or not isinstance(data["assuming"], list):
        raise DataError(f"an inequality has the fields {', '.join(FIELDS)}, and its relation is one of {', '.join(ORDERS)}")
    try:
        goal = Inequality(load_term(data["lhs"]), load_term(data["rhs"]), data["rel"], tuple(map(load_term, data["assuming"])))
        same = dump_inequality(goal) == dict(data)
    except (TypeError, ValueError, ArithmeticError, AttributeError, RecursionError, sp.SympifyError) as error:
        raise DataError(f"the inequality cannot be read: {type(error).__name__}: {error}") from error
    if not same:
        raise DataError("the inequality does not come back as it was written: it is not in the form in which inequalities are kept")
    return goal
