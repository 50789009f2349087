"""Programs straight to LLVM: every construct of their language, what is refused, and whole kernels bit for bit as Numba compiles them."""

import os
import subprocess
import sys

import numpy as np
import pytest

from symcat.errors import ValidationError
from symcat.kernel import cache, jit
from symcat.kernel.compiler import lower
from symcat.kernel.machine.code import Loaded, keep, object_code, recall
from symcat.kernel.threads.crew import CREW
from tests.category.programs import BY_NAME
from tests.kernel.steps import descent, learner, learner_step, learner_values

HEAD = "F_1 = rational(1, 1)\nF_1_3 = rational(1, 3)\nF_ninf = infimum()\no_A = 0\no_B = 8\n\n\ndef epoch(S, losses, B_x):\n"


def run(lines, dtype="float64", steps=1):
    """What a program of these lines leaves in B, when A holds 0 to 7 and x the numbers 100, 101, ... for each step."""
    text = HEAD + "    for s in range(losses.shape[0]):\n        b_x = B_x[s]\n" + "".join(f"        {line}\n" for line in lines)
    arena, losses = np.append(np.arange(8.0), np.zeros(8)).astype(dtype), np.zeros(steps, dtype)
    data = (100 + np.arange(4.0 * steps)).reshape(steps, 4).astype(dtype)
    Loaded(object_code(text, dtype, 1), dtype, 1, 1)(arena, losses, data)
    return arena[8:].tolist(), losses.tolist()


LANGUAGE = {
    "a literal": (["S[0 + o_B] = F_1_3"], [1 / 3]),
    "data": (["S[1 + o_B] = b_x[3]"], [0, 103]),
    "arithmetic": (["v = S[5 + o_A]", "S[0 + o_B] = -v*v/S[2 + o_A] - F_1 + v"], [-25 / 2 - 1 + 5]),
    "integers": (["for k in range(3):", "    S[2*k - 1 + 1 + o_B] = f_real(-k + 7*(k - 1))"], [-7, 0, -1, 0, 5]),
    "quotients are rounded down": (["for k in range(4):", "    S[k + o_B] = f_real((k - 2)//2)"], [-1, -1, 0, 0]),
    "extremes": (["for k in range(4):", "    S[k + o_B] = f_real(max(k, 2) - min(k, 1, 2))"], [2, 1, 1, 2]),
    "backwards": (["a = F_1", "for k in range(3, -1, -1):", "    a = a + a", "    S[k + o_B] = a"], [16, 8, 4, 2]),
    "steps": (["for k in range(1, 8, 3):", "    S[k + o_B] = F_1"], [0, 1, 0, 0, 1, 0, 0, 1]),
    "no turn": (["for k in range(3, 3):", "    S[k + o_B] = F_1", "for k in range(2, 3, 4):", "    S[k + o_B] = F_1"], [0, 0, 1]),
    "bounds that move": (["for i in range(3):", "    for k in range(i, 3):", "        S[k + o_B] = S[k + o_B] + F_1"], [1, 2, 3]),
    "conditions": (["for k in range(5):", "    if k - 1 >= 0 and 3 - k >= 0:", "        S[k + o_B] = F_1",
                    "    if k == 4:", "        S[k + o_B] = F_1 + F_1"], [0, 1, 1, 1, 2]),
    "a place that is stored": (["S[int(S[3 + o_A]) + o_B] = F_1"], [0, 0, 0, 1]),
    "tiles": (["t = load_1x1x1x4(S, 2 + o_A, 0, 0)", "store(S, 1 + o_B, 0, 0, t*t + F_1 - t/t)"], [0, 4, 9, 16, 25]),
    "tiles that loops carry": (["t = zero_1x2x1x2()", "for k in range(4):", "    t = outer(t, S, k + o_A, 0, 2, S, 2 + o_A)",
                                "store(S, 0 + o_B, 0, 2, t)"], [12, 18, 28, 42]),
    "a name for two shapes": (["t = full_1x1x1x4(F_1)", "store(S, 0 + o_B, 0, 0, t)", "t = full_1x1x1x2(F_1 + F_1)",
                               "store(S, 4 + o_B, 0, 0, t)"], [1, 1, 1, 1, 2, 2]),
    "lanes": (["t = gather_1x1x1x4(S, 7 + o_A, 0, 0, -2)", "S[0 + o_B] = hsum(t, 3)", "S[1 + o_B] = hmax(-t, 4)",
               "S[2 + o_B] = hpick(t, iota_1x1x1x4(5, 2), 4)"], [15, -1, 5]),
    "functions": (["S[0 + o_B] = f_maximum(S[1 + o_A], F_ninf) + f_root(S[4 + o_A], 2)", "S[1 + o_B] = f_relu(-F_1)"], [3, 0]),
    "products that are added": (["x = S[3 + o_A]", "y = load_1x1x1x2(S, 4 + o_A, 0, 0)", "S[0 + o_B] = x*x + x", "S[1 + o_B] = x - x*x",
                                 "S[2 + o_B] = x*x - x", "store(S, 3 + o_B, 0, 0, x - y*y)", "S[5 + o_B] = x*x - x*F_1"],
                                [12, -6, 6, -13, -22, 6]),
}


@pytest.mark.parametrize("name", LANGUAGE)
def test_language(name):
    lines, expected = LANGUAGE[name]
    assert run(lines)[0] == [*expected, *[0.0] * (8 - len(expected))]


def test_steps_losses_and_single_precision():
    lines = ["S[0 + o_B] = S[0 + o_B] + b_x[0]*F_1", "losses[s] = S[0 + o_B]"]
    assert run(lines, steps=3) == ([312, *[0] * 7], [100, 204, 312])
    third = np.float32(1 / 3)
    assert run(["losses[s] = F_1_3"], "float32")[1] == [float(third)]


@pytest.mark.parametrize("line", [
    "S[0 + o_B] = 1", "S[0 + o_B] = unknown", "x = S[0 + o_A] + 1", "while s:\n            s = 1", "x = [1]", "S[0 + o_B] = open(F_1)",
    "x = F_1 if s else F_1", "x = f_exp(1)", "store(S, 0 + o_B, 0, 0, F_1)", "x = S[F_1]", "S[0 + o_B] = 0.5", "x = F_1 < F_1",
    "for k in range(s):\n            y = S[k + o_A]\n        S[0 + o_B] = y",
    "x = load_1x1x1x4(S, 0 + o_A, 0, 0) + load_1x1x1x2(S, 0 + o_A, 0, 0)",
    "if F_1:\n            x = F_1", "for k in x:\n            y = F_1",
])
def test_what_is_not_a_program_is_refused(line):
    with pytest.raises(ValidationError, match="the text is not a program"):
        run([line])


def works():
    """Steps at their own sizes, and how many nets."""
    made = learner("adam", (5, 9, 3), "tanh")
    step = learner_step(made)
    yield "a net", step, step.values(learner_values(made, 6), None)
    for name in ("max pool", "softmax"):
        step = descent(BY_NAME[name].f)
        yield name, step, step.values(BY_NAME[name].sizes, BY_NAME[name].hypers)


CASES = {name: (step, values) for name, step, values in works()}


def trained(work, function, count):
    """The states and the losses after some steps from random ones."""
    draw, steps = np.random.default_rng(0), 5
    arena = np.zeros(work.layout.reals, work.dtype)
    for name in work.plan.states:
        arena[work.layout.arrays[name].addresses] = draw.random(work.layout.arrays[name].addresses.size)
    data = [draw.random((steps, int(np.prod(work.plan.shapes[name])))).astype(work.dtype) for name in work.plan.data]
    losses, words = np.zeros(steps, work.dtype), np.zeros(64, np.int64)
    if work.threads == 1:
        function(arena, losses, *data)
    else:
        CREW.run(lambda me, n: function(arena, losses, words, me, n, *data), count)
    return np.concatenate([losses, *(arena[work.layout.arrays[name].addresses] for name in work.plan.states)])


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("name", CASES)
def test_the_same_bits_for_any_number_of_threads(name, dtype):
    step, values = CASES[name]
    found = []
    for threads, count in ((1, 1), (2, 1), (2, 2), (3, 2)):
        work = lower(step, values, dtype, threads=threads, worth=0.0)
        assert work.threads == threads
        code = object_code(work.text.program, dtype, threads)
        found.append(trained(work, Loaded(code, dtype, threads, len(work.plan.data)), count))
    assert np.isfinite(found[0]).all() and len({array.tobytes() for array in found}) == 1


def test_the_same_as_by_numba(monkeypatch, tmp_path):
    step, values = CASES["a net"]
    work = lower(step, values, "float64", threads=2, worth=0.0)
    text = work.text.module("A program.", work.dtype)
    path = cache.write(tmp_path / "kernel_abc.py", text)
    make = lambda: jit.compiled(path, text, len(work.plan.data), work.dtype, work.threads)
    ours = trained(work, make(), 2)
    monkeypatch.setenv("SYMCAT_COMPILER", "numba")
    assert trained(work, make(), 2).tobytes() == ours.tobytes()


def test_kept_code(tmp_path):
    path = tmp_path / "k.o"
    assert recall(path, "key") is None
    keep(path, "key", b"\n\x00code\n")
    assert recall(path, "key") == b"\n\x00code\n" and recall(path, "another") is None
    for broken in (b"", b"key", path.read_bytes()[:-1], path.read_bytes() + b" "):
        path.write_bytes(broken)
        with pytest.raises(ValueError, match="damaged"):
            recall(path, "key")


def test_numba_is_not_needed_for_code_that_was_kept(tmp_path):
    script = ("import sys, numpy as np; from symcat.kernel import cache, jit; from tests.kernel.test_cache import TEXT, used, RIGHT\n"
              "function = jit.compiled(cache.write(cache.cache_folder() / 'kernel_1.py', TEXT), TEXT, 1, 'float64')\n"
              "print(used(function) == RIGHT, function.kept, 'numba' in sys.modules)")
    environment = {**os.environ, "SYMCAT_CACHE": str(tmp_path), "PYTHONPATH": os.pathsep.join(sys.path)}
    run = lambda: subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=True).stdout
    assert [run(), run()] == ["True False True\n", "True True False\n"]
