"""Goals made general: a sum that stands in several places becomes one new variable, whatever it consists of.

What holds for every value of the new variables holds for the sums.  Only sums that are defined everywhere are replaced, so that
no condition of the domain is lost; multiples of a sum, and the sum with another constant, become the same variable.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from fractions import Fraction

from symcat.prove.field.evident import ALL, NEVER_NEGATIVE, POSITIVE, Evident
from symcat.prove.field.polynomial import Limit, constant, fraction, key
from symcat.prove.field.read import Condition, ScalarGoal
from symcat.prove.field.signs import ALLOWED, Infeasible, Split
from symcat.prove.field.term import Term, names, number, variable
from symcat.prove.field.values import Plan, Restart, Undefined, Values

LEAST, LONG = 30, 4
KERNELS = ("exp", "log", "sin", "cos", "atan", "erf")
Place = tuple[Fraction, str, Fraction]
Found = tuple[Fraction, tuple, Fraction] | None


@dataclass(frozen=True)
class General:
    """A goal over more variables, and what these stand for: sums in which later ones of them may stand for parts."""

    goal: ScalarGoal
    meaning: dict[str, Term]


def generalised(goal: ScalarGoal, least: int = LEAST, expand: bool = False) -> General | None:
    """A more general goal; None for one of fewer than `least` parts, or without a sum that is worth a variable.

    Sums are compared as they are written, or as polynomials in kernels when `expand` is set.

    >>> x, y = map(variable, "xy")
    >>> left, right = Term("exp", (x + y,)) * (x + y), (x + y) * Term("exp", (number(2) * x + number(2) * y,))
    >>> found = generalised(ScalarGoal(left, right, ("x", "y")), least=0)
    >>> print(found.goal.lhs, found.goal.rhs, found.meaning["u1"])
    exp(u1)*u1 u1*exp(2*u1) x + y
    """
    parts = tuple(_parts(goal.lhs, goal.rhs))
    if goal.required or len(parts) < least:
        return None
    sums = Sums(goal, expand)
    for part in parts:
        if part.op != "add":
            sums.meet(part)
    chosen = sums.repeated()
    if not chosen:
        return None
    rewriter = Rewriter(chosen, expand)
    left, right = map(rewriter.term, (goal.lhs, goal.rhs))
    meaning = rewriter.meanings(sums.stands)
    signs = [(name, sums.evident.signs(term)) for name, term in meaning.items()]
    assumed = [Condition(variable(name), relation) for name, found in signs for relation, allowed in ALLOWED.items() if found == allowed]
    assumptions = (*(Condition(rewriter.term(c.term), c.relation) for c in goal.assumptions), *assumed)
    return General(replace(goal, lhs=left, rhs=right, variables=(*goal.variables, *meaning), assumptions=assumptions), meaning)


class Sums:
    """The sums of a goal that stand where they are not only added to others."""

    def __init__(self, goal: ScalarGoal, expand: bool) -> None:
        self.taken, self.expand = set(goal.variables), expand
        self.evident = Evident({c.term: ALLOWED[c.relation] for c in goal.assumptions})
        self.values: Values | None = Values(Plan())
        self.order: dict[Term, int] = {}
        self.everywhere: dict[Term, bool] = {}
        self.count: dict[tuple, int] = {}
        self.places: dict[Term, Found] = {}
        self.stands: dict[str, Term] = {}

    def meet(self, part: Term) -> None:
        """Count the sums among the arguments of an operation; those that would be multiplied out, and long ones, count twice."""
        inner = part.op in KERNELS or (part.op == "mul" and len(part.args) == 2 and part.args[0].op == "number")
        for sum_ in part.args:
            if sum_.op == "add" and (place := self._place(sum_)) is not None:
                twice = part.op == "power" or (inner and len(place[1]) >= LONG)
                self.count[place[1]] = self.count.get(place[1], 0) + 1 + twice

    def repeated(self) -> dict[Term, Place]:
        """The sums that stand more than once, as a factor times a new variable plus a constant."""
        known: dict[tuple, str] = {}
        found = {}
        for sum_, place in self.places.items():
            if place is None or self.count[place[1]] < 2:
                continue
            scale, label, shift = place
            if label not in known:
                known[label] = self._name(len(known) + 1)
                self.stands[known[label]] = sum_
            found[sum_] = scale, known[label], shift
        return found

    def _name(self, count: int) -> str:
        name = f"u{count}"
        while name in self.taken:
            name += "u"
        return name

    def _place(self, sum_: Term) -> Found:
        """A factor, a label that stands for the sum without factor and constant, and the constant; None for other sums.

        A sum with a constant and a sign that shows is left as it is: 1 + u**2 is positive, u + 1 would not be.
        """
        if sum_ not in self.places:
            found = (self._expanded if self.expand else self._written)(sum_) if self.total(sum_) else None
            self.places[sum_] = None if found and found[2] and self.evident.signs(sum_) != ALL else found
        return self.places[sum_]

    def _written(self, sum_: Term) -> Found:
        parts: dict[int, Fraction] = {}
        shift = Fraction(0)
        for part in sum_.args:
            scale, rest = _scaled(part)
            if rest is None:
                shift += scale
            else:
                k = self.order.setdefault(rest, len(self.order))
                parts[k] = parts.get(k, Fraction(0)) + scale
        found = sorted((k, scale) for k, scale in parts.items() if scale)
        return (found[0][1], tuple((k, scale / found[0][1]) for k, scale in found), shift) if len(found) > 1 else None

    def _expanded(self, sum_: Term) -> Found:
        """As `_written`, for the sum's value; after a Restart there are no more, since the plan of the tower has changed."""
        if self.values is None:
            return None
        try:
            p = self.values.value(sum_)
        except (Split, Limit):
            return None
        except (Restart, Undefined, Infeasible):
            self.values = None
            return None
        shift = fraction(p[(0,) * len(p.degrees())]) if len(p) else Fraction(0)
        p = p - constant(shift)
        scale = fraction(p.leading_coefficient()) if len(p) > 1 else Fraction(0)
        return (scale, key(p * constant(1 / scale)), shift) if scale else None

    def total(self, term: Term) -> bool:
        """Whether a term is evidently defined everywhere."""
        if term not in self.everywhere:
            self.everywhere[term] = all(map(self.total, term.args)) and self._defined(term)
        return self.everywhere[term]

    def _defined(self, term: Term) -> bool:
        if term.op not in ("inverse", "root", "log", "asin"):
            return True
        signs = self.evident.signs(term.args[0])
        return {"inverse": 0 not in signs, "root": signs <= NEVER_NEGATIVE, "log": signs == POSITIVE, "asin": False}[term.op]


@dataclass
class Rewriter:
    """Puts variables in the place of sums; what these stand for is in terms of other variables unless it is `whole`."""

    places: dict[Term, Place]
    whole: bool = False
    used: set[str] = field(default_factory=set)
    memo: dict[Term, Term] = field(default_factory=dict)

    def term(self, term: Term) -> Term:
        """The term with its outermost sums replaced."""
        if term not in self.memo:
            self.memo[term] = self._term(term)
        return self.memo[term]

    def _term(self, term: Term) -> Term:
        if term not in self.places:
            return Term(term.op, tuple(map(self.term, term.args)), term.value) if term.args else term
        scale, name, shift = self.places[term]
        self.used.add(name)
        new = variable(name) if scale == 1 else number(scale) * variable(name)
        return new + number(shift) if shift else new


    def meanings(self, stands: dict[str, Term]) -> dict[str, Term]:
        """What the variables that are used stand for, each in terms of those behind it."""
        found: dict[str, Term] = {}
        while waiting := [name for name in stands if name in self.used and name not in found]:
            for name in waiting:
                inside = stands[name] if self.whole else Term("add", tuple(map(self.term, stands[name].args)))
                scale, _, shift = self.places[stands[name]]
                plain = inside + number(-shift) if shift else inside
                found[name] = plain if scale == 1 else number(1 / scale) * plain
        ordered: dict[str, Term] = {}
        for name in found:
            _place_behind(name, found, ordered)
        return dict(reversed(ordered.items()))


def _place_behind(name: str, meanings: dict[str, Term], ordered: dict[str, Term]) -> None:
    """Put a variable behind those that its meaning mentions."""
    if name in meanings and name not in ordered:
        for other in sorted(names(meanings[name])):
            _place_behind(other, meanings, ordered)
        ordered[name] = meanings[name]


def _scaled(part: Term) -> tuple[Fraction, Term | None]:
    """A summand as a number times the rest; None for no rest."""
    if part.op == "number":
        return part.value, None
    if part.op != "mul" or part.args[0].op != "number":
        return Fraction(1), part
    rest = part.args[1:]
    return part.args[0].value, rest[0] if len(rest) == 1 else Term("mul", rest)


def _parts(*terms: Term) -> Iterator[Term]:
    """Every different subterm, once."""
    seen: set[Term] = set()
    stack = list(terms)
    while stack:
        term = stack.pop()
        if term not in seen:
            seen.add(term)
            yield term
            stack.extend(term.args)
