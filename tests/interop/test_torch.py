"""Optimizers read from torch, against torch itself in double precision; and what cannot be read."""

import importlib.util

import numpy as np
import pytest

from symcat.category.evaluate import evaluate
from symcat.category.space import Real
from symcat.errors import SymcatError, TraceError, UsageError
from symcat.interop.rules import read

torch = pytest.importorskip("torch")

STEPS = 10
RULES = {
    "SGD": {}, "SGD(momentum=0.9)": {"momentum": 0.9}, "SGD(momentum=0.9, nesterov=True)": {"momentum": 0.9, "nesterov": True},
    "SGD(momentum=0.9, dampening=0.1, weight_decay=0.01)": {"momentum": 0.9, "dampening": 0.1, "weight_decay": 0.01},
    "SGD(momentum=0.8, maximize=True)": {"momentum": 0.8, "maximize": True},
    "Adam": {}, "Adam(amsgrad=True)": {"amsgrad": True}, "Adam(weight_decay=0.1, beta1=0.8)": {"weight_decay": 0.1, "betas": (0.8, 0.999)},
    "AdamW": {}, "AdamW(lr=0.1, amsgrad=True)": {"lr": 0.1, "amsgrad": True},
    "RMSprop": {}, "RMSprop(centered=True)": {"centered": True}, "RMSprop(momentum=0.9)": {"momentum": 0.9},
    "Adadelta": {}, "Adagrad": {}, "Adagrad(lr_decay=0.1, initial_accumulator_value=0.5)":
    {"lr_decay": 0.1, "initial_accumulator_value": 0.5},
    "Adamax": {}, "NAdam": {}, "NAdam(weight_decay=0.1, decoupled_weight_decay=True)":
    {"weight_decay": 0.1, "decoupled_weight_decay": True},
    "RAdam": {}, "RAdam(lr=0.1, weight_decay=0.1)": {"lr": 0.1, "weight_decay": 0.1}, "ASGD": {}, "ASGD(t0=3)": {"t0": 3.0}, "Rprop": {},
    "Adafactor(eps1=1e-3)": {"eps": (1e-3, 1e-3)},
}
MATRICES = {"Muon": {}, "Muon(nesterov=False)": {"nesterov": False},
            "Adafactor(matrix=True, eps1=1e-3, weight_decay=0.1)": {"eps": (1e-3, 1e-3), "weight_decay": 0.1}}


def gradients(shape: tuple[int, ...]) -> list[np.ndarray]:
    draw = np.random.default_rng(3)
    return [draw.normal(size=shape) for _ in range(STEPS)]


def theirs(name: str, options: dict, start: np.ndarray) -> list[np.ndarray]:
    p = torch.nn.Parameter(torch.tensor(start))
    optimizer = getattr(torch.optim, name)([p], **options)
    found = []
    for g in gradients(start.shape):
        p.grad = torch.tensor(g)
        optimizer.step()
        found.append(p.detach().numpy().copy())
    return found


def ours(target: str, start: np.ndarray) -> list[np.ndarray]:
    rule = read(f"torch:{target}")
    step = rule.step(Real[start.shape])
    p, states, found = start, rule.initial([start]), []
    hypers = {symbol: value for symbol, value in rule.assignment().items() if symbol in step.hypers}
    for g in gradients(start.shape):
        p, *states = evaluate(step, (p, g, *states), hypers=hypers)
        found.append(p)
    return found


@pytest.fixture
def double():
    torch.set_default_dtype(torch.float64)
    yield
    torch.set_default_dtype(torch.float32)


QUICK = {"SGD(momentum=0.9, dampening=0.1, weight_decay=0.01)", "Adam(amsgrad=True)", "AdamW", "RMSprop(centered=True)", "Adadelta",
         "Adagrad", "Adamax", "NAdam", "RAdam", "ASGD(t0=3)", "Rprop", "Adafactor(eps1=1e-3)"}


@pytest.mark.parametrize("target", [t if t in QUICK else pytest.param(t, marks=pytest.mark.slow) for t in RULES])
def test_vectors(target, double):
    start = np.array([0.5, -1.5, 2.0])
    for step, (a, b) in enumerate(zip(ours(target, start), theirs(target.partition("(")[0], RULES[target], start), strict=True)):
        np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-15, err_msg=f"step {step + 1}")


@pytest.mark.parametrize("target", MATRICES)
def test_matrices(target, double, monkeypatch):
    monkeypatch.setattr(torch.Tensor, "bfloat16", lambda self: self.clone())    # Muon's own rounding is no part of its formula
    start = np.array([[0.5, -1.5, 2.0], [1.0, 0.25, -0.5]])
    for step, (a, b) in enumerate(zip(ours(target, start), theirs(target.partition("(")[0], MATRICES[target], start), strict=True)):
        np.testing.assert_allclose(a, b, rtol=1e-10, atol=1e-12, err_msg=f"step {step + 1}")


def test_hyperparameters_are_symbols_and_zeros_are_fixed():
    rule = read("torch:Adam")
    assert [row.name for row in rule.hypers] == ["lr", "beta1", "beta2", "eps"]
    assert "weight_decay=0" in rule.notes[0]
    assert [row.name for row in read("torch:SGD(momentum=True)").hypers] == ["lr", "momentum"]


def test_a_step_count_is_rank_0_and_a_learning_rate_may_be_an_initial_value():
    assert [str(wire) for wire in read("torch:Adam").state_wires(Real["n"])] == ["Real[]", "Real[n]", "Real[n]"]
    assert str(read("torch:Rprop").start()).count("lr") and str(read("torch:ASGD").start()).count("lr")


def test_dampening_makes_the_first_step_differ():
    assert "started" in read("torch:SGD(momentum=0.9, dampening=0.1)").state_names
    assert "started" not in read("torch:SGD(momentum=0.9)").state_names


def test_a_branch_keeps_domains_apart():
    """RAdam takes a root from its sixth step on: before, the root's argument is negative and no condition fails."""
    assert len(ours("RAdam", np.array([1.0]))) == STEPS


def test_a_premise_that_changes_nothing_is_dropped():
    facts = [str(fact) for fact in read("torch:AdamW").step().facts]
    assert "weight_decay >= 0" in facts and "weight_decay != 0" not in facts
    assert "momentum > 0" in [str(fact) for fact in read("torch:RMSprop(momentum=True)").step().facts]


@pytest.mark.parametrize("target, message", [
    ("Adan", "no optimizer 'Adan'.*AdamW"), ("LBFGS", "closure"), ("SparseAdam", "SparseAdam cannot be read"),
    ("Adam(gamma=1)", "no argument 'gamma'"), ("Adam(lr=-1)", "Invalid learning rate"), ("SGD(nesterov=True)", "Nesterov"),
])
def test_what_cannot_be_read(target, message):
    with pytest.raises((UsageError, TraceError), match=message):
        read(f"torch:{target}")


OWN = '''
import math
import torch

class Own(torch.optim.Optimizer):
    def __init__(self, params, lr=0.1, beta=0.9):
        super().__init__(params, dict(lr=lr, beta=beta))

    @torch.no_grad()
    def step(self, closure=None):
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is None:
                    continue
                state = self.state[p]
                if len(state) == 0:
                    state["step"] = 0
                    state["m"] = torch.zeros_like(p)
                    state["origin"] = p.detach().clone()
                state["step"] += 1
                m = state["m"]
                m.mul_(group["beta"]).add_(p.grad, alpha=1 - group["beta"])
                rate = group["lr"] / math.sqrt(max(4, state["step"]))
                p.data.add_(m + 0.01 * (p - state["origin"]), alpha=-rate)

class Grouped(Own):
    """Schedule-free averaging, with its count in the group and its point set by default."""

    def __init__(self, params, lr=0.1):
        torch.optim.Optimizer.__init__(self, params, dict(lr=lr, k=0))

    @torch.no_grad()
    def step(self, closure=None):
        for group in self.param_groups:
            group["k"] += 1
            for p in group["params"]:
                z = self.state[p].setdefault("z", p.clone())
                z.sub_(group["lr"] * p.grad)
                p.lerp_(z, 1 / group["k"])

class Preconditioned(Own):
    """States of other shapes than the parameter's, of sizes that are read off it."""

    @torch.no_grad()
    def step(self, closure=None):
        for group in self.param_groups:
            for p in group["params"]:
                s = self.state[p]
                if not s:
                    s["L"] = torch.zeros(p.shape[0], p.shape[0])
                    s["B"] = torch.eye(p.shape[0])
                s["L"] = s["L"] + p.grad @ p.grad.T
                p -= group["lr"] * (s["L"] + s["B"]) @ p.grad

class Branching(Own):
    def step(self):
        for p in self.param_groups[0]["params"]:
            if p.grad.sum() > 0:
                p.data -= p.grad.sqrt()
            else:
                p.data += (-p.grad.sum()) ** 0.5

class Random(Own):
    def step(self):
        for p in self.param_groups[0]["params"]:
            p.data += torch.randn_like(p)

class Hidden(Own):
    k = 0
    def step(self):
        self.k = self.k + 1
        for p in self.param_groups[0]["params"]:
            p.data -= self.k * p.grad

class Masked(Own):
    def step(self):
        for p in self.param_groups[0]["params"]:
            p.data -= p.grad[p.grad > 0].sum()

class Viewed(Own):
    def step(self):
        for p in self.param_groups[0]["params"]:
            p.grad.view(-1).mul_(2)
            p.data -= p.grad
'''


@pytest.fixture
def own(tmp_path):
    path = tmp_path / "own.py"
    path.write_text(OWN)
    return path


@pytest.mark.parametrize("name, states", [("Own", ("step", "m", "origin")), ("Grouped", ("k", "z"))])
def test_a_class_of_ones_own(own, double, name, states):
    rule = read(f"{own}:{name}")
    assert rule.state_names == states
    spec = importlib.util.spec_from_file_location("own_optimizer", own)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    start = np.array([1.0, -2.0])
    p = torch.nn.Parameter(torch.tensor(start))
    optimizer = getattr(module, name)([p])
    step, x, states = rule.step(Real[2]), start, rule.initial([start])
    for g in gradients((2,)):
        p.grad = torch.tensor(g)
        optimizer.step()
        x, *states = evaluate(step, (x, g, *states), hypers=rule.assignment())
        np.testing.assert_allclose(x, p.detach().numpy(), rtol=1e-12)
    assert module.math.sqrt(4.0) == 2 and "max" not in vars(module)


def test_states_of_other_shapes(own):
    rule = read(f"{own}:Preconditioned(matrix=True)")
    assert [str(wire) for wire in rule.state_wires(rule.wire)] == ["Real[m, m]", "Real[m, m]"]
    vector = read(f"{own}:Preconditioned")
    assert [str(wire) for wire in vector.state_wires(vector.wire)] == ["Real[n, n]", "Real[n, n]"]
    p, g = np.array([[1.0, 2.0, 0.0], [0.0, -1.0, 3.0]]), np.array([[1.0, 0.5, -1.0], [2.0, 0.0, 1.0]])
    states = rule.initial([p])
    assert np.array_equal(states[1], np.eye(2))
    found = evaluate(rule.step(Real[2, 3]), (p, g, *states), hypers=rule.assignment())[0]
    np.testing.assert_allclose(found, p - 0.1 * (g @ g.T + np.eye(2)) @ g, rtol=1e-14)


def test_a_branch_on_data_becomes_where(own):
    step = read(f"{own}:Branching").step(Real[2])
    low, high = np.array([-3.0, -1.0]), np.array([1.0, 4.0])
    assert np.allclose(evaluate(step, (np.zeros(2), low))[0], 2.0)
    assert np.allclose(evaluate(step, (np.zeros(2), high))[0], [-1, -2])


@pytest.mark.parametrize("name, message", [("Random", "randomness"), ("Hidden", "self.k"), ("Masked", "mask"), ("Viewed", "in place")])
def test_ones_own_that_cannot_be_read(own, name, message):
    with pytest.raises(SymcatError, match=message):
        read(f"{own}:{name}")
