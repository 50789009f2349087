"""The twin of threads: turns, rounds, and races that are found whatever the order."""

import pytest

from symcat.errors import ValidationError
from symcat.kernel.twins import FIELD, Offset
from symcat.kernel.twins.field import Residue
from symcat.kernel.twins.threads import Turns, Watched

SHARED = """
def epoch(S, W, me, n):
    for i in range(8*me//n, 8*(me + 1)//n):
        S[i + o_A] = one
    barrier(W, n)
    if me == 0:
        S[0 + o_B] = S[0 + o_A] + S[7 + o_A]
    barrier(W, n)
    for i in range(8*me//n, 8*(me + 1)//n):
        S[i + o_A] = S[i + o_A] + S[0 + o_B]
"""
RACES = {
    "no first barrier": (SHARED.replace("    barrier(W, n)\n", "", 1), "writes entry 7 of the arena, which another has read"),
    "no second barrier": ("\n".join(SHARED.rsplit("    barrier(W, n)\n", 1)), "reads entry 8 of the arena, which another has written"),
    "all write": (SHARED.replace("if me == 0", "if me >= 0"), "writes entry 8 of the arena, which another has written"),
    "shares overlap": (SHARED.replace("8*(me + 1)//n", "8*(me + 1)//n + 1 - me", 1), "writes entry 4 of the arena"),
    "a later thread reads": (SHARED.replace("if me == 0", "if me == 1"), None),
    "write after others' reads": ("def epoch(S, W, me, n):\n    x = S[0 + o_A]\n    if me == 1:\n        S[0 + o_A] = x\n",
                                  "writes entry 0 of the arena, which another has read"),
    "write after both have read": ("def epoch(S, W, me, n):\n    x = S[0 + o_A]\n    barrier(W, n)\n    x = S[0 + o_A]\n    if me == 1:\n"
                                   "        S[0 + o_A] = x\n", "which another has read"),
    "a barrier less": ("def epoch(S, W, me, n):\n    if me == 0:\n        barrier(W, n)\n", "pass 0 and 1 barriers"),
    "a barrier for one": ("def epoch(S, W, me, n):\n    barrier(W, 1)\n", "a barrier for 1 threads"),
    "tiles": ("def epoch(S, W, me, n):\n    store(S, 2*me + o_A, 0, 0, zero_1x1x1x4())\n", "writes entry 2 of the arena"),
    "a failure": ("def epoch(S, W, me, n):\n    barrier(W, n)\n    S[10*me + o_A] = one\n    barrier(W, n)\n", "entry 10 of A"),
}


def run(text, count=2):
    turns = Turns(count)
    space = {**FIELD.namespace(["store", "zero_1x1x1x4"]), "one": Residue(1), "barrier": turns.barrier,
             "o_A": Offset(0, 8, "o_A"), "o_B": Offset(8, 1, "o_B")}
    exec(text, space)
    memory = Watched(FIELD.memory([5] * 9), turns)
    turns.run(lambda me, n: space["epoch"](memory, None, me, n))
    return memory.values.tolist()


@pytest.mark.parametrize("count", [1, 2, 3, 5])
def test_a_program_without_races(count):
    assert run(SHARED, count) == [3] * 8 + [2]


@pytest.mark.parametrize("name", RACES)
def test_races(name):
    text, words = RACES[name]
    if words is None:
        assert run(text) == [3] * 8 + [2]
        return
    with pytest.raises(ValidationError, match=words):
        run(text)
    if "barrier" not in text:
        run(text, 1)        # alone a thread races with nobody


def test_reading_together_is_no_race():
    run("def epoch(S, W, me, n):\n    x = S[0 + o_A]\n    barrier(W, n)\n    if me == 1:\n        S[0 + o_A] = x\n", 3)
