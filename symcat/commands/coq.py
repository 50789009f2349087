"""`symcat prove --coq`: write what is proved as Coq files, say what was left out and why, and ask coqc where it is installed."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path
from typing import Any

from rich.console import Console

from symcat.prove.coq import coqc
from symcat.prove.coq.export import PRELUDE, Export, export
from symcat.prove.ledger import Ledger
from symcat.show.screen import bar

EXAMPLES = 3


def write(ledger: Ledger, folder: Path, console: Console, jobs: int) -> dict[str, Any]:
    """Export a ledger; what came of it as JSON-able data, `rejected` with the files that coqc does not accept."""
    with bar(console, "exporting", len(ledger.entries)) as (progress, task), _trial() as trial:
        found = export(ledger, folder, trial.accepts if trial else None, lambda name: progress.update(task, advance=1, note=name))
    kinds = ", ".join(f"{count} by {method}" for method, count in found.methods.items())
    console.print(f"{found.count} of {found.total} proved claims exported to {folder}" + (f": {kinds}" if kinds else ""), markup=False)
    for reason, names in found.left_out.items():
        some = ", ".join(names[:EXAMPLES]) + (", ..." if len(names) > EXAMPLES else "")
        console.print(f"  not exported, {reason}: {len(names)} ({some})", markup=False, style="dim")
    data = {"exported": found.count, "proved": found.total, "methods": found.methods, "left_out": found.left_out,
            "files": [str(file) for file in found.files]}
    return data | _checked(found, console, jobs)


def _trial() -> coqc.Trial | nullcontext[None]:
    return coqc.Trial(PRELUDE) if coqc.found() else nullcontext()


def _checked(found: Export, console: Console, jobs: int) -> dict[str, Any]:
    """What coqc says of the files."""
    if coqc.found() is None:
        console.print(f"coqc is not installed, so the files are not checked here; with Coq 8.16 or newer: cd {found.folder}, then "
                      "coqc Symcat.v and coqc on each other file", markup=False, style="yellow")
        return {"checked": False, "rejected": {}}
    with bar(console, "coqc", sum(file.suffix == ".v" for file in found.files)) as (progress, task):
        answers = coqc.check(found.files, jobs, progress=lambda name: progress.update(task, advance=1, note=name))
    rejected = {answer.file.name: answer.fault for answer in answers if answer.fault}
    console.print(f"coqc accepts {len(answers) - len(rejected)} of {len(answers)} files", style="red" if rejected else None)
    for name, fault in rejected.items():
        console.print(f"  {name}: {fault.splitlines()[0]}", markup=False, style="red")
    return {"checked": True, "rejected": rejected}
