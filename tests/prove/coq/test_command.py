"""`symcat prove --coq DIR` from the command line."""

import json

import pytest

from symcat.cli import main
from symcat.prove.coq import coqc

MODULE = '''"""Two claims, one of them false."""
import sympy as sp

from symcat.category.space import Real, dims, space
from symcat.category.trace import trace
from symcat.laws.claim import Claim, Equation

n = dims("n")
SPACE = space(x=Real[n])


def equal(left, right):
    return (Equation(trace(left, SPACE), trace(right, SPACE)),)


CLAIMS = (
    Claim("twice *) Axiom no : False. (*", "x + x = 2 x", "a test", lambda: equal(lambda x: x + x, lambda x: 2 * x)),
    Claim("thrice", "x + x = 3 x", "a test", lambda: equal(lambda x: x + x, lambda x: 3 * x), "refuted"),
)
'''


@pytest.fixture
def module(tmp_path, monkeypatch):
    monkeypatch.setenv("SYMCAT_CACHE", str(tmp_path / "cache"))
    path = tmp_path / "twice.py"
    path.write_text(MODULE, encoding="utf-8")
    return path


def test_proved_claims_are_written_and_the_summary_says_so(module, tmp_path, capsys):
    out = tmp_path / "out"
    assert main(["prove", str(module), "-j", "1", "--coq", str(out), "--json", "-"]) == 0
    printed = capsys.readouterr()
    data = json.loads(printed.out)["coq"]
    assert (data["exported"], data["proved"], data["left_out"], data["rejected"]) == (1, 1, {}, {})
    assert data["checked"] is (coqc.found() is not None)
    assert "1 of 1 proved claims exported" in printed.err
    assert sorted(file.name for file in out.iterdir() if file.suffix == ".v") == ["Symcat.v", "Twice.v"]
    text = (out / "Twice.v").read_text(encoding="utf-8")
    assert "Module Claim_twice_Axiom_no_False." in text and "*) Axiom" not in text


def test_a_ledger_of_the_past_cannot_be_exported(module, tmp_path, capsys):
    assert main(["prove", str(module), "--ledger", "--coq", str(tmp_path / "out")]) == 2
    assert "leave --ledger out" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()


def test_without_coqc_the_summary_says_what_to_do(module, tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("shutil.which", lambda name: None)
    assert main(["prove", str(module), "-j", "1", "--coq", str(tmp_path / "out"), "--json", "-"]) == 0
    printed = capsys.readouterr()
    assert json.loads(printed.out)["coq"]["checked"] is False and "coqc is not installed" in printed.err
