"""The replay of a certificate of positivity, in exact arithmetic, with nothing but the standard library.

A problem is `variables`, `constraints` (each a `relation`, ">=0", ">0" or "=0", and a `polynomial`), a `goal` polynomial and
`strict`.  A polynomial is a list of [[numerator, denominator], exponents].  A certificate claims the identity

    left * goal  =  right  +  sum of multiplier * (constraint that is 0),

where `left` and `right` are sums of terms: squares with weights >= 0, times a product of constraints (`factors`) that are not
negative.  A term is *positive* when its factors are constraints ">0" and one of its squares is a constant.  With a positive
`left` the goal is >= 0 wherever the constraints hold, and with a positive `right` it is > 0.  An `empty` certificate claims the
identity for -1 in place of the goal: no point satisfies the constraints.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

Polynomial = dict[tuple[int, ...], Fraction]
Row = tuple[str, Polynomial]


def flaw(problem: Mapping[str, Any], certificate: Mapping[str, Any]) -> str:
    """Why a certificate does not prove a problem; the empty text when it does.

    >>> x = [[[1, 1], [1]]]                                             # the polynomial x
    >>> problem = {"variables": ["x"], "constraints": [{"relation": ">=0", "polynomial": x}], "goal": x, "strict": False}
    >>> one = {"factors": [], "squares": [[[1, 1], [[[1, 1], [0]]]]]}   # 1 times the square of 1
    >>> plain = {"empty": False, "squared": False, "left": [one], "ideal": []}
    >>> flaw(problem, {**plain, "right": [{**one, "factors": [0]}]})
    ''
    >>> flaw(problem, {**plain, "right": [one]})
    'the two sides of the identity differ'
    """
    try:
        return _flaw(problem, certificate)
    except (KeyError, TypeError, ValueError, IndexError, ZeroDivisionError, AttributeError) as error:
        return f"malformed: {type(error).__name__}: {error}"


def _flaw(problem: Mapping[str, Any], certificate: Mapping[str, Any]) -> str:
    arity = len(problem["variables"])
    rows = [(row["relation"], polynomial(row["polynomial"], arity)) for row in problem["constraints"]]
    empty, squared = certificate["empty"] is True, certificate["squared"] is True
    strict = problem["strict"] is not False
    goal = {(0,) * arity: Fraction(-1)} if empty else polynomial(problem["goal"], arity)
    left, left_positive = _cone(certificate["left"], rows, arity)
    right, right_positive = _cone(certificate["right"], rows, arity)
    for number, multiplier in certificate["ideal"]:
        relation, row = _row(rows, number)
        if relation != "=0":
            return f"constraint {number} is {relation}: only one that is 0 has a multiplier of any sign"
        right = plus(right, times(polynomial(multiplier, arity), row))
    if times(left, goal) != (plus(right, times(goal, goal)) if squared else right):
        return "the two sides of the identity differ"
    if not (left_positive or (squared and not strict and not empty)):
        return "the multiplier of the goal is not shown positive"
    return "" if empty or not strict or right_positive else "the right side is not shown positive"


def polynomial(data: Sequence[Any], arity: int) -> Polynomial:
    """The polynomial that is written as a list; ValueError for anything else."""
    total: Polynomial = {}
    for coefficient, exponents in data:
        if len(exponents) != arity or not all(type(e) is int and e >= 0 for e in exponents):
            raise ValueError(f"exponents {exponents}: expected {arity} integers that are not negative")
        total = plus(total, {tuple(exponents): fraction(coefficient)})
    return total


def fraction(data: Sequence[int]) -> Fraction:
    """An exact number, written as [numerator, denominator]."""
    numerator, denominator = data
    if type(numerator) is not int or type(denominator) is not int:
        raise ValueError(f"{data} is no exact number: expected two integers")
    return Fraction(numerator, denominator)


def plus(p: Polynomial, q: Polynomial) -> Polynomial:
    """p + q, without zero coefficients."""
    total = dict(p)
    for exponents, coefficient in q.items():
        total[exponents] = total.get(exponents, Fraction(0)) + coefficient
    return {exponents: coefficient for exponents, coefficient in total.items() if coefficient}


def times(p: Polynomial, q: Polynomial) -> Polynomial:
    """p q, without zero coefficients."""
    total: Polynomial = {}
    for a, left in p.items():
        for b, right in q.items():
            exponents = tuple(map(sum, zip(a, b, strict=True)))
            total[exponents] = total.get(exponents, Fraction(0)) + left * right
    return {exponents: coefficient for exponents, coefficient in total.items() if coefficient}


def _row(rows: Sequence[Row], number: object) -> Row:
    if type(number) is not int or not 0 <= number < len(rows):
        raise ValueError(f"there is no constraint {number}")
    return rows[number]


def _cone(terms: Sequence[Mapping[str, Any]], rows: Sequence[Row], arity: int) -> tuple[Polynomial, bool]:
    """A sum of terms, and whether one of them is positive."""
    total: Polynomial = {}
    positive = False
    for term in terms:
        product: Polynomial = {(0,) * arity: Fraction(1)}
        factors = [_row(rows, number) for number in term["factors"]]
        for relation, factor in factors:
            if relation not in (">=0", ">0"):
                raise ValueError(f"a factor that is {relation}: expected constraints that are not negative")
            product = times(product, factor)
        squares: Polynomial = {}
        for weight, root in term["squares"]:
            amount, base = fraction(weight), polynomial(root, arity)
            if amount < 0:
                raise ValueError(f"the weight {amount} of a square is negative")
            squares = plus(squares, times({(0,) * arity: amount}, times(base, base)))
            positive |= amount > 0 and set(base) == {(0,) * arity} and all(relation == ">0" for relation, _ in factors)
        total = plus(total, times(product, squares))
    return total, positive
