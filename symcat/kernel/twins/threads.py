"""Programs for several threads, run over a ring by threads that take turns, with an eye on races.

Between two barriers one thread runs after the other.  Memory remembers who touched an entry since the last barrier: two threads that
touch one entry, one of them writing, are a race, in whatever order they came.
"""

from __future__ import annotations

import threading
from collections.abc import Callable

import numpy as np

from symcat.errors import ValidationError
from symcat.kernel.twins.memory import Memory


class Turns:
    """Some threads of which one runs at a time; `me` is the one, and `round` the number of barriers that all have passed."""

    def __init__(self, count: int) -> None:
        self.count, self.me, self.round = count, 0, 0
        self._wake = [threading.Semaphore(0) for _ in range(count)]
        self._passed = [0] * count
        self._running = [True] * count
        self._error: BaseException | None = None

    def run(self, work: Callable[[int, int], object]) -> None:
        """Call `work(me, count)` in every thread; what one of them raises is raised here."""
        threads = [threading.Thread(target=self._one, args=(work, me), daemon=True) for me in range(self.count)]
        for thread in threads:
            thread.start()
        self._wake[0].release()
        for thread in threads:
            thread.join()
        if self._error is not None:
            raise self._error
        if len(set(self._passed)) > 1:
            raise ValidationError(f"threads of one program pass {' and '.join(map(str, sorted(set(self._passed))))} barriers")

    def barrier(self, words: object, count: int) -> None:
        """The twin of the primitive: the next thread's turn, and after the last one a new round."""
        if count != self.count:
            raise ValidationError(f"a barrier for {count} threads in a program that {self.count} run")
        me = self.me
        self._passed[me] += 1
        self._pass_on()
        self._wake[me].acquire()
        if self._error is not None:
            raise _Stopped

    def _one(self, work: Callable[[int, int], object], me: int) -> None:
        self._wake[me].acquire()
        try:
            if self._error is None:
                work(me, self.count)
        except _Stopped:
            pass
        except BaseException as error:
            self._error = error
        self._running[me] = False
        self._pass_on()

    def _pass_on(self) -> None:
        """Wake the next thread that has not ended."""
        if any(self._running):
            while True:
                self.me = (self.me + 1) % self.count
                self.round += self.me == 0
                if self._running[self.me]:
                    break
            self._wake[self.me].release()


class _Stopped(Exception):
    """Another thread has failed."""


class Watched(Memory):
    """Memory that threads share: a race is a ValidationError with the entry."""

    def __init__(self, memory: Memory, turns: Turns) -> None:
        super().__init__(memory.values, memory.wrap, memory.unwrap, memory.name)
        self.turns = turns
        size = len(memory.values)
        self._written, self._read = np.full((2, size), -1, np.int64)     # the last to do so, as round * count + thread
        self._readers = np.full(size, -1, np.int64)                      # the last round in which two threads read

    def read(self, address: int, steps: np.ndarray) -> np.ndarray:
        places = self.places(address, steps)
        self._reads(places)
        return self.values[places]

    def write(self, address: int, steps: np.ndarray, values: np.ndarray) -> None:
        places = self.places(address, steps)
        self._writes(places)
        self.values[places] = values

    def __getitem__(self, address: int) -> object:
        place = self.place(address)
        self._reads(np.array([place]))
        return self.wrap(self.values[place])

    def __setitem__(self, address: int, value: object) -> None:
        place = self.place(address)
        self._writes(np.array([place]))
        self.values[place] = self.unwrap(value)

    @property
    def _now(self) -> int:
        return self.turns.round * self.turns.count + self.turns.me

    def _others(self, marks: np.ndarray) -> np.ndarray:
        """Where another thread has left a mark in this round."""
        return (marks >= self.turns.round * self.turns.count) & (marks != self._now)

    def _reads(self, places: np.ndarray) -> None:
        self._check(places, self._others(self._written[places]), "reads", "written")
        self._readers[places[self._others(self._read[places])]] = self.turns.round
        self._read[places] = self._now

    def _writes(self, places: np.ndarray) -> None:
        self._check(places, self._others(self._written[places]), "writes", "written")
        self._check(places, self._others(self._read[places]) | (self._readers[places] == self.turns.round), "writes", "read")
        self._written[places] = self._now

    def _check(self, places: np.ndarray, bad: np.ndarray, does: str, did: str) -> None:
        if bad.any():
            place = int(places[bad][0])
            raise ValidationError(f"race: thread {self.turns.me} {does} entry {place} of {self.name or 'the arena'}, which another has "
                                  f"{did} since the last barrier")
