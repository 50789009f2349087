"""What a ring must offer to give a program a meaning."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial

import numpy as np

from symcat.category.scalars import Scalars
from symcat.kernel.tiles.names import creating
from symcat.kernel.twins import grid
from symcat.kernel.twins.memory import Memory

NAMES = ("exp", "log", "tanh", "sin", "cos", "sigmoid", "softplus", "relu", "step", "absolute", "sign", "maximum", "minimum", "equal",
         "where")


@dataclass(frozen=True)
class Twin:
    """A ring for programs: the reference interpreter's scalars, and how its elements enter and leave the program.

    `primitives` are functions of single numbers; `elements`, by the names of element functions, are functions of arrays of ring
    elements and, at the end, Python integers.  `greater` tells where the first array is greater than the second, and `quotient`
    divides arrays; where a divisor is 0 it gives garbage, since that is what padding may hold.  `noise` makes random ring elements, for
    memory that nobody has written yet.
    """

    scalars: Scalars
    wrap: Callable[[object], object]
    unwrap: Callable[[object], object]
    primitives: Mapping[str, Callable]
    elements: Mapping[str, Callable[..., np.ndarray]]
    greater: Callable[[np.ndarray, np.ndarray], np.ndarray]
    quotient: Callable[[np.ndarray, np.ndarray], np.ndarray]
    noise: Callable[[np.random.Generator, int], np.ndarray]

    def memory(self, values: Iterable[object], name: str = "") -> Memory:
        """An arena of ring elements, or the data of a batch by their name."""
        given = list(values)
        array = np.empty(len(given), self.scalars.dtype)
        array[:] = given
        return Memory(array, self.wrap, self.unwrap, name)

    def namespace(self, names: Iterable[str] = ()) -> dict[str, object]:
        """The primitives on single numbers, and those of the names that are primitives on tiles."""
        made: dict[str, object] = dict(self.primitives)
        for name in names:
            known = creating(name)
            if known:
                made[name] = partial(grid.CREATORS[known[0]], self, known[1])
            elif name in grid.CONSUMERS:
                made[name] = partial(grid.CONSUMERS[name], self)
            elif name.startswith("f_") and name[2:] in self.elements:
                made[name] = partial(self._element, name)
        return made

    def _element(self, name: str, *arguments: object) -> object:
        """An element function: on tiles by arrays, on numbers alone by the primitive."""
        first = next((a for a in arguments if isinstance(a, grid.Grid)), None)
        if first is None:
            return self.primitives[name](*arguments)
        values = [a if type(a) is int else first.operand(a) for a in arguments]
        shape = first.values.shape
        return grid.Grid(self, first.shape, np.broadcast_to(self.elements[name[2:]](*values), shape))
