"""The processes that decide claims: one *template*, which has everything imported, and the *runners* that it forks.

A runner decides one claim after the other, each under limits of memory and recursion, and answers with JSON.  The limit of time
is kept by whoever asks (`symcat.prove.bench`): a late runner is killed, and the template forks another in some milliseconds.
Whatever an engine does, to the runner it is an answer with a reason.
"""

from __future__ import annotations

import math
import os
import signal
import socket
import struct
import sys
import time
import warnings
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, NoReturn

from symcat.errors import SoundnessError, SymcatError
from symcat.prove.cache import ReadOnly, Store, goal_key
from symcat.prove.channel import receive, send
from symcat.prove.claim import Claim, record
from symcat.prove.decide import prove
from symcat.verdict import Verdict, unknown

RECURSION = 20_000
CLAIMS_PER_RUNNER = 250
GRACE = 10     # seconds after which a runner that nobody stops ends by itself
ORDER = struct.Struct("!cq")
REPLY = struct.Struct("!q")
FORK, END = b"F", b"E"

Request = Mapping[str, Any]
Answer = dict[str, Any]


@dataclass(frozen=True)
class Limits:
    """Seconds for one claim, and bytes of memory for a runner on top of what the template has."""

    seconds: float
    memory: int


@dataclass(frozen=True)
class Settled:
    """A verdict, whether it was known already, and the key of its goal, empty when the goal cannot be made."""

    verdict: Verdict
    cached: bool = False
    key: str = ""


# ---- one claim
def settle_claim(claim: Claim, store: Store) -> Settled:
    """Decide one claim here and now, with the cache but without limits."""
    try:
        goal = claim.goal()
        key = goal_key(claim, goal)
    except SymcatError as error:
        return Settled(unknown(f"the goal cannot be made: {error}", equality=claim.equality))
    known = store.get(key)
    if known is not None:
        return Settled(known, True, key)
    store.check()
    verdict = prove(replace(claim, goal=lambda: goal), store.certificates)
    store.put(key, claim, verdict)
    return Settled(verdict, False, key)


def answer(claim: Claim, store: Store, enclose: bool = False) -> Answer:
    """The verdict on a claim as JSON-able data; with `enclose` the text of its certificate too."""
    settled = settle_claim(claim, store)
    data: Answer = {"verdict": record(claim, settled.verdict), "cached": settled.cached, "key": settled.key}
    if enclose and settled.verdict.proved:
        data["certificate"] = Path(settled.verdict.certificate["path"]).read_text(encoding="utf-8")
    return data


def guarded(settle: Callable[[Request], Answer], request: Request, limits: Limits) -> Answer:
    """The answer to a request, or the reason why there is none.  `last` says that the process is not fit for another claim."""
    try:
        return settle(request)
    except (SoundnessError, ReadOnly) as error:
        return {"raise": type(error).__name__, "text": str(error)}
    except MemoryError:
        return {"reason": f"out of memory: more than {limits.memory / 2**30:.3g} GiB", "last": True}
    except RecursionError:
        return {"reason": f"the engine failed: RecursionError: more than {sys.getrecursionlimit()} calls deep", "last": True}
    except BaseException as error:
        return {"reason": f"the engine failed: {type(error).__name__}: {error}"}


# ---- a runner
def run(channel: socket.socket, settle: Callable[[Request], Answer], limits: Limits) -> NoReturn:
    """Answer requests until the other side is gone or the process is worn out."""
    try:
        before = _restrict(limits.memory)
        for count in range(1, CLAIMS_PER_RUNNER + 1):
            request = receive(channel)
            signal.alarm(math.ceil(limits.seconds) + GRACE)
            start, used = time.perf_counter(), time.process_time()
            found = guarded(settle, request, limits)
            worn = count == CLAIMS_PER_RUNNER or _address_space() > before + limits.memory // 4
            spent = {"took": time.perf_counter() - start, "cpu": time.process_time() - used}
            send(channel, {"last": worn} | found | spent)
            signal.alarm(0)
    except EOFError:
        pass
    finally:
        os._exit(0)


def _restrict(memory: int) -> int:
    """A process group of its own, and limits; the address space in bytes."""
    os.setpgid(0, 0)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    sys.setrecursionlimit(RECURSION)
    present = _address_space()
    with suppress(ImportError, OSError, ValueError):
        import resource

        _, most = resource.getrlimit(resource.RLIMIT_AS)
        if present:
            resource.setrlimit(resource.RLIMIT_AS, (present + memory, most))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    return present


def _address_space() -> int:
    """Bytes; 0 where the system does not say."""
    try:
        with open("/proc/self/statm", encoding="ascii") as file:
            return int(file.read().split()[0]) * os.sysconf("SC_PAGE_SIZE")
    except (OSError, ValueError):
        return 0


# ---- the template
def template(control: socket.socket, settle: Callable[[Request], Answer], limits: Limits,
             leave: Callable[[], object] = lambda: None) -> NoReturn:
    """Fork runners and end them, as ordered; when the other side is gone, end all of them, `leave`, and end oneself."""
    runners: set[int] = set()
    try:
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        _one_thread()
        while True:
            order, received, _, _ = socket.recv_fds(control, ORDER.size, 1)
            if len(order) < ORDER.size:
                break
            kind, pid = ORDER.unpack(order)
            if kind == FORK:
                pid = _fork(control, received[0], settle, limits)
                runners.add(pid)
                reply = pid
            else:
                reply = ended(pid)
                runners.discard(pid)
            control.sendall(REPLY.pack(reply))
    except OSError:
        pass
    finally:
        for pid in runners:
            ended(pid)
        leave()
        os._exit(0)


def _fork(control: socket.socket, end: int, settle: Callable[[Request], Answer], limits: Limits) -> int:
    """The id of a new runner, which talks through the file descriptor `end`; OSError when the system has no room for it."""
    pid = os.fork()
    if pid == 0:
        control.close()
        run(socket.socket(fileno=end), settle, limits)
    os.close(end)
    return pid


def _one_thread() -> None:
    """As many runners as cores, so one thread for each."""
    with suppress(ImportError):
        from threadpoolctl import threadpool_limits

        threadpool_limits(1)


def ended(pid: int) -> int:
    """Kill a child and what it started, and say how it ended: its exit code, or minus the signal's number."""
    for kill in (os.killpg, os.kill):
        with suppress(OSError):
            kill(pid, signal.SIGKILL)
    try:
        return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    except ChildProcessError:
        return -signal.SIGKILL


def fork_template(control: socket.socket, settle: Callable[[Request], Answer], limits: Limits) -> Callable[[], object]:
    """Start a template that inherits all that this process has; returns how to wait for its end."""
    sys.stdout.flush()
    sys.stderr.flush()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)    # of forks beside threads: the child runs nothing but the template
        pid = os.fork()
    if pid:
        return lambda: _waited(pid)
    try:
        signal.signal(signal.SIGTERM, signal.SIG_DFL)
        _alone(control.fileno())
        template(control, settle, limits)
    finally:
        os._exit(1)


def _waited(pid: int) -> None:
    with suppress(ChildProcessError):
        os.waitpid(pid, 0)


def _alone(kept: int) -> None:
    """Close every file of the parent but `kept` and standard error; standard output goes there too."""
    null = os.open(os.devnull, os.O_RDWR)
    os.dup2(null, 0)
    os.dup2(2, 1)
    os.closerange(3, kept)
    os.closerange(kept + 1, os.sysconf("SC_OPEN_MAX"))
    sys.stdin, sys.stdout, sys.stderr = (os.fdopen(number, mode, closefd=False) for number, mode in ((0, "r"), (1, "w"), (2, "w")))
