"""Certificates of a problem about polynomials put to use for another that states the same polynomials up to positive factors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from math import prod
from typing import Any

Data = list[Any]
Problem = Mapping[str, Any]


def hinted(given: Problem, found: Mapping[str, Any], problem: Problem, names: Sequence[str]) -> dict[str, Any] | None:
    """The certificate `found` of the problem `given` as one of `problem`, whose variables have these names; None when it is none."""
    if found["empty"] or found["squared"] or not set(given["variables"]) <= set(names):
        return None
    place = [names.index(name) for name in given["variables"]]
    whole = factor(moved(given["goal"], place, len(names)), problem["goal"])
    rows = [_row(row["relation"], moved(row["polynomial"], place, len(names)), problem["constraints"]) for row in given["constraints"]]
    used = {k for part in (*found["left"], *found["right"]) for k in part["factors"]} | {k for k, _ in found["ideal"]}
    if whole is None or whole <= 0 or any(rows[k] is None for k in used):
        return None

    def cone(terms: Data, by: Fraction) -> Data:
        parts = [(part, by * prod(rows[k][1] for k in part["factors"])) for part in terms]
        return [{"factors": [rows[k][0] for k in part["factors"]],
                 "squares": [[pair(Fraction(*w) * c), moved(base, place, len(names))] for w, base in part["squares"]]} for part, c in parts]

    ideal = [[rows[k][0], [[pair(Fraction(*c) * rows[k][1]), m] for c, m in moved(p, place, len(names))]] for k, p in found["ideal"]]
    left, right = cone(found["left"], whole), cone(found["right"], Fraction(1))
    return {"empty": False, "squared": False, "left": left, "right": right, "ideal": ideal}


def _row(relation: str, p: Data, constraints: Sequence[Mapping[str, Any]]) -> tuple[int, Fraction] | None:
    """The number of a constraint that says as much, and the factor by which the polynomial is larger."""
    for k, own in enumerate(constraints):
        c = factor(p, own["polynomial"]) if own["relation"] == relation or (relation, own["relation"]) == (">=0", ">0") else None
        if c is not None and (c > 0 or relation == "=0"):
            return k, c
    return None


def moved(p: Data, place: Sequence[int], size: int) -> Data:
    """A polynomial over more variables."""
    def exponents(m: Sequence[int]) -> list[int]:
        found = [0] * size
        for j, e in zip(place, m, strict=True):
            found[j] = e
        return found
    return [[c, exponents(m)] for c, m in p]


def factor(p: Data, q: Data) -> Fraction | None:
    """c with p = c q."""
    left, right = ({tuple(m): Fraction(*c) for c, m in one} for one in (p, q))
    found = {c / right[m] for m, c in left.items()} if left.keys() == right.keys() else set()
    return found.pop() if len(found) == 1 else None


def pair(c: Fraction) -> list[int]:
    return [c.numerator, c.denominator]
