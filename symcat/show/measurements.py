"""Measurements as tables: rows beside peers, and every bar with its figure."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from symcat.bench.report import Bar, Row, with_unit

STYLES = {True: "green", False: "bold red", None: "dim"}


def rows(found: Sequence[Row], title: str) -> Table:
    """Median times in milliseconds, and how many times longer the peers took."""
    names = list(dict.fromkeys(name for row in found for name in row.peers))
    table = Table(title=title, title_justify="left")
    table.add_column("case", overflow="fold")
    for header in ("ours, ms", *(part for name in names for part in (f"{name}, ms", "times ours"))):
        table.add_column(header, justify="right")
    table.add_column("counts", overflow="fold")
    for row in found:
        peers = [cell for name in names for cell in (_milliseconds(row.peers.get(name)), _times(row.ratio.get(name)))]
        table.add_row(Text(row.case), _milliseconds(row.ours_us), *peers, Text(_counts(row)))
    return table


def bars(found: Sequence[Bar]) -> Table:
    """Figures against what is wanted of them."""
    table = Table(title="figures", title_justify="left")
    table.add_column("what", overflow="fold")
    for header in ("figure", "wanted"):
        table.add_column(header, justify="right")
    table.add_column("")
    table.add_column("how", overflow="fold")
    for bar in found:
        table.add_row(Text(bar.name), with_unit(bar.figure, bar.unit), bar.wanted, Text(bar.verdict, STYLES[bar.met]), Text(bar.note))
    return table


def _milliseconds(microseconds: float | None) -> str:
    return "" if microseconds is None else f"{microseconds / 1000:,.2f}"


def _times(ratio: float | None) -> str:
    return "" if ratio is None else f"{ratio:,.1f}"


def _counts(row: Row) -> str:
    """Our counts as shares of their totals; those of the peers are in the JSON."""
    counts = row.counts
    if "true proved" in counts:
        return f"{counts['true proved']}/{counts['true']} true proved, {counts['false refuted']}/{counts['false']} false refuted"
    return ", ".join(f"{count} {name}" for name, count in counts.items())
