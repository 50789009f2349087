"""The index forms of an expression, and the strides by which its indices step."""

from __future__ import annotations

from collections.abc import Iterator

from symcat.prove.index.affine import Affine, coefficient, make
from symcat.prove.index.table import Atom, Call, Expr, Factors, Read, Several, Sum, Table, Value, Zero

STRIDES = 6     # the largest stride that indices are split by


def strides(table: Table, e: Expr) -> list[int]:
    """The coefficients of indices, from 2 on, that occur in an expression."""
    found = {abs(k) for form in forms(table, e) for v, k in form[1] if not table.is_dim(v)}
    return sorted(k for k in found if 2 <= k <= STRIDES)


def forms(table: Table, e: Expr) -> Iterator[Affine]:
    """The index forms and guards of an expression, those inside functions and sums included."""
    for guards, factors in e:
        yield from guards
        yield from factor_forms(table, factors)


def factor_forms(table: Table, factors: Factors) -> Iterator[Affine]:
    """The index forms of a monomial."""
    for a, _ in factors:
        match table.atoms[a]:
            case Read(indices=indices):
                yield from indices
            case Zero(form=form):
                yield form
            case Value(variable=v):
                yield make(0, {v: 1})
            case Call(arguments=arguments):
                for argument in arguments:
                    yield from forms(table, table.thaw(argument))
            case Several(body=body):
                yield from forms(table, table.thaw(body))
            case Sum(guards=guards, factors=inner):
                yield from guards
                yield from factor_forms(table, inner)


def set_apart(table: Table, factors: Factors, v: int, stride: int) -> bool:
    """Whether an equation sets an index, which does not step by the stride in it, against what does.

    Guards and other equations do not count: divided by their contents, they hide by what their indices step.
    """
    return any(coefficient(form, v) % stride and any(k % stride == 0 for w, k in form[1] if not table.is_dim(w))
               for form in (data.form for data in atoms(table, factors) if isinstance(data, Zero)))


def uneven(table: Table, factors: Factors, v: int, stride: int) -> bool:
    """Whether a read does not step by the stride with an index, or an equation sets it apart."""
    reads = (data for data in atoms(table, factors) if isinstance(data, Read))
    return any(coefficient(form, v) % stride for data in reads for form in data.indices) or set_apart(table, factors, v, stride)


def atoms(table: Table, factors: Factors) -> Iterator[Atom]:
    """The atoms of a monomial, those inside functions and sums included."""
    for a, _ in factors:
        data = table.atoms[a]
        yield data
        if isinstance(data, Sum):
            yield from atoms(table, data.factors)
        for e in data.arguments if isinstance(data, Call) else (data.body,) if isinstance(data, Several) else ():
            for (_, inner), _ in table.frozen[e]:
                yield from atoms(table, inner)


def argument_guards(table: Table, factors: Factors) -> Iterator[Affine]:
    """The guards of the terms inside functions, not those of sums."""
    for a, _ in factors:
        data = table.atoms[a]
        if isinstance(data, (Call, Several)):
            for e in data.arguments if isinstance(data, Call) else (data.body,):
                for (guards, inner), _ in table.frozen[e]:
                    yield from guards
                    yield from argument_guards(table, inner)
