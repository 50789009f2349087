"""`symcat doctor`: what is installed, what is missing, and what it would give."""

from __future__ import annotations

import argparse
import platform
import shutil
import subprocess
from importlib import metadata
from importlib.util import find_spec

from rich.table import Table

from symcat import __version__
from symcat.commands.report import AS_EXPECTED, check_destination, write_json
from symcat.show.screen import screen

# What is looked for: the module, the distribution, the extra that installs it, and what it gives.
LIBRARIES: tuple[tuple[str, str, str, str], ...] = (
    ("sympy", "sympy", "", "every expression"),
    ("numpy", "numpy", "", "tracing, evaluation"),
    ("z3", "z3-solver", "", "inequalities and Boolean goals"),
    ("flint", "python-flint", "", "balls and polynomials: exact refutations, normal forms"),
    ("pysat", "python-sat", "", "circuits, with proofs that are checked"),
    ("numba", "numba", "", "training kernels, exports to numba"),
    ("sklearn", "scikit-learn", "", "the data sets of symcat learn"),
    ("rich", "rich", "", "tables and progress"),
    ("jax", "jax", "jax", "reading optax, running exports to jax"),
    ("optax", "optax", "jax", "targets optax:name, exports to optax"),
    ("torch", "torch", "torch", "targets torch:Name, exports to torch"),
    ("dask", "dask", "cluster", "symcat prove --cluster"),
    ("distributed", "distributed", "cluster", "symcat prove --cluster"),
)
PROGRAMS = (("coqc", "symcat prove --coq checks what it writes"),)


def run(arguments: argparse.Namespace) -> int:
    """Print what there is; always 0."""
    check_destination(arguments.json)
    found = [{"name": "python", "version": platform.python_version(), "extra": "", "gives": "3.11 or newer"},
             {"name": "symcat", "version": __version__, "extra": "", "gives": ""}]
    found += [{"name": distribution, "version": _version(module, distribution), "extra": extra, "gives": gives}
              for module, distribution, extra, gives in LIBRARIES]
    found += [{"name": program, "version": _program(program), "extra": "", "gives": gives} for program, gives in PROGRAMS]
    console = screen(to_stderr=arguments.json == "-")
    table = Table(title=f"symcat {__version__} on {platform.platform()}", title_justify="left")
    for header in ("", "version", "gives"):
        table.add_column(header, overflow="fold")
    for row in found:
        table.add_row(row["name"], row["version"] or f"[red]missing[/red]{_way(row)}", row["gives"])
    console.print(table)
    write_json(arguments.json, {"components": found, "missing": [row["name"] for row in found if row["version"] is None],
                                "platform": platform.platform()})
    return AS_EXPECTED


def _way(row: dict) -> str:
    """How a missing library is installed."""
    return f": pip install 'symcat\\[{row['extra']}]'" if row["extra"] else ""


def _version(module: str, distribution: str) -> str | None:
    """The installed version, without importing the library; None when it is missing."""
    if find_spec(module) is None:
        return None
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return "unknown"


def _program(name: str) -> str | None:
    """The first line of what a program says about its version; None when it is missing."""
    place = shutil.which(name)
    if place is None:
        return None
    try:
        done = subprocess.run([place, "--version"], capture_output=True, text=True, timeout=10, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return "unknown"
    return (done.stdout or done.stderr).strip().partition("\n")[0] or "unknown"
