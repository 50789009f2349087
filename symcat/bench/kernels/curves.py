"""Cost against width, depth, batch and parameters: cases that differ in one number, each measured on one core."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from symcat.bench.kernels.cases import Training, Updates, mlp

SHOWN = {"symcat": ("symcat",), "jax": ("jax step", "jax scan"), "torch": ("torch eager", "torch fused"), "traffic": ("traffic",)}
INPUTS, HIDDEN, OUTPUTS, BATCH = 64, 128, 10, 64


@dataclass(frozen=True)
class Curve:
    """Cases along one number."""

    name: str
    title: str
    across: str
    x: tuple[int, ...]
    case: Callable[[int], Training | Updates]

    @property
    def cases(self) -> dict[str, Training | Updates]:
        """The cases by name, `width-64` for instance."""
        return {f"{self.name}-{value}": self.case(value) for value in self.x}


def _net(curve: str, value: int, widths: Sequence[int], batch: int) -> Training:
    words = "-".join(map(str, widths))
    steps = max(2, min(40, 4096 // batch))
    return Training(f"{curve}-{value}", f"{words}, batch {batch}", "mlp", mlp(words), batch, steps)


def _width(value: int) -> Training:
    return _net("width", value, (INPUTS, value, OUTPUTS), BATCH)


def _depth(value: int) -> Training:
    return _net("depth", value, (INPUTS, *[HIDDEN] * value, OUTPUTS), BATCH)


def _batch(value: int) -> Training:
    return _net("batch", value, (INPUTS, HIDDEN, OUTPUTS), value)


def _parameters(value: int) -> Updates:
    return Updates(f"parameters-{value}", f"Adam, {value:,} float32", "adam", value)


CURVES = (
    Curve("width", f"a step of {INPUTS}-n-{OUTPUTS}, batch {BATCH}", "hidden units n", (8, 32, 128, 512, 2048), _width),
    Curve("depth", f"a step of {INPUTS}, n times {HIDDEN}, {OUTPUTS}, batch {BATCH}", "hidden layers n", (1, 2, 4, 8), _depth),
    Curve("batch", f"a step of {INPUTS}-{HIDDEN}-{OUTPUTS}", "samples in a batch", (1, 4, 16, 64, 256, 1024), _batch),
    Curve("parameters", "a step of Adam", "parameters", (1_000, 10_000, 100_000, 1_000_000, 10_000_000), _parameters),
)
POINTS: dict[str, Training | Updates] = {name: case for curve in CURVES for name, case in curve.cases.items()}
STEPS = len(POINTS)


@dataclass(frozen=True)
class Measured:
    """A curve with the least microseconds per step of each library, None where it was not measured, and why."""

    curve: Curve
    series: Mapping[str, tuple[float | None, ...]]
    details: tuple[str, ...] = ()

    def csv(self) -> str:
        """The figures, one line for each place."""
        out = io.StringIO()
        writer = csv.writer(out, lineterminator="\n")
        writer.writerow([self.curve.across, *(f"{name}, us" for name in self.series)])
        for k, value in enumerate(self.curve.x):
            writer.writerow([value, *("" if column[k] is None else f"{column[k]:.3f}" for column in self.series.values())])
        return out.getvalue()


def measure(curve: Curve, measured: Callable[[str, int], Mapping[str, Any]], step: Callable[[str], None]) -> Measured:
    """A curve; `measured(name, cores)` gives the times of a case, or an error, as `suite.measured` does."""
    found, details = [], []
    for name in curve.cases:
        row = measured(name, 1)
        found.append({one: 1e6 * min(times) for one, times in row.get("times", {}).items()})
        details += [f"{name}: {row['error']}"] if "error" in row else []
        step(name)
    series = {name: tuple(map(partial(_least, members), found)) for name, members in SHOWN.items()}
    return Measured(curve, {name: column for name, column in series.items() if any(value is not None for value in column)}, tuple(details))


def _least(members: Sequence[str], found: Mapping[str, float]) -> float | None:
    return min((found[name] for name in members if name in found), default=None)
