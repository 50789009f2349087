"""One row in a process of its own: `python -m symcat.bench.kernels.row CASE --cores 1 --rounds 20 --out FILE`.

The process keeps to its cores before any library is loaded, so that their threads are as many as the cores.  FILE receives JSON:
seconds per step of each contender in `times`, their greatest disagreement from ours in `disagreement`, and why peers
were left out in `skipped`.
"""

from __future__ import annotations

import argparse
import json
import os
from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import Any

PEERS = ("jax", "torch", "torch compile")
NEEDED = {"jax": ("jax", "optax"), "torch": ("torch",), "torch compile": ("torch",)}


def main(given: Sequence[str] | None = None) -> None:
    """Measure one row and write it."""
    arguments = _parser().parse_args(given)
    cores = keep_to(arguments.cores)
    from symcat.bench.kernels.cases import PER_SAMPLE, TRAINING, UPDATES, PerSample, Training
    from symcat.bench.kernels.curves import POINTS

    case = {**POINTS, **TRAINING, **UPDATES, **PER_SAMPLE}[arguments.case]
    if isinstance(case, Training):
        found = training(case, arguments.rounds, arguments.peers)
    elif isinstance(case, PerSample):
        found = per_sample(case, arguments.rounds)
    else:
        found = updates(case, arguments.rounds, arguments.peers)
    Path(arguments.out).write_text(json.dumps({**found, "cores": cores}), encoding="utf-8")


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m symcat.bench.kernels.row", allow_abbrev=False)
    parser.add_argument("case")
    parser.add_argument("--cores", type=int, default=0, help="how many cores; 0 for all")
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--peers", nargs="*", choices=PEERS, default=PEERS)
    parser.add_argument("--out", required=True)
    return parser


def keep_to(cores: int) -> int:
    """Keep this process to so many of its cores, the last ones; 0 for all.  Returns how many it has, 0 where the system does not say."""
    if not hasattr(os, "sched_setaffinity"):
        return 0
    own = sorted(os.sched_getaffinity(0))
    os.sched_setaffinity(0, own[-cores:])
    return len(own[-cores:])


def training(case: Any, rounds: int, peers: Sequence[str]) -> dict[str, Any]:
    """Steps of a model: ours and those of the peers, from the same initial parameters over the same batches."""
    from symcat.bench.kernels import ours

    learner, (X, labels) = case.learner(), case.data()
    state = [array.astype("float32") for array in learner.initial(0)]
    forward_order = state[len(learner.states):][::-1]
    mine = ours.training(case, learner, state, X, labels)
    makers = {"jax": ("jax_peer", "training"), "torch": ("torch_peer", "training"), "torch compile": ("torch_peer", "whole_step")}
    return compared(mine, {name: makers[name] for name in peers}, (case, forward_order, X, labels), rounds, case.steps)


def updates(case: Any, rounds: int, peers: Sequence[str]) -> dict[str, Any]:
    """Steps of an optimiser from 0, with a gradient of small random entries, beside a loop that moves as many words."""
    import numpy as np

    from symcat.bench.kernels import ours, traffic

    g = (1e-2 * np.random.default_rng(0).standard_normal(case.count)).astype("float32")
    p = np.zeros_like(g)
    makers = {"jax": ("jax_peer", "updates"), "torch": ("torch_peer", "updates")}
    chosen = {name: makers[name] for name in peers if name in makers}
    return compared(ours.updates(case, p, g), chosen, (case, p, g), rounds, 1, extra=[traffic.contender(case)])


def per_sample(case: Any, rounds: int) -> dict[str, Any]:
    """Steps of one sample: ours and NumPy's, from the same parameters over the same samples."""
    from symcat.bench.kernels import ours
    from symcat.bench.kernels.cases import NUMPY
    from symcat.bench.kernels.reference import MODELS, runner
    from symcat.bench.kernels.rounds import Contender, disagreement, first, in_turns

    learner, (X, Y) = case.learner(), case.data()
    state = learner.initial(0)
    rate = float(learner.optimiser.value("lr"))
    contenders = [ours.per_sample(learner, state, X, Y), Contender(NUMPY, runner(MODELS[case.form], state, X, Y, rate))]
    mine, theirs = first(contenders).values()
    return {"times": in_turns(contenders, rounds, case.samples), "disagreement": {NUMPY: disagreement(mine, theirs)}, "skipped": {}}


def compared(mine: Any, peers: dict[str, tuple[str, str]], given: tuple, rounds: int, steps: int,
             extra: Sequence[Any] = ()) -> dict[str, Any]:
    """Ours and the peers that can be made: first their results side by side, then the clock, in turns."""
    from symcat.bench.kernels.rounds import disagreement, first, in_turns

    skipped: dict[str, str] = {}
    contenders = [mine]
    results = first(contenders)
    for name, (module, maker) in peers.items():
        missing = [library for library in NEEDED[name] if find_spec(library) is None]
        if missing:
            skipped[name] = f"{missing[0]} is not installed"
            continue
        for one in _made(name, module, maker, given, skipped):
            try:
                results |= first([one])
                contenders.append(one)
            except Exception as error:     # a peer that fails is told and left out
                skipped[one.name] = _words(error)
    times = in_turns([*contenders, *extra], rounds, steps)
    apart = {name: disagreement(results[mine.name], result) for name, result in results.items() if name != mine.name}
    return {"times": times, "disagreement": apart, "skipped": skipped}


def _made(name: str, module: str, maker: str, given: tuple, skipped: dict[str, str]) -> list[Any]:
    try:
        return getattr(import_module(f"symcat.bench.kernels.{module}"), maker)(*given)
    except Exception as error:     # a peer that fails is told and left out
        skipped[name] = _words(error)
        return []


def _words(error: Exception) -> str:
    return f"{type(error).__name__}: {(str(error).splitlines() or [''])[0][:200]}"


if __name__ == "__main__":
    main()
