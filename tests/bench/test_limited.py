"""Functions under limits: killed when late, whatever they catch; answers go on in a new process."""

from __future__ import annotations

import os
import time

from symcat.bench.limited import Limited


def stubborn(seconds: float) -> str:
    """Sleeps on, whatever is raised."""
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            time.sleep(0.01)
        except BaseException:
            continue
    return str(os.getpid())


def broken(kind: str) -> str:
    if kind == "exit":
        os._exit(3)
    raise KeyError(kind)


def test_answers_come_from_one_process_until_one_is_late():
    with Limited(stubborn, 0.5) as limited:
        first, second = limited(0.0), limited(0.0)
        assert first.answer == second.answer != str(os.getpid()) and second.seconds < 0.5
        start = time.monotonic()
        late = limited(60.0)
        assert (late.answer, late.seconds) == ("late", 0.5) and time.monotonic() - start < 30
        again = limited(0.0)
        assert again.answer not in (first.answer, "late")


def test_errors_and_crashes_are_answers():
    with Limited(broken, 5.0) as limited:
        assert limited("other").answer == "KeyError"
        assert limited("exit").answer == "crashed"
        assert limited("other").answer == "KeyError"
