"""What is worth telling about a rule beside its laws, as data: each with the name of its kind, words, and how it was decided."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from symcat.card.definedness import Condition, conditions, everywhere
from symcat.card.influence import Question, dead_later, questions
from symcat.card.reductions import Reduction, reductions
from symcat.card.stability import stability
from symcat.card.units import units
from symcat.laws.claim import Claim
from symcat.laws.induction import machine
from symcat.learn.optimisers import Optimiser
from symcat.prove.claim import record
from symcat.prove.induction import inductive
from symcat.verdict import WHERE, Verdict

KINDS = ("dead_hyperparameters", "unread_state", "lost_state", "division_by_zero", "units", "hidden_defaults", "reductions", "stability")
PROBLEM, NOTE = "problem", "note"
Finding = dict[str, Any]
WORDS = {"dead_hyperparameters": "the path of the parameters does not depend on {}",
         "unread_state": "nothing reads the state {}: the path of the parameters does not depend on it",
         "lost_state": "the state {} is returned as it came, and stays at its initial value"}


@dataclass(frozen=True)
class Questions:
    """What is asked of a rule, of the kinds that are wanted, each with a claim that settles it."""

    rule: Optimiser
    wanted: Sequence[str] = KINDS

    def __post_init__(self) -> None:
        carried = inductive(machine(self.rule)) if self._any("division_by_zero", "reductions") else ()
        zeros = self._any("division_by_zero")
        asks = {"influence": questions(self.rule) if self._any(*WORDS) else (),
                "conditions": conditions(self.rule, carried) if zeros else (),
                "everywhere": everywhere(self.rule, carried) if zeros else None,
                "reductions": reductions(self.rule, carried) if self._any("reductions") else ()}
        for name, found in asks.items():
            object.__setattr__(self, name, found)

    influence: tuple[Question, ...] = ()
    conditions: tuple[Condition, ...] = ()
    everywhere: Claim | None = None
    reductions: tuple[Reduction, ...] = ()

    def _any(self, *kinds: str) -> bool:
        return any(kind in self.wanted for kind in kinds)

    @property
    def claims(self) -> tuple[Claim, ...]:
        first = [one for one in self.conditions if one.edge or self.everywhere is None]
        whole = [] if self.everywhere is None else [self.everywhere]
        return (*whole, *(one.claim for one in (*first, *self.influence, *self.reductions)))

    def later(self, verdicts: Mapping[str, Verdict]) -> tuple[Claim, ...]:
        """What is asked next: conditions one by one when not all hold, a later step where the first ones show no influence."""
        apart = self.everywhere is not None and not verdicts[self.everywhere.name].proved
        found = [one.claim for one in self.conditions if apart and not one.edge]
        return (*found, *(dead_later(self.rule, one.name) for one in self.influence
                          if one.finding == "dead_hyperparameters" and verdicts[one.claim.name].unknown))

    def findings(self, verdicts: Mapping[str, Verdict]) -> tuple[Finding, ...]:
        """The findings, from the verdicts on the claims by their names."""
        found = [*self._influences(verdicts), *self._zeros(verdicts)]
        if self._any("units"):
            found += _units(self.rule)
        if self._any("hidden_defaults"):
            found += [{"finding": "hidden_defaults", "level": NOTE, "detail": note} for note in self.rule.notes]
        found += [finding for one in self.reductions if (finding := _reduction(one, verdicts[one.claim.name]))]
        if self._any("stability"):
            found += _stability(self.rule)
        return tuple(finding for finding in found if finding["finding"] in self.wanted)

    def _influences(self, verdicts: Mapping[str, Verdict]) -> list[Finding]:
        found = []
        unread = [one.name for one in self.influence if one.finding == "unread_state" and verdicts[one.claim.name].proved]
        for one in self.influence:
            verdict = verdicts[one.claim.name]
            if verdict.proved and not (one.finding == "lost_state" and one.name in unread):
                found.append(_finding(one.finding, PROBLEM, WORDS[one.finding].format(one.name), one.claim, verdict, name=one.name))
            elif verdict.unknown and one.finding == "dead_hyperparameters":
                later = verdicts.get(dead_later(self.rule, one.name).name)
                if later is None or not later.refuted:
                    words = f"whether the parameters depend on {one.name} is not decided: {verdict.reason}"
                    found.append(_finding(one.finding, NOTE, words, one.claim, verdict, name=one.name))
        return found

    def _zeros(self, verdicts: Mapping[str, Verdict]) -> list[Finding]:
        found = []
        asked = [(one, verdicts[one.claim.name]) for one in self.conditions if one.claim.name in verdicts]
        failing = {one.words for one, verdict in asked if not one.edge and verdict.refuted}
        for one, verdict in asked:
            if one.edge and (one.words in failing or not verdict.refuted):
                continue
            if verdict.refuted:
                at = f"for {one.edge} alone, at the edge of its range: " if one.edge else ""
                words = f"{at}{one.words} fails {_where(verdict.witness or {})}"
                words = words if one.event == "division by zero" else f"{one.event}: {words}"
                level = NOTE if one.edge else PROBLEM
            elif verdict.unknown:
                words, level = f"{one.event}: {one.words} is neither proved for every step nor refuted: {verdict.reason}", NOTE
            else:
                continue
            edge = {"edge": one.edge} if one.edge else {}
            found.append(_finding("division_by_zero", level, words, one.claim, verdict, condition=one.words, **edge))
        return found


def _finding(kind: str, level: str, words: str, claim: Claim, verdict: Verdict, **further: object) -> Finding:
    return {"finding": kind, "level": level, "detail": words, **further, "claim": record(claim, verdict)}


def _where(witness: Mapping[str, Any]) -> str:
    """The point of a witness, and the step.

    >>> _where({"dims": {"n": 1}, "inputs": {"g": ["0"]}, "steps": 1})
    'after step 1 of n=1, g=[0]'
    """
    point = [f"{name}={str(value).replace(chr(39), '')}" for group in WHERE for name, value in (witness.get(group) or {}).items()]
    return f"after step {witness['steps']} of {', '.join(point)}" if "steps" in witness else f"at {', '.join(point)}"


def _units(rule: Optimiser) -> list[Finding]:
    """The units of all quantities, then each operation to which no units can be given."""
    found = units(rule)
    of = {name: "any" if name in found.free else str(unit) for name, unit in found.of.items()}
    said = [("loss scale", found.loss_scale), ("uniform scaling", found.uniform_scaling)]
    kept = " and ".join(name for name, holds in said if holds)
    both = "are" if found.loss_scale and found.uniform_scaling else "is"
    words = f"{found}; by them " + (f"{kept} {both} kept" if kept else "neither loss scale nor uniform scaling is kept")
    notes = [{"finding": "units", "level": NOTE, "detail": words, "units": of}]
    return notes + [{"finding": "units", "level": PROBLEM, "detail": f"no consistent units: {text}"} for text in found.conflicts]


def _reduction(one: Reduction, verdict: Verdict) -> Finding | None:
    """A reduction that is proved, or one that agrees on some steps and is not decided."""
    if verdict.refuted:
        return None
    words = one.claim.name if verdict.proved else f"{one.claim.name}: agrees on random steps, not proved: {verdict.reason}"
    return _finding("reductions", NOTE, words, one.claim, verdict, relative=one.relative,
                    when={name: str(value) for name, value in one.when.items()}, hypers={name: str(e) for name, e in one.hypers.items()})


def _stability(rule: Optimiser) -> list[Finding]:
    found = stability(rule)
    if found is None:
        return []
    region = found.words if found.words.startswith(("nowhere", "everywhere")) else f"for {found.words}"
    words = f"stable on the quadratic h p^2/2 {region}, by the Hurwitz conditions"
    return [{"finding": "stability", "level": NOTE, "detail": words, "conditions": [f"{e} > 0" for e in found.conditions],
             "checked": found.checked}]

