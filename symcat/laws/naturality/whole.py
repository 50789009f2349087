"""Whole groups of linear maps of one axis, for rules made of matrix products: any orthogonal P, any invertible A.

Generators at symbolic places say the same, but a rule with many products of matrices is long when it is written out at two places.
Here the map is a wire, that it is orthogonal or has an inverse is a hypothesis, and the square is an equation of matrices.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce

import sympy as sp

from symcat.category.expression import At
from symcat.category.serialise import canonical_json
from symcat.category.structure import pair
from symcat.checker.forms import Refused, refusing
from symcat.checker.words import matrices
from symcat.laws.induction import Induction
from symcat.laws.matrices import Hypothesis, MatrixEquation, data_of, inverse, orthogonal
from symcat.laws.naturality.actions import Action, Input, Shape, Site
from symcat.laws.naturality.families import Family
from symcat.laws.naturality.functors import Transport
from symcat.laws.naturality.path import path
from symcat.laws.naturality.squares import square
from symcat.learn.optimisers import Optimiser, elementwise

ISOMETRIC = {"rotation": True, "permutation": True, "sign_flips": True, "linear": False}     # what the maps of a law are among


@dataclass(frozen=True)
class Whole(Action):
    """p -> turn p along one axis, `turn` orthogonal; or p -> turn p with `undo` for the inverse of `turn`."""

    isometric: bool

    @property
    def options(self) -> tuple[int, ...]:
        return (-1, 0) if self.isometric else (-1, 1, 0)

    def inputs(self, extents: Shape) -> tuple[Input, ...]:
        return tuple((name, extents * 2, None) for name in (("turn",) if self.isometric else ("turn", "undo")))

    def move(self, site: Site, array: str, place: int, variance: int, inverse: bool) -> str:
        against = not self.isometric and inverse != (variance < 0)
        turned = inverse if self.isometric else variance < 0      # the transposed matrix: of turn for P^-1, of undo for A^-T
        name, shape = "undo" if against else "turn", site.build.wires[array].shape

        def moved(*i: sp.Expr) -> sp.Expr:
            *own, k = i
            entry = (k, own[place]) if turned else (own[place], k)
            return site.read(name, *entry) * At(array, *own[:place], k, *own[place + 1:])
        return site.build.gather(shape, moved, shape[place:place + 1], name="moved")

    def hypotheses(self, site: Mapping[str, str]) -> tuple[Hypothesis, ...]:
        return (orthogonal(site["turn"]),) if self.isometric else (inverse(site["turn"], site["undo"]),)


def group_of(rule: Optimiser, law: str, family: Family, transports: Mapping[str, Transport],
             start: bool) -> MatrixEquation | Induction | None:
    """What a law about rows or columns asks, for the whole group that its maps are in; None where words do not show that."""
    kind = law.partition("_")[2]
    if kind not in ISOMETRIC or len(rule.shape) != 2 or any(extent.is_Integer for extent in rule.shape) or elementwise(rule):
        return None
    return whole_group(rule, family, transports, ISOMETRIC[kind], start)


def whole_group(rule: Optimiser, family: Family, transports: Mapping[str, Transport], isometric: bool,
                start: bool) -> MatrixEquation | Induction | None:
    """The square of a rule along all orthogonal, or all invertible, matrices on the axis of a family; None when words do not show it.

    With `start` it is about every step from the initial states, by induction with the transports as the relation.

    >>> from symcat.laws.naturality.families import rotation
    >>> from symcat.learn.optimisers import muon
    >>> found = whole_group(muon, rotation(muon.wire, 0)[0], {"m": Transport(((0, -1),))}, isometric=True, start=True)
    >>> print(*found.hypotheses)
    turn^T turn = 1 and turn turn^T = 1
    """
    if any(abs(variance) > 1 for one in transports.values() for _, variance in one.blocks):
        return None
    action = Whole(isometric)
    family = replace(family, action=action, isometric=isometric)
    goal = _every_step(rule, family, transports, action) if start else _one_step(rule, family, transports, action)
    shown = [dict(goal.obligations())[label] for label in ("base", "step")] if isinstance(goal, Induction) else [goal]
    try:
        with refusing():
            for one in shown:
                matrices(json.loads(canonical_json(data_of(one))), 1)
    except Refused:
        return None
    return goal


def _one_step(rule: Optimiser, family: Family, transports: Mapping[str, Transport], action: Whole) -> MatrixEquation:
    legs = list(square(rule, family, transports))
    sides = [reduce(pair, [getattr(leg, side) for leg in legs]) for side in ("lhs", "rhs")]
    return MatrixEquation(*sides, action.hypotheses(_given(rule, action, legs[0].lhs.dom.names)))


def _every_step(rule: Optimiser, family: Family, transports: Mapping[str, Transport], action: Whole) -> Induction:
    goal = path(rule, family, transports)
    return replace(goal, hypotheses=action.hypotheses(_given(rule, action, goal.f.states.names)))


def _given(rule: Optimiser, action: Whole, names: Sequence[str]) -> dict[str, str]:
    """The last inputs, which are the map, by the names that it has in the action."""
    own = [name for name, _, _ in action.inputs(rule.wire.shape[:1])]
    return dict(zip(own, names[-len(own):], strict=True))
