"""Kernels beside JAX and PyTorch: a hundred steps of Adam in double precision end at the same parameters, whatever the sizes.

Each model is written once for symcat, on one sample, and once on a batch over the functions of either peer, which differentiate it
themselves.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, partial
from types import SimpleNamespace

import numpy as np
import pytest
import sympy as sp

from symcat.category.elementwise import relu
from symcat.category.space import Real, space
from symcat.category.structure import copy
from symcat.category.trace import trace
from symcat.category.tracing.folding import fold
from symcat.kernel import compiler
from symcat.kernel.kernel import Run
from symcat.kernel.program import TrainingStep
from symcat.learn.layers import elementwise, layer
from symcat.learn.learner import Learner
from symcat.learn.losses import loss
from symcat.learn.models import attention_block, model
from symcat.learn.optimisers import adam
from symcat.lens.para import Para

STEPS = 100
TOLERANCE = 1e-10      # of the greatest entry of each parameter


@dataclass(frozen=True)
class Case:
    """A learner's model with its loss, the batch, and the same model on a batch for the peers, parameters in our order."""

    make: Callable[[], Para]
    loss: str
    batch: int
    peer: Callable

    def learner(self) -> Learner:
        para = self.make()
        return Learner(para, loss(self.loss, para.cod), adam)


def mlp(*widths: int, activation: str) -> Callable[[], Para]:
    return lambda: sized(model("-".join(map(str, widths)), widths[0], widths[-1], activation))


def sized(made: object) -> Para:
    """A model at its sizes."""
    return Para(made.para.body.substitute({dim: sp.Integer(size) for dim, size in made.sizes.items()}), made.para.count)


def peer_mlp(activation: str) -> Callable:
    def forward(L, params, x):
        layers = [(params[k + 1], params[k]) for k in range(0, len(params), 2)][::-1]
        for W, b in layers[:-1]:
            x = getattr(L, activation)(x @ W + b)
        return x @ layers[-1][0] + layers[-1][1]

    return forward


def residual() -> Para:
    """x + relu(x W + b) V, then a linear map: odd widths."""
    block = trace(lambda V, b, W, x: x + relu(x @ W + b) @ V, space(V=Real[11, 7], b=Real[11], W=Real[7, 11], x=Real[7]), names=("y",))
    return Para(block, 3) >> layer("linear", n=7, m=3)


def peer_residual(L, params, x):
    M, V, b, W = params
    return (x + L.relu(x @ W + b) @ V) @ M


def tied() -> Para:
    """An autoencoder whose decoder is the transpose of its encoder: one matrix, copied."""
    wires = space(V=Real[9, 4], W=Real[9, 4], x=Real[9])
    free = Para(trace(lambda V, W, x: np.tanh(x @ W) @ V.T, wires, names=("y",)), 2)
    return free.reparametrise(copy(space(W=Real[9, 4])))


def peer_tied(L, params, x):
    (W,) = params
    return L.tanh(x @ W) @ W.T


def strided() -> Para:
    """A correlation with stride 2 and 3 x 3 kernels on 9 x 7 images with 2 channels, relu, a dense layer."""
    convolve = layer("strided_correlate2d", a=3, b=3, c=2, o=5, h=4, w=3)
    return convolve >> elementwise("relu", convolve.cod) >> layer("full", h=4, w=3, c=5, o=3) >> layer("bias", n=3)


def peer_strided(L, params, x):
    b, W, K = params
    return L.relu(L.strided(x, K)).reshape(-1, 60) @ W.reshape(60, 3) + b


def recurrent() -> Para:
    """h' = tanh(x W + h U + c) over 6 steps of width 3 with 5 units, and a linear map of the last state."""
    def cell(h, x, W, U, c):
        new = np.tanh(x @ W + h @ U + c)
        return new, ()

    def last(V, W, U, c, x):
        h, _ = fold(cell, np.zeros(5), x, W, U, c)
        return h @ V

    wires = space(V=Real[5, 3], W=Real[3, 5], U=Real[5, 5], c=Real[5], x=Real[6, 3])
    return Para(trace(last, wires, names=("y",)), 4)


def peer_recurrent(L, params, x):
    V, W, U, c = params
    h = 0 * (x[:, 0] @ W)
    for t in range(6):
        h = L.tanh(x[:, t] @ W + h @ U + c)
    return h @ V


def peer_attention(L, params, x):
    b, W, gain, shift, W_q, W_k, W_v, W_o = params
    scores = L.softmax((x @ W_q) @ (x @ W_k).swapaxes(-1, -2) / W_q.shape[1] ** 0.5)
    x = x + scores @ (x @ W_v) @ W_o
    centred = x - x.mean(-1)[..., None]
    x = centred / ((centred * centred).mean(-1)[..., None] + 1e-5) ** 0.5 * (1 + gain) + shift
    return x.mean(1) @ W + b


CASES = {
    "7-33-5": Case(mlp(7, 33, 5, activation="relu"), "cross_entropy", 13, peer_mlp("relu")),
    "100-1-100": Case(mlp(100, 1, 100, activation="tanh"), "quadratic", 6, peer_mlp("tanh")),
    "residual block": Case(residual, "cross_entropy", 5, peer_residual),
    "tied weights": Case(tied, "quadratic", 7, peer_tied),
    "stride 2": Case(strided, "cross_entropy", 3, peer_strided),
    "recurrent": Case(recurrent, "cross_entropy", 5, peer_recurrent),
    "attention": Case(lambda: sized(attention_block(5, 6, 3)), "cross_entropy", 4, peer_attention),
}

LONG = ("residual block", "recurrent", "attention", "stride 2")      # to compile


@cache
def prepared(name: str) -> tuple[TrainingStep, list[np.ndarray], np.ndarray, np.ndarray]:
    """The step, a generic start (parameters that are all drawn), samples and targets."""
    case, draw = CASES[name], np.random.default_rng(5)
    learner = case.learner()
    params = [draw.normal(size=tuple(map(int, wire.shape))) / 2 for wire in learner.params.types]
    count = 4 * case.batch
    X = draw.normal(size=(count, *map(int, learner.model.dom.types[0].shape)))
    outputs = int(learner.model.cod.types[0].shape[0])
    Y = np.eye(outputs)[draw.integers(0, outputs, count)] if case.loss == "cross_entropy" else draw.normal(size=(count, outputs))
    state = [*learner.optimiser.initial(params, learner.params.names), *params]
    return TrainingStep(learner.step, len(learner.kept)), state, X, Y


@cache
def trained(name: str, threads: int) -> list[np.ndarray]:
    """Our parameters after the steps; two threads share all that they can, however small."""
    case, (step, state, X, Y) = CASES[name], prepared(name)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(compiler, "lower", partial(compiler.lower, worth=0.0))
        kernel = compiler.compile(step, {"B": case.batch}, adam.assignment(), "float64", unproved=True, validate=False, threads=threads)
    assert kernel.work.threads == threads
    run = Run(kernel, state)
    for _ in range(STEPS // 4):
        run.epoch(X, Y)
    return run.state()[-len(case.learner().params):]


def each() -> list:
    """Every model on one thread and on two."""
    return [pytest.param(name, threads, marks=[pytest.mark.slow] * (name in LONG)) for name in CASES for threads in (1, 2)]


@pytest.mark.parametrize("library", ["jax", "torch"])
@pytest.mark.parametrize("name, threads", each())
def test_a_hundred_steps_end_where_the_peer_ends(name, library, threads):
    pytest.importorskip(library)
    case, (_, state, X, Y) = CASES[name], prepared(name)
    theirs = PEERS[library](case, state[-len(case.learner().params):], X, Y)
    for ours, other in zip(trained(name, threads), theirs, strict=True):
        assert np.isfinite(ours).all() and np.abs(ours - other).max() <= TOLERANCE * np.abs(other).max()
    assert any(np.abs(ours - start).max() > 0.01 for ours, start in zip(trained(name, threads), state[-len(theirs):], strict=True))


def batches(case: Case, X: np.ndarray, Y: np.ndarray) -> list[tuple[np.ndarray, np.ndarray]]:
    each = [(X[k: k + case.batch], Y[k: k + case.batch]) for k in range(0, len(X), case.batch)]
    return each * (STEPS // len(each))


def by_jax(case: Case, params: Sequence[np.ndarray], X: np.ndarray, Y: np.ndarray) -> list[np.ndarray]:
    """Adam written out, a jitted step."""
    import jax
    import jax.numpy as jnp

    def strided(x, K):
        return jax.lax.conv_general_dilated(x, K, (2, 2), "VALID", dimension_numbers=("NHWC", "HWIO", "NHWC"))

    L = SimpleNamespace(relu=jax.nn.relu, tanh=jnp.tanh, softmax=jax.nn.softmax, strided=strided)

    def objective(given, x, y):
        z = case.peer(L, given, x)
        each = -(y * jax.nn.log_softmax(z)).sum(-1) if case.loss == "cross_entropy" else ((z - y) ** 2).sum(-1) / 2
        return each.mean()

    def step(given, x, y, t):
        gradient = jax.grad(objective)([p for p, _, _ in given], x, y)
        new = []
        for (p, m, v), g in zip(given, gradient, strict=True):
            m, v = 0.9 * m + 0.1 * g, 0.999 * v + 0.001 * g * g
            new.append((p - 0.001 * (m / (1 - 0.9**t)) / (jnp.sqrt(v / (1 - 0.999**t)) + 1e-8), m, v))
        return new

    with jax.enable_x64(True):
        given = [(jnp.asarray(p), jnp.zeros(p.shape), jnp.zeros(p.shape)) for p in params]
        jitted = jax.jit(step)
        for k, (x, y) in enumerate(batches(case, X, Y)):
            given = jitted(given, x, y, float(k + 1))
        return [np.asarray(p) for p, _, _ in given]


def by_torch(case: Case, params: Sequence[np.ndarray], X: np.ndarray, Y: np.ndarray) -> list[np.ndarray]:
    """The library's own Adam."""
    import torch
    from torch.nn import functional as F

    def strided(x, K):
        return F.conv2d(x.moveaxis(-1, 1), K.permute(3, 2, 0, 1), stride=2).moveaxis(1, -1)

    L = SimpleNamespace(relu=F.relu, tanh=torch.tanh, softmax=lambda s: F.softmax(s, -1), strided=strided)
    given = [torch.nn.Parameter(torch.from_numpy(p.copy())) for p in params]
    rule = torch.optim.Adam(given, lr=0.001)
    for x, y in batches(case, torch.from_numpy(X), torch.from_numpy(Y)):
        rule.zero_grad()
        z = case.peer(L, given, x)
        each = F.cross_entropy(z, y) if case.loss == "cross_entropy" else ((z - y) ** 2).sum(-1).mean() / 2
        each.backward()
        rule.step()
    return [p.detach().numpy() for p in given]


PEERS = {"jax": by_jax, "torch": by_torch}
