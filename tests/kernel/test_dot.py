"""Programs for a processor without vectors: matrices are multiplied by one primitive, everything else is plain loops."""

import json
import os
import re
import subprocess
import sys
from dataclasses import replace

import pytest
import sympy as sp

from symcat.category.expression import At
from symcat.category.morphism import Builder
from symcat.category.space import Real, space
from symcat.errors import ValidationError
from symcat.kernel.bounds import bounds_check
from symcat.kernel.compiler import lower
from symcat.kernel.tiles.host import PORTABLE
from symcat.kernel.tiles.names import creating
from symcat.kernel.validate import field_check, symbol_check
from tests.category.fold_programs import BY_NAME as FOLDS
from tests.kernel.folds import test_kernels
from tests.kernel.steps import REAL_PROGRAMS, descent, learner, learner_step, learner_values


def portable(step, values=None, dtype="float64"):
    return lower(step, step.values(values or {}, None), dtype, PORTABLE)


def dots(work):
    return [name for name in work.text.primitives if name.startswith("dot_")]


@pytest.mark.parametrize("program", REAL_PROGRAMS, ids=lambda p: p.name)
def test_a_program_and_its_reverse(program):
    step = descent(program.f)
    work = lower(step, step.values(program.sizes, program.hypers), processor=PORTABLE)
    assert field_check(work) == 2 + sum(int(sp.prod(wire.shape)) for wire in work.f.dom.types)
    assert not [name for name in work.text.primitives if creating(name) or name in ("store", "scatter", "outer", "hsum", "turned")]
    assert all(buffer.meant == buffer.held for buffer in work.layout.arrays.values()), "rows are not padded"


@pytest.mark.parametrize("name", ["elman", "two states", "forth and back"])
def test_a_fold(name):
    assert field_check(lower(test_kernels.step(FOLDS[name], batched=True), {}, processor=PORTABLE), steps=2) > 1


def test_products_are_calls():
    found = {program.name for program in REAL_PROGRAMS
             if dots(lower(step := descent(program.f), step.values(program.sizes, program.hypers), processor=PORTABLE))}
    assert "network" in found and "attention" in found


@pytest.mark.parametrize("widths, batch, optimiser", [((4, 5, 3), 3, "adam"), ((7, 33, 5), 13, "momentum"), ((9, 1, 4), 1, "adam")])
def test_networks(widths, batch, optimiser):
    made = learner(optimiser, widths)
    work = portable(learner_step(made), learner_values(made, batch), "float32")
    assert field_check(work, steps=2) > 20
    if batch > 1:
        assert {"dot_nn", "dot_tn"} <= {*dots(work)}
    if widths == (4, 5, 3):
        proved, total = symbol_check(work)
        assert proved == total > 40


def factors(left, right, out):
    """Half of the squares of a product whose factors and result lie as told: their indices among i, j, k, with i in front or not."""
    sizes = {"i": 3, "j": 4, "k": 5, "b": 2}
    b = Builder()
    A, B = b.inputs(space(A=Real[tuple(sizes[s] for s in left)], B=Real[tuple(sizes[s] for s in right)]))

    def body(*values):
        at = dict(zip((*out, "k"), values, strict=True))
        return At(A, *(at[s] for s in left)) * At(B, *(at[s] for s in right))
    return b.build([b.gather(tuple(sizes[s] for s in out), body, (sizes["k"],))])


@pytest.mark.parametrize("left, right, out", [
    ("ik", "kj", "ij"), ("ki", "kj", "ij"), ("ik", "jk", "ij"), ("bik", "kj", "bij"), ("bik", "bkj", "bij"), ("ibk", "bkj", "ibj"),
    ("kib", "bkj", "bij"), ("ikb", "kj", "bij"),
])
def test_factors_in_any_order(left, right, out):
    work = portable(descent(factors(left, right, out)))
    found = bounds_check(work)
    assert field_check(work) > 20 and dots(work) and found.inside > 3 and not found.unknown


def test_every_number_of_a_call_matters():
    """Strides, sizes and letters: a call with another number is caught, or leaves its buffer."""
    work = portable(descent(factors("ik", "kj", "ij")))
    lines = work.text.program.splitlines()
    calls = [k for k, line in enumerate(lines) if "dot_" in line]
    assert calls
    for k in calls:
        for found in re.finditer(r"(?<=, )\d+(?=[,)])", lines[k]):
            wrong = lines[k][: found.start()] + str(int(found[0]) + 1) + lines[k][found.end():]
            text = "\n".join([*lines[:k], wrong, *lines[k + 1:]]) + "\n"
            with pytest.raises(ValidationError):
                field_check(replace(work, text=replace(work.text, program=text)))


CODE = """
import json
import numpy as np
from symcat.category.evaluate import evaluate
from symcat.kernel.compiler import compile
from tests.category.fold_programs import BY_NAME as FOLDS
from tests.kernel.folds import test_kernels
from tests.kernel.steps import learner, learner_step, learner_values, samples
made, (X, Y) = learner(), samples(20)
step = learner_step(made)
kernel = compile(step, learner_values(made, 4), dtype="float64", unproved=True, validate=False, threads=2)
state = [np.full(shape, 0.1) + np.arange(np.prod(shape)).reshape(shape) / 50 for shape in kernel.shapes]
found, losses = kernel.epoch(state, X, Y)
expected = []
for k in range(0, 20, 4):
    *state, loss = evaluate(kernel.work.f, [*state, X[k: k + 4], Y[k: k + 4]])
    expected.append(float(loss))
gap = max(float(np.abs(a - b).max()) for a, b in zip(found, state))
print(json.dumps({"ours": losses.tolist(), "theirs": expected, "gap": gap, "first": kernel.source[:3000]}))
"""


def test_a_process_without_intrinsics_trains_as_the_interpreter_does():
    environment = {**os.environ, "SYMCAT_CPU": "portable"}
    done = subprocess.run([sys.executable, "-c", CODE], env=environment, capture_output=True, text=True, check=False)
    assert not done.returncode, done.stderr
    found = json.loads(done.stdout)
    assert "from symcat.kernel.tiles.portable import namespace" in found["first"] and "'dot_nn'" in found["first"]
    assert found["ours"] == pytest.approx(found["theirs"], rel=1e-13) and found["gap"] < 1e-13
