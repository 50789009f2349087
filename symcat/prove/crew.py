"""Who works: requests go through joblib, to threads here that supervise processes of their own, or to the workers of a cluster."""

from __future__ import annotations

import os
import queue
import threading
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Protocol

import joblib
from joblib.parallel import ParallelBackendBase

from symcat.errors import UsageError
from symcat.prove.bench import Bench
from symcat.prove.worker import Answer, Limits, Request, fork_template

POLL = 0.5    # seconds between looks at whether the workers are still there


class Crew(Protocol):
    """Answers to requests, in any order; a request whose worker is lost may have none."""

    def answers(self, requests: Sequence[Request]) -> Iterator[Answer]: ...

    def stop(self) -> None:
        """Let `answers` come to an end soon."""

    def close(self) -> None:
        """Leave no process behind."""


def parallel(function: Callable[[Request], Answer], requests: Sequence[Request], jobs: int, backend: str | ParallelBackendBase,
             check: Callable[[], None] = lambda: None) -> Iterator[Answer]:
    """`function` of every request, as the answers come; `check` is called now and then, and what it raises ends the wait.

    joblib runs in a thread of its own, so that whoever waits here can be interrupted.
    """
    answers: queue.SimpleQueue[Answer | BaseException | None] = queue.SimpleQueue()

    def work() -> None:
        try:
            pool = joblib.Parallel(jobs, backend=backend, return_as="generator_unordered", pre_dispatch="all", batch_size=1)
            for found in pool(joblib.delayed(function)(request) for request in requests):
                answers.put(found)
            answers.put(None)
        except BaseException as error:
            answers.put(error)

    threading.Thread(target=work, name="campaign", daemon=True).start()
    while True:
        try:
            found = answers.get(timeout=POLL)
        except queue.Empty:
            check()
            continue
        if found is None:
            return
        if isinstance(found, BaseException):
            raise found
        yield found


class Local:
    """Threads of this process, each with a runner of its own."""

    def __init__(self, settle: Callable[[Request], Answer], jobs: int, limits: Limits) -> None:
        if not hasattr(os, "fork"):
            raise UsageError("campaigns fork their workers, which this system cannot do: use Linux, macOS or WSL")
        self._jobs = jobs
        self._bench = Bench(partial(fork_template, settle=settle, limits=limits), limits)

    def answers(self, requests: Sequence[Request]) -> Iterator[Answer]:
        return parallel(self._bench.settle, requests, min(self._jobs, len(requests)), "threading")

    def stop(self) -> None:
        self._bench.stop()

    def close(self) -> None:
        self._bench.close()
