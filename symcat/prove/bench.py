"""Supervision: claims are given to runners, late runners are killed, and what a dead runner was at is tried again.

A bench is used by several threads at once, each of which waits for one runner.  Nothing that happens in a runner reaches them but
an answer or its end.
"""

from __future__ import annotations

import os
import signal
import socket
import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass

from symcat.errors import SymcatError
from symcat.prove.channel import receive, send
from symcat.prove.worker import END, FORK, ORDER, REPLY, Answer, Limits, Request

ATTEMPTS = 3


class NoWorker(SymcatError):
    """The system starts no more processes."""


@dataclass(frozen=True)
class Runner:
    """A process that decides claims, and this side's end of its channel; `place` counts the runners that are at work together."""

    pid: int
    channel: socket.socket
    place: int


class Bench:
    """Runners under limits.  `start` makes a template that serves a control channel, and returns how to wait for its end."""

    def __init__(self, start: Callable[[socket.socket], Callable[[], object]], limits: Limits) -> None:
        self.limits = limits
        self.stopped = False
        self._start = start
        self._lock = threading.RLock()
        self._idle: list[Runner] = []
        self._busy: dict[int, Runner] = {}
        self._control, self._wait = self._template()

    def settle(self, request: Request) -> Answer:
        """One answer, within the limits; a claim whose runner dies is tried again, `ATTEMPTS` times in all.

        The answer repeats the request's `position`.
        """
        ends: list[str] = []
        found: Answer | None = None
        while found is None and not self.stopped and len(ends) < ATTEMPTS:
            found = self._attempt(request, ends)
        if self.stopped:
            found = {"stopped": True}
        elif found is None:
            found = {"reason": f"the worker died {len(ends)} times at this claim: {', then '.join(dict.fromkeys(ends))}"}
        return found | {"position": request["position"]}

    def stop(self) -> None:
        """Let nobody wait any longer: every runner is killed, and every request is answered with `stopped`."""
        self.stopped = True
        with self._lock:
            for runner in self._busy.values():
                with suppress(OSError):
                    os.kill(runner.pid, signal.SIGKILL)

    def close(self) -> None:
        """End the template and with it all runners."""
        self.stop()
        with self._lock:
            self._control.close()
            for runner in self._idle:
                runner.channel.close()
            self._idle.clear()
        self._wait()

    # ---- one attempt
    def _attempt(self, request: Request, ends: list[str]) -> Answer | None:
        """An answer; None when the runner died, and then `ends` says how."""
        try:
            runner = self._hire()
        except (OSError, NoWorker) as error:
            ends.append(f"no process could be started ({error})")
            return None
        try:
            send(runner.channel, request)
            answer = receive(runner.channel, self.limits.seconds)
        except TimeoutError:
            self._dismiss(runner)
            return {"reason": f"stopped after {self.limits.seconds:g} s", "took": self.limits.seconds, "place": runner.place}
        except EOFError:
            ends.append(self._dismiss(runner))
            return None
        if answer.get("last"):
            self._dismiss(runner)
        else:
            with self._lock:
                self._idle.append(self._busy.pop(runner.place))
        return answer | {"place": runner.place}

    def _hire(self) -> Runner:
        """A runner that waits, or a new one."""
        with self._lock:
            if self.stopped:
                raise NoWorker("the campaign was stopped")
            runner = self._idle.pop() if self._idle else self._forked()
            self._busy[runner.place] = runner
            return runner

    def _forked(self) -> Runner:
        """A new runner; when the template itself died, from a new template."""
        place = next(number for number in range(len(self._busy) + 1) if number not in self._busy)
        for fresh in (False, True):
            if fresh:
                self._control.close()
                self._wait()
                self._control, self._wait = self._template()
            mine, its = socket.socketpair()
            try:
                with its:
                    socket.send_fds(self._control, [ORDER.pack(FORK, 0)], [its.fileno()])
                return Runner(self._reply(), mine, place)
            except (OSError, EOFError):
                mine.close()
        raise NoWorker("the template of the worker processes died twice; is there enough memory?")

    def _dismiss(self, runner: Runner) -> str:
        """End a runner, and say how it ended."""
        with self._lock:
            runner.channel.close()
            self._busy.pop(runner.place, None)
            try:
                self._control.sendall(ORDER.pack(END, runner.pid))
                return how(self._reply())
            except (OSError, EOFError):
                with suppress(OSError):
                    os.kill(runner.pid, signal.SIGKILL)
                return "it was lost together with its template"

    # ---- the template
    def _template(self) -> tuple[socket.socket, Callable[[], object]]:
        mine, its = socket.socketpair()
        with its:
            return mine, self._start(its)

    def _reply(self) -> int:
        data = self._control.recv(REPLY.size, socket.MSG_WAITALL)
        if len(data) < REPLY.size:
            raise EOFError("the template is gone")
        return REPLY.unpack(data)[0]


def how(code: int) -> str:
    """How a process ended, in words.

    >>> how(3), how(-9)
    ('it ended with code 3', 'it was ended by signal SIGKILL')
    """
    if code >= 0:
        return f"it ended with code {code}"
    try:
        return f"it was ended by signal {signal.Signals(-code).name}"
    except ValueError:
        return f"it was ended by signal {-code}"
