"""Proofs for all sizes: identities, each law on each generator, a deep net, and random pairs of programs against exact values.

Times of single goals are processor time of this process, which does the whole work in one thread: it is the wall time of a
machine that does nothing else, whatever this one does besides.
"""

from __future__ import annotations

import itertools
import statistics
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from symcat.bench.environment import cores, proofs_folder
from symcat.bench.limited import Limited
from symcat.bench.prover.exact import differ, differ_at
from symcat.bench.prover.programs import pair
from symcat.bench.report import Bar, Report, Row, microseconds
from symcat.errors import UsageError
from symcat.laws.claim import Claim
from symcat.laws.forward import FORWARD
from symcat.laws.instances import generators
from symcat.laws.reverse import REVERSE
from symcat.learn.layers import mlp
from symcat.prove.decide import decide, settle
from symcat.prove.module import load

SUITE = "prover, all sizes"
IDENTITIES = (
    "softmax sums to 1", "softmax Jacobian", "cross-entropy gradient", "log-sum-exp shift", "log-sum-exp Hessian", "dense layer, weights",
    "dense layer, input", "two layers, first weights", "symmetry of second derivatives", "gradient of a trace", "cyclic trace",
    "least squares", "trace of the identity", "attention, gradient in V", "attention, rows",
)
MEDIAN_MS, LAW_S, NET_S, PAIRS = 20.0, 1.0, 1.0, 10_000
DEPTH = 16
BEST_OF = 3
CLOCK = f"best of {BEST_OF}, processor time"
PAIR_LIMIT, PAIR_TRIES = 30.0, 12
Progress = Callable[[str], None]


def steps(count: int) -> int:
    """How many steps of progress a report takes."""
    return len(IDENTITIES) + len(generators()) * len((*REVERSE, *FORWARD)) + count


# ---- identities
def identities(progress: Progress = lambda note: None) -> Report:
    """The fifteen identities: from two programs to a verdict with its certificate, the shortest of three times."""
    claims = {claim.name: claim for claim in load((proofs_folder() / "identities.py").resolve()).claims}
    missing = [name for name in IDENTITIES if name not in claims]
    if missing:
        raise UsageError(f"proofs/identities.py has no claim {missing[0]!r}: the benchmark wants {', '.join(IDENTITIES)}")
    rows, open_ = [], []
    for name in IDENTITIES:
        seconds, status = _best(claims[name])
        rows.append(Row(SUITE, name, 1e6 * seconds))
        open_ += [f"{name}: {status}, expected proved"] if status != "proved" else []
        progress(name)
    median = statistics.median(row.ours_us for row in rows) / 1000
    bars = (Bar("identities proved", len(rows) - len(open_), at_least=len(IDENTITIES)),
            Bar("identities, median time", median, "ms", below=MEDIAN_MS, note=f"{CLOCK}, refutation and certificate included"))
    return Report(tuple(rows), bars, tuple(open_))


def _best(claim: Claim, times: int = BEST_OF) -> tuple[float, str]:
    """The shortest of some times, and the status; the goal is made before the clock starts."""
    goal = claim.goal()
    seconds, status = [], ""
    for _ in range(times):
        start = time.process_time()
        status = settle(goal, claim.equality)[0].status
        seconds.append(time.process_time() - start)
    return min(seconds), status


# ---- laws
def laws(progress: Progress = lambda note: None) -> Report:
    """Each law on each generator, the making of the goal included; what takes longer than half the bar is measured three times."""
    found: dict[str, tuple[float, str]] = {}
    for name, make in generators().items():
        for law in (*REVERSE, *FORWARD):
            claim = law.claim(name, lambda make=make: (make(),))
            seconds, status = _whole(claim)
            for _ in range(BEST_OF - 1 if seconds > LAW_S / 2 else 0):
                seconds = min(seconds, _whole(claim)[0])
            found[claim.name] = seconds, status
            progress(claim.name)
    open_ = tuple(f"{name}: {status}, expected proved" for name, (_, status) in found.items() if status != "proved")
    slowest = max(found, key=lambda name: found[name][0])
    times = [seconds for seconds, _ in found.values()]
    rows = (Row(SUITE, "laws on generators, median", microseconds(times), counts={"claims": len(found)}),
            Row(SUITE, f"laws on generators, slowest: {slowest}", 1e6 * max(times)))
    share = 100 * (len(found) - len(open_)) / len(found)
    bars = (Bar("laws on generators proved", share, "%", at_least=100.0, note=f"{len(found)} claims"),
            Bar("laws on generators, slowest", max(times), "s", below=LAW_S, note=f"{slowest}, processor time"))
    return Report(rows, bars, open_)


def _whole(claim: Claim) -> tuple[float, str]:
    start = time.process_time()
    status = settle(claim.goal(), claim.equality)[0].status
    return time.process_time() - start, status


def net() -> Report:
    """RD.5 of a deep net of tanh layers, all of different symbolic widths, the making of the goal included."""
    law = next(law for law in REVERSE if law.name == "RD.5")
    body = mlp(*(f"n{layer}" for layer in range(DEPTH + 1))).body
    claim = law.claim(f"tanh net of {DEPTH} layers", lambda: (body,))
    found = [_whole(claim) for _ in range(BEST_OF)]
    seconds = min(one[0] for one in found)
    open_ = () if found[0][1] == "proved" else (f"{claim.name}: {found[0][1]}, expected proved",)
    bars = (Bar(f"{claim.name}, proved", int(not open_), at_least=1), Bar(claim.name, seconds, "s", below=NET_S, note=CLOCK))
    return Report((Row(SUITE, claim.name, 1e6 * seconds),), bars, open_)


# ---- random pairs
def judged(seed: int) -> str:
    """What is decided of a pair, and whether exact values at small sizes bear it out; "" when the seed gives no pair."""
    found = pair(seed)
    if found is None:
        return ""
    verdict = decide(found.left, found.right)
    if verdict.proved:
        return "proved, wrong" if differ(found) else "proved"
    if verdict.unknown:
        return "unknown, different" if differ(found, PAIR_TRIES) else "unknown"
    at = {name: int(size) for name, size in verdict.witness["dims"].items()}
    seen = differ_at(found, at, verdict.witness["inputs"]) or differ(replace(found, sizes=(*found.sizes, at)), PAIR_TRIES)
    return "refuted" if seen else "refuted, wrong"


def pairs(count: int = PAIRS, progress: Progress = lambda note: None, jobs: int | None = None) -> Report:
    """Random pairs of programs of symbolic size: decided, and evaluated exactly, each pair in a worker with a limit."""
    answers: Counter[str] = Counter()
    wrong: list[str] = []
    seconds: list[float] = []
    lock, seeds = threading.Lock(), itertools.count(1)
    start = time.perf_counter()

    def work() -> None:
        with Limited(judged, PAIR_LIMIT) as limited:
            for seed in _while(lambda: answers.total() < count, seeds, lock):
                timed = limited(seed)
                with lock:
                    if timed.answer and answers.total() < count:
                        answers[timed.answer] += 1
                        seconds.append(timed.seconds)
                        wrong.extend([f"pair {seed}: {timed.answer}"] if timed.answer.endswith("wrong") else [])
                        progress(f"pair {seed}")

    number = jobs or cores()
    with ThreadPoolExecutor(number) as threads:
        for future in [threads.submit(work) for _ in range(number)]:
            future.result()
    row = Row(SUITE, "random pairs of programs", microseconds(seconds), counts=dict(sorted(answers.items())))
    words = ", ".join(f"{number} {answer}" for answer, number in sorted(answers.items()))
    note = f"{answers.total()} pairs: {words}; {time.perf_counter() - start:.0f} s"
    return Report((row,), (Bar("random pairs, wrong verdicts", len(wrong), at_most=0, note=note),), tuple(wrong))


def _while(wanted: Callable[[], bool], seeds: Iterator[int], lock: threading.Lock) -> Iterator[int]:
    while True:
        with lock:
            if not wanted():
                return
            seed = next(seeds)
        yield seed


def report(count: int = PAIRS, progress: Progress = lambda note: None) -> Report:
    """All of them."""
    return identities(progress) + laws(progress) + net() + pairs(count, progress)
