"""Terms as Coq files state them: scalars over reads of arrays with affine indices, and finite sums; how they are written.

Over the reals a term means a real number by Coq's own library; over Z2 a truth value, with exclusive or for the sum.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache


@dataclass(frozen=True)
class Affine:
    """An integer: a constant and multiples of names."""

    terms: tuple[tuple[str, int], ...] = ()
    constant: int = 0

    @staticmethod
    def of(coefficients: Mapping[str, int], constant: int = 0) -> Affine:
        return Affine(tuple(sorted((name, k) for name, k in coefficients.items() if k)), constant)

    def plus(self, other: Affine, times: int = 1) -> Affine:
        total = dict(self.terms)
        for name, k in other.terms:
            total[name] = total.get(name, 0) + times * k
        return Affine.of(total, self.constant + times * other.constant)

    def coefficient(self, name: str) -> int:
        return dict(self.terms).get(name, 0)

    def put(self, values: Mapping[str, Affine]) -> Affine:
        if not any(name in values for name, _ in self.terms):
            return self
        total: dict[str, int] = {}
        constant = self.constant
        for name, k in self.terms:
            value = values.get(name)
            for other, factor in ((name, 1),) if value is None else value.terms:
                total[other] = total.get(other, 0) + k * factor
            constant += 0 if value is None else k * value.constant
        return Affine.of(total, constant)

    def __str__(self) -> str:
        pieces = [(k, name) for name, k in sorted(self.terms, key=lambda term: term[1] < 0)]
        pieces += [(self.constant, "")] if self.constant or not pieces else []
        text = ""
        for k, name in pieces:
            size = name if name and abs(k) == 1 else f"{abs(k)} * {name}" if name else str(abs(k))
            text += (f" - {size}" if k < 0 else f" + {size}") if text else (f"- {size}" if k < 0 else size)
        return text

    @property
    def argument(self) -> str:
        """As an argument of a function."""
        return str(self) if len(self.terms) == 1 and self.terms[0][1] == 1 and not self.constant else f"({self})%Z"


def name(text: str) -> Affine:
    return Affine(((text, 1),))


def _node(cls: type) -> type:
    """A frozen dataclass that computes its hash once: terms are keys of many tables."""
    cls = dataclass(frozen=True)(cls)
    compute = cls.__hash__

    def remembered(self: object) -> int:
        found = self.__dict__.get("_hash")
        if found is None:
            found = compute(self)
            object.__setattr__(self, "_hash", found)
        return found

    cls.__hash__ = remembered
    return cls


@_node
class Number:
    value: Fraction


@_node
class Plus:
    parts: tuple[Term, ...]


@_node
class Times:
    parts: tuple[Term, ...]


@_node
class Power:
    """A power whose exponent is an integer of at least 2."""

    base: Term
    exponent: int


@_node
class Inverse:
    base: Term


@_node
class Call:
    """A function by its Coq name, applied to scalars."""

    function: str
    arguments: tuple[Term, ...]


@_node
class Read:
    """An entry of an array; a hyperparameter or a scalar variable when it has no indices."""

    array: str
    indices: tuple[Affine, ...] = ()


@_node
class Indicator:
    """`bracket` is [form >= 0], `delta` is [form = 0]."""

    kind: str
    form: Affine


@_node
class Cast:
    """An integer as a real number."""

    form: Affine


@_node
class Total:
    """The sum of the body over 0 <= index < extent."""

    index: str
    extent: Affine
    body: Term


@_node
class Greatest:
    """The maximum of the body over 0 <= index < extent."""

    index: str
    extent: Affine
    body: Term


Term = Number | Plus | Times | Power | Inverse | Call | Read | Indicator | Cast | Total | Greatest
BINDERS = (Total, Greatest)
ZERO, ONE = Number(Fraction(0)), Number(Fraction(1))
SUM, PRODUCT, ARGUMENT = range(3)


@lru_cache(maxsize=200_000)
def text(term: Term, level: int = SUM) -> str:
    """A term in Coq's notation; `level` says where it stands: as a summand, as a factor, or as an argument.

    >>> x = Read("x", (name("i"),))
    >>> text(Times((Number(Fraction(1, 2)), Plus((x, ONE)), Inverse(x))))
    '(1 / 2) * (x i + 1) * / (x i)'
    """
    written, own = _written(term)
    return f"({written})" if own < level else written


def _written(term: Term) -> tuple[str, int]:
    if isinstance(term, Number):
        return _number(term.value)
    if isinstance(term, Plus):
        return " + ".join(text(part, PRODUCT) for part in term.parts), SUM
    if isinstance(term, Times):
        return " * ".join(text(part, ARGUMENT if isinstance(part, (Times, Number)) else PRODUCT) for part in term.parts), PRODUCT
    if isinstance(term, Power):
        return f"{text(term.base, ARGUMENT)} ^ {term.exponent}", PRODUCT
    if isinstance(term, Inverse):
        return f"/ {text(term.base, ARGUMENT)}", PRODUCT
    if isinstance(term, Call):
        given = [text(argument, ARGUMENT) for argument in term.arguments]
        return " ".join([term.function, *given]), PRODUCT if given else ARGUMENT
    if isinstance(term, Read):
        return " ".join([term.array, *(e.argument for e in term.indices)]), PRODUCT if term.indices else ARGUMENT
    if isinstance(term, Indicator):
        return f"{term.kind} {term.form.argument}", PRODUCT
    if isinstance(term, Cast):
        return f"IZR {term.form.argument}", PRODUCT
    word = "sum" if isinstance(term, Total) else "greatest"
    return f"{word} {term.extent.argument} (fun {term.index} => {text(term.body)})", PRODUCT


def _number(value: Fraction) -> tuple[str, int]:
    if value.denominator != 1:
        return f"{value.numerator} / {value.denominator}", SUM
    return str(value.numerator), ARGUMENT if value >= 0 else SUM


@lru_cache(maxsize=200_000)
def names(term: Term) -> frozenset[str]:
    """The names that are free in the indices of a term."""
    if isinstance(term, Read):
        return frozenset(n for e in term.indices for n, _ in e.terms)
    if isinstance(term, (Indicator, Cast)):
        return frozenset(n for n, _ in term.form.terms)
    if isinstance(term, BINDERS):
        return (names(term.body) - {term.index}) | frozenset(n for n, _ in term.extent.terms)
    return frozenset().union(*map(names, children(term)))


def children(term: Term) -> tuple[Term, ...]:
    """The terms directly inside a term."""
    if isinstance(term, (Plus, Times)):
        return term.parts
    if isinstance(term, (Power, Inverse)):
        return (term.base,)
    if isinstance(term, Call):
        return term.arguments
    return (term.body,) if isinstance(term, BINDERS) else ()


def put(term: Term, values: Mapping[str, Affine]) -> Term:
    """A term with names in its indices replaced.  No name in the values may be bound in the term."""
    used = names(term)
    wanted = tuple((key, value) for key, value in values.items() if key in used)
    return _put(term, wanted) if wanted else term


@lru_cache(maxsize=200_000)
def _put(term: Term, items: tuple[tuple[str, Affine], ...]) -> Term:
    values = dict(items)
    if isinstance(term, Read):
        return Read(term.array, tuple(e.put(values) for e in term.indices))
    if isinstance(term, (Indicator, Cast)):
        return type(term)(*((term.kind,) if isinstance(term, Indicator) else ()), term.form.put(values))
    if isinstance(term, BINDERS):
        inner = {key: value for key, value in values.items() if key != term.index}
        return type(term)(term.index, term.extent.put(values), put(term.body, inner))
    return rebuilt(term, lambda child: put(child, values))


def rebuilt(term: Term, change: Callable[[Term], Term]) -> Term:
    """A term with the terms directly inside it changed."""
    if isinstance(term, (Plus, Times)):
        return type(term)(tuple(map(change, term.parts)))
    if isinstance(term, Power):
        return Power(change(term.base), term.exponent)
    if isinstance(term, Inverse):
        return Inverse(change(term.base))
    if isinstance(term, Call):
        return Call(term.function, tuple(map(change, term.arguments)))
    if isinstance(term, BINDERS):
        return type(term)(term.index, term.extent, change(term.body))
    return term


def arrays(term: Term) -> frozenset[str]:
    """The arrays that a term reads."""
    own = frozenset({term.array}) if isinstance(term, Read) else frozenset()
    return own.union(*map(arrays, children(term)))


def rename(term: Term, new: Mapping[str, str]) -> Term:
    """A term with arrays renamed."""
    if isinstance(term, Read):
        return Read(new.get(term.array, term.array), term.indices)
    return rebuilt(term, lambda child: rename(child, new))
