"""`symcat bench prover`: JSON alone on standard output, exit code 1 for a missed bar, usage errors before any work."""

from __future__ import annotations

import json

import pytest

from symcat.bench.prover import scalar, sizes, whole
from symcat.bench.report import Bar, Report, Row
from symcat.cli import main


def test_scalar_figures_as_json(capsys):
    code = main(["bench", "prover", "--only", "scalar", "--count", "8", "--peers", "0", "--json", "-"])
    out, err = capsys.readouterr()
    data = json.loads(out)
    assert code == (0 if all(bar["met"] is not False for bar in data["bars"]) else 1)
    assert {"rows", "bars", "details", "environment"} == set(data)
    assert {"suite", "case", "ours_us", "peers", "ratio"} <= set(data["rows"][0])
    figures = {bar["name"]: bar["figure"] for bar in data["bars"]}
    assert figures["wrong verdicts, all goals"] == 0
    assert figures["held out: total time of sympy.simplify over ours"] is None
    assert "figures" in err and "cores" in err


@pytest.mark.parametrize("figure, code", [(1, 0), (3, 1), (None, 0)])
def test_exit_code_says_whether_all_bars_are_met(monkeypatch, capsys, figure, code):
    made = Report((Row("s", "case", 1.0),), (Bar("bar", figure, at_most=2),), ("a [detail]",))
    monkeypatch.setattr(sizes, "report", lambda count, progress: made)
    monkeypatch.setattr(whole, "report", lambda progress: Report())
    monkeypatch.setattr(scalar, "measure", lambda *arguments: [])
    assert main(["bench", "prover", "--only", "sizes", "--pairs", "3"]) == code
    out = capsys.readouterr().out
    assert "a [detail]" in out and {1: "met", 3: "MISSED", None: "not measured"}[figure] in out


@pytest.mark.parametrize("arguments", [["kernel"], ["--count", "0"], ["--peers", "-1"], ["--pairs", "0"],
                                       ["--seed", "x"]])
def test_usage_errors(arguments, capsys):
    with pytest.raises(SystemExit) as caught:
        main(["bench", *arguments])
    assert caught.value.code == 2 and "usage: symcat" in capsys.readouterr().err


@pytest.mark.parametrize("arguments, words", [(["prover", "--only", "all"], "expected scalar, sizes, campaign"),
                                              (["--only", "all"], "expected iris, digits"),
                                              (["elementary", "--only", "scalar"], "expected exp, expm1"),
                                              (["zoo", "--page", "page.md"], "the whole of a suite: elementary"),
                                              (["elementary", "--only", "exp", "--page", "page.md"], "the whole of a suite")])
def test_parts_that_a_suite_does_not_have_are_refused(arguments, words, capsys):
    assert main(["bench", *arguments]) == 2
    assert words in capsys.readouterr().err


def test_a_destination_that_cannot_be_written_is_refused_before_any_work(capsys):
    assert main(["bench", "--json", "/no/such/folder/x.json"]) == 2
    assert "existing folder" in capsys.readouterr().err


def test_the_campaign_is_run_in_folders_of_its_own(tmp_path):
    module = tmp_path / "claims.py"
    module.write_text('"""Topic."""\n\nfrom symcat.laws.instances import generators\nfrom symcat.laws.reverse import REVERSE\n\n'
                      'CLAIMS = tuple(law.claim("slice", lambda: (generators()["slice"](),)) for law in REVERSE[:2])\n', encoding="utf-8")
    found = whole.report(paths=(str(module),))
    assert [row.case for row in found.rows] == ["2 jobs", "again, from the cache", "1 job"]
    assert all(row.counts["total"] == row.counts["as_expected"] == 2 for row in found.rows)
    assert {bar.name: bar.met for bar in found.bars}["campaign, verdicts other than expected"] is True
