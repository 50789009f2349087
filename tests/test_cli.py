"""The command line: help at once, JSON alone on standard output, errors with exit code 2 and nothing written."""

import json
import os
import subprocess
import sys
import time

import numpy as np
import pytest

from symcat.cli import main

RULES = """
import numpy as np

def branch(p, g, *, lr=0.1):
    return p if p.sum() > 0 else p - lr * g

def unsupported(p, g, *, lr=0.1):
    return p - lr * np.sort(g)

def two(p, g, *, lr=0.1):
    return p, g

def failing(p, g, *, lr=0.1):
    return {}["x"]

def net(inputs, outputs):
    raise RuntimeError("no net")

def narrow(inputs):
    return inputs
"""


def symcat(*arguments: str, cwd=None) -> subprocess.CompletedProcess:
    return subprocess.run([sys.executable, "-m", "symcat", *arguments], capture_output=True, text=True, cwd=cwd, timeout=300)


def test_help_answers_at_once():
    times = []
    for _ in range(5):
        start = time.perf_counter()
        done = symcat("--help")
        times.append(time.perf_counter() - start)
        assert done.returncode == 0 and all(word in done.stdout for word in ("learn", "prove", "check", "verify"))
    assert min(times) < 0.2


@pytest.mark.parametrize("arguments", [
    [], ["train"], ["learn"], ["learn", "iris", "--epochs", "0"], ["learn", "iris", "--batch", "-1"], ["learn", "iris", "--seed", "-1"],
    ["learn", "iris", "--epochs", "many"], ["learn", "iris", "--dtype", "float16"], ["prove", "--timeout", "0"], ["prove", "--jobs", "0"],
    ["check"], ["verify"], ["learn", "iris", "--opt", "adam"],
])
def test_usage_errors(arguments, capsys):
    with pytest.raises(SystemExit) as caught:
        main(arguments)
    assert caught.value.code == 2 and "usage: symcat" in capsys.readouterr().err


@pytest.mark.parametrize("arguments, message", [
    (["learn", "mnist"], "data set 'mnist' is unknown: use iris, digits"),
    (["learn", "none.csv", "--target", "y"], "none.csv does not exist"),
    (["learn", "iris", "--target", "y"], "goes with a .csv file"),
    (["learn", "iris", "--model", "transformer"], "no model 'transformer': there are linear, dense, hidden, conv"),
    (["learn", "iris", "--model", "4-20-10"], "goes from 4 to 10, but the data has 4 features and 3 target columns: write 4-20-3"),
    (["learn", "iris", "--model", "4-0-3"], "a width of 0"),
    (["learn", "iris", "--model", "conv"], "reads square images"),
    (["learn", "iris", "--model", "none.py:net"], "none.py does not exist"),
    (["learn", "iris", "--model", "math:pi"], "math:pi is a float: expected a parametric map"),
    (["learn", "iris", "--activation", "sine"], "no activation 'sine': there are sigmoid"),
    (["learn", "iris", "--loss", "hinge"], "no loss 'hinge': there are"),
    (["learn", "iris", "--rate", "fast"], "no rate 'fast': there are"),
    (["learn", "iris", "--optimiser", "sgd"], "no optimiser 'sgd': there are gradient_descent"),
    (["learn", "iris", "--optimiser", "adam(lr=fast)"], "lr = 'fast' is not a number"),
    (["learn", "iris", "--optimiser", "adam(lr=-1)"], "lr = -1 is outside its range"),
    (["learn", "iris", "--optimiser", "adam(b1=1)"], "b1 = 1 is outside its range"),
    (["learn", "iris", "--optimiser", "adam(rho=1/2)"], "adam has no hyperparameter 'rho': it has lr, b1, b2, eps"),
    (["learn", "iris", "--batch", "106"], "larger than iris, which has 105 rows"),
    (["learn", "iris", "--json", "no/such/folder/x.json"], "cannot be written"),
    (["prove", "none"], "none: expected a folder of proofs or a Python file"),
    (["prove", "--json", "no/such/folder/x.json"], "cannot be written"),
    (["check", "sgd"], "no optimiser 'sgd': there are gradient_descent"),
    (["check", "adam(eps)"], "'eps' is not hyperparameter=number"),
    (["check", "adam(rho=1)"], "adam has no hyperparameter 'rho'"),
    (["check", "adam", "--laws", "GutPet"], "no law 'GutPet' in the card: there are GetPut"),
    (["check", "math:pi"], "math:pi is a float: expected an optimiser, a function"),
    (["verify", "none.json"], "none.json does not exist"),
    (["check", "{rules}:branch"], "the truth of the traced"),
    (["check", "{rules}:unsupported"], "np.sort is not supported on traced arrays: use"),
    (["check", "{rules}:two"], "two returns 2 arrays: expected the new parameter and its 0 states"),
    (["check", "{rules}:failing"], "one step of failing failed with KeyError"),
    (["learn", "iris", "--optimiser", "{rules}:branch"], "the truth of the traced"),
    (["learn", "iris", "--model", "{rules}:net"], "net(4, 3) failed with RuntimeError: no net"),
    (["learn", "iris", "--model", "{rules}:narrow"], "narrow(4, 3) failed with TypeError"),
])
def test_input_errors_exit_with_2_and_write_nothing(arguments, message, tmp_path, tmp_path_factory, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    rules = tmp_path_factory.mktemp("rules") / "rules.py"
    rules.write_text(RULES)
    arguments = [argument.replace("{rules}", str(rules)) for argument in arguments]
    assert main(arguments) == 2
    captured = capsys.readouterr()
    assert message in captured.err and captured.err.startswith(f"symcat {arguments[0]}: ") and captured.out == ""
    assert os.listdir(tmp_path) == []


def test_bad_data_names_row_and_column(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "d.csv").write_text("a,b,k\n" + "1,2,u\n3,4,v\n" * 10 + "5,nan,u\n")
    assert main(["learn", "d.csv", "--target", "k"]) == 2
    assert "nan in row 21, column b" in capsys.readouterr().err
    np.savez(tmp_path / "d.npz", X=np.ones((20, 2)), y=np.arange(20) % 2 * 3)
    assert main(["learn", "d.npz"]) == 2
    assert "label 3 in row 2 is out of range" in capsys.readouterr().err
    assert sorted(os.listdir(tmp_path)) == ["d.csv", "d.npz"]


def test_a_loss_on_classes_refuses_real_targets(tmp_path, monkeypatch, capsys):
    np.savez(tmp_path / "d.npz", X=np.arange(40.0).reshape(20, 2), y=np.linspace(0, 1, 20))
    assert main(["learn", str(tmp_path / "d.npz"), "--loss", "cross_entropy"]) == 2
    assert "has real targets: use --loss quadratic" in capsys.readouterr().err


def test_out_must_be_a_folder(tmp_path, capsys):
    (tmp_path / "file").write_text("x")
    for out in ("file", "file/below"):
        assert main(["learn", "iris", "--out", str(tmp_path / out)]) == 2
        assert "is a file: name a folder" in capsys.readouterr().err


def test_check_json_carries_the_card_alone(capsys):
    code = main(["check", "adam", "--laws", "GetPut,own_parameter", "--json", "-"])
    captured = capsys.readouterr()
    data = json.loads(captured.out)
    assert code == 0 and set(data) == {"target", "laws", "group", "findings"} and data["target"] == "adam"
    verdicts = {law["name"]: law["verdict"] for law in data["laws"]}
    assert verdicts == {"GetPut": "refuted", "own_parameter": "proved"} and "law card of adam" in captured.err
    witness = data["laws"][0]["witness"]
    assert witness["left"] != witness["right"]
    fields = {"name", "statement", "source", "expected", "verdict", "equality", "method", "premises", "witness", "seconds", "certificate"}
    assert all(fields <= set(law) for law in data["laws"])


def test_check_reads_a_plain_function_from_a_file(tmp_path, capsys):
    (tmp_path / "mine.py").write_text("def rule(p, g, *, lr=0.1):\n    return p - lr * g\n")
    destination = tmp_path / "card.json"
    assert main(["check", f"{tmp_path}/mine.py:rule", "--laws", "own_parameter,GetPut", "--json", str(destination)]) == 0
    laws = json.loads(destination.read_text())["laws"]
    assert {law["name"]: law["verdict"] for law in laws} == {"GetPut": "refuted", "own_parameter": "proved"}
    assert "REFUTED" in capsys.readouterr().out


CLAIMS = '''"""Two claims, one of them {word}."""
from symcat.category.space import Real, space
from symcat.category.structure import identity, swap
from symcat.laws.claim import Claim, Equation

A = space(x=Real["n"])
CLAIMS = (
    Claim("swap twice", "swap ; swap = 1", "here", lambda: (Equation(swap(A, A) >> swap(A, A), identity(A * A)),)),
    Claim("swap once", "swap = 1", "here", lambda: (Equation(swap(A, A), identity(A * A)),), {expected!r}),
)
'''


@pytest.mark.parametrize("expected, code", [("refuted", 0), ("proved", 1)])
def test_prove_prints_the_ledger_and_tells_expected_from_unexpected(tmp_path, capsys, expected, code):
    path = tmp_path / "claims.py"
    path.write_text(CLAIMS.format(word="false", expected=expected))
    assert main(["prove", str(path), "-j", "1", "--json", "-"]) == code
    captured = capsys.readouterr()
    data = json.loads(captured.out)
    assert [claim["verdict"] for claim in data["claims"]] == ["proved", "refuted"]
    assert data["summary"] == {"total": 2, "as_expected": 2 - code, "unexpected": code, "unknown": 0}
    assert ("not as expected" in captured.err) == bool(code) and "2 claims" in captured.err


def test_prove_lists_every_claim_when_asked(tmp_path, capsys):
    path = tmp_path / "claims.py"
    path.write_text(CLAIMS.format(word="false", expected="refuted"))
    for flags, count in (((), 0), (("-v",), 1)):
        assert main(["prove", str(path), "-j", "1", *flags]) == 0
        listed = capsys.readouterr().out.split("claims by topic")[0].splitlines()
        assert sum("swap twice" in line for line in listed if "│" in line) == count


def test_prove_selects_by_word(tmp_path, capsys):
    path = tmp_path / "claims.py"
    path.write_text(CLAIMS.format(word="false", expected="refuted"))
    assert main(["prove", str(path), "-k", "twice", "-j", "1", "--json", "-"]) == 0
    assert [claim["name"] for claim in json.loads(capsys.readouterr().out)["claims"]] == ["swap twice"]
    assert main(["prove", str(path), "-k", "thrice"]) == 2
    assert "no claim contains 'thrice'" in capsys.readouterr().err


def test_verify_accepts_a_certificate_and_refuses_a_changed_one(tmp_path, capsys):
    destination = tmp_path / "card.json"
    main(["check", "adam", "--laws", "own_parameter", "--json", str(destination)])
    certificate = json.loads(destination.read_text())["laws"][0]["certificate"]["path"]
    capsys.readouterr()
    assert main(["verify", certificate, "--json", "-"]) == 0
    assert json.loads(capsys.readouterr().out)["ok"] is True
    changed = tmp_path / "changed.json"
    with open(certificate, encoding="utf-8") as file:
        changed.write_text(file.read().replace("own_parameter", "other_parameter"))
    assert main(["verify", str(changed), "--json", "-"]) == 1
    assert "changed after it was written" in json.loads(capsys.readouterr().out)["why"]
