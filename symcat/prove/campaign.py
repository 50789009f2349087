"""Many claims at once: workers with hard limits of time and memory, a cache, and a ledger in a fixed order.

A claim whose worker crashes or runs out of its limits is unknown, and the campaign goes on.  Verdicts are kept as they come, so
that a campaign which ends early, by Ctrl-C or otherwise, resumes where it was when it is run again.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from symcat.category.serialise import content_digest
from symcat.errors import SoundnessError, UsageError
from symcat.prove.cache import ReadOnly, Store, default_folder, source_key
from symcat.prove.claim import Claim, record, verdict_of
from symcat.prove.ledger import Entry, Journal, Ledger, trust
from symcat.prove.module import ProofsModule, find, listed, loaded
from symcat.prove.record import write_atomically
from symcat.verdict import Verdict, unknown

if TYPE_CHECKING:
    from symcat.prove.crew import Crew

__all__ = ["Entry", "Ledger", "run"]

MEMORY = 4 * 2**30
PASSES = 3    # how often a claim is sent to a cluster that loses it, the last time alone, so that it is lost through no other
Progress = Callable[[int, int, Claim, Verdict], None]


@dataclass(frozen=True)
class Task:
    """A claim on its way: where it stands in the ledger, and the module that it comes from."""

    position: int
    claim: Claim
    module: ProofsModule | None = None

    @property
    def topic(self) -> str:
        return self.module.topic if self.module else ""

    @property
    def key(self) -> tuple[str, str]:
        """How the journal knows it."""
        return (str(self.module.path) if self.module else "", self.claim.name)


@dataclass(frozen=True)
class Result:
    """What came of a task: a verdict, whether it was known, how long it took, and by whom."""

    task: Task
    verdict: Verdict
    cached: bool = False
    took: float = 0.0
    cpu: float = 0.0
    worker: str = ""


def run(sources: Iterable[Claim | str | Path], jobs: int | None = None, timeout: float = 60.0, keyword: str = "",
        progress: Progress | None = None, certificates: Path | None = None, store: Store | None = None, memory: int = MEMORY,
        cluster: str | None = None) -> Ledger:
    """Decide claims, or those of proofs modules and folders of such, whose topic or name contains the keyword.

    `timeout` is in seconds for each claim, `memory` in bytes for each worker.  Certificates are copied to the folder
    `certificates` when one is given.  `cluster` is the address of a Dask scheduler, whose workers then decide; otherwise `jobs`
    processes on this machine do, as many as it has cores when no number is given.
    """
    if timeout <= 0 or (jobs is not None and jobs < 1):
        raise UsageError(f"timeout {timeout} and jobs {jobs}: expected a positive number of seconds and at least one job")
    campaign = Campaign(store or Store(default_folder()), jobs or _cores(), timeout, memory, cluster)
    tasks = _tasks(list(sources), keyword, campaign.store)
    done: dict[int, Entry] = {}
    busy: dict[str, float] = {}
    interrupted = False
    try:
        with closing(campaign.results(tasks)) as results:
            for result in results:
                done[result.task.position] = Entry(result.task.claim, _kept(result.verdict, certificates), result.task.topic, result.cached)
                busy[result.worker] = busy.get(result.worker, 0.0) + result.cpu
                if progress:
                    progress(len(done), len(tasks), result.task.claim, result.verdict)
    except KeyboardInterrupt:
        interrupted = True
    left = unknown("interrupted before it was decided")
    entries = tuple(done.get(task.position, Entry(task.claim, left, task.topic)) for task in tasks)
    busy.pop("", None)
    return Ledger(entries, interrupted, dict(sorted(busy.items())))


def _tasks(sources: Sequence[Claim | str | Path], keyword: str, store: Store) -> list[Task]:
    """The claims that are asked for, numbered."""
    found: list[tuple[Claim, ProofsModule | None]] = []
    for source in sources:
        if isinstance(source, Claim):
            found.append((source, None))
        else:
            found += [(claim, module) for path in find([source]) for module in [listed(path, store)] for claim in module.claims]
    word = keyword.lower()
    wanted = [(claim, module) for claim, module in found if word in f"{module.topic if module else ''} {claim.name}".lower()]
    if found and not wanted:
        raise UsageError(f"no claim contains {keyword!r} in its topic or name: {len(found)} claims were looked at")
    return [Task(position, claim, module) for position, (claim, module) in enumerate(wanted)]


@dataclass(frozen=True)
class Campaign:
    """How claims are decided: the store of verdicts, how many at once, under which limits, here or on a cluster."""

    store: Store
    jobs: int
    timeout: float
    memory: int
    cluster: str | None = None

    @property
    def journal(self) -> Journal:
        return Journal(self.store.folder / "ledger.jsonl")

    def results(self, tasks: Sequence[Task]) -> Iterator[Result]:
        """Results as they come: first those that unchanged sources have already, then those of the workers."""
        before = self.journal.read()
        waiting, written = [], 0
        for task in tasks:
            known = self.store.get(_source_key(task)) if task.module else None
            if known is None:
                waiting.append(task)
                continue
            result = Result(task, known, True, before.get(task.key, {}).get("took", known.seconds))
            written += self._noted(result, before)
            yield result
        waiting.sort(key=lambda task: (-before[task.key]["took"] if task.key in before else -self.timeout, task.position))
        try:
            with closing(self._worked(waiting)) as worked:
                for result in worked:
                    written += self._noted(result, before)
                    yield result
        finally:
            if written:
                self.journal.tidy(_gone(tasks, before))

    def _noted(self, result: Result, before: dict) -> bool:
        """Write a result into the journal, unless it stands there."""
        task = result.task
        if not task.module:
            return False
        row = record(task.claim, result.verdict)
        row |= {"module": task.key[0], "topic": task.topic, "took": round(result.took, 6), "trusted": trust(row)}
        if {**before.get(task.key, {}), "decided": ""} == row | {"decided": ""}:
            return False
        self.journal.add(row | {"decided": datetime.now(UTC).isoformat(timespec="seconds")})
        return True

    # ---- workers
    def _worked(self, tasks: Sequence[Task]) -> Iterator[Result]:
        """What the workers find; at the end the first error that is nobody's verdict is raised."""
        if not tasks:
            return
        crew = self._crew(tasks)
        failure: Exception | None = None
        lost = ""
        left = {task.position: task for task in tasks}
        try:
            for turn in range(1, PASSES + 1):
                for answer in _answers(crew, [_request(task) for task in left.values()], alone=turn == PASSES):
                    lost = answer.get("lost", lost)
                    task = left.get(answer.get("position", -1))
                    if task is None or answer.get("stopped"):
                        continue
                    del left[task.position]
                    if "raise" in answer:
                        failure = failure or (SoundnessError if answer["raise"] == "SoundnessError" else ReadOnly)(answer["text"])
                    else:
                        yield self._result(task, answer)
        finally:
            crew.stop()
            crew.close()
        for task in left.values():
            yield Result(task, unknown(f"lost by the cluster {PASSES} times: {lost}"))
        if failure:
            raise failure

    def _crew(self, tasks: Sequence[Task]) -> Crew:
        """Those who work."""
        from symcat.prove.worker import Limits, answer

        limits = Limits(self.timeout, self.memory)
        if self.cluster:
            if not all(task.module for task in tasks):
                raise UsageError("claims that belong to no module cannot be sent to a cluster: write them to a file that exports CLAIMS")
            from symcat.prove.cluster import connect

            return connect(self.cluster, {task.module.path.parent for task in tasks}, limits)
        from symcat.prove.crew import Local

        for path, sources in dict.fromkeys((task.module.path, task.module.sources) for task in tasks if task.module):
            loaded(path, sources)
        claims = {task.position: task.claim for task in tasks}
        return Local(lambda request: answer(claims[request["position"]], self.store), self.jobs, limits)

    def _result(self, task: Task, answer: dict) -> Result:
        """An answer as a result; what was decided, not cut off, goes to the store."""
        spent = {"took": answer.get("took", 0.0), "cpu": answer.get("cpu", 0.0),
                 "worker": f"{answer.get('host', '')}{answer.get('place', '')}"}
        if "reason" in answer:
            return Result(task, unknown(answer["reason"], equality=task.claim.equality).timed(spent["took"]), **spent)
        verdict = verdict_of(answer["verdict"])
        if "certificate" in answer:
            verdict = replace(verdict, certificate={**verdict.certificate, "path": str(self._filed(verdict, answer["certificate"]))})
            if answer["key"]:
                self.store.put(answer["key"], task.claim, verdict)
        if task.module:
            self.store.put(_source_key(task), task.claim, verdict)
        return Result(task, verdict, answer["cached"], **spent)

    def _filed(self, verdict: Verdict, text: str) -> Path:
        """Write the certificate that a worker elsewhere sent; SoundnessError when it is not the one that its verdict names."""
        data = json.loads(text)
        if content_digest(data["record"]) != verdict.certificate["digest"]:
            raise SoundnessError("a worker sent a certificate that is not the one of its verdict")
        self.store.check()
        path = self.store.certificates / f"{verdict.certificate['digest']}.json"
        write_atomically(path, text)
        return path


# ---- pieces
def _answers(crew: Crew, requests: Sequence[dict], alone: bool) -> Iterator[dict]:
    """Answers to requests, which are given to the crew together or each alone."""
    for group in [[request] for request in requests] if alone else [requests] if requests else []:
        yield from crew.answers(group)


def _request(task: Task) -> dict:
    """What a worker is told: a position, by which workers that inherit the claims find them, and a name, by which others do."""
    return {"position": task.position, "name": task.claim.name} | ({"module": str(task.module.path)} if task.module else {})


def _gone(tasks: Sequence[Task], before: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
    """Claims that stand in the journal and no longer in their module."""
    names = {str(task.module.path): {claim.name for claim in task.module.claims} for task in tasks if task.module}
    return [(path, name) for path, name in before if path in names and name not in names[path]]


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
