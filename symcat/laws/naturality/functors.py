"""How states, gradients and further data move when the parameters are written in other coordinates.

A `Transport` says it for one array: which blocks of its axes move like vectors (variance 1), like covectors (variance -1), by
another power of the map, and whether it moves as the parameter itself does where that is no power: a shift, a chart.  A state's
transport is declared by its functor, or one of the `candidates`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

from symcat.category.space import Wire

if TYPE_CHECKING:
    from symcat.laws.naturality.families import Family

BLOCKS = {"point": (1,), "vector": (1,), "covector": (-1,), "tensor": (-1, -1), "diagonal": (-2,), "scalar": (), "length": (),
          "frame": (1,)}
SCALED = {name: sum(blocks) for name, blocks in BLOCKS.items()} | {"length": 1}
LOSS_SCALED = dict.fromkeys(("gradient", "loss", "optimum", "hessian", "hessian_diagonal", "output_gradient"), -1)
DATA_SCALED = {"gradient": -1, "hessian": -2, "metric": -2, "cometric": 2, "hessian_diagonal": -2, "jacobian": -1, "christoffel": -1,
               "activation": -1}


@dataclass(frozen=True)
class Transport:
    """`blocks` are pairs of the first axis of a block and its variance, the power of the map; `point`: as the parameter is shifted or bent.

    >>> Transport(((0, -1),)).covariant, Transport(((0, 1),)).covariant
    (False, True)
    """

    blocks: tuple[tuple[int, int], ...] = ()
    point: bool = False

    @property
    def covariant(self) -> bool:
        """Whether it moves along the map, so that a square takes it on the side where the map starts."""
        return self.point or any(variance > 0 for _, variance in self.blocks)


STILL = Transport()


def declared(functor: str, family: Family, wire: Wire) -> Transport | None:
    """The transport along a family of a state with a declared functor, for a parameter of a wire.

    None where the functor has no action: a diagonal second moment moves along monomial maps only, a length along similarities
    only, and no functor of coordinates says what the scale of the loss does.
    """
    match family.kind:
        case "loss":
            return None
        case "scale":
            return Transport(((0, SCALED[functor]),)) if SCALED[functor] else STILL
        case "shift":
            return Transport(point=functor == "point")
        case "chart" if functor == "point":
            return Transport(point=True)
    if functor == "length":
        return STILL if family.isometric else None
    powers = [family.action.reduced(power) for power in BLOCKS[functor]]
    if None in powers:
        return None
    return Transport(tuple((family.place + k * len(wire.shape), power) for k, power in enumerate(powers) if power))


def of_data(kind: str, family: Family, wire: Wire) -> Transport | None:
    """The transport of the gradient or of further data; None for the diagonal of a Hessian along maps that need all of it."""
    rank, place = len(wire.shape), family.place
    match family.kind:
        case "loss":
            power = LOSS_SCALED.get(kind, 0)
            return Transport(((0, power),)) if power else STILL
        case "scale":
            power = DATA_SCALED.get(kind, 0)
            return Transport(((0, power),)) if power else STILL
        case "shift":
            return STILL
    down = family.action.reduced(-1)
    match kind:
        case "gradient":
            return Transport(((place, down),))
        case "hessian" | "metric":
            return Transport(((place, down), (rank + place, down)))
        case "cometric":
            return Transport(((place, family.action.upper), (rank + place, family.action.upper)))
        case "jacobian":
            return Transport(((rank + place, down),))
        case "christoffel":
            return Transport(((place, family.action.upper), (rank + place, down), (2 * rank + place, down)))
        case "hessian_diagonal":
            power = family.action.reduced(-2)
            return None if power is None else Transport(((place, power),)) if power else STILL
        case "activation" | "output_gradient":
            return Transport(((0, down),)) if family.axes == ((1,) if kind == "activation" else (0,)) else STILL
    return STILL


def candidates(family: Family, wire: Wire, state: Wire) -> Iterator[Transport]:
    """The transports that a state of a wire may have along a family, the likeliest first."""
    options = family.action.options
    if family.kind in ("scale", "loss"):
        yield from (Transport(((0, power),)) if power else STILL for power in options)
    elif family.kind == "shift":
        yield STILL
        if state == wire:
            yield Transport(point=True)
    else:
        if family.kind == "chart" and state == wire:
            yield Transport(point=True)
        extents = family.extents(wire)
        places = [k for k in range(len(state.shape) - len(extents) + 1) if state.shape[k:k + len(extents)] == extents]
        for choice in sorted(product(options, repeat=len(places)), key=lambda one: sum(map(options.index, one))):
            blocks = tuple((place, power) for place, power in zip(places, choice, strict=True) if power)
            if all(after - before >= len(extents) for (before, _), (after, _) in zip(blocks, blocks[1:], strict=False)):
                yield Transport(blocks)
