"""`symcat matrix`: the laws of every rule that can be read, as a page."""

from __future__ import annotations

import argparse
import json
from collections import Counter
from pathlib import Path

from symcat.card.matrix import COLUMNS, ROSTER, MatrixRow, matrix
from symcat.commands.report import check_destination, write_json
from symcat.errors import UsageError
from symcat.prove.record import write_atomically
from symcat.show.matrix import markdown, page
from symcat.show.screen import bar, screen

FILES = {"matrix.html": page, "matrix.md": markdown}


def run(arguments: argparse.Namespace) -> int:
    """Decide every cell, write the pages, say what came out."""
    check_destination(arguments.json)
    folder = Path(arguments.out)
    if folder.exists() and not folder.is_dir():
        raise UsageError(f"--out {folder}: is a file, expected a folder")
    console = screen(to_stderr=arguments.json == "-")
    families, known = arguments.only or list(ROSTER), _known(arguments.rows)
    targets = {row.target for row in known}
    with bar(console, "the law matrix", sum(len(ROSTER[family]) for family in families)) as (progress, task):
        def show(row: MatrixRow) -> None:
            progress.update(task, advance=1, note=row.target)
            if arguments.rows and row.target not in targets:
                with open(arguments.rows, "a", encoding="utf-8") as file:
                    file.write(f"{json.dumps(row.data())}\n")

        rows = matrix(families, arguments.timeout, show, known=known)
        progress.update(task, note="")
    folder.mkdir(parents=True, exist_ok=True)
    for name, written in FILES.items():
        write_atomically(folder / name, written(rows, COLUMNS))
    verdicts = Counter(record["verdict"] for row in rows for cell in row.cells.values() for record in cell.values())
    counts = ", ".join(f"{verdicts[verdict]} {verdict}" for verdict in ("proved", "refuted", "unknown"))
    unread = [row.target for row in rows if row.reason]
    console.print(f"{len(rows) - len(unread)} rules: {counts}; " + " and ".join(str(folder / name) for name in FILES), markup=False)
    if unread:
        console.print(f"not read: {', '.join(unread)}", style="yellow", markup=False)
    write_json(arguments.json, {"rows": [row.data() for row in rows]})
    return 0


def _known(path: str | None) -> list[MatrixRow]:
    """The rows in a file, one line each; UsageError for a file of anything else."""
    if path is None or not Path(path).exists():
        return []
    try:
        return [MatrixRow.of(json.loads(line)) for line in Path(path).read_text(encoding="utf-8").splitlines()]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(f"--rows {path}: expected rows that an earlier run wrote, one line each ({error})") from error
