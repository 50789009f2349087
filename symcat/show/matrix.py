"""The law matrix as a page of HTML and as Markdown: cells in colour, each linked to its proof or counterexample below."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from symcat.show.card import reason
from symcat.show.card_text import shortened

if TYPE_CHECKING:
    from symcat.card.matrix import MatrixRow

Record = Mapping[str, Any]
SIGNS = {"proved": "✔", "refuted": "✘", "unknown": "?"}
HEADS = {"zero_gradient": "zero gradient", "loss_scale": "loss scale", "uniform_scaling": "uniform scaling",
         "diagonal_scaling": "diagonal scaling", "sign_flips": "sign flips"}
FAMILIES = {"ours": "symcat", "optax": "optax", "torch": "PyTorch"}
INTRODUCTION = ("Each row is an update rule, each column a law about one step with its states transported. Every ✔ was proved, for all "
                "sizes (for small matrices where a rule needs roots, inverses or eigenvectors) and all values of the hyperparameters "
                "in their ranges, under the premises that are given below; every ✘ was refuted at an exact point, for the transport of "
                "states that is named; ? is neither. Matrix rules have a law for rows or for the left, and one for columns or for the "
                "right. The verdicts are derived here, not quoted; with eps > 0 a rule that is scale-free for eps = 0 is not.")
COMMAND = "symcat matrix --out docs"
STYLE = """body{font:15px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:86rem;padding:0 1rem;color:#222;background:#fff}
table{border-collapse:collapse}th,td{border:1px solid #ccc;padding:.25rem .5rem;text-align:center}
th:first-child,td:first-child{text-align:left;white-space:nowrap}thead th{position:sticky;top:0;background:#f4f4f4}
td a{text-decoration:none;font-weight:bold;padding:0 .15rem}
.proved{color:#06702b;background:#e3f5e8}.refuted{color:#a3161f;background:#fbe6e6}.unknown{color:#7a5800;background:#fff3d1}
dt{font-weight:bold;margin-top:.5rem}dd{margin-left:1.5rem;overflow-wrap:anywhere}code{font-size:.9em}:target{outline:2px solid #3367d6}
@media (prefers-color-scheme:dark){body{background:#161616;color:#ddd}thead th{background:#262626}th,td{border-color:#444}
.proved{color:#7ddb9b;background:#12301c}.refuted{color:#ff9aa0;background:#3a1719}.unknown{color:#ffd166;background:#3a300f}}"""


def head(column: str) -> str:
    """A column's title."""
    return HEADS.get(column, column)


def anchor(target: str, law: str) -> str:
    """The name of a cell's place below.

    >>> anchor("adam(eps=0)", "loss_scale")
    'adam-eps-0--loss_scale'
    """
    return f"{re.sub(r'[^A-Za-z0-9_]+', '-', target).strip('-')}--{law}"


def words(record: Record) -> str:
    """What stands behind a cell, in a line: the certificate and premises, the witness, or the reason."""
    found = shortened(reason(record))
    if record["verdict"] == "proved":
        digest = (record.get("certificate") or {}).get("digest", "")
        return f"certificate {digest[:16]}" + (f"; {found}" if found else "")
    return found


def details(row: MatrixRow) -> Iterator[tuple[str, Record]]:
    """The laws of a row, by their names."""
    for cell in row.cells.values():
        for record in cell.values():
            yield record["name"], record


def parts(rows: Sequence[MatrixRow]) -> Iterator[tuple[str, list[MatrixRow], list[MatrixRow]]]:
    """The rows of each family: those with laws, and those that cannot be read."""
    for family in dict.fromkeys(row.family for row in rows):
        own = [row for row in rows if row.family == family]
        yield FAMILIES.get(family, family), [row for row in own if row.cells], [row for row in own if not row.cells]


# ---- Markdown
def markdown(rows: Sequence[MatrixRow], columns: Sequence[str]) -> str:
    """The page as Markdown."""
    lines = ["# The law matrix", "", f"{INTRODUCTION} Made by `{COMMAND}`.", ""]
    for title, read, unread in parts(rows):
        lines += [f"## {title}", "", f"| rule | {' | '.join(map(head, columns))} | group |", "|---" * (len(columns) + 2) + "|"]
        for row in read:
            lines.append(f"| `{row.target}` | {' | '.join(_linked(row, column) for column in columns)} | {row.group} |")
        lines += ["", *(f"- `{row.target}` is not read: {_plain(row.reason)}" for row in unread), ""]
    lines += ["## Proofs and counterexamples", ""]
    for row in rows:
        if row.cells:
            lines += [f"### `{row.target}`", ""]
            lines += [f'- <a id="{anchor(row.target, name)}"></a>**{name}** {record["verdict"].upper()}: {_plain(_stated(record))}'
                      for name, record in details(row)]
            lines.append("")
    return "\n".join(lines).rstrip() + "\n"


def _linked(row: MatrixRow, column: str) -> str:
    cell = row.cells.get(column, {})
    return " ".join(f"[{SIGNS[record['verdict']]}](#{anchor(row.target, record['name'])})" for record in cell.values())


def _stated(record: Record) -> str:
    functors = f" [{record['functors']}]" if record.get("functors") else ""
    return words(record) + functors


def _plain(text: str) -> str:
    return re.sub(r"([|<*_`\[\]])", r"\\\1", " ".join(text.split()))


# ---- HTML
def page(rows: Sequence[MatrixRow], columns: Sequence[str]) -> str:
    """The page as one file of HTML that needs nothing else."""
    lines = ["<!doctype html>", '<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width">',
             f"<title>The law matrix</title><style>{STYLE}</style></head><body>", "<h1>The law matrix</h1>",
             f"<p>{html.escape(INTRODUCTION)} Made by <code>{html.escape(COMMAND)}</code>.</p>"]
    for title, read, unread in parts(rows):
        heads = "".join(f"<th>{html.escape(one)}</th>" for one in ("rule", *map(head, columns), "group"))
        lines += [f"<h2>{html.escape(title)}</h2>", f"<table><thead><tr>{heads}</tr></thead><tbody>"]
        for row in read:
            cells = "".join(_cell(row, column) for column in columns)
            lines.append(f"<tr><td><code>{html.escape(row.target)}</code></td>{cells}<td>{html.escape(row.group)}</td></tr>")
        lines.append("</tbody></table>")
        if unread:
            items = (f"<li><code>{html.escape(row.target)}</code> is not read: {html.escape(row.reason)}</li>" for row in unread)
            lines += ["<ul>", *items, "</ul>"]
    lines.append("<h2>Proofs and counterexamples</h2>")
    for row in rows:
        if row.cells:
            lines += [f"<details open><summary><code>{html.escape(row.target)}</code></summary><dl>", *_definitions(row), "</dl></details>"]
    return "\n".join([*lines, "</body></html>", ""])


def _cell(row: MatrixRow, column: str) -> str:
    cell = list(row.cells.get(column, {}).values())
    links = "".join(f'<a class="{record["verdict"]}" href="#{anchor(row.target, record["name"])}" title="{html.escape(record["name"])}">'
                    f'{SIGNS[record["verdict"]]}</a>' for record in cell)
    verdicts = {record["verdict"] for record in cell}
    shade = f' class="{verdicts.pop()}"' if len(verdicts) == 1 else ""
    return f"<td{shade}>{links}</td>"


def _definitions(row: MatrixRow) -> Iterator[str]:
    for name, record in details(row):
        title = f"{name} {record['verdict'].upper()}"
        yield (f'<dt id="{anchor(row.target, name)}" class="{record["verdict"]}">{html.escape(title)}</dt>'
               f"<dd>{html.escape(record['statement'])}<br>{html.escape(_stated(record))}</dd>")
