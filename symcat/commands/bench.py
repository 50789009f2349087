"""`symcat bench`: kernels beside their peers, figures of the provers, the bug zoo of optimisers, each against its bar, on this machine."""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console

from symcat.bench import export
from symcat.bench.elementary import measure as elementary
from symcat.bench.elementary.oracle import CASES
from symcat.bench.environment import environment
from symcat.bench.kernels import curves, latency
from symcat.bench.kernels import suite as kernels
from symcat.bench.prover import scalar, sizes, whole
from symcat.bench.prover.goals import goals
from symcat.bench.report import Report
from symcat.bench.zoo import run as zoo
from symcat.bench.zoo.rows import ROWS
from symcat.commands.report import AS_EXPECTED, UNEXPECTED, check_destination, write_json, write_text
from symcat.errors import UsageError
from symcat.show.chart import Chart
from symcat.show.elementary import page
from symcat.show.measurements import bars, rows
from symcat.show.screen import bar, screen

PLAIN_EVERY = 10.0    # seconds between lines of progress where there is no terminal
Part = Callable[[argparse.Namespace, Console], Report]


def run(arguments: argparse.Namespace) -> int:
    """Measure, print, report; 1 when a bar is missed."""
    check_destination(arguments.json)
    check_destination(arguments.page, "--page")
    suite = _suite(arguments.suite, arguments.only)
    if arguments.page and (arguments.only or suite not in PAGES):
        raise UsageError(f"--page is for the whole of a suite: {', '.join(PAGES)}")
    if arguments.curves and (arguments.only or suite != DEFAULT):
        raise UsageError(f"--curves are drawn for the suite {DEFAULT}, without --only")
    console = screen(to_stderr=arguments.json == "-")
    machine = environment()
    console.print(_described(machine))
    if arguments.curves:
        return _curves(arguments, console)
    report = Report()
    for name, part in SUITES[suite].items():
        if arguments.only in (None, name):
            report += part(arguments, console)
    for detail in report.details:
        console.print(detail, style="yellow", markup=False)
    console.print(bars(report.bars))
    write_json(arguments.json, report.data(machine))
    if arguments.page:
        write_text(arguments.page, PAGES[arguments.suite](report, machine))
    return AS_EXPECTED if report.met else UNEXPECTED


def _scalar(arguments: argparse.Namespace, console: Console) -> Report:
    """Goals over scalars beside SymPy."""
    with _progress(console, "making goals", arguments.count) as step:
        made = goals(arguments.seed, arguments.count, step)
    with _progress(console, "deciding goals", len(made)) as step:
        found = scalar.measure(made, arguments.peers, step)
    report = scalar.report(found)
    console.print(rows(report.rows, f"goals over scalars, seed {arguments.seed}: medians, and total times of peers over ours"))
    return report


def _sizes(arguments: argparse.Namespace, console: Console) -> Report:
    """Proofs for all sizes."""
    with _progress(console, "all sizes", sizes.steps(arguments.pairs)) as step:
        report = sizes.report(arguments.pairs, step)
    console.print(rows(report.rows, "proofs for all sizes"))
    return report


def _campaign(arguments: argparse.Namespace, console: Console) -> Report:
    """The campaign over proofs/."""
    with _progress(console, "campaigns", whole.STEPS) as step:
        report = whole.report(step)
    console.print(rows(report.rows, "the campaign over proofs/"))
    return report


@contextmanager
def _progress(console: Console, title: str, total: int) -> Iterator[Callable[[str], None]]:
    """A bar on a terminal, elsewhere a line now and then; the function that is given takes one step."""
    if console.is_terminal:
        with bar(console, title, total) as (progress, task):
            yield lambda note: progress.update(task, advance=1, note=note)
        return
    start = last = time.monotonic()
    done = 0

    def step(note: str) -> None:
        nonlocal last, done
        done += 1
        if time.monotonic() - last >= PLAIN_EVERY:
            last = time.monotonic()
            console.print(f"{title}: {done} of {total} after {last - start:.0f} s", markup=False)

    yield step


def _zoo(arguments: argparse.Namespace, console: Console) -> Report:
    """Pairs of rules that were met as one."""
    with _progress(console, "the bug zoo", len(ROWS)) as step:
        report = zoo.report(step)
    console.print(rows(report.rows, "the bug zoo"))
    return report


def _export(arguments: argparse.Namespace, console: Console) -> Report:
    """Exported code beside its bounds and originals."""
    with _progress(console, "exported code", export.STEPS) as step:
        report = export.report(step)
    console.print(rows(report.rows, "one step of exported code, processor time, in turns with what it is compared with"))
    return report


def _element(name: str) -> Part:
    """Errors and times of one element function."""
    def part(arguments: argparse.Namespace, console: Console) -> Report:
        with _progress(console, name, elementary.steps(name)) as step:
            report = elementary.report(name, step)
        console.print(rows(report.rows, f"{name}: milliseconds for a million numbers, which are nanoseconds for one"))
        return report
    return part


def _kernel(name: str) -> Part:
    """One row of the kernels, on one core and on all."""
    def part(arguments: argparse.Namespace, console: Console) -> Report:
        with _progress(console, name, 1) as step:
            report = kernels.report(name, arguments.rounds)
            step(name)
        console.print(rows(report.rows, f"{name}: minimum per step over {arguments.rounds} rounds", "us"))
        return report

    return part


def _compiling(arguments: argparse.Namespace, console: Console) -> Report:
    """Seconds from a learner to its kernel."""
    with _progress(console, "compiling", latency.STEPS - 1) as step:
        report = latency.compiling(step)
    console.print(rows(report.rows, "a learner derived, lowered, validated and compiled in a fresh process"))
    return report


def _processes(arguments: argparse.Namespace, console: Console) -> Report:
    """Whole processes, each in its library."""
    with _progress(console, "whole processes", 1) as step:
        report = latency.processes(min(arguments.rounds, latency.ROUNDS), step)
    console.print(rows(report.rows, "whole processes, wall clock"))
    return report


def _curves(arguments: argparse.Namespace, console: Console) -> int:
    """Draw what a step costs against width, depth, batch and parameters: a CSV and an SVG for each."""
    folder, failed = Path(arguments.curves), False
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise UsageError(f"--curves {folder}: {error.strerror}; give a folder that can be made") from None
    with _progress(console, "curves", curves.STEPS) as step:
        for curve in curves.CURVES:
            found = curves.measure(curve, lambda name, cores: kernels.measured(name, cores, arguments.rounds, ("jax", "torch")), step)
            picture = Chart(curve.title, curve.across, "microseconds per step, one core", curve.x, found.series)
            write_text(str(folder / f"{curve.name}.csv"), found.csv())
            write_text(str(folder / f"{curve.name}.svg"), picture.svg())
            for detail in found.details:
                console.print(detail, style="yellow", markup=False)
            failed |= bool(found.details)
    console.print(f"{len(curves.CURVES)} curves in {folder}", markup=False)
    return UNEXPECTED if failed else AS_EXPECTED


def _suite(given: str | None, only: str | None) -> str:
    """The suite that is meant: the one that is named, else the one that has the part, else the kernels."""
    if given is None:
        given = next((suite for suite, parts in SUITES.items() if only in parts), DEFAULT)
    if only not in (None, *SUITES[given]):
        raise UsageError(f"--only {only} is no part of the suite {given}: expected {', '.join(SUITES[given])}")
    return given


DEFAULT = "kernels"
SUITES: dict[str, dict[str, Part]] = {"kernels": {**{name: _kernel(name) for name in kernels.ROWS}, "compiling": _compiling,
                                                 "processes": _processes},
                                     "prover": {"scalar": _scalar, "sizes": _sizes, "campaign": _campaign}, "zoo": {"zoo": _zoo},
                                     "export": {"export": _export},
                                     "elementary": {name: _element(name) for name in CASES}}
PAGES = {"elementary": page}


def _described(machine: Mapping[str, Any]) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items() if version)
    blas = "".join(f"; {one['internal_api']} {one['version']} for {one['architecture']}, {one['num_threads']} threads"
                   for one in machine["blas"])
    settings = "".join(f"; {name}={value}" for name, value in machine["settings"].items())
    return f"{machine['cpu']}, {machine['cores']} cores, load {machine['load']}; Python {machine['python']}; {versions}{blas}{settings}"
