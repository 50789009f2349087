"""The same work in PyTorch: eager with the fused Adam, and the whole step, Adam in it, as one compiled graph."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch.nn import functional as F

from symcat.bench.kernels.cases import RATE, SEEN, Training, Updates
from symcat.bench.kernels.rounds import Contender

Params = Sequence[torch.Tensor]
B1, B2, EPS = 0.9, 0.999, 1e-8


def mlp(params: Params, x: torch.Tensor) -> torch.Tensor:
    """Dense layers with relu between them."""
    for k in range(0, len(params), 2):
        x = F.linear(x if k == 0 else F.relu(x), params[k], params[k + 1])
    return x


def lenet(params: Params, x: torch.Tensor) -> torch.Tensor:
    """Two convolutions with relu and maximum over 2 x 2, and a dense layer."""
    K1, b1, K2, b2, W, b = params
    for K, c in ((K1, b1), (K2, b2)):
        x = F.max_pool2d(F.relu(F.conv2d(x, K, c)), 2)
    return F.linear(x.flatten(1), W, b)


def attention(params: Params, x: torch.Tensor) -> torch.Tensor:
    """Self-attention with a residual, layer norm, the mean over time, a dense layer."""
    W_o, W_v, W_k, W_q, shift, gain, W, b = params
    heads = F.scaled_dot_product_attention(*(F.linear(x, V)[:, None] for V in (W_q, W_k, W_v)))[:, 0]
    x = F.layer_norm(x + F.linear(heads, W_o), shift.shape, gain, shift, 1e-5)
    return F.linear(x.mean(1), W, b)


def elman(params: Params, x: torch.Tensor) -> torch.Tensor:
    """The library's recurrent layer, which has a second bias: 0 here; time in front; a dense layer on the last state."""
    c, U, W, V, b = params
    nothing, start = torch.zeros_like(c), x.new_zeros(1, x.shape[1], len(c))
    _, last = torch._VF.rnn_tanh(x, start, [W, U, c, nothing], True, 1, 0.0, True, False, False)
    return F.linear(last[0], V, b)


def transposed(params: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Matrices as (out, in)."""
    return [array.T if array.ndim == 2 else array for array in params]


def channels_first(params: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Kernels as (out, in, height, width), and the dense layer's rows in the order of flattened channels."""
    *kernels, W, b = params
    return [*(np.moveaxis(array, (3, 2), (0, 1)) if array.ndim == 4 else array for array in kernels),
            np.moveaxis(W, (3, 2), (0, 1)).reshape(W.shape[-1], -1), b]


def from_one(params: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Matrices as (out, in); the gain itself, not its difference from 1."""
    made = transposed(params)
    made[5] = made[5] + 1
    return made


Form = tuple[Callable[[Params, torch.Tensor], torch.Tensor], Callable, Callable]
FORMS: dict[str, Form] = {
    "mlp": (mlp, transposed, lambda X: X),
    "lenet": (lenet, channels_first, lambda X: np.moveaxis(X, -1, 1)),
    "attention": (attention, from_one, lambda X: X),
    "elman": (elman, transposed, lambda X: X),
}


def training(case: Training, params: Sequence[np.ndarray], X: np.ndarray, labels: np.ndarray) -> list[Contender]:
    """Adam on the mean cross-entropy, eager; parameters from the input to the output, in our layout."""
    forward, arranged, seen = FORMS[case.form]
    batches = batched(case, seen(X), labels)
    given = [torch.nn.Parameter(tensor(array)) for array in arranged(params)]
    rule = torch.optim.Adam(given, lr=RATE, fused=True)

    def epoch() -> list[torch.Tensor]:
        losses = []
        for x, classes in batches:
            rule.zero_grad(set_to_none=True)
            loss = F.cross_entropy(forward(given, x), classes)
            loss.backward()
            rule.step()
            losses.append(loss.detach())
        return losses

    return [Contender("torch eager", epoch)]


def whole_step(case: Training, params: Sequence[np.ndarray], X: np.ndarray, labels: np.ndarray) -> list[Contender]:
    """One compiled graph of value, gradient and Adam."""
    forward, arranged, seen = FORMS[case.form]
    batches = batched(case, seen(X), labels)
    given = [tensor(array) for array in arranged(params)]
    first, second = ([torch.zeros_like(p) for p in given] for _ in range(2))
    count = torch.zeros(())
    slopes = torch.func.grad_and_value(lambda ps, x, classes: F.cross_entropy(forward(ps, x), classes))

    def step(x: torch.Tensor, classes: torch.Tensor) -> torch.Tensor:
        gradient, loss = slopes(given, x, classes)
        count.add_(1)
        rate, floor = RATE * torch.sqrt(1 - B2**count) / (1 - B1**count), EPS * torch.sqrt(1 - B2**count)
        for p, g, m, v in zip(given, gradient, first, second, strict=True):
            m.mul_(B1).add_(g, alpha=1 - B1)
            v.mul_(B2).add_(g * g, alpha=1 - B2)
            p.sub_(rate * m / (v.sqrt() + floor))
        return loss

    compiled = torch.compile(step, fullgraph=True)

    def epoch() -> list[torch.Tensor]:
        with torch.no_grad():
            return [compiled(x, classes) for x, classes in batches]

    return [Contender("torch compile", epoch)]


def batched(case: Training, X: np.ndarray, labels: np.ndarray) -> list[tuple[torch.Tensor, torch.Tensor]]:
    """The batches of an epoch."""
    each = X.reshape(case.steps, case.batch, *X.shape[1:])
    classes = torch.from_numpy(labels.reshape(case.steps, case.batch).astype(np.int64))
    return [(tensor(each[k].swapaxes(0, 1) if case.form == "elman" else each[k]), classes[k]) for k in range(case.steps)]


def tensor(array: np.ndarray) -> torch.Tensor:
    """A tensor with memory of its own."""
    return torch.from_numpy(np.array(array, order="C"))


RULES: dict[str, Callable] = {
    "adam": lambda p, **how: torch.optim.Adam(p, lr=RATE, **how),
    "adamw": lambda p, **how: torch.optim.AdamW(p, lr=RATE, weight_decay=0.01, **how),
    "momentum_torch": lambda p, **how: torch.optim.SGD(p, lr=0.01, momentum=0.9, **how),
}


def updates(case: Updates, p: np.ndarray, g: np.ndarray) -> list[Contender]:
    """Steps of the library's optimiser, fused and foreach; none where the library has no such rule."""
    return [_update(case.rule, how, p, g) for how in ("fused", "foreach") if case.rule in RULES]


def _update(rule: str, how: str, p: np.ndarray, g: np.ndarray) -> Contender:
    given = torch.nn.Parameter(tensor(p))
    given.grad = tensor(g)
    made = RULES[rule]([given], **{how: True})

    def epoch() -> None:
        made.step()

    return Contender(f"torch {how}", epoch, lambda _: given.detach()[:SEEN].numpy())
