"""Transports in words: how S(phi) moves each state, printed with every verdict."""

from __future__ import annotations

from collections.abc import Mapping

from symcat.laws.naturality.actions import Coordinates, Scale
from symcat.laws.naturality.families import Family
from symcat.laws.naturality.functors import Transport
from symcat.laws.naturality.inference import Found

REMARKS = {"none": " (no candidate goes with its own steps)", "any": " (any would do: it stays 0)"}


def functors(family: Family, found: Mapping[str, Found]) -> str:
    """The transports of all states.

    >>> from symcat.laws.naturality.families import uniform_scaling
    >>> from symcat.laws.naturality.inference import transports
    >>> from symcat.learn.optimisers import adam
    >>> functors(*uniform_scaling(adam.wire), transports(adam, *uniform_scaling(adam.wire)))
    'm -> m/scale, v -> v/scale^2, t -> t'
    """
    return ", ".join(f"{name} -> {image(name, family, one.transport)}" + REMARKS.get(one.how, "")
                     for name, one in found.items())


def image(name: str, family: Family, transport: Transport) -> str:
    """What an array becomes."""
    if transport.point:
        return f"{name} + shift" if family.kind == "shift" else f"phi({name})"
    powers = [power for _, power in transport.blocks if power]
    if not powers:
        return name
    if isinstance(family.action, (Scale, Coordinates)) and len(powers) == 1:
        return _scaled(name, "scale" if isinstance(family.action, Scale) else "scales", powers[0])
    factors = {-1: "J^-T", 1: "J"}
    first, *rest = [factors.get(power, f"(J^{power})") for power in powers]
    return " ".join([first, name, *({"J^-T": "J^-1", "J": "J^T"}.get(one, one) for one in rest)])


def _scaled(name: str, scale: str, power: int) -> str:
    exponent = "" if abs(power) == 1 else f"^{abs(power)}"
    return f"{name}/{scale}{exponent}" if power < 0 else f"{scale}{exponent} {name}"
