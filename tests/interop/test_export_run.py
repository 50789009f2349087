"""Exported modules, run with their own libraries on numbers, against the reference interpreter."""

import importlib.util
import sys

import numpy as np
import pytest

from symcat.category.evaluate import evaluate
from symcat.category.space import Real
from symcat.interop.export.signature import identifier, title
from symcat.interop.export.stamp import TARGETS
from symcat.learn.optimisers import OPTIMISERS
from symcat.learn.optimisers.entry import elementwise

STEPS = 4
SAMPLE = {"n": 3, "m": 2}      # and n = 3 for a matrix
RULES = [name for name, rule in OPTIMISERS.items() if not rule.data and not rule.look]
LOOPS = [name for name in RULES if elementwise(OPTIMISERS[name])]
QUICK = {"adam", "lamb", "heavy_ball", "lookahead", "adafactor", "shampoo", "descent_cosine"}


def slow_unless(names, chosen):
    return [name if name in chosen else pytest.param(name, marks=pytest.mark.slow) for name in names]


def shape_of(rule):
    return tuple(int(e) if e.is_Integer else SAMPLE[e.name] for e in rule.shape)


def loaded(to, name, folder):
    path = folder / f"run_{to}_{name}.py"
    path.write_text(TARGETS[to].write(OPTIMISERS[name]))
    spec = importlib.util.spec_from_file_location(path.stem, path)
    module = importlib.util.module_from_spec(spec)
    sys.modules[path.stem] = module
    spec.loader.exec_module(module)
    return module


def expected(rule, start, gradients):
    """The parameters after each step, by the interpreter."""
    step = rule.step(Real[start.shape])
    hypers = {symbol: value for symbol, value in rule.assignment().items() if symbol in step.hypers}
    p, states, found = start, rule.initial([start]), []
    for g in gradients:
        p, *states = evaluate(step, (p, g, *states), hypers=hypers)
        found.append(p)
    return found


def case(name):
    rule = OPTIMISERS[name]
    draw = np.random.default_rng(2)
    start = draw.normal(size=shape_of(rule)) + 2 * np.eye(*shape_of(rule)) if len(rule.shape) == 2 else draw.normal(size=shape_of(rule))
    return rule, start, [draw.normal(size=start.shape) + (np.eye(*start.shape) if start.ndim == 2 else 0) for _ in range(STEPS)]


def close(found, wanted):
    assert all(np.isfinite(a).all() for a in wanted), "the sample leaves the rule's domain"
    for a, b in zip(found, wanted, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("name", slow_unless(RULES, {*QUICK, "prodigy", "lars", "radam", "value_clipped_descent"}))
def test_torch(name, tmp_path):
    torch = pytest.importorskip("torch")
    rule, start, gradients = case(name)
    p = torch.nn.Parameter(torch.tensor(start))
    made, found = getattr(loaded("torch", name, tmp_path), title(identifier(rule)))([p]), []
    for g in gradients:
        p.grad = torch.tensor(g)
        made.step()
        found.append(p.detach().numpy().copy())
    close(found, expected(rule, start, gradients))


@pytest.mark.parametrize("name", slow_unless(RULES, QUICK))
def test_optax(name, tmp_path):
    jax = pytest.importorskip("jax")
    pytest.importorskip("optax")
    rule, start, gradients = case(name)
    enable = jax.enable_x64 if hasattr(jax, "enable_x64") else jax.experimental.enable_x64
    with enable(True):
        made, found = getattr(loaded("optax", name, tmp_path), identifier(rule))(), []
        p = jax.numpy.asarray(start)
        state = made.init(p)
        for g in gradients:
            change, state = made.update(jax.numpy.asarray(g), state, p)
            p = p + change
            found.append(np.asarray(p))
    close(found, expected(rule, start, gradients))


@pytest.mark.parametrize("to, name", [pytest.param(to, name, marks=[] if name in QUICK else pytest.mark.slow)
                                      for to, names in (("numpy", RULES), ("numba", LOOPS)) for name in names])
def test_functions(to, name, tmp_path):
    """The function of arrays; for numba the very parts that the loop is compiled from."""
    rule, start, gradients = case(name)
    step, found = getattr(loaded(to, name, tmp_path), identifier(rule)), []
    p, states = start, [s if s.ndim else float(s) for s in rule.initial([start])]
    for g in gradients:
        p, *states = out if isinstance(out := step(p, g, *states), tuple) else (out,)
        found.append(p)
    close(found, expected(rule, start, gradients))


@pytest.mark.parametrize("name", slow_unless(["lamb", "clipped_descent", "prodigy", "muon", "adafactor"], {"lamb"}))
def test_numba_on_whole_arrays(name, tmp_path):
    rule, start, gradients = case(name)
    module, p, found = loaded("numba", name, tmp_path), start.copy(), []
    states = [s.copy() if s.ndim else float(s) for s in rule.initial([start])]
    for g in gradients:
        out = module.update(p, g, *states)
        numbers = iter(out if isinstance(out, tuple) else (out,))
        states = [s if np.ndim(s) else next(numbers) for s in states]
        found.append(p.copy())
    close(found, expected(rule, start, gradients))
