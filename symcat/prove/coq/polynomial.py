"""Polynomials over atoms: the values of normal forms.

An atom is a term that is not a number, a sum, a product or a power: a read, a call, an inverse, an indicator, a finite sum, ...
"""

from __future__ import annotations

import re
from fractions import Fraction
from functools import lru_cache
from itertools import count

from symcat.prove.coq.names import BOUND
from symcat.prove.coq.scalars import NotExported
from symcat.prove.coq.term import BINDERS, ONE, ZERO, Number, Plus, Power, Term, Times, children, name, put, rebuilt, text

Monomial = tuple[tuple[Term, int], ...]
Poly = dict[Monomial, Fraction]
TERMS = 120


@lru_cache(maxsize=200_000)
def height(term: Term) -> int:
    """How many sums stand inside one another in a term."""
    inner = max(map(height, children(term)), default=0)
    return inner + 1 if isinstance(term, BINDERS) else inner


@lru_cache(maxsize=200_000)
def alpha(term: Term) -> Term:
    """A term with the indices of its sums named by height: equal for terms that differ in these names only."""
    if isinstance(term, BINDERS):
        body = alpha(term.body)
        new = BOUND[height(body)]
        return type(term)(new, term.extent, put(body, {term.index: name(new)}))
    return rebuilt(term, alpha)


@lru_cache(maxsize=200_000)
def key(term: Term) -> str:
    return text(alpha(term))


@lru_cache(maxsize=200_000)
def literal(term: Term) -> str:
    """The text of a term without the names of its bound indices: what Coq sees.  (The order in an index, as in i + j, is kept.)"""
    binders: dict[str, str] = {}
    numbers = count()

    def plain(match: re.Match[str]) -> str:
        word, bound = match.group(0), match.group(1)
        if bound:
            binders[bound] = f"#{next(numbers)}"
            return f"fun {binders[bound]} =>"
        return binders.get(word, word)

    return re.sub(r"fun (\w+) =>|\w+", plain, text(term))


def constant(value: Fraction | int) -> Poly:
    return {(): Fraction(value)} if value else {}


def atom(term: Term) -> Poly:
    return {((alpha(term), 1),): Fraction(1)}


def plus(p: Poly, q: Poly, modulus: int = 0) -> Poly:
    total = dict(p)
    for monomial, c in q.items():
        total[monomial] = total.get(monomial, Fraction(0)) + c
    return _kept(total, modulus)


def times(p: Poly, q: Poly, modulus: int = 0) -> Poly:
    total: Poly = {}
    for a, c in p.items():
        for b, d in q.items():
            product = merged(a, b)
            total[product] = total.get(product, Fraction(0)) + c * d
    return _kept(total, modulus)


def _kept(total: Poly, modulus: int) -> Poly:
    kept = {m: c % modulus if modulus else c for m, c in total.items()}
    kept = {m: c for m, c in kept.items() if c}
    if len(kept) > TERMS:
        raise NotExported(f"a normal form of more than {TERMS} terms")
    return kept


def merged(a: Monomial, b: Monomial) -> Monomial:
    """The product of two monomials."""
    powers = dict(a)
    for factor, k in b:
        powers[factor] = powers.get(factor, 0) + k
    return ordered(powers)


def ordered(powers: dict[Term, int]) -> Monomial:
    return tuple(sorted(((factor, k) for factor, k in powers.items() if k), key=lambda item: key(item[0])))


def factors(monomial: Monomial, modulus: int = 0) -> list[Term]:
    """The factors of a monomial, powers written out over Z2."""
    if modulus:
        return [factor for factor, k in monomial for _ in range(k)]
    return [factor if k == 1 else Power(factor, k) for factor, k in monomial]


def product(parts: list[Term]) -> Term:
    return ONE if not parts else parts[0] if len(parts) == 1 else Times(tuple(parts))


def term_of(poly: Poly, modulus: int = 0) -> Term:
    """A polynomial as a term, its monomials in a fixed order."""
    parts = []
    for monomial, c in sorted(poly.items(), key=lambda item: [(key(factor), k) for factor, k in item[0]]):
        inner = factors(monomial, modulus)
        parts.append(product(([Number(c)] if c != 1 or not inner else []) + inner))
    return ZERO if not parts else parts[0] if len(parts) == 1 else Plus(tuple(parts))


def fractional(term: Term) -> bool:
    """Whether a number that is not whole stands outside all atoms of a term."""
    if isinstance(term, Number):
        return term.value.denominator != 1
    return isinstance(term, (Plus, Times, Power)) and any(map(fractional, children(term)))
