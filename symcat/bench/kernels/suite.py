"""The rows of the suite: each is measured in a process of its own, on one core and on all, and compared with what is wanted."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from symcat.bench.environment import cores as all_cores
from symcat.bench.kernels import cases
from symcat.bench.kernels.cases import PER_SAMPLE, SHARED, TRAINING, UPDATES, PerSample, Training, Updates
from symcat.bench.kernels.rounds import least, middle
from symcat.bench.kernels.row import PEERS
from symcat.bench.report import Bar, Report, Row

ROWS = (*TRAINING, *UPDATES, *PER_SAMPLE)
Case = Training | Updates | PerSample
OURS, BOUND = "symcat", "traffic"
# The greatest relative difference of the first epoch's losses, or of the parameters after the first step.
AGREEMENT = {Training: 1e-4, Updates: 1e-3, PerSample: 1e-9}
SHARE = 0.9                                          # of the bound of traffic, at 1e7 parameters
LIMIT = 1200.0                                       # seconds for one row
SETTINGS = ("OMP_", "MKL_", "OPENBLAS_", "KMP_", "GOMP_", "XLA_FLAGS", "NUMBA_NUM_THREADS", "VECLIB_")
BEST = {cases.JAX: ("jax step", "jax scan")} | {
    name: (name,) for name in (cases.COMPILED, cases.EAGER, cases.OPTAX, cases.FUSED, cases.FOREACH, cases.NUMPY)}


def report(name: str, rounds: int) -> Report:
    """A row on one core, and on all where there are more."""
    case: Case = {**TRAINING, **UPDATES, **PER_SAMPLE}[name]
    found = Report()
    for cores in (1, all_cores()) if all_cores() > 1 and name not in PER_SAMPLE else (1,):
        found += judged(case, cores, measured(name, cores, rounds))
    return found


def measured(name: str, cores: int, rounds: int, peers: Sequence[str] = PEERS) -> dict[str, Any]:
    """What `row` writes, or {"error": why}."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder, "row.json")
        command = [sys.executable, "-m", "symcat.bench.kernels.row", name, "--cores", str(cores), "--rounds", str(rounds),
                   "--out", str(out), "--peers", *peers]
        try:
            done = subprocess.run(command, env=plain_environment(), capture_output=True, text=True, timeout=LIMIT, check=False)
        except subprocess.TimeoutExpired:
            return {"error": f"no answer within {LIMIT:.0f} s"}
        if done.returncode or not out.exists():
            return {"error": (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1][:300]}
        return json.loads(out.read_text(encoding="utf-8"))


def plain_environment() -> dict[str, str]:
    """The environment without settings of thread pools and code generation, so that every library has its own; symcat importable."""
    import symcat

    kept = {name: value for name, value in os.environ.items() if not name.startswith(SETTINGS)}
    paths = [str(Path(symcat.__file__).resolve().parents[1]), *filter(None, [kept.get("PYTHONPATH")])]
    return {**kept, "PYTHONPATH": os.pathsep.join(paths), "JAX_PLATFORMS": "cpu"}


def judged(case: Case, cores: int, found: Mapping[str, Any]) -> Report:
    """A row's report: its times, its ratios beside what is wanted, and whether all computed the same."""
    where = f"{case.words}, {'one core' if cores == 1 else f'{cores} cores'}"
    if "error" in found:
        return Report(bars=(Bar(f"{where}: measured", 0, at_least=1, note=found["error"]),), details=(f"{where}: {found['error']}",))
    times, skipped = found["times"], found["skipped"]
    low, mid = least(times), middle(times)
    peers = {name: members for name, members in BEST.items() if any(member in times for member in members)}
    best = {name: min(low[m] for m in members if m in low) for name, members in peers.items()}
    ratios = {name: us / low[OURS] for name, us in best.items()}
    medians = {name: min(mid[m] for m in members if m in mid) / mid[OURS] for name, members in peers.items()}
    bound = {BOUND: low[BOUND]} if BOUND in low else {}
    shares = {name: us / low[OURS] for name, us in bound.items()}
    row = Row("kernels", where, low[OURS], {**best, **bound}, {**ratios, **shares},
              more={"minimum_us": low, "median_us": mid, "ratio_of_medians": medians, "cores": found["cores"], "skipped": skipped,
                    "disagreement": found["disagreement"]})
    wanted = case.bars if cores == 1 else dict.fromkeys(peers, SHARED) if case.shared else {}
    bars = [Bar(f"{where}: {name} / ours", ratios.get(name), at_least=bar, note=_note(name, medians, skipped))
            for name, bar in wanted.items()]
    if isinstance(case, Updates) and case.count >= 10**7:
        bars.append(Bar(f"{where}: share of the bound of traffic", shares[BOUND], at_least=SHARE, note="of minima"))
    details = tuple(f"{where}: {name}: {why}" for name, why in skipped.items())
    return Report((row,), (*bars, agreement(case, where, found["disagreement"])), details)


def _note(name: str, medians: Mapping[str, float], skipped: Mapping[str, str]) -> str:
    if name in medians:
        return f"of minima; {medians[name]:.2f} of medians"
    return next((why for peer, why in skipped.items() if peer in name or name in peer), "not measured")


def agreement(case: Case, where: str, found: Mapping[str, float]) -> Bar:
    """Whether every peer's first losses, or first step, are ours."""
    what = f"{where}: {'entries after the first step' if isinstance(case, Updates) else 'losses of the first epoch'} apart"
    bound = AGREEMENT[type(case)]
    if not found:
        return Bar(what, None, at_most=bound, note="no peer was measured")
    return Bar(what, max(found.values()), at_most=bound, note=f"the most, {max(found, key=found.__getitem__)}")
