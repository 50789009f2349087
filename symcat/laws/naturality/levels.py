"""Levels below an exact square: the displacements of the two ways around it are the same up to a factor.

With u and w the displacements of the two ways, one number for the whole family member, u = c(phi) w, holds if and only if
u(x) w(y) = w(x) u(y) for all states x and y; a factor that may depend on the state as well, u(x) w(x)' symmetric.  No candidate for
the factor is needed, and a refutation excludes every one.

- Fc: parameter and states move by one factor, a flow up to a constant change of time;
- rate: the parameter alone, the states as S(phi) says: the rule with another rate;
- O: the parameter alone, by a factor that may depend on the state: the same orbits where nothing is remembered.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from symcat.category.expression import At
from symcat.category.morphism import Builder, Morphism
from symcat.category.space import Wire
from symcat.laws.claim import Equation
from symcat.laws.naturality.families import Family
from symcat.laws.naturality.functors import Transport
from symcat.laws.naturality.squares import LOOK, displacements, square
from symcat.learn.optimisers import Optimiser

LEVELS = {
    "Fc": "parameter and states move by one factor that the map fixes: natural up to a constant change of time",
    "rate": "the parameter moves by one factor that the map fixes and the states are natural: another learning rate makes up for it",
    "O": "the parameter moves in the same direction, by a factor that may depend on the state",
}


def level(name: str, rule: Optimiser, family: Family, transports: Mapping[str, Transport],
          wire: Wire | None = None) -> tuple[Equation, ...]:
    """The equations of a level along a family."""
    start, end = displacements(rule, family, transports, wire)
    if name == "O":
        return (_crossed(start["p"], end["p"], start["p"], end["p"], shared=len(start["p"].dom)),)
    own = _own(start["p"], rule)
    legs = ["p"] if name == "rate" else [leg for leg in start if leg != LOOK]
    crossed = tuple(_crossed(start[leg], end[leg], start["p"], end["p"], own) for leg in legs)
    exact = square(rule, family, transports, wire)[1:] if name == "rate" else ()
    return (*crossed, *(leg for leg in exact if leg.lhs.cod.names != (LOOK,)))


def _own(f: Morphism, rule: Optimiser) -> int:
    """How many of the last inputs are the family's own."""
    return len(f.dom) - 2 - len(rule.data) - len(rule.states) - sum(name.endswith("_whole") for name in f.dom.names)


def _crossed(u: Morphism, w: Morphism, v: Morphism, x: Morphism, shared: int) -> Equation:
    """u(a)[i] x(b)[j] = w(a)[i] v(b)[j], where a and b share their last inputs."""
    return Equation(_outer(u, x, shared), _outer(w, v, shared))


def _outer(f: Morphism, g: Morphism, shared: int) -> Morphism:
    build = Builder()
    first = build.inputs(f.dom)
    if shared == len(f.dom):
        second: Sequence[str] = first
    else:
        kept = len(f.dom) - shared
        second = (*build.inputs(g.dom[:kept]), *first[kept:])
    (left,), (right,) = build.call(f, first), build.call(g, second)
    rank = len(build.wires[left].shape)
    product: Callable = lambda *i: At(left, *i[:rank]) * At(right, *i[rank:])
    shape = (*build.wires[left].shape, *build.wires[right].shape)
    return build.build([build.gather(shape, product, name="product")], f.cod.names)
