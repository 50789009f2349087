"""The same work in JAX and optax: a jitted step and a scan over the epoch, both with their state donated."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial

import jax
import jax.numpy as jnp
import numpy as np
import optax
from jax import lax

from symcat.bench.kernels.cases import RATE, SEEN, Training, Updates
from symcat.bench.kernels.rounds import Contender

Params = Sequence[jax.Array]
UNROLLED = 8      # steps of a recurrent cell in one round of its loop: the best of 1, 4, 8, 32
IMAGES = ("NHWC", "HWIO", "NHWC")


def mlp(params: Params, x: jax.Array) -> jax.Array:
    """Dense layers with relu between them; parameters W, b from the input to the output."""
    *hidden, (W, b) = zip(params[::2], params[1::2], strict=True)
    for V, c in hidden:
        x = jax.nn.relu(x @ V + c)
    return x @ W + b


def lenet(params: Params, x: jax.Array) -> jax.Array:
    """Two convolutions with relu and maximum over 2 x 2, and a dense layer."""
    K1, b1, K2, b2, W, b = params
    for K, c in ((K1, b1), (K2, b2)):
        x = jax.nn.relu(lax.conv_general_dilated(x, K, (1, 1), "VALID", dimension_numbers=IMAGES) + c)
        n, h, w, channels = x.shape
        x = x.reshape(n, h // 2, 2, w // 2, 2, channels).max((2, 4))
    return x.reshape(len(x), -1) @ W.reshape(-1, W.shape[-1]) + b


def attention(params: Params, x: jax.Array) -> jax.Array:
    """Self-attention with a residual, layer norm, the mean over time, a dense layer."""
    W_o, W_v, W_k, W_q, shift, gain, W, b = params
    scores = jnp.einsum("bid,bjd->bij", x @ W_q, x @ W_k) / np.sqrt(W_q.shape[1]).astype(x.dtype)
    x = x + jax.nn.softmax(scores) @ (x @ W_v) @ W_o
    centred = x - x.mean(-1, keepdims=True)
    x = centred * lax.rsqrt((centred * centred).mean(-1, keepdims=True) + 1e-5) * (1 + gain) + shift
    return x.mean(1) @ W + b


def elman(params: Params, x: jax.Array) -> jax.Array:
    """A recurrent cell over the second axis, the inputs' part for all steps at once, a dense layer on the last state."""
    c, U, W, V, b = params
    inputs = (x @ W + c).swapaxes(0, 1)
    last, _ = lax.scan(lambda h, part: (jnp.tanh(part + h @ U), None), jnp.zeros_like(inputs[0]), inputs, unroll=UNROLLED)
    return last @ V + b


FORMS: dict[str, Callable[[Params, jax.Array], jax.Array]] = {"mlp": mlp, "lenet": lenet, "attention": attention,
                                                                  "elman": elman}


def training(case: Training, params: Sequence[np.ndarray], X: np.ndarray, labels: np.ndarray) -> list[Contender]:
    """Adam on the mean cross-entropy; parameters from the input to the output."""
    batches = jnp.asarray(X.reshape(case.steps, case.batch, *X.shape[1:]))
    classes = jnp.asarray(labels.reshape(case.steps, case.batch).astype(np.int32))
    step, start = stepper(FORMS[case.form], optax.adam(RATE), params)
    one = jax.jit(step, donate_argnums=0)
    whole = jax.jit(lambda state, data: lax.scan(step, state, data), donate_argnums=0)
    pairs = [(batches[k], classes[k]) for k in range(case.steps)]
    states = {"step": start(), "scan": start()}

    def by_steps() -> list[jax.Array]:
        losses = []
        for pair in pairs:
            states["step"], loss = one(states["step"], pair)
            losses.append(loss)
        jax.block_until_ready((states["step"], losses))
        return losses

    def by_scan() -> jax.Array:
        states["scan"], losses = whole(states["scan"], (batches, classes))
        jax.block_until_ready((states["scan"], losses))
        return losses

    return [Contender("jax step", by_steps), Contender("jax scan", by_scan)]


def stepper(forward: Callable[[Params, jax.Array], jax.Array], rule: optax.GradientTransformation,
            params: Sequence[np.ndarray]) -> tuple[Callable, Callable]:
    """((parameters, state), (x, classes)) -> ((parameters, state), loss), and a maker of first arguments."""

    def objective(given: Params, x: jax.Array, classes: jax.Array) -> jax.Array:
        return optax.losses.softmax_cross_entropy_with_integer_labels(forward(given, x), classes).mean()

    def step(state: tuple, pair: tuple) -> tuple:
        given, inner = state
        loss, gradient = jax.value_and_grad(objective)(given, *pair)
        change, inner = rule.update(gradient, inner, given)
        return (optax.apply_updates(given, change), inner), loss

    def start() -> tuple:
        given = [jnp.array(array) for array in params]
        return given, rule.init(given)

    return step, start


RULES = {"adam": partial(optax.adam, RATE), "adamw": partial(optax.adamw, RATE, weight_decay=0.01),
         "momentum_torch": partial(optax.sgd, 0.01, momentum=0.9), "lion": partial(optax.lion, 1e-4, b1=0.9, b2=0.99, weight_decay=0.0)}


def updates(case: Updates, p: np.ndarray, g: np.ndarray) -> list[Contender]:
    """One jitted update with parameters and state donated."""
    rule, gradient = RULES[case.rule](), jnp.asarray(g)

    def step(given: jax.Array, inner: tuple, slope: jax.Array) -> tuple:
        change, inner = rule.update(slope, inner, given)
        return optax.apply_updates(given, change), inner

    jitted = jax.jit(step, donate_argnums=(0, 1))
    first = jnp.array(p)
    held = [first, rule.init(first)]

    def epoch() -> None:
        held[:] = jitted(*held, gradient)
        jax.block_until_ready(held)

    return [Contender("optax", epoch, lambda _: np.asarray(held[0][:SEEN]))]
