"""Many claims at once: worker processes with hard limits of time and memory, a cache, and a ledger in a fixed order.

A claim whose worker crashes or runs out of its limits is unknown, and the campaign goes on.  Ctrl-C ends it: what was decided
stays decided, the rest is unknown.
"""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
import sys
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import TimeoutError, as_completed
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from pebble import ProcessExpired, ProcessPool

from symcat.errors import SoundnessError, SymcatError, UsageError
from symcat.prove.cache import ReadOnly, Store, default_folder, goal_key, source_key
from symcat.prove.claim import Claim, as_expected, record
from symcat.prove.decide import prove
from symcat.prove.module import ProofsModule, find, load
from symcat.verdict import Verdict, unknown

MEMORY = 4 * 2**30
RECURSION = 20_000
TASKS_PER_WORKER = 40
Progress = Callable[[int, int, Claim, Verdict], None]


@dataclass(frozen=True)
class Entry:
    """One line of a ledger."""

    claim: Claim
    verdict: Verdict
    topic: str = ""
    cached: bool = False

    @property
    def as_expected(self) -> bool:
        return as_expected(self.claim, self.verdict)


@dataclass(frozen=True)
class Ledger:
    """Claims with their verdicts, in the order in which the claims were given."""

    entries: tuple[Entry, ...]
    interrupted: bool = False

    @property
    def summary(self) -> dict[str, int]:
        """`unexpected` counts verdicts other than the expected one that are not unknown."""
        good = sum(entry.as_expected for entry in self.entries)
        lost = sum(entry.verdict.unknown and not entry.as_expected for entry in self.entries)
        return {"total": len(self.entries), "as_expected": good, "unexpected": len(self.entries) - good - lost, "unknown": lost}

    @property
    def records(self) -> list[dict[str, Any]]:
        return [record(entry.claim, entry.verdict) for entry in self.entries]

    @property
    def topics(self) -> dict[str, list[int]]:
        """The positions of each topic's claims."""
        found: dict[str, list[int]] = {}
        for position, entry in enumerate(self.entries):
            found.setdefault(entry.topic, []).append(position)
        return found

    @property
    def cached(self) -> int:
        return sum(entry.cached for entry in self.entries)

    def __iter__(self) -> Iterator[Entry]:
        return iter(self.entries)

    def data(self) -> dict[str, Any]:
        """The ledger as JSON-able data."""
        return {"claims": self.records, "summary": self.summary}


@dataclass(frozen=True)
class Task:
    """A claim on its way: where it stands in the ledger, and the module that a worker imports to find it."""

    position: int
    claim: Claim
    module: ProofsModule | None = None

    @property
    def topic(self) -> str:
        return self.module.topic if self.module else ""

    @property
    def label(self) -> str:
        return f"{self.topic}/{self.claim.name}"


Answers = Generator[tuple[Task, Verdict, bool], None, None]
Worked = Generator[tuple[Task, Verdict, bool, bool], None, None]


def run(sources: Iterable[Claim | str | Path], jobs: int | None = None, timeout: float = 60.0, keyword: str = "",
        progress: Progress | None = None, certificates: Path | None = None, store: Store | None = None, memory: int = MEMORY) -> Ledger:
    """Decide claims, or those of proofs modules and folders of such, whose topic or name contains the keyword.

    `timeout` is in seconds for each claim, `memory` in bytes for each worker.  Certificates are copied to the folder
    `certificates` when one is given.
    """
    if timeout <= 0 or (jobs is not None and jobs < 1):
        raise UsageError(f"timeout {timeout} and jobs {jobs}: expected a positive number of seconds and at least one job")
    store = store or Store(default_folder())
    tasks = _tasks(list(sources), keyword)
    done: dict[int, Entry] = {}
    interrupted = False
    try:
        with closing(_verdicts(tasks, store, jobs or _cores(), timeout, memory)) as verdicts:
            for task, verdict, cached in verdicts:
                done[task.position] = Entry(task.claim, _kept(verdict, certificates), task.topic, cached)
                if progress:
                    progress(len(done), len(tasks), task.claim, verdict)
    except KeyboardInterrupt:
        interrupted = True
    store.note_durations({task.label: done[task.position].verdict.seconds for task in tasks
                          if task.position in done and not done[task.position].cached})
    left = unknown("interrupted before it was decided")
    entries = tuple(done.get(task.position, Entry(task.claim, left, task.topic)) for task in tasks)
    return Ledger(entries, interrupted)


def _tasks(sources: Sequence[Claim | str | Path], keyword: str) -> list[Task]:
    """The claims that are asked for, numbered."""
    found: list[tuple[Claim, ProofsModule | None]] = []
    for source in sources:
        if isinstance(source, Claim):
            found.append((source, None))
        else:
            found += [(claim, module) for path in find([source]) for module in [load(path)] for claim in module.claims]
    word = keyword.lower()
    wanted = [(claim, module) for claim, module in found if word in f"{module.topic if module else ''} {claim.name}".lower()]
    if found and not wanted:
        raise UsageError(f"no claim contains {keyword!r} in its topic or name: {len(found)} claims were looked at")
    return [Task(position, claim, module) for position, (claim, module) in enumerate(wanted)]


def _verdicts(tasks: Sequence[Task], store: Store, jobs: int, timeout: float, memory: int) -> Answers:
    """Verdicts as they come: first those that unchanged sources have already, then those of the workers."""
    waiting = []
    for task in tasks:
        known = store.get(_source_key(task)) if task.module else None
        if known is not None:
            yield task, known, True
        else:
            waiting.append(task)
    durations = store.durations()
    waiting.sort(key=lambda task: (-durations.get(task.label, timeout), task.position))
    with closing(_worked(waiting, store, jobs, timeout, memory)) as worked:
        for task, verdict, cached, finished in worked:
            if finished and task.module:
                store.put(_source_key(task), task.claim, verdict)
            yield task, verdict, cached


def _worked(tasks: Sequence[Task], store: Store, jobs: int, timeout: float, memory: int) -> Worked:
    """Task, verdict, whether it was known, whether it was decided rather than cut off."""
    method = "fork" if "fork" in multiprocessing.get_all_start_methods() else "spawn"
    if method == "spawn":
        for task in tasks:
            if not task.module:
                yield task, *settle_claim(task.claim, store), True
        tasks = [task for task in tasks if task.module]
    if not tasks:
        return
    pool = ProcessPool(max_workers=min(jobs, len(tasks)), max_tasks=TASKS_PER_WORKER, initializer=_limit, initargs=(memory,),
                       context=multiprocessing.get_context(method))
    _INHERITED.update({str(id(task.claim)): task.claim for task in tasks if not task.module})
    failure: SoundnessError | ReadOnly | None = None
    try:
        futures = {pool.schedule(_work, (_address(task), store), timeout=timeout): task for task in tasks}
        for future in as_completed(futures):
            try:
                verdict, cached = future.result()
                yield futures[future], verdict, cached, True
            except (SoundnessError, ReadOnly) as error:
                failure = failure or error
            except Exception as error:
                yield futures[future], unknown(_excuse(error, timeout, memory)), False, False
        pool.close()
    except BaseException:
        pool.stop()
        raise
    finally:
        pool.join()
        for task in tasks:
            _INHERITED.pop(str(id(task.claim)), None)
    if failure:
        raise failure


# ---- in a worker
_INHERITED: dict[str, Claim] = {}


def _address(task: Task) -> tuple[str, str]:
    """How a worker finds a claim: by module and name, or, when it belongs to no module, among what it inherits."""
    return (str(task.module.path), task.claim.name) if task.module else ("", str(id(task.claim)))


def _work(address: tuple[str, str], store: Store) -> tuple[Verdict, bool]:
    """The verdict, and whether it was known."""
    path, name = address
    claim = load(Path(path)).claim(name) if path else _INHERITED[name]
    return settle_claim(claim, store)


def settle_claim(claim: Claim, store: Store) -> tuple[Verdict, bool]:
    """Decide one claim here and now, with the cache but without limits."""
    try:
        goal = claim.goal()
        key = goal_key(claim, goal)
    except SymcatError as error:
        return unknown(f"the goal cannot be made: {error}", equality=claim.equality), False
    known = store.get(key)
    if known is not None:
        return known, True
    store.check()
    verdict = prove(replace(claim, goal=lambda: goal), store.certificates)
    store.put(key, claim, verdict)
    return verdict, False


def _limit(memory: int) -> None:
    """Limits of a worker: the address space that it has, and `memory` on top of it."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    sys.setrecursionlimit(RECURSION)
    try:
        import resource

        with open("/proc/self/statm", encoding="ascii") as file:
            present = int(file.read().split()[0]) * resource.getpagesize()
        resource.setrlimit(resource.RLIMIT_AS, (present + memory, resource.RLIM_INFINITY))
    except (ImportError, OSError, ValueError):
        return


# ---- pieces
def _excuse(error: Exception, timeout: float, memory: int) -> str:
    """Why there is no verdict."""
    if isinstance(error, TimeoutError):
        return f"stopped after {timeout:g} s"
    if isinstance(error, ProcessExpired):
        return f"the worker process ended with code {error.exitcode}"
    if isinstance(error, MemoryError):
        return f"out of memory: more than {memory / 2**30:.3g} GiB"
    return f"the engine failed: {type(error).__name__}: {error}"


def _kept(verdict: Verdict, certificates: Path | None) -> Verdict:
    """The verdict with its certificate copied to a folder."""
    path = (verdict.certificate or {}).get("path")
    if not certificates or not path:
        return verdict
    certificates.mkdir(parents=True, exist_ok=True)
    target = certificates / Path(path).name
    shutil.copyfile(path, target)
    return replace(verdict, certificate={**verdict.certificate, "path": str(target)})


def _source_key(task: Task) -> str:
    return source_key(task.module.sources, task.topic, task.claim)


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
