"""Claims with their verdicts as tables: obligations while they are proved, the ledger of a campaign.

All functions take claims as the records of `symcat.prove.claim.record`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from symcat.verdict import Domains, describe

Record = Mapping[str, Any]
STYLES = {"proved": "bold green", "refuted": "bold cyan", "unknown": "bold yellow"}


def unexpected(record: Record) -> bool:
    """Whether one verdict was expected and another came; a claim that expects either verdict is a question."""
    return record["expected"] not in ("either", record["verdict"])


def verdict_text(record: Record) -> Text:
    """PROVED, REFUTED or UNKNOWN; in red, with the verdict that was expected, when it is another."""
    verdict = record["verdict"]
    if unexpected(record):
        return Text(f"{verdict.upper()}, expected {record['expected']}", "bold red")
    return Text(verdict.upper(), STYLES[verdict])


def explanation(record: Record) -> str:
    """What stands behind a verdict: premises and grade of a proof, the witness of a refutation, the reason of an unknown."""
    if record["verdict"] == "refuted":
        return describe(record["witness"])
    if record["verdict"] == "unknown":
        tested = f" ({record['tested']} points agree)" if record.get("tested") else ""
        return record.get("reason", "") + tested
    return "; ".join(filter(None, (shortened(record["premises"]), _grade(record.get("domains")))))


def _grade(domains: Mapping[str, Any] | None) -> str:
    """The weaker grade of an equality, with what only one side requires; nothing where both have one domain."""
    if not domains or not (domains["left"] or domains["right"]):
        return ""
    return shortened([str(Domains(tuple(domains["left"]), tuple(domains["right"])))])


def shortened(premises: Sequence[str], room: int = 240) -> str:
    """Premises in one line, as many as there is room for; all of them are in the JSON and in the certificate."""
    shown: list[str] = []
    for premise in premises:
        if shown and len("; ".join((*shown, premise))) > room:
            return "; ".join(shown) + f"; and {len(premises) - len(shown)} more in the certificate"
        shown.append(premise if len(premise) <= room else f"{premise[:room]}...")
    return "; ".join(shown)


def obligations(records: Sequence[Record], waiting: Iterable[str] = (), title: str = "") -> Table:
    """The table of obligations: those that are decided, then those that wait."""
    table = _table(title, "law", "verdict", "method", "premises, or the witness", "s")
    for record in records:
        row = plain(record["name"], record["method"], explanation(record), f"{record['seconds']:.2f}")
        table.add_row(row[0], verdict_text(record), *row[1:])
    for name in waiting:
        table.add_row(Text(name, "dim"), Text("...", "dim"), "", "", "")
    return table


def ledger(records: Sequence[Record], topics: Mapping[str, Sequence[int]]) -> RenderableType:
    """One row for each topic with the counts of its verdicts, then every refutation, then whatever was not expected.

    `topics` gives the positions of each topic's claims.
    """
    table = _table("claims by topic", "topic", "claims", "proved", "refuted", "unknown", "unexpected", "s")
    for column in table.columns[1:]:
        column.justify = "right"
    for topic, positions in topics.items():
        rows = [records[k] for k in positions]
        count = {verdict: sum(row["verdict"] == verdict for row in rows) for verdict in STYLES}
        surprises = sum(map(unexpected, rows))
        table.add_row(Text(topic), str(len(rows)), *(Text(str(n), STYLES[v] if n else "dim") for v, n in count.items()),
                      Text(str(surprises), "bold red" if surprises else "dim"), f"{sum(row['seconds'] for row in rows):.1f}")
    parts: list[RenderableType] = [table]
    refuted = [record for record in records if record["verdict"] == "refuted" and not unexpected(record)]
    if refuted:
        parts.append(refutations(refuted))
    wrong = [record for record in records if unexpected(record)]
    if wrong:
        parts.append(obligations(wrong, title="not as expected"))
    return Group(*parts)


def listing(rows: Sequence[Record], trust: Sequence[str]) -> Table:
    """Rows of a ledger one by one, each with its topic; `trust` says what each rests on beside the arithmetic of the engines."""
    table = _table("", "topic", "claim", "verdict", "method", "premises, or the witness", "s")
    for row, rests in zip(rows, trust, strict=True):
        method = row["method"] if all(one in row["method"] for one in rests.split("; ")) else f"{row['method']} ({rests})"
        cells = plain(row["topic"], row["name"], method, explanation(row), f"{row['seconds']:.2f}")
        table.add_row(*cells[:2], verdict_text(row), *cells[2:])
    return table


def refutations(records: Sequence[Record]) -> Table:
    """Every refutation with what was claimed and the point at which it fails."""
    table = _table("refuted, each with an exact witness", "claim", "what was claimed", "the witness")
    for record in records:
        table.add_row(Text(record["name"], "cyan"), *plain(record["statement"], describe(record["witness"])))
    return table


def summary_line(counts: Mapping[str, int], seconds: float) -> Text:
    """The counts of a ledger's summary in one line."""
    good = counts["total"] == counts["as_expected"]
    words = f"{counts['total']} claims: {counts['as_expected']} as expected, {counts['unexpected']} unexpected, {counts['unknown']} unknown"
    return Text(f"{words}, in {seconds:.1f} s", "bold green" if good else "bold red")


def plain(*cells: str) -> list[Text]:
    """Cells whose square brackets are no markup."""
    return [Text(cell) for cell in cells]


def _table(title: str, *columns: str) -> Table:
    table = Table(title=title or None, title_justify="left", header_style="bold", expand=False)
    for name in columns:
        narrow = name in ("verdict", "s")
        table.add_column(name, no_wrap=narrow and name == "s", justify="right" if name == "s" else "left", overflow="fold")
    return table
