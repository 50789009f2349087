"""Figures against bars."""

from __future__ import annotations

import json

import pytest

from symcat.bench.environment import environment
from symcat.bench.report import Bar, Report, Row


@pytest.mark.parametrize("bar, met, text", [
    (Bar("a", 97.0, "%", at_least=97), True, "a: 97 %, wanted at least 97 %: met"),
    (Bar("a", 96.99, "%", at_least=97), False, "a: 96.99 %, wanted at least 97 %: MISSED"),
    (Bar("a", 1, at_most=0), False, "a: 1, wanted at most 0: MISSED"),
    (Bar("a", 20.0, "ms", below=20), False, "a: 20 ms, wanted below 20 ms: MISSED"),
    (Bar("a", 19.9, "ms", below=20), True, "a: 19.9 ms, wanted below 20 ms: met"),
    (Bar("a", None, below=20), None, "a: -, wanted below 20: not measured"),
])
def test_bars(bar, met, text):
    assert bar.met is met and str(bar) == text and bar.data()["met"] is met


def test_reports_add_up():
    row = Row("s", "c", 12.3456, {"peer": 1.0}, {"peer": 0.08}, {"goals": 2})
    good, bad = Report((row,), (Bar("a", 1, at_least=1),)), Report((), (Bar("b", 0, at_least=1),), ("why",))
    open_ = Report((), (Bar("c", None),))
    assert (good + open_).met and not (good + bad).met
    data = json.loads(json.dumps((good + bad).data(environment())))
    assert data["rows"] == [{"suite": "s", "case": "c", "ours_us": 12.346, "peers": {"peer": 1.0}, "ratio": {"peer": 0.08},
                             "counts": {"goals": 2}}]
    assert [bar["name"] for bar in data["bars"]] == ["a", "b"] and data["details"] == ["why"]
    assert data["environment"]["versions"]["sympy"] and data["environment"]["cores"] >= 1
