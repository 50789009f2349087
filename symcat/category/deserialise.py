"""Morphisms from JSON: what `serialise` wrote, loaded through one table of node types and checked like a program that is built.

Nothing is evaluated as text, and whatever is not such a program is a DataError.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

import sympy as sp
from sympy.core.symbol import Str

from symcat.category.comprehension import RELATIONS, Comprehension, Fact, Requirement
from symcat.category.expression import Argmax, At, index, is_index
from symcat.category.fold import Fold
from symcat.category.functions import Smooth
from symcat.category.morphism import Builder, Morphism, Node
from symcat.category.serialise import CALLS, KINDS, OPERATORS
from symcat.category.space import NAME, Base, Real, Space, Wire, Z
from symcat.errors import DataError, SymcatError

DEPTH = 200


def load(data: object) -> Morphism:
    """The morphism that `dump` wrote; DataError for anything else.

    >>> from symcat.category.serialise import dump
    >>> from symcat.category.space import space
    >>> from symcat.category.structure import copy
    >>> f = copy(space(x=Real["n"]))
    >>> load(dump(f)) == f
    True
    """
    try:
        return _checked(_load_morphism(data))
    except DataError:
        raise
    except SymcatError as error:
        raise DataError(f"the program is not well formed: {error}") from error
    except (ValueError, TypeError, LookupError, AttributeError, RecursionError, ArithmeticError) as error:
        raise DataError(f"the program cannot be read: {type(error).__name__}: {error}") from error


def load_fact(data: object) -> Fact:
    fields = _fields(data, ("expr", "relation"), "a fact")
    expr = load_expression(fields["expr"])
    if expr.has(At, Argmax) or any(map(is_index, expr.free_symbols)):
        raise DataError(f"the premise {expr}: expected dims and hyperparameters alone")
    return Fact(expr, _one_of(fields["relation"], RELATIONS, "a relation"))


def load_expression(data: object, depth: int = 0) -> sp.Expr:
    """The expression that `dump_expression` wrote, term by term as it was; DataError for anything else."""
    if depth > DEPTH:
        raise DataError(f"an expression is nested more than {DEPTH} deep")
    if isinstance(data, int) and not isinstance(data, bool):
        return sp.Integer(data)
    if not isinstance(data, list) or not data or not isinstance(data[0], str):
        raise DataError(f"{_short(data)} is not an expression: expected an integer or a list that starts with its kind")
    kind, rest = data[0], data[1:]
    if kind == "/":
        return _rational(rest)
    if kind == "index":
        return index(_natural(_only(rest, 1, kind)[0]))
    if kind in KINDS:
        return KINDS[kind](_name(_only(rest, 1, kind)[0]))
    if kind in ("at", "argmax", "Smooth"):
        return _load_access(kind, rest, depth)
    arguments = [load_expression(item, depth + 1) for item in rest]
    if kind in OPERATORS:
        if len(arguments) < 2:
            raise DataError(f"{_short(data)}: {kind} takes at least two arguments")
        return OPERATORS[kind](*arguments, evaluate=False)
    if kind == "^":
        return sp.Pow(*_only(arguments, 2, kind), evaluate=False)
    if kind in CALLS:
        call = CALLS[kind]
        if len(arguments) not in call.nargs:
            raise DataError(f"{_short(data)}: {kind} came with {len(arguments)} arguments")
        return call(*arguments)
    known = ", ".join(["/", "index", *KINDS, "at", "argmax", "Smooth", *OPERATORS, "^", *CALLS])
    raise DataError(f"{_short(kind)} is not a kind of expression: expected one of {known}")


def _load_access(kind: str, rest: list, depth: int) -> sp.Expr:
    if not rest:
        raise DataError(f"{kind} came without a name")
    name = Str(_name(rest[0]))
    if kind == "argmax":
        if len(rest) < 2:
            raise DataError("argmax came without a component")
        return Argmax(name, _natural(rest[1]), *(load_expression(item, depth + 1) for item in rest[2:]))
    arguments = [load_expression(item, depth + 1) for item in rest[1:]]
    return At(name, *arguments) if kind == "at" else Smooth(name, *_only(arguments, 2, kind))


def _load_morphism(data: object) -> Morphism:
    fields = _fields(data, ("dom", "cod", "nodes", "outs", "requirements", "facts"), "a morphism")
    return Morphism(
        _load_space(fields["dom"]),
        _load_space(fields["cod"]),
        tuple(_load_node(item) for item in _list(fields["nodes"], "nodes")),
        tuple(_name(item) for item in _list(fields["outs"], "outs")),
        tuple(_load_requirement(item) for item in _list(fields["requirements"], "requirements")),
        tuple(load_fact(item) for item in _list(fields["facts"], "facts")),
    )


def _load_space(data: object) -> Space:
    wires = []
    for item in _list(data, "a space"):
        name, modulus, shape = _only(_list(item, "a wire"), 3, "a wire")
        wires.append((_name(name), Wire(_base(modulus), _load_all(shape))))
    return Space(tuple(wires))


def _load_node(data: object) -> Node:
    if isinstance(data, dict) and "cell" in data:
        return _load_fold(data)
    fields = _fields(data, ("name", "modulus", "shape", "extents", "out", "body", "op", "guards"), "a comprehension")
    return Comprehension(_name(fields["name"]), _base(fields["modulus"]), _load_all(fields["shape"]), _load_all(fields["extents"]),
                         _load_all(fields["out"]), load_expression(fields["body"]), _one_of(fields["op"], ("sum", "max"), "a reducer"),
                         _load_all(fields["guards"]))


def _load_fold(data: object) -> Fold:
    fields = _fields(data, ("names", "cell", "states", "entries", "arguments", "length", "backward"), "a fold")
    if not isinstance(fields["backward"], bool):
        raise DataError(f"the direction of a fold is true or false, {_short(fields['backward'])} came")
    names, arguments = ([_name(item) for item in _list(fields[key], key)] for key in ("names", "arguments"))
    return Fold(tuple(names), _load_morphism(fields["cell"]), _natural(fields["states"]), _natural(fields["entries"]), tuple(arguments),
                load_expression(fields["length"]), fields["backward"])


def _load_requirement(data: object) -> Requirement:
    fields = _fields(data, ("extents", "expr", "relation", "smooth", "guards"), "a requirement")
    return Requirement(_load_all(fields["extents"]), load_expression(fields["expr"]), _one_of(fields["relation"], RELATIONS, "a relation"),
                       _one_of(fields["smooth"], RELATIONS, "a relation"), _load_all(fields["guards"]))


def _load_all(data: object) -> tuple[sp.Expr, ...]:
    return tuple(load_expression(item) for item in _list(data, "a list of expressions"))


def _checked(f: Morphism) -> Morphism:
    """The morphism, when every comprehension of it passes the builder's checks under the facts that it states."""
    build = Builder()
    build.facts = dict.fromkeys(f.facts)
    names = {name: build.input(name, wire) for name, wire in f.dom}
    wires = dict(f.dom.wires)
    made: dict[str, Comprehension] = {}
    for node in f.nodes:
        if known := wires.keys() & node.makes.keys():
            raise DataError(f"array {min(known)} is defined twice")
        if isinstance(node, Fold):
            _cell(node, f)
        else:
            _loops((*node.shape, *node.extents), 0, node.name)
            _loops((*node.out, node.body, *node.guards), len(node.extents), node.name)
            made[node.name] = node
        build.follow(node, names)
        if not isinstance(node, Fold):
            _selectors((*node.out, node.body, *node.guards), made)
        wires |= node.makes
    for requirement in f.requirements:
        _known(requirement.sources, wires, "a requirement")
        _selectors((requirement.expr, *requirement.guards), made)
        _loops(requirement.extents, 0, "a requirement")
        _loops((requirement.expr, *requirement.guards), len(requirement.extents), "a requirement")
        build.ranged(requirement.rename(names))
    _known(f.outs, wires, "the list of outputs")
    if tuple(wires[out] for out in f.outs) != f.cod.types:
        raise DataError(f"the outputs are {', '.join(str(wires[out]) for out in f.outs)} but the codomain is {f.cod}")
    if len(build.facts) != len(f.facts):
        missing = ", ".join(str(fact) for fact in build.facts if fact not in f.facts)
        raise DataError(f"the program needs premises that it does not state: {missing}")
    return f


def _cell(fold: Fold, f: Morphism) -> None:
    """The cell of a fold is a program under the facts that the whole states, and states nothing itself."""
    if fold.cell.requirements or fold.cell.facts:
        raise DataError("the cell of a fold states premises: those of a fold are stated by the program that holds it")
    if len(set(fold.names)) != len(fold.names):
        raise DataError(f"the results {', '.join(fold.names)} of a fold: each has a name of its own")
    _loops((fold.length,), 0, "a fold")
    _checked(replace(fold.cell, facts=f.facts))


def _loops(exprs: tuple[sp.Expr, ...], count: int, what: str) -> None:
    """Only the first `count` loop indices may occur."""
    allowed = {index(k) for k in range(count)}
    for e in exprs:
        if stray := sorted(s.name for s in e.free_symbols if is_index(s) and s not in allowed):
            raise DataError(f"{what} uses the loop index {stray[0]} in {e}, which has no extent there")


def _selectors(exprs: tuple[sp.Expr, ...], made: Mapping[str, Comprehension]) -> None:
    """Every selector names a maximum that is made before, one of its reduced indices, and an entry of it."""
    for selector in (call for e in exprs for call in e.atoms(Argmax)):
        source = made.get(selector.name)
        if source is None or source.op != "max":
            raise DataError(f"{selector} selects from {selector.name}, which is not a maximum of this program")
        if selector.component >= len(source.reduced) or len(selector.indices) != len(source.shape):
            raise DataError(f"{selector} does not fit the maximum {source}")


def _known(names: Iterable[str], wires: Mapping[str, Wire], what: str) -> None:
    for name in names:
        if name not in wires:
            raise DataError(f"{what} names {name}, which is not an array of this program")


# ---- pieces
def _base(modulus: object) -> Base:
    return Z[modulus] if _natural(modulus) else Real


def _rational(rest: list) -> sp.Rational:
    p, q = (load_expression(item) for item in _only(rest, 2, "/"))
    if not (p.is_Integer and q.is_Integer and q > 1):
        raise DataError(f"{_short(['/', *rest])} is not a fraction in lowest terms with a denominator of at least 2")
    value = sp.Rational(p, q)
    if value.q != q:
        raise DataError(f"{p}/{q} is not in lowest terms")
    return value


def _natural(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise DataError(f"{_short(value)} is not a natural number")
    return value


def _name(value: object) -> str:
    if not isinstance(value, str) or not NAME.match(value):
        raise DataError(f"{_short(value)} is not a name: expected letters, digits and _, starting with a letter")
    return value


def _list(data: object, what: str) -> list:
    if not isinstance(data, list):
        raise DataError(f"{what}: expected a list, {_short(data)} came")
    return data


def _only(items: list, count: int, what: str) -> list:
    if len(items) != count:
        raise DataError(f"{what} takes {count} arguments, {len(items)} came")
    return items


def _one_of(value: object, allowed: tuple[str, ...], what: str) -> str:
    if value not in allowed:
        raise DataError(f"{_short(value)} is not {what}: expected one of {', '.join(allowed)}")
    return value


def _fields(data: object, names: tuple[str, ...], what: str) -> Mapping[str, Any]:
    if not isinstance(data, dict) or sorted(data) != sorted(names):
        raise DataError(f"{what} has the fields {', '.join(names)}; {_short(data)} came")
    return data


def _short(data: object) -> str:
    text = repr(data)
    return text if len(text) <= 80 else text[:77] + "..."
