"""Supervision of processes: what is killed is tried again, nothing is left behind, answers have the limits that they were given."""

from __future__ import annotations

import errno
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import pytest

from symcat.prove.bench import Bench, how
from symcat.prove.channel import HEAD, receive, send
from symcat.prove.crew import Local, parallel
from symcat.prove.worker import Limits, fork_template

LIMITS = Limits(5, 2**28)
Opener = Callable[..., Bench]


@pytest.fixture
def opened() -> Iterator[Opener]:
    """Benches, which are closed at the end."""
    found: list[Bench] = []

    def bench(settle: Callable[[dict], dict], limits: Limits = LIMITS) -> Bench:
        found.append(Bench(partial(fork_template, settle=settle, limits=limits), limits))
        return found[-1]

    yield bench
    for one in found:
        one.close()


def alive(pid: int) -> bool:
    """Whether a process is there and runs; one that ended and was not waited for does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def wait(condition: Callable[[], bool], seconds: float = 10) -> bool:
    deadline = time.monotonic() + seconds
    while not condition() and time.monotonic() < deadline:
        time.sleep(0.01)
    return condition()


def who(request: dict) -> dict:
    return {"pid": os.getpid(), "template": os.getppid()}


def test_a_runner_answers_many_requests(opened: Opener) -> None:
    bench = opened(who)
    answers = [bench.settle({"position": k}) for k in range(3)]
    assert [answer["position"] for answer in answers] == [0, 1, 2] and len({answer["pid"] for answer in answers}) == 1
    assert all(answer["cpu"] >= 0 and answer["took"] >= 0 and answer["place"] == 0 for answer in answers)


@pytest.mark.parametrize("victim", ["pid", "template"])
def test_what_a_killed_process_was_at_is_done_by_another(opened: Opener, tmp_path: Path, victim: str) -> None:
    """The first to be asked says who it is and never answers."""
    tracks = tmp_path / "tracks"

    def settle(request: dict) -> dict:
        first = not tracks.exists()
        with open(tracks, "a") as file:
            file.write(f"{os.getpid()} {os.getppid()}\n")
        if first:
            time.sleep(60)
        return who(request)

    bench = opened(settle)
    threading.Thread(target=lambda: wait(lambda: tracks.exists() and tracks.stat().st_size > 0) and kill(tracks, victim)).start()
    answer = bench.settle({"position": 4})
    lines = tracks.read_text().splitlines()
    assert answer["position"] == 4 and len(lines) == 2 and lines[1].split()[0] == str(answer["pid"])
    assert (str(answer["template"]) == lines[0].split()[1]) == (victim == "pid"), "a template is replaced only when it died"


def kill(tracks: Path, victim: str) -> None:
    """Kill the runner, and before it its template if that is the victim."""
    pid, template = map(int, tracks.read_text().split())
    for target in (pid,) if victim == "pid" else (template, pid):
        os.kill(target, signal.SIGKILL)


def test_no_process_is_left(opened: Opener) -> None:
    bench = opened(who)
    found = bench.settle({"position": 0})
    assert alive(found["pid"]) and alive(found["template"])
    bench.close()
    assert wait(lambda: not alive(found["pid"]) and not alive(found["template"]))


def test_stopping_lets_nobody_wait(opened: Opener) -> None:
    bench = opened(lambda request: time.sleep(60))
    answers: list[dict] = []
    threads = [threading.Thread(target=lambda k=k: answers.append(bench.settle({"position": k}))) for k in range(2)]
    for thread in threads:
        thread.start()
    assert wait(lambda: len(bench._busy) == 2)
    start = time.monotonic()
    bench.stop()
    for thread in threads:
        thread.join(10)
    assert time.monotonic() - start < 5 and [answer["stopped"] for answer in answers] == [True, True]
    assert bench.settle({"position": 9}) == {"stopped": True, "position": 9}


def test_a_late_runner_takes_its_children_with_it(opened: Opener, tmp_path: Path) -> None:
    def settle(request: dict) -> dict:
        child = os.fork()
        if child == 0:
            time.sleep(60)
        (tmp_path / "child").write_text(str(child))
        time.sleep(60)
        return {}

    answer = opened(settle, Limits(1, 2**28)).settle({"position": 0})
    child = int((tmp_path / "child").read_text())
    assert answer["reason"] == "stopped after 1 s" and answer["took"] == 1 and wait(lambda: not alive(child))


def test_threads_share_the_work_and_an_error_of_theirs_arrives(opened: Opener) -> None:
    crew = Local(lambda request: who(request) | {"slept": time.sleep(0.2)}, 2, LIMITS)
    try:
        answers = list(crew.answers([{"position": k} for k in range(4)]))
    finally:
        crew.close()
    assert sorted(answer["position"] for answer in answers) == [0, 1, 2, 3]
    assert len({answer["pid"] for answer in answers}) == 2 and {answer["place"] for answer in answers} == {0, 1}
    with pytest.raises(ZeroDivisionError):
        list(parallel(lambda request: 1 // 0, [{}], 1, "threading"))


def test_numpy_uses_one_thread_in_a_runner(opened: Opener) -> None:
    import numpy  # noqa: F401 - a library with threads of its own
    from threadpoolctl import threadpool_info

    assert threadpool_info(), "this NumPy has no threads to limit"
    answer = opened(lambda request: {"threads": [row["num_threads"] for row in threadpool_info()]}).settle({"position": 0})
    assert set(answer["threads"]) == {1}


def test_when_no_process_can_be_started_there_is_a_reason(monkeypatch: pytest.MonkeyPatch, opened: Opener) -> None:
    bench = opened(who)

    def refuse(*_: object) -> None:
        raise OSError(errno.EAGAIN, "too many")

    monkeypatch.setattr("symcat.prove.bench.socket.socketpair", refuse)
    assert "no process could be started" in bench.settle({"position": 0})["reason"]


def test_messages_arrive_whole_or_not_at_all() -> None:
    mine, its = socket.socketpair()
    with mine, its:
        long = {"text": "x" * 3_000_000}
        threading.Thread(target=send, args=(mine, long)).start()
        assert receive(its, 10) == long
        with pytest.raises(TimeoutError):
            receive(its, 0.05)
        mine.sendall(HEAD.pack(100) + b"{")
        mine.close()
        with pytest.raises(EOFError):
            receive(its, 5)
        with pytest.raises(EOFError):
            send(its, long)


@pytest.mark.parametrize(("code", "words"), [(3, "code 3"), (-9, "signal SIGKILL"), (-6, "signal SIGABRT"), (-250, "signal 250")])
def test_ends_in_words(code: int, words: str) -> None:
    assert words in how(code)
