"""Threads that run one function together: all of them at once, errors, concurrent calls, forks, and a barrier that holds."""

import os
import threading

import numba
import numpy as np
import pytest

from symcat.kernel.threads import crew
from symcat.kernel.threads.crew import CREW, Crew, processors
from symcat.kernel.tiles import namespace


@pytest.fixture
def four(monkeypatch):
    """As if there were four processors."""
    monkeypatch.setattr(crew, "processors", lambda: 4)
    return Crew()


def test_every_part_is_run_once(four):
    for count in (1, 2, 3, 9):
        seen = []
        assert four.run(lambda me, n, seen=seen: seen.append((me, n)), count) == min(count, 4)
        assert sorted(seen) == [(me, min(count, 4)) for me in range(min(count, 4))]


def test_parts_run_at_once(four):
    """Each part waits for all others: this ends only when every part has a thread."""
    gate = threading.Barrier(3, timeout=30)
    four.run(lambda me, n: gate.wait(), 3)


def test_errors_are_raised_when_all_have_ended(four):
    ended = []

    def work(me, n):
        ended.append(me)
        if me:
            raise ValueError(f"part {me}")
    with pytest.raises(ValueError, match="part"):
        four.run(work, 3)
    assert sorted(ended) == [0, 1, 2] and four.run(lambda me, n: None, 4) == 4


def test_calls_at_once_share_the_threads(four):
    """Two calls that each want all threads get together no more than there are, and both end."""
    found, gate = [], threading.Barrier(2, timeout=30)

    def call():
        found.append(four.run(lambda me, n: gate.wait() if me == 0 else None, 4))
    callers = [threading.Thread(target=call) for _ in range(2)]
    for caller in callers:
        caller.start()
    for caller in callers:
        caller.join()
    assert sum(found) <= 3 + 2 and max(found) == 4 and four.run(lambda me, n: None, 4) == 4


@pytest.mark.skipif(not hasattr(os, "fork"), reason="there is no fork here")
def test_a_child_process_has_threads_of_its_own():
    CREW.run(lambda me, n: None, 2)
    child = os.fork()
    if not child:
        os._exit(0 if CREW.run(lambda me, n: None, 2) == min(2, processors()) else 1)
    assert os.waitpid(child, 0)[1] == 0


def test_the_barrier_holds():
    """Sums that each need all parts of the round before: any leak through the barrier changes them."""
    space = namespace("float64", ["barrier"])
    exec("def run(A, W, me, n, rounds):\n"
         "    for s in range(rounds):\n"
         "        for i in range(64*me//n, 64*(me + 1)//n):\n"
         "            A[64*(s % 2) + i] = A[64*((s + 1) % 2) + (i + 21) % 64] + i\n"
         "        barrier(W, n)\n", space)
    integers = numba.types.Array(numba.int64, 1, "C")
    run = numba.njit(numba.void(integers, integers, numba.int64, numba.int64, numba.int64), nogil=True)(space["run"])
    expected = np.arange(128)
    for s in range(501):
        new, old = expected[:64] if s % 2 == 0 else expected[64:], expected[64:] if s % 2 == 0 else expected[:64]
        new[:] = np.roll(old, -21) + np.arange(64)
    for count in (1, 2, 2):
        A, W = np.arange(128), np.zeros(32, np.int64)
        CREW.run(lambda me, n, A=A, W=W: run(A, W, me, n, 501), count)
        assert A.tolist() == expected.tolist() and W[0] == 0
