"""Functions under a hard limit of time: each runs in a process of its own, which is killed when it is late.

An alarm is not enough: SymPy catches exceptions, and compiled code does not hear them.
"""

from __future__ import annotations

import multiprocessing
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from multiprocessing.connection import Connection
from multiprocessing.context import BaseContext
from typing import Any

GRACE = 0.25      # seconds beyond the limit before a process is killed: its own clock says whether it was late
START = 60.0


@dataclass(frozen=True)
class Timed:
    """An answer and the seconds it took, inside the process; "late" or "crashed" with the whole limit when there is none."""

    answer: str
    seconds: float


class Limited:
    """One function, called again and again in a process that lives until it is late.

    `warm` is called once in each new process, outside of any measurement.  Errors of the function are its answers.  Functions and
    arguments are sent to the process, so that they must be what `pickle` admits.

    >>> with Limited(str, limit=2.0) as text:
    ...     text(7).answer
    '7'
    """

    def __init__(self, function: Callable[[Any], str], limit: float, warm: Callable[[], object] | None = None) -> None:
        self.function, self.limit, self.warm = function, limit, warm
        self.process: multiprocessing.process.BaseProcess | None = None
        self.channel: Connection | None = None

    def __enter__(self) -> Limited:
        return self

    def __exit__(self, *error: object) -> None:
        self.stop()

    def __call__(self, argument: object) -> Timed:
        """The answer for one argument, which is sent before the clock starts."""
        if self.process is None:
            self._start()
        try:
            self.channel.send(argument)
            if self.channel.poll(START) and self.channel.recv() == "begin" and self.channel.poll(self.limit + GRACE):
                answer, seconds = self.channel.recv()
                return Timed(answer, seconds) if seconds <= self.limit else Timed("late", self.limit)
        except (EOFError, OSError):
            self.stop()
            return Timed("crashed", self.limit)
        self.stop()
        return Timed("late", self.limit)

    def stop(self) -> None:
        """End the process."""
        if self.process is not None:
            self.process.kill()
            self.process.join()
            self.channel.close()
            self.process = self.channel = None

    def _start(self) -> None:
        context = _context(self.function.__module__)
        self.channel, far = context.Pipe()
        self.process = context.Process(target=_serve, args=(far, self.function, self.warm), daemon=True)
        self.process.start()
        far.close()
        if not self.channel.poll(START) or self.channel.recv() != "ready":
            raise RuntimeError("a worker process of the benchmark does not answer")


@cache
def _context(module: str) -> BaseContext:
    """How processes are started: forked off one that has loaded the module and has no threads, where the system can."""
    method = "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"
    context = multiprocessing.get_context(method)
    if method == "forkserver":
        context.set_forkserver_preload([module])
    return context


def _serve(channel: Connection, function: Callable[[Any], str], warm: Callable[[], object] | None) -> None:
    """In the process: take arguments, send answers with their times."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if warm is not None:
        warm()
    channel.send("ready")
    while True:
        try:
            argument = channel.recv()
        except EOFError:
            return
        channel.send("begin")
        start = time.perf_counter()
        try:
            answer = function(argument)
        except Exception as error:
            answer = type(error).__name__
        channel.send((answer, time.perf_counter() - start))
