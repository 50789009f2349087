"""Linear typing: a program that is additive and zero-preserving in some of its inputs jointly, the others fixed.

Every array is graded: 0 does not depend on the chosen inputs, 1 is homogeneous linear in them, `ANY` is zero throughout.
A homogeneous linear comprehension of linear arrays is additive and sends zero to zero, over every base.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import sympy as sp

from symcat.category.comprehension import Comprehension
from symcat.category.expression import Argmax, At, Bracket, Delta
from symcat.category.functions import Smooth, detach, where
from symcat.category.morphism import Morphism

ANY = -1
Grade = int | None


def grades(f: Morphism, wires: Sequence[int]) -> dict[str, Grade]:
    """The grade of every array; None for one that depends on the inputs in another way."""
    chosen = set(wires)
    found: dict[str, Grade] = {name: int(k in chosen) for k, name in enumerate(f.dom.names)}
    for node in f.nodes:
        found[node.name] = _node(node, found)
    return found


def _node(node: Comprehension, known: Mapping[str, Grade]) -> Grade:
    indices = [e for e in (*node.out, *node.guards) for e in e.atoms(Argmax)]
    if any(known[selector.name] not in (0, ANY) for selector in indices):
        return None
    grade = degree(node.body, known)
    return None if node.op == "max" and grade not in (0, ANY) else grade


def degree(e: sp.Expr, known: Mapping[str, Grade]) -> Grade:
    """The degree of homogeneity of a body in the chosen inputs: 0, 1, `ANY` for zero, None for neither."""
    if e == 0:
        return ANY
    if any(known[selector.name] not in (0, ANY) for selector in e.atoms(Argmax)):
        return None
    if isinstance(e, At):
        return known[e.name]
    if not e.has(At) or isinstance(e, (Bracket, Delta)):
        return 0
    if e.is_Add:
        return _same([degree(arg, known) for arg in e.args])
    if e.is_Mul:
        return _product([degree(arg, known) for arg in e.args])
    if isinstance(e, detach):
        return degree(e.args[0], known)
    if isinstance(e, where) and degree(e.args[0], known) == 0:
        return _same([degree(arg, known) for arg in e.args[1:]])
    arguments = e.args[2:] if isinstance(e, Smooth) else e.args
    return 0 if all(degree(arg, known) in (0, ANY) for arg in arguments) else None


def _same(parts: Sequence[Grade]) -> Grade:
    kinds = {part for part in parts if part != ANY}
    if None in kinds or len(kinds) > 1:
        return None
    return kinds.pop() if kinds else ANY


def _product(parts: Sequence[Grade]) -> Grade:
    if None in parts:
        return None
    if ANY in parts:
        return ANY
    total = sum(parts)
    return total if total <= 1 else None
