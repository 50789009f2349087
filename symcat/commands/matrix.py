"""`symcat matrix`: the laws of every rule that can be read, as a page."""

from __future__ import annotations

import argparse
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
    families = arguments.only or list(ROSTER)
    with bar(console, "the law matrix", sum(len(ROSTER[family]) for family in families)) as (progress, task):
        def show(row: MatrixRow) -> None:
            progress.update(task, advance=1, note=row.target)

        rows = matrix(families, arguments.timeout, show)
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
