"""From nothing to a kernel, and from the start of a process to a trained net: seconds in fresh processes, cold and from the cache."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from symcat.bench.kernels.cases import TRAINING
from symcat.bench.kernels.scripts import SCRIPTS
from symcat.bench.kernels.suite import plain_environment
from symcat.bench.report import Bar, Report, Row
from symcat.learn.data import load, split

CACHED = 0.3       # seconds, from the cache
LEARNT = 0.9       # accuracy of a net that counts as trained
LIMIT = 600.0
STEPS = len(TRAINING) + 1
ROUNDS = 5         # of whole processes
KEPT = {"jax": {"JAX_COMPILATION_CACHE_DIR": "jax", "JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS": "0",
                "JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES": "-1"}, "symcat": {"SYMCAT_CACHE": "symcat"}, "torch": {}}
FOLDERS = ("JAX_COMPILATION_CACHE_DIR", "SYMCAT_CACHE")


def compiling(step: Callable[[str], None]) -> Report:
    """Every learner of the suite, compiled in an empty cache and again from it."""
    found = Report()
    for case in TRAINING.values():
        with tempfile.TemporaryDirectory() as folder:
            cold, cached = (_compiled(case.name, Path(folder)) for _ in range(2))
        found += _judged(case.words, case.seconds, cold, cached)
        step(case.name)
    return found


def _compiled(name: str, folder: Path) -> dict[str, Any]:
    out = folder / "seconds.json"
    out.unlink(missing_ok=True)
    environment = {**plain_environment(), "SYMCAT_CACHE": str(folder / "cache")}
    done = _run([sys.executable, "-m", "symcat.bench.kernels.compiling", name, "--out", str(out)], environment, folder)
    return {"error": done} if isinstance(done, str) else json.loads(out.read_text(encoding="utf-8"))


def _judged(words: str, most: float, cold: Mapping[str, Any], cached: Mapping[str, Any]) -> Report:
    errors = [found["error"] for found in (cold, cached) if "error" in found]
    if errors:
        return Report(bars=(Bar(f"{words}: compiled", 0, at_least=1, note=errors[0]),), details=(f"{words}: {errors[0]}",))
    totals = [found["make"] + found["compile"] for found in (cold, cached)]
    row = Row("kernels", f"{words}: compiled from nothing", 1e6 * totals[0], {"from the cache": 1e6 * totals[1]},
              {"from the cache": totals[1] / totals[0]}, more={"seconds": {"cold": dict(cold), "cached": dict(cached)}})
    notes = [f"the learner {found['make']:.2f} s, its kernel {found['compile']:.2f} s" for found in (cold, cached)]
    return Report((row,), (Bar(f"{words}: derived, lowered, validated, compiled", totals[0], "s", below=most, note=notes[0]),
                           Bar(f"{words}: the same from the cache", totals[1], "s", below=CACHED, note=notes[1])))


def processes(rounds: int, step: Callable[[str], None]) -> Report:
    """Whole processes that train a net on iris, in turns; the first of each fills its cache."""
    missing = [name for name, library in (("jax", "optax"), ("torch", "torch")) if find_spec(library) is None]
    names = [name for name in SCRIPTS if name not in missing]
    with tempfile.TemporaryDirectory() as folder:
        parts = split(load("iris"))
        np.savez(Path(folder, "iris.npz"), X=np.concatenate([parts.train.X, parts.test.X]), Y=np.concatenate([parts.train.Y, parts.test.Y]))
        times: dict[str, list[float]] = {name: [] for name in names}
        for _ in range(rounds + 1):
            for name in names:
                seconds, error = _script(name, Path(folder))
                if error:
                    return Report(bars=(Bar(f"whole process, {name}", 0, at_least=1, note=error),), details=(error,))
                times[name].append(seconds)
    step("whole processes")
    return _whole(times, missing)


def _script(name: str, folder: Path) -> tuple[float, str]:
    kept = {key: str(folder / value) if key in FOLDERS else value for key, value in KEPT[name].items()}
    start = time.perf_counter()
    done = _run([sys.executable, "-c", SCRIPTS[name]], {**plain_environment(), **kept}, folder)
    seconds = time.perf_counter() - start
    if isinstance(done, str):
        return seconds, f"{name}: {done}"
    accuracy = float(done.stdout.split()[-1])
    return seconds, "" if accuracy >= LEARNT else f"{name} reached an accuracy of {accuracy}, expected {LEARNT} or more"


def _whole(times: Mapping[str, list[float]], missing: list[str]) -> Report:
    """The first run of each, which compiles, and the least of the others."""
    found = Report(details=tuple(f"whole process: {name} is not installed" for name in missing))
    for words, chosen in (("the first time", lambda seconds: seconds[0]), ("again, with caches", lambda seconds: min(seconds[1:]))):
        us = {name: 1e6 * chosen(seconds) for name, seconds in times.items()}
        peers = {name: value for name, value in us.items() if name != "symcat"}
        found += Report((Row("kernels", f"whole process to a trained iris net, {words}", us["symcat"], peers,
                             {name: value / us["symcat"] for name, value in peers.items()}),))
    return found


def _run(command: list[str], environment: Mapping[str, str], folder: Path) -> subprocess.CompletedProcess[str] | str:
    """A finished process, or why there is none."""
    try:
        done = subprocess.run(command, env=dict(environment), cwd=folder, capture_output=True, text=True, timeout=LIMIT, check=False)
    except subprocess.TimeoutExpired:
        return f"no answer within {LIMIT:.0f} s"
    return done if done.returncode == 0 else (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1][:300]
