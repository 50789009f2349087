"""Which requirements are no premises, because they follow from facts about hyperparameters alone.

Their normal forms use no licence, not even one of another requirement; so each that is shown here follows from the facts, and
whatever else is shown of the others, in whatever order, no two vouch for each other.  A sign is read off the normal form, or
else off the program: an even power, a sum of such, a root are at least 0 however they are multiplied out.
"""

from __future__ import annotations

from collections.abc import Sequence

import sympy as sp

from symcat.category.comprehension import Requirement
from symcat.category.expression import Argmax, At, Bracket, Delta, is_index
from symcat.category.functions import absolute, detach, maximum, minimum, relu, sigmoid, sign, softplus, step, where
from symcat.prove.index.affine import number, plus, variable
from symcat.prove.index.program import Cuts, Program
from symcat.prove.index.sums import Normaliser
from symcat.prove.index.table import Expr, Read

Sign = tuple[int, bool] | None      # 1 for at least 0, -1 for at most 0, and whether it is never 0; None for not shown
ALWAYS_POSITIVE = (sp.exp, sigmoid, softplus)
NEVER_NEGATIVE = (relu, absolute, step, Bracket, Delta)
LIKE_ARGUMENT = (sp.tanh, sign, detach)


def shown(program: Program, value: Expr, requirement: Requirement) -> bool:
    """Whether a requirement, in normal form, follows from the facts."""
    algebra = program.algebra.under(program.algebra.domain.facts())
    return algebra.known(value, requirement.relation) or Signs(program, algebra).holds(requirement)


class Signs:
    """The signs of a program's arrays under one algebra."""

    def __init__(self, program: Program, algebra: Normaliser) -> None:
        self.program, self.algebra = program, algebra
        self.scalars = Program(program.morphism, algebra, Cuts(0))
        self.known: dict[str, Sign] = {}

    def holds(self, requirement: Requirement) -> bool:
        """Whether the requirement is shown by the signs of what it is made of."""
        found = self.expression(requirement.expr)
        return found is not None and {">=0": found[0] > 0, ">0": found == (1, True), "!=0": found[1]}[requirement.relation]

    def array(self, name: str) -> Sign:
        """The sign that all entries of an array have."""
        if name not in self.known:
            self.known[name] = self._input(name) if name in self.program.inputs else self._node(name)
        return self.known[name]

    def _input(self, name: str) -> Sign:
        formals = self.program.formals(self.program.morphism.wires[name].shape)
        read = self.algebra.atom(Read(self.program.inputs[name], tuple(map(variable, formals))))
        return _sign(self.algebra.sign(read))

    def _node(self, name: str) -> Sign:
        node = self.program.nodes[name]
        if node.base.modulus:
            return None
        found = self.expression(node.body)
        if found is None or not found[1] or node.op == "max":
            return found
        full = node.gather and all(self.algebra.context.holds(plus(self.program.extent(d), number(-1))) for d in node.extents)
        return found[0], full

    # ---- expressions
    def expression(self, e: sp.Expr) -> Sign:
        """The sign of a body at all points at which it is defined."""
        if e.is_Rational:
            return (1 if e >= 0 else -1), e != 0
        if isinstance(e, At):
            return self.array(e.name)
        if isinstance(e, Argmax) or e.is_Symbol:
            return self._symbol(e)
        found = self._composite(e)
        if found is None and not e.has(At, Argmax) and not any(is_index(s) for s in e.free_symbols):
            found = _sign(self.algebra.sign(self.scalars.convert(e, {})))
        return found

    def _symbol(self, e: sp.Expr) -> Sign:
        if isinstance(e, Argmax) or is_index(e):
            return 1, False
        return _sign(self.algebra.sign(self.scalars.convert(e, {})))

    def _composite(self, e: sp.Expr) -> Sign:
        if e.is_Add:
            return _added([self.expression(arg) for arg in e.args])
        if e.is_Mul:
            return _multiplied([self.expression(arg) for arg in e.args])
        if isinstance(e, ALWAYS_POSITIVE):
            return 1, True
        if isinstance(e, NEVER_NEGATIVE):
            return 1, False
        if e.is_Pow:
            return self._power(e)
        if isinstance(e, LIKE_ARGUMENT):
            return self.expression(e.args[0])
        if isinstance(e, where):
            return _common([self.expression(arg) for arg in e.args[1:]])
        if isinstance(e, (maximum, minimum)):
            return self._greater([self.expression(arg) for arg in e.args], 1 if isinstance(e, maximum) else -1)
        return None

    def _power(self, e: sp.Pow) -> Sign:
        """An even power is at least 0, an odd one has the sign of its base, a root and a real power of a base at least 0 are too."""
        base, exponent = self.expression(e.base), e.exp
        strict = base is not None and base[1]
        if exponent.is_Integer:
            nonzero = strict or bool(exponent <= 0)
            if exponent % 2 == 0:
                return 1, nonzero
            return base and (base[0], nonzero)
        if exponent.is_Rational:
            return 1, strict or bool(exponent < 0)
        return (1, strict) if base is not None and base[0] > 0 else None

    @staticmethod
    def _greater(found: Sequence[Sign], direction: int) -> Sign:
        """The sign of the greater (1) or smaller (-1) of two: one on that side is enough, else both must be on the other."""
        near = [one for one in found if one is not None and one[0] == direction]
        if near:
            return direction, any(strict for _, strict in near)
        return _common(found)


def _sign(found: str | None) -> Sign:
    return None if found is None else (1, found == ">0")


def _common(found: Sequence[Sign]) -> Sign:
    if None in found or len({direction for direction, _ in found}) > 1:
        return None
    return found[0][0], all(strict for _, strict in found)


def _added(found: Sequence[Sign]) -> Sign:
    same = _common(found)
    return same and (same[0], any(strict for _, strict in found))


def _multiplied(found: Sequence[Sign]) -> Sign:
    if None in found:
        return None
    direction = 1
    for one, _ in found:
        direction *= one
    return direction, all(strict for _, strict in found)
