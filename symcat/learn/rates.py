"""Learning rates: lenses (L, L') -> (1, 1) that turn the value of a loss into its covector."""

from __future__ import annotations

from dataclasses import dataclass

import sympy as sp

from symcat.category.expression import At
from symcat.category.morphism import Builder
from symcat.category.space import Space
from symcat.category.structure import discard
from symcat.errors import UsageError
from symcat.lens.lens import Lens


@dataclass(frozen=True)
class Rate:
    """alpha(l) = scale, or scale * l.  Optimisers here take the gradient, so the scale is 1 unless it is wanted otherwise."""

    name: str = "constant"
    scale: sp.Rational = sp.S.One

    def __post_init__(self) -> None:
        if self.name not in RATES:
            raise UsageError(f"no rate {self.name!r}: there are {', '.join(RATES)}")

    def lens(self, losses: Space) -> Lens:
        """The lens out of a space of losses."""
        build = Builder()
        covectors = []
        for name in build.inputs(losses):
            wire = build.wires[name]
            covectors.append(build.gather(wire.shape, lambda *i, name=name: RATES[self.name](self.scale, At(name, *i)),
                                          name="alpha", base=wire.base))
        return Lens(discard(losses), build.build(covectors, losses.names))

    def __str__(self) -> str:
        return f"{self.name} {self.scale}"


RATES = {
    "constant": lambda scale, loss: scale,
    "loss_scaled": lambda scale, loss: scale * loss,
}
