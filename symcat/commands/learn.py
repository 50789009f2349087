"""`symcat learn`: the learner as a lens, its obligations proved, its kernel compiled and validated, trained, tested, written."""

from __future__ import annotations

import argparse
import shutil
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.live import Live

from symcat.category.evaluate import evaluate
from symcat.commands.plan import Plan, plan
from symcat.commands.report import check_destination, exit_code, write_json
from symcat.errors import UnprovedError, UsageError
from symcat.kernel.learner import LearnerKernel
from symcat.kernel.measure import speed
from symcat.laws.claim import Claim
from symcat.laws.obligations import obligations
from symcat.learn.data import Dataset
from symcat.prove.campaign import Entry, Ledger
from symcat.prove.campaign import run as decide_all
from symcat.prove.claim import record
from symcat.prove.record import write_atomically
from symcat.show.claims import obligations as obligation_table
from symcat.show.kernel import explained
from symcat.show.screen import bar, screen
from symcat.show.training import learner_panel, scores
from symcat.verdict import Verdict

EVERY = 10       # epochs between checkpoints
LARGE = 1e6      # losses from here on are shown with an exponent


def run(arguments: argparse.Namespace) -> int:
    """The whole road; nothing is written to the folder of results before its end."""
    check_destination(arguments.json)
    if arguments.resume and not arguments.checkpoint:
        raise UsageError("--resume goes on from a checkpoint: name it with --checkpoint FILE")
    console = screen(to_stderr=arguments.json == "-")
    todo = plan(arguments)
    console.print(learner_panel(todo.learner, todo.model.name, todo.model.layers, todo.loss, console.width))
    with tempfile.TemporaryDirectory() as folder:
        start = time.perf_counter()
        ledger = proved(console, todo, arguments, Path(folder))
        middle = time.perf_counter()
        kernel = compiled(console, todo, ledger, arguments)
        ready = time.perf_counter()
        losses = trained(console, todo, kernel, arguments)
        seconds = {"prove": middle - start, "compile": ready - middle, "train": time.perf_counter() - ready}
        report = result(todo, ledger, kernel, losses, seconds)
        written = write(todo.out, kernel, report, Path(folder))
    console.print(scores(report))
    for path, what in written:
        console.print(f"{what}: {path}", markup=False, soft_wrap=True)
    write_json(arguments.json, report)
    return exit_code(report["obligations"])


def proved(console: Console, todo: Plan, arguments: argparse.Namespace, folder: Path) -> Ledger:
    """The obligations, decided under a live table; UnprovedError when some are not proved, unless that was asked for."""
    claims = obligations(todo.learner)
    records: list[dict[str, Any]] = []
    try:
        with Live(obligation_table((), [claim.name for claim in claims], "obligations"), console=console, refresh_per_second=8) as live:
            def show(done: int, total: int, claim: Claim, verdict: Verdict) -> None:
                records.append(record(claim, verdict))
                waiting = [c.name for c in claims if c.name not in {r["name"] for r in records}]
                live.update(obligation_table(records, waiting, "obligations"))

            ledger = decide_all(claims, timeout=arguments.timeout, progress=show, certificates=folder)
    finally:
        if not console.is_terminal:
            console.line()
    missing = [entry for entry in ledger.entries if not entry.verdict.proved]
    if missing and not arguments.unproved:
        raise UnprovedError(unproved_message(missing))
    return ledger


def unproved_message(missing: Sequence[Entry]) -> str:
    """Which obligations are not proved, why, and the way out."""
    lines = [f"  {entry.claim.name}: {entry.verdict}" for entry in missing]
    way_out = "nothing was compiled; --unproved trains all the same and stamps the kernel UNPROVED"
    return "\n".join(["these obligations are not proved:", *lines, way_out])


def compiled(console: Console, todo: Plan, ledger: Ledger, arguments: argparse.Namespace) -> LearnerKernel:
    """The kernel of the step that was proved, validated."""
    with console.status("generating, validating and compiling the kernel"):
        kernel = todo.learner.compile(batch=todo.batch, obligations=ledger.entries, unproved=arguments.unproved, dtype=arguments.dtype,
                                      seed=todo.seed, threads=arguments.threads)
    console.print(f"kernel {kernel.digest[:16]}, {kernel.kernel.header}: compiled for batches of {todo.batch}, validated", markup=False)
    for words in vars(kernel.kernel.validation).values():
        console.print(f"  {words}", style="dim", markup=False)
    if arguments.explain:
        with console.status("measuring the kernel and each of its nests"):
            timed = speed(kernel.kernel)
        console.print(explained(timed))
    return kernel


def trained(console: Console, todo: Plan, kernel: LearnerKernel, arguments: argparse.Namespace) -> list[float]:
    """Train the kernel's state, from a checkpoint where that was asked for; the mean loss of each epoch."""
    train, resume = todo.data.train, arguments.resume and Path(arguments.checkpoint).exists()
    if resume:
        console.print(f"from the checkpoint {arguments.checkpoint}, after {kernel.load(arguments.checkpoint).epochs} epochs", markup=False)
    with bar(console, "training", todo.epochs) as (progress, task):
        def show(epoch: int, loss: float) -> None:
            progress.update(task, completed=epoch, note=f"loss {loss:.4f}" if abs(loss) < LARGE else f"loss {loss:.3e}")

        return kernel.fit(todo.inputs(train), train.Y, epochs=max(0, todo.epochs - kernel.epochs), batch=todo.batch, progress=show,
                          seed=None if resume else todo.seed, resume=resume, checkpoint=arguments.checkpoint, every=EVERY).losses


def measured(todo: Plan, part: Dataset, params: Sequence[np.ndarray]) -> tuple[float, float | None]:
    """Mean loss and accuracy on a part of the data, by the reference interpreter; no accuracy for real targets."""
    learner, x = todo.learner, todo.inputs(part)
    loss, = evaluate(learner.objective.body, [part.Y, *params, x])
    if not part.classes:
        return float(loss), None
    scores, = evaluate(learner.batched_model.body, [*params, x])
    return float(loss), float(np.mean(scores.argmax(axis=1) == part.labels))


def result(todo: Plan, ledger: Ledger, kernel: LearnerKernel, losses: Sequence[float], seconds: Mapping[str, float]) -> dict[str, Any]:
    """The report, as `--json` gives it."""
    train, test = todo.data.train, todo.data.test
    train_loss, train_accuracy = measured(todo, train, kernel.params)
    test_loss, test_accuracy = measured(todo, test, kernel.params)
    return {
        "dataset": train.name, "model": todo.model.name, "optimiser": todo.learner.optimiser.name,
        "hyperparameters": {row.name: str(todo.learner.optimiser.value(row.name)) for row in todo.learner.optimiser.hypers},
        "loss_function": todo.loss, "rate": str(todo.learner.rate),
        "epochs": todo.epochs, "batch": todo.batch, "seed": todo.seed, "rows": {"train": len(train), "test": len(test)},
        "obligations": ledger.records, "train_accuracy": train_accuracy, "test_accuracy": test_accuracy,
        "loss": [float(value) for value in losses], "loss_at_end": {"train": train_loss, "test": test_loss},
        "seconds": {name: round(value, 4) for name, value in seconds.items()},
        "kernel": {"digest": kernel.digest, "source": ""},
    }


def write(out: Path, kernel: LearnerKernel, report: dict[str, Any], certificates: Path) -> list[tuple[Path, str]]:
    """Kernel source and certificates in the folder of results; the report's paths are set to where they are.

    UsageError when the folder cannot be written.
    """
    try:
        return _written(out, kernel, report, certificates)
    except OSError as error:
        raise UsageError(f"--out {out}: {error.filename or out} cannot be written ({error.strerror}); name another folder") from error


def _written(out: Path, kernel: LearnerKernel, report: dict[str, Any], certificates: Path) -> list[tuple[Path, str]]:
    source = out / f"kernel-{kernel.digest[:16]}.py"
    write_atomically(source, kernel.source)
    report["kernel"]["source"] = str(source)
    folder = out / "certificates"
    folder.mkdir(parents=True, exist_ok=True)
    count = 0
    for row in report["obligations"]:
        path = (row["certificate"] or {}).get("path")
        if path:
            shutil.copyfile(certificates / Path(path).name, folder / Path(path).name)
            row["certificate"]["path"] = str(folder / Path(path).name)
            count += 1
    return [(source, "kernel source"), (folder, f"{count} certificates")]
