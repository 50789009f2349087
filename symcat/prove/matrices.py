"""Equations of matrices: an exact point at which they fail, or the checker's normal form of both sides in words."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from random import Random
from typing import Any

import numpy as np
import sympy as sp

from symcat.category.deserialise import load, load_fact
from symcat.category.serialise import canonical_json
from symcat.checker.forms import Refused, refusing
from symcat.checker.words import matrices
from symcat.errors import DataError
from symcat.laws.matrices import Hypothesis, MatrixEquation, data_of
from symcat.prove.index.equal import premises_of
from symcat.prove.inside import runs_at
from symcat.prove.refute import BITS, Difference, Judge
from symcat.prove.sample import GENERIC, HYPERS, Setting
from symcat.prove.witness import Point, Witness, written

METHOD = "words of matrices"
TRIES, ENOUGH, SIZES = 24, 6, 6
NAMED = (1, 4, 3, 2, 0)     # sums that are read so often get names; 0 for none
SIMPLE = {"integers": lambda r: Fraction(r.choice((-1, 1, 2))), "generic": GENERIC["signed"]}
FIELDS = ["facts", "hypotheses", "kind", "lhs", "rhs"]


@dataclass(frozen=True)
class Words:
    """A proof: its premises, what the checker needs to replay it, and how many points agree."""

    premises: tuple[str, ...]
    trace: Mapping[str, Any]
    tested: int


def settle_matrices(goal: MatrixEquation, seed: int = 0) -> Words | Witness | str:
    """A proof, a witness, or why there is neither."""
    tested = search(goal, seed)
    if isinstance(tested, Witness):
        return tested
    if not tested:
        return "no small exact point satisfies the hypotheses and all requirements, or none was decided"
    reads = normal_form(goal)
    if isinstance(reads, str):
        return f"{METHOD}: {reads} ({tested} points agree)"
    found = premises_of(goal.lhs, goal.rhs, (*goal.facts, *goal.lhs.facts, *goal.rhs.facts))
    return Words((*map(str, goal.hypotheses), *found), {"reads": reads}, tested)


def normal_form(goal: MatrixEquation) -> int | str:
    """With which names for sums both sides have one normal form in words; or why they have none."""
    data, why = json.loads(canonical_json(data_of(goal))), ""
    for reads in NAMED:
        try:
            with refusing():
                matrices(data, reads)
        except Refused as refusal:
            why = why or str(refusal)
        else:
            return reads
    return why


# ---- data
def load_matrices(data: Mapping[str, Any]) -> MatrixEquation:
    """The goal that `data_of` wrote; DataError for anything else."""
    if sorted(data) != FIELDS or not all(isinstance(data[name], list) for name in ("facts", "hypotheses")):
        raise DataError(f"an equation of matrices has the fields {', '.join(FIELDS)}")
    return MatrixEquation(load(data["lhs"]), load(data["rhs"]), load_hypotheses(data["hypotheses"]), tuple(map(load_fact, data["facts"])))


def load_hypotheses(data: Sequence[Any]) -> tuple[Hypothesis, ...]:
    """Hypotheses from lists of words; DataError for anything else."""
    if not all(isinstance(one, list) and one and all(isinstance(word, str) for word in one) for one in data):
        raise DataError("a hypothesis about matrices is a list of words")
    return tuple(Hypothesis(kind, tuple(names)) for kind, *names in data)


# ---- points
def search(goal: MatrixEquation, seed: int = 0) -> Witness | int:
    """The first certain difference, or how many points agree."""
    setting, judge, random = Setting.of(goal.lhs, goal.rhs, goal.facts), Judge(goal.lhs, goal.rhs), Random(seed)
    agree = 0
    for point in _points(goal, setting, random):
        found = judge.judge(point, bits=BITS)
        if isinstance(found, Difference):
            return _witness(goal, setting, found)
        agree += found == "agree"
        if agree == ENOUGH:
            break
    return agree


def satisfied(goal: MatrixEquation) -> Point | None:
    """A point at which hypotheses, facts and requirements hold, or None."""
    points = _points(goal, Setting.of(goal.lhs, goal.rhs, goal.facts), Random(0))
    return next((point for point in points if runs_at((goal.lhs, goal.rhs), point) is not None), None)


def violated(goal: MatrixEquation, inputs: Mapping[str, Any]) -> str:
    """Which hypothesis inputs, as a certificate writes them, do not satisfy; the empty text when they satisfy all."""
    for hypothesis in goal.hypotheses:
        a, *other = (np.array([[Fraction(x) for x in row] for row in inputs[name]], dtype=object) for name in hypothesis.names)
        pairs = {"orthogonal": [(a.T, a), (a, a.T)], "isometry": [(a.T, a)], "coisometry": [(a, a.T)],
                 "inverse": [(a, other[0]), (other[0], a)] if other else [], "symmetric": []}[hypothesis.kind]
        unlike = hypothesis.kind == "symmetric" and not (a == a.T).all()
        if unlike or not all((x @ y == np.eye(len(x), dtype=int)).all() for x, y in pairs):
            return f"the point that should satisfy the premises does not satisfy {hypothesis}"
    return ""


def _points(goal: MatrixEquation, setting: Setting, random: Random) -> Iterator[Point]:
    sizes = setting.sizes(SIZES)
    for attempt in range(TRIES if sizes else 0):
        dims = sizes[attempt % len(sizes)]
        hypers = setting.draw_hypers(dims, HYPERS, random)
        if hypers is None:
            continue
        draw = SIMPLE["integers" if attempt < len(sizes) else "generic"]
        inputs = dict(zip(setting.names, setting.draw_inputs(dims, [draw], random), strict=True))
        if all(_satisfied(hypothesis, inputs, random) for hypothesis in goal.hypotheses):
            yield Point(dims, hypers, list(inputs.values()))


def _satisfied(hypothesis: Hypothesis, inputs: dict[str, np.ndarray], random: Random) -> bool:
    """Put matrices that satisfy a hypothesis among the inputs; False where the sizes allow none."""
    name = hypothesis.names[0]
    rows, columns = inputs[name].shape
    if hypothesis.kind == "symmetric":
        inputs[name] = inputs[name] + inputs[name].T
    elif hypothesis.kind == "inverse":
        if rows != columns:
            return False
        inputs[name] = _triangle(rows, random) @ _triangle(rows, random).T
        inputs[hypothesis.names[1]] = _inverse(inputs[name])
    else:
        if (hypothesis.kind == "isometry" and rows < columns) or (hypothesis.kind == "coisometry" and rows > columns):
            return False
        inputs[name] = rotation(max(rows, columns), random)[:rows, :columns]
    return True


def rotation(size: int, random: Random) -> np.ndarray:
    """An orthogonal matrix of rationals: Cayley's (1 - K)^-1 (1 + K) with K^T = -K, its rows permuted and some of them negated.

    >>> p = rotation(3, Random(1))
    >>> bool((p.T @ p == np.eye(3, dtype=int)).all())
    True
    """
    upper = np.array([[Fraction(random.randint(-2, 2)) if i < j else Fraction(0) for j in range(size)] for i in range(size)], dtype=object)
    one, skew = np.eye(size, dtype=int) * Fraction(1), upper - upper.T
    turned = _inverse(one - skew) @ (one + skew)
    order = random.sample(range(size), size)
    return np.array([[random.choice((-1, 1))] for _ in range(size)], dtype=object) * turned[order]


def _triangle(size: int, random: Random) -> np.ndarray:
    """A lower triangular matrix of small integers with an inverse."""
    entry = lambda i, j: random.choice((-2, -1, 1, 2)) if i == j else random.randint(-2, 2) if i > j else 0
    return np.array([[Fraction(entry(i, j)) for j in range(size)] for i in range(size)], dtype=object)


def _inverse(a: np.ndarray) -> np.ndarray:
    found = sp.Matrix([[sp.Rational(x.numerator, x.denominator) for x in row] for row in a]).inv()
    return np.array([[Fraction(int(x.p), int(x.q)) for x in found.row(i)] for i in range(len(a))], dtype=object)


def _witness(goal: MatrixEquation, setting: Setting, found: Difference) -> Witness:
    point = found.point
    return Witness(dict(point.dims), {name: str(value) for name, value in point.hypers.items()},
                   {name: written(array) for name, array in zip(setting.names, point.inputs, strict=True)},
                   goal.lhs.cod.names[found.wire], found.index, found.left, found.right, found.exact, found.at_kink)
