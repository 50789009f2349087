"""Goals over scalars as claims with certificates, and what is refused of a goal that was edited."""

from __future__ import annotations

import copy
import json
from pathlib import Path

import pytest
import sympy as sp

from symcat.errors import DataError, DomainError
from symcat.prove.certificate import recheck
from symcat.prove.claim import Claim
from symcat.prove.decide import prove
from symcat.prove.field.goal import dump_scalar, load_scalar
from symcat.prove.field.read import read
from tests.prove.field.goals import GOALS

x = sp.Symbol("x", real=True)
k = sp.Symbol("k", integer=True)


def claim(left: sp.Expr, right: sp.Expr) -> Claim:
    return Claim("a claim", "two expressions are equal", "by hand", lambda: read(left, right))


@pytest.mark.parametrize("name, left, right, wrong, assuming", GOALS, ids=[name for name, *_ in GOALS])
def test_a_goal_comes_back(name, left, right, wrong, assuming):
    goal = read(left, right, assuming)
    assert load_scalar(json.loads(json.dumps(dump_scalar(goal)))) == goal


def test_a_claim_is_proved_with_a_certificate_that_is_replayed(tmp_path):
    verdict = prove(claim(sp.sin(2 * x) / sp.cos(x), 2 * sp.sin(x)), tmp_path)
    assert verdict.proved and verdict.premises == ("cos(x) != 0",)
    path = verdict.certificate["path"]
    assert recheck(path).ok, recheck(path)
    data = json.loads(Path(path).read_text(encoding="utf-8"))
    data["record"]["goal"]["rhs"] = ["variable", "x"]
    edited = tmp_path / "edited.json"
    edited.write_text(json.dumps(data), encoding="utf-8")
    assert not recheck(edited).ok


def test_a_false_claim_is_refuted():
    verdict = prove(claim(sp.sqrt(x**2), x))
    assert verdict.refuted and verdict.witness["exact"] and verdict.witness["inputs"] == {"x": "-1"}


@pytest.mark.parametrize("special", ["even", "odd", "prime", "irrational", "rational"])
def test_symbols_with_more_than_a_sign_are_left_to_others(special):
    symbol = sp.Symbol("s", **{special: True})
    with pytest.raises(DomainError, match="assumptions"):
        read(symbol**2, symbol)


def test_witnesses_keep_what_symbols_are():
    assert prove(claim(sp.cos(2 * sp.pi * k) + 0 * x, sp.Integer(1))).status != "refuted"
    assert int(prove(claim(k**2, k)).witness["inputs"]["k"]) not in (0, 1)


EDITS = [
    ("lhs", ["eval", "x"]), ("lhs", ["number", "1e5"]), ("lhs", ["variable", "__import__"]), ("lhs", ["root", "1", ["pi"]]),
    ("lhs", ["power", "-1", ["pi"]]), ("lhs", ["exp"]), ("lhs", "x"), ("variables", ["x", "x"]), ("integers", ["y"]),
    ("assumptions", [["<0", ["pi"]]]), ("required", {}), ("rhs", ["number", "2/4"]), ("extra", 1),
]


@pytest.mark.parametrize("place, value", EDITS)
def test_an_edited_goal_is_refused(place, value):
    data = copy.deepcopy(dump_scalar(read(sp.sqrt(x**2), sp.Abs(x))))
    data[place] = value
    with pytest.raises(DataError):
        load_scalar(data)
