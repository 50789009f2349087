"""Threads that run one function together: kept from call to call, and never more of them than there are processors.

A call gets as many as are idle, all at once: threads that wait for each other at a barrier are then all running, whatever other
calls do at the same time.  It may thus get fewer than it asked for.
"""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from queue import SimpleQueue

Work = Callable[[int, int], object]


def processors() -> int:
    """The number of processors that this process may use."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:
        return os.cpu_count() or 1


class _Member(threading.Thread):
    """A thread that does one job after the other."""

    def __init__(self) -> None:
        super().__init__(name="symcat kernel", daemon=True)
        self.jobs: SimpleQueue = SimpleQueue()
        self.start()

    def run(self) -> None:
        while True:
            work, me, count, done = self.jobs.get()
            done.put(_attempt(work, me, count))
            del work, done


def _attempt(work: Work, me: int, count: int) -> BaseException | None:
    try:
        work(me, count)
    except BaseException as error:
        return error
    return None


class Crew:
    """The threads of a process; at most `limit` are busy at a time, the callers' own not counted."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._idle: list[_Member] = []
        self._busy = 0

    def run(self, work: Work, count: int) -> int:
        """Call `work(me, n)` in n <= count threads at once, me from 0 to n - 1, the calling thread being one of them; gives n.

        An exception of any of them is raised when all have ended, and so is an interrupt that comes meanwhile.
        """
        members = self._taken(count - 1)
        number, done = len(members) + 1, SimpleQueue()
        for me, member in enumerate(members, 1):
            member.jobs.put((work, me, number, done))
        errors = [_attempt(work, 0, number)]
        while len(errors) < number:
            try:
                errors.append(done.get())
            except KeyboardInterrupt as interrupt:      # the others still use the caller's arrays
                errors[0] = errors[0] or interrupt
        self._given_back(members)
        for error in errors:
            if error is not None:
                raise error
        return number

    def _taken(self, wanted: int) -> list[_Member]:
        with self._lock:
            count = max(0, min(wanted, processors() - 1 - self._busy))
            self._busy += count
            while len(self._idle) < count:
                self._idle.append(_Member())
            return [self._idle.pop() for _ in range(count)]

    def _given_back(self, members: list[_Member]) -> None:
        with self._lock:
            self._busy -= len(members)
            self._idle += members

    def forget(self) -> None:
        """Start anew, in a process that was forked: threads do not come along."""
        self.__init__()


CREW = Crew()
if hasattr(os, "register_at_fork"):
    os.register_at_fork(after_in_child=CREW.forget)
