"""The replay of equations: every proof of the engine has advice, false goals have none, and edited certificates are refused."""

import ast
import copy
import json
import random
import sys
from pathlib import Path

import numpy as np
import pytest

from symcat import checker
from symcat.category.deserialise import load
from symcat.category.elementwise import iota
from symcat.category.serialise import canonical_json
from symcat.category.space import Real, dims, space
from symcat.category.trace import trace
from symcat.checker import Refused, check
from symcat.checker.equations import Replay, equation
from symcat.checker.forms import contradiction, form, plus
from symcat.laws.claim import Equation
from symcat.laws.instances import generators
from symcat.laws.reverse import REVERSE
from symcat.prove.advice import elimination
from symcat.prove.advice.record import advice
from symcat.prove.decide import settle
from symcat.prove.record import goal_data
from symcat.prove.refute import refute
from symcat.prove.witness import Witness

n, m = dims("n m")
LAWS = {law.name: law for law in REVERSE}
X = space(x=Real[n])
TRUE = {
    "softmax moves": (lambda x: np.exp(x + 1) / np.sum(np.exp(x + 1)), lambda x: np.exp(x) / np.sum(np.exp(x))),
    "softmax sums to 1": (lambda x: np.sum(np.exp(x) / np.sum(np.exp(x))), lambda x: 1 + 0 * x[0]),
    "variance": (lambda x: np.sum((x - np.mean(x)) ** 2), lambda x: np.sum(x * x) - np.sum(x) ** 2 / n),
    "double sum": (lambda x: np.sum(x[:, None] * x[None, :]), lambda x: np.sum(x) ** 2),
    "mean of squares": (lambda x: np.sqrt(np.sum(4 * x * x)), lambda x: 2 * np.sqrt(np.sum(x * x))),
    "log of a product": (lambda x: np.log(np.exp(x[0]) * np.sum(np.exp(x))), lambda x: x[0] + np.log(np.sum(np.exp(x)))),
    "sigmoid": (lambda x: 1 / (1 + np.exp(-x)), lambda x: np.exp(x) / (1 + np.exp(x))),
    "prefix sums": (lambda x: np.sum(np.cumsum(x)), lambda x: np.sum(x * (n - iota(n)))),
}
FALSE = {
    "softmax scaled": (lambda x: np.exp(2 * x) / np.sum(np.exp(2 * x)), lambda x: np.exp(x) / np.sum(np.exp(x))),
    "variance without mean": (lambda x: np.sum((x - np.mean(x)) ** 2), lambda x: np.sum(x * x) - np.sum(x) ** 2),
    "squares": (lambda x: np.sum(x * x), lambda x: np.sum(x) ** 2),
    "root": (lambda x: np.sqrt(x * x), lambda x: x),
    "cancelled sum": (lambda x: np.sum(x) / np.sum(x), lambda x: 0 * x[0]),
    "exp of log": (lambda x: np.exp(x + 1), lambda x: np.exp(x) * 2),
    "prefix sums": (lambda x: np.sum(np.cumsum(x)), lambda x: np.sum(x * (n - 1 - iota(n)))),
    "shifted": (lambda x: np.cumsum(x), lambda x: np.cumsum(x) - x),
}


def data(pair):
    lhs, rhs = (trace(f, X) for f in pair)
    return json.loads(canonical_json(goal_data((Equation(lhs, rhs),))))["equations"][0]


def test_it_needs_nothing_but_the_standard_library():
    for path in Path(checker.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            names = [one.name for one in node.names] if isinstance(node, ast.Import) else []
            names += [node.module] if isinstance(node, ast.ImportFrom) else []
            assert all(name.split(".")[0] in sys.stdlib_module_names or name.startswith("symcat.checker") for name in names), (path, names)


@pytest.mark.parametrize("name", TRUE)
def test_true_goals_have_advice_that_replays(name):
    goal = data(TRUE[name])
    proof = advice(goal)
    assert proof is not None
    equation(goal, json.loads(json.dumps(proof)))


@pytest.mark.parametrize("name", FALSE)
def test_false_goals_have_no_advice(name):
    assert advice(data(FALSE[name])) is None


@pytest.mark.parametrize("law", ["RD.1", "RD.4", "RD.7"])
@pytest.mark.parametrize("name", generators())
def test_every_proof_of_a_law_is_checked(law, name):
    _, record = settle(LAWS[law].goal(generators()[name]()))
    assert set(check(record)) <= {"identical programs", "linear typing", "normal forms replayed"}


@pytest.mark.parametrize("name", TRUE)
def test_advice_of_one_goal_proves_no_other(name):
    proof = advice(data(TRUE[name]))
    for other in FALSE.values():
        with pytest.raises(Refused):
            equation(data(other), proof)


def leaves(value, path=()):
    if isinstance(value, dict):
        for key in sorted(value):
            yield from leaves(value[key], (*path, key))
    elif isinstance(value, list):
        for k, item in enumerate(value):
            yield from leaves(item, (*path, k))
    elif type(value) is int:
        yield path


def edited(value, path, change):
    value = copy.deepcopy(value)
    place = value
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] += change
    return value


@pytest.mark.parametrize("name", TRUE)
def test_edited_goals_are_refused_unless_they_are_true(name):
    """Integers of the goal are changed, the advice is kept: what is accepted must not be refuted by exact evaluation."""
    goal = data(TRUE[name])
    proof = advice(goal)
    rng = random.Random(name)
    places = list(leaves({"rhs": goal["rhs"]["nodes"]}))
    for path in rng.sample(places, min(12, len(places))):
        changed = edited({"rhs": goal["rhs"]["nodes"]}, path, rng.choice((-1, 1, 2)))
        forged = {**goal, "rhs": {**goal["rhs"], "nodes": changed["rhs"]}}
        try:
            equation(forged, proof)
        except Refused:
            continue
        assert not isinstance(refute(load(forged["lhs"]), load(forged["rhs"]), ()), Witness)


def test_missing_and_superfluous_advice_is_refused():
    goal = data(TRUE["softmax sums to 1"])
    proof = advice(goal)
    tape = proof["bases"][0]["advice"]
    for other in (tape[:-1], [*tape, 0], []):
        with pytest.raises(Refused):
            equation(goal, {**proof, "bases": [{**proof["bases"][0], "advice": other}]})
    with pytest.raises(Refused, match="base"):
        equation(goal, {**proof, "bases": []})


def test_facts_that_contradict_each_other_prove_nothing():
    """From n >= 3 and 2 >= n everything would follow; sizes at which both hold are part of the proof."""
    goal = data(FALSE["squares"])
    goal["facts"] = [{"expr": ["+", ["dim", "n"], -3], "relation": ">=0"}, {"expr": ["+", 2, ["*", -1, ["dim", "n"]]], "relation": ">=0"}]
    assert advice(goal) is None
    true = data(TRUE["softmax sums to 1"])
    proof = advice(true)
    true["facts"] = goal["facts"]
    for stated in ({}, {"n": 2}, {"n": 3}, {"n": True}, {"n": 0}):
        with pytest.raises(Refused):
            equation(true, {**proof, "sizes": stated})


def test_multipliers_must_give_a_contradiction():
    rows = [form(0), plus((-1, ()), form(0), -1)]          # v >= 0 and -v - 1 >= 0
    contradiction(rows, elimination.steps(rows))
    for steps in ([[[0, 1]]], [[[0, -1], [1, 1]]], [[[0, 1], [1, 2]]], [[[2, 1]]], [[[0, 1.0], [1, 1]]]):
        with pytest.raises(Refused):
            contradiction(rows, steps)
    assert elimination.steps([form(0), plus((5, ()), form(0), -1)]) is None


def test_rounding_down_is_sound():
    """2 v - 1 >= 0 and 1 - 2 v >= 0 have the rational solution 1/2 and no integer one."""
    rows = [(-1, ((0, 2),)), (1, ((0, -2),))]
    contradiction(rows, elimination.steps(rows))


def test_an_index_does_not_leave_its_sum():
    run = Replay([[[[[1], 0, [[0, 1]]]], [[1]]]])
    v, w = run.unused("scratch", frozenset(), [None, None])
    inside = run.id("value", w)
    with pytest.raises((Refused, IndexError)):
        run.canonical([v], [form(v), plus((3, ()), form(v), -1)], ((inside, -1), (run.id("read", 0, (form(v),)), 1)))
        run.canonical([v], [form(v)], ((run.id("read", 0, (form(v),)), 1),))
