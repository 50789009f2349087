"""The rows of a law card: a law, the claim about one step, and where they are different questions, about the path and the flow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from symcat.laws.card import card as lens_claims
from symcat.laws.claim import Claim
from symcat.laws.naturality.card import card_laws, law_table
from symcat.learn.optimisers import Optimiser
from symcat.prove.claim import record
from symcat.verdict import Verdict, unknown


@dataclass(frozen=True)
class Row:
    """A law: `step` is the claim about one step with its states transported, `path` that about the parameters from the initial state.

    `levels` are claims that are weaker, such as the flow up to a constant time scale (Fc) and the orbits (O); `functors` is S in
    words, a guess for the states in `guessed`.
    """

    name: str
    step: Claim
    path: Claim | None = None
    levels: Mapping[str, Claim] = field(default_factory=dict)
    functors: str = ""
    guessed: tuple[str, ...] = ()

    @property
    def claims(self) -> tuple[Claim, ...]:
        """All of them, that about the step first, each under a name of its own."""
        named = [self.step, *([] if self.path is None else [replace(self.path, name=f"{self.name} on the path")])]
        return (*named, *(replace(claim, name=f"{self.name}, {level}") for level, claim in self.levels.items()))

    def judged(self, verdicts: Sequence[Verdict]) -> list[Verdict]:
        """The verdicts, that about the step open where a guess of S alone is refuted: neither declared, nor shown by the path."""
        step, *others = verdicts
        if not (self.guessed and step.refuted and self.path is not None) or others[0].refuted:
            return [step, *others]
        reason = f"how {', '.join(self.guessed)} moves is a guess ({self.functors}): with it the step is refuted, the path is not"
        return [unknown(reason, step.method, step.equality).timed(step.seconds), *others]

    def record(self, verdicts: Sequence[Verdict]) -> dict[str, Any]:
        """The law as JSON-able data, from the verdicts on its claims in order."""
        found = [record(claim, verdict) for claim, verdict in zip(self.claims, verdicts, strict=True)]
        data = found[0] | ({"functors": self.functors} if self.functors else {})
        if leg := leg_of(verdicts[0]):
            data["leg"] = leg
        if self.path is not None:
            data["path"] = found[1]
        levels = found[1 + (self.path is not None):]
        return data | ({"levels": dict(zip(self.levels, levels, strict=True))} if levels else {})


def rows(rule: Optimiser, names: Sequence[str] | None = None) -> tuple[Row, ...]:
    """The laws of a rule, or those among the names: those of its lens, where it has one, and those of naturality."""
    laws = () if rule.data else lens_claims(rule)
    found = {claim.name.removesuffix(rule.name).strip(): claim for claim in laws}
    table = {name: Row(name, replace(claim, name=name)) for name, claim in found.items()}
    if names is not None:
        table = {name: row for name, row in table.items() if name in names}
    for law in card_laws(rule, names):
        table[law.name] = Row(law.name, replace(law.step, name=law.name), law.path, dict(law.levels), law.functors, law.guessed)
    return tuple(table.values())


def law_names(rule: Optimiser) -> tuple[str, ...]:
    """The names of all laws of a rule, in the order of its card."""
    laws = () if rule.data else lens_claims(rule)
    return tuple(dict.fromkeys([*(claim.name.removesuffix(rule.name).strip() for claim in laws), *law_table(rule)]))


def leg_of(verdict: Verdict) -> str:
    """The leg of a square that differs: the parameter, a state, or the place where the gradient is taken."""
    return str((verdict.witness or {}).get("output", "")) if verdict.refuted else ""
