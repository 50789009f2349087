"""Ledgers: claims with their verdicts, in the order of the claims; how a ledger is filtered; and the journal that outlives a campaign.

The journal is a file of one JSON object per line, each added whole as its verdict comes.  Of several lines about one claim the
last one counts, and a line that a crash cut off counts for nothing.
"""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from symcat.prove.claim import Claim, as_expected, record
from symcat.prove.record import write_atomically
from symcat.verdict import Verdict

TRUSTED_Z3 = "trusted: z3"
SOLVER = re.compile(r"\b(z3|smt)\b", re.IGNORECASE)
NAMED = re.compile(r"trusted: [^,;]*")    # how methods name whom they trust
Row = Mapping[str, Any]


@dataclass(frozen=True)
class Entry:
    """One line of a ledger."""

    claim: Claim
    verdict: Verdict
    topic: str = ""
    cached: bool = False

    @property
    def as_expected(self) -> bool:
        return as_expected(self.claim, self.verdict)


@dataclass(frozen=True)
class Ledger:
    """Claims with their verdicts, in the order in which the claims were given.

    `busy` says how many seconds of processor time each worker, by its number, spent on deciding.
    """

    entries: tuple[Entry, ...]
    interrupted: bool = False
    busy: Mapping[str, float] = field(default_factory=dict)

    @property
    def summary(self) -> dict[str, int]:
        """`unexpected` counts verdicts other than the expected one that are not unknown."""
        good = sum(entry.as_expected for entry in self.entries)
        lost = sum(entry.verdict.unknown and not entry.as_expected for entry in self.entries)
        return {"total": len(self.entries), "as_expected": good, "unexpected": len(self.entries) - good - lost, "unknown": lost}

    @property
    def records(self) -> list[dict[str, Any]]:
        return [record(entry.claim, entry.verdict) for entry in self.entries]

    @property
    def rows(self) -> list[dict[str, Any]]:
        """The records, each with its topic."""
        return [row | {"topic": entry.topic} for row, entry in zip(self.records, self.entries, strict=True)]

    @property
    def topics(self) -> dict[str, list[int]]:
        """The positions of each topic's claims."""
        return topics(self.rows)

    @property
    def cached(self) -> int:
        return sum(entry.cached for entry in self.entries)

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries)

    def data(self) -> dict[str, Any]:
        """The ledger as JSON-able data."""
        return {"claims": self.records, "summary": self.summary}


# ---- rows
def expected(row: Row) -> bool:
    """Whether a row's verdict is the one that its claim expects."""
    return row["verdict"] in (("proved", "refuted") if row["expected"] == "either" else (row["expected"],))


def summary(rows: Sequence[Row]) -> dict[str, int]:
    """The counts of rows, as `Ledger.summary` has them."""
    good = sum(map(expected, rows))
    lost = sum(row["verdict"] == "unknown" and not expected(row) for row in rows)
    return {"total": len(rows), "as_expected": good, "unexpected": len(rows) - good - lost, "unknown": lost}


def topics(rows: Sequence[Row]) -> dict[str, list[int]]:
    """The positions of each topic's rows."""
    found: dict[str, list[int]] = {}
    for position, row in enumerate(rows):
        found.setdefault(row["topic"], []).append(position)
    return found


def trust(row: Row) -> str:
    """On whose word a proof rests where no checker replays it: `trusted: z3`, `trusted: the engine`, or both."""
    if row["verdict"] != "proved":
        return ""
    found = [TRUSTED_Z3] if SOLVER.search(row["method"]) else []
    return "; ".join(dict.fromkeys([*found, *NAMED.findall(row["method"])]))


@dataclass(frozen=True)
class Filter:
    """Which rows are wanted; a field that is empty wants all.

    `method`, `topic` and `keyword` are words that occur, in any case; `law` is the name of a law, with which the claim's name
    begins; `slowest` keeps so many rows, the slowest first.
    """

    verdict: str = ""
    method: str = ""
    topic: str = ""
    law: str = ""
    keyword: str = ""
    trusted: bool = False
    unexpected: bool = False
    slower: float = 0.0
    slowest: int = 0

    @property
    def wants_all(self) -> bool:
        return self == Filter(keyword=self.keyword)

    def __call__(self, rows: Iterable[Row]) -> list[Row]:
        found = [row for row in rows if self.wants(row)]
        if not self.slowest:
            return found
        return sorted(found, key=lambda row: -row["seconds"])[: self.slowest]

    def wants(self, row: Row) -> bool:
        """Whether a row passes everything but `slowest`."""
        name = row["name"].lower()
        law = self.law.lower()
        return ((not self.verdict or row["verdict"] == self.verdict)
                and self.method.lower() in row["method"].lower()
                and self.topic.lower() in row["topic"].lower()
                and (not law or name == law or name.startswith(f"{law} "))
                and self.keyword.lower() in f"{row['topic']} {name}".lower()
                and (not self.trusted or bool(trust(row)))
                and (not self.unexpected or not expected(row))
                and row["seconds"] >= self.slower)


# ---- the journal
@dataclass(frozen=True)
class Journal:
    """What campaigns found, in a file."""

    path: Path

    def read(self) -> dict[tuple[str, str], Row]:
        """The last row on each claim, by the path of its module and its name; lines that are no rows are passed over."""
        try:
            lines = self.path.read_text(encoding="utf-8").splitlines()
        except (OSError, UnicodeDecodeError):
            return {}
        found: dict[tuple[str, str], Row] = {}
        for line in lines:
            with suppress(ValueError, KeyError, TypeError):
                row = json.loads(line)
                if all(isinstance(row[name], kind) for name, kind in FIELDS.items()):
                    found[row["module"], row["name"]] = row
        return found

    def add(self, row: Row) -> None:
        """Add one row, whole or not at all, where the file can be written."""
        with suppress(OSError):
            self.path.parent.mkdir(parents=True, exist_ok=True)
            file = os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o644)
            try:
                os.write(file, f"\n{json.dumps(row)}\n".encode())
            finally:
                os.close(file)

    def tidy(self, gone: Iterable[tuple[str, str]] = ()) -> None:
        """One line for each claim, without those that are gone."""
        left = set(gone)
        rows = [row for key, row in self.read().items() if key not in left]
        with suppress(OSError):
            write_atomically(self.path, "".join(f"{json.dumps(row)}\n" for row in rows))

    def durations(self) -> dict[tuple[str, str], float]:
        """How long claims took when they were last decided."""
        return {key: row["took"] for key, row in self.read().items()}


FIELDS = {"module": str, "topic": str, "name": str, "statement": str, "verdict": str, "expected": str, "method": str, "premises": list,
          "seconds": (int, float), "took": (int, float)}
