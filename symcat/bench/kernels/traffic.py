"""The bound of an optimiser that memory bounds: a loop over as many arrays, read and written alike, that computes next to nothing."""

from __future__ import annotations

import numpy as np

from symcat.bench.kernels.cases import Updates
from symcat.bench.kernels.rounds import Contender
from symcat.interop.export.readback import load
from symcat.learn.optimisers import OPTIMISERS
from symcat.learn.optimisers.optimiser import Optimiser

BOUND = "traffic"


def contender(case: Updates) -> Contender:
    """The loop with the arrays of the rule: the gradient is read, the parameter and the states of its size are read and written."""
    kept = kept_arrays(OPTIMISERS[case.rule])
    loop = load(text(kept), f"traffic_{kept}").traffic
    g, *arrays = (np.zeros(case.count, "float32") for _ in range(kept + 1))
    return Contender(BOUND, lambda: loop(g, *arrays))


def kept_arrays(rule: Optimiser) -> int:
    """The parameter and the states that are as large as it.

    >>> kept_arrays(OPTIMISERS["adam"]), kept_arrays(OPTIMISERS["lion"])
    (3, 2)
    """
    return 1 + sum(1 for wire in rule.state_wires(rule.wire) if wire.shape)


def text(kept: int) -> str:
    """The loop's module.

    >>> print(text(2).splitlines()[-1].strip())
    a0[i], a1[i] = total, total
    """
    names = [f"a{k}" for k in range(kept)]
    targets, total = ", ".join(f"{name}[i]" for name in names), " + ".join(f"{name}[i]" for name in ("g", *names))
    return (f'import numpy as np\nfrom numba import njit\n\n\n@njit(fastmath={{"contract", "nsz"}}, error_model="numpy")\n'
            f"def traffic(g, {', '.join(names)}):\n    for i in range(g.size):\n        total = {total}\n"
            f"        {targets} = {', '.join(['total'] * kept)}\n")
