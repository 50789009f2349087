"""Levels below an exact square: the displacements of the two ways around it are the same up to a factor.

With u and w the displacements of the two ways, one number for the whole family member, u = c(phi) w, holds if and only if
u(x) w(y) = w(x) u(y) for all states x and y; a factor that may depend on the state as well, u(x) w(x)' symmetric.  No candidate for
the factor is needed, and a refutation excludes every one.  Scalings are a group, and so are the factors c(phi): they are positive.
One that depends on the state may change its sign or vanish, as that of lr g (|g|^2 - 1) does when the loss is scaled.

- Fc: parameter and states move by one factor, a flow up to a constant change of time;
- rate: the parameter alone, the states as S(phi) says: the rule with another rate;
- O: the parameter alone, by a factor that may depend on the state: the same curves where nothing is remembered.

Where the gradient is taken ahead, what lies between the parameter and that place is one more displacement for the first two; for the
orbits the places have to correspond.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from symcat.category.expression import At
from symcat.category.morphism import Builder, Morphism
from symcat.category.space import Wire
from symcat.laws.claim import Equation
from symcat.laws.naturality.families import Family
from symcat.laws.naturality.functors import Transport, of_data
from symcat.laws.naturality.squares import LOOK, displacements, square
from symcat.learn.optimisers import Optimiser

LEVELS = {
    "Fc": "parameter and states move by one factor that the map fixes: natural up to a constant change of time",
    "rate": "the parameter moves by one factor that the map fixes and the states are natural: another learning rate makes up for it",
    "O": "the parameter moves along the same line, by a factor (of either sign, or 0) that may depend on the state",
}


def level(name: str, rule: Optimiser, family: Family, transports: Mapping[str, Transport],
          wire: Wire | None = None) -> tuple[Equation, ...]:
    """The equations of a level along a family."""
    start, end = displacements(rule, family, transports, wire)
    if name == "O":
        looked = [leg for leg in square(rule, family, transports, wire) if leg.lhs.cod.names == (LOOK,)]
        parallel = _crossed(start["p"], end["p"], start["p"], end["p"], shared=len(start["p"].dom))
        return (parallel, *looked)
    own = _own(start["p"], rule, family, wire or rule.wire)
    legs = [leg for leg in start if leg in ("p", LOOK)] if name == "rate" else list(start)
    crossed = tuple(_crossed(start[leg], end[leg], start["p"], end["p"], own) for leg in legs)
    exact = square(rule, family, transports, wire)[1:] if name == "rate" else ()
    return (*crossed, *(leg for leg in exact if leg.lhs.cod.names != (LOOK,)))


def _own(f: Morphism, rule: Optimiser, family: Family, wire: Wire) -> int:
    """How many of the last inputs are the family's own."""
    whole = sum(of_data(row.kind, family, wire) is None for row in rule.data)
    return len(f.dom) - 2 - len(rule.data) - len(rule.states) - whole


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
