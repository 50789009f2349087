"""Two update rules side by side: are they the same optimiser?"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence

from symcat.diff.difference import Difference
from symcat.interop.rules import read

Given = Mapping[str, object] | Sequence[str] | str | None


def diff(a: object, b: object, *, translate: bool = False, given: Given = None, timeout: float = 60.0) -> Difference:
    """How two optimisers compare as maps from gradient sequences to parameter paths.

    Each is whatever `read` takes: an optimiser, a plain function, a target.  `given` are
    premises to start from ("eps=0", "constant lr"), `translate` asks for the hyperparameters that make b reproduce a, `timeout`
    bounds the search in seconds.
    """
    start = time.perf_counter()
    first, second = read(a), read(b)
    return Difference(first.name, second.name, "unknown", note="not compared").timed(time.perf_counter() - start)
