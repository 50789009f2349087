"""Rules that are more than what a trace shows of them: a second trace, or a few steps on numbers, tell, and they are refused."""

import importlib.util
import sys

import pytest

from symcat.errors import SymcatError
from symcat.interop.rules import read

PLAIN = """
import random, time
import numpy as np
T, MEMORY = 0, {}
def plain(p, g, m=0, *, lr=0.1):
    m *= 0.9; m += g; p -= lr * m
    return p, m
def counts(p, g, *, lr=0.1):
    global T
    T += 1
    return p - lr / T * g
def remembers(p, g, *, lr=0.1):
    MEMORY["t"] = MEMORY.get("t", 0) + 1
    return p - lr / MEMORY["t"] * g
def draws(p, g, *, lr=0.1):
    return p - lr * random.random() * g
def swallows(p, g, *, lr=0.1):
    try:
        rate = float(lr)
    except Exception:
        rate = 0.5
    return p - rate * g
def asks(p, g, *, lr=0.1):
    return p - (2 if isinstance(p, np.ndarray) else 1) * lr * g
def rounds(p, g, *, lr=0.1):
    return p - lr * g.astype(np.float16)
"""
TORCH = """
import random
import torch
T, MEMORY = 0, {}
class Base(torch.optim.Optimizer):
    def __init__(self, params, lr=0.1, beta=0.9):
        super().__init__(params, dict(lr=lr, beta=beta))
        self.memory, self.calls = {}, []
    @torch.no_grad()
    def step(self, closure=None):
        for group in self.param_groups:
            for p in group["params"]:
                self.one(group, p, p.grad, self.state[p])
class Plain(Base):
    def one(self, group, p, g, state):
        m = state.setdefault("m", torch.zeros_like(p))
        p.add_(m.mul_(group["beta"]).add_(g), alpha=-group["lr"])
class OnItself(Base):
    def one(self, group, p, g, state):
        m = self.memory.setdefault(p, torch.zeros_like(p))
        p.add_(m.mul_(group["beta"]).add_(g), alpha=-group["lr"])
class Calls(Base):
    def one(self, group, p, g, state):
        self.calls.append(1)
        p.add_(g, alpha=-group["lr"] / len(self.calls))
class OnTheParameter(Base):
    def one(self, group, p, g, state):
        p.m = getattr(p, "m", torch.zeros_like(p))
        p.add_(p.m.mul_(group["beta"]).add_(g), alpha=-group["lr"])
class Globals(Base):
    def one(self, group, p, g, state):
        global T
        T += 1
        p.add_(g, alpha=-group["lr"] / T)
class Random(Base):
    def one(self, group, p, g, state):
        p.add_(g, alpha=-group["lr"] * random.random())
class NewInGroup(Base):
    def one(self, group, p, g, state):
        group["k"] = group.get("k", 0) + 1
        p.add_(g, alpha=-group["lr"] / group["k"])
class MovesRate(Base):
    def one(self, group, p, g, state):
        p.add_(g, alpha=-group["lr"])
        group["lr"] = group["lr"] * 0.9
class Rounds(Base):
    def one(self, group, p, g, state):
        p.add_(g.to(torch.bfloat16).to(p.dtype), alpha=-group["lr"])
"""
OPTAX = """
import random
import jax.numpy as jnp
import optax
N = 0
def stateless(change):
    return optax.GradientTransformation(lambda p: optax.EmptyState(), lambda g, s, p=None: (change(g), s))
def plain(lr=0.1):
    return stateless(lambda g: -lr * g)
def counts(lr=0.1):
    def change(g):
        global N
        N += 1
        return -lr * g / N
    return stateless(change)
def draws(lr=0.1):
    return stateless(lambda g: -lr * g * random.random())
def sevens(lr=0.1):
    return stateless(lambda g: -lr * g * (2 if g.shape[0] == 7 else 1))
def thirds(lr=0.1):
    return optax.GradientTransformation(lambda p: jnp.zeros([], jnp.int32),
                                        lambda g, t, p=None: (jnp.where(t % 3 == 0, -lr * g, 0 * g), t + 1))
def thirds_kept(lr=0.1):
    return optax.GradientTransformation(lambda p: jnp.zeros([], jnp.int32),
                                        lambda g, t, p=None: (jnp.where(t == 0, -lr * g, 0 * g), (t + 1) % 3))
def jax_plain(p, g, m=0, *, lr=0.1):
    m = jnp.tanh(g) + m
    return p - lr * m, m
def jax_draws(p, g, *, lr=0.1):
    return p - lr * random.random() * jnp.tanh(g)
"""
WHY = "keeps|two traces|on numbers"
REFUSED = {
    **{("plain", name): WHY for name in ("counts", "remembers", "draws", "swallows", "asks", "rounds")},
    **{("torch", name): WHY for name in ("OnItself", "Calls", "OnTheParameter", "Globals", "Random", "NewInGroup", "Rounds")},
    ("torch", "MovesRate"): "changes the hyperparameter lr",
    **{("optax", name): WHY for name in ("counts", "draws", "jax_draws")},
    ("optax", "sevens"): "asks whether the size d0 is 7", ("optax", "thirds"): "grows without end",
}
READ = [("plain", "plain"), ("torch", "Plain"), ("optax", "plain"), ("optax", "thirds_kept"), ("optax", "jax_plain")]
TEXTS = {"plain": PLAIN, "torch": TORCH, "optax": OPTAX}


def target(kind, name, folder):
    if kind != "plain" and importlib.util.find_spec(kind) is None:
        pytest.skip(f"{kind} is not installed")
    path = folder / f"rehearsed_{kind}.py"
    path.write_text(TEXTS[kind])
    return f"{path}:{name}"


@pytest.fixture(autouse=True)
def forgotten():
    yield
    for name in [name for name in sys.modules if name.startswith("symcat_target_rehearsed")]:
        del sys.modules[name]


@pytest.mark.parametrize("kind, name", REFUSED, ids="-".join)
def test_more_than_a_trace_shows_is_refused(kind, name, tmp_path):
    with pytest.raises(SymcatError, match=REFUSED[kind, name]):
        read(target(kind, name, tmp_path))


@pytest.mark.parametrize("kind, name", READ, ids="-".join)
def test_what_a_trace_shows_is_read(kind, name, tmp_path):
    assert read(target(kind, name, tmp_path)).name.rpartition(":")[2] == name
