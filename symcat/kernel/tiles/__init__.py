"""The tile language of generated programs: register tiles as a Numba type, and a closed list of primitives on them.

`namespace(dtype, names)` makes the primitives; nothing here imports Numba before it is called.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from symcat.kernel.tiles.host import force

__all__ = ["fingerprint", "force", "namespace"]


def namespace(dtype: str, names: Iterable[str]) -> dict[str, object]:
    """The primitives of these names for float32 or float64; UsageError for a name that is none."""
    force()
    from symcat.kernel.tiles import primitives

    return primitives.namespace(dtype, names)


@cache
def fingerprint() -> str:
    """SHA-256 of the sources that machine code depends on: code made with others is out of date."""
    kernel = Path(__file__).parents[1]
    found = hashlib.sha256()
    for folder in ("elementary", "machine", "tiles"):
        for path in sorted((kernel / folder).glob("*.py")):
            found.update(path.read_bytes())
    return found.hexdigest()
