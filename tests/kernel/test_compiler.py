"""Compiled kernels against plain NumPy, and the conditions under which a kernel is made at all."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass

import numpy as np
import pytest

from symcat.category.expression import Argmax, At
from symcat.category.morphism import Builder
from symcat.category.space import Real, space
from symcat.errors import DataError, ShapeError, UnprovedError, UsageError, ValidationError
from symcat.kernel import cache, jit
from symcat.kernel.compiler import compile, lower
from symcat.kernel.program import TrainingStep
from symcat.learn.optimisers import OPTIMISERS
from tests.category.programs import BY_NAME
from tests.kernel.steps import descent, learner, learner_step, learner_values, samples

WIDTHS = (4, 20, 3)


@dataclass
class Claim:
    name: str
    status: str
    certificate: dict | None = None


def kernel(optimiser="gradient_descent", batch=1, widths=WIDTHS, dtype="float64", **options):
    made = learner(optimiser, widths)
    options = {"unproved": True} | options
    return made, compile(learner_step(made), learner_values(made, batch), None, dtype, **options)


def by_hand(state, X, Y, lr, adam=False):
    """Steps of a tanh net with softmax cross-entropy, one batch per row of X; returns states and losses.  Plain NumPy."""
    c, V, b, W = (array.copy() for array in state[-4:])
    m, v, losses = [np.zeros_like(a) for a in (c, V, b, W)], [np.zeros_like(a) for a in (c, V, b, W)], []
    for t, (x, y) in enumerate(zip(X, Y, strict=True), start=1):
        h = np.tanh(x @ W + b)
        z = h @ V + c
        shifted = z - z.max(axis=1, keepdims=True)
        p = np.exp(shifted) / np.exp(shifted).sum(axis=1, keepdims=True)
        losses.append(-(y * np.log(p)).sum() / len(x))
        dz = (p * y.sum(axis=1, keepdims=True) - y) / len(x)
        da = dz @ V.T * (1 - h * h)
        for k, (array, g) in enumerate(zip((c, V, b, W), (dz.sum(0), h.T @ dz, da.sum(0), x.T @ da), strict=True)):
            if adam:
                m[k] = 0.9 * m[k] + 0.1 * g
                v[k] = 0.999 * v[k] + 0.001 * g * g
                array -= lr * (m[k] / (1 - 0.9**t)) / (np.sqrt(v[k] / (1 - 0.999**t)) + 1e-8)
            else:
                array -= lr * g
    return [c, V, b, W], losses


def initial(made, seed=1):
    draw = np.random.default_rng(seed)
    arrays = made.initial(seed)
    return arrays[: len(made.states)] + [draw.normal(size=array.shape) / 2 for array in arrays[len(made.states):]]


@pytest.mark.parametrize("optimiser, batch", [("gradient_descent", 1), ("gradient_descent", 16), ("adam", 1), ("adam", 16)])
def test_a_hundred_steps_agree_with_numpy(optimiser, batch):
    made, compiled = kernel(optimiser, batch)
    state, (X, Y) = initial(made), samples(100 * batch, WIDTHS)
    found, losses = compiled.epoch(state, X, Y)
    lr = float(OPTIMISERS[optimiser].value("lr"))
    expected, values = by_hand(state, X.reshape(100, batch, -1), Y.reshape(100, batch, -1), lr, optimiser == "adam")
    assert len(losses) == 100
    np.testing.assert_allclose(losses, values, rtol=0, atol=1e-12)
    for ours, theirs in zip(found[-4:], expected, strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=0, atol=1e-12)
    assert max(np.abs(a - b).max() for a, b in zip(found[-4:], state[-4:], strict=True)) > 0.01


def test_single_precision_follows_double_precision():
    made, single = kernel(dtype="float32")
    _, double = kernel()
    state, (X, Y) = initial(made), samples(50, WIDTHS)
    ours, losses = single.epoch(state, X, Y)
    theirs, expected = double.epoch(state, X, Y)
    assert losses.dtype == ours[0].dtype == np.float32
    assert 'namespace("float32"' in single.source
    np.testing.assert_allclose(losses, expected, atol=1e-4)
    for a, b in zip(ours, theirs, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-4)


def test_without_obligations_nothing_compiles():
    with pytest.raises(UnprovedError, match="no obligations came"):
        kernel(unproved=False)


def test_missing_proofs_are_named():
    claims = [Claim("RD.1", "proved"), Claim("RD.5", "unknown"), Claim("PutGet", "refuted")]
    with pytest.raises(UnprovedError, match=r"RD\.5 \(unknown\), PutGet \(refuted\)"):
        kernel(unproved=False, obligations=claims)


def test_the_stamp_of_a_proved_kernel_names_its_certificates():
    _, compiled = kernel(unproved=False, obligations=[Claim("RD.5", "proved", {"digest": "abc123"})])
    assert compiled.header.proved and str(compiled.header) == "PROVED"
    assert "status: PROVED" in compiled.source and "certificate: RD.5: abc123" in compiled.source
    assert compiled.path.name.startswith("kernel_")


def test_the_stamp_of_an_unproved_kernel():
    _, compiled = kernel(obligations=[Claim("RD.5", "unknown")])
    assert "status: UNPROVED" in compiled.source and "unproved: RD.5 (unknown)" in compiled.source
    assert compiled.path.name.startswith("unproved_") and "UNPROVED" in compiled.explain()


def test_the_file_holds_the_source_and_its_name_the_digest():
    _, compiled = kernel()
    assert compiled.path.read_text() == compiled.source
    assert cache.digest(compiled.source) == compiled.digest and compiled.digest[:16] in compiled.path.name


def test_a_file_that_was_changed_is_not_run():
    _, compiled = kernel()
    path = cache.write(compiled.path.parent / "changed.py", compiled.source + "\n# more\n")
    with pytest.raises(ValidationError, match="no longer holds the text"):
        jit.load(path, compiled.source)


def test_the_validation_is_recorded_and_remembered():
    _, compiled = kernel("momentum")
    assert "entries agree at its own sizes" in compiled.validation.field
    proved, total = compiled.validation.symbols.split("symbols: ")[1].split(" entries")[0].split(" of ")
    assert int(proved) == int(total) > 300
    assert "ulp from 50 digits" in compiled.validation.accuracy
    inside, accesses = compiled.validation.bounds.removeprefix("bounds: ").split(" accesses")[0].split(" of ")
    assert int(inside) == int(accesses) > 50
    assert f"validation: {compiled.validation.field}" in compiled.source
    _, again = kernel("momentum")
    assert again.validation == compiled.validation and again.digest == compiled.digest


def test_a_second_process_runs_the_same_kernel_from_the_cache():
    script = ("from tests.kernel.test_compiler import *; import json\n"
              "made, k = kernel('rmsprop', 2); new, losses = k.epoch(initial(made), *samples(8, WIDTHS))\n"
              "print(json.dumps([k.digest, losses.tolist(), int(k.function.kept)]))")
    made, compiled = kernel("rmsprop", 2)
    _, losses = compiled.epoch(initial(made), *samples(8, WIDTHS))
    out = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True, env=os.environ | {"PYTHONPATH": "."})
    assert json.loads(out.stdout) == [compiled.digest, losses.tolist(), 1]


def test_nan_in_gives_nan_out():
    made, compiled = kernel()
    X, Y = samples(1, WIDTHS)
    for position in range(4):
        state = initial(made)
        state[position].ravel()[0] = np.nan
        new, losses = compiled.epoch(state, X, Y)
        assert np.isnan(losses[0]) and all(np.isnan(array).any() for array in new)
    X[0, 2] = np.nan
    assert np.isnan(compiled.epoch(initial(made), X, Y)[1][0])


def test_the_given_state_is_not_changed():
    made, compiled = kernel()
    state = initial(made)
    before = [array.copy() for array in state]
    compiled.epoch(state, *samples(3, WIDTHS))
    assert all((a == b).all() for a, b in zip(state, before, strict=True))


def test_explain_names_every_comprehension_with_its_line():
    _, compiled = kernel("adam")
    text = compiled.explain()
    for nest, line in zip(compiled.work.plan.nests, compiled.work.text.lines, strict=True):
        assert all(target in text for target in nest.targets)
        assert compiled.work.text.program.splitlines()[line - 1].strip().startswith(f"# {nest.mode}: ")
    assert "flops a step" in text and "arena" in text


@pytest.mark.parametrize("name", ["max pool", "argmax row", "masked", "attention", "concatenate"])
def test_other_programs_as_machine_code(name):
    program = BY_NAME[name]
    compiled = compile(descent(program.f), program.sizes, program.hypers, unproved=True)
    assert "ulp" in compiled.validation.accuracy


def test_wrong_data_and_states_are_refused():
    made, compiled = kernel(batch=4)
    X, Y = samples(8, WIDTHS)
    with pytest.raises(DataError, match=r"expected \(N, 4\)"):
        compiled.epoch(initial(made), X[:, :3], Y)
    with pytest.raises(DataError, match="same number"):
        compiled.epoch(initial(made), X, Y[:5])
    with pytest.raises(DataError, match="smaller batch"):
        compiled.epoch(initial(made), X[:3], Y[:3])
    with pytest.raises(DataError, match="state b has shape"):
        compiled.epoch([np.zeros(2), *initial(made)[1:]], X, Y)
    with pytest.raises(DataError, match="3 state arrays came"):
        compiled.epoch(initial(made)[:3], X, Y)
    with pytest.raises(DataError, match="the step takes 2"):
        compiled.epoch(initial(made), X)


def test_missing_values_and_unknown_dtypes_are_refused():
    made = learner()
    with pytest.raises(UsageError, match=r"no value for .*lr"):
        compile(learner_step(made), {"B": 1}, {}, unproved=True)
    with pytest.raises(UsageError, match="float16"):
        compile(learner_step(made), learner_values(made, 1), dtype="float16", unproved=True)
    with pytest.raises(UsageError, match="not a rational"):
        compile(learner_step(made), learner_values(made, 1) | {"lr": "fast"}, unproved=True)


def test_a_step_must_hand_on_its_state():
    step = learner().step
    with pytest.raises(ShapeError, match="returns the 3 new states and a loss"):
        TrainingStep(step, 3)
    with pytest.raises(ShapeError, match="new states and a loss"):
        TrainingStep(step, 99)


def test_values_at_which_a_fact_fails_are_refused():
    made = learner()
    with pytest.raises(ShapeError, match="fails"):
        compile(learner_step(made), {**learner_values(made, 1), "lr": -1}, unproved=True)


def test_a_batch_size_is_a_positive_integer():
    made = learner()
    with pytest.raises((ShapeError, UsageError)):
        compile(learner_step(made), {**learner_values(made, 1), made.size: 0}, unproved=True)


def test_places_that_a_dtype_cannot_tell_apart_are_refused():
    build = Builder()
    x, = build.inputs(space(x=Real[2**24 + 1]))
    best = build.gather((), lambda i: At(x, i), (2**24 + 1,), op="max")
    step = TrainingStep(build.build([x, build.gather((), lambda: At(best) * Argmax(best, 0))], ["x", "loss"]), 1)
    with pytest.raises(UsageError, match="use float64"):
        lower(step, {}, "float32")
    assert lower(step, {}, "float64").plan.selected
