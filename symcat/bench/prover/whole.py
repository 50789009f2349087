"""The campaign over proofs/ as a user runs it: with one job, with two, and again from the cache, each in a folder of its own."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from symcat.bench.environment import cores, proofs_folder
from symcat.bench.report import Bar, Report, Row
from symcat.errors import UsageError

SUITE = "prover, campaign"
TIMES_FASTER, AGAIN_S = 1.7, 3.0
JOBS = (2, 1)
STEPS = len(JOBS) + 1
Progress = Callable[[str], None]


@dataclass(frozen=True)
class Ran:
    """One campaign: its wall time and its summary."""

    seconds: float
    summary: dict[str, Any]


def report(progress: Progress = lambda note: None, paths: tuple[str, ...] = ()) -> Report:
    """The campaign with two jobs, once more from its cache, and with one job."""
    found: dict[str, Ran] = {}
    with tempfile.TemporaryDirectory() as folder:
        for jobs in JOBS:
            cache = Path(folder) / f"cache{jobs}"
            found[f"{jobs} job{'s' if jobs > 1 else ''}"] = campaign(jobs, cache, paths)
            progress(f"campaign with {jobs}")
            if jobs == JOBS[0]:
                found["again, from the cache"] = campaign(jobs, cache, paths)
                progress("campaign from the cache")
    two, one, again = found["2 jobs"], found["1 job"], found["again, from the cache"]
    rows = tuple(Row(SUITE, case, 1e6 * ran.seconds, counts=ran.summary) for case, ran in found.items())
    note = f"{one.seconds:.1f} s and {two.seconds:.1f} s for {one.summary['total']} claims"
    ratio = one.seconds / two.seconds if cores() > 1 else None
    details = tuple(f"campaign, {case}: {ran.summary['unexpected']} unexpected and {ran.summary['unknown']} unknown verdicts"
                    for case, ran in found.items() if ran.summary["unexpected"] or ran.summary["unknown"])
    bars = (Bar("campaign, one job over two", ratio, "times", at_least=TIMES_FASTER, note=note if ratio else f"{note}; one core"),
            Bar("campaign, second run", again.seconds, "s", below=AGAIN_S),
            Bar("campaign, verdicts other than expected", two.summary["total"] - two.summary["as_expected"], at_most=0, note=note))
    return Report(rows, bars, details)


def campaign(jobs: int, cache: Path, paths: tuple[str, ...] = ()) -> Ran:
    """`symcat prove` in a process of its own, with an empty or a given cache."""
    command = [sys.executable, "-m", "symcat", "prove", *(paths or (str(proofs_folder()),)), "--jobs", str(jobs), "--json", "-"]
    start = time.perf_counter()
    done = subprocess.run(command, capture_output=True, text=True, env={**os.environ, "SYMCAT_CACHE": str(cache)}, check=False)
    seconds = time.perf_counter() - start
    try:
        return Ran(seconds, json.loads(done.stdout)["summary"])
    except (json.JSONDecodeError, KeyError) as error:
        raise UsageError(f"symcat prove ended with code {done.returncode} and no ledger: {done.stderr[-500:]}") from error
