"""`symcat bench prover`: the provers' figures, each against its bar, on the machine at hand."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from typing import Any

from rich.console import Console

from symcat.bench.environment import environment
from symcat.bench.prover import scalar, sizes, whole
from symcat.bench.prover.goals import goals
from symcat.bench.report import Report
from symcat.commands.report import AS_EXPECTED, UNEXPECTED, check_destination, write_json
from symcat.show.measurements import bars, rows
from symcat.show.screen import bar, screen

Part = Callable[[argparse.Namespace, Console], Report]


def run(arguments: argparse.Namespace) -> int:
    """Measure, print, report; 1 when a bar is missed."""
    check_destination(arguments.json)
    console = screen(to_stderr=arguments.json == "-")
    machine = environment()
    console.print(_described(machine))
    report = Report()
    for name, part in PARTS.items():
        if arguments.only in (None, name):
            report += part(arguments, console)
    for detail in report.details:
        console.print(detail, style="yellow", markup=False)
    console.print(bars(report.bars))
    write_json(arguments.json, report.data(machine))
    return AS_EXPECTED if report.met else UNEXPECTED


def _scalar(arguments: argparse.Namespace, console: Console) -> Report:
    """Goals over scalars beside SymPy."""
    with bar(console, "making goals", arguments.count) as (progress, task):
        made = goals(arguments.seed, arguments.count, lambda count: progress.update(task, completed=count))
    with bar(console, "deciding goals", len(made)) as (progress, task):
        found = scalar.measure(made, arguments.peers, lambda note: progress.update(task, advance=1, note=note))
        progress.update(task, note="")
    report = scalar.report(found)
    console.print(rows(report.rows, f"goals over scalars, seed {arguments.seed}: medians, and total times of peers over ours"))
    return report


def _sizes(arguments: argparse.Namespace, console: Console) -> Report:
    """Proofs for all sizes."""
    with bar(console, "all sizes", None) as (progress, task):
        report = sizes.report(arguments.pairs, lambda note: progress.update(task, advance=1, note=note))
        progress.update(task, note="")
    console.print(rows(report.rows, "proofs for all sizes"))
    return report


def _campaign(arguments: argparse.Namespace, console: Console) -> Report:
    """The campaign over proofs/."""
    with bar(console, "campaigns", 3) as (progress, task):
        report = whole.report(lambda note: progress.update(task, advance=1, note=note))
    console.print(rows(report.rows, "the campaign over proofs/"))
    return report


PARTS: dict[str, Part] = {"scalar": _scalar, "sizes": _sizes, "campaign": _campaign}


def _described(machine: Mapping[str, Any]) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items() if version)
    return f"{machine['cpu']}, {machine['cores']} cores, load {machine['load']}; Python {machine['python']}; {versions}"
