"""Curves: their cases, what is not measured, and the files that the command writes."""

import pytest

from symcat.bench.kernels import curves, suite
from symcat.cli import main

NARROW = curves.Curve("width", "a step", "hidden units n", (4, 8, 16), curves.CURVES[0].case)
FOUND = {"width-4": {"times": {"symcat": [2e-6, 1e-6], "jax step": [9e-6], "jax scan": [3e-6]}},
         "width-8": {"error": "no compiler"}, "width-16": {"times": {"symcat": [4e-6], "torch eager": [5e-5]}}}


def test_a_curve_holds_the_least_of_each_library_and_says_what_failed():
    steps = []
    found = curves.measure(NARROW, lambda name, cores: FOUND[name], steps.append)
    assert steps == ["width-4", "width-8", "width-16"] and found.details == ("width-8: no compiler",)
    assert found.series == {"symcat": pytest.approx((1, None, 4)), "jax": pytest.approx((3, None, None)),
                            "torch": pytest.approx((None, None, 50))}
    assert found.csv().splitlines() == ['hidden units n,"symcat, us","jax, us","torch, us"', "4,1.000,3.000,", "8,,,", "16,4.000,,50.000"]


def test_cases_differ_in_one_number():
    for curve in curves.CURVES:
        assert len({case.words for case in curve.cases.values()}) == len(curve.x)
        assert list(curve.cases) == [case.name for case in curve.cases.values()]
    width, depth = curves.POINTS["width-32"].learner(), curves.POINTS["depth-4"].learner()
    assert sorted(width.sizes.values()) == [10, 32, 64] and len(depth.params) == 10
    assert len(curves.POINTS["batch-1024"].data()[0]) == 4 * 1024


def test_the_command_writes_a_table_and_a_picture_for_each(monkeypatch, tmp_path):
    monkeypatch.setattr(curves, "CURVES", (NARROW,))
    monkeypatch.setattr(suite, "measured", lambda name, cores, rounds, peers: FOUND["width-4" if name == "width-8" else name])
    assert main(["bench", "--curves", str(tmp_path / "made")]) == 0
    assert sorted(path.name for path in (tmp_path / "made").iterdir()) == ["width.csv", "width.svg"]
    assert "hidden units n" in (tmp_path / "made/width.svg").read_text(encoding="utf-8")
    monkeypatch.setattr(suite, "measured", lambda name, cores, rounds, peers: {"error": "why"})
    assert main(["bench", "--curves", str(tmp_path)]) == 1


@pytest.mark.parametrize("arguments, words", [(["prover"], "for the suite kernels"), (["--only", "iris"], "without --only")])
def test_curves_are_of_the_whole_suite(arguments, words, tmp_path, capsys):
    assert main(["bench", *arguments, "--curves", str(tmp_path)]) == 2
    assert words in capsys.readouterr().err


def test_a_folder_that_cannot_be_made_is_refused(tmp_path, capsys):
    (tmp_path / "file").write_text("", encoding="utf-8")
    assert main(["bench", "--curves", str(tmp_path / "file")]) == 2
    assert "a folder that can be made" in capsys.readouterr().err
