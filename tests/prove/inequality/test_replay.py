"""The replay accepts identities and nothing else."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from symcat.prove.inequality import replay

ONE = [[[1, 1], [0]]]
X = [[[1, 1], [1]]]


def term(root: object = ONE, weight: tuple[int, int] = (1, 1), factors: tuple[int, ...] = ()) -> dict:
    return {"factors": list(factors), "squares": [[list(weight), root]]}


def row(relation: str, polynomial: object) -> dict:
    return {"relation": relation, "polynomial": polynomial}


def problem(goal: object, *rows: dict, strict: bool = False) -> dict:
    return {"variables": ["x"], "constraints": list(rows), "goal": goal, "strict": strict, "cell": False}


def certificate(*right: dict, left: tuple[dict, ...] = (term(),), ideal: tuple = (), empty: bool = False, squared: bool = False) -> dict:
    return {"empty": empty, "squared": squared, "left": list(left), "right": list(right), "ideal": [list(pair) for pair in ideal]}


SQUARE = [[[1, 1], [2]]]
SQUARE_PLUS_ONE = [[[1, 1], [2]], [[1, 1], [0]]]
MINUS_X = [[[-1, 1], [1]]]

GOOD = {
    "a square": (problem(SQUARE), certificate(term(X))),
    "strict": (problem(SQUARE_PLUS_ONE, strict=True), certificate(term(X), term())),
    "a constraint": (problem(X, row(">=0", X)), certificate(term(factors=(0,)))),
    "a strict constraint": (problem(X, row(">0", X), strict=True), certificate(term(factors=(0,)))),
    "an equation": (problem(MINUS_X, row("=0", X)), certificate(ideal=((0, [[[-1, 1], [0]]]),))),
    "an empty cell": (problem(MINUS_X, row(">=0", X), row(">=0", [[[-1, 1], [1]], [[-1, 1], [0]]])),
                      certificate(term(factors=(0,)), term(factors=(1,)), empty=True)),
    "a multiplied goal": (problem(X, row(">0", X)), certificate(term(X), term(X, factors=(0,)), left=(term(X), term(factors=(0,))))),
    "a squared goal": (problem(X, row(">=0", X)), certificate(left=(term(factors=(0,)),), squared=True)),
}


@pytest.mark.parametrize("name", GOOD)
def test_identities_are_accepted(name: str) -> None:
    assert replay.flaw(*GOOD[name]) == ""


def changes(data: object, path: tuple = ()) -> list[tuple]:
    """The places of all integers in nested data."""
    if isinstance(data, bool):
        return []
    if isinstance(data, int):
        return [path]
    items = data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ()
    return [found for key, value in items for found in changes(value, (*path, key))]


@pytest.mark.parametrize("name", GOOD)
def test_every_number_that_is_changed_is_noticed(name: str) -> None:
    goal, good = GOOD[name]
    places = changes(good)
    assert places
    for place in places:
        bad = json.loads(json.dumps(good))
        inner = bad
        for key in place[:-1]:
            inner = inner[key]
        inner[place[-1]] += 1
        assert replay.flaw(goal, bad), place


@pytest.mark.parametrize(("goal", "claimed", "why"), [
    (problem(MINUS_X, row(">=0", X)), certificate(term(weight=(-1, 1), factors=(0,))), "negative"),
    (problem(MINUS_X), certificate(term(weight=(-1, 1), factors=(0,))), "no constraint"),
    (problem(X, row("=0", X)), certificate(term(factors=(0,))), "expected constraints that are not negative"),
    (problem(MINUS_X, row(">=0", X)), certificate(ideal=((0, [[[-1, 1], [0]]]),)), "only one that is 0"),
    (problem(SQUARE, strict=True), certificate(term(X)), "right side is not shown positive"),
    (problem(X, row(">=0", X), strict=True), certificate(term(factors=(0,))), "right side is not shown positive"),
    (problem(MINUS_X), certificate(left=()), "multiplier of the goal is not shown positive"),
    (problem([]), certificate(left=()), "multiplier of the goal is not shown positive"),
    (problem(X, row(">=0", X)), certificate(term(X, factors=()), left=(term(factors=(0,)),)), "multiplier of the goal"),
    (problem(X, row(">=0", X), strict=True), certificate(left=(term(factors=(0,)),), squared=True), "not shown positive"),
    (problem(SQUARE), certificate(term(X, (0, 1)), left=(term(weight=(0, 1)),)), "multiplier of the goal is not shown positive"),
    (problem(X), certificate(term([[[1, 1], [0, 0]]])), "malformed"),
    (problem(X), certificate(term([[[1, 0], [0]]])), "malformed"),
    (problem(X), certificate(term([[[1, 1], [-1]]])), "malformed"),
    (problem(X), certificate(term([[[1.0, 1], [0]]])), "malformed"),
    (problem(X), certificate(term([[[True, 1], [0]]])), "malformed"),
    (problem(X), {}, "malformed"),
    (problem(X), {"empty": True, "squared": False, "left": 3, "right": [], "ideal": []}, "malformed"),
    ({}, certificate(), "malformed"),
])
def test_what_proves_nothing(goal: dict, claimed: dict, why: str) -> None:
    assert why in replay.flaw(goal, claimed)


def test_an_empty_certificate_is_of_no_use_where_there_is_a_point() -> None:
    """-1 = x - (x + 1) would need a negative weight."""
    goal = problem(MINUS_X, row(">=0", X))
    assert replay.flaw(goal, certificate(term(factors=(0,)), term(), empty=True))


def test_the_replay_needs_the_standard_library_only() -> None:
    text = Path(replay.__file__).read_text(encoding="utf-8")
    modules = {line.split()[1].split(".")[0] for line in text.splitlines() if line.startswith(("import ", "from "))}
    assert modules <= set(sys.stdlib_module_names)


def test_certificates_survive_json() -> None:
    for goal, good in GOOD.values():
        assert replay.flaw(*json.loads(json.dumps([goal, good]))) == ""
