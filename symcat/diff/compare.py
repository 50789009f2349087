"""Two update rules side by side: are they the same optimiser?

They are when they have the same parameter path from every initial parameter for every sequence of gradients.  Floats at a few
points say what to try; a proof is an induction over steps, a difference an exact point at which both original rules were run.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import permutations

import sympy as sp

from symcat.category.spelling import spelled
from symcat.diff import premises as lattice
from symcat.diff import term
from symcat.diff.difference import Difference
from symcat.diff.limit import within
from symcat.diff.order import ordered
from symcat.diff.pair import FOREIGN, Pair, foreign, pair, realigned
from symcat.diff.paths import Screen
from symcat.diff.premises import CONSTANT_RATE, DEGENERATE, INSIDE, OUTSIDE, Premise
from symcat.diff.settle import Proof, by_induction, one_size
from symcat.diff.states import Fit, Relation
from symcat.diff.translate import translations
from symcat.diff.witness import SYMBOLIC, difference
from symcat.interop.rules import read
from symcat.learn.optimisers.names import canonical

Given = Mapping[str, object] | Sequence[str] | str | None
LATEST = 128        # steps that are looked at in floats where the first ones agree and no proof is found
SETS = 4            # sets of premises that are proved
NO_TRANSLATION = "no hyperparameters of b were found with which it reproduces a"


def diff(a: object, b: object, *, translate: bool = False, given: Given = None, timeout: float = 60.0) -> Difference:
    """How two optimisers compare as maps from gradient sequences to parameter paths.

    Each is whatever `read` takes: an optimiser, a plain function, a target.  `given` are premises to start from ("eps=0",
    "constant lr"), `translate` asks for the hyperparameters that make b reproduce a, `timeout` is after how many seconds nothing
    further is tried.  UsageError for rules over different parameters.

    >>> from symcat.learn.optimisers import momentum, optimiser
    >>> rule = lambda p, g, buf=0, *, lr=0.01, gamma=0.9: (p - lr * (gamma * buf + g), gamma * buf + g)
    >>> found = diff(momentum, optimiser(rule, name="inside"))
    >>> found.relation, found.state_map, found.premises
    ('equal-under-state-map', ('v_a = -buf_b*lr',), ('constant lr',))
    """
    start = time.perf_counter()
    both = matched(pair(read(a), read(b)))
    values, constant = lattice.given(both, given)
    stated = tuple(f"{s} = {v}" for s, v in values.items())
    comparison = Comparison(both.under(values), constant, stated, start + timeout)
    found = comparison.run()
    if translate and found.relation not in ("equal", "equal-under-state-map") and not values:
        same = translated(both, constant, start + timeout)
        found = replace(found, note="; ".join(filter(None, (found.note, NO_TRANSLATION)))) if same is None else same
    return found.timed(time.perf_counter() - start)


def translated(both: Pair, constant: bool, until: float) -> Difference | None:
    """Equality with other hyperparameters of b, as formulas in those of a."""
    late = lambda: time.perf_counter() > until
    for found in translations(both, late):
        names = {s.name.removesuffix(FOREIGN): str(e) for s, e in found.items()}
        rates = [foreign(row.symbol) for row in both.b.hypers if canonical(r.name for r in both.b.hypers)[row.name] == "lr"]
        about_rate = any(both.rate in e.free_symbols for s, e in found.items() if s not in rates)
        comparison = Comparison(replace(both, align={**both.align, **found}), constant or about_rate,
                                tuple(f"{name} of {both.b.name} = {text}" for name, text in names.items()), until)
        same = None if late() else comparison.equal(comparison.pair, ())
        if same is not None:
            return replace(same, relation="equal-under-premises", translation=names)
    return None


def matched(both: Pair) -> Pair:
    """The pair with hyperparameters that share no name matched by what they do: as their names say unless other ways alone agree."""
    own = [row.name for row in both.a.hypers if not both.shared(row.symbol)]
    theirs = [row.name for row in both.b.hypers if both.align[foreign(row.symbol)].name not in {r.name for r in both.a.hypers}]
    if not own or not theirs or max(len(own), len(theirs)) > 4 or Screen(both).agree():
        return both
    few, many, turned = (own, theirs, True) if len(own) <= len(theirs) else (theirs, own, False)
    for chosen in permutations(many, len(few)):
        rows = zip(chosen, few, strict=True) if turned else zip(few, chosen, strict=True)
        other = realigned(both, dict(rows))
        if Screen(other).agree():
            return other
    return both


@dataclass(frozen=True)
class Comparison:
    """One comparison under premises that were given, until a moment of the clock."""

    pair: Pair
    constant: bool
    given: tuple[str, ...]
    until: float

    @cached_property
    def screen(self) -> Screen:
        return Screen(self.pair)

    def late(self) -> bool:
        return self.left() <= 0

    def left(self) -> float:
        """The seconds that are left."""
        return self.until - time.perf_counter()

    def run(self) -> Difference:
        same, found = self.screen.agree(), None
        later = self._later() if same is not False and self.screen.switches() else None
        if later is not None:
            return later
        if same is not False:
            found = self.equal(self.pair, ())
            if found is not None and not set(one_size(self.pair)) & set(found.premises):
                return found
        witness = difference(self.pair, late=self.late)
        if witness is None and same is not False:
            found = found if found is not None else self._later()
            if found is not None:
                return found
        if witness is None:
            varying = None if self.constant or same is False else difference(self.pair, True, range(1, SYMBOLIC + 1), self.late)
            why = "neither a proof nor a witness was found" if same is False else "the paths agree at all points tried; no proof was found"
            return self._answer("unknown", note=f"{why}; with a rate that varies they differ" if varying else why)
        return self.unequal(*witness)

    def _later(self) -> Difference | None:
        """A difference beyond the steps that are searched, at the first step at which floats differ."""
        step = self.screen.parting(LATEST)
        witness = within(self.left() / 2, lambda: difference(self.pair, steps=[step], late=self.late)) if step else None
        if witness is None:
            return None
        return self._answer("different", note=f"the paths agree in floats for {step - 1} steps", **self._parts(*witness))

    # ---- equal
    def equal(self, pair: Pair, chosen: tuple[Premise, ...]) -> Difference | None:
        """Equality under premises, proved for a rate that varies or else for a constant one."""
        screen = Screen(pair)
        varies = not self.constant and pair.rate is not None
        left = (lambda: self.left() / 2) if chosen else self.left      # a premise that is hard to prove leaves time for the others
        if varies and screen.agree(varying=True):
            proof = proved(pair, screen, True, left)
            if proof is not None:
                return self._equal(pair, proof, chosen, ())
        proof = proved(pair, screen, False, left)
        if proof is None:
            return None
        if not varies:
            return self._equal(pair, proof, chosen, (CONSTANT_RATE,) if self.constant and pair.rate is not None else ())
        why = difference(pair, True, range(1, SYMBOLIC + 1), self.late)
        found = self._equal(pair, proof, chosen, (CONSTANT_RATE,))
        if why is None:
            return replace(found, note="a rate that varies from step to step was not decided")
        return replace(found, witness=why[0], first_step=why[1], note="the witness is about a rate that varies from step to step")

    def _equal(self, pair: Pair, proof: Proof, chosen: tuple[Premise, ...], rate: tuple[str, ...]) -> Difference:
        texts = state_map(pair, proof)
        sized = one_size(pair) if proof.wire != pair.wire else ()
        stated = (*self.given, *map(str, chosen), *rate, *sized, *proof.domain, *_further(pair, proof))
        relation = "equal-under-state-map" if texts else "equal-under-premises" if stated else "equal"
        if chosen:
            relation = "equal-under-premises"
        read_with = tuple(text for rule in (pair.a, pair.b) for text in rule.notes if text.startswith("counts of steps"))
        shapes = "elementwise, so every shape" if pair.entrywise else f"parameters {proof.wire}"
        return self._answer(relation, state_map=texts, premises=stated, certificate=proof.verdict.certificate, shapes=shapes,
                            assumes=(*proof.verdict.premises, *dict.fromkeys(read_with)), recursion="equal", term=self._idle(),
                            initial_state="equal under the map of states" if texts else "equal")

    # ---- not equal
    def unequal(self, witness: Mapping[str, object], step: int) -> Difference:
        """A difference is certain: whether premises explain it, whether one moves less than the other, or that is all."""
        parts = self._parts(witness, step)
        inside = self._explained(INSIDE)
        if inside is not None:
            return replace(inside, **parts)
        outside = self._explained(OUTSIDE)
        if outside is not None:
            note = f"equal under {', '.join(outside.premises)}, outside of the declared ranges (proved)"
            return self._answer("different", premises=outside.premises, note=note, **parts)
        plain = not any(term.idle(self.screen, side) for side in (0, 1)) and not parts["recursion"].startswith("equal")
        order = within(self.left(), lambda: ordered(self.pair, self.screen, self.late)) if plain else None
        if order is not None:
            certificate = {**order.verdict.certificate, "machine of both": order.same.certificate["digest"]}
            return self._answer("ordered", certificate=certificate, assumes=order.verdict.premises,
                                note=f"{order.less} never moves further than {order.more} given the same gradients",
                                **{**parts, "term": order.text})
        memory = self._explained(DEGENERATE)
        if memory is not None:
            note = f"equal under {', '.join(memory.premises)}, where averages have no memory (proved)"
            return self._answer("different", premises=memory.premises, note=note, **parts)
        open_ones = [", ".join(map(str, chosen)) for chosen in self._sets if lattice.worst(chosen) != DEGENERATE]
        note = f"not proved: that they are equal under {' or '.join(open_ones[:2])}, where all points that were tried agree"
        return self._answer("different", note=note if open_ones else "", **parts)

    def _parts(self, witness: Mapping[str, object], step: int) -> dict[str, object]:
        return {"witness": witness, "first_step": step, "term": self._term(), "initial_state": term.initial(self.pair),
                "recursion": term.recursion(self.pair)}

    @cached_property
    def _sets(self) -> list[tuple[Premise, ...]]:
        return [chosen for chosen in lattice.sets(self.screen, self.late) if self.screen.moves(lattice.substitution(chosen))]

    def _explained(self, kind: str) -> Difference | None:
        """Equality under the smallest set of premises of a kind that has a proof."""
        for chosen in [chosen for chosen in self._sets if lattice.worst(chosen) == kind][:SETS]:
            found = None if self.late() else self.equal(self.pair.under(lattice.substitution(chosen)), chosen)
            if found is not None:
                return found
        return None

    def _term(self) -> str:
        return "; ".join(filter(None, (self._idle(), term.formulas(self.pair))))

    def _idle(self) -> str:
        """Hyperparameters and states on which nothing depends."""
        return "; ".join(text for side in (0, 1) for text in term.idle(self.screen, side))

    def _answer(self, relation: str, **parts: object) -> Difference:
        parts.setdefault("premises", self.given)
        rules = (self.pair.a, self.pair.b)
        return Difference(*(rule.name for rule in rules), relation, defaults=term.defaults(self.pair), aligned=term.aligned(self.pair),
                          reading=tuple(f"{rule.name}: {text}" for rule in rules for text in rule.notes), **parts)


def proved(pair: Pair, screen: Screen, varying: bool, left: Callable[[], float]) -> Proof | None:
    """A proof for all steps along a map of states that was found, in the one direction or in the other."""
    fit = Fit(screen, {}, varying)
    maps = [(k, found) for k in (0, 1) if (found := fit.relation(k)) is not None]
    gaps = screen.defined_apart()
    for source, relation in sorted(maps, key=lambda item: _weight(item[1])):
        proof = within(left(), lambda s=source, r=relation: by_induction(pair, r, varying, s == 1, gaps))
        if proof is not None and proof.verdict.proved:
            return proof
    return None


def _weight(relation: Relation) -> int:
    """How far a map of states is from a polynomial one."""
    return sum(2 * (sp.fraction(sp.together(e))[1] != 1) + e.has(sp.Pow) for e in relation.values())


def state_map(pair: Pair, proof: Proof) -> tuple[str, ...]:
    """The map of states in words, without states that merely have other names; all names end in _a or _b."""
    source, target = ("b", "a") if proof.backwards else ("a", "b")
    states = {*pair.a.state_names, *pair.b.state_names, "p"}
    own = {*pair.b.state_names, "p"} if proof.backwards else {*pair.a.state_names, "p"}
    found = []
    for name, expr in proof.relation.items():
        if expr.is_Symbol and expr.name in states and (name != "p" or expr.name == "p"):
            continue
        renamed = expr.xreplace({s: sp.Symbol(f"{s.name}_{source}", real=True) for s in expr.free_symbols if s.name in own})
        found.append(f"{name}_{target} = {renamed}")
    return tuple(found)


def _further(pair: Pair, proof: Proof) -> tuple[str, ...]:
    """Premises of a proof about hyperparameters that neither the ranges nor the rules state."""
    known = {str(fact) for fact in pair.facts}
    for varying in (False, True):
        for one in pair.machines(proof.wire, varying) or ():
            known |= {str(spelled(one.step, r)) for r in one.step.requirements} | {str(fact) for fact in one.step.facts}
    return tuple(text for text in proof.verdict.premises if text not in known and not text.startswith(("at every step", "at the start")))
