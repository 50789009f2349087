"""Normal forms of words of matrices: against NumPy on random words, and what must be refused."""

import json
from random import Random

import numpy as np
import pytest

from symcat.category.serialise import dump
from symcat.category.space import Real, dims, space
from symcat.category.trace import trace
from symcat.checker.forms import Refused, refusing
from symcat.checker.words import matrices

n, m, k = dims("n m k")
SQUARE = dict.fromkeys("ABCPS", Real[n, n])
HYPOTHESES = [["inverse", "B", "C"], ["orthogonal", "P"], ["symmetric", "S"]]
LEVELS = (1, 4, 3, 2, 0)


def goal(left, right, wires, hypotheses=()):
    sides = [json.loads(json.dumps(dump(trace(side, space(**wires))))) for side in (left, right)]
    return {"kind": "matrices", "lhs": sides[0], "rhs": sides[1], "facts": [], "hypotheses": [list(h) for h in hypotheses]}


def shown(found, levels=LEVELS):
    """Whether some level of names gives both sides one normal form."""
    for reads in levels:
        try:
            with refusing():
                matrices(found, reads)
            return True
        except Refused:
            continue
    return False


# ---- random words against NumPy
def word(random, length):
    """A product of letters, perhaps transposed, perhaps with a trace of another one before it."""
    letters = [(random.choice("ABCPS"), random.random() < 0.5) for _ in range(random.randint(1, length))]
    traced = [(random.choice("ACPS"), random.random() < 0.5) for _ in range(random.choice((0, 0, 0, 2)))]
    return letters, traced, random.choice((1, 1, 2))


def turned(random, one):
    """The same word, written with more letters, its trace rotated or transposed."""
    letters, traced, factor = one
    place = random.randint(0, len(letters))
    pairs = [[("P", True), ("P", False)], [("P", False), ("P", True)], [("B", False), ("C", False)], [("C", True), ("B", True)]]
    more = letters[:place] + random.choice([[], *pairs]) + letters[place:]
    more = [(name, not t) if name == "S" and random.random() < 0.5 else (name, t) for name, t in more]
    return more, random.choice((traced, traced[::-1], [(name, not t) for name, t in traced[::-1]])), factor


def product(parts, values):
    total = None
    for name, transposed in parts:
        one = values[name].T if transposed else values[name]
        total = one if total is None else total @ one
    return total


def summed(words, values):
    total = None
    for letters, traced, factor in words:
        one = product(letters, values) * factor
        one = np.trace(product(traced, values)) * one if traced else one
        total = one if total is None else total + one
    return total


def numbers(size=4):
    draw = np.random.default_rng(5)
    values = {name: draw.normal(size=(size, size)) for name in "ABS"}
    values["C"], values["P"] = np.linalg.inv(values["B"]), np.linalg.qr(draw.normal(size=(size, size)))[0]
    values["S"] = values["S"] + values["S"].T
    return values


def as_function(words):
    return lambda A, B, C, P, S: summed(words, {"A": A, "B": B, "C": C, "P": P, "S": S})


@pytest.mark.parametrize("seed", range(12))
def test_random_words_are_equal_when_their_values_are(seed):
    random, values, agreed = Random(seed), numbers(), 0
    for _ in range(12):
        left = [word(random, 4) for _ in range(random.randint(1, 2))]
        right = [turned(random, one) for one in left]
        if random.random() < 0.5:
            right[0] = word(random, 4) if random.random() < 0.3 else (right[0][0][::-1], *right[0][1:])
        random.shuffle(right)
        same = np.allclose(summed(left, values), summed(right, values), rtol=1e-9, atol=1e-9)
        assert shown(goal(as_function(left), as_function(right), SQUARE, HYPOTHESES), (0,)) == same, (left, right)
        agreed += same
    assert 0 < agreed < 12


# ---- what is shown, and its near misses
X = {"x": Real[m, n], "P": Real[m, m], "Q": Real[n, n]}
BOTH = [["orthogonal", "P"], ["orthogonal", "Q"]]
EMBEDDED = {"x": Real[m, n], "P": Real[k, m], "Q": Real[n, n]}


def cubic(x):
    return 3 * x + 2 * (x @ x.T @ x)


def damped(x):
    return x @ x.T + 5 * np.diag(np.ones_like(x[:, 0]))


def normalised(x):
    return x / (np.sqrt(np.sum(x * x)) + 1)


SHOWN = [
    (lambda x, P, Q: P @ cubic(x) @ Q.T, lambda x, P, Q: cubic(P @ x @ Q.T), X, BOTH),
    (lambda x, P, Q: P @ cubic(cubic(x)) @ Q.T, lambda x, P, Q: cubic(cubic(P @ x @ Q.T)), X, BOTH),
    (lambda x, P, Q: P @ cubic(x), lambda x, P, Q: cubic(P @ x), EMBEDDED, [["isometry", "P"]]),
    (lambda x, P, Q: P @ damped(x) @ P.T, lambda x, P, Q: damped(P @ x), X, BOTH),
    (lambda x, P, Q: P @ normalised(x), lambda x, P, Q: normalised(P @ x), X, BOTH),
    (lambda x, P, Q: cubic(x).T, lambda x, P, Q: cubic(x.T), X, []),
    (lambda x, P, Q: np.trace(x @ Q @ x.T) * x, lambda x, P, Q: np.sum((x.T @ x) * Q.T) * x, X, []),
    (lambda x, P, Q: np.trace(P @ P.T) * x, lambda x, P, Q: x.shape[0] * x, X, BOTH),
]
HIDDEN = [    # one letter, or one hypothesis, away from the above
    (lambda x, P, Q: P @ cubic(x) @ Q, lambda x, P, Q: cubic(P @ x @ Q.T), X, BOTH),
    (lambda x, P, Q: P @ cubic(x) @ Q.T, lambda x, P, Q: cubic(P @ x @ Q.T), X, BOTH[:1]),
    (lambda x, P, Q: P @ cubic(x) @ Q.T, lambda x, P, Q: cubic(P @ x @ Q.T), X, [["symmetric", "P"], ["orthogonal", "Q"]]),
    (lambda x, P, Q: P @ cubic(x), lambda x, P, Q: cubic(P @ x), EMBEDDED, [["coisometry", "P"]]),
    (lambda x, P, Q: P @ damped(x) @ P.T, lambda x, P, Q: damped(P @ x), EMBEDDED, [["isometry", "P"]]),    # P P^T is no identity
    (lambda x, P, Q: P @ normalised(x), lambda x, P, Q: normalised(2 * P @ x), X, BOTH),
    (lambda x, P, Q: cubic(x).T, lambda x, P, Q: 3 * x.T + 2 * (x.T @ x @ x.T) + x.T, X, []),
    (lambda x, P, Q: np.trace(P @ P.T) * x, lambda x, P, Q: x.shape[1] * x, X, BOTH),
]


@pytest.mark.parametrize("row", range(len(SHOWN)))
def test_words_show(row):
    assert shown(goal(*SHOWN[row]))


@pytest.mark.parametrize("row", range(len(HIDDEN)))
def test_words_do_not_show_a_near_miss(row):
    assert not shown(goal(*HIDDEN[row]))


# ---- programs that are no words
REFUSED = [
    (lambda x: x[:1] @ x[:1].T, {"x": Real[n + 1, n]}),            # a part of a range
    (lambda x: x[1:] @ x[:-1].T, {"x": Real[n + 1, n]}),
    (lambda x: x * x, {"x": Real[n, n]}),                           # no product of matrices
    (lambda x: np.exp(x), {"x": Real[n, n]}),
    (lambda x: np.tril(x), {"x": Real[n, n]}),
    (lambda x: np.max(x, axis=0), {"x": Real[n, n]}),
    (lambda x: x @ x.sum(axis=0), {"x": Real[n, n]}),
    (lambda x: x[::-1], {"x": Real[n, n]}),
]


@pytest.mark.parametrize("row", range(len(REFUSED)))
def test_other_programs_are_refused_even_against_themselves(row):
    function, wires = REFUSED[row]
    assert not shown(goal(function, function, wires))


def edited(change):
    found = goal(lambda x, P, Q: P.T @ (P @ x), lambda x, P, Q: x, X, BOTH)
    assert shown(found)
    change(found)
    return found


ATTACKS = {
    "no hypothesis": lambda g: g["hypotheses"].clear(),
    "another kind": lambda g: g["hypotheses"].__setitem__(0, ["unitary", "P"]),
    "a hypothesis about nothing": lambda g: g["hypotheses"].append(["orthogonal", "x1"]),
    "a hypothesis about a matrix that is not square": lambda g: g["hypotheses"].append(["symmetric", "x"]),
    "inverse to itself in another shape": lambda g: g["hypotheses"].append(["inverse", "x", "x"]),
    "another wire": lambda g: g["rhs"]["dom"].__setitem__(0, ["x", 0, [["dim", "m"], ["dim", "k"]]]),
    "another base": lambda g: [side["dom"].__setitem__(0, ["x", 2, side["dom"][0][2]]) for side in (g["lhs"], g["rhs"])],
    "two inputs of one name": lambda g: [side["dom"][1].__setitem__(0, "x") for side in (g["lhs"], g["rhs"])],
    "a maximum": lambda g: g["lhs"]["nodes"][-1].__setitem__("op", "max"),
    "a guard": lambda g: g["lhs"]["nodes"][-1]["guards"].append(["index", 0]),
    "another range": lambda g: g["lhs"]["nodes"][-1]["extents"].__setitem__(-1, ["dim", "k"]),
    "a constant index": lambda g: g["lhs"]["nodes"][0].__setitem__("body", ["at", "x", 0, ["index", 1]]),
    "another output": lambda g: g["lhs"]["outs"].__setitem__(0, "P"),
    "two arrays of one name": lambda g: g["lhs"]["nodes"][0].__setitem__("name", "x"),
}


@pytest.mark.parametrize("name", ATTACKS)
def test_an_edited_goal_is_refused(name):
    assert not shown(edited(ATTACKS[name]))
