"""Whether a point is a kink of a program: some function is exactly at its kink, or a maximum is tied."""

from __future__ import annotations

from itertools import chain

import numpy as np
import sympy as sp

from symcat.category import functions as fn
from symcat.category.evaluate import Evaluation
from symcat.errors import DomainError

KINKED = (fn.relu, fn.step, fn.absolute, fn.sign, fn.maximum, fn.minimum)


def on_a_kink(run: Evaluation) -> bool:
    """Whether the values of a run certainly meet a kink.

    `equal` and `where` are not counted: they are made for arguments that are equal, such as labels and masks.
    """
    for node in run.f.nodes:
        if node.op == "max" and _tied(run.over(node, node.body), len(node.shape)):
            return True
        calls = sorted(node.body.atoms(*KINKED), key=sp.default_sort_key)
        for place in chain.from_iterable(fn.FUNCTIONS[type(call)].kinks(*call.args) for call in calls):
            try:
                if any(value == 0 for value in run.over(node, place).ravel()):
                    return True
            except (DomainError, ZeroDivisionError):
                continue
    return False


def _tied(values: np.ndarray, rank: int) -> bool:
    """Whether some fibre of a maximum has two greatest entries."""
    for row in values.reshape(int(np.prod(values.shape[:rank], dtype=int)), -1):
        top = row[0]
        for value in row[1:]:
            if value > top:
                top = value
        if sum(bool(value == top) for value in row) > 1:
            return True
    return False
