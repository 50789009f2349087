"""Morphisms over Z[n] are formal polynomials: two are equal when all coefficients agree modulo n, at every size.

x^2 and x are different morphisms over Z2 and the same function; a witness says both.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import product

import numpy as np
import sympy as sp
from sympy.polys.polyerrors import CoercionFailed

from symcat.category.evaluate import evaluate, generic_inputs
from symcat.category.morphism import Morphism
from symcat.category.objects import SYMBOLIC
from symcat.errors import DomainError
from symcat.prove.sample import Setting
from symcat.prove.witness import Tested, Witness

ENTRIES = 24
POINTS = 4096
LONG = 200


def refute_formal(lhs: Morphism, rhs: Morphism, setting: Setting, most: int) -> Witness | Tested:
    """A monomial whose coefficients differ at some small size, or the sizes at which all agree."""
    tested = 0
    for sizes in setting.sizes(most):
        shapes = setting.shapes(sizes)
        if tested and sum(int(np.prod(shape, dtype=int)) for shape in shapes) > ENTRIES:
            continue
        inputs = [array.reshape(shape) for array, shape in zip(generic_inputs(lhs, sizes), shapes, strict=True)]
        try:
            sides = [evaluate(f, inputs, sizes, scalars=SYMBOLIC) for f in (lhs, rhs)]
            found = _first(lhs, sides, inputs)
        except (DomainError, sp.PolynomialError, CoercionFailed):
            continue    # something that is no polynomial with integer coefficients
        if found:
            wire, index, left, right = found
            return _witness(lhs, rhs, sizes, inputs, wire, index, left, right)
        tested += 1
    return Tested(tested, tested > 0)


def _first(lhs: Morphism, sides: Sequence, inputs: Sequence) -> tuple[int, tuple[int, ...], sp.Poly, sp.Poly] | None:
    """The first entry whose polynomials differ."""
    symbols = [symbol for array in inputs for symbol in array.ravel()]
    for wire, (left, right) in enumerate(zip(*sides, strict=True)):
        modulus = lhs.cod.types[wire].base.modulus
        for index in np.ndindex(left.shape):
            p, q = (residues(side[index], symbols, modulus) for side in (left, right))
            if p != q:
                return wire, index, p, q
    return None


def residues(e: sp.Expr, symbols: Sequence[sp.Symbol], modulus: int) -> sp.Poly:
    """A polynomial with integer coefficients, each reduced to 0, ..., n - 1."""
    generators = symbols or [sp.Symbol("_")]
    terms = sp.Poly(e, *generators, domain=sp.ZZ).terms()
    return sp.Poly.from_dict({monomial: int(c) % modulus for monomial, c in terms}, *generators, domain=sp.ZZ)


def _witness(lhs: Morphism, rhs: Morphism, sizes: dict, inputs: Sequence, wire: int, index: tuple, left: sp.Poly,
             right: sp.Poly) -> Witness:
    monomial = max((left - right).monoms())
    term = sp.Mul(*[g**k for g, k in zip(left.gens, monomial, strict=True)])
    a, b = (int(side.coeff_monomial(monomial)) for side in (left, right))
    texts = [str(side.as_expr()) for side in (left, right)]
    if max(map(len, texts)) > LONG:
        texts = [f"{a}*{term} + ...", f"{b}*{term} + ..."]
    same, where = _as_functions(lhs, rhs, sizes, inputs)
    note = f"the coefficient of {term} is {a} on the left and {b} on the right"
    note += {True: "; equal as functions", False: "; different as functions too", None: ""}[same]
    return Witness(sizes, {}, where, lhs.cod.names[wire], index, *texts, note=note,
                   monomial={"monomial": str(term), "left": a, "right": b}, equal_as_functions=same)


def _as_functions(lhs: Morphism, rhs: Morphism, sizes: dict, inputs: Sequence) -> tuple[bool | None, dict]:
    """Whether two sides agree at all points of their finite domain, with a point where they do not; None when it is too large."""
    moduli = [wire.base.modulus for wire in lhs.dom.types]
    counts = [array.size for array in inputs]
    if np.prod([float(n) ** count for n, count in zip(moduli, counts, strict=True)]) > POINTS:
        return None, {}
    for values in product(*[range(n) for n, count in zip(moduli, counts, strict=True) for _ in range(count)]):
        parts = np.split(np.array(values, dtype=np.int64), np.cumsum(counts)[:-1]) if counts else []
        point = [part.reshape(array.shape) for part, array in zip(parts, inputs, strict=True)]
        pairs = zip(evaluate(lhs, point, sizes), evaluate(rhs, point, sizes), strict=True)
        if any(np.any(a != b) for a, b in pairs):
            return False, {name: part.tolist() for name, part in zip(lhs.dom.names, point, strict=True)}
    return True, {}
