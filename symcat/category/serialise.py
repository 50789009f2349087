"""Morphisms as JSON: programs as nested lists.

An expression is an integer, or a list that starts with its kind: `["/", 1, 3]`, `["dim", "n"]`, `["index", 0]`,
`["real", "lr"]`, `["+", a, b]`, `["*", a, b]`, `["^", a, b]`, `["at", "x", i, j]`, `["argmax", "m", 0, i]`, or the name of a
function with its arguments.  `deserialise` reads them back.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any

import sympy as sp

from symcat.category.comprehension import Fact
from symcat.category.expression import Argmax, At, Bracket, Delta, index, is_index
from symcat.category.fold import Fold
from symcat.category.functions import FUNCTIONS, Smooth
from symcat.category.morphism import Morphism, Node
from symcat.category.space import NAME, Space
from symcat.errors import DataError

CALLS: dict[str, type] = {cls.__name__: cls for cls in (sp.exp, Bracket, Delta, *FUNCTIONS) if cls is not Smooth}
KINDS: dict[str, Callable[[str], sp.Symbol]] = {
    "dim": lambda name: sp.Symbol(name, integer=True, positive=True),
    "real": lambda name: sp.Symbol(name, real=True),
}
OPERATORS: dict[str, type] = {"+": sp.Add, "*": sp.Mul}


def canonical_json(data: object) -> str:
    """The one text of JSON-able data: keys sorted, no spaces."""
    return json.dumps(data, sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False)


def content_digest(data: object) -> str:
    """SHA-256 of the canonical text of JSON-able data."""
    return hashlib.sha256(canonical_json(data).encode()).hexdigest()


def dump(f: Morphism) -> dict[str, Any]:
    """A morphism as JSON-able data; DataError when it holds an expression that is not of this language."""
    return {
        "dom": _dump_space(f.dom),
        "cod": _dump_space(f.cod),
        "nodes": [_dump_node(node) for node in f.nodes],
        "outs": list(f.outs),
        "requirements": [{"extents": _dump_all(r.extents), "expr": dump_expression(r.expr), "relation": r.relation, "smooth": r.smooth,
                          "guards": _dump_all(r.guards)} for r in f.requirements],
        "facts": [dump_fact(fact) for fact in f.facts],
    }


def dump_fact(fact: Fact) -> dict[str, Any]:
    return {"expr": dump_expression(fact.expr), "relation": fact.relation}


def dump_expression(expr: sp.Expr) -> Any:
    """An expression as nested lists.

    >>> dump_expression(At("x", index(0)) ** 2 / 3)
    ['*', ['/', 1, 3], ['^', ['at', 'x', ['index', 0]], 2]]
    """
    if expr.is_Integer:
        return int(expr)
    if expr.is_Rational:
        return ["/", int(expr.p), int(expr.q)]
    if expr is sp.S.Exp1:
        return ["exp", 1]
    if expr.is_Symbol:
        return _dump_symbol(expr)
    if isinstance(expr, At):
        return ["at", expr.name, *map(dump_expression, expr.indices)]
    if isinstance(expr, Argmax):
        return ["argmax", expr.name, expr.component, *map(dump_expression, expr.indices)]
    if isinstance(expr, Smooth):
        return ["Smooth", expr.args[0].name, *map(dump_expression, expr.args[1:])]
    for word, operator in OPERATORS.items():
        if isinstance(expr, operator):
            return [word, *map(dump_expression, expr.args)]
    if expr.is_Pow:
        return ["^", *map(dump_expression, expr.args)]
    if CALLS.get(type(expr).__name__) is type(expr):
        return [type(expr).__name__, *map(dump_expression, expr.args)]
    raise DataError(f"cannot write {expr}, a {type(expr).__name__}: a body is made of reads, rationals, symbols, +, *, ^ "
                    "and declared functions")


def _dump_symbol(symbol: sp.Symbol) -> list:
    if is_index(symbol) and symbol.name[1:].isdigit() and symbol == index(int(symbol.name[1:])):
        return ["index", int(symbol.name[1:])]
    for kind, make in KINDS.items():
        if symbol == make(symbol.name) and NAME.match(symbol.name):
            return [kind, symbol.name]
    raise DataError(f"cannot write the symbol {symbol}: it is neither a loop index, a dim (integer, positive) nor a hyperparameter (real)")


def _dump_all(exprs: tuple[sp.Expr, ...]) -> list:
    return [dump_expression(e) for e in exprs]


def _dump_space(space: Space) -> list:
    return [[name, wire.base.modulus, _dump_all(wire.shape)] for name, wire in space]


def _dump_node(node: Node) -> dict[str, Any]:
    if isinstance(node, Fold):
        return {"names": list(node.names), "cell": dump(node.cell), "states": node.states, "entries": node.entries,
                "arguments": list(node.arguments), "length": dump_expression(node.length), "backward": node.backward}
    return {"name": node.name, "modulus": node.base.modulus, "shape": _dump_all(node.shape), "extents": _dump_all(node.extents),
            "out": _dump_all(node.out), "body": dump_expression(node.body), "op": node.op, "guards": _dump_all(node.guards)}
