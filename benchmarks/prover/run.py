"""symcat's decide beside sympy.simplify on goals from a seed: `python -m benchmarks.prover.run --count 600 --peers 60`.

Goals are numbered; those whose number is divisible by three are held out: no engine was tuned on them.  A peer runs under a
limit of two seconds, by an alarm that SymPy cannot catch; what it does not finish counts with the limit, so that ratios of
times are lower bounds.
"""

from __future__ import annotations

import argparse
import json
import signal
import statistics
import time
from collections.abc import Callable

import sympy as sp

import symcat as sc
from benchmarks.prover.goals import Goal, goals

LIMIT = 2


class Late(BaseException):
    """Not an Exception, which SymPy would catch."""


def limited(act: Callable[[], object]) -> tuple[object, float]:
    """What an action gives within the limit, and the time it took."""
    def late(*_: object) -> None:
        raise Late
    before = signal.signal(signal.SIGALRM, late)
    signal.alarm(LIMIT)
    start = time.perf_counter()
    try:
        found: object = act()
    except Late:
        found = "late"
    except (TypeError, ValueError, RecursionError, NotImplementedError, AttributeError) as error:
        found = type(error).__name__
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)
    return found, time.perf_counter() - start


def ours(goal: Goal) -> str:
    return sc.decide(goal.lhs, goal.rhs).status


def simplify(goal: Goal) -> str:
    return "proved" if sp.simplify(goal.lhs - goal.rhs) == 0 else "nonzero"


def measure(chosen: list[Goal], act: Callable[[Goal], str]) -> tuple[list[str], list[float]]:
    pairs = [limited(lambda goal=goal: act(goal)) for goal in chosen]
    return [str(found) for found, _ in pairs], [seconds for _, seconds in pairs]


def summary(chosen: list[Goal], answers: list[str], seconds: list[float]) -> dict:
    """Counts of right, wrong and open answers."""
    pairs = list(zip(chosen, answers, strict=True))
    return {
        "goals": len(chosen), "seconds": round(sum(seconds), 3), "median_ms": round(1000 * statistics.median(seconds), 3),
        "true": sum(goal.true for goal in chosen), "true proved": sum(goal.true and found == "proved" for goal, found in pairs),
        "false": sum(not goal.true for goal in chosen), "false refuted": sum(not goal.true and found == "refuted" for goal, found in pairs),
        "wrong": [goal.name for goal, found in pairs if found == ("refuted" if goal.true else "proved")],
    }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=600)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--peers", type=int, default=0, help="so many of the goals are given to sympy.simplify too")
    parser.add_argument("--show", action="store_true", help="print the goals that are tuned on and not decided as they should be")
    options = parser.parse_args()
    every = goals(options.seed, options.count)
    held_out = [goal for number, goal in enumerate(every) if number // 2 % 3 == 0]
    tuned = [goal for number, goal in enumerate(every) if number // 2 % 3]
    sc.decide(sp.Symbol("x", real=True), sp.Integer(0))
    report = {}
    for part, chosen in (("tuned on", tuned), ("held out", held_out)):
        answers, seconds = measure(chosen, ours)
        report[part] = summary(chosen, answers, seconds)
        if options.show and part == "tuned on":
            for goal, found, took in zip(chosen, answers, seconds, strict=True):
                if found != ("proved" if goal.true else "refuted"):
                    print(f"{found} in {took:.2f} s, {goal.name}: {goal.lhs} = {goal.rhs}")
    if options.peers:
        chosen = held_out[: options.peers]
        answers, seconds = measure(chosen, ours)
        peers, peer_seconds = measure(chosen, simplify)
        report["peers"] = {"ours": summary(chosen, answers, seconds), "sympy.simplify": summary(chosen, peers, peer_seconds),
                           "ratio": round(sum(peer_seconds) / sum(seconds), 1)}
    print(json.dumps(report, indent=2))


if __name__ == "__main__":
    main()
