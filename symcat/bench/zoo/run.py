"""The bug zoo, compared row by row: relation, first step, premises and size, each against what is documented."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from symcat.bench.report import Bar, Report, Row
from symcat.bench.zoo.rows import ROWS, Case
from symcat.bench.zoo.size import size
from symcat.diff.compare import diff
from symcat.diff.difference import Difference

EACH, TOGETHER = 5.0, 60.0      # seconds
CLOSE = 0.1                     # documented sizes have one or two digits


def report(step: Callable[[str], None] = lambda note: None, cases: tuple[Case, ...] = ROWS) -> Report:
    """Every row with nothing known before; times are of the processor, which other work on the machine does not change."""
    rows, wrong, times, sizes = [], [], [], 0
    with forgetful():
        for case in cases:
            start = processor()
            found = diff(case.a, case.b)
            times.append(processor() - start)
            rows.append(Row("zoo", f"{case.name}: {described(found)}", 1e6 * times[-1]))
            wrong += [f"{case.name}: {text}" for text in faults(case, found)]
            if case.translation and (own := dict(diff(case.a, case.b, translate=True).translation)) != dict(case.translation):
                wrong.append(f"{case.name}: translation {own}, documented {dict(case.translation)}")
            sizes += case.size is not None
            if case.size is not None and abs((far := size(case)) - case.size) > CLOSE * case.size + 1e-12:
                wrong.append(f"{case.name}: size {far:.3g}, documented {case.size}")
            step(case.name)
    bars = (Bar("rows of the bug zoo not as documented", len(wrong), at_most=0, note=f"{len(cases)} rows, {sizes} of them with a size"),
            Bar("slowest row", max(times), "s", at_most=EACH), Bar("all rows", sum(times), "s", at_most=TOGETHER))
    return Report(tuple(rows), bars, tuple(wrong))


def processor() -> float:
    """Seconds of the processor that this process has used, and those that it started and that have ended."""
    own = os.times()
    return own.user + own.system + own.children_user + own.children_system


def faults(case: Case, found: Difference) -> Iterator[str]:
    """What a comparison says that a row does not."""
    wanted = {"relation": case.relation, "premises": case.premises, "first step": case.first_step}
    came = {"relation": found.relation, "premises": found.premises, "first step": found.first_step}
    for what, value in wanted.items():
        if came[what] != value:
            yield f"{what} {came[what]}, documented {value}"
    if bool(found.state_map) != case.state_map:
        yield f"a map of states {', '.join(found.state_map) or 'was not found'}"


def described(found: Difference) -> str:
    """A comparison in half a line."""
    parts = [found.relation, *(["if " + ", ".join(found.premises)] if found.premises else []), *found.state_map]
    return ", ".join(parts) + (f", first at step {found.first_step}" if found.first_step else "")


@contextmanager
def forgetful() -> Iterator[None]:
    """An empty cache of verdicts within the block."""
    before = os.environ.get("SYMCAT_CACHE")
    with tempfile.TemporaryDirectory(prefix="symcat-zoo-") as folder:
        os.environ["SYMCAT_CACHE"] = folder
        try:
            yield
        finally:
            os.environ.pop("SYMCAT_CACHE")
            if before is not None:
                os.environ["SYMCAT_CACHE"] = before
