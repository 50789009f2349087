"""Certificates of inequalities: replayed, and of no use once anything in their mathematics is changed."""

from __future__ import annotations

import copy
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import sympy as sp

from symcat.errors import DataError
from symcat.prove.advice import identities
from symcat.prove.certificate import recheck
from symcat.prove.claim import Claim, Inequality
from symcat.prove.decide import prove
from symcat.prove.inequality import engine
from symcat.prove.inequality.goal import canonical
from symcat.prove.record import goal_data, load_goal, read, write

x, y = sp.symbols("x y", real=True)
p, q = sp.symbols("p q", positive=True)

GOALS = {
    "square": Inequality(2 * x * y, x**2 + y**2),
    "constrained": Inequality(x, x**2, "<", (x > 1,)),
    "cells": Inequality(sp.Abs(x + y), sp.Abs(x) + sp.Abs(y)),
    "kernel": Inequality(sp.log(p / q), p / q - 1),
    "squared goal": Inequality(sp.sqrt(x * y), (x + y) / 2, "<=", (x >= 0, y >= 0)),
}


def certificate(goal: Inequality, folder: Path) -> Path:
    verdict = prove(Claim("claim", "statement", "source", lambda: goal, equality="as functions"), folder)
    assert verdict.proved, verdict
    return Path(verdict.certificate["path"])


def forged(path: Path, **changes: object) -> Path:
    return write({**copy.deepcopy(read(path)), **changes}, path.parent)


@pytest.mark.parametrize("name", GOALS)
def test_certificates_are_replayed(name: str, tmp_path: Path) -> None:
    path = certificate(GOALS[name], tmp_path)
    assert load_goal(read(path)["goal"]) == canonical(GOALS[name])
    found = recheck(path)
    assert found.ok, found.why
    assert "checked independently of the engine" in found.why
    assert "z3" not in found.why
    assert "trusted" not in read(path)["method"]


def test_what_rests_on_z3_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (engine, identities):
        monkeypatch.setattr(module, "certify", lambda problem, seconds, levels: (None, []))
    path = certificate(Inequality(2 * x * y, x**2 + y**2 + 1), tmp_path)
    assert read(path)["trace"]["trust"] == "trusted: z3"
    found = recheck(path)
    assert found.ok
    assert "trusted: z3" in found.why
    false = forged(path, goal=goal_data(Inequality(3 * x * y, x**2 + y**2)))
    assert not recheck(false).ok


def places(data: object, path: tuple = ()) -> list[tuple]:
    if isinstance(data, bool):
        return []
    if isinstance(data, int):
        return [path]
    items = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    return [found for key, value in items for found in places(value, (*path, key))]


@pytest.mark.parametrize("name", ["square", "constrained", "kernel"])
def test_every_number_of_an_identity_counts(name: str) -> None:
    goal, shown = canonical(GOALS[name]), engine.decide_inequality(GOALS[name])
    trace = json.loads(json.dumps(shown.trace))
    assert not engine.fault(goal, shown.premises, trace)
    where = [place for place in places(trace) if place[0] == "cells"]
    assert len(where) > 10
    for place in where:
        bad = json.loads(json.dumps(trace))
        inner = bad
        for key in place[:-1]:
            inner = inner[key]
        inner[place[-1]] += 1
        assert engine.fault(goal, shown.premises, bad), place


@pytest.mark.parametrize("goal", [
    Inequality(2 * x * y, x**2 + y**2 - 1), Inequality(2 * x * y, x**2 + y**2, "<"), Inequality(2 * x * y, x**2 + y**2, "<=", (x > 0,)),
    Inequality(3 * x * y, x**2 + y**2), Inequality(sp.Abs(x), x),
])
def test_a_certificate_of_another_goal(goal: Inequality, tmp_path: Path) -> None:
    path = certificate(GOALS["square"], tmp_path)
    assert not recheck(forged(path, goal=goal_data(goal))).ok


def test_premises_and_the_sample_are_checked(tmp_path: Path) -> None:
    path = certificate(GOALS["constrained"], tmp_path)
    assert "does not state: x > 1" in recheck(forged(path, premises=[])).why
    trace = read(path)["trace"]
    trace["sample"] = {"x": [0, 1]}
    assert "sample" in recheck(forged(path, trace=trace)).why
    sample = {"x": [2, 1]}
    silent = {"cells": {"advice": [], "cells": []}, "inside": None}
    for nonsense in ([], {}, 3, {"cells": [], "sample": sample}, {"cells": [1], "sample": sample}, {"cells": [], "sample": {}},
                     {"replay": {}, "sample": sample}, {"replay": silent, "sample": sample}):
        assert not recheck(forged(path, trace=nonsense)).ok


@pytest.mark.parametrize("changes", [
    {"rel": ">="}, {"rel": "="}, {"assuming": 3}, {"lhs": ["eval", "1"]}, {"extra": 1}, {"lhs": [">", 1, 2]}, {"assuming": [["real", "x"]]},
    {"lhs": 0.5}, {"lhs": None},
])
def test_malformed_goals_are_refused(changes: dict) -> None:
    data = {**goal_data(GOALS["square"]), **changes}
    with pytest.raises(DataError):
        load_goal(data)


def test_the_record_does_not_depend_on_the_hash_seed(tmp_path: Path) -> None:
    program = ("import sys; from pathlib import Path; from tests.prove.inequality.test_certificates import certificate, GOALS\n"
               "for name in ('square', 'constrained'): print(certificate(GOALS[name], Path(sys.argv[1])).name)")
    found = set()
    for seed in ("1", "2"):
        done = subprocess.run([sys.executable, "-c", program, str(tmp_path / seed)], capture_output=True, text=True, check=True,
                              env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)})
        found.add(done.stdout)
    assert len(found) == 1
