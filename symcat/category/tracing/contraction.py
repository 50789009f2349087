"""Sums of products: einsum and everything that is one."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain
from typing import Any

import sympy as sp

from symcat.category.space import Dim
from symcat.category.tracing.arithmetic import multiply
from symcat.category.tracing.reshaping import reshape
from symcat.category.tracing.value import Value, common_base, operands, show_shape
from symcat.category.tracing.value import axes as numbered
from symcat.errors import TraceError

LETTERS = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"


def contract(name: str, values: Sequence[Value], labels: Sequence[str], out: str, strict: str = "") -> Value:
    """One comprehension: the product of the reads, summed over the labels that are not in `out`.

    A label's dims must be equal, or 1 unless the label is in `strict`.
    """
    extents = _extents(name, values, labels, strict)
    base = common_base(values, name)
    reduced = [label for label in extents if label not in out]
    if all(value.truth for value in values) and (len(values) > 1 or reduced):
        raise TraceError(f"{name} of comparisons is a logical operation in NumPy: multiply one by 1.0 to count, or use & and np.any")
    order = [*out, *reduced]

    def body(*indices: sp.Expr) -> sp.Expr:
        place = dict(zip(order, indices, strict=True))
        factors = []
        for value, own in zip(values, labels, strict=True):
            stretched = [extent != extents[label] for label, extent in zip(own, value.shape, strict=True)]
            factors.append(value.read([sp.S.Zero if one else place[label] for label, one in zip(own, stretched, strict=True)]))
        return sp.Mul(*factors)

    tape = values[0].tape
    return tape.gather([extents[label] for label in out], body, [extents[label] for label in reduced], name=name, base=base,
                       truth=values[0].truth and not reduced)


def _extents(name: str, values: Sequence[Value], labels: Sequence[str], strict: str) -> dict[str, Dim]:
    """The dim of every label, in order of first occurrence."""
    extents: dict[str, Dim] = {}
    for value, own in zip(values, labels, strict=True):
        for label, extent in zip(own, value.shape, strict=True):
            known = extents.setdefault(label, extent)
            if known == extent:
                continue
            if label in strict or 1 not in (known, extent):
                shapes = " and ".join(show_shape(v.shape) for v in values)
                raise TraceError(f"{name} of shapes {shapes}: the dims {known} and {extent} must be equal")
            extents[label] = extent if known == 1 else known
    return extents


def einsum(*arguments: object, optimize: object = False) -> Value:
    """NumPy's einsum with a string of subscripts, explicit or implicit, with `...`; one comprehension."""
    if not arguments or not isinstance(arguments[0], str):
        raise TraceError("einsum with lists of axes: write the subscripts as a string, e.g. 'ij,jk->ik'")
    subscripts, items = arguments[0].replace(" ", ""), arguments[1:]
    left, arrow, right = subscripts.partition("->")
    terms = left.split(",")
    if len(terms) != len(items):
        raise TraceError(f"einsum {subscripts!r} names {len(terms)} operands, {len(items)} came")
    values = operands(*items)
    spare = [letter for letter in reversed(LETTERS) if letter not in subscripts]
    ellipsis = spare[: max(value.rank for value in values)][::-1]
    labels = [_labels(term, value, ellipsis, subscripts) for term, value in zip(terms, values, strict=True)]
    hidden = max((value.rank - len(term) + 3 for term, value in zip(terms, values, strict=True) if "..." in term), default=0)
    batch = "".join(ellipsis[len(ellipsis) - hidden:]) if hidden else ""
    out = right.replace("...", batch) if arrow else batch + _implicit(labels, batch)
    if len(set(out)) != len(out) or any(label not in set(chain(*labels)) for label in out):
        raise TraceError(f"einsum {subscripts!r}: every output label must occur in an operand, and once in the output")
    return contract("einsum", values, labels, out)


def _labels(term: str, value: Value, ellipsis: Sequence[str], subscripts: str) -> str:
    """The labels of one operand, the ellipsis written out."""
    named = term.replace("...", "")
    hidden = value.rank - len(named)
    if not (named == "" or (named.isalpha() and named.isascii())) or hidden < 0 or (hidden and "..." not in term):
        raise TraceError(f"einsum {subscripts!r}: the labels {term!r} do not fit {value} of rank {value.rank}")
    return term.replace("...", "".join(ellipsis[len(ellipsis) - hidden:]) if hidden else "")


def _implicit(labels: Sequence[str], batch: str) -> str:
    every = "".join(labels)
    return "".join(sorted(label for label in set(every) if every.count(label) == 1 and label not in batch))


def matmul(x: object, y: object) -> Value:
    """x @ y: the last axis of x against the last but one of y, leading axes broadcast."""
    x, y = operands(x, y)
    if not x.rank or not y.rank:
        raise TraceError(f"matmul of {x} and {y}: both need at least one axis; use * for a scalar")
    batch = LETTERS[: max(x.rank, y.rank) - 2] if max(x.rank, y.rank) > 2 else ""
    left = (batch[len(batch) - max(x.rank - 2, 0):] + "Y" if x.rank > 1 else "") + "X"
    right = (batch[len(batch) - max(y.rank - 2, 0):] if y.rank > 1 else "") + "X" + ("Z" if y.rank > 1 else "")
    out = batch + ("Y" if x.rank > 1 else "") + ("Z" if y.rank > 1 else "")
    return contract("matmul", (x, y), (left, right), out, strict="XYZ")


def dot(a: object, b: object) -> Value:
    """NumPy's dot: product of scalars, inner product of vectors, else the last axis of a against the last but one of b."""
    a, b = operands(a, b)
    if not a.rank or not b.rank:
        return multiply(a, b)
    return tensordot(a, b, ((a.rank - 1,), (max(b.rank - 2, 0),)), name="dot")


def inner(a: object, b: object) -> Value:
    """The last axes against each other."""
    a, b = operands(a, b)
    return multiply(a, b) if not a.rank or not b.rank else tensordot(a, b, ((a.rank - 1,), (b.rank - 1,)), name="inner")


def vdot(a: object, b: object) -> Value:
    """The sum of the products of all entries, in row-major order."""
    a, b = operands(a, b)
    if a.rank and a.shape == b.shape:
        return tensordot(a, b, a.rank, name="vdot")
    return inner(*(reshape(value, (-1,)) if value.rank > 1 else value for value in (a, b)))


def vecdot(x1: object, x2: object) -> Value:
    """The last axes against each other, leading axes broadcast."""
    x1, x2 = operands(x1, x2)
    batch = LETTERS[: max(x1.rank, x2.rank) - 1]
    labels = [batch[len(batch) - v.rank + 1:] + "X" for v in (x1, x2)]
    return contract("vecdot", (x1, x2), labels, batch, strict="X")


def outer(a: object, b: object) -> Value:
    """All products of the entries of two vectors."""
    a, b = operands(a, b)
    if a.rank != 1 or b.rank != 1:
        raise TraceError(f"outer of {a} and {b}: expected two vectors; use einsum for more axes")
    return contract("outer", (a, b), ("a", "b"), "ab")


def tensordot(a: object, b: object, axes: Any = 2, *, name: str = "tensordot") -> Value:
    """Sum over pairs of axes, the rest in order."""
    a, b = operands(a, b)
    pairs: tuple[tuple[int, ...], ...]
    if isinstance(axes, int):
        pairs = (tuple(range(a.rank - axes, a.rank)), tuple(range(axes)))
    else:
        pairs = tuple(tuple(side) if isinstance(side, (tuple, list)) else (side,) for side in axes)
    left, right = numbered(pairs[0], a.rank, name), numbered(pairs[1], b.rank, name)
    if len(left) != len(right):
        raise TraceError(f"{name}: {len(left)} axes of the first against {len(right)} of the second")
    first = list(LETTERS[: a.rank])
    second = list(LETTERS[a.rank: a.rank + b.rank])
    for i, j in zip(left, right, strict=True):
        second[j] = first[i]
    out = [label for k, label in enumerate(first) if k not in left] + [label for k, label in enumerate(second) if k not in right]
    return contract(name, (a, b), ("".join(first), "".join(second)), "".join(out), strict=LETTERS)
