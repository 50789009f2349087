"""The card of an optimiser: laws, group and findings, all decided in one campaign."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from symcat.card.findings import KINDS, Finding, Questions
from symcat.card.rows import Row, law_names, rows
from symcat.errors import UsageError
from symcat.interop.rules import read
from symcat.laws.claim import Claim
from symcat.laws.naturality import group as group_of
from symcat.learn.optimisers import Optimiser
from symcat.prove.campaign import Progress, run
from symcat.prove.ledger import Entry


@dataclass(frozen=True)
class Card:
    """What is known of a rule.  Iterating gives the laws' entries, each with its claim about one step and the verdict.

    `laws` are the laws as data, with the verdicts on the path and the levels inside; `findings` are data, too.
    """

    target: str
    entries: tuple[Entry, ...]
    laws: tuple[Mapping[str, Any], ...]
    group: str = ""
    findings: tuple[Finding, ...] = ()

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries)

    @property
    def records(self) -> list[dict[str, Any]]:
        return [dict(law) for law in self.laws]

    def law(self, name: str) -> Mapping[str, Any]:
        """One law's data; UsageError for a name that is not in the card."""
        for law in self.laws:
            if law["name"] == name:
                return law
        raise UsageError(f"no law {name!r} in the card of {self.target}: there are {', '.join(law['name'] for law in self.laws)}")

    def data(self) -> dict[str, Any]:
        """The card as JSON-able data."""
        return {"target": self.target, "laws": self.records, "group": self.group, "findings": list(self.findings)}


def card(rule: object, laws: Sequence[str] | None = None, timeout: float = 60.0, progress: Progress | None = None, *,
         target: str = "", jobs: int | None = None) -> Card:
    """Decide an optimiser's card, or the laws and kinds of findings that are named.

    `rule` is whatever `read` takes: an optimiser, a plain function, a target.  `timeout` is in seconds for each claim.

    >>> from symcat.learn.optimisers import gradient_descent
    >>> [str(entry.verdict) for entry in card(gradient_descent, ["own_parameter"])]
    ['PROVED by identical programs, equal as morphisms']
    """
    return plan(rule, laws, target).card(timeout, progress, jobs)


@dataclass(frozen=True)
class Plan:
    """What is asked of a rule, before anything is decided."""

    target: str
    table: tuple[Row, ...]
    asked: Questions
    whole: bool

    @property
    def claims(self) -> tuple[Claim, ...]:
        """The claims that are decided first."""
        return (*(claim for row in self.table for claim in row.claims), *self.asked.claims)

    def card(self, timeout: float = 60.0, progress: Progress | None = None, jobs: int | None = None) -> Card:
        """Decide everything."""
        ledger = run(self.claims, timeout=timeout, progress=progress, jobs=jobs)
        verdicts = {entry.claim.name: entry.verdict for entry in ledger}
        if later := self.asked.later(verdicts):
            verdicts |= {entry.claim.name: entry.verdict for entry in run(later, timeout=timeout, jobs=jobs)}
        found = {row.name: row.judged([verdicts[claim.name] for claim in row.claims]) for row in self.table}
        entries = tuple(Entry(row.step, found[row.name][0]) for row in self.table)
        data = tuple(row.record(found[row.name]) for row in self.table)
        flows = {f"{row.name} F": verdicts[f"{row.name}, F"].status for row in self.table if "F" in row.levels}
        group = group_of({name: one[0].status for name, one in found.items()} | flows) if self.whole else ""
        return Card(self.target, entries, data, group, self.asked.findings(verdicts))


def plan(rule: object, laws: Sequence[str] | None = None, target: str = "") -> Plan:
    """What `card` decides; UsageError for a rule that cannot be read, and for names that are no laws."""
    rule = read(rule)
    return Plan(target or rule.name, *_wanted(rule, laws), laws is None)


def _wanted(rule: Optimiser, names: Sequence[str] | None) -> tuple[tuple[Row, ...], Questions]:
    """The rows and the questions that are asked for; UsageError for a name that is neither."""
    if names is None:
        return rows(rule), Questions(rule)
    known = law_names(rule)
    for name in names:
        if name not in known and name not in KINDS:
            raise UsageError(f"no law {name!r} in the card: there are {', '.join((*known, *KINDS))}")
    table = {row.name: row for row in rows(rule, names)}
    return tuple(table[name] for name in dict.fromkeys(names) if name in table), Questions(rule, [name for name in names if name in KINDS])
