"""Bounds found from the text: what is inside, what is outside, what is only not shown; and whole programs, shifted until they leave."""

import re
from dataclasses import replace

import pytest

from symcat.errors import ValidationError
from symcat.kernel.bounds import bounds, bounds_check
from symcat.kernel.compiler import lower
from tests.kernel.steps import REAL_PROGRAMS, descent, learner, learner_step, learner_values

INSIDE = [
    "S[9 + o_A] = b_x[4]", "t = load_1x1x1x4(S, 6 + o_A, 0, 0)", "t = load_1x2x1x4(S, 0 + o_A, 0, 6)",
    "t = load_1x2x1x4(S, 6 + o_A, 0, -6)",
    "t = gather_1x1x1x4(S, 9 + o_A, 0, 0, -3)", "for i in range(0, 10, 2):\n    store(S, i + o_A, 0, 0, full_1x1x1x2(F_0))",
    "for i in range(5):\n    for j in range(i, 5):\n        S[i + 5 - j + o_A] = F_0", "for i in range(3, -1, -1):\n    S[3*i + o_A] = F_0",
    "t = zero_1x2x1x4()\nfor k in range(3):\n    t = outer(t, S, k + o_A, 0, 7, S, 3*k + o_A)", "i = 3\nS[2*i + o_A] = F_0",
    "for i in range(3, 3):\n    S[99 + o_A] = F_0", "for i in range(max(2, 3), min(9, 10)):\n    S[i + o_A] = F_0",
    "for j in range(5*(2*me//n), 5*(2*(me + 1)//n), 5):\n    S[j + 4 + o_A] = F_0", "if me == 0:\n    S[9 + o_A] = F_0",
    "for k in range(4):\n    store(S, 2*k + 8*me + w_panel, 0, 0, full_1x1x1x2(F_0))",
    "dot_nn(S, 1 + o_A, 6, b_x, 0, 2, 1, b_x, 0, 2, 1, 2, 2, 3)", "dot_nn(S, 9 + o_A, 1, b_x, 4, -2, -2, b_x, 0, 1, 1, 1, 3, 1)",
]
OUTSIDE = [
    ("S[10 + o_A] = F_0", "entry 10 of A, which has 10"), ("S[-1 + o_A] = F_0", "entry -1 of A"),
    ("x = b_x[5]", "entry 5 of x, which has 5"),
    ("t = load_1x1x1x4(S, 7 + o_A, 0, 0)", "entry 10"), ("t = load_1x2x1x4(S, 5 + o_A, 0, -6)", "entry -1"),
    ("t = gather_1x1x1x4(S, 8 + o_A, 0, 0, -3)", "entry -1"),
    ("for i in range(0, 10, 3):\n    store(S, i + o_A, 0, 0, full_1x1x1x2(F_0))", "entry 10"),
    ("for i in range(11):\n    S[i + o_A] = F_0", "entry 10"),
    ("t = zero_1x2x1x4()\nfor k in range(4):\n    t = outer(t, S, k + o_A, 0, 7, S, 0 + o_A)", "entry 10"),
    ("for k in range(5):\n    store(S, 2*k + 8*me + w_panel, 0, 0, full_1x1x1x2(F_0))", "entry 17 of panel"),
    ("for j in range(5*(2*me//n), 5*(2*(me + 1)//n), 5):\n    S[j + 5 + o_A] = F_0", "entry 10"),
    ("if me == 0:\n    S[10 + o_A] = F_0", "entry 10"),
    ("dot_nn(S, 1 + o_A, 7, b_x, 0, 2, 1, b_x, 0, 2, 1, 2, 2, 3)", "entry 10 of A"),
    ("dot_nn(S, 1 + o_A, 3, b_x, 0, 4, 1, b_x, 0, 2, 1, 2, 2, 3)", "entry 5 of x"),
    ("dot_nt(S, 1 + o_A, 3, b_x, 0, 2, 1, b_x, 0, -1, 2, 2, 2, 3)", "entry -1 of x"),
]
UNKNOWN = [
    "for i in range(8):\n    if i - 3 >= 0:\n        S[i - 3 + o_A] = F_0", "S[int(S[0 + o_A]) + o_A] = F_0",
    "for i in range(6):\n    for j in range(i, 6):\n        S[2*i + j + o_A] = F_0", "for i in range(3):\n    S[i*i + o_A] = F_0",
]


def found(lines):
    body = "".join(f"        {line}\n" for line in lines.split("\n"))
    text = f"def epoch(S, losses, B_x):\n    for s in range(losses.shape[0]):\n        b_x = B_x[s]\n{body}"
    return bounds(text, {"o_A": 10, "w_panel": 16}, {"b_x": 5}, 2)


@pytest.mark.parametrize("lines", INSIDE)
def test_inside(lines):
    assert not found(lines).unknown


@pytest.mark.parametrize("lines, words", OUTSIDE)
def test_outside(lines, words):
    with pytest.raises(ValidationError, match=words):
        found(lines)


@pytest.mark.parametrize("lines", UNKNOWN)
def test_not_shown(lines):
    assert len(found(lines).unknown) == 1


@pytest.mark.parametrize("threads", [1, 2])
def test_programs_stay_inside(threads):
    for program in REAL_PROGRAMS:
        step = descent(program.f)
        work = lower(step, step.values(program.sizes, program.hypers), threads=threads, worth=0.0)
        result = bounds_check(work)
        assert result.inside > 1 and not result.unknown, (program.name, result.unknown)


def test_programs_that_are_shifted_leave():
    """Every address of a net, moved by the size of its buffer, is outside."""
    made = learner("momentum", (5, 9, 3))
    step = learner_step(made)
    work = lower(step, step.values(learner_values(made, 6), None))
    assert not bounds_check(work).unknown
    program = work.text.program
    places = list(re.finditer(r"(?<=\+ )o_(\w+)", program))
    assert len(places) > 30
    for match in places:
        size = work.layout.arrays[match[1]].size
        shifted = f"{program[: match.start()]}{size} + {program[match.start():]}"
        with pytest.raises(ValidationError, match=f"of {match[1]}, which has {size}"):
            bounds_check(replace(work, text=replace(work.text, program=shifted)))
