"""The primitives of a generated program as Numba intrinsics, made by name for a dtype."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import cache

import numpy as np
from numba.core import types

from symcat.errors import UsageError
from symcat.kernel.elementary import GENERATORS
from symcat.kernel.tiles import memory, pointwise, reduction, synchronisation
from symcat.kernel.tiles.names import creating
from symcat.kernel.tiles.tile import REALS, Tile

SHARED = {"store": memory.store, "scatter": memory.scatter, "outer": memory.outer,
          "hsum": reduction.hsum, "hmax": reduction.hmax, "hpick": reduction.hpick, "rsum": reduction.rsum, "turned": reduction.turned,
          "barrier": synchronisation.barrier}
DTYPES = {"float32": np.float32, "float64": np.float64}


def namespace(dtype: str, names: Iterable[str]) -> dict[str, object]:
    """The primitives of these names for float32 or float64; UsageError for a name that is none.

    >>> sorted(namespace("float32", ["load_1x4x1x16", "outer", "f_exp"]))
    ['f_exp', 'load_1x4x1x16', 'outer']
    """
    dtype = str(np.dtype(dtype))
    if dtype not in REALS:
        raise UsageError(f"programs compute in {' or '.join(REALS)}, not in {dtype}")
    return {name: primitive(dtype, name) for name in names}


@cache
def primitive(dtype: str, name: str) -> object:
    """One primitive, made once in a process."""
    real, known = types.float32 if dtype == "float32" else types.float64, creating(name)
    if known:
        kind, shape = known
        return memory.CREATORS[kind](Tile(shape, real))
    if name in SHARED:
        return SHARED[name]
    if name in pointwise.INTEGERS:
        return pointwise.INTEGERS[name](real)
    if name in ("real", "rational", "infimum"):
        return constants(DTYPES[dtype])[name]
    if name.startswith("f_") and name[2:] in GENERATORS:
        return pointwise.lifted(name[2:], real)
    raise UsageError(f"{name} is not a primitive of generated programs")


def constants(real: type) -> dict[str, Callable]:
    """What a program calls before `epoch`: numbers of its dtype."""
    return {"real": real, "rational": lambda p, q: real(p / q), "infimum": lambda: real(-np.inf)}
