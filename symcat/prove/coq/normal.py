"""Normal forms with the proof, in Coq's tactics, that a term equals its normal form.

`Normal.of(term, scope)` gives an `Outcome`: a polynomial over atoms, and the steps by which Coq gets there.  A step rewrites one
atom; what is left after all steps is an equation of commutative rings.  Nothing here is trusted: coqc checks every step.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from fractions import Fraction
from itertools import permutations

from symcat.prove.coq.names import BOUND
from symcat.prove.coq.polynomial import (
    Monomial,
    Poly,
    alpha,
    atom,
    constant,
    factors,
    fractional,
    height,
    key,
    literal,
    ordered,
    plus,
    product,
    term_of,
    times,
)
from symcat.prove.coq.programs import Condition, Definition, Pair
from symcat.prove.coq.scalars import NotExported
from symcat.prove.coq.scope import Scope
from symcat.prove.coq.term import (
    PRODUCT,
    ZERO,
    Affine,
    Call,
    Cast,
    Greatest,
    Indicator,
    Inverse,
    Number,
    Plus,
    Power,
    Read,
    Term,
    Times,
    Total,
    name,
    names,
    put,
    text,
)

BINDERS = 5
WORK = 12_000        # terms looked at, for one theorem
Lines = list[str]


@dataclass
class Outcome:
    """A normal form; `steps` are by the text of the atom that they rewrite, `facts` are equations for the ring, with their proofs."""

    poly: Poly
    steps: dict[str, tuple[Term, Term, Lines]] = field(default_factory=dict)
    facts: dict[str, Lines] = field(default_factory=dict)

    def joined(self, others: Iterable[Outcome]) -> Outcome:
        for other in others:
            self.steps |= other.steps
            self.facts |= other.facts
        return self


@dataclass(frozen=True)
class Lemma:
    """`array indices = poly`, for indices in range when it is `ranged`."""

    definition: Definition
    poly: Poly
    ranged: bool
    title: str


@dataclass
class Budget:
    """How many terms may still be looked at."""

    left: int = WORK

    def spend(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise NotExported("a normal form that takes too long")


class Normal:
    """Normal forms of the terms of one pair of programs; arrays with a lemma are expanded, all others are atoms."""

    def __init__(self, pair: Pair, split: bool = False, budget: Budget | None = None) -> None:
        self.pair = pair
        self.split = split      # whether exp of a sum is a product
        self.modulus = pair.bits
        self.lemmas: dict[str, Lemma] = {}
        self.count = 0
        self.budget = budget or Budget()

    def of(self, term: Term, scope: Scope) -> Outcome:
        """The normal form of a term."""
        self.budget.spend()
        if isinstance(term, Number):
            return Outcome(constant(term.value % self.modulus if self.modulus else term.value))
        if isinstance(term, (Plus, Times, Power)):
            return self._ring(term, scope)
        if isinstance(term, Read):
            return self._read(term, scope)
        if isinstance(term, Call):
            return self._call(term, scope)
        if isinstance(term, Inverse):
            return self._inverse(term, scope)
        if isinstance(term, Indicator):
            return self._indicator(term, scope)
        if isinstance(term, Cast):
            return self._cast(term)
        return self._total(term, scope) if isinstance(term, Total) else self._greatest(term, scope)

    def lines(self, term: Term, outcome: Outcome, target: Term | None = None) -> Lines:
        """A proof of `term = target`, where the target is the normal form up to the laws of rings."""
        target = term_of(outcome.poly, self.modulus) if target is None else target
        if key(term) == key(target):
            return ["alike."]
        return [*self._rewritten(outcome), *self._closed(outcome.facts, fractional(term) or fractional(target)
                                                         or any(fractional(after) for _, after, _ in outcome.steps.values()))]

    # ---- rings
    def _ring(self, term: Plus | Times | Power, scope: Scope) -> Outcome:
        if isinstance(term, Power):
            inner = self.of(term.base, scope)
            found = Outcome(constant(1)).joined([inner])
            for _ in range(term.exponent):
                found.poly = self._reduced(times(found.poly, inner.poly), found, scope)
            return found
        parts = [self.of(part, scope) for part in term.parts]
        found = Outcome({} if isinstance(term, Plus) else constant(1)).joined(parts)
        for part in parts:
            if isinstance(term, Plus):
                found.poly = plus(found.poly, part.poly, self.modulus)
            else:
                found.poly = self._reduced(times(found.poly, part.poly, self.modulus), found, scope)
        return found

    def _reduced(self, poly: Poly, outcome: Outcome, scope: Scope) -> Poly:
        """Squares of indicators, and what meets its inverse."""
        total: Poly = {}
        for monomial, c in poly.items():
            powers = dict(monomial)
            for factor, k in monomial:
                if isinstance(factor, Indicator) and k > 1:
                    powers[factor] = 1
                    outcome.facts[f"{text(factor)} * {text(factor)} = {text(factor)}"] = [f"apply {factor.kind}_twice."]
                elif isinstance(factor, Inverse) and factor.base in powers and (why := self._nonzero(factor.base, scope)):
                    met = min(k, powers[factor.base])
                    powers[factor], powers[factor.base] = k - met, powers[factor.base] - met
                    outcome.facts[f"{text(factor.base, PRODUCT)} * {text(factor)} = 1"] = ["apply Rinv_r.", *why]
            total = plus(total, {ordered(powers): c}, self.modulus)
        return total

    def _rewritten(self, outcome: Outcome) -> Lines:
        lines: Lines = []
        for before, after, proof in outcome.steps.values():
            lines += [f"assert (S : {text(before)} = {text(after)}).", *block(proof), "try rewrite S; clear S."]
        return lines

    def _closed(self, facts: dict[str, Lines], fractions: bool) -> Lines:
        """The end of a proof: the laws of rings, and some facts."""
        known = [f"known_{k}" for k, _ in enumerate(facts)]
        lines = [line for label, (fact, proof) in zip(known, facts.items(), strict=True)
                 for line in (f"assert ({label} : {fact}).", *block(proof))]
        using = f" [{' '.join(known)}]" if known else ""
        return [*lines, f"keep_inverses; field{using}." if fractions else f"ring{using}."]

    def _nonzero(self, term: Term, scope: Scope) -> Lines | None:
        """A proof that an atom is not 0, or None: it is positive by its form, or a factor of what a hypothesis is about."""
        if scope.positive(term):
            return ["apply Rgt_not_eq; positive."]
        for label, condition, about in scope.conditions:
            if condition.relation not in ("!=0", ">0"):
                continue
            for pattern in self._factors(condition, about):
                values = scope.instance(condition, pattern, term)
                if values is not None:
                    given = put(about, values)
                    whole = self.of(given, Scope(scope.rows))
                    why = "apply Rgt_not_eq, " if condition.relation == ">0" else "apply "
                    return ["intro zero.", f"assert (given : {text(given)} <> 0) by ({why}{label}; lia).", "apply given; clear given.",
                            f"transitivity ({text(term_of(whole.poly))}).", *block(self.lines(given, whole)), "rewrite zero; ring."]
        return None

    def _factors(self, condition: Condition, about: Term) -> list[Term]:
        """The factors of what a condition is about."""
        scope = Scope(tuple(name(d).plus(Affine((), 1), -1) for d in self.pair.dims) + tuple(self.pair.facts))
        for index, extent in zip(condition.indices, condition.extents, strict=True):
            scope = scope.ranged(index, extent)
        try:
            poly = self.of(about, scope).poly
        except NotExported:
            return []
        return [factor for monomial in poly for factor, _ in monomial if not isinstance(factor, Inverse)] if len(poly) == 1 else []

    # ---- atoms
    def _read(self, term: Read, scope: Scope) -> Outcome:
        lemma = self.lemmas.get(term.array)
        if lemma is None:
            return Outcome(atom(term))
        values = dict(zip(lemma.definition.indices, term.indices, strict=True))
        if lemma.ranged and not all(scope.within(e, extent) for e, extent in zip(term.indices, lemma.definition.shape, strict=True)):
            raise NotExported("a read under a guard, of an array whose normal form needs the range")
        known = put(term_of(lemma.poly, self.modulus), values)
        inner = self.of(known, scope)
        lines = [f"transitivity ({text(known)}).", *block([f"rewrite {lemma.title}{' by lia' if lemma.ranged else ''}; alike."])]
        return self._stepped(term, inner.poly, [*lines, *self.lines(known, inner)])

    def _stepped(self, term: Term, poly: Poly, lines: Lines) -> Outcome:
        """The outcome of rewriting an atom, by one step unless nothing changes."""
        after = term_of(poly, self.modulus)
        same = literal(after) == literal(term)
        return Outcome(poly, {} if same else {key(term): (term, after, lines)})

    def _call(self, term: Call, scope: Scope) -> Outcome:
        parts = [self.of(argument, scope) for argument in term.arguments]
        if term.function == "detach":
            return self._stepped(term, parts[0].poly, [f"change ({text(term.arguments[0])} = {text(term_of(parts[0].poly))}).",
                                                       *self.lines(term.arguments[0], parts[0])])
        if term.function == "exp" and self.split and parts[0].poly:
            return self._exponential(term, parts[0], scope)
        after = Call(term.function, tuple(term_of(part.poly, self.modulus) for part in parts))
        if not term.arguments:
            return Outcome(atom(term))
        lines = [f"apply f_equal{len(parts) if len(parts) > 1 else ''}."]
        for argument, part in zip(term.arguments, parts, strict=True):
            lines += block(self.lines(argument, part))
        return self._stepped(term, atom(after), lines)

    def _exponential(self, term: Call, inner: Outcome, scope: Scope) -> Outcome:
        """exp of a sum as the product of exponentials and their inverses."""
        found, pieces = Outcome(constant(1)), []
        for monomial, c in sorted(inner.poly.items(), key=lambda item: [(key(f), k) for f, k in item[0]]):
            size = term_of({monomial: abs(c)})
            power = alpha(Call("exp", (size,)))
            pieces.append(text(size, PRODUCT) if c > 0 else f"- ({text(size)})")
            found.poly = self._reduced(times(found.poly, {((power if c > 0 else Inverse(power), 1),): Fraction(1)}), found, scope)
        lines = [f"transitivity (exp ({' + '.join(pieces)})).",
                 *block(["apply f_equal.", *self._rewritten(inner), *self._closed(inner.facts, True)]),
                 "rewrite ?exp_plus, ?exp_Ropp; ring."]
        return self._stepped(term, found.poly, lines)

    def _inverse(self, term: Inverse, scope: Scope) -> Outcome:
        inner = self.of(term.base, scope)
        if not inner.poly:
            raise NotExported("an inverse of zero")
        leading = min(inner.poly, key=lambda m: [(key(f), k) for f, k in m])
        c = inner.poly[leading]
        if len(inner.poly) == 1:
            found: Poly = {ordered({inverse(f): k for f, k in leading}): 1 / c}
            middle = product([Number(c), *factors(leading)])
        else:
            base = term_of({m: d / c for m, d in inner.poly.items()})
            found = {((Inverse(alpha(base)), 1),): 1 / c}
            middle = product([Number(c), base])
        lines = [f"transitivity (/ ({text(middle)})).", *block(["apply f_equal.", *self.lines(term.base, inner, middle)]),
                 "apart; keep_inverses; field."]
        return self._stepped(term, found, lines)

    def _indicator(self, term: Indicator, scope: Scope) -> Outcome:
        known = scope.indicator(term)
        if known is not None:
            word = "yes" if known else "no"
            return self._stepped(term, constant(int(known)), [f"apply {term.kind}_{word}; lia."])
        form = term.form
        if term.kind == "delta" and form.terms[0][1] < 0:
            form = Affine().plus(form, -1)
        return self._stepped(term, atom(Indicator(term.kind, form)), [f"apply {term.kind}_same; lia."])

    def _cast(self, term: Cast) -> Outcome:
        if self.pair.modulus:
            raise NotExported("a size as a value over a finite base")
        poly = constant(term.form.constant)
        for symbol, k in term.form.terms:
            poly = plus(poly, {((Cast(name(symbol)), 1),): Fraction(k)})
        return self._stepped(term, poly, ["casts; ring."])

    def _greatest(self, term: Greatest, scope: Scope) -> Outcome:
        v = self._fresh()
        body = put(term.body, {term.index: name(v)})
        inner = self.of(body, scope.ranged(v, term.extent))
        lines = [f"apply greatest_same; [lia | intros {v} range_{v}].", *restated(term, v, body), *self.lines(body, inner)]
        return self._stepped(term, atom(Greatest(v, term.extent, term_of(inner.poly))), lines)

    def _fresh(self) -> str:
        self.count += 1
        return self.pair.scalars.names.new(f"u{self.count}")

    # ---- sums
    def _total(self, term: Total, scope: Scope) -> Outcome:
        """Linear combinations out of the sum; then each sum of a product by itself."""
        v = self._fresh()
        body = put(term.body, {term.index: name(v)})
        inside = self.of(body, scope.ranged(v, term.extent))
        outside: dict[Monomial, Poly] = {}
        for monomial, c in inside.poly.items():
            dependent = tuple(item for item in monomial if v in names(item[0]))
            free = tuple(item for item in monomial if v not in names(item[0]))
            outside[dependent] = plus(outside.get(dependent, {}), {free: c}, self.modulus)
        sums = sorted(outside, key=lambda m: [(key(f), k) for f, k in m])
        pairs = [(term_of(outside[m], self.modulus), product(factors(m, self.modulus))) for m in sums]
        listed = "".join(f"({text(k)}, fun {v} => {text(d)}) :: " for k, d in pairs)
        target = Plus((*(Times(p) for p in pairs), ZERO))
        lines = [f"transitivity (parts {term.extent.argument} ({listed}nil)%list).",
                 *block([f"apply sum_parts; intros {v} range_{v}; cbn [parts_at].", *restated(term, v, body), *self._rewritten(inside),
                         *self._closed(inside.facts, any(map(fractional, (body, target))) or any(
                             fractional(after) for _, after, _ in inside.steps.values()))]),
                 "cbn [parts]."]
        found = Outcome({})
        for m in sums:
            one = self._product_sum(v, term.extent, m, scope)
            found.joined([one])
            found.poly = plus(found.poly, self._reduced(times(outside[m], one.poly, self.modulus), found, scope), self.modulus)
        flat = Plus((*(Times((k, Total(v, term.extent, d))) for k, d in pairs), ZERO))
        return self._stepped(term, found.poly, [*lines, *self.lines(flat, found)])

    def _product_sum(self, v: str, extent: Affine, monomial: Monomial, scope: Scope) -> Outcome:
        """The sum over v of a product of atoms in which v occurs."""
        term = Total(v, extent, product(factors(monomial, self.modulus)))
        if not monomial:
            cast = self._cast(Cast(extent))
            return self._stepped(term, cast.poly, ["rewrite sum_one by lia.", *self.lines(Cast(extent), cast)])
        picked = next((f for f, _ in monomial if isinstance(f, Indicator) and f.kind == "delta" and abs(f.form.coefficient(v)) == 1), None)
        if picked is not None:
            return self._picked(term, picked, monomial, scope)
        flat, lines = self._flattened(factors(ordered(dict(monomial)), self.modulus))
        return self._in_order(term, Total(v, extent, flat), lines)

    def _picked(self, term: Total, delta: Indicator, monomial: Monomial, scope: Scope) -> Outcome:
        """The sum over v of [v = e] f(v)."""
        v, sign = term.index, delta.form.coefficient(term.index)
        e = Affine(((v, 1),)).plus(delta.form, -sign)
        rest = product(factors(tuple(item for item in monomial if item[0] != delta), self.modulus))
        top = term.extent.plus(Affine((), 1), -1).plus(e, -1)
        after = Times((Indicator("bracket", e), Times((Indicator("bracket", top), put(rest, {v: e})))))
        direct = f"delta ({v} - {e.argument})%Z"
        pick = f"sum_pick (n := {term.extent.argument}) {e.argument} (fun {v} => {text(rest)})"
        lines = [f"transitivity (sum {term.extent.argument} (fun {v} => {direct} * ({text(rest)}))).",
                 *block([f"apply sum_same; intros {v} range_{v}.",
                         f"replace ({text(delta)}) with ({direct}) by (apply delta_same; lia); ring."]),
                 f"transitivity ({text(after)}).", *block([f"etransitivity; [apply ({pick}); lia | cbv beta; alike]."])]
        inner = self.of(after, scope)
        return self._stepped(term, inner.poly, [*lines, *self.lines(after, inner)])

    def _flattened(self, parts: list[Term]) -> tuple[Term, Lines]:
        """A product of atoms with its sums pulled out, and a proof of `that term = product`."""
        parts = [piece for part in parts for piece in ([part.base] * part.exponent if isinstance(part, Power)
                                                        and isinstance(part.base, Total) else [part])]
        place = next((k for k, part in enumerate(parts) if isinstance(part, Total)), None)
        if place is None:
            return product(parts), ["ring."]
        total, rest = parts[place], [*parts[:place], *parts[place + 1:]]
        w = self._fresh()
        body = put(total.body, {total.index: name(w)})
        pieces = list(body.parts) if isinstance(body, Times) else [body]
        inner, lines = self._flattened([*rest, *pieces])
        kept = product(rest)
        whole = product([*rest, *pieces])
        again = Total(w, total.extent, body)
        same = literal(again) == literal(total)
        alias = [] if same else [f"assert (S : {text(total)} = {text(again)}) by alike.", "try rewrite S; clear S."]
        return Total(w, total.extent, inner), [
            *alias,
            f"transitivity (parts {total.extent.argument} ((({text(kept)}, fun {w} => {text(body)}) :: nil)%list)).",
            *block([f"apply sum_parts; intros {w} range_{w}; cbn [parts_at].", f"transitivity ({text(whole)}).", *block(lines), "ring."]),
            "cbn [parts]; ring."]

    def _in_order(self, term: Total, flat: Total, lines: Lines) -> Outcome:
        """A sum of sums of a product with its sums in the order that makes its text least."""
        proof = [] if key(flat) == key(term) else [
            f"transitivity ({text(flat)}).",
            *block([f"apply sum_same; intros {flat.index} range_{flat.index}.", "symmetry.", *lines])]
        binders: list[tuple[str, Affine]] = []
        body: Term = flat
        while isinstance(body, Total):
            binders.append((body.index, body.extent))
            body = body.body
        orders = permutations(binders) if len(binders) <= BINDERS else [tuple(binders)]
        best = min(orders, key=lambda order: key(chained(order, canonical(body, order))))
        for order, depth in swaps(binders, list(best)):
            inner = [f"apply sum_same; intros {order[d][0]} range_{order[d][0]}." for d in range(depth)]
            proof += [f"transitivity ({text(chained(order, body))}).", *block([*inner, "apply sum_swap."])]
        ended, final = chained(best, body), chained(best, canonical(body, best))
        if literal(ended) != literal(final):
            deep = [f"apply sum_same; intros {index} range_{index}." for index, _ in best]
            proof += [f"transitivity ({text(final)}).", *block([*deep, "ring."])]
        proof += ["alike."]
        return self._stepped(term, {((alpha(final), 1),): Fraction(1)}, proof)


def canonical(body: Term, binders: Iterable[tuple[str, Affine]]) -> Term:
    """A product with its factors in the order that they have once the indices are named by height."""
    order = list(binders)
    low = height(body)
    new = {index: name(BOUND[low + len(order) - 1 - k]) for k, (index, _) in enumerate(order)}
    if not isinstance(body, Times):
        return body
    return Times(tuple(sorted(body.parts, key=lambda part: key(put(part, new)))))


def chained(binders: Iterable[tuple[str, Affine]], body: Term) -> Term:
    for index, extent in reversed(list(binders)):
        body = Total(index, extent, body)
    return body


def swaps(start: list, end: list) -> Iterable[tuple[list, int]]:
    """Exchanges of neighbours that lead from one order to another: each order on the way, and the place of its exchange."""
    order = list(start)
    for place, wanted in enumerate(end):
        where = order.index(wanted)
        while where > place:
            order[where - 1], order[where] = order[where], order[where - 1]
            where -= 1
            yield list(order), where


def restated(term: Total | Greatest, new: str, body: Term) -> Lines:
    """After the introduction of an index: the body as it is written with the new name, where the order in an index changes."""
    if literal(type(term)(new, term.extent, body)) == literal(term):
        return []
    return [f"transitivity ({text(body)}); [alike |]."]


def inverse(factor: Term) -> Term:
    return factor.base if isinstance(factor, Inverse) else Inverse(factor)


def block(lines: Lines) -> Lines:
    """Lines as the proof of one goal."""
    if len(lines) == 1:
        return [f"{{ {lines[0]} }}"]
    return [f"{{ {lines[0]}", *(f"  {line}" for line in lines[1:-1]), f"  {lines[-1]} }}"]
