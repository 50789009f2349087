"""Goals over scalars as certificates state them: nested lists of operations, read back by a whitelist."""

from __future__ import annotations

import re
from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from symcat.category.space import NAME
from symcat.errors import DataError
from symcat.prove.field.read import RELATIONS, Condition, ScalarGoal
from symcat.prove.field.term import ARITY, Term, data

DEPTH = 300
KIND = "scalar"
NUMBER = re.compile(r"-?[0-9]{1,4000}(/[1-9][0-9]{0,4000})?")
VALUED = ("number", "variable", "power", "root")


def dump_scalar(goal: ScalarGoal) -> dict[str, Any]:
    """A goal as JSON-able data."""
    def conditions(found: tuple[Condition, ...]) -> list:
        return [[c.relation, data(c.term)] for c in found]
    return {"kind": KIND, "lhs": data(goal.lhs), "rhs": data(goal.rhs), "variables": list(goal.variables),
            "integers": sorted(goal.integers), "assumptions": conditions(goal.assumptions), "required": conditions(goal.required)}


def load_scalar(given: Mapping[str, Any]) -> ScalarGoal:
    """The goal that `dump_scalar` wrote; DataError for anything else.

    >>> from symcat.prove.field.term import variable
    >>> goal = ScalarGoal(variable("x"), variable("x"), ("x",))
    >>> load_scalar(dump_scalar(goal)) == goal
    True
    """
    if sorted(given) != ["assumptions", "integers", "kind", "lhs", "required", "rhs", "variables"]:
        raise DataError("a goal over scalars has the fields assumptions, integers, kind, lhs, required, rhs and variables")
    names, integers = given["variables"], given["integers"]
    if not all(isinstance(some, list) and all(isinstance(name, str) for name in some) for some in (names, integers)):
        raise DataError("the variables and integers of a goal over scalars are lists of names")
    if len(set(names)) < len(names) or not set(integers) <= set(names):
        raise DataError("the variables of a goal over scalars differ, and its integers are among them")
    goal = ScalarGoal(_term(given["lhs"], names), _term(given["rhs"], names), tuple(names), _conditions(given["assumptions"], names),
                      frozenset(integers), _conditions(given["required"], names))
    if dump_scalar(goal) != dict(given):
        raise DataError("the goal does not come back as it was written: it is not in the form in which goals are kept")
    return goal


def _conditions(given: Any, names: list[str]) -> tuple[Condition, ...]:
    if not isinstance(given, list) or not all(isinstance(c, list) and len(c) == 2 and c[0] in RELATIONS for c in given):
        raise DataError(f"a condition is a relation, one of {', '.join(RELATIONS)}, and a term")
    return tuple(Condition(_term(term, names), relation) for relation, term in given)


def _term(given: Any, names: list[str], depth: int = 0) -> Term:
    """One term."""
    if depth > DEPTH or not isinstance(given, list) or not given or not isinstance(given[0], str) or given[0] not in ARITY:
        raise DataError(f"{str(given)[:60]} is not a term, or one nested more than {DEPTH} deep: expected a list that starts with one of "
                        f"{', '.join(ARITY)}")
    op, rest = given[0], given[1:]
    value = None
    if op in VALUED:
        if not rest or not isinstance(rest[0], str):
            raise DataError(f"{op} without its value")
        value, rest = _value(op, rest[0], names), rest[1:]
    if ARITY[op] is not None and len(rest) != ARITY[op]:
        raise DataError(f"{op} of {len(rest)} terms: expected {ARITY[op]}")
    return Term(op, tuple(_term(argument, names, depth + 1) for argument in rest), value)


def _value(op: str, given: str, names: list[str]) -> Fraction | int | str:
    if op == "variable":
        if given not in names or not NAME.match(given):
            raise DataError(f"the variable {given[:60]!r} is none of {', '.join(names)}")
        return given
    if not NUMBER.fullmatch(given):
        raise DataError(f"{given[:60]!r} is not a number")
    if op == "number":
        return Fraction(given)
    if "/" in given or int(given) < 2:
        raise DataError(f"{op} {given[:60]}: expected an integer above 1")
    return int(given)
