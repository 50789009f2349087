"""The tile language of generated programs: register tiles as a Numba type, and a closed list of primitives on them.

`namespace(dtype, names)` makes the primitives; nothing here imports Numba before it is called.
"""

from __future__ import annotations

from collections.abc import Iterable

from symcat.kernel.tiles.host import force

__all__ = ["fingerprint", "force", "namespace"]


def namespace(dtype: str, names: Iterable[str]) -> dict[str, object]:
    """The primitives of these names for float32 or float64; UsageError for a name that is none."""
    force()
    from symcat.kernel.tiles import primitives

    return primitives.namespace(dtype, names)


def fingerprint() -> str:
    """SHA-256 of the sources that the primitives are made of: machine code made with others is out of date."""
    from symcat.kernel.tiles import primitives

    return primitives.fingerprint()
