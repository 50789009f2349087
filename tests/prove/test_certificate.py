"""Certificates say what was proved, survive the way to disk, and betray every change."""

from __future__ import annotations

import copy
import json
import os
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest
import sympy as sp

from symcat.category.comprehension import Fact
from symcat.category.expression import At, Bracket
from symcat.category.functions import relu, step, where
from symcat.category.morphism import Builder, Morphism
from symcat.category.serialise import canonical_json, content_digest
from symcat.category.space import Real, dims, space
from symcat.derivative.reverse import R
from symcat.errors import DataError
from symcat.prove.certificate import recheck
from symcat.prove.claim import Additive, Claim, Equation, Formula
from symcat.prove.decide import prove
from symcat.prove.record import FIELDS, goal_data, load_goal, make, read, write, write_atomically

n = dims("n")


def pointwise(body) -> Morphism:
    build = Builder()
    (name,) = build.inputs(space(x=Real[n]))
    return build.build([build.gather((n,), lambda i: body(At(name, i)))])


def ratio() -> Morphism:
    build = Builder()
    (name,) = build.inputs(space(x=Real[n]))
    for power in (1, 2):
        build.require((n,), At(name, sp.Symbol("_0", integer=True)) ** power, "!=0")
    return build.build([build.gather((n,), lambda i: 1 / At(name, i) ** 2)])


SQUARE = pointwise(lambda e: (e + 1) ** 2)
EXPANDED = pointwise(lambda e: e**2 + 2 * e + 1)
OTHER = pointwise(lambda e: e**2 + 3 * e + 1)
WITH_FACT = Equation(SQUARE, EXPANDED, (Fact(n - 2, ">=0"),))


def addition(f: Morphism) -> Additive:
    """f at a sum of two covectors against the sum of f at each."""
    build = Builder()
    x, d, e = build.inputs(space(x=Real[n], d=Real[n], e=Real[n]))
    left = build.build(build.call(f, (x, build.add(d, e))))
    build = Builder()
    x, d, e = build.inputs(space(x=Real[n], d=Real[n], e=Real[n]))
    right = build.build(build.add_all(build.call(f, (x, d)), build.call(f, (x, e))))
    return Additive(f, (1,), (Equation(left, right),))


GOALS = {
    "square": lambda: (Equation(SQUARE, EXPANDED),),
    "fact": lambda: (WITH_FACT,),
    "two": lambda: (Equation(SQUARE, EXPANDED), Equation(R(SQUARE), R(EXPANDED))),
    "additive": lambda: addition(R(SQUARE)),
    "identical": lambda: (Equation(ratio(), ratio()),),
}


CONFIRMED = {
    "square": "1 normal forms replayed", "fact": "1 normal forms replayed", "two": "1 normal forms replayed, 1 identical programs",
    "additive": "1 linear typing", "identical": "1 identical programs",
}


def certificate(name: str, folder: Path) -> Path:
    verdict = prove(Claim(name, "statement", "source", GOALS[name]), folder)
    assert verdict.proved, verdict
    return Path(verdict.certificate["path"])


@pytest.mark.parametrize("name", GOALS)
def test_a_certificate_is_replayed(name: str, tmp_path: Path) -> None:
    path = certificate(name, tmp_path)
    record = read(path)
    assert path.stem == content_digest(record)
    assert record["claim"] == {"name": name, "statement": "statement", "source": "source"}
    goal = load_goal(record["goal"])
    assert goal == GOALS[name]()
    result = recheck(path)
    assert (result.file, result.ok) == (str(path), True), result.why
    assert "the engine says so again" in result.why
    assert result.why.endswith(f"checked independently of the engine: {CONFIRMED[name]}")


def test_a_trace_that_claims_identity_of_different_programs_is_refused(tmp_path: Path) -> None:
    record = read(certificate("square", tmp_path))
    record["trace"][0]["method"] = "identical programs"
    forged = recheck(write(record, tmp_path))
    assert not forged.ok and "the two sides are not one program" in forged.why


def test_the_same_proof_gives_the_same_file_under_any_hash_seed(tmp_path: Path) -> None:
    program = ("import sys; from pathlib import Path; from tests.prove.test_certificate import certificate, GOALS\n"
               "for name in GOALS: print(certificate(name, Path(sys.argv[1])).name)")
    found = []
    for seed in ("1", "2"):
        done = subprocess.run([sys.executable, "-c", program, str(tmp_path / seed)], capture_output=True, text=True, check=True,
                              env={**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": os.pathsep.join(sys.path)})
        found.append(done.stdout.split())
    assert found[0] == found[1]
    assert len(set(found[0])) == len(GOALS)


@pytest.mark.parametrize("field", FIELDS)
def test_every_change_is_betrayed(field: str, tmp_path: Path) -> None:
    path = certificate("fact", tmp_path)
    data = json.loads(path.read_text())
    other = {"format": 2, "premises": [], "equality": "as functions"}
    data["record"][field] = other.get(field, "changed")
    path.write_text(canonical_json(data))
    result = recheck(path)
    assert not result.ok
    assert ("format 2" if field == "format" else "changed after") in result.why


def forged(path: Path, **changes: object) -> Path:
    """A certificate with other content and a digest that fits it."""
    record = {**copy.deepcopy(read(path)), **changes}
    return write(record, path.parent)


def test_a_forged_certificate_of_a_false_goal_is_refuted(tmp_path: Path) -> None:
    path = certificate("square", tmp_path)
    result = recheck(forged(path, goal=goal_data((Equation(SQUARE, OTHER),))))
    assert not result.ok
    assert "the goal is false: REFUTED: at" in result.why


def test_additivity_with_other_equations_or_of_another_morphism(tmp_path: Path) -> None:
    path, true = certificate("additive", tmp_path), addition(R(SQUARE))
    far = Equation(pointwise(lambda e: e * Bracket(n - 30)), pointwise(lambda e: 0 * e))
    for goal in (replace(true, equations=(*true.equations, far)), replace(true, f=SQUARE, wires=(0,))):
        result = recheck(forged(path, goal=goal_data(goal)))
        assert not result.ok
        assert "not those that say that its morphism is additive" in result.why


def test_a_forged_certificate_cannot_hide_a_premise(tmp_path: Path) -> None:
    path = certificate("fact", tmp_path)
    assert read(path)["premises"] == ["n - 2 >= 0"]
    result = recheck(forged(path, premises=[]))
    assert not result.ok
    assert "premises that the certificate does not state: n - 2 >= 0" in result.why


def test_a_forged_certificate_of_what_is_not_shown(tmp_path: Path) -> None:
    path = certificate("square", tmp_path)
    absolute, positive = (pointwise(lambda e, f=f: f(e)) for f in (lambda e: sp.sqrt(e**2) ** 3, lambda e: sp.sqrt(e**6)))
    result = recheck(forged(path, goal=goal_data((Equation(absolute, positive),))))
    assert not result.ok
    assert "no longer proves" in result.why


@pytest.mark.parametrize(("text", "message"), [
    ("", "not JSON"), ("[]", "expected an object"), ("{}", "expected an object"), ('{"digest": 1, "record": 2}', "expected an object"),
    ('{"digest": "", "record": {}}', "has the fields"), ("[" * 100_000, "not JSON"),
])
def test_files_that_are_no_certificates(text: str, message: str, tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text(text)
    with pytest.raises(DataError, match=message):
        read(path)
    assert not recheck(path).ok


def test_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="No such file"):
        read(tmp_path / "missing.json")


@pytest.mark.parametrize("goal", [
    None, 3, {}, {"kind": "formula"}, {"kind": "equations"}, {"kind": "equations", "equations": [{}]},
    {"kind": "equations", "equations": []},
    {"kind": "additive", "equations": [], "wires": [True], "f": {}}, {"kind": "additive", "equations": [], "wires": [], "f": {}},
    {"kind": "equations", "equations": [{"lhs": 1, "rhs": 2, "facts": []}]},
])
def test_malformed_goals_are_refused(goal: object, tmp_path: Path) -> None:
    path = certificate("square", tmp_path)
    result = recheck(forged(path, goal=goal))
    assert not result.ok


x, y = sp.symbols("x y", real=True)
p, q = sp.symbols("p q")
FORMULAS = [
    Formula((x > 0, sp.Ne(y, 0)), sp.Implies(x >= sp.Rational(1, 2), sp.Or(relu(x) + step(y) > -y, sp.Abs(x) < 3))),
    Formula((sp.Eq(where(x, y, 1), 2),), sp.Eq(y, 2)),
    Formula((), sp.Equivalent(sp.Xor(p, q), sp.Not(sp.Equivalent(p, q)), evaluate=False)),
    Formula((sp.Symbol("k", integer=True) >= 1,), sp.Max(x, y) >= sp.Min(x, sp.Piecewise((y, x < y), (x**2, True)))),
    Formula((sp.Not(sp.And(p, q)),), sp.ITE(p, sp.Not(q), sp.true)),
]


@pytest.mark.parametrize("formula", FORMULAS, ids=range(len(FORMULAS)))
def test_formulas_survive(formula: Formula) -> None:
    assert load_goal(json.loads(canonical_json(goal_data(formula)))) == formula


@pytest.mark.parametrize("conclusion", [
    None, 0.5, [], ["eval", "1"], ["real", 1], ["/", 2, 4], ["/", 1, 0], ["^", 1], ["+", 1, 2], ["=", 1, 1], ["ite", 1], ["relu", 1, 2],
    ["and"], ["piece", 1], ["symbol", "x", "y"], [">", True, 1], ["^", 0, -1],
])
def test_malformed_formulas_are_refused(conclusion: object) -> None:
    with pytest.raises(DataError):
        load_goal({"kind": "formula", "hypotheses": [], "conclusion": conclusion})


def test_what_a_formula_cannot_hold() -> None:
    with pytest.raises(DataError, match="cannot write"):
        goal_data(Formula((), sp.gamma(x) > 0))


def test_writing_is_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "file"
    write_atomically(target, "old")
    with monkeypatch.context() as patched:
        patched.setattr(os, "replace", lambda *paths: (_ for _ in ()).throw(OSError("disk full")))
        with pytest.raises(OSError, match="disk full"):
            write_atomically(target, "new")
    assert target.read_text() == "old"
    assert list(tmp_path.iterdir()) == [target]


def test_a_record_is_plain_data() -> None:
    record = make((WITH_FACT,), "method", ("p",), {"level": (1, 2)})
    assert record["trace"] == {"level": [1, 2]}
    assert json.loads(canonical_json(record)) == record
