"""`symcat prove`: decide the claims of proof modules and print the ledger, or a part of it; `--ledger` reads what was decided before."""

from __future__ import annotations

import argparse
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape

import symcat
from symcat.commands import coq
from symcat.commands.report import INTERRUPTED, check_destination, exit_code, write_json
from symcat.errors import UsageError
from symcat.laws.claim import Claim
from symcat.prove.cache import Store, default_folder
from symcat.prove.campaign import run as decide_all
from symcat.prove.claim import as_expected
from symcat.prove.ledger import Filter, Journal, Ledger, Row, summary, topics, trust
from symcat.prove.module import find
from symcat.show.claims import ledger, listing, obligations, summary_line
from symcat.show.screen import bar, screen
from symcat.verdict import Verdict

PLAIN_EVERY = 10.0    # seconds between lines of progress where there is no terminal
Progress = Callable[[int, int, Claim, Verdict], None]


def run(arguments: argparse.Namespace) -> int:
    """Decide, print, report."""
    check_destination(arguments.json)
    console = screen(to_stderr=arguments.json == "-")
    wanted = chosen(arguments)
    if arguments.ledger:
        if arguments.coq:
            raise UsageError("--coq together with --ledger: a ledger of the past has no goals to export; leave --ledger out, the cache has "
                             "the verdicts")
        return _recalled(arguments, console, wanted)
    start = time.perf_counter()
    found = _decided(arguments, console)
    seconds = time.perf_counter() - start
    if not wanted.wants_all:
        _list(console, wanted(found.rows))
    else:
        if arguments.verbose:
            console.print(obligations(found.records, title="claims"))
        console.print(ledger(found.records, found.topics))
    console.print(summary_line(found.summary, seconds))
    if found.cached:
        console.print(f"{found.cached} verdicts came from the cache in {default_folder()}; --fresh decides them again", style="dim")
    for word, count in Counter(trust(row) for row in found.rows).items():
        if word:
            console.print(f"{word}: {count} of the proofs; --trusted lists them", style="dim", markup=False)
    if found.busy:
        times = ", ".join(f"{seconds:.1f}" for seconds in found.busy.values())
        console.print(f"seconds of processor time that each worker was busy: {times}", style="dim")
    data = _without_topics(wanted(found.rows), found.summary)
    if arguments.coq:
        data["coq"] = coq.write(found, Path(arguments.coq), console, arguments.jobs or 1)
    write_json(arguments.json, data)
    if found.interrupted:
        console.print("interrupted: what was not decided is unknown; run it again to resume", style="yellow")
        return INTERRUPTED
    return exit_code(found.records) or int(bool(data.get("coq", {}).get("rejected")))


def chosen(arguments: argparse.Namespace) -> Filter:
    """The rows that the options ask for."""
    return Filter(arguments.verdict or "", arguments.method or "", arguments.topic or "", arguments.law or "", arguments.keyword or "",
                  arguments.trusted, arguments.unexpected, arguments.slower or 0.0, arguments.slowest or 0)


def _recalled(arguments: argparse.Namespace, console: Console, wanted: Filter) -> int:
    """The ledger of the campaigns before, of the modules that are asked for."""
    journal = Journal(default_folder() / "ledger.jsonl")
    modules = [str(path) for path in find(arguments.paths or [default_proofs()])]
    rows = sorted((row for row in journal.read().values() if row["module"] in modules), key=lambda row: modules.index(row["module"]))
    if not rows:
        raise UsageError(f"{journal.path} has no verdicts on these modules: run symcat prove first, without --ledger")
    found = wanted(rows)
    if wanted.wants_all and not arguments.verbose:
        console.print(ledger(found, topics(found)))
    else:
        _list(console, found)
    counts = summary(found)
    last = max(row.get("decided", "") for row in rows)
    console.print(f"{counts['total']} of {len(rows)} claims: {counts['as_expected']} as expected, {counts['unexpected']} unexpected, "
                  f"{counts['unknown']} unknown; the last was decided at {last}")
    write_json(arguments.json, {"claims": [dict(row) for row in found], "summary": counts})
    return exit_code(found)


def _list(console: Console, rows: Sequence[Row]) -> None:
    if rows:
        console.print(listing(rows, [trust(row) for row in rows]))
    else:
        console.print("no claim of the ledger is of this kind", style="yellow")


def _without_topics(rows: Sequence[Row], counts: Mapping[str, int]) -> dict[str, Any]:
    """The ledger as JSON: the claims that were asked for, and the counts of all."""
    return {"claims": [{name: value for name, value in row.items() if name != "topic"} for row in rows], "summary": dict(counts)}


def _decided(arguments: argparse.Namespace, console: Console) -> Ledger:
    paths = find(arguments.paths or [default_proofs()])
    store = Store(default_folder())
    with _progress(console) as show:
        return decide_all(paths, arguments.jobs, arguments.timeout, arguments.keyword or "", show,
                          store=store.fresh() if arguments.fresh else store, cluster=arguments.cluster)


@contextmanager
def _progress(console: Console) -> Iterator[Progress]:
    """A bar on a terminal; elsewhere a line now and then, and one for everything that is not as expected."""
    if console.is_terminal:
        surprises = 0
        with bar(console, "deciding", None) as (progress, task):
            def show(done: int, total: int, claim: Claim, verdict: Verdict) -> None:
                nonlocal surprises
                surprises += not as_expected(claim, verdict)
                odd = f"{surprises} not as expected; " if surprises else ""
                progress.update(task, completed=done, total=total, note=escape(f"{odd}{claim.name}: {verdict.status}"[:60]))

            yield show
            progress.update(task, note="")
        return
    yield _lines(console)


def _lines(console: Console) -> Progress:
    """Progress in plain lines."""
    start = last = time.monotonic()

    def show(done: int, total: int, claim: Claim, verdict: Verdict) -> None:
        nonlocal last
        now = time.monotonic()
        if not as_expected(claim, verdict):
            console.print(f"{done} of {total}: {claim.name} is {verdict.status}, expected {claim.expected}", markup=False, soft_wrap=True)
        if now - last >= PLAIN_EVERY:
            last = now
            console.print(f"{done} of {total} claims after {now - start:.0f} s", markup=False)

    return show


def default_proofs() -> Path:
    """proofs/ here, or beside the package in a checkout."""
    for folder in (Path("proofs"), Path(symcat.__file__).resolve().parents[1] / "proofs"):
        if folder.is_dir():
            return folder
    raise UsageError("there is no folder proofs/ here nor beside the package: name the modules, as in symcat prove path/to/claims.py")
