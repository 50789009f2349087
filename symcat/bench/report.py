"""What a measurement says: rows of times beside those of peers, figures against bars, and the machine it was made on."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Row:
    """One case: our time and those of peers in microseconds, and how many times longer than ours a peer took.

    The times are medians unless the suite says otherwise; `more` are further entries of its JSON.
    """

    suite: str
    case: str
    ours_us: float
    peers: Mapping[str, float] = field(default_factory=dict)
    ratio: Mapping[str, float] = field(default_factory=dict)
    counts: Mapping[str, int] = field(default_factory=dict)
    more: Mapping[str, Any] = field(default_factory=dict)

    def data(self) -> dict[str, Any]:
        """The row as JSON-able data."""
        def rounded(figures: Mapping[str, float]) -> dict[str, float]:
            return {name: round(figure, 3) for name, figure in figures.items()}
        return {"suite": self.suite, "case": self.case, "ours_us": round(self.ours_us, 3), "peers": rounded(self.peers),
                "ratio": rounded(self.ratio), **({"counts": dict(self.counts)} if self.counts else {}), **self.more}


@dataclass(frozen=True)
class Bar:
    """A figure that is wanted `at_least` or `at_most` so large, or `below` something; None for a figure that was not measured.

    >>> print(Bar("wrong verdicts", 0, at_most=0), Bar("true goals proved", 96.5, "%", at_least=97), sep="; ")
    wrong verdicts: 0, wanted at most 0: met; true goals proved: 96.5 %, wanted at least 97 %: MISSED
    """

    name: str
    figure: float | None
    unit: str = ""
    at_least: float | None = None
    at_most: float | None = None
    below: float | None = None
    note: str = ""

    @property
    def met(self) -> bool | None:
        """Whether the bar is met; None without a figure."""
        if self.figure is None:
            return None
        return ((self.at_least is None or self.figure >= self.at_least) and (self.at_most is None or self.figure <= self.at_most)
                and (self.below is None or self.figure < self.below))

    @property
    def wanted(self) -> str:
        """What is asked of the figure, in words."""
        bounds = {"at least": self.at_least, "at most": self.at_most, "below": self.below}
        return ", ".join(f"{words} {with_unit(bound, self.unit)}" for words, bound in bounds.items() if bound is not None)

    @property
    def verdict(self) -> str:
        return {True: "met", False: "MISSED", None: "not measured"}[self.met]

    def __str__(self) -> str:
        return f"{self.name}: {with_unit(self.figure, self.unit)}, wanted {self.wanted}: {self.verdict}"

    def data(self) -> dict[str, Any]:
        """The bar as JSON-able data."""
        figure = None if self.figure is None else round(self.figure, 6)
        return {"name": self.name, "figure": figure, "unit": self.unit, "wanted": self.wanted, "met": self.met, "note": self.note}


@dataclass(frozen=True)
class Report:
    """Rows and bars of a suite; `details` are lines about what was not as it should be."""

    rows: tuple[Row, ...] = ()
    bars: tuple[Bar, ...] = ()
    details: tuple[str, ...] = ()

    def __add__(self, other: Report) -> Report:
        return Report(self.rows + other.rows, self.bars + other.bars, self.details + other.details)

    @property
    def met(self) -> bool:
        """Whether no bar is missed."""
        return all(bar.met is not False for bar in self.bars)

    def data(self, environment: Mapping[str, Any]) -> dict[str, Any]:
        """The report as JSON-able data."""
        return {"rows": [row.data() for row in self.rows], "bars": [bar.data() for bar in self.bars], "details": list(self.details),
                "environment": dict(environment)}


def with_unit(figure: float | None, unit: str) -> str:
    """A figure in at most four digits, with its unit."""
    text = "-" if figure is None else f"{figure:,}" if isinstance(figure, int) else f"{figure:.4g}"
    return f"{text} {unit}".strip()


def microseconds(seconds: Sequence[float]) -> float:
    """The median of some times, in microseconds."""
    return 1e6 * statistics.median(seconds)
