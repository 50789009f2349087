"""Campaigns: order, limits, crashes, interruption, cache."""

from __future__ import annotations

import json
import os
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from symcat.category.space import Real, space
from symcat.category.structure import copy, identity
from symcat.errors import UsageError
from symcat.prove.cache import Store
from symcat.prove.campaign import Ledger, run
from symcat.prove.claim import Claim, Equation
from symcat.prove.ledger import Journal
from symcat.prove.module import find, listed, loaded
from symcat.prove.record import read

HEAD = '''"""Claims for tests of campaigns."""
import os, time
from symcat.category.space import Real, space
from symcat.category.structure import copy, identity
from symcat.laws.claim import Claim, Equation

def equation(n=2):
    a = space(x=Real[n])
    return (Equation(copy(a) >> (identity(a) @ identity(a)), copy(a)),)

def claim(name, goal=equation, expected="proved"):
    return Claim(name, "copying twice what is the same", "by hand", goal, expected)

def note(name):
    with open(os.environ["TRACKS"], "a") as file:
        file.write(name + "\\n")
    return equation()
'''
GOOD = HEAD + 'CLAIMS = tuple(claim(f"good {k}", lambda k=k: equation(k + 1)) for k in range(6))\n'
TRACKED = HEAD + 'CLAIMS = tuple(claim(f"tracked {k}", lambda k=k: (note(str(k)), equation(k + 1))[1]) for k in range(4))\n'
BAD = HEAD + '''
import ctypes, itertools, signal, sys

def hog():
    kept = []
    while True:
        kept.append(bytearray(2**24))

def deep(n=0):
    return deep(n + 1)

CLAIMS = (
    claim("dies", lambda: os._exit(3)),
    claim("is killed", lambda: os.kill(os.getpid(), signal.SIGKILL)),
    claim("crashes", lambda: ctypes.string_at(0)),
    claim("sleeps", lambda: time.sleep(60)),
    claim("spins in C", lambda: sum(itertools.repeat(1))),
    claim("hogs", lambda: bytearray(2**31)),
    claim("hogs slowly", hog),
    claim("recurses", deep),
    claim("breaks", lambda: 1 // 0),
    claim("leaves", lambda: sys.exit(0)),
    claim("misfits", lambda: (Equation(copy(space(x=Real[2])), identity(space(x=Real[2]))),)),
    claim("holds"),
)
'''


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "cache")


def module(folder: Path, name: str, text: str) -> Path:
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}.py"
    path.write_text(text)
    return path


def names(ledger: Ledger) -> list[str]:
    return [entry.claim.name for entry in ledger.entries]


def test_a_ledger_in_the_order_of_the_claims(tmp_path: Path, store: Store) -> None:
    module(tmp_path / "a", "second", GOOD.replace("good", "other"))
    module(tmp_path / "a", "first", GOOD)
    seen = []
    note = lambda done, total, claim, verdict: seen.append((done, total, verdict.status))
    ledger = run([tmp_path / "a"], jobs=2, store=store, progress=note)
    assert names(ledger) == [f"good {k}" for k in range(6)] + [f"other {k}" for k in range(6)]
    assert [e.verdict.reason for e in ledger.entries] == [""] * 12
    assert ledger.summary == {"total": 12, "as_expected": 12, "unexpected": 0, "unknown": 0}
    assert seen == [(k, 12, "proved") for k in range(1, 13)]
    assert ledger.topics == {"first": list(range(6)), "second": list(range(6, 12))}
    assert json.loads(json.dumps(ledger.data()))["claims"][7]["verdict"] == "proved"


def test_whatever_a_worker_does_the_others_are_decided(tmp_path: Path, store: Store) -> None:
    path = module(tmp_path / "a", "bad", BAD)
    start = time.monotonic()
    ledger = run([path], jobs=1, timeout=2, store=store, memory=2**27)
    assert time.monotonic() - start < 30
    reasons = {entry.claim.name: entry.verdict.reason for entry in ledger}
    assert reasons["dies"] == "the worker died 3 times at this claim: it ended with code 3"
    assert reasons["is killed"] == "the worker died 3 times at this claim: it was ended by signal SIGKILL"
    assert reasons["crashes"] == "the worker died 3 times at this claim: it was ended by signal SIGSEGV"
    assert reasons["sleeps"] == reasons["spins in C"] == "stopped after 2 s"
    assert reasons["hogs"] == reasons["hogs slowly"] == "out of memory: more than 0.125 GiB"
    assert "RecursionError" in reasons["recurses"]
    assert "ZeroDivisionError" in reasons["breaks"] and "SystemExit" in reasons["leaves"]
    assert "cannot be made" in reasons["misfits"]
    assert ledger.entries[-1].verdict.proved
    assert ledger.summary == {"total": 12, "as_expected": 1, "unexpected": 0, "unknown": 11}
    rows = Journal(store.folder / "ledger.jsonl").read()
    assert {name: row.get("reason", "") for (_, name), row in rows.items()} == reasons
    assert rows[str(path), "sleeps"]["seconds"] == 2
    again = run([path], jobs=1, timeout=1, store=store, keyword="holds")
    assert again.cached == 1


@pytest.mark.parametrize("name", ["is killed", "sleeps", "hogs", "breaks"])
def test_cut_off_is_not_decided(tmp_path: Path, store: Store, name: str) -> None:
    path = module(tmp_path / "a", "bad", BAD)
    for _ in range(2):
        assert run([path], jobs=1, timeout=0.2, store=store, memory=2**27, keyword=name).cached == 0


def test_what_was_cut_off_is_tried_again_and_an_unexpected_proof_is_counted(tmp_path: Path, store: Store) -> None:
    path = module(tmp_path / "a", "wrong", HEAD + 'CLAIMS = (claim("holds", expected="refuted"),)\n')
    assert run([path], store=store).summary == {"total": 1, "as_expected": 0, "unexpected": 1, "unknown": 0}


def test_unchanged_sources_are_served_without_building_goals(tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    tracks = tmp_path / "tracks"
    tracks.touch()
    monkeypatch.setenv("TRACKS", str(tracks))
    path = module(tmp_path / "a", "tracked", TRACKED)
    cold = run([path], jobs=2, store=store)
    assert sorted(tracks.read_text().split()) == ["0", "1", "2", "3"]
    warm = run([path], jobs=2, store=store)
    assert sorted(tracks.read_text().split()) == ["0", "1", "2", "3"]
    assert (cold.cached, warm.cached) == (0, 4)
    assert warm.records == cold.records


def test_a_changed_module_builds_its_goals_but_proves_only_new_ones(tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    tracks = tmp_path / "tracks"
    monkeypatch.setenv("TRACKS", str(tracks))
    run([module(tmp_path / "a", "tracked", TRACKED)], jobs=1, store=store)
    changed = run([module(tmp_path / "b", "tracked", TRACKED.replace("range(4)", "range(5)"))], jobs=1, store=store)
    assert sorted(tracks.read_text().split()) == ["0", "0", "1", "1", "2", "2", "3", "3", "4"]
    assert [entry.cached for entry in changed.entries] == [True] * 4 + [False]


def test_other_engines_other_keys(tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    path = module(tmp_path / "a", "good", GOOD)
    run([path], store=store, keyword="good 3")
    for part in ("engine_digest", "package_digest"):
        monkeypatch.setattr(f"symcat.prove.cache.{part}", lambda: "changed")
    assert run([path], store=store, keyword="good 3").cached == 0


def test_a_damaged_cache_is_no_answer(tmp_path: Path, store: Store) -> None:
    path = module(tmp_path / "a", "good", GOOD)
    run([path], store=store, keyword="good 1")
    for file in (store.folder / "verdicts").rglob("*.json"):
        file.write_text(file.read_text().replace('"digest"', '"digits"'))
    ledger = run([path], store=store, keyword="good 1")
    assert ledger.cached == 0
    assert ledger.entries[0].verdict.proved


def test_a_proof_whose_certificate_is_gone_is_proved_again(tmp_path: Path, store: Store) -> None:
    path = module(tmp_path / "a", "good", GOOD)
    first = run([path], store=store, keyword="good 1").entries[0].verdict
    Path(first.certificate["path"]).unlink()
    second = run([path], store=store, keyword="good 1")
    assert second.cached == 0
    assert read(Path(second.entries[0].verdict.certificate["path"]))["claim"]["name"] == "good 1"


def test_certificates_are_copied_where_they_are_wanted(tmp_path: Path, store: Store) -> None:
    path = module(tmp_path / "a", "good", GOOD)
    for _ in range(2):
        ledger = run([path], store=store, certificates=tmp_path / "out")
    assert ledger.cached == 6
    assert sorted(Path(entry.verdict.certificate["path"]) for entry in ledger.entries) == sorted((tmp_path / "out").iterdir())


def test_claims_without_a_module(store: Store) -> None:
    a = space(x=Real["n"])
    claims = [Claim(f"local {k}", "s", "s", lambda: (Equation(copy(a) >> (identity(a) @ identity(a)), copy(a)),)) for k in range(3)]
    ledger = run(claims, jobs=2, store=store)
    assert names(ledger) == ["local 0", "local 1", "local 2"]
    assert all(entry.verdict.proved for entry in ledger.entries)
    assert run(claims, jobs=2, store=store).cached == 3


@pytest.fixture
def interruptible() -> Iterator[None]:
    """SIGINT raises KeyboardInterrupt, also where the tests were started in the background, with SIGINT ignored."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_an_interrupted_campaign_keeps_what_was_decided(tmp_path: Path, store: Store) -> None:
    path = module(tmp_path / "a", "slow", HEAD + 'CLAIMS = (claim("holds"), claim("sleeps", lambda: time.sleep(60)))\n')
    start = time.monotonic()

    def stop(done: int, total: int, claim: Claim, verdict: object) -> None:
        threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT)).start()

    ledger = run([path], jobs=2, store=store, progress=stop)
    assert time.monotonic() - start < 20
    assert ledger.interrupted
    assert [entry.verdict.status for entry in ledger.entries] == ["proved", "unknown"]
    assert "interrupted" in ledger.entries[1].verdict.reason


def test_the_longest_come_first(tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    tracks = tmp_path / "tracks"
    monkeypatch.setenv("TRACKS", str(tracks))
    path = module(tmp_path / "a", "tracked", TRACKED)
    journal = Journal(store.folder / "ledger.jsonl")
    for k, seconds in ((2, 50), (0, 1), (1, 2), (3, 3)):
        journal.add(journal_row(path, f"tracked {k}", took=seconds))
    run([path], jobs=1, store=store)
    assert tracks.read_text().split() == ["2", "3", "1", "0"]
    assert all(row["took"] < 1 and row["verdict"] == "proved" for row in journal.read().values())


def journal_row(path: Path, name: str, **more: object) -> dict:
    return {"module": str(path), "topic": path.stem, "name": name, "statement": "s", "verdict": "unknown", "expected": "proved",
            "method": "", "premises": [], "seconds": 0.0, "took": 0.0} | more


@pytest.mark.parametrize(("text", "message"), [
    ("CLAIMS = []", "tuple"), ("", "no CLAIMS"), ("CLAIMS = (", "SyntaxError"), ("import nothing_of_that_name", "ModuleNotFoundError"),
    (HEAD + 'CLAIMS = (claim("same"), claim("same"))', "two claims"), ("CLAIMS = (1,)", "tuple of claims"),
])
def test_malformed_modules(tmp_path: Path, store: Store, text: str, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        run([module(tmp_path / "a", "malformed", text)], store=store)


def test_wrong_paths_words_and_limits(tmp_path: Path, store: Store) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(UsageError, match="holds no proofs"):
        find([tmp_path / "empty"])
    with pytest.raises(UsageError, match="expected a folder"):
        find([tmp_path / "missing"])
    with pytest.raises(UsageError, match="no claim contains 'nowhere'"):
        run([module(tmp_path / "a", "good", GOOD)], store=store, keyword="nowhere")
    with pytest.raises(UsageError, match="positive"):
        run([], store=store, timeout=0)
    with pytest.raises(UsageError, match="at least one job"):
        run([], store=store, jobs=0)
    assert run([], store=store).summary == {"total": 0, "as_expected": 0, "unexpected": 0, "unknown": 0}


def test_a_folder_that_cannot_be_written_is_named_and_serves_what_it_has(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    one = space(x=Real[2])
    same = Claim("a", "f = f", "definition of equality", lambda: (Equation(identity(one), identity(one)),))
    blocked = tmp_path / "file"
    blocked.write_text("")
    with pytest.raises(UsageError, match="SYMCAT_CACHE"):
        run([same], store=Store(blocked))
    full = Store(tmp_path / "full")
    run([same], store=full)
    monkeypatch.setattr("symcat.prove.cache.write_atomically", refuse)
    monkeypatch.setattr(Store, "check", refuse)
    assert run([same], store=full).cached == 1


def refuse(*_: object) -> None:
    raise PermissionError(13, "Permission denied")


def test_modules_that_are_known_are_not_run(tmp_path: Path, store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    tracks = tmp_path / "tracks"
    tracks.touch()
    monkeypatch.setenv("TRACKS", str(tracks))
    claims = 'CLAIMS = tuple(claim(f"number {k}", lambda k=k: equation(k + 1)) for k in range(NUMBER))\n'
    path = module(tmp_path / "a", "noisy", HEAD + 'from beside import NUMBER\nnote("run")\n' + claims)
    module(tmp_path / "a", "beside", "NUMBER = 2\nCLAIMS = ()\n")
    first = run([path], jobs=1, store=store)
    loaded.cache_clear()
    again = run([path], jobs=1, store=store)
    assert tracks.read_text().split() == ["run"] and again.records == first.records and again.cached == 2
    for file in (store.folder / "verdicts").rglob("*.json"):
        file.unlink()
    assert run([path], jobs=1, store=store).summary["as_expected"] == 2, "the goals are built from the module"
    assert tracks.read_text().split() == ["run", "run"]
    loaded.cache_clear()
    assert run([path], jobs=1, store=store.fresh()).cached == 0
    assert tracks.read_text().split() == ["run"] * 3, "fresh trusts nothing"
    module(tmp_path / "a", "beside", "NUMBER = 2 + 1\nCLAIMS = ()\n")
    assert names(run([path], jobs=1, store=store)) == ["number 0", "number 1", "number 2"], "a changed neighbour is read again"


def test_a_module_that_changes_under_way_is_refused(tmp_path: Path, store: Store) -> None:
    path = module(tmp_path / "a", "good", GOOD)
    run([path], jobs=1, store=store, keyword="good 1")
    loaded.cache_clear()
    known = listed(path, store)
    path.write_text(GOOD.replace("range(6)", "range(7)"))
    with pytest.raises(UsageError, match="was changed in the meantime: run the campaign again"):
        known.claim("good 2").goal()
