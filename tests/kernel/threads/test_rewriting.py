"""Loops in shares: the text for `me` of `n`, what is left to thread 0, and what is refused."""

import pytest

from symcat.kernel.threads.rewriting import alone, shared

ONE = "if me == 0:"
CASES = {           # the lines, the letters, the lines in shares
    "a loop": (["for j in range(10):", "    S[j + o_X] = x"], "j",
               ["for j in range(10*me//n, 10*(me + 1)//n):", "    S[j + o_X] = x"]),
    "steps from elsewhere": (["for j in range(3, 40, 8):", "    store(S, j + o_X, 0, 0, t)"], "j",
                             ["for j in range(3 + 8*(5*me//n), 3 + 8*(5*(me + 1)//n), 8):", "    store(S, j + o_X, 0, 0, t)"]),
    "bounds in words": (["for j in range(a + 1, b):", "    S[j + o_X] = x"], "j",
                        ["for j in range(a + 1 + max(0, b - (a + 1))*me//n, a + 1 + max(0, b - (a + 1))*(me + 1)//n):",
                         "    S[j + o_X] = x"]),
    "names for all, a tail for one": (
        ["t = S[0 + o_Y]", "for j in range(0, 64, 8):", "    store(S, j + o_X, 0, 0, t)", "j = 64", "S[j + o_X] = t"], "j",
        ["t = S[0 + o_Y]", "for j in range(8*(8*me//n), 8*(8*(me + 1)//n), 8):", "    store(S, j + o_X, 0, 0, t)",
         ONE, "    j = 64", "    S[j + o_X] = t"]),
    "writes for one between names for all": (
        ["S[0 + o_Y] = y", "t = y*y", "for j in range(4):", "    S[j + o_X] = t"], "j",
        [ONE, "    S[0 + o_Y] = y", "t = y*y", "for j in range(4*me//n, 4*(me + 1)//n):", "    S[j + o_X] = t"]),
    "the more even loop inside": (
        ["for i in range(3):", "    for j in range(64):", "        S[64*i + j + o_X] = x"], "ij",
        ["for i in range(3):", "    for j in range(64*me//n, 64*(me + 1)//n):", "        S[64*i + j + o_X] = x"]),
    "the outer loop when it is even": (
        ["for i in range(4):", "    for j in range(64):", "        S[64*i + j + o_X] = x"], "ij",
        ["for i in range(4*me//n, 4*(me + 1)//n):", "    for j in range(64):", "        S[64*i + j + o_X] = x"]),
    "own panels": (
        ["for k in range(9):", "    store(S, k + w_panel, 0, 0, t)", "for j in range(8):", "    S[j + o_X] = x"], "j",
        ["for k in range(9):", "    store(S, k + w_panel, 0, 0, t)", "for j in range(8*me//n, 8*(me + 1)//n):", "    S[j + o_X] = x"]),
    "in a condition": (
        ["if a >= 0:", "    for j in range(0, a):", "        S[j + o_X] = x"], "j",
        ["if a >= 0:", "    for j in range(max(0, a)*me//n, max(0, a)*(me + 1)//n):", "        S[j + o_X] = x"]),
}
REFUSED = {
    "no loop": (["S[0 + o_X] = x"], "j"),
    "another letter": (["for k in range(4):", "    S[0 + o_X] = S[k + o_Y]"], "j"),
    "moving bounds in a loop over the same memory": (
        ["for i in range(9):", "    for j in range(i, 9):", "        S[j + o_X] = S[j + o_X] + x"], "j"),
    "a value that is read back": (["S[0 + o_Y] = y", "t = S[0 + o_Y]", "for j in range(4):", "    S[j + o_X] = t"], "j"),
    "one header, shared in two ways": (
        ["for j in range(3):", "    for i in range(4):", "        S[4*j + i + o_X] = x",
         "for j in range(3):", "    for i in range(5):", "        S[4*j + o_X] = x"], "ij"),
}


@pytest.mark.parametrize("name", CASES)
def test_shares(name):
    lines, letters, expected = CASES[name]
    assert shared(lines, set(letters), 2) == expected


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name):
    lines, letters = REFUSED[name]
    assert shared(lines, set(letters), 2) is None


@pytest.mark.parametrize("threads", [1, 2, 3, 7])
@pytest.mark.parametrize("bounds", ["10", "0, 64, 8", "3, 40, 8", "3, 40, 7", "5, 5", "a, b, 3", "a, b", "b, a"])
def test_shares_are_a_partition(bounds, threads):
    """Together, in order, the threads run exactly the turns of the loop."""
    lines = shared([f"for j in range({bounds}):", "    S[j] = 1"], {"j"}, 2)
    seen = []
    for me in range(threads):
        exec("\n".join([lines[0], "    seen.append(j)"]), {"seen": seen, "me": me, "n": threads, "a": 2, "b": 21, "max": max})
    assert seen == list(eval(f"range({bounds})", {"a": 2, "b": 21}))


def test_lines_for_one():
    assert alone(["x = 1", "for j in y:", "    z"]) == ["if me == 0:", "    x = 1", "    for j in y:", "        z"]
