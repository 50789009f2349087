"""What must be known of a kernel to run it: names and places of its states, names and shapes of its data."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from symcat.kernel.place import Buffer
from symcat.kernel.program import TrainingStep
from symcat.kernel.validate import Compiled


@dataclass(frozen=True)
class Interface:
    """The states' names, types and places in the arena, the data's names and types, and sizes.

    `shapes` are the shapes of the states, `samples` those of a sample of each data array.
    """

    states: tuple[str, ...]
    shapes: tuple[tuple[int, ...], ...]
    places: tuple[Buffer, ...]
    data: tuple[str, ...]
    wires: tuple[str, ...]
    samples: tuple[tuple[int, ...], ...]
    batch: int
    reals: int
    threads: int

    @property
    def end(self) -> int:
        """The first address behind the states."""
        return max((place.offset + math.prod(place.held) for place in self.places), default=0)

    def record(self) -> dict[str, Any]:
        """The same as JSON."""
        return asdict(self)


def interface(step: TrainingStep, work: Compiled) -> Interface:
    """The interface of a compiled step."""
    wires = work.f.dom.wires
    shapes = tuple(tuple(map(int, wire.shape)) for _, wire in wires)
    kept, given = slice(step.states), slice(step.states, None)
    names = tuple(name for name, _ in wires)
    return Interface(work.plan.states, shapes[kept], tuple(work.layout.arrays[name] for name in work.plan.states), names[given],
                     tuple(str(wire) for _, wire in wires[given]), tuple(shape[1:] for shape in shapes[given]),
                     shapes[step.states][0] if len(step.data) else 1, work.layout.reals, work.threads)


def read(record: Mapping[str, Any]) -> Interface:
    """The interface of a record; TypeError and KeyError for what is none."""
    places = tuple(Buffer(**{name: _tuple(value) for name, value in place.items()}) for place in record["places"])
    return Interface(**{name: _tuple(value) for name, value in record.items()} | {"places": places})


def _tuple(value: Any) -> Any:
    return tuple(map(_tuple, value)) if isinstance(value, list) else value
