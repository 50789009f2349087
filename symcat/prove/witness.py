"""What a search for a difference returns: a witness, or how far two sides were compared and agreed."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Any

import numpy as np


@dataclass(frozen=True)
class Point:
    """Sizes, hyperparameters and inputs, all exact: one array of Fractions per input wire."""

    dims: Mapping[str, int]
    hypers: Mapping[str, Fraction]
    inputs: Sequence[np.ndarray]


@dataclass(frozen=True)
class Witness:
    """A point at which two morphisms of one type certainly differ, in which entry, and the two values there.

    `exact` says whether the values are rational numbers (else they are decimals of disjoint enclosures); `at_kink` whether a
    function is at its kink, or a maximum tied, at the point.  Over Z[n] the values are formal polynomials, `monomial` is one
    whose coefficients differ, and `equal_as_functions` says whether the two sides agree at all points nevertheless (None:
    not decided).
    """

    dims: Mapping[str, int]
    hypers: Mapping[str, str]
    inputs: Mapping[str, Any]
    output: str
    index: tuple[int, ...]
    left: str
    right: str
    exact: bool = True
    at_kink: bool = False
    note: str = ""
    monomial: Mapping[str, Any] | None = None
    equal_as_functions: bool | None = field(default=None)

    def data(self) -> dict[str, Any]:
        """The witness as JSON-able data, without what does not apply."""
        found: dict[str, Any] = {"dims": dict(self.dims), "hypers": dict(self.hypers), "inputs": dict(self.inputs),
                                 "output": self.output, "index": list(self.index), "left": self.left, "right": self.right,
                                 "exact": self.exact, "at_kink": self.at_kink}
        if self.note:
            found["note"] = self.note
        if self.monomial is not None:
            found |= {"monomial": dict(self.monomial), "equal_as_functions": self.equal_as_functions}
        return found


@dataclass(frozen=True)
class Tested:
    """No difference found.

    `tested` points were compared exactly or in balls and agree, `screened` more in floats; `undecided` points were given up.
    `premises_satisfiable` says whether some exact point satisfied all facts and requirements of both sides; `inside` is the first
    of those that were compared.
    """

    __test__ = False    # a value, which pytest would take for a test class by its name

    tested: int
    premises_satisfiable: bool
    screened: int = 0
    undecided: int = 0
    inside: Point | None = None


def written(array: np.ndarray) -> Any:
    """An array of exact numbers as nested lists of strings; a scalar as a string."""
    return str(array.item()) if array.ndim == 0 else [written(np.asarray(row, dtype=object)) for row in array]
