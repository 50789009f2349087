"""`symcat prove` as a campaign: interrupted, killed, resumed; its ledger read and filtered; its progress."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from rich.console import Console

from symcat.cli import main
from symcat.commands.prove import _progress
from symcat.laws.claim import Claim
from symcat.prove.certificate import recheck
from symcat.prove.ledger import Journal
from symcat.verdict import unknown

CLAIMS = '''"""Claims that hold, one that does not, and some that are slow on request."""
import os, time
from symcat.category.space import Real, space
from symcat.category.structure import identity, swap
from symcat.laws.claim import Claim, Equation

def slow(k):
    if os.environ.get("SLOW"):
        with open(os.environ["SLOW"], "a") as file:
            file.write(f"{os.getpid()}\\n")
        time.sleep(60)
    return equation(k)

def equation(k, times=2):
    a = space(x=Real["n", k + 1])
    return (Equation(swap(a, a) >> swap(a, a) if times == 2 else swap(a, a), identity(a * a)),)

CLAIMS = (
    *(Claim(f"swap twice {k}", "swap ; swap = 1", "here", lambda k=k: equation(k)) for k in range(3)),
    Claim("swap once", "swap = 1", "here", lambda: equation(0, 1), "refuted"),
    *(Claim(f"slow {k}", "swap ; swap = 1", "here", lambda k=k: slow(k + 3)) for k in range(2)),
)
'''


@pytest.fixture
def claims(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("SYMCAT_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("SLOW", raising=False)
    path = tmp_path / "claims.py"
    path.write_text(CLAIMS)
    return path


def journal(path: Path) -> Journal:
    return Journal(path.parent / "cache" / "ledger.jsonl")


def wait(condition: Callable[[], bool], seconds: float = 60) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline, "nothing happened"
        time.sleep(0.02)


def started(path: Path) -> subprocess.Popen:
    """A campaign whose last two claims sleep, at the moment when they do and all others are decided."""
    tracks = path.parent / "tracks"
    tracks.unlink(missing_ok=True)
    code = "import signal, sys; signal.signal(signal.SIGINT, signal.default_int_handler); from symcat.cli import main; sys.exit(main())"
    process = subprocess.Popen([sys.executable, "-c", code, "prove", str(path), "-j", "2", "--json", str(path.parent / "out.json")],
                               env=os.environ | {"SLOW": str(tracks)}, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    wait(lambda: len(journal(path).read()) == 4 and tracks.exists() and len(tracks.read_text().splitlines()) == 2)
    return process


def gone(path: Path) -> bool:
    """Whether the processes that slept are not there any more."""
    return not any(Path(f"/proc/{pid}").exists() for pid in (path.parent / "tracks").read_text().split())


def test_an_interrupted_campaign_says_so_and_resumes(claims: Path, capsys: pytest.CaptureFixture) -> None:
    process = started(claims)
    process.send_signal(signal.SIGINT)
    output, _ = process.communicate(timeout=60)
    assert process.returncode == 130 and "interrupted" in output and "run it again to resume" in output
    wait(lambda: gone(claims), 10)
    data = json.loads((claims.parent / "out.json").read_text())
    assert [claim["verdict"] for claim in data["claims"]] == ["proved"] * 3 + ["refuted"] + ["unknown"] * 2
    assert len(journal(claims).read()) == 4
    assert main(["prove", str(claims), "-j", "1"]) == 0
    output = capsys.readouterr().out
    assert "6 claims: 6 as expected" in output and "4 verdicts came from the cache" in output


def test_a_killed_campaign_leaves_a_ledger_and_no_process(claims: Path, capsys: pytest.CaptureFixture) -> None:
    process = started(claims)
    process.kill()
    process.communicate(timeout=60)
    wait(lambda: gone(claims), 10)
    assert main(["prove", str(claims), "--ledger", "--json", "-"]) == 0
    assert json.loads(capsys.readouterr().out)["summary"] == {"total": 4, "as_expected": 4, "unexpected": 0, "unknown": 0}
    assert main(["prove", str(claims), "-j", "2"]) == 0
    assert "4 verdicts came from the cache" in capsys.readouterr().out


def test_the_ledger_is_read_and_filtered(claims: Path, tmp_path: Path, capsys: pytest.CaptureFixture) -> None:
    assert main(["prove", str(claims), "--ledger"]) == 2
    assert "run symcat prove first, without --ledger" in capsys.readouterr().err
    assert main(["prove", str(claims), "-j", "1"]) == 0
    capsys.readouterr()
    for flags, count in ((["--verdict", "refuted"], 1), (["--law", "swap"], 4), (["--slowest", "2"], 2), (["-k", "slow"], 2),
                         (["--topic", "claim"], 6), (["--method", "exact evaluation"], 1), (["--trusted"], 0), (["--unexpected"], 0)):
        for before in ([], ["--ledger"]):
            assert main(["prove", str(claims), "--json", "-", *before, *flags]) == 0
            data = json.loads(capsys.readouterr().out)
            assert len(data["claims"]) == count, flags
    assert main(["prove", str(claims), "--ledger", "--verdict", "refuted"]) == 0
    output = capsys.readouterr().out
    assert "swap once" in output and "swap twice" not in output and "1 of 6 claims" in output
    assert main(["prove", str(claims), "--ledger", "--trusted"]) == 0
    assert "no claim of the ledger is of this kind" in capsys.readouterr().out
    wrong = tmp_path / "wrong.py"
    wrong.write_text(CLAIMS.replace('"refuted"', '"proved"'))
    assert main(["prove", str(wrong), "--unexpected"]) == 1
    assert "REFUTED, expected proved" in capsys.readouterr().out
    assert main(["prove", str(wrong), "--ledger"]) == 1


def test_fresh_decides_again_and_its_certificates_can_be_verified(claims: Path, capsys: pytest.CaptureFixture) -> None:
    for flags, known in (([], 0), (["--fresh"], 0), ([], 6)):
        assert main(["prove", str(claims), "-j", "1", "--json", "-", *flags]) == 0
        captured = capsys.readouterr()
        assert ("came from the cache" in captured.err) == bool(known)
        data = json.loads(captured.out)
        assert all(recheck(claim["certificate"]["path"]).ok for claim in data["claims"] if claim["verdict"] == "proved")


def test_progress_is_a_bar_on_a_terminal_and_lines_elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("symcat.commands.prove.PLAIN_EVERY", 0.0)
    lines, bar = (shown(terminal) for terminal in (False, True))
    assert lines.splitlines() == ["1 of 2: a [b] is unknown, expected proved", "1 of 2 claims after 0 s"]
    assert "1/2" in bar and "1 not as expected; a [b]: unknown" in bar and "1 of 2" not in bar


def shown(terminal: bool) -> str:
    """What progress prints about one claim whose name looks like markup."""
    file = io.StringIO()
    with _progress(Console(file=file, width=200, force_terminal=terminal)) as show:
        show(1, 2, Claim("a [b]", "s", "s", lambda: ()), unknown("open"))
        time.sleep(0.3 if terminal else 0)    # the bar is drawn ten times a second
    return file.getvalue()
