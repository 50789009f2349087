"""Equations of matrices of all sizes under hypotheses that no condition on single entries expresses: P is orthogonal, B inverts A.

    sc.decide(f, g, assuming=[orthogonal("P"), orthogonal("Q")])
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from symcat.category.comprehension import Fact
from symcat.category.morphism import Morphism
from symcat.category.serialise import dump, dump_fact
from symcat.category.space import Real
from symcat.errors import ShapeError, UsageError
from symcat.laws.claim import Equation

WORDS: dict[str, str] = {
    "orthogonal": "{0}^T {0} = 1 and {0} {0}^T = 1",
    "isometry": "{0}^T {0} = 1",
    "coisometry": "{0} {0}^T = 1",
    "inverse": "{0} {1} = 1 and {1} {0} = 1",
    "symmetric": "{0}^T = {0}",
}


@dataclass(frozen=True)
class Hypothesis:
    """What is supposed of one matrix, or of two that are inverse to each other, by the names of their wires."""

    kind: str
    names: tuple[str, ...]

    def __post_init__(self) -> None:
        count = 1 + (self.kind == "inverse")
        if self.kind not in WORDS or len(self.names) != count or not all(isinstance(name, str) for name in self.names):
            raise UsageError(f"the hypothesis {self.kind} about {', '.join(map(str, self.names))}: expected one of {', '.join(WORDS)} "
                             f"about the names of wires, two for inverse and one for the others")

    def __str__(self) -> str:
        return WORDS[self.kind].format(*self.names)


def orthogonal(name: str) -> Hypothesis:
    """P^T P = 1 and P P^T = 1.

    >>> print(orthogonal("P"))
    P^T P = 1 and P P^T = 1
    """
    return Hypothesis("orthogonal", (name,))


def isometry(name: str) -> Hypothesis:
    """P^T P = 1, for a matrix with at least as many rows as columns."""
    return Hypothesis("isometry", (name,))


def coisometry(name: str) -> Hypothesis:
    """P P^T = 1, for a matrix with at least as many columns as rows: a projection to fewer coordinates."""
    return Hypothesis("coisometry", (name,))


def inverse(name: str, other: str) -> Hypothesis:
    """A B = 1 and B A = 1."""
    return Hypothesis("inverse", (name, other))


def symmetric(name: str) -> Hypothesis:
    """S^T = S."""
    return Hypothesis("symmetric", (name,))


@dataclass(frozen=True)
class MatrixEquation:
    """Two morphisms with the same types have equal values wherever both are defined and the hypotheses about the wires of `lhs` hold."""

    lhs: Morphism
    rhs: Morphism
    hypotheses: tuple[Hypothesis, ...] = ()
    facts: tuple[Fact, ...] = ()

    def __post_init__(self) -> None:
        Equation(self.lhs, self.rhs, self.facts)
        dom, seen = dict(self.lhs.dom), set()
        for hypothesis in self.hypotheses:
            for name in hypothesis.names:
                if name not in dom or len(dom[name].shape) != 2 or dom[name].base != Real:
                    raise ShapeError(f"the hypothesis {hypothesis}: {name} is no real matrix of {self.lhs.dom}")
                if name in seen:
                    raise UsageError(f"two hypotheses about {name}: one is understood for each matrix")
                seen.add(name)
            _shaped(hypothesis, [dom[name].shape for name in hypothesis.names])


def data_of(goal: MatrixEquation) -> dict[str, Any]:
    """The goal as JSON-able data, as a certificate and the checker have it."""
    return {"kind": "matrices", "lhs": dump(goal.lhs), "rhs": dump(goal.rhs), "facts": [dump_fact(fact) for fact in goal.facts],
            "hypotheses": [[one.kind, *one.names] for one in goal.hypotheses]}


def _shaped(hypothesis: Hypothesis, shapes: Sequence[tuple]) -> None:
    rows, columns = shapes[0]
    if hypothesis.kind in ("orthogonal", "symmetric") and rows != columns:
        raise ShapeError(f"the hypothesis {hypothesis} about a matrix of shape [{rows}, {columns}]: expected a square one, or isometry")
    if hypothesis.kind == "inverse" and shapes[1] != (columns, rows):
        raise ShapeError(f"the hypothesis {hypothesis} about matrices of the shapes {list(shapes[0])} and {list(shapes[1])}")
