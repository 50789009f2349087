"""Conditions about the inputs of a morphism, written as SymPy relations: a symbol named like a wire means each of its entries.

    v, t = sympy.symbols("v t", real=True)
    suppose(step, [v >= 0, t >= 1])

A relation between wires of one shape holds entry by entry; a wire of rank 0 goes with any shape.
"""

from __future__ import annotations

from collections.abc import Iterable

import sympy as sp
from sympy.core.relational import Relational

from symcat.category.comprehension import Fact, Requirement
from symcat.category.expression import At, index
from symcat.category.morphism import Builder, Morphism
from symcat.category.space import Real, Space
from symcat.errors import UsageError

REVERSED = (sp.StrictLessThan, sp.LessThan)
STRICT = (sp.StrictLessThan, sp.StrictGreaterThan)


def relations(condition: object) -> list[Relational]:
    """A condition as relations that hold jointly; UsageError for what is none, or false whatever its symbols are."""
    if isinstance(condition, (tuple, list)):
        return [relation for part in condition for relation in relations(part)]
    if condition is True or condition == sp.true:
        return []
    if condition is False or condition == sp.false:
        raise UsageError("an assumption is false whatever its symbols are: nothing can be decided under it")
    if isinstance(condition, sp.And):
        return [relation for part in sorted(condition.args, key=sp.default_sort_key) for relation in relations(part)]
    if not isinstance(condition, Relational) or condition.has(sp.Float):
        raise UsageError(f"the assumption {condition!r}: expected a relation without floats between wires, dims and hyperparameters, "
                         "such as v >= 0")
    return [condition]


def facts_of(relation: Relational) -> list[Fact]:
    """A relation between dims and hyperparameters as facts.

    >>> n = sp.Symbol("n", integer=True, positive=True)
    >>> [str(fact) for fact in facts_of(n > 1)]
    ['n - 1 > 0']
    """
    left, right = relation.args
    if isinstance(relation, sp.Unequality):
        return [Fact(sp.expand(left - right), "!=0")]
    if isinstance(relation, sp.Equality):
        return [Fact(sp.expand(left - right), ">=0"), Fact(sp.expand(right - left), ">=0")]
    gap = sp.expand(right - left if isinstance(relation, REVERSED) else left - right)
    return [Fact(gap, ">0" if isinstance(relation, STRICT) else ">=0")]


def about_wires(relation: Relational, dom: Space) -> bool:
    """Whether a relation is about a wire of the domain, not about dims and hyperparameters alone."""
    return any(symbol.name in dom.names for symbol in relation.free_symbols)


def requirement(dom: Space, relation: Relational) -> Requirement:
    """A relation as a condition on the entries of the wires that it names.

    >>> n = sp.Symbol("n", integer=True, positive=True)
    >>> from symcat.category.space import space
    >>> v = sp.Symbol("v", real=True)
    >>> print(requirement(space(v=Real[n], t=Real[()]), v >= 2))
    v[i] - 2 >= 0 for i < n
    """
    shape, left, right = entries(dom, relation)
    if isinstance(relation, REVERSED):
        left, right = right, left
    kind = "!=0" if isinstance(relation, sp.Unequality) else ">0" if isinstance(relation, STRICT) else ">=0"
    return Requirement(shape, left - right, kind, kind)


def entries(dom: Space, relation: Relational) -> tuple[tuple[sp.Expr, ...], sp.Expr, sp.Expr]:
    """The shape of the wires that a relation names, and its two sides as bodies over the indices of that shape."""
    if isinstance(relation, sp.Equality):
        raise UsageError(f"the condition {relation}: an equation is no requirement of a program; put the one side for the other")
    wires = {name: wire for name, wire in dom if name in {symbol.name for symbol in relation.free_symbols}}
    shapes = dict.fromkeys(wire.shape for wire in wires.values() if wire.shape)
    if not wires or len(shapes) > 1 or any(wire.base != Real for wire in wires.values()):
        raise UsageError(f"the condition {relation}: expected real wires of {dom}, of one shape or of rank 0")
    place = {symbol: At(symbol.name, *(index(k) for k in range(len(wires[symbol.name].shape))))
             for symbol in relation.free_symbols if symbol.name in wires}
    left, right = (sp.sympify(side, strict=True).xreplace(place) for side in relation.args)
    return next(iter(shapes), ()), left, right


def suppose(f: Morphism, conditions: Iterable[object]) -> Morphism:
    """The morphism on the inputs that satisfy conditions: these become its first requirements.

    >>> from symcat.category.space import space
    >>> from symcat.category.structure import identity
    >>> x = sp.Symbol("x", real=True)
    >>> print(suppose(identity(space(x=Real[()])), [x > 0]).requirements[0])
    x > 0
    """
    build = Builder()
    arguments = build.inputs(f.dom)
    for relation in relations(tuple(conditions)):
        found = requirement(f.dom, relation)
        build.require(found.extents, found.expr, found.relation)
    return build.build(build.call(f, arguments), f.cod.names)
