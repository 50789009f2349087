"""The page about element functions: what is stated of each, what was measured, how it is made again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from symcat.bench.report import Bar, Report, Row

HEAD = """# Element functions

Kernels compute exp, log, tanh and the like by code of their own: polynomials over a float or a whole vector of floats, without branches
and without calls of a library. The same generator (`symcat.kernel.elementary`) serves float32 and float64 and vectors of every length.
This page is written by

    symcat bench elementary --page docs/elementary.md

which looks at all 2^32 float32 of each function of one argument, and elsewhere at some ten million arguments: all exponents, denormal
numbers, the places where the code changes its form, and where the function varies. `--only exp` measures one function.

## What is stated

| function | bound, ulp | worst, float32 | at | worst, float64 | at |
|---|---:|---:|---|---:|---|
"""
MIDDLE = """
An ulp is the distance of the floats around the exact value, for denormal values the smallest denormal. float32 is compared with
float64 functions of NumPy, float64 with the long double functions of the C library. Beyond the bounds, for both types:

- NaN in gives NaN out, also in powers; log of 0 is -inf, and NaN below 0; exp overflows to inf and underflows gradually; tanh, sqrt,
  expm1, log1p and sin keep the sign of a zero.
- relu, step, absolute, sign, maximum, minimum, equal and where only choose: they are exact, and NaN of the chosen or compared is kept.
- There is a form with and one without a fused multiply-add. The figures are those of the form for the machine at hand; the tests hold
  both to the bounds, and find the same bits for vectors of every length.
- sin and cos beyond 1.6 million, where the quarters of a turn are no longer exact, call the C library for the lanes concerned.

The bounds stand in `symcat/kernel/elementary/bounds.py`; a missed one makes the command exit with 1.

## On the clock

Nanoseconds for one number, on arrays of 20,000 numbers that stay in the cache, by turns: ours, NumPy (with the temporary arrays that
its expression takes), and calls of the C library one by one.

| function | float32 | NumPy | C library | float64 | NumPy | C library |
|---|---:|---:|---:|---:|---:|---:|
"""


def page(report: Report, machine: Mapping[str, Any]) -> str:
    """The page in Markdown, of a report of the whole suite on a machine."""
    bars, rows = _by_function(report.bars), _by_function(report.rows)
    stated = [f"| {name} | {_bound(pair[0])} | {' | '.join(_worst(bar) for bar in pair)} |" for name, pair in bars.items()]
    timed = [f"| {name} | {' | '.join(_times(row) for row in pair)} |" for name, pair in rows.items()]
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items() if name in ("numpy", "llvmlite"))
    foot = f"\nMeasured on {machine['cpu']}, Python {machine['python']}, {versions}.\n"
    return HEAD + "\n".join(stated) + "\n" + MIDDLE + "\n".join(timed) + "\n" + foot


def _by_function(found: tuple[Any, ...]) -> dict[str, list[Any]]:
    """Bars or rows, float32 before float64, under the name of their function."""
    grouped: dict[str, list[Any]] = {}
    for one in found:
        label = one.case if isinstance(one, Row) else one.name
        grouped.setdefault(label.partition(",")[0], []).append(one)
    return grouped


def _bound(bar: Bar) -> str:
    return "correctly rounded" if bar.at_most == 0.5 else f"{bar.at_most:g}"


def _worst(bar: Bar) -> str:
    if bar.figure is None:
        return "not measured | "
    return f"{bar.figure:.3f} | {bar.note.partition(';')[0].removeprefix('at ')}"


def _times(row: Row) -> str:
    return " | ".join(f"{figure / 1000:.2f}" for figure in (row.ours_us, *row.peers.values()))
