"""Rules written with jax.numpy, and functions that make transformations, against JAX itself in double precision."""

import numpy as np
import pytest

from symcat.category.evaluate import evaluate
from symcat.category.space import Real
from symcat.errors import UsageError
from symcat.interop.jax_function import read, uses_jax
from symcat.interop.rules import read as read_target
from symcat.learn.optimisers import adam
from symcat.learn.optimisers.entry import entry
from symcat.learn.optimisers.state import state

jax = pytest.importorskip("jax")
optax = pytest.importorskip("optax")
jnp = jax.numpy

FILE = """
import jax
import jax.numpy as jnp
import optax

def lookalike(p, g, m=0, v=0, t=0, *, lr=0.001, b1=0.9, b2=0.999, eps=1e-8):
    t = t + 1
    m, v = b1 * m + (1 - b1) * g, b2 * v + (1 - b2) * jnp.square(g)
    return p - lr * (m / (1 - b1**t)) / (jnp.sqrt(v / (1 - b2**t)) + eps), m, v, t

def polar(p, g, *, lr=0.1):
    x = g / jnp.linalg.norm(g)
    return p - lr * (1.5 * x - 0.5 * x @ x.T @ x)

def branching(p, g, *, lr=0.1):
    return p - lr * g if jnp.sum(g) > 0 else p

def heavy(learning_rate=0.1, decay=0.9):
    return optax.chain(optax.trace(decay), optax.scale(-learning_rate))

def number(learning_rate=0.1, decay=0.9):
    return learning_rate

plain = optax.sgd(0.5)
"""


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("rules") / "rules.py"
    path.write_text(FILE, encoding="utf-8")
    return path


def anchored(p, g, x0=state(lambda p: 2 * jnp.tanh(p), "point"), n=0, *, lr=0.1, power=2.0):
    d = jnp.maximum(jnp.max(jnp.abs(p - x0)), 1e-3)
    return p - lr * d * g / jnp.sqrt(jnp.sum(jnp.abs(g) ** power)), x0, n + 1


def test_a_rule_with_a_start_of_its_own_steps_as_in_jax():
    rule, draw = read(anchored), np.random.default_rng(0)
    p, g = draw.normal(size=(2, 4))
    step, start = rule.step(), rule.start()
    hypers = {"lr": 0.1, "power": 2.0}
    x0, n = evaluate(start, [p])
    mine = evaluate(step, [p, g, x0, n], hypers=hypers)
    with jax.enable_x64(True):
        theirs = anchored(jnp.asarray(p), jnp.asarray(g), 2 * jnp.tanh(jnp.asarray(p)), 0.0)
    for ours, other in zip(mine, theirs, strict=True):
        assert np.allclose(ours, np.asarray(other), rtol=1e-12)
    assert [(row.name, row.functor) for row in rule.states] == [("x0", "point"), ("n", None)]


def test_adam_in_jax_is_adam(file):
    assert entry(read_target(f"{file}:lookalike")).outputs == entry(adam).outputs


def test_matrices_keep_symbolic_sizes():
    def polar(p, g, *, lr=0.1):
        x = g / jnp.linalg.norm(g)
        return p - lr * (1.5 * x - 0.5 * x @ x.T @ x)

    rule, draw = read(polar, shape=("m", "n")), np.random.default_rng(1)
    assert rule.step().dom.types[0] == Real["m", "n"] and rule.notes == ()
    p, g = draw.normal(size=(2, 3, 5))
    with jax.enable_x64(True):
        other = np.asarray(polar(jnp.asarray(p), jnp.asarray(g)))
    assert np.allclose(evaluate(rule.step(), [p, g], hypers={"lr": 0.1})[0], other, rtol=1e-12)


def test_a_number_of_entries_is_a_size():
    def mean_descent(p, g, *, lr=0.1):
        return p - lr * jnp.mean(g)

    assert "1/n" in str(read(mean_descent).step()).replace("sum/n", "1/n")


@pytest.mark.parametrize("name, hypers", [("heavy", ["learning_rate", "decay"]), ("heavy(decay=1/2)", ["learning_rate"]), ("plain", [])])
def test_transformations_in_files(file, name, hypers):
    assert [row.name for row in read_target(f"{file}:{name}").hypers] == hypers


@pytest.mark.parametrize("name, message", [("branching", "write branches on data as jnp.where"), ("number", "makes a float")])
def test_bad_rules(file, name, message):
    with pytest.raises(UsageError, match=message):
        read_target(f"{file}:{name}")


def test_what_uses_jax(tmp_path):
    assert uses_jax(anchored) and not uses_jax(adam.rule)
    path = tmp_path / "single.py"
    path.write_text("from jax.numpy import sign\n\ndef rule(p, g, *, lr=0.1):\n    return p - lr * sign(g)\n", encoding="utf-8")
    assert "sign(g[i])" in str(read_target(f"{path}:rule").step())
