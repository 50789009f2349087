"""Equality of programs made of matrix products, for all sizes, under hypotheses such as P^T P = 1.

A value of rank 2 is a polynomial in words: products of letters, each an input or a name given on the way, transposed or not, with
scalars for coefficients.  A vector is a matrix with one column.  A hypothesis says that the product of two letters is an identity
matrix, or that a letter is symmetric; words are shortened by it and nothing else is known of letters.  Of scalars, traces of words
among them, only sums and products are known: equal arguments make equal values.  So two sides with one normal form are equal at
every size and at all inputs that satisfy the hypotheses; two with different ones may be equal nevertheless.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from symcat.checker.forms import Refused
from symcat.checker.networks import Networks
from symcat.checker.word_algebra import Algebra, Matrix, Value

HYPOTHESES = {"orthogonal": "{0}^T {0} = 1 and {0} {0}^T = 1", "isometry": "{0}^T {0} = 1", "coisometry": "{0} {0}^T = 1",
              "inverse": "{0} {1} = 1 and {1} {0} = 1", "symmetric": "{0}^T = {0}"}


def matrices(goal: Mapping[str, Any], reads: int) -> None:
    """Refused unless the outputs of both sides have one normal form.

    Sums on the way that are read at so many places become letters of their own; with 0, none of them.
    """
    lhs, rhs = goal["lhs"], goal["rhs"]
    types = [[wire[1:] for wire in side[end]] for side in (lhs, rhs) for end in ("dom", "cod")]
    if types[0] != types[2] or types[1] != types[3]:
        raise Refused("the two sides do not have the same wires")
    names = [wire[0] for wire in lhs["dom"]]
    if len(set(names)) < len(names):
        raise Refused("two inputs have one name")
    algebra = Algebra()
    inputs = [algebra.wire(shape, modulus) for _, modulus, shape in lhs["dom"]]
    for hypothesis in sorted(goal["hypotheses"], key=lambda one: one[0] != "symmetric"):
        suppose(algebra, hypothesis, dict(zip(names, inputs, strict=True)))
    sides = [Networks(algebra, inputs, side, reads).outputs() for side in (lhs, rhs)]
    for k, (left, right) in enumerate(zip(*sides, strict=True)):
        if left != right:
            raise Refused(f"the normal forms of output {k} differ")


def premise(hypothesis: Sequence[str]) -> str:
    """A hypothesis as the premise of a proof."""
    kind, *names = hypothesis
    if kind not in HYPOTHESES:
        raise Refused(f"{kind} is no kind of hypothesis")
    return HYPOTHESES[kind].format(*names)


def suppose(algebra: Algebra, hypothesis: Sequence[Any], wires: Mapping[str, Value]) -> None:
    """Take a hypothesis about inputs into the algebra."""
    kind, *names = hypothesis
    if kind not in HYPOTHESES or len(names) != (2 if kind == "inverse" else 1) or not all(name in wires for name in names):
        raise Refused(f"{hypothesis} is no hypothesis about inputs")
    letters = [letter(wires[name]) for name in names]
    shapes = [algebra.shapes[one] for one in letters]
    square = shapes[0][0] == shapes[0][1]
    if (not square and kind in ("orthogonal", "symmetric")) or (kind == "inverse" and shapes[0] != shapes[1][::-1]):
        raise Refused(f"{hypothesis}: the shapes do not allow it")
    a, b = letters[0], letters[-1]
    if kind == "symmetric":
        algebra.symmetric.add(a)
    if kind in ("orthogonal", "isometry"):
        algebra.suppose((a, True), (a, False))
    if kind in ("orthogonal", "coisometry"):
        algebra.suppose((a, False), (a, True))
    if kind == "inverse":
        for one, other in ((a, b), (b, a)):
            algebra.suppose((one, False), (other, False))
            algebra.suppose((one, True), (other, True))


def letter(value: Value) -> int:
    """The letter of an input of rank 2."""
    if not isinstance(value, Matrix) or value.rank != 2 or len(value.terms) != 1:
        raise Refused("a hypothesis is about an input of rank 2")
    ((word, coefficient),) = value.terms.items()
    if len(word) != 1 or coefficient != {(): Fraction(1)}:
        raise Refused("a hypothesis is about an input of rank 2")
    return word[0][0]
