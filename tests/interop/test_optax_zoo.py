"""Every optimiser of optax that can be read, against optax itself in double precision; what cannot, with its reason."""

import time
from collections.abc import Callable

import numpy as np
import pytest

from symcat.category.evaluate import evaluate
from symcat.category.space import Real, Wire, dim
from symcat.errors import UsageError
from symcat.interop.optax import read
from symcat.learn.optimisers import Optimiser

jax = pytest.importorskip("jax")
optax = pytest.importorskip("optax")
contrib = pytest.importorskip("optax.contrib")
jnp = jax.numpy

STEPS = 6
TIGHT, ROUNDED = 1e-10, 5e-6      # double precision throughout; parts in single precision, as optax computes them
LR = 0.001                        # what a learning rate that is left open is compiled with

ALONE = {
    **{name: (lambda name=name: getattr(optax, name)(LR)) for name in (
        "adabelief", "adagrad", "adam", "adamax", "adamaxw", "adamw", "adan", "amsgrad", "fromage", "lamb", "lars",
        "lion", "nadam", "nadamw", "novograd", "optimistic_adam_v2", "optimistic_gradient_descent", "radam", "rmsprop",
        "rprop", "sgd", "sign_sgd", "signum", "sm3", "yogi")},
    **{name: (lambda name=name: getattr(optax, name)()) for name in ("adadelta", "adafactor", "polyak_sgd")},
    "optimistic_adam": lambda: optax.optimistic_adam(LR),
    **{name: (lambda name=name: getattr(contrib, name)(LR)) for name in (
        "acprop", "ademamix", "adopt", "madgrad", "muon", "simplified_ademamix")},
    **{name: (lambda name=name: getattr(contrib, name)()) for name in (
        "cocob", "dadapt_adamw", "momo", "momo_adam", "prodigy", "schedule_free_adamw", "schedule_free_sgd")},
}
COMPOSED = {
    "chain(clip_by_global_norm(1.0), adam(0.01))": lambda: optax.chain(optax.clip_by_global_norm(1.0), optax.adam(0.01)),
    "chain(clip(0.5), sgd(0.1, momentum=0.9, nesterov=True))":
        lambda: optax.chain(optax.clip(0.5), optax.sgd(0.1, momentum=0.9, nesterov=True)),
    "chain(add_decayed_weights(0.01), trace(0.9), scale(-0.1))":
        lambda: optax.chain(optax.add_decayed_weights(0.01), optax.trace(0.9), optax.scale(-0.1)),
    "sgd(cosine_decay_schedule(0.1, 100))": lambda: optax.sgd(optax.cosine_decay_schedule(0.1, 100)),
    "adamw(warmup_cosine_decay_schedule(0.0, 0.1, 3, 100))":
        lambda: optax.adamw(optax.warmup_cosine_decay_schedule(0.0, 0.1, 3, 100)),
    "sgd(piecewise_constant_schedule(0.1, {2: 0.5, 4: 0.1}))":
        lambda: optax.sgd(optax.piecewise_constant_schedule(0.1, {2: 0.5, 4: 0.1})),
    "sgd(linear_schedule(1.0, 0.1, 10))": lambda: optax.sgd(optax.linear_schedule(1.0, 0.1, 10)),
    "MultiSteps(sgd(0.1), 3)": lambda: optax.MultiSteps(optax.sgd(0.1), 3),
    "chain(apply_every(3), sgd(0.1))": lambda: optax.chain(optax.apply_every(3), optax.sgd(0.1)),
    "lookahead(sgd(0.1), 3, 0.5)": lambda: optax.lookahead(optax.sgd(0.1), 3, 0.5),
    "apply_if_finite(adam(0.01), 3)": lambda: optax.apply_if_finite(optax.adam(0.01), 3),
    "chain(adaptive_grad_clip(0.1), sgd(0.1))": lambda: optax.chain(optax.adaptive_grad_clip(0.1), optax.sgd(0.1)),
    "chain(centralize(), sgd(0.1))": lambda: optax.chain(optax.centralize(), optax.sgd(0.1)),
    "mechanize(sgd(0.1))": lambda: contrib.mechanize(optax.sgd(0.1)),
    "rmsprop(eps_in_sqrt=False)": lambda: optax.rmsprop(LR, eps_in_sqrt=False),
    "rmsprop(centered=True, momentum=0.9)": lambda: optax.rmsprop(LR, centered=True, momentum=0.9),
    "adafactor(0.01, min_dim_size_to_factor=2)": lambda: optax.adafactor(0.01, min_dim_size_to_factor=2),
    "muon(nesterov=False, weight_decay=0.1)": lambda: contrib.muon(LR, nesterov=False, weight_decay=0.1),
    "lars(momentum=0.5, eps=0.1)": lambda: optax.lars(LR, momentum=0.5, eps=0.1),
    "lamb(weight_decay=0.01)": lambda: optax.lamb(LR, weight_decay=0.01),
    "adam(b1=1/2, eps_root=0.01)": lambda: optax.adam(LR, b1=0.5, eps_root=0.01),
    "scale_by_distance_over_gradients": lambda: optax.scale_by_distance_over_gradients(),
}
ZOO = {**ALONE, **COMPOSED}
MATRICES = {"sm3", "muon", "muon(nesterov=False, weight_decay=0.1)", "adafactor(0.01, min_dim_size_to_factor=2)",
            "chain(centralize(), sgd(0.1))"}
REFUSED = {
    "lbfgs": "needs a function that evaluates the loss", "sophia": "needs a function that evaluates the loss",
    "noisy_sgd": "optax:noisy_sgd cannot be read because of the primitive random_seed: it uses randomness",
    "galore": "because of the primitive svd: it decomposes a matrix", "reduce_on_plateau": "a number that is not finite",
}


def theirs(transformation: object, p: np.ndarray, gradients: np.ndarray, losses: np.ndarray) -> list[np.ndarray]:
    """The parameters that optax itself reaches."""
    found = []
    with jax.enable_x64(True), jax.disable_jit():
        params = jnp.asarray(p)
        ahead = transformation.update.__qualname__.startswith("lookahead")
        params = optax.LookaheadParams.init_synced(params) if ahead else params
        update = optax.with_extra_args_support(transformation).update
        state = transformation.init(params)
        for g, value in zip(gradients, losses, strict=True):
            updates, state = update(jnp.asarray(g), state, params, value=jnp.asarray(value))
            params = optax.apply_updates(params, updates)
            found.append(np.asarray(params.fast if ahead else params))
    return found


def ours(rule: Optimiser, p: np.ndarray, gradients: np.ndarray, losses: np.ndarray) -> list[np.ndarray]:
    """The parameters that the morphism reaches."""
    step = rule.step(Wire(Real, tuple(map(dim, p.shape))) if rule.shape == () else None)
    hypers = {symbol.name: value for symbol, value in rule.assignment().items() if symbol in step.hypers}
    states, found = rule.initial([p]), []
    for g, value in zip(gradients, losses, strict=True):
        p, *states = evaluate(step, [p, g, *([value] if rule.data else []), *states], hypers=hypers)
        found.append(p)
    return found


def error(rule: Optimiser, made: Callable, seed: int = 1) -> float:
    """The greatest relative difference of parameters over some steps from random data."""
    draw = np.random.default_rng(seed)
    shape = tuple(int(extent) if extent.is_Integer else 3 + 2 * k for k, extent in enumerate(rule.shape))
    p, gradients, losses = draw.normal(size=shape), draw.normal(size=(STEPS, *shape)), draw.uniform(0.5, 2, STEPS)
    pairs = zip(ours(rule, p, gradients, losses), theirs(made(), p, gradients, losses), strict=True)
    return max(float(np.max(np.abs(a - b) / (1e-3 + np.abs(b)))) for a, b in pairs)


@pytest.mark.filterwarnings("ignore::DeprecationWarning")     # of optax, about arguments that are left to it
@pytest.mark.parametrize("name", ZOO)
def test_a_rule_that_is_read_steps_as_optax_does(name):
    start = time.process_time()
    rule = read(name)
    assert time.process_time() - start < 2
    rounded = any("float32" in note for note in rule.notes)
    assert error(rule, ZOO[name]) < (ROUNDED if rounded else TIGHT)
    assert (len(rule.shape) == 2) == (name in MATRICES)


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_read_says_why(name):
    with pytest.raises(UsageError, match=REFUSED[name]):
        read(name)


def test_all_optimisers_of_the_library_are_accounted_for():
    known = {name.partition("(")[0] for name in (*ZOO, *REFUSED)}
    own = {name for name in dir(optax) if name.islower() and callable(getattr(optax, name)) and hasattr(optax, f"scale_by_{name}")}
    assert {"adam", "lion", "yogi", "radam", "novograd"} <= own <= known
    assert len(ALONE) >= 42


def test_other_numbers_do_not_agree():
    assert error(read("adam"), lambda: optax.adam(LR, eps=1e-3)) > ROUNDED
    assert error(read("radam"), lambda: optax.adam(LR)) > ROUNDED
    assert error(read("muon"), lambda: contrib.muon(LR, ns_steps=4)) > ROUNDED
