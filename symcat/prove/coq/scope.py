"""What is known where a term stands: ranges of indices, premises about sizes, and what cannot be zero."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import lru_cache
from typing import get_args

import sympy as sp

from symcat.category.polyhedron import implied
from symcat.prove.coq.programs import Condition
from symcat.prove.coq.term import Affine, Call, Cast, Indicator, Inverse, Number, Plus, Power, Read, Term, Times, Total, children, name

TERMS = get_args(Term)


@dataclass(frozen=True)
class Scope:
    """`rows` are at least 0; `conditions` are the named hypotheses about values, each for all indices in its ranges."""

    rows: tuple[Affine, ...] = ()
    conditions: tuple[tuple[str, Condition, Term], ...] = ()

    def ranged(self, index: str, extent: Affine) -> Scope:
        top = extent.plus(name(index), -1).plus(Affine((), 1), -1)
        return Scope((*self.rows, name(index), top), self.conditions)

    def holds(self, form: Affine) -> bool:
        return _holds(self.rows, form)

    def within(self, e: Affine, extent: Affine) -> bool:
        return self.holds(e) and self.holds(extent.plus(e, -1).plus(Affine((), 1), -1))

    def indicator(self, term: Indicator) -> bool | None:
        """Whether an indicator is 1, 0, or may be either."""
        below = Affine((), -1).plus(term.form, -1)
        if term.kind == "bracket":
            return True if self.holds(term.form) else False if self.holds(below) else None
        if self.holds(term.form.plus(Affine((), 1), -1)) or self.holds(below):
            return False
        return True if self.holds(term.form) and self.holds(Affine().plus(term.form, -1)) else None

    def positive(self, term: Term) -> bool:
        """Whether the tactic `positive` proves that a term is positive."""
        if isinstance(term, Number):
            return term.value > 0
        if isinstance(term, Call):
            return term.function == "exp"
        if isinstance(term, Cast):
            return self.holds(term.form.plus(Affine((), 1), -1))
        if isinstance(term, Total):
            return self.holds(term.extent.plus(Affine((), 1), -1)) and self.ranged(term.index, term.extent).positive(term.body)
        if isinstance(term, (Plus, Times)):
            return all(map(self.positive, term.parts))
        if isinstance(term, (Power, Inverse)):
            return self.positive(term.base)
        return any(condition.relation == ">0" and self._applies(condition, about, term) for _, condition, about in self.conditions)

    def _applies(self, condition: Condition, about: Term, term: Term) -> bool:
        return isinstance(about, Read) and not condition.guards and self.instance(condition, about, term) is not None

    def instance(self, condition: Condition, pattern: Term, term: Term) -> dict[str, Affine] | None:
        """The values of a condition's indices, all in range, at which a pattern is a term."""
        values: dict[str, Affine] = {}
        if not matched(pattern, term, condition.indices, values) or set(values) != set(condition.indices):
            return None
        inside = all(self.within(values[i], extent) for i, extent in zip(condition.indices, condition.extents, strict=True))
        return values if inside and all(self.holds(guard.put(values)) for guard in condition.guards) else None


def matched(pattern: Term, term: Term, indices: tuple[str, ...], values: dict[str, Affine]) -> bool:
    """Whether a pattern becomes a term when its indices get values, which are entered."""
    if type(pattern) is not type(term) or len(children(pattern)) != len(children(term)):
        return False
    for form, e in zip(_forms(pattern), _forms(term), strict=False):
        if isinstance(form, Affine) and len(form.terms) == 1 and form == name(form.terms[0][0]) and form.terms[0][0] in indices:
            if values.setdefault(form.terms[0][0], e) != e:
                return False
        elif form != e:
            return False
    return len(_forms(pattern)) == len(_forms(term)) and all(
        matched(inner, other, indices, values) for inner, other in zip(children(pattern), children(term), strict=True))


def _forms(term: Term) -> tuple:
    """What a term holds besides the terms inside it."""
    return tuple(part for value in (getattr(term, entry.name) for entry in fields(term))
                 for part in (value if isinstance(value, tuple) else (value,)) if not isinstance(part, TERMS))


@lru_cache(maxsize=100_000)
def _holds(rows: tuple[Affine, ...], form: Affine) -> bool:
    return implied(map(_data, rows), _data(form))


def _data(form: Affine) -> dict:
    return dict(form.terms) | {sp.S.One: form.constant}
