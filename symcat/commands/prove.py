"""`symcat prove`: decide the claims of proof modules and print the ledger."""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

from rich.console import Console

import symcat
from symcat.commands.report import INTERRUPTED, check_destination, exit_code, write_json
from symcat.errors import UsageError
from symcat.laws.claim import Claim
from symcat.prove.cache import Store, default_folder
from symcat.prove.campaign import Ledger
from symcat.prove.campaign import run as decide_all
from symcat.prove.module import find
from symcat.show.claims import ledger, obligations, summary_line
from symcat.show.screen import bar, screen
from symcat.verdict import Verdict


def run(arguments: argparse.Namespace) -> int:
    """Decide, print, report."""
    check_destination(arguments.json)
    console = screen(to_stderr=arguments.json == "-")
    start = time.perf_counter()
    found = _decided(arguments, console)
    seconds = time.perf_counter() - start
    if arguments.verbose:
        console.print(obligations(found.records, title="claims"))
    console.print(ledger(found.records, found.topics))
    console.print(summary_line(found.summary, seconds))
    if found.cached:
        console.print(f"{found.cached} verdicts came from the cache in {default_folder()}; --fresh decides them again", style="dim")
    write_json(arguments.json, found.data())
    if found.interrupted:
        console.print("interrupted: what was not decided is unknown", style="yellow")
        return INTERRUPTED
    return exit_code(found.records)


def _decided(arguments: argparse.Namespace, console: Console) -> Ledger:
    paths = find(arguments.paths or [default_proofs()])
    with bar(console, "deciding", None) as (progress, task), tempfile.TemporaryDirectory() as empty:
        def show(done: int, total: int, claim: Claim, verdict: Verdict) -> None:
            progress.update(task, completed=done, total=total, note=f"{claim.name}: {verdict.status}")

        found = decide_all(paths, arguments.jobs, arguments.timeout, arguments.keyword or "", show,
                           store=Store(Path(empty)) if arguments.fresh else None)
        progress.update(task, note="")
    return found


def default_proofs() -> Path:
    """proofs/ here, or beside the package in a checkout."""
    for folder in (Path("proofs"), Path(symcat.__file__).resolve().parents[1] / "proofs"):
        if folder.is_dir():
            return folder
    raise UsageError("there is no folder proofs/ here nor beside the package: name the modules, as in symcat prove path/to/claims.py")
