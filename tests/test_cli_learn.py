"""`symcat learn` from end to end: the report, the files, and the refusal to train what is not proved."""

import json
from types import SimpleNamespace

import numpy as np
import pytest

import symcat.commands.learn as command
from symcat.category.space import Real
from symcat.category.trace import morphism
from symcat.cli import main
from symcat.errors import UsageError
from symcat.laws.claim import Claim, Equation
from symcat.laws.obligations import obligations

FIELDS = {"dataset", "model", "optimiser", "obligations", "train_accuracy", "test_accuracy", "loss", "seconds", "kernel"}
QUICK = ("--model", "dense", "--optimiser", "gradient_descent(lr=0.2)", "--batch", "15")


def test_iris_reaches_its_accuracy_and_reports_everything(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["learn", "iris", "--model", "hidden", "--optimiser", "adam", "--json", "-"]) == 0
    captured = capsys.readouterr()
    report = json.loads(captured.out)
    assert set(report) >= FIELDS and report["dataset"] == "iris" and report["optimiser"] == "adam"
    assert report["test_accuracy"] >= 0.93 and report["loss"][-1] < report["loss"][0] / 4
    assert {row["verdict"] for row in report["obligations"]} == {"proved"} and len(report["obligations"]) >= 6
    assert set(report["seconds"]) == {"prove", "compile", "train"}
    shown = ("S * P", "obligations", "RD.2", "kernel ", "training", "accuracy", "kernel source", "certificates")
    order = [captured.err.index(words) for words in shown]
    assert order == sorted(order)


def test_files_are_where_the_report_says_and_certificates_hold(tmp_path, capsys):
    out, destination = tmp_path / "results", tmp_path / "report.json"
    assert main(["learn", "iris", *QUICK, "--epochs", "3", "--out", str(out), "--json", str(destination)]) == 0
    report = json.loads(destination.read_text())
    with open(report["kernel"]["source"], encoding="utf-8") as file:
        source = file.read()
    assert "status: PROVED" in source and report["kernel"]["digest"][:16] in report["kernel"]["source"] and len(report["loss"]) == 3
    paths = [row["certificate"]["path"] for row in report["obligations"]]
    assert all(row["certificate"]["digest"] in source for row in report["obligations"])
    assert sorted(paths) == sorted({str(path) for path in (out / "certificates").iterdir()})
    capsys.readouterr()
    assert main(["verify", paths[0]]) == 0


def test_the_same_seed_gives_the_same_run_and_another_seed_another(tmp_path, capsys):
    losses = []
    for seed in ("0", "0", "1"):
        assert main(["learn", "iris", *QUICK, "--epochs", "3", "--seed", seed, "--out", str(tmp_path / "o"), "--json", "-"]) == 0
        losses.append(json.loads(capsys.readouterr().out)["loss"])
    assert losses[0] == losses[1] != losses[2]


def test_own_data_for_classes_and_for_numbers(tmp_path, capsys):
    draw = np.random.default_rng(0)
    X = draw.normal(size=(60, 3))
    names = np.where(X[:, 0] + X[:, 1] > 0, "high", "low")
    rows = [f"{row[0]},{row[1]},{row[2]},{name}\n" for row, name in zip(X, names, strict=True)]
    (tmp_path / "d.csv").write_text("".join(["a,b,c,kind\n", *rows]))
    common = ["--epochs", "60", "--out", str(tmp_path / "o"), "--json", "-"]
    assert main(["learn", str(tmp_path / "d.csv"), "--target", "kind", *QUICK, *common]) == 0
    assert json.loads(capsys.readouterr().out)["test_accuracy"] >= 0.8
    np.savez(tmp_path / "d.npz", X=X, y=X @ [1.0, -2.0, 0.5] + 0.25)
    assert main(["learn", str(tmp_path / "d.npz"), *QUICK, *common]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["test_accuracy"] is None and report["loss_at_end"]["test"] < 1e-3


DOUBLE, SAME = morphism(lambda x: 2 * x, x=Real["n"]), morphism(lambda x: x, x=Real["n"])
FALSE = Claim("false", "2 x = x", "nowhere", lambda: (Equation(DOUBLE, SAME),))


def test_a_refuted_obligation_stops_everything(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(command, "obligations", lambda learner: (FALSE, *obligations(learner)[:1]))
    assert main(["learn", "iris", *QUICK, "--json", "report.json"]) == 2
    message = capsys.readouterr().err
    assert "these obligations are not proved:" in message and "false: REFUTED: at n=1, x=" in message and "--unproved" in message
    assert list(tmp_path.iterdir()) == []


def test_a_kernel_that_was_asked_for_unproved_is_stamped(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(command, "obligations", lambda learner: ())
    destination = tmp_path / "r.json"
    assert main(["learn", "iris", *QUICK, "--epochs", "1", "--unproved", "--out", str(tmp_path / "o"), "--json", str(destination)]) == 0
    with open(json.loads(destination.read_text())["kernel"]["source"], encoding="utf-8") as file:
        assert "status: UNPROVED" in file.read()


def test_divergence_is_an_error_and_nothing_is_written(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    fast = ("--model", "linear", "--loss", "quadratic", "--optimiser", "gradient_descent(lr=100)", "--epochs", "60")
    assert main(["learn", "iris", *fast, "--json", "x.json"]) == 2
    assert "training diverged; use a smaller learning rate" in capsys.readouterr().err and list(tmp_path.iterdir()) == []


def test_an_interrupted_training_goes_on_from_its_checkpoint(tmp_path, capsys):
    def losses(*options):
        destination = tmp_path / "r.json"
        assert main(["learn", "iris", *QUICK, "--out", str(tmp_path / "o"), "--json", str(destination), *options]) == 0
        return json.loads(destination.read_text())["loss"]

    path = str(tmp_path / "c.npz")
    whole = losses("--epochs", "14")
    assert losses("--epochs", "6", "--checkpoint", path, "--resume") + losses("--epochs", "14", "--checkpoint", path, "--resume") == whole
    assert f"from the checkpoint {path}, after 6 epochs" in capsys.readouterr().out.replace("\n", "")
    assert main(["learn", "iris", *QUICK, "--resume"]) == 2
    assert main(["learn", "iris", *QUICK, "--checkpoint", __file__, "--resume", "--out", str(tmp_path / "o")]) == 2
    assert "is no checkpoint, or damaged" in capsys.readouterr().err


def test_a_folder_of_results_that_cannot_be_written(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr("os.access", lambda *_: False)
    assert main(["learn", "iris", "--out", str(tmp_path / "o")]) == 2
    assert f"{tmp_path} cannot be written: name another folder" in capsys.readouterr().err
    (tmp_path / "file").write_text("")
    kernel = SimpleNamespace(digest="0" * 64, source="")
    with pytest.raises(UsageError, match="name another folder"):
        command.write(tmp_path / "file" / "o", kernel, {"kernel": {}, "obligations": []}, tmp_path)
