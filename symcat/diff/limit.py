"""A hard limit of time for one attempt: it runs in a process of its own, which is killed when it is late.

An alarm is not enough: SymPy catches exceptions, and compiled code does not hear them.
"""

from __future__ import annotations

import multiprocessing
from collections.abc import Callable
from multiprocessing.connection import Connection
from typing import TypeVar

T = TypeVar("T")


def within(seconds: float, function: Callable[[], T]) -> T | None:
    """What a function returns, or None when it does not within some seconds; its errors are raised here.

    Where processes cannot be forked the function runs here, without a limit.

    >>> within(5.0, lambda: 6 * 7)
    42
    """
    if seconds <= 0:
        return None
    if "fork" not in multiprocessing.get_all_start_methods():
        return function()
    context = multiprocessing.get_context("fork")
    here, there = context.Pipe(duplex=False)
    process = context.Process(target=_answer, args=(there, function), daemon=True)
    process.start()
    there.close()
    try:
        error, value = here.recv() if here.poll(seconds) else (None, None)
    except EOFError:         # the process came to an end without an answer: out of memory, say
        error, value = None, None
    finally:
        process.kill()
        process.join()
        here.close()
    if error is not None:
        raise error
    return value


def _answer(channel: Connection, function: Callable[[], object]) -> None:
    try:
        found = (None, function())
    except Exception as error:
        found = (error, None)
    channel.send(found)
