"""Domain conditions in the words of a program's inputs, for people to read."""

from __future__ import annotations

from dataclasses import replace

import sympy as sp

from symcat.category.comprehension import Comprehension, Requirement
from symcat.category.expression import At, index
from symcat.category.morphism import Morphism

LIMIT = 120


def spelled(f: Morphism, requirement: Requirement) -> Requirement:
    """The requirement with intermediate arrays replaced by what they are, as long as it stays short.

    Only arrays computed entry by entry are replaced; sums and maxima keep their names.

    >>> from symcat.category.space import Real, space
    >>> from symcat.category.trace import trace
    >>> f = trace(lambda x, y: 1 / (x * x + y), space(x=Real["n"], y=Real["n"]))
    >>> print(f.requirements[0], "|", spelled(f, f.requirements[0]))
    add[i] != 0 for i < n | x[i]**2 + y[i] != 0 for i < n
    """
    nodes = {node.name: node for node in f.nodes
             if isinstance(node, Comprehension) and node.pointwise and node.op == "sum" and not node.base.modulus}
    expr = requirement.expr
    while True:
        known = {read: _entry(nodes[read.name], read) for read in expr.atoms(At) if read.name in nodes}
        longer = expr.xreplace(known)
        if not known or len(str(longer)) > LIMIT:
            return replace(requirement, expr=expr)
        expr = longer


def _entry(node: Comprehension, read: At) -> sp.Expr:
    """What an entry of an array is, by the comprehension that computes it."""
    return node.body.xreplace({index(k): e for k, e in enumerate(read.indices)})
