"""Measurements as tables: rows beside peers, and every bar with its figure."""

from __future__ import annotations

from collections.abc import Sequence

from rich.table import Table
from rich.text import Text

from symcat.bench.report import Bar, Row, with_unit

UNITS = {"ms": 1000.0, "us": 1.0}      # microseconds
STYLES = {True: "green", False: "bold red", None: "dim"}


def rows(found: Sequence[Row], title: str, unit: str = "ms") -> Table:
    """Times, and how many times longer the peers took."""
    names = list(dict.fromkeys(name for row in found for name in row.peers))
    table = Table(title=title, title_justify="left")
    table.add_column("case", overflow="fold")
    for header in (f"ours, {unit}", *(part for name in names for part in (f"{name}, {unit}", "times ours"))):
        table.add_column(header, justify="right")
    counted = any(row.counts for row in found)
    if counted:
        table.add_column("counts", overflow="fold")
    for row in found:
        peers = [cell for name in names for cell in (_time(row.peers.get(name), unit), _times(row.ratio.get(name)))]
        table.add_row(Text(row.case), _time(row.ours_us, unit), *peers, *([Text(_counts(row))] if counted else []))
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


def _time(microseconds: float | None, unit: str) -> str:
    return "" if microseconds is None else f"{microseconds / UNITS[unit]:,.2f}"


def _times(ratio: float | None) -> str:
    return "" if ratio is None else f"{ratio:,.1f}"


def _counts(row: Row) -> str:
    """Our counts as shares of their totals; those of the peers are in the JSON."""
    counts = row.counts
    if "true proved" in counts:
        return f"{counts['true proved']}/{counts['true']} true proved, {counts['false refuted']}/{counts['false']} false refuted"
    return ", ".join(f"{count} {name}" for name, count in counts.items())
