"""Where human output goes: standard output, or standard error when standard output carries JSON."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

PLAIN_WIDTH = 140    # columns when the output is a file or a pipe


def screen(to_stderr: bool = False) -> Console:
    """A console as wide as the terminal, or of a fixed width when there is none."""
    stream = sys.stderr if to_stderr else sys.stdout
    return Console(file=stream, width=None if stream.isatty() else PLAIN_WIDTH, highlight=False, soft_wrap=False)


@contextmanager
def bar(console: Console, title: str, total: int | None) -> Iterator[tuple[Progress, TaskID]]:
    """A progress bar with a note behind it: `progress.update(task, advance=1, note="...")`."""
    columns = (TextColumn("{task.description}"), BarColumn(bar_width=30), MofNCompleteColumn(), TimeElapsedColumn(),
               TextColumn("{task.fields[note]}"))
    with Progress(*columns, console=console, transient=False) as progress:
        yield progress, progress.add_task(title, total=total, note="")
